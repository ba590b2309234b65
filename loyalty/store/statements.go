package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// keptStatements is how many prepared statements a connection keeps: the store has
// few texts, and uses them again for every page.
const keptStatements = 64

// keepingConn is a connection to SQLite that prepares each text once: parsing an
// INSERT of a hundred rows takes longer than running it. It has no ExecContext nor
// QueryContext, so that database/sql prepares every statement.
type keepingConn struct {
	sqliteConn
	kept map[string]*keptStmt
	uses int64
	args []driver.NamedValue // of execute, used again
}

// sqliteConn is what a connection of the driver can do.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

func keeping(conn driver.Conn) (driver.Conn, error) {
	c, ok := conn.(sqliteConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%T is no connection to SQLite", conn), conn.Close())
	}
	return &keepingConn{sqliteConn: c, kept: make(map[string]*keptStmt)}, nil
}

// PrepareContext returns the statement kept for a text. One that is in use, as by
// rows that are being read, is prepared anew.
func (c *keepingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	c.uses++
	if s := c.kept[query]; s != nil && !s.busy {
		s.busy, s.used = true, c.uses
		return s, nil
	}
	prepared, err := c.sqliteConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s, ok := prepared.(sqliteStmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%T is no statement of SQLite", prepared), prepared.Close())
	}
	if c.kept[query] != nil {
		return s, nil
	}
	if err := c.makeRoom(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	kept := &keptStmt{sqliteStmt: s, busy: true, used: c.uses}
	c.kept[query] = kept
	return kept, nil
}

// execute runs a statement on values that need no conversion.
func (c *keepingConn) execute(ctx context.Context, query string, args []any) error {
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	for len(c.args) < len(args) {
		c.args = append(c.args, driver.NamedValue{Ordinal: len(c.args) + 1})
	}
	for i, value := range args {
		c.args[i].Value = value
	}
	_, err = s.(driver.StmtExecContext).ExecContext(ctx, c.args[:len(args)])
	return errors.Join(err, s.Close())
}

// makeRoom closes the statement that has not been used for the longest time.
func (c *keepingConn) makeRoom() error {
	if len(c.kept) < keptStatements {
		return nil
	}
	var oldest string
	for query, s := range c.kept {
		if o := c.kept[oldest]; !s.busy && (o == nil || s.used < o.used) {
			oldest = query
		}
	}
	s := c.kept[oldest]
	if s == nil {
		return nil // all are in use: one more does no harm
	}
	delete(c.kept, oldest)
	return s.sqliteStmt.Close()
}

// Close closes the kept statements, then the connection.
func (c *keepingConn) Close() error {
	var errs []error
	for _, s := range c.kept {
		errs = append(errs, s.sqliteStmt.Close())
	}
	clear(c.kept)
	return errors.Join(append(errs, c.sqliteConn.Close())...)
}

// sqliteStmt is what a statement of the driver can do.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// keptStmt goes back to its connection when it is closed.
type keptStmt struct {
	sqliteStmt
	busy bool
	used int64 // the higher, the later
}

// Close lets the next one use it; every execution has left it reset.
func (s *keptStmt) Close() error {
	s.busy = false
	return nil
}
