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

	"modernc.org/sqlite"
)

// Inspection is what a store looks like from outside.
type Inspection struct {
	Name   string // the file, or the server and the database
	Exists bool
	Bytes  int64   // of the file and of what is not merged into it yet, or of the tables
	Schema int64   // its version; 0 when there is nothing
	Known  int64   // the version of this program
	Server *Server // of a store in PostgreSQL
}

// Server is what a store in PostgreSQL stands on.
type Server struct {
	Version   string
	Encoding  string // of the database; UTF8 is the one that keeps every text
	Schema    string // where the tables are; "" when search_path names none that is there
	MayCreate bool   // tables in that schema
	ReadOnly  bool   // a replica
	Encrypted bool
	Local     bool // on this machine
}

// Inspect looks at a store without opening it for work: nothing is made, changed
// or migrated, and whoever works with it is not held up. A store that is not
// there is no error.
func Inspect(ctx context.Context, cfg Config) (Inspection, error) {
	if cfg.URL != "" {
		return inspectPostgres(ctx, cfg)
	}
	return inspectSQLite(ctx, cfg.Path)
}

func inspectSQLite(ctx context.Context, path string) (in Inspection, err error) {
	in.Name = path
	for _, suffix := range []string{"", "-wal"} {
		info, err := os.Stat(path + suffix)
		switch {
		case err == nil:
			in.Bytes += info.Size()
		case suffix == "" && errors.Is(err, fs.ErrNotExist):
			in.Known, err = onSQLite.known()
			return in, err
		case suffix == "":
			return in, storeError("look at the store", err)
		}
	}
	in.Exists = true
	if in.Known, err = onSQLite.known(); err != nil {
		return in, err
	}
	db := openAside(path)
	defer func() { err = errors.Join(err, db.Close()) }()
	_, in.Schema, err = schemaThere(ctx, pool{db, onSQLite}, path)
	return in, err
}

// schemaThere says whether there is a store, and its version.
func schemaThere(ctx context.Context, q pool, name string) (exists bool, version int64, err error) {
	all, own, err := tablesThere(ctx, q)
	switch {
	case err != nil:
		return false, 0, err
	case own == 0 && all == 0:
		return false, 0, nil
	case own == 0:
		return false, 0, foreignDatabase(name)
	}
	if err := q.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&version); err != nil {
		return true, 0, storeError("read the schema's version", err)
	}
	return true, version, nil
}

func inspectPostgres(ctx context.Context, cfg Config) (in Inspection, err error) {
	if in.Known, err = onPostgres.known(); err != nil {
		return in, err
	}
	s, err := openPostgres(cfg)
	if err != nil {
		return in, err
	}
	s.readers.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, s.Close()) }()
	in.Name, in.Server = s.name, &Server{}
	err = s.readers.QueryRowContext(ctx, `SELECT current_setting('server_version'), pg_encoding_to_char(encoding), pg_is_in_recovery(),
			coalesce(current_schema(), ''), coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
			EXISTS (SELECT 1 FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl),
			inet_client_addr() IS NULL OR inet_client_addr() <<= '127.0.0.0/8' OR inet_client_addr() = '::1',
			(SELECT coalesce(sum(pg_total_relation_size(t.oid)), 0) FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
				WHERE n.nspname = current_schema() AND t.relkind = 'r')
		FROM pg_database WHERE datname = current_database()`).
		Scan(&in.Server.Version, &in.Server.Encoding, &in.Server.ReadOnly, &in.Server.Schema, &in.Server.MayCreate,
			&in.Server.Encrypted, &in.Server.Local, &in.Bytes)
	if err != nil {
		return in, storeError("connect", err)
	}
	in.Exists, in.Schema, err = schemaThere(ctx, s.readers, s.name)
	return in, err
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
func openAside(path string) *sql.DB { return aside(path, "query_only(1)") }

func aside(path string, pragmas ...string) *sql.DB {
	mode := "ro"
	if inWAL(path) {
		mode = "rw"
	}
	q := url.Values{"mode": {mode}, "_pragma": append([]string{fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds())}, pragmas...)}
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
