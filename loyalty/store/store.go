package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/loyalsync/loyalsync/loyalty"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Config says where the store is.
type Config struct {
	// Path of the SQLite file; its folder is made when missing.
	Path string
	// ReadOnly opens an existing store for reading; it must have this
	// program's schema.
	ReadOnly bool
	// Now is the clock. Required.
	Now func() time.Time
	// Progress is told of a migration, in words for the log. May be nil.
	Progress func(message string)
}

func (c Config) withDefaults() Config {
	if c.Progress == nil {
		c.Progress = func(string) {}
	}
	return c
}

func (c Config) validate() error {
	if c.Path == "" || c.Now == nil {
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: "the store needs a path and a clock"}
	}
	return nil
}

// Store is the SQLite store. Its methods may be called at the same time.
type Store struct {
	cfg     Config
	writer  *sql.DB // one connection
	readers *sql.DB
}

const (
	busyTimeout = 30 * time.Second
	readerCount = 4
)

// Open opens the store, makes it when it is missing, and brings an older schema
// up to date after copying it beside itself. A newer schema, or a file that is
// not a store, is an error with CodeInvalid and nothing is changed.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if !cfg.ReadOnly {
		if err := os.MkdirAll(filepath.Dir(cfg.Path), 0o700); err != nil {
			return nil, storeError("open the store", err)
		}
	} else if _, err := os.Stat(cfg.Path); err != nil {
		return nil, &loyalty.Error{
			Code: loyalty.CodeNotFound, Message: "there is no store at " + cfg.Path,
			Hint: "run a job first (loyalsync run JOB), or check store.url", Err: err,
		}
	}
	s := &Store{cfg: cfg, writer: open(cfg.Path, false), readers: open(cfg.Path, true)}
	s.writer.SetMaxOpenConns(1)
	s.readers.SetMaxOpenConns(readerCount)
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func open(path string, readOnly bool) *sql.DB {
	q := url.Values{}
	pragmas := []string{
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), // first: the next ones may have to wait
		"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "temp_store(MEMORY)",
	}
	if readOnly {
		pragmas = append(pragmas, "query_only(1)", "cache_size(-2000)") // there are several
	} else {
		// a page of documents changes more than the 1000 pages after which SQLite
		// copies the log back by itself: it is copied after several of them
		pragmas = append(pragmas, "cache_size(-8000)", "wal_autocheckpoint(4000)")
		q.Set("_txlock", "immediate")
	}
	q["_pragma"] = pragmas
	dsn := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath(), RawQuery: q.Encode()}).String()
	connector := sqliteConnector{dsn: dsn, driver: &sqlite.Driver{}}
	return sql.OpenDB(connector)
}

// Close closes the store. Closing twice is not an error.
func (s *Store) Close() error { return errors.Join(s.readers.Close(), s.writer.Close()) }

// Path is the file of the store.
func (s *Store) Path() string { return s.cfg.Path }

// inTx runs fn in one IMMEDIATE transaction of the only writer. An error of fn
// rolls everything back.
func (s *Store) inTx(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return storeError("begin a transaction", err)
	}
	if err := fn(tx); err != nil {
		if rollback := tx.Rollback(); rollback != nil && !errors.Is(rollback, sql.ErrTxDone) {
			return errors.Join(err, rollback)
		}
		return err
	}
	if err := tx.Commit(); err != nil {
		return storeError("commit", err)
	}
	return nil
}

// inRead runs fn in one read transaction, so that all its queries see the same
// state.
func (s *Store) inRead(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.readers.BeginTx(ctx, nil)
	if err != nil {
		return storeError("begin reading", err)
	}
	return errors.Join(fn(tx), tx.Rollback())
}

// micros writes an instant as the store keeps it.
func micros(t time.Time) int64 { return t.UnixMicro() }

// instant reads what micros wrote.
func instant(v int64) time.Time { return time.UnixMicro(v).UTC() }

// storeError names what went wrong with the file, with what to do about it.
func storeError(op string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", op, err)
	}
	e := &loyalty.Error{Code: loyalty.CodeInternal, Message: "the store: " + op, Err: err}
	cause, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		if errors.Is(err, fs.ErrPermission) {
			e.Code, e.Hint = loyalty.CodeInvalid, "give the service's account the right to write the store's folder"
		}
		return e
	}
	switch cause.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		e.Code, e.Hint = loyalty.CodeBusy, "the disk is full: make room; nothing was lost, the next run goes on where this one stopped"
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		e.Code, e.Hint = loyalty.CodeBusy, "another process keeps the store busy; run the job again"
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		e.Code, e.Hint = loyalty.CodeInvalid, "the file is damaged or not a store: put back a backup"
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		e.Code, e.Hint = loyalty.CodeInvalid, "check that the store's folder exists and that this account may write it"
	case sqlite3.SQLITE_IOERR:
		e.Code, e.Hint = loyalty.CodeBusy, "the disk gave an error: check it, and that the store is not on a network share"
	case sqlite3.SQLITE_INTERRUPT:
		return fmt.Errorf("%s: %w", op, context.Canceled)
	}
	return e
}

// uniqueViolation tells a broken unique key by the driver's code.
func uniqueViolation(err error) bool {
	cause, ok := errors.AsType[*sqlite.Error](err)
	return ok && (cause.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || cause.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// prepare checks the schema and migrates it.
func (s *Store) prepare(ctx context.Context) error {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, s.writer, sub, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return storeError("read the migrations", err)
	}
	var tables int
	if err := s.writer.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE name = 'goose_db_version'`).Scan(&tables); err != nil {
		return storeError("read the schema", err)
	}
	if tables == 0 {
		return s.create(ctx, provider)
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return storeError("read the schema's version", err)
	}
	switch {
	case current > target:
		return &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: fmt.Sprintf("the store has schema %d, this program knows %d", current, target),
			Hint: "use the newer loyalsync that wrote it; nothing was changed",
		}
	case current < target:
		return s.migrate(ctx, provider, current, target)
	}
	return nil
}

func (s *Store) create(ctx context.Context, provider *goose.Provider) error {
	if s.cfg.ReadOnly {
		return &loyalty.Error{Code: loyalty.CodeNotFound, Message: "there is no store at " + s.cfg.Path, Hint: "run a job first (loyalsync run JOB), or check store.url"}
	}
	var objects int
	if err := s.writer.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master`).Scan(&objects); err != nil {
		return storeError("read the schema", err)
	}
	if objects > 0 {
		return foreignDatabase(s.cfg.Path)
	}
	if _, err := provider.Up(ctx); err != nil {
		return storeError("make the store", err)
	}
	return nil
}

func foreignDatabase(path string) error {
	return &loyalty.Error{
		Code: loyalty.CodeInvalid, Message: path + " is a database of something else",
		Hint: "give the store a file of its own in store.url; nothing was changed",
	}
}

// migrate copies the store, brings it up to date and compares the points before
// and after.
func (s *Store) migrate(ctx context.Context, provider *goose.Provider, current, target int64) error {
	if s.cfg.ReadOnly {
		return &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: fmt.Sprintf("the store has the older schema %d", current),
			Hint: "start loyalsync serve, or run a job: it copies the store and brings it up to date",
		}
	}
	copied := fmt.Sprintf("%s.schema-%d-%s", s.cfg.Path, current, s.cfg.Now().UTC().Format("20060102T150405Z"))
	if err := s.CopyTo(ctx, copied); err != nil {
		return err
	}
	before, err := s.totals(ctx)
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return storeError(fmt.Sprintf("bring the store from schema %d to %d (a copy is at %s)", current, target, copied), err)
	}
	after, err := s.totals(ctx)
	if err != nil {
		return err
	}
	if before != after {
		return &loyalty.Error{
			Code: loyalty.CodeInternal, Message: fmt.Sprintf("the totals of the store changed from %v to %v while its schema was changed", before, after),
			Hint: "stop, and put back the copy " + copied,
		}
	}
	s.cfg.Progress(fmt.Sprintf("store brought from schema %d to %d, totals checked, copy kept at %s", current, target, strings.TrimPrefix(copied, filepath.Dir(copied)+string(filepath.Separator))))
	return nil
}

// totals are the figures that a change of schema must not change.
func (s *Store) totals(ctx context.Context) (t [4]int64, err error) {
	err = s.writer.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM entry), (SELECT coalesce(sum(amount), 0) FROM entry),
		(SELECT coalesce(sum(pending + active), 0) FROM account), (SELECT coalesce(sum(debt), 0) FROM account)`).
		Scan(&t[0], &t[1], &t[2], &t[3])
	if err != nil {
		return t, storeError("read the totals", err)
	}
	return t, nil
}

// CopyTo writes a consistent copy of the store to a new file, while others go
// on reading and writing. An existing file is an error.
func (s *Store) CopyTo(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err == nil {
		return &loyalty.Error{Code: loyalty.CodeConflict, Message: path + " exists already", Hint: "name a file that does not exist"}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return storeError("make the folder of the copy", err)
	}
	own := open(s.cfg.Path, false) // query_only readers may not copy, and the writer must stay free
	_, err := own.ExecContext(ctx, `VACUUM INTO $1`, path)
	if err != nil {
		return errors.Join(storeError("copy the store", err), own.Close(), removeIfThere(path))
	}
	return own.Close()
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the unfinished copy: %w", err)
	}
	return nil
}
