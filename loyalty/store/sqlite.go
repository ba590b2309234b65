package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/loyalsync/loyalsync/loyalty"
)

const busyTimeout = 30 * time.Second

// openSQLite opens the file of a store, or makes it.
func openSQLite(cfg Config) (*Store, error) {
	if !cfg.ReadOnly {
		if err := os.MkdirAll(filepath.Dir(cfg.Path), 0o700); err != nil {
			return nil, storeError("open the store", err)
		}
	} else if _, err := os.Stat(cfg.Path); err != nil {
		return nil, noStore(cfg.Path, err)
	}
	return &Store{cfg: cfg, name: cfg.Path, dialect: onSQLite, writer: open(cfg.Path, false), readers: pool{open(cfg.Path, true), onSQLite}}, nil
}

func open(path string, readOnly bool) *sql.DB {
	q := url.Values{}
	pragmas := []string{
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), // first: the next ones may have to wait
		"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "temp_store(MEMORY)",
	}
	if readOnly {
		pragmas = append(pragmas, "query_only(1)", "cache_size(-1000)") // there are several
	} else {
		// a page of SQLite takes 8 KB of memory for its 4: a cache is twice what it says.
		// a page of documents changes more than the 1000 pages after which SQLite
		// copies the log back by itself: it is copied after a dozen of them (64 MB)
		pragmas = append(pragmas, "cache_size(-4000)", "wal_autocheckpoint(16000)")
		q.Set("_txlock", "immediate")
	}
	q["_pragma"] = pragmas
	dsn := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath(), RawQuery: q.Encode()}).String()
	connector := sqliteConnector{dsn: dsn, driver: &sqlite.Driver{}}
	return sql.OpenDB(connector)
}

// sqliteConnector opens connections with a DSN of ours without going through a
// driver name registered globally.
type sqliteConnector struct {
	dsn    string
	driver driver.Driver
}

// Connect opens one connection, which keeps its prepared statements.
func (c sqliteConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	return keeping(conn)
}

// Driver is the SQLite driver.
func (c sqliteConnector) Driver() driver.Driver { return c.driver }

// copySQLite writes a consistent copy of a store's file to a new one.
func copySQLite(ctx context.Context, from, to string) error {
	empty, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the administrator names it; SQLite fills what is empty
	if err == nil {
		err = empty.Close()
	}
	if err != nil {
		return storeError("copy the store", err)
	}
	own := open(from, false) // query_only readers may not copy, and the writer must stay free
	_, err = own.ExecContext(ctx, `VACUUM INTO $1`, to)
	if err != nil {
		return errors.Join(storeError("copy the store", err), own.Close(), removeIfThere(to))
	}
	return own.Close()
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the unfinished copy: %w", err)
	}
	return nil
}

// explainSQLite says what went wrong with the file, and what to do about it.
func explainSQLite(e *loyalty.Error, cause *sqlite.Error) {
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
	}
}
