package sqlerp

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/network"
)

// sqlite reads a file that another program writes. Law 4 is kept twice: the file
// is opened read-only, and the connection is told to refuse writes.
type sqlite struct{ config Config }

func (sqlite) open(c Config, _ *network.Guard) (*sql.DB, error) {
	path, err := sqlitePath(c)
	if err != nil {
		return nil, err
	}
	if info, missing := os.Stat(path); missing == nil && info.IsDir() {
		return nil, fmt.Errorf("the path is a folder, not a file")
	}
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // C:/… becomes file:///C:/…
	}
	dsn := url.URL{Scheme: "file", Path: slashed}
	dsn.RawQuery = fmt.Sprintf("mode=ro&_pragma=busy_timeout(%d)&_pragma=query_only(1)", c.LockTimeout.Milliseconds())
	connector, err := driver.NewConnector(dsn.String())
	if err != nil {
		return nil, fmt.Errorf("the path of the file is not usable")
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(maxConnections)
	return db, nil
}

func sqlitePath(c Config) (string, error) {
	path := c.Database
	if path == "" {
		path = strings.TrimPrefix(c.URL, "sqlite:")
		if rest, ok := strings.CutPrefix(path, "//"); ok {
			path = rest
		}
		if plain, err := url.PathUnescape(path); err == nil {
			path = plain
		}
	}
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return "", fmt.Errorf("no file is named")
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("the path of the file is not usable")
	}
	return absolute, nil
}

func (sqlite) begin(context.Context, *sql.DB) (*sql.TxOptions, error) {
	return &sql.TxOptions{ReadOnly: true}, nil
}

func (sqlite) syntax() syntax {
	return syntax{quotes: `""`, mark: "$", tuples: true, clock: `SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')`}
}

func (sqlite) among(c column, _ []string, values []any) condition {
	list, err := json.Marshal(values)
	if err != nil { // texts and integers always marshal
		return condition{text: "1 = 0"}
	}
	return condition{fmt.Sprintf(c.list, c.order, mark), []any{string(list)}}
}

func (d sqlite) column(name, declared, _ string) column {
	q := `q.` + d.syntax().quote(name)
	col := column{
		name: name, read: "CAST(" + q + " AS TEXT)",
		param: "%s", list: "%[1]s IN (SELECT value FROM json_each(%[2]s))",
	}
	switch affinity := sqliteAffinity(declared); affinity {
	case "INTEGER":
		col.order, col.key, col.holds = q, integerKey, integer
	case "TEXT":
		col.order, col.key, col.holds = q+" COLLATE BINARY", textKey, text
	default: // an expression may give anything: what is compared is its text
		col.order, col.key = col.read, textKey
		col.holds = sqliteContent(affinity, strings.ToUpper(declared))
	}
	return col
}

// sqliteContent is what a column that is neither INTEGER nor TEXT is meant for:
// SQLite has no types for it.
func sqliteContent(affinity, declared string) content {
	switch {
	case affinity == "":
		return unknown
	case strings.Contains(declared, "DATE"), strings.Contains(declared, "TIME"):
		return moment
	case strings.Contains(declared, "BOOL"):
		return truth
	}
	return float
}

// sqliteAffinity applies SQLite's rules to a declared type; "" for none.
func sqliteAffinity(declared string) string {
	d := strings.ToUpper(declared)
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(d, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("INT"):
		return "INTEGER"
	case has("CHAR", "CLOB", "TEXT"):
		return "TEXT"
	case has("BLOB") || d == "":
		return ""
	case has("REAL", "FLOA", "DOUB"): //nolint:misspell // SQLite goes by these four letters
		return "REAL"
	}
	return "NUMERIC"
}

func (s sqlite) stamp(name, declared, asked string) (column, stampKind) {
	col := s.column(name, declared, "")
	q := `q.` + s.syntax().quote(name)
	col.present = q + " IS NOT NULL"
	if asked == "unix" || asked == "" && sqliteAffinity(declared) == "INTEGER" {
		col.order = q
		return col, unixStamp
	}
	col.order = q + " COLLATE BINARY"
	return col, textStamp
}

func (sqlite) survey(ctx context.Context, db *sql.DB, c Config) (survey, error) {
	found := survey{server: "SQLite "}
	var version string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return found, err
	}
	found.server += version
	path, err := sqlitePath(c)
	found.identity = path
	return found, err
}

func (d sqlite) diagnose(err error) diagnosis {
	e, ok := errors.AsType[*driver.Error](err)
	if !ok {
		return diagnosis{kind: connectors.ErrTransient, text: "the read failed"}
	}
	switch e.Code() & 0xff { // the rest says more than a person needs
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_SCHEMA:
		return diagnosis{connectors.ErrTransient, "the file is locked or cannot be read for now", "another program holds the file; it is tried again"}
	case sqlite3.SQLITE_CANTOPEN:
		return d.unopened()
	case sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		return diagnosis{connectors.ErrAuth, "the file may not be read", "let the service's account read the file"}
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return diagnosis{connectors.ErrSettings, "the file is no SQLite database, or a damaged one", "look whether the path is right"}
	case sqlite3.SQLITE_READONLY:
		return diagnosis{connectors.ErrSettings, "the statement would write", "the ERP is never written; only SELECTs are run"}
	case sqlite3.SQLITE_ERROR: // names of tables and columns, never a value
		return diagnosis{connectors.ErrSchema, e.Error(), "run the SELECT in the database's own tool, and put it right in the configuration"}
	}
	return diagnosis{connectors.ErrTransient, "SQLite error " + strconv.Itoa(e.Code()), ""}
}

// unopened says why a file cannot be opened: what waiting does not cure is told
// apart from what it may.
func (d sqlite) unopened() diagnosis {
	path, err := sqlitePath(d.config)
	if err == nil {
		_, err = os.Stat(path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return diagnosis{connectors.ErrSettings, "there is no file " + path, "correct the path after sqlite: in url; a relative one counts from the folder of the configuration"}
	case errors.Is(err, fs.ErrPermission):
		return diagnosis{connectors.ErrAuth, "the file may not be read", "let the service's account read the file and its folder"}
	}
	return diagnosis{connectors.ErrUnreachable, "the file cannot be opened", "look whether the path is right and the service's account may read the file and its folder"}
}
