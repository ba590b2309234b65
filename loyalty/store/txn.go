package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// statements is what runs SQL: a transaction, or the connection of one.
type statements interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// querier is a transaction or a pool.
type querier interface {
	statements
	speaks() dialect
}

// txn is a transaction: of the one writer, or for reading one state.
type txn struct {
	statements
	dialect
	conn *sql.Conn // the transaction's own; nil while reading
	// queued are statements for PostgreSQL whose answers can wait: they go with the next
	// one whose answer cannot, or with the commit, in one turn.
	queued    []queuedStatement
	arguments int // of what is queued
	begun     bool
	failed    error          // the first of what was queued: all later ones only say that there was one
	last      *lastIDs       // nil until they are read
	touched   map[int64]bool // accounts that were written
}

// touch notes that an account is not as it was read before.
func (t *txn) touch(account int64) {
	if t.touched == nil {
		t.touched = make(map[int64]bool)
	}
	t.touched[account] = true
}

// lastIDs are the highest IDs of tables whose IDs are given out in order: there is one
// writer, so the next ones are free until the commit.
type lastIDs struct{ document, entry, batch, operation int64 }

// selectLastIDs are the columns of lastIDs, in words that leave but one plan, from an end
// of the index: max(id) of a table that was small when it was planned would read all of it.
const selectLastIDs = `coalesce((SELECT id FROM document ORDER BY id DESC LIMIT 1), 0), coalesce((SELECT id FROM entry ORDER BY id DESC LIMIT 1), 0),
	coalesce((SELECT id FROM batch ORDER BY id DESC LIMIT 1), 0), coalesce((SELECT id FROM operation ORDER BY id DESC LIMIT 1), 0)`

func (l *lastIDs) fields() []any { return []any{&l.document, &l.entry, &l.batch, &l.operation} }

type queuedStatement struct {
	op, query string
	args      []any
	read      func(row) error // of a question: takes each row
}

// row is what a question is answered with.
type row interface{ Scan(to ...any) error }

// mostQueued bounds the memory of what is queued, in arguments.
const mostQueued = 32_000

// execute runs a statement that writes and gives nothing back, whose arguments are as
// drivers take them: SQLite gets them without the conversions of database/sql. On
// PostgreSQL its error, which names op, may come with a later statement. On SQLite it is
// short, and looks only before it begins whether its context has ended: the driver would
// watch that in a goroutine of its own.
func (t *txn) execute(ctx context.Context, op, query string, args []any) error {
	if t.dialect == onSQLite {
		if err := ctx.Err(); err != nil {
			return storeError(op, err)
		}
		ctx = context.WithoutCancel(ctx)
		err := t.conn.Raw(func(conn any) error { return conn.(*keepingConn).execute(ctx, query, args) })
		if err != nil {
			return storeError(op, err)
		}
		return nil
	}
	t.queue(queuedStatement{op: op, query: query, args: slices.Clone(args)})
	if t.arguments < mostQueued {
		return nil
	}
	return t.flush(ctx)
}

func (t *txn) queue(q queuedStatement) {
	t.queued = append(t.queued, q)
	t.arguments += len(q.args)
}

// ask runs a query whose rows read takes, at the latest before the next statement that is
// no question is done: PostgreSQL answers many questions in one turn.
func (t *txn) ask(ctx context.Context, op, query string, read func(row) error, args ...any) error {
	if t.dialect == onSQLite {
		_, err := collect(ctx, t, op, query, func(rows *sql.Rows) (none struct{}, err error) { return none, read(rows) }, args...)
		return err
	}
	t.queue(queuedStatement{op: op, query: query, args: args, read: read})
	return nil
}

// flush sends what is queued, in one turn. After an error the server ignores the rest, and
// nothing more is sent: what went before it must not be kept without it.
func (t *txn) flush(ctx context.Context) error {
	if len(t.queued) == 0 || t.failed != nil {
		return t.failed
	}
	var batch pgx.Batch
	for _, q := range t.queued {
		batch.Queue(q.query, q.args...)
	}
	op := t.queued[0].op
	err := t.conn.Raw(func(conn any) error {
		results := conn.(*stdlib.Conn).Conn().SendBatch(ctx, &batch)
		for _, q := range t.queued {
			op = q.op
			if err := q.done(results); err != nil {
				return errors.Join(err, results.Close())
			}
			t.begun = t.begun || q.query != beginning
		}
		return results.Close()
	})
	t.queued, t.arguments = nil, 0
	if err != nil {
		t.failed = storeError(op, err)
	}
	return t.failed
}

// done takes what the server says to a statement.
func (q *queuedStatement) done(results pgx.BatchResults) error {
	if q.read == nil {
		done, err := results.Exec()
		if err == nil && q.query == commit && done.String() != commit {
			err = pgx.ErrTxCommitRollback // a statement failed, and nobody said so
		}
		return err
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := q.read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// QueryContext runs a query after what is queued.
func (t *txn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	return t.statements.QueryContext(ctx, query, args...)
}

// QueryRowContext runs a query after what is queued. After a fault of that, as of a BEGIN
// that was not begun, nothing is sent: the row has an error, and the transaction ends with
// the first.
func (t *txn) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if t.flush(ctx) != nil {
		over, end := context.WithCancel(ctx)
		end()
		ctx = over
	}
	return t.statements.QueryRowContext(ctx, query, args...)
}

// ExecContext runs a statement after what is queued.
func (t *txn) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	return t.statements.ExecContext(ctx, query, args...)
}

// inTx runs fn in one transaction of the only writer, over all processes; others
// wait. An error of fn rolls everything back.
func (s *Store) inTx(ctx context.Context, fn func(*txn) error) error {
	return s.inTxWith(ctx, ``, fn)
}

// inShortTx is inTx for few small statements, all of which find their rows by an index:
// PostgreSQL plans them once, whatever the tables have grown to since, instead of each time.
func (s *Store) inShortTx(ctx context.Context, fn func(*txn) error) error {
	return s.inTxWith(ctx, `, set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
		set_config('enable_sort', 'off', true)`, fn)
}

func (s *Store) inTxWith(ctx context.Context, settings string, fn func(*txn) error) (err error) {
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return storeError("connect", err)
	}
	tx, committed := &txn{statements: conn, dialect: s.dialect, conn: conn}, false
	defer func() { // also when fn panics
		if !committed {
			tx.rollback(ctx)
		}
		if closed := conn.Close(); !errors.Is(closed, sql.ErrConnDone) { // given up by rollback
			err = errors.Join(err, closed)
		}
	}()
	if err = tx.begin(ctx, settings); err == nil {
		err = fn(tx)
	}
	if err == nil {
		err = tx.commit(ctx)
	}
	committed = err == nil
	return cmp.Or(tx.failed, err)
}

const beginning = `BEGIN`

// begin makes every other writer wait until the transaction ends, over all processes,
// so that what it reads stays so. Settings are of PostgreSQL, for the transaction, which
// begins with what is asked first.
func (t *txn) begin(ctx context.Context, settings string) error {
	if t.dialect == onSQLite {
		if _, err := t.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
			return storeError("begin a transaction", err)
		}
		t.begun = true
		return nil
	}
	if err := t.execute(ctx, "begin a transaction", beginning, nil); err != nil {
		return err
	}
	return t.execute(ctx, "wait for other writers", `SELECT id`+settings+` FROM store_meta FOR UPDATE`, nil)
}

const commit = `COMMIT`

// commitWait is for how long a server that does not answer is waited for.
const commitWait = 30 * time.Second

// commit keeps what was done. A context that ends meanwhile is too late: who waits is told
// what has become of it.
func (t *txn) commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return storeError("commit", err)
	}
	ctx = context.WithoutCancel(ctx)
	if t.dialect == onPostgres {
		ctx, cancel := context.WithTimeout(ctx, commitWait)
		defer cancel()
		if err := t.execute(ctx, "commit", commit, nil); err != nil {
			return err
		}
		return t.flush(ctx)
	}
	if _, err := t.ExecContext(ctx, commit); err != nil {
		return storeError("commit", err)
	}
	return nil
}

// rollback undoes what was done, also after the context has ended. A connection on which
// that does not work, as when the database has done so by itself, is not used again.
func (t *txn) rollback(ctx context.Context) {
	if _, err := t.statements.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`); err != nil {
		_ = t.conn.Raw(func(any) error { return driver.ErrBadConn }) // says so to the pool
	}
}
