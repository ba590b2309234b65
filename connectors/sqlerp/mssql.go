package sqlerp

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/network"
	"github.com/loyalsync/loyalsync/connectors/sqlserver"
)

// mssql reads SQL Server 2012 and later. It has no read-only transaction: law 4
// stands on the login, which Check reports, on checkSelect, and on every
// transaction being rolled back.
type mssql struct{ snapshot atomic.Int32 }

// What is known of a database's SNAPSHOT.
const (
	snapshotUnknown int32 = iota
	snapshotAllowed
	snapshotRefused
)

func (*mssql) open(c Config, guard *network.Guard) (*sql.DB, error) {
	connector, err := sqlserver.Connector(serverConfig(c), guard)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(maxConnections)
	db.SetConnMaxIdleTime(time.Minute)
	return db, nil
}

// serverConfig is Config.Server, with what the parts beside it say.
func serverConfig(c Config) sqlserver.Config {
	s := c.Server
	s.URL, s.Host, s.Database = either(s.URL, c.URL), either(s.Host, c.Host), either(s.Database, c.Database)
	s.User, s.Password = either(s.User, c.User), either(s.Password, c.Password)
	if s.Port == 0 {
		s.Port = c.Port
	}
	return s
}

// begin is SNAPSHOT where the database allows it; READ COMMITTED elsewhere, where a
// document that changes between its header and its lines has a newer stamp and is
// read again.
func (m *mssql) begin(ctx context.Context, db *sql.DB) (*sql.TxOptions, error) {
	if m.snapshot.Load() == snapshotUnknown {
		var state int64
		err := db.QueryRowContext(ctx, "SELECT snapshot_isolation_state FROM sys.databases WHERE database_id = DB_ID()").Scan(&state)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		m.snapshot.Store(snapshotRefused)
		if state == 1 {
			m.snapshot.Store(snapshotAllowed)
		}
	}
	if m.snapshot.Load() == snapshotAllowed {
		return &sql.TxOptions{Isolation: sql.LevelSnapshot}, nil
	}
	return &sql.TxOptions{Isolation: sql.LevelReadCommitted}, nil
}

func (*mssql) syntax() syntax {
	return syntax{quotes: "[]", mark: "@p", top: true, clock: "SELECT CONVERT(varchar(33), SYSUTCDATETIME(), 126)"}
}

// among asks a text key in the column's own type and collation, which an index
// serves, and exactly, which tells k1 from K1.
func (*mssql) among(c column, texts []string, values []any) condition {
	if c.list == "" {
		return amongTwice(c, texts, values)
	}
	own := make([]any, 0, len(texts))
	for _, t := range texts {
		own = append(own, mssqlText(c, t))
	}
	exact := amongTwice(column{order: c.order, param: c.param}, texts, values)
	plain := amongTwice(column{order: c.list, param: "%s"}, texts, own)
	return condition{plain.text + " AND " + exact.text, append(plain.args, exact.args...)}
}

// mssqlText is a text in the type of the column: a Go string goes out as nvarchar,
// which turns a seek in an index on varchar into a scan.
func mssqlText(c column, text string) any {
	if c.narrow {
		return sqlserver.Code(text)
	}
	return text
}

func (m *mssql) column(name, declared, _ string) column {
	q := "q." + m.syntax().quote(name)
	col := column{name: name, read: q, order: q, param: "%s", key: textKey, holds: mssqlContent(declared)}
	switch declared {
	case "BIGINT":
		col.key = integerKey
	case "INT", "SMALLINT", "TINYINT":
		col.param, col.key = "CAST(%s AS "+strings.ToLower(declared)+")", wholeKey(declared)
	case "DECIMAL", "NUMERIC", "MONEY", "SMALLMONEY":
		col.param, col.key = "CAST(%s AS decimal(28,6))", numericKey
	case "UNIQUEIDENTIFIER":
		col.read, col.param, col.key = "CONVERT(varchar(36), "+q+")", "CAST(%s AS uniqueidentifier)", uuidKey
	case "DATE", "TIME":
		col.read, col.param = "CONVERT(varchar(33), "+q+", 126)", "CAST(%s AS "+strings.ToLower(declared)+")"
	case "DATETIME", "SMALLDATETIME":
		// 126 writes milliseconds, datetime holds 1/300 s: by way of datetime2 the
		// text is rounded back to the very same value.
		col.read, col.param = "CONVERT(varchar(33), "+q+", 126)", "CAST(CAST(%s AS datetime2(7)) AS datetime)"
	case "DATETIME2":
		col.read, col.param = "CONVERT(varchar(33), "+q+", 126)", "CAST(%s AS datetime2(7))"
	case "DATETIMEOFFSET":
		col.read = "CONVERT(varchar(33), CAST(SWITCHOFFSET(" + q + ", '+00:00') AS datetime2(7)), 126)"
		col.param, col.utc = "TODATETIMEOFFSET(CAST(%s AS datetime2(7)), '+00:00')", true
	case "CHAR", "NCHAR", "VARCHAR", "NVARCHAR", "TEXT", "NTEXT":
		if strings.HasSuffix(declared, "CHAR") && !strings.Contains(declared, "VAR") {
			col.read = "RTRIM(" + q + ")"
		}
		// By way of nvarchar: a collation of another code page would change letters.
		col.order, col.param = "CAST("+q+" AS nvarchar(4000)) COLLATE Latin1_General_BIN2", "CAST(%s AS nvarchar(4000))"
		col.narrow = declared == "CHAR" || declared == "VARCHAR"
		if declared != "TEXT" && declared != "NTEXT" { // which cannot be compared
			col.list = q
		}
	}
	return col
}

// wholeKey refuses what the column's type does not hold: the server would, with
// an error.
func wholeKey(declared string) func(string) (any, bool) {
	least, most := int64(-1)<<31, int64(1)<<31-1
	switch declared {
	case "SMALLINT":
		least, most = -1<<15, 1<<15-1
	case "TINYINT":
		least, most = 0, 1<<8-1
	}
	return func(s string) (any, bool) {
		if !integerText.MatchString(s) {
			return nil, false
		}
		n, err := strconv.ParseInt(s, 10, 64)
		return n, err == nil && n >= least && n <= most
	}
}

// mssqlContent goes by the driver's names of types. Its timestamp, also called
// rowversion, is a counter and no time; the driver calls it BINARY.
func mssqlContent(declared string) content {
	switch declared {
	case "BIGINT", "INT", "SMALLINT", "TINYINT":
		return integer
	case "DECIMAL", "NUMERIC", "MONEY", "SMALLMONEY":
		return number
	case "FLOAT", "REAL":
		return float
	case "DATE", "DATETIME", "SMALLDATETIME", "DATETIME2", "DATETIMEOFFSET":
		return moment
	case "TIME":
		return clock
	case "BIT":
		return truth
	case "CHAR", "NCHAR", "VARCHAR", "NVARCHAR", "TEXT", "NTEXT", "UNIQUEIDENTIFIER":
		return text
	case "BINARY", "VARBINARY", "IMAGE", "XML", "TIMESTAMP", "ROWVERSION", "UDT":
		return bytes
	}
	return unknown
}

func (m *mssql) stamp(name, declared, asked string) (column, stampKind) {
	col := m.column(name, declared, "")
	q := "q." + m.syntax().quote(name)
	col.present = q + " IS NOT NULL"
	switch {
	case declared == "DATETIMEOFFSET":
		return col, instantStamp
	case declared == "DATE": // compared as a moment, so that a bound within a day is one
		col.order, col.param = "CAST("+q+" AS datetime2(7))", "CAST(%s AS datetime2(7))"
		return col, timestampStamp
	case col.holds == moment:
		return col, timestampStamp
	case col.holds == integer || asked == "unix":
		col.order, col.param = q, "%s"
		return col, unixStamp
	}
	return col, textStamp
}

func (*mssql) survey(ctx context.Context, db *sql.DB, _ Config) (survey, error) {
	facts, err := sqlserver.ReadFacts(ctx, db)
	if err != nil {
		return survey{}, err
	}
	found := survey{server: facts.Server(), identity: facts.Database, zone: facts.Zone(), encoding: facts.Encoding()}
	found.writable, err = sqlserver.ReadWritable(ctx, db, 50)
	return found, err
}

func (*mssql) diagnose(err error) diagnosis {
	e, ok := errors.AsType[*connectors.Error](sqlserver.Failed(context.Background(), "", err))
	if !ok {
		return diagnosis{connectors.ErrTransient, "the connection broke off", "it is tried again"}
	}
	d := diagnosis{kind: e.Kind, text: "it failed", hint: e.Hint}
	if e.Err != nil {
		d.text = e.Err.Error()
	}
	return d
}
