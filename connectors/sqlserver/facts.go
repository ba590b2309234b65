package sqlserver

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

// oldest is the first version whose T-SQL the statements are written for.
const oldest = 11

// Facts is what a server says about itself and one database.
type Facts struct {
	Version   string // of the product, for example "15.0.4298.1"
	Edition   string
	Database  string // its name as the server writes it
	Collation string // of the database
	CodePage  int    // of varchar in that collation, for example 1250; 0 when the server does not say
	// Now is the server's clock, with its own offset from UTC.
	Now time.Time
	// Snapshot says that the database allows SNAPSHOT; ReadCommittedSnapshot that
	// READ COMMITTED waits for nobody there.
	Snapshot, ReadCommittedSnapshot bool
	// Sysadmin, Owner and Writer are memberships that let a login write: sysadmin,
	// db_owner, db_datawriter.
	Sysadmin, Owner, Writer bool
}

const factsSQL = `
SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)), CAST(SERVERPROPERTY('Edition') AS nvarchar(128)), DB_NAME(),
       CAST(DATABASEPROPERTYEX(DB_NAME(), 'Collation') AS nvarchar(128)),
       CAST(COLLATIONPROPERTY(CAST(DATABASEPROPERTYEX(DB_NAME(), 'Collation') AS nvarchar(128)), 'CodePage') AS int),
       SYSDATETIMEOFFSET(), IS_SRVROLEMEMBER('sysadmin'), IS_ROLEMEMBER('db_owner'), IS_ROLEMEMBER('db_datawriter')`

const snapshotSQL = `SELECT snapshot_isolation_state, is_read_committed_snapshot_on FROM sys.databases WHERE database_id = DB_ID()`

// Queryer is a transaction, a connection or a pool.
type Queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Facts asks the server about itself. It reads no table of the ERP.
func (db *DB) Facts(ctx context.Context) (Facts, error) {
	var f Facts
	err := db.Read(ctx, "ask the server about itself", func(ctx context.Context, tx *sql.Tx) (err error) {
		f, err = ReadFacts(ctx, tx)
		return err
	})
	return f, err
}

// ReadFacts is [DB.Facts] for code with a pool of its own; errors are the driver's.
func ReadFacts(ctx context.Context, q Queryer) (Facts, error) {
	var f Facts
	var version, edition, database, collation sql.NullString
	var codePage, sysadmin, owner, writer sql.NullInt64
	err := q.QueryRowContext(ctx, factsSQL).Scan(&version, &edition, &database, &collation, &codePage, &f.Now, &sysadmin, &owner, &writer)
	if err != nil {
		return f, err
	}
	f.Version, f.Edition, f.Database, f.Collation, f.CodePage = version.String, edition.String, database.String, collation.String, int(codePage.Int64)
	f.Sysadmin, f.Owner, f.Writer = sysadmin.Int64 == 1, owner.Int64 == 1, writer.Int64 == 1
	var state int64
	err = q.QueryRowContext(ctx, snapshotSQL).Scan(&state, &f.ReadCommittedSnapshot)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return f, err
	}
	f.Snapshot = state == 1
	return f, nil
}

// Server names product, version and edition for a Report.
func (f Facts) Server() string {
	return strings.Join(strings.Fields("Microsoft SQL Server "+f.year()+" ("+f.Version+") "+f.Edition), " ")
}

// Encoding names collation and code page for a Report.
func (f Facts) Encoding() string {
	if f.CodePage == 0 {
		return f.Collation
	}
	return f.Collation + ", code page " + strconv.Itoa(f.CodePage)
}

// Zone is the offset of the server's clock from UTC, as "+02:00". The server does
// not tell the name of its zone.
func (f Facts) Zone() string { return f.Now.Format("-07:00") }

// Stamp is the server's clock as the ERP would stamp a row.
func (f Facts) Stamp() connectors.Stamp { return connectors.NewStamp(f.Now) }

// TooOld reports that the server is older than SQL Server 2012, which nobody
// mends any more and whose T-SQL lacks what the statements use.
func (f Facts) TooOld() bool { n := f.major(); return n != 0 && n < oldest }

func (f Facts) major() int {
	major, _, _ := strings.Cut(f.Version, ".")
	n, err := strconv.Atoi(major)
	if err != nil {
		return 0
	}
	return n
}

// year is what people call a version by, "" for one that is newer than this program.
func (f Facts) year() string {
	switch f.major() {
	case 9:
		return "2005"
	case 10:
		return "2008"
	case 11:
		return "2012"
	case 12:
		return "2014"
	case 13:
		return "2016"
	case 14:
		return "2017"
	case 15:
		return "2019"
	case 16:
		return "2022"
	case 17:
		return "2025"
	}
	return ""
}

// tablesAtOnce keeps a statement below the server's 2,100 parameters.
const tablesAtOnce = 1000

// Writable returns those of the given tables that the login may insert into,
// update or delete from; a right login has none. Names are schema.table; one that
// does not exist is not writable. The server answers for every membership and
// ownership behind it, and the names are compared as the database does.
func (db *DB) Writable(ctx context.Context, tables []string) ([]string, error) {
	var writable []string
	err := db.Read(ctx, "ask what the login may write", func(ctx context.Context, tx *sql.Tx) error {
		writable = nil
		for rest := tables; len(rest) > 0; rest = rest[min(len(rest), tablesAtOnce):] {
			some, err := readWritable(ctx, tx, rest[:min(len(rest), tablesAtOnce)])
			if err != nil {
				return err
			}
			writable = append(writable, some...)
		}
		return nil
	})
	return writable, err
}

func readWritable(ctx context.Context, q Queryer, tables []string) ([]string, error) {
	values := make([]string, len(tables))
	args := make([]any, len(tables))
	for i, t := range tables {
		values[i], args[i] = fmt.Sprintf("(%d, @p%d)", i, i+1), QuoteTable(t)
	}
	var found []string
	err := each(ctx, q, `
SELECT t.n FROM (VALUES `+strings.Join(values, ", ")+`) AS t(n, name)
WHERE HAS_PERMS_BY_NAME(t.name, 'OBJECT', 'INSERT') = 1 OR HAS_PERMS_BY_NAME(t.name, 'OBJECT', 'UPDATE') = 1
   OR HAS_PERMS_BY_NAME(t.name, 'OBJECT', 'DELETE') = 1
ORDER BY t.n`, args, func(rows *sql.Rows) error {
		var n int
		err := rows.Scan(&n)
		if err == nil {
			found = append(found, tables[n])
		}
		return err
	})
	return found, err
}

// ReadWritable lists tables of the whole database that the login may write, at
// most limit, for a source whose tables nobody has named; errors are the driver's.
func ReadWritable(ctx context.Context, q Queryer, limit int) ([]string, error) {
	var found []string
	err := each(ctx, q, `
SELECT TOP (@p1) w.name FROM (
  SELECT s.name + '.' + t.name AS name, QUOTENAME(s.name) + '.' + QUOTENAME(t.name) AS quoted
  FROM sys.tables t JOIN sys.schemas s ON s.schema_id = t.schema_id) AS w
WHERE HAS_PERMS_BY_NAME(w.quoted, 'OBJECT', 'INSERT') = 1 OR HAS_PERMS_BY_NAME(w.quoted, 'OBJECT', 'UPDATE') = 1
   OR HAS_PERMS_BY_NAME(w.quoted, 'OBJECT', 'DELETE') = 1
ORDER BY w.name`, []any{limit}, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		found = append(found, name)
		return err
	})
	return found, err
}

// each runs a SELECT and hands every row to scan.
func each(ctx context.Context, q Queryer, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
