package sqlserver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync/atomic"
	"time"

	"github.com/loyalsync/loyalsync/connectors/network"
)

// maxConnections is what one source may hold: an ERP's server has better to do.
const maxConnections = 2

// DB reads one database. It is safe for concurrent use.
type DB struct {
	target
	pool     *sql.DB
	guard    *network.Guard
	snapshot atomic.Int32 // whether the database allows SNAPSHOT, once it was asked
}

// The values of DB.snapshot.
const (
	snapshotUnknown = iota
	snapshotOff
	snapshotOn
)

// New checks the settings and prepares a DB, without connecting. Errors: ErrSettings.
func New(c Config) (*DB, error) {
	t, err := c.withDefaults().resolve()
	if err != nil {
		return nil, err
	}
	conn, err := newConnector(t, network.NewGuard(network.GuardConfig{}))
	if err != nil {
		return nil, err
	}
	return newDB(conn), nil
}

func newDB(c *connector) *DB {
	db := &DB{target: c.target, pool: sql.OpenDB(c), guard: c.guard}
	db.pool.SetMaxOpenConns(maxConnections)
	db.pool.SetMaxIdleConns(maxConnections)
	db.pool.SetConnMaxIdleTime(time.Minute)
	return db
}

// Open is New, and signs in once, so that a wrong address or password is told
// here. Errors: ErrSettings, ErrUnreachable, ErrAuth, ErrTransient.
func Open(ctx context.Context, c Config) (*DB, error) {
	db, err := New(c)
	if err != nil {
		return nil, err
	}
	if err = db.Read(ctx, "connect", func(context.Context, *sql.Tx) error { return nil }); err != nil {
		_ = db.Close() // the cause is told
		return nil, err
	}
	return db, nil
}

// Address is the server as its own tools write it, for messages.
func (db *DB) Address() string { return db.address.String() }

// Read runs fn over one connection, in a transaction that is always rolled back
// (law 4), and ends within StatementTimeout whatever the driver does. SNAPSHOT
// shows one state of the database for the whole of fn; READ COMMITTED shows to
// each statement what is committed then. Statements are single SELECTs, take the
// context of fn, and give their rows back before the next begins.
//
// Errors are those of [Failed]; a *connectors.Error of fn's own is passed on.
func (db *DB) Read(ctx context.Context, op string, fn func(context.Context, *sql.Tx) error) error {
	err := db.guard.Within(ctx, op, db.StatementTimeout, func(limited context.Context) error {
		return db.pinned(limited, fn)
	})
	if number(err) == snapshotNotAllowed {
		db.snapshot.Store(snapshotUnknown) // switched off since it was asked
	}
	return Failed(ctx, op, err)
}

// pinned holds one connection until the transaction has ended on it: closing it
// waits for the rollback that database/sql begins when a context ends.
func (db *DB) pinned(ctx context.Context, fn func(context.Context, *sql.Tx) error) error {
	conn, tx, err := db.begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()  // gives it back
	defer func() { _ = tx.Rollback() }() // nothing was written
	return fn(ctx, tx)
}

// begin takes a connection and begins on it. Those that died in the pool, as when
// the server was restarted, show it only now: each is dropped for the next.
func (db *DB) begin(ctx context.Context) (conn *sql.Conn, tx *sql.Tx, err error) {
	for range maxConnections + 1 {
		if conn, err = db.pool.Conn(ctx); err != nil {
			return nil, nil, err
		}
		if tx, err = db.beginOn(ctx, conn); err == nil {
			return conn, tx, nil
		}
		broken := number(err) == 0 && isBroken(err)
		if broken {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // the driver has not noticed
		}
		_ = conn.Close() // the cause is told
		if !broken {
			return nil, nil, err
		}
	}
	return nil, nil, err
}

func (db *DB) beginOn(ctx context.Context, conn *sql.Conn) (*sql.Tx, error) {
	level, err := db.isolation(ctx, conn)
	if err != nil {
		return nil, err
	}
	return conn.BeginTx(ctx, &sql.TxOptions{Isolation: level})
}

// isolation asks the database once whether it allows SNAPSHOT. A login that may
// connect sees the row of its own database.
func (db *DB) isolation(ctx context.Context, conn *sql.Conn) (sql.IsolationLevel, error) {
	switch {
	case db.Isolation == IsolationReadCommitted:
		return sql.LevelReadCommitted, nil
	case db.Isolation == IsolationSnapshot, db.snapshot.Load() == snapshotOn:
		return sql.LevelSnapshot, nil
	case db.snapshot.Load() == snapshotOff:
		return sql.LevelReadCommitted, nil
	}
	var state int64
	err := conn.QueryRowContext(ctx, `SELECT snapshot_isolation_state FROM sys.databases WHERE database_id = DB_ID()`).Scan(&state)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	if state != 1 { // 2 and 3 are on the way from one to the other
		db.snapshot.Store(snapshotOff)
		return sql.LevelReadCommitted, nil
	}
	db.snapshot.Store(snapshotOn)
	return sql.LevelSnapshot, nil
}

// Close releases the connections, under a driver that hangs too. Closing twice is
// not an error.
func (db *DB) Close() error {
	var err error
	db.guard.Close(func() { err = db.pool.Close() })
	if err != nil {
		return classified("close", err)
	}
	return nil
}
