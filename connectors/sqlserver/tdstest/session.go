package tdstest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// session is what one connection has: its login, database, variables and
// transaction.
type session struct {
	srv    *Server
	id     int
	login  *principal
	app    string
	db     *database
	conn   *sql.Conn // of db, taken when first needed
	connOf *database

	variables   map[string]parameter
	tran        int  // @@TRANCOUNT
	begun       bool // the engine has a transaction, too
	tranID      uint64
	isolation   string
	lockTimeout int64 // milliseconds, -1 for ever
	identityFor string
	identity    any // SCOPE_IDENTITY()
	rowCount    int64
	lastError   int32
	noCount     bool
	xactAbort   bool
	depth       int
	now         time.Time // of the statement
}

// sink takes what a statement gives.
type sink interface {
	columns(cols []value) error
	row(vals []any) error
	done(command uint16, rows int64, counted bool) error
	info(number int32, text string) error
	database(was, is string) error
	transaction(kind byte, id uint64) error
}

// Commands in DONE: what the statement was.
const (
	cmdSelect uint16 = 0xc1
	cmdInsert uint16 = 0xc3
	cmdDelete uint16 = 0xc4
	cmdUpdate uint16 = 0xc5
	cmdBegin  uint16 = 0xd4
	cmdEnd    uint16 = 0xd5
	cmdOther  uint16 = 0xfd
)

// reset is what sp_reset_connection does.
func (s *session) reset(ctx context.Context) {
	s.rollback(ctx)
	if s.lockTimeout >= 0 && s.conn != nil {
		_ = s.setPatience(ctx, -1)
	}
	s.isolation, s.lockTimeout, s.identityFor, s.noCount, s.xactAbort = "", -1, "", false, false
	s.identity, s.rowCount, s.lastError = nil, 0, 0
}

func (s *session) close() {
	if s.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		s.rollback(ctx)
		_ = s.conn.Close()
		s.conn = nil
	}
}

// engineConn is the session's own connection to the database's file.
func (s *session) engineConn(ctx context.Context) (*sql.Conn, error) {
	if s.conn != nil && s.connOf == s.db {
		return s.conn, nil
	}
	if s.conn != nil {
		if s.tran > 0 {
			return nil, cannot("change the database within a transaction")
		}
		_ = s.conn.Close()
	}
	conn, err := s.db.pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s.conn, s.connOf = conn, s.db
	return conn, s.setPatience(ctx, s.lockTimeout)
}

// setPatience says how many milliseconds a writer waits for another; for ever,
// -1, is cut short for the sake of tests.
func (s *session) setPatience(ctx context.Context, ms int64) error {
	if ms < 0 {
		ms = 10000
	}
	_, err := s.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout=%d", ms))
	return err
}

// need checks a right of the session's login.
func (s *session) need(right string, d *database, t *table) {
	if s.may(right, d, t) {
		return
	}
	panic(failf(229, "The %s permission was denied on the object '%s', database '%s', schema '%s'.", right, t.name, d.name, t.schema))
}

func (s *session) may(right string, d *database, t *table) bool {
	return s.login.sysadmin || d.rightsOf(s.login.name).may(right, t)
}

// needDDL checks the right to change the database's objects.
func (s *session) needDDL(what string) {
	if !s.login.sysadmin && !s.db.rightsOf(s.login.name).may("ALTER", nil) {
		panic(failf(262, "%s permission denied in database '%s'.", what, s.db.name))
	}
}

// batch runs the statements of a text.
func (s *session) batch(ctx context.Context, text string, out sink) error {
	list, err := parse(text)
	if err != nil {
		return err
	}
	return s.run(ctx, list, out)
}

func (s *session) run(ctx context.Context, list []statement, out sink) error {
	for _, st := range list {
		if err := s.statement(ctx, st, out); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// statement runs one statement; a fault that the compiler found comes back as
// an error.
func (s *session) statement(ctx context.Context, st statement, out sink) (err error) {
	defer func() {
		if r := recover(); r != nil {
			fault, ok := r.(*sqlError)
			if !ok {
				panic(r)
			}
			err = fault
		}
		s.lastError = 0
		if errors.Is(err, errGone) { // nobody is there to be told
			return
		}
		if err != nil {
			fault := asSQLError(err)
			s.lastError = fault.Number
			err = fault
			if fault.Number == 1205 || fault.Number == 3960 || s.xactAbort && fault.Class >= 16 {
				s.rollback(context.WithoutCancel(ctx))
			}
		}
	}()
	s.now = s.srv.now()
	switch st := st.(type) {
	case *selectStmt:
		return s.selectRows(ctx, st.q, out)
	case *insertStmt, *updateStmt, *deleteStmt, *truncate, *createTable, *createIndex, *alterTable, *dropStmt:
		if err := s.beforeWrite(ctx); err != nil {
			return err
		}
		return s.change(ctx, st, out)
	case *block:
		return s.run(ctx, st.list, out)
	case *ifStmt:
		return s.conditional(ctx, st, out)
	case *tranStmt:
		return s.transaction(ctx, st.what, out)
	case *declare:
		return s.declare(ctx, st)
	case *setVariable:
		p, ok := s.variables[st.name]
		if !ok {
			panic(failf(137, "Must declare the scalar variable \"%s\".", st.name))
		}
		return s.assignVariable(ctx, st.name, p.typ, st.x)
	case *setStmt:
		return s.set(ctx, st, out)
	default:
		return s.otherStatement(ctx, st, out)
	}
}

func (s *session) change(ctx context.Context, st statement, out sink) error {
	switch st := st.(type) {
	case *insertStmt:
		return s.insert(ctx, st, out)
	case *updateStmt:
		return s.update(ctx, st, out)
	case *deleteStmt:
		return s.deleteRows(ctx, st, out)
	default:
		return s.otherStatement(ctx, st, out)
	}
}

func (s *session) compiler() *compiler {
	return &compiler{sess: s, db: s.db, conv: converter{s.db.collation}, bound: map[string]string{}}
}

// selectRows runs a SELECT and passes its rows on.
func (s *session) selectRows(ctx context.Context, q *query, out sink) error {
	c := s.compiler()
	if k := q.body.core; k != nil && len(k.into) > 0 {
		panic(cannot("SELECT … INTO"))
	}
	if k := q.body.core; k != nil && k.items[0].assign != "" {
		return s.selectInto(ctx, q)
	}
	text, cols := c.query(nil, q)
	rows, err := s.queryEngine(ctx, text, c.args)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	if err := out.columns(cols); err != nil {
		return err
	}
	n := int64(0)
	vals := make([]any, len(cols))
	targets := make([]any, len(cols))
	for i := range vals {
		targets[i] = &vals[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		if err := out.row(vals); err != nil {
			return err
		}
		n++
	}
	if err := rows.Err(); err != nil {
		return err
	}
	s.rowCount = n
	return out.done(cmdSelect, n, true)
}

func (s *session) queryEngine(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	conn, err := s.engineConn(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := conn.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, withText(err, text)
	}
	return rows, nil
}

func (s *session) execEngine(ctx context.Context, text string, args []any) (sql.Result, error) {
	conn, err := s.engineConn(ctx)
	if err != nil {
		return nil, err
	}
	res, err := conn.ExecContext(ctx, text, args...)
	if err != nil {
		return nil, withText(err, text)
	}
	return res, nil
}

// withText adds the statement as the engine got it to errors that tell of a
// fault of the compiler.
func withText(err error, text string) error {
	if fault := asSQLError(err); fault.Number == 50000 {
		if len(text) > 2000 {
			text = text[:2000] + "…"
		}
		return cannot("%s; the statement was: %s", strings.TrimPrefix(fault.Message, "tdstest cannot do this: "), text)
	}
	return err
}

// one computes a single value.
func (s *session) one(ctx context.Context, e expr) (value, error) {
	c := s.compiler()
	v := c.value(&scope{}, e)
	if v.known {
		return v, nil
	}
	rows, err := s.queryEngine(ctx, "SELECT "+v.sql, c.args)
	if err != nil {
		return v, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(&v.val); err != nil {
			return v, err
		}
	}
	return v, rows.Err()
}

// selectInto is SELECT @a = x, @b = y FROM …: the last row stays.
func (s *session) selectInto(ctx context.Context, q *query) error {
	c := s.compiler()
	text, cols := c.query(nil, q)
	rows, err := s.queryEngine(ctx, text, c.args)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	vals := make([]any, len(cols))
	targets := make([]any, len(cols))
	for i := range vals {
		targets[i] = &vals[i]
	}
	for s.rowCount = 0; rows.Next(); s.rowCount++ {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		for i, it := range q.body.core.items {
			p, ok := s.variables[it.assign]
			if !ok {
				panic(failf(137, "Must declare the scalar variable \"%s\".", it.assign))
			}
			if p.value, err = c.conv.convert(vals[i], cols[i].typ, p.typ, 0); err != nil {
				return err
			}
			s.variables[it.assign] = p
		}
	}
	return rows.Err()
}

func (s *session) conditional(ctx context.Context, st *ifStmt, out sink) error {
	c := s.compiler()
	cond := c.condition(&scope{}, st.cond)
	holds, err := s.holds(ctx, "SELECT "+cond, c.args)
	switch {
	case err != nil:
		return err
	case holds:
		return s.statement(ctx, st.then, out)
	case st.other != nil:
		return s.statement(ctx, st.other, out)
	default:
		return nil
	}
}

// holds asks the engine for a condition; NULL does not hold.
func (s *session) holds(ctx context.Context, text string, args []any) (bool, error) {
	rows, err := s.queryEngine(ctx, text, args)
	if err != nil {
		return false, err
	}
	defer func() { _ = rows.Close() }()
	var holds sql.NullBool
	for rows.Next() {
		if err := rows.Scan(&holds); err != nil {
			return false, err
		}
	}
	return holds.Bool, rows.Err()
}

func (s *session) declare(ctx context.Context, st *declare) error {
	s.variables[st.name] = parameter{name: st.name, typ: st.typ}
	if st.x == nil {
		return nil
	}
	return s.assignVariable(ctx, st.name, st.typ, st.x)
}

func (s *session) assignVariable(ctx context.Context, name string, t sqlType, e expr) error {
	v, err := s.one(ctx, e)
	if err != nil {
		return err
	}
	val := v.val
	if v.typ.kind != kNull {
		if val, err = (converter{s.db.collation}).convert(val, v.typ, t, 0); err != nil {
			return err
		}
	}
	s.variables[name] = parameter{name: name, typ: t, value: val}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// set honours the options that change what a client sees, and takes the others.
func (s *session) set(ctx context.Context, st *setStmt, out sink) error {
	if len(st.words) < 2 {
		return failf(102, "Incorrect syntax near 'SET'.")
	}
	name, to := st.words[0].up, st.words[1].up
	switch name {
	case "ISOLATION":
		s.isolation = to
		for _, w := range st.words[2:] {
			s.isolation += " " + w.up
		}
	case "LOCK_TIMEOUT":
		ms := st.words[1].text
		if ms == "-" {
			ms += st.words[len(st.words)-1].text
		}
		if _, err := fmt.Sscan(ms, &s.lockTimeout); err != nil {
			return failf(102, "Incorrect syntax near '%s'.", ms)
		}
		if s.conn != nil {
			if err := s.setPatience(ctx, s.lockTimeout); err != nil {
				return err
			}
		}
	case "IDENTITY_INSERT":
		s.identityFor = ""
		if st.words[2].up == "ON" {
			_, t := s.compiler().findTable(strings.Split(st.words[1].text, "."))
			s.identityFor = key(t.schema, t.name)
		}
	case "NOCOUNT":
		s.noCount = to == "ON"
	case "XACT_ABORT":
		s.xactAbort = to == "ON"
	case "ANSI_NULLS", "QUOTED_IDENTIFIER", "ANSI_PADDING", "ANSI_WARNINGS", "ARITHABORT", "CONCAT_NULL_YIELDS_NULL", "NUMERIC_ROUNDABORT",
		"ANSI_NULL_DFLT_ON", "TEXTSIZE", "LANGUAGE", "DATEFORMAT", "DATEFIRST", "DEADLOCK_PRIORITY", "ROWCOUNT", "IMPLICIT_TRANSACTIONS", "CURSOR_CLOSE_ON_COMMIT":
	default:
		return failf(195, "'%s' is not a recognized SET option.", st.words[0].text)
	}
	return out.done(cmdOther, 0, false)
}
