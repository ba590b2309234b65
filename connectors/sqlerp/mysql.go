package sqlerp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	client "github.com/go-sql-driver/mysql"

	"github.com/loyalsync/loyalsync/connectors/network"
)

const mysqlPort = 3306

// mysql reads MySQL 5.7 and later and MariaDB 10.2 and later. Law 4: every
// transaction of the session is read-only.
//
// Parameters are put into the text by the client, so that a page is one round
// trip and every value comes as the text the server writes: DECIMAL exactly,
// days and times without a zone.
type mysql struct{}

func (mysql) open(c Config, guard *network.Guard) (*sql.DB, error) {
	conf, err := mysqlConfig(c)
	if err != nil {
		return nil, err
	}
	conf.DialFunc = guard.DialContext
	inner, err := client.NewConnector(conf)
	if err != nil { // the cause may quote the address
		return nil, errors.New("the url cannot be read")
	}
	db := sql.OpenDB(mysqlConnector{inner, mysqlSession(c)})
	db.SetMaxOpenConns(maxConnections)
	db.SetConnMaxIdleTime(time.Minute)
	return db, nil
}

// mysqlConfig reads the address. Of the options in a URL, tls is known as the
// client's own (true, skip-verify, preferred, false), and tls_ca is a file of
// certificates to trust. Without tls, it is used when the server has it.
func mysqlConfig(c Config) (*client.Config, error) {
	address, err := url.Parse(c.URL)
	if err != nil { // the cause quotes the URL
		return nil, errors.New("the url cannot be read: percent-encode special characters (# is %23, @ is %40), or write host, database, user and password_file")
	}
	conf := client.NewConfig()
	conf.Net, conf.Logger = "tcp", &client.NopLogger{}
	conf.InterpolateParams, conf.Timeout = true, connectTimeout
	if err := conf.Apply(client.Charset("utf8mb4", "")); err != nil {
		return nil, fmt.Errorf("the character set: %w", err)
	}
	password, _ := address.User.Password()
	conf.User, conf.Passwd = either(c.User, address.User.Username()), either(c.Password, password)
	conf.DBName = either(c.Database, strings.Trim(address.Path, "/"))
	host, port := either(c.Host, address.Hostname()), either(address.Port(), strconv.Itoa(mysqlPort))
	if c.Port != 0 {
		port = strconv.Itoa(c.Port)
	}
	if host == "" || conf.DBName == "" {
		return nil, errors.New("host or database is missing")
	}
	conf.Addr = net.JoinHostPort(host, port)
	return conf, mysqlTLS(conf, host, address.Query())
}

func mysqlTLS(conf *client.Config, host string, options url.Values) error {
	for name := range options {
		if name != "tls" && name != "tls_ca" {
			return fmt.Errorf("the url has an option that is not known: %s (there are tls and tls_ca)", name)
		}
	}
	conf.TLSConfig = either(options.Get("tls"), "preferred")
	switch conf.TLSConfig {
	case "true", "skip-verify", "preferred", "false":
	default:
		return errors.New("tls in the url is one of true, skip-verify, preferred, false")
	}
	file := options.Get("tls_ca")
	if file == "" {
		return nil
	}
	pem, err := os.ReadFile(file) //nolint:gosec // the administrator names the file
	roots := x509.NewCertPool()
	if err != nil || !filepath.IsAbs(file) || !roots.AppendCertsFromPEM(pem) {
		return errors.New("the file of tls_ca is no full path, cannot be read, or holds no certificate")
	}
	conf.TLS = &tls.Config{RootCAs: roots, ServerName: host, MinVersion: tls.VersionTLS12}
	return nil
}

func either(first, second string) string {
	if first != "" {
		return first
	}
	return second
}

// mysqlSession are the statements that prepare a session. What only one of the
// two servers knows stands in a comment that only that one runs. A time of zone
// +00:00 makes TIMESTAMP columns instants on the clock of UTC. sql_mode is left
// as it is: a SELECT means here what it means in the administrator's own tool.
func mysqlSession(c Config) []string {
	seconds := func(d time.Duration) string {
		return strconv.FormatInt(max(1, int64((d+time.Second-1)/time.Second)), 10)
	}
	idle := seconds(max(c.StatementTimeout, 2*time.Minute)) // longer than a pool keeps an idle session
	return []string{
		"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
		"SET SESSION time_zone = '+00:00', lock_wait_timeout = " + seconds(c.LockTimeout) +
			", innodb_lock_wait_timeout = " + seconds(c.LockTimeout) + ", wait_timeout = " + idle +
			" /*M!100101 , max_statement_time = " + seconds(c.StatementTimeout) + " */" +
			" /*!50708 , max_execution_time = " + strconv.FormatInt(c.StatementTimeout.Milliseconds(), 10) + " */",
	}
}

// mysqlConnector makes sessions that are prepared, within a time that does not
// depend on how long a statement may take.
type mysqlConnector struct {
	driver.Connector
	session []string
}

// errSilent is a server that took the connection and said nothing.
var errSilent = errors.New("the server does not answer")

func (m mysqlConnector) Connect(ctx context.Context) (driver.Conn, error) {
	limited, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := m.prepared(limited)
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return nil, errSilent
	}
	return conn, err
}

func (m mysqlConnector) prepared(ctx context.Context) (driver.Conn, error) {
	conn, err := m.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	session, ok := conn.(driver.ExecerContext)
	if !ok {
		return nil, errors.Join(errors.New("the session cannot be prepared"), conn.Close())
	}
	for _, statement := range m.session {
		if _, err := session.ExecContext(ctx, statement, nil); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}

func (mysql) begin(context.Context, *sql.DB) (*sql.TxOptions, error) {
	return &sql.TxOptions{ReadOnly: true}, nil
}

func (mysql) syntax() syntax {
	return syntax{quotes: "``", mark: "?", clock: `SELECT DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%d %H:%i:%s.%f')`}
}

// among asks a text key in its own collation, which an index serves, and byte by
// byte, which tells k1 from K1. Keys beyond ASCII are asked byte by byte alone,
// without an index: a column whose character set lacks one of their letters
// would refuse the comparison.
func (mysql) among(c column, texts []string, values []any) condition {
	if slices.ContainsFunc(texts, beyondASCII) {
		c.list = ""
	}
	return amongTwice(c, texts, values)
}

func beyondASCII(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// amongTwice is the condition for dialects without lists as parameters: texts as
// the column compares them, where it does so in another way, and exactly.
func amongTwice(c column, texts []string, values []any) condition {
	list := func(mark string) string {
		return " IN (" + strings.TrimSuffix(strings.Repeat(mark+", ", len(values)), ", ") + ")"
	}
	exact := condition{c.order + list(c.mark()), values}
	if c.list == "" {
		return exact
	}
	args := make([]any, 0, 2*len(values))
	for _, t := range texts {
		args = append(args, t)
	}
	return condition{c.list + list(mark) + " AND " + exact.text, append(args, values...)}
}

func (m mysql) column(name, declared, _ string) column {
	q := "q." + m.syntax().quote(name)
	col := column{name: name, read: q, order: q, param: "%s", key: textKey, holds: mysqlContent(declared)}
	switch col.holds {
	case integer:
		col.key = integerKey
	case number:
		col.param, col.key = "CAST(%s AS DECIMAL(65,30))", numericKey
	case moment:
		col.read = "CASE WHEN " + q + " > 0 THEN " + q + " END" // 0000-00-00 is MySQL's way to say none
		col.param, col.utc = "CAST(%s AS DATETIME(6))", declared == "TIMESTAMP"
		if declared == "DATE" {
			col.param = "CAST(%s AS DATE)"
		}
	case truth:
		col.read, col.key = "CAST("+q+" AS UNSIGNED)", integerKey
		col.order = col.read
	case bytes, clock:
		col.param = "CAST(%s AS BINARY)"
	case unknown, text, float:
		col.order, col.param = "CAST(CONVERT("+q+" USING utf8mb4) AS BINARY)", "CAST(%s AS BINARY)"
		if col.holds == text {
			col.list = q
		}
	}
	return col
}

// mysqlContent goes by the client's names of types.
func mysqlContent(declared string) content {
	switch strings.TrimPrefix(declared, "UNSIGNED ") {
	case "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT", "YEAR":
		return integer
	case "DECIMAL":
		return number
	case "FLOAT", "DOUBLE":
		return float
	case "DATE", "DATETIME", "TIMESTAMP":
		return moment
	case "BIT":
		return truth
	case "CHAR", "VARCHAR", "TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT", "ENUM", "SET":
		return text
	case "TIME":
		return clock
	case "BINARY", "VARBINARY", "TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB", "GEOMETRY", "JSON", "VECTOR":
		return bytes
	}
	return unknown
}

func (m mysql) stamp(name, declared, asked string) (column, stampKind) {
	col := m.column(name, declared, "")
	q := "q." + m.syntax().quote(name)
	col.present = q + " IS NOT NULL"
	switch {
	case col.holds == moment:
		col.present, col.param = q+" > 0", "CAST(%s AS DATETIME(6))"
		if declared == "TIMESTAMP" {
			return col, instantStamp
		}
		return col, timestampStamp
	case col.holds == integer || asked == "unix":
		col.order, col.param = q, "%s"
		return col, unixStamp
	}
	return col, textStamp
}
