package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
)

// Inspection is what a store looks like from outside.
type Inspection struct {
	Exists bool
	Bytes  int64 // of the file and of what is not merged into it yet
	Schema int64 // its version; 0 when the file holds nothing
	Known  int64 // the version of this program
}

// Inspect looks at a store without opening it for work: nothing is made, changed
// or migrated, and whoever works with it is not held up. A store that is not
// there is no error.
func Inspect(ctx context.Context, path string) (in Inspection, err error) {
	for _, suffix := range []string{"", "-wal"} {
		info, err := os.Stat(path + suffix)
		switch {
		case err == nil:
			in.Bytes += info.Size()
		case suffix == "" && errors.Is(err, fs.ErrNotExist):
			in.Known, err = knownSchema()
			return in, err
		case suffix == "":
			return in, storeError("look at the store", err)
		}
	}
	in.Exists = true
	if in.Known, err = knownSchema(); err != nil {
		return in, err
	}
	db := openAside(path)
	defer func() { err = errors.Join(err, db.Close()) }()
	var objects, versions int
	err = db.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE name = 'goose_db_version') FROM sqlite_master`).Scan(&objects, &versions)
	switch {
	case err != nil:
		return in, storeError("read the schema", err)
	case objects == 0:
		return in, nil
	case versions == 0:
		return in, foreignDatabase(path)
	}
	err = db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&in.Schema)
	if err != nil {
		return in, storeError("read the schema's version", err)
	}
	return in, nil
}

// Verify reads the whole store once and lists at most limit faults of its
// structure, in SQLite's words, which name tables and pages. It can take minutes
// on a large store; ctx ends it.
func Verify(ctx context.Context, path string, limit int) (faults []string, err error) {
	db := openAside(path)
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, fmt.Sprintf("PRAGMA quick_check(%d)", limit))
	if err != nil {
		return nil, storeError("check the store", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, storeError("check the store", err)
		}
		if text != "ok" {
			faults = append(faults, text)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, storeError("check the store", err)
	}
	return faults, nil
}

// openAside opens a file that is there, for reading alone, and leaves its journal
// as it is. A file in WAL mode, as a store is, is opened like a store is: SQLite
// then takes the files beside it away again, which a later service under another
// account could not open.
func openAside(path string) *sql.DB {
	mode := "ro"
	if inWAL(path) {
		mode = "rw"
	}
	q := url.Values{"mode": {mode}, "_pragma": {fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), "query_only(1)"}}
	dsn := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath(), RawQuery: q.Encode()}).String()
	db := sql.OpenDB(sqliteConnector{dsn: dsn, driver: &sqlite.Driver{}})
	db.SetMaxOpenConns(1)
	return db
}

// inWAL looks at the header: bytes 18 and 19 are 2 in WAL mode
// (sqlite.org/fileformat.html, 1.3.3).
func inWAL(path string) bool {
	f, err := os.Open(path) //nolint:gosec // the administrator names the file
	if err != nil {
		return false
	}
	var header [20]byte
	n, err := f.ReadAt(header[:], 0)
	return errors.Join(err, f.Close()) == nil && n == len(header) && header[18] == 2 && header[19] == 2
}

// knownSchema is the newest version this program has a migration to.
func knownSchema() (int64, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return 0, fmt.Errorf("migrations: %w", err)
	}
	files, err := fs.Glob(sub, "*.sql")
	if err != nil {
		return 0, fmt.Errorf("migrations: %w", err)
	}
	var newest int64
	for _, name := range files {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", name, err)
		}
		newest = max(newest, version)
	}
	return newest, nil
}
