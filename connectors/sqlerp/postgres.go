package sqlerp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/network"
)

const postgresPort = 5432

// postgres reads a server. Law 4: every transaction of the session is read-only.
type postgres struct{}

func (postgres) open(c Config, guard *network.Guard) (*sql.DB, error) {
	conf, err := postgresConfig(c)
	if err != nil {
		return nil, err
	}
	conf.DialFunc = guard.DialContext
	db := stdlib.OpenDB(*conf)
	db.SetMaxOpenConns(maxConnections)
	db.SetConnMaxIdleTime(time.Minute)
	return db, nil
}

// errURL tells nothing of the URL, which may hold a password (law 11).
var errURL = errors.New("the url cannot be read")

// postgresURL is the URL with the host and port beside it, which win. They must be
// there when it is read: TLS is prepared for the host, and without one pgx takes
// the socket or localhost of this machine.
func postgresURL(c Config) (string, error) {
	if c.Host == "" && c.Port == 0 {
		return c.URL, nil
	}
	address := &url.URL{Scheme: "postgres"}
	if c.URL != "" {
		var err error
		if address, err = url.Parse(c.URL); err != nil {
			return "", errURL
		}
	}
	host, port := either(c.Host, address.Hostname()), either(address.Port(), strconv.Itoa(postgresPort))
	if c.Port != 0 {
		port = strconv.Itoa(c.Port)
	}
	address.Host = net.JoinHostPort(host, port)
	return address.String(), nil
}

// postgresConfig is where the server is, and how a session there is set.
func postgresConfig(c Config) (*pgx.ConnConfig, error) {
	address, err := postgresURL(c)
	if err != nil {
		return nil, err
	}
	conf, err := pgx.ParseConfig(address)
	if err != nil { // the cause quotes the URL
		return nil, errURL
	}
	for to, from := range map[*string]string{&conf.Database: c.Database, &conf.User: c.User, &conf.Password: c.Password} {
		if from != "" {
			*to = from
		}
	}
	conf.ConnectTimeout = connectTimeout
	milliseconds := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	for name, value := range map[string]string{
		"application_name":                    "loyalsync",
		"datestyle":                           "ISO",
		"default_transaction_read_only":       "on",
		"statement_timeout":                   milliseconds(c.StatementTimeout),
		"lock_timeout":                        milliseconds(c.LockTimeout),
		"idle_in_transaction_session_timeout": milliseconds(c.StatementTimeout),
	} {
		conf.RuntimeParams[name] = value
	}
	return conf, nil
}

func (postgres) begin(context.Context, *sql.DB) (*sql.TxOptions, error) {
	return &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}, nil
}

func (postgres) syntax() syntax {
	return syntax{quotes: `""`, mark: "$", tuples: true, clock: `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')`}
}

func (postgres) among(c column, texts []string, _ []any) condition {
	return condition{fmt.Sprintf(c.list, c.order, mark), []any{texts}}
}

func (p postgres) column(name, declared, zone string) column {
	q := `q.` + p.syntax().quote(name)
	col := column{name: name, holds: postgresContent(declared), read: q + "::text", order: q, key: textKey, param: "%s::text", list: "%[1]s = ANY(%[2]s::text[])"}
	typed := func(t string, key func(string) (any, bool)) {
		col.param, col.list, col.key = "%s::"+t, "%[1]s = ANY(%[2]s::text[]::"+t+"[])", key
	}
	switch declared {
	case "INT2", "INT4", "INT8":
		typed("int8", integerKey)
	case "NUMERIC":
		typed("numeric", numericKey)
	case "UUID":
		typed("uuid", uuidKey)
	case "BPCHAR":
		typed("bpchar", textKey)
	case "TEXT", "VARCHAR":
	case "DATE", "TIMESTAMP":
		typed(strings.ToLower(declared), textKey)
	case "TIMESTAMPTZ":
		col.read = "(" + q + " AT TIME ZONE '" + zone + "')::text"
		col.order, col.param = "("+q+" AT TIME ZONE '"+zone+"')", "%s::timestamp"
	default:
		col.order = col.read
	}
	return col
}

func postgresContent(declared string) content {
	switch declared {
	case "INT2", "INT4", "INT8":
		return integer
	case "NUMERIC":
		return number
	case "FLOAT4", "FLOAT8":
		return float
	case "DATE", "TIMESTAMP", "TIMESTAMPTZ":
		return moment
	case "TEXT", "VARCHAR", "BPCHAR", "NAME", "UUID":
		return text
	case "BOOL":
		return truth
	case "TIME":
		return clock
	case "BYTEA", "TIMETZ", "INTERVAL", "JSON", "JSONB", "XML":
		return bytes
	}
	return unknown
}

func (p postgres) stamp(name, declared, asked string) (column, stampKind) {
	col := p.column(name, declared, "UTC")
	quoted := `q.` + p.syntax().quote(name)
	col.present = quoted + " IS NOT NULL"
	switch {
	case declared == "TIMESTAMPTZ": // compared as it is, so that an index serves
		col.order, col.param = quoted, "(%s::timestamp AT TIME ZONE 'UTC')"
		return col, instantStamp
	case declared == "TIMESTAMP":
		return col, timestampStamp
	case declared == "DATE":
		col.order, col.param = col.order+"::timestamp", "%s::timestamp"
		return col, timestampStamp
	case strings.HasPrefix(declared, "INT") || asked == "unix":
		return col, unixStamp
	}
	col.order, col.param = col.read, "%s::text"
	return col, textStamp
}

func (postgres) survey(ctx context.Context, db *sql.DB, _ Config) (survey, error) {
	var found survey
	const who = `
SELECT version(), current_database() || '|' || COALESCE(current_schema(), ''), current_setting('TimeZone')`
	if err := db.QueryRowContext(ctx, who).Scan(&found.server, &found.identity, &found.zone); err != nil {
		return found, err
	}
	const writable = `
SELECT n.nspname || '.' || c.relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
  AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
ORDER BY 1 LIMIT 50`
	rows, err := db.QueryContext(ctx, writable)
	if err != nil {
		return found, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			return found, err
		}
		found.writable = append(found.writable, table)
	}
	return found, rows.Err()
}

func (postgres) diagnose(err error) diagnosis {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return diagnosePostgres(e)
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return diagnosis{connectors.ErrUnreachable, "the name of the host is not known: " + e.Name, "look at host"}
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return diagnosis{connectors.ErrUnreachable, e.Op + ": " + e.Err.Error(), "look at host and port, the firewall, and listen_addresses of the server"}
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return diagnosis{connectors.ErrUnreachable, "no connection", "look at host and port, and whether the server wants TLS (sslmode in the url)"}
	}
	return diagnosis{connectors.ErrTransient, "the connection broke off", "it is tried again"}
}

// diagnosePostgres goes by SQLSTATE. Only the texts of class 42 are passed on:
// they name tables and columns, the others may quote a value.
func diagnosePostgres(e *pgconn.PgError) diagnosis {
	said := func(kind error, text, hint string) diagnosis {
		return diagnosis{kind, text + " (SQLSTATE " + e.Code + ")", hint}
	}
	switch {
	case strings.HasPrefix(e.Code, "28"):
		return said(connectors.ErrAuth, "wrong user or password, or no entry in pg_hba.conf", "look at user and password_file")
	case e.Code == "3D000":
		return said(connectors.ErrSettings, "there is no such database", "look at database")
	case e.Code == "42501":
		return said(connectors.ErrAuth, e.Message, "GRANT SELECT on it to the login")
	case e.Code == "25006":
		return said(connectors.ErrSettings, "the statement would write", "the ERP is never written; only SELECTs are run")
	case strings.HasPrefix(e.Code, "42"):
		return said(connectors.ErrSchema, e.Message, "run the SELECT in the database's own tool, and put it right in the configuration")
	case strings.HasPrefix(e.Code, "22"):
		return said(connectors.ErrSchema, "a value in the SELECT cannot be converted", "run the SELECT in the database's own tool, and put it right in the configuration")
	case strings.HasPrefix(e.Code, "08"):
		return said(connectors.ErrUnreachable, "the connection broke off", "it is tried again")
	}
	return said(connectors.ErrTransient, "the server ended the statement", "it is tried again")
}

var (
	integerText = regexp.MustCompile(`^-?(0|[1-9]\d{0,17})$`)
	uuidText    = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

// The key functions turn a key into a parameter; false means that no row of the
// column's type can have such a key.

func textKey(s string) (any, bool) { return s, !strings.ContainsRune(s, 0) }

func integerKey(s string) (any, bool) {
	if !integerText.MatchString(s) {
		return nil, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

func numericKey(s string) (any, bool) {
	_, err := parseDecimal(s)
	return s, err == nil
}

func uuidKey(s string) (any, bool) { return s, uuidText.MatchString(s) }
