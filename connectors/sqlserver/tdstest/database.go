package tdstest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
)

// ServerVariable names a real server for the tests that run on either: a
// sqlserver:// URL of a login that may create databases and logins.
const ServerVariable = "LOYALSYNC_TEST_SQLSERVER"

// limit is how long a statement of a fixture may take on a real server.
const limit = 5 * time.Minute

// Connection is how a login gets into the database of a test.
type Connection struct {
	Host                     string
	Port                     int
	Database, User, Password string
	query                    url.Values
}

// URL is the connection as go-mssqldb takes it.
func (c Connection) URL() string {
	q := url.Values{}
	for k, v := range c.query {
		q[k] = v
	}
	q.Set("database", c.Database)
	host := c.Host
	if c.Port != 0 {
		host += ":" + strconv.Itoa(c.Port)
	}
	u := url.URL{Scheme: "sqlserver", User: url.UserPassword(c.User, c.Password), Host: host, RawQuery: q.Encode()}
	return u.String()
}

// Encrypt is the value of "encrypt" that the server needs.
func (c Connection) Encrypt() string { return c.query.Get("encrypt") }

// DB is a database of a test's own.
type DB struct {
	// Owner may do everything in the database, Reader has SELECT on it and
	// nothing else.
	Owner, Reader Connection

	tb     testing.TB
	server *Server
	admin  *sql.DB
	pool   *sql.DB
}

// Database makes a database, in the collation Polish_CI_AS, and runs a script of
// T-SQL in it, cut at the lines GO. It is on the server that ServerVariable
// names, or on one of our own, and gone at the end of the test.
func Database(tb testing.TB, script string) *DB {
	tb.Helper()
	return DatabaseWith(tb, Options{}, script)
}

// DatabaseWith is Database with options for a server of our own; a real one is
// as it is.
func DatabaseWith(tb testing.TB, o Options, script string) *DB {
	tb.Helper()
	d := &DB{tb: tb}
	at := os.Getenv(ServerVariable)
	if at == "" {
		o.Databases = []string{}
		d.server = Start(tb, o)
		at = d.server.URL("sa", Password, "master")
	}
	to, err := connectionOf(at)
	if err != nil {
		tb.Fatalf("tdstest: %s: %v", ServerVariable, err)
	}
	d.admin = d.open(to)
	name := "loyalsync_" + strings.ToLower(rand.Text()[:10])
	d.Owner, d.Reader = to.of(name, "owner"), to.of(name, "reader")
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	d.create(ctx, name)
	d.pool = d.open(d.Owner)
	for _, batch := range splitGO(script) {
		if err := d.Exec(ctx, batch); err != nil {
			tb.Fatalf("tdstest: the script: %v\n%s", err, batch)
		}
	}
	return d
}

func connectionOf(at string) (Connection, error) {
	u, err := url.Parse(at)
	if err != nil {
		return Connection{}, fmt.Errorf("not a sqlserver:// URL") //nolint:perfsprint // the URL's own error has the password
	}
	c := Connection{Host: u.Hostname(), query: u.Query(), User: u.User.Username()}
	c.Password, _ = u.User.Password()
	c.Database = c.query.Get("database")
	c.query.Del("database")
	if c.query.Get("dial timeout") == "" {
		c.query.Set("dial timeout", "60") // seconds: a real server may be slow to wake
	}
	if path := strings.Trim(u.Path, "/"); path != "" {
		c.Host += "\\" + path
	}
	if u.Port() != "" {
		if c.Port, err = strconv.Atoi(u.Port()); err != nil {
			return c, err
		}
	}
	return c, nil
}

// of is the connection of a login of this test, with a password that the policy
// of a real server takes.
func (c Connection) of(database, role string) Connection {
	c.Database, c.User, c.Password = database, database+"_"+role, "Pw1-"+rand.Text()
	return c
}

func (d *DB) open(c Connection) *sql.DB {
	d.tb.Helper()
	connector, err := mssql.NewConnector(c.URL())
	if err != nil {
		d.tb.Fatalf("tdstest: the settings of the connection are not understood")
	}
	db := sql.OpenDB(connector)
	d.tb.Cleanup(func() { _ = db.Close() })
	return db
}

// create makes the database and its two logins.
func (d *DB) create(ctx context.Context, name string) {
	d.tb.Helper()
	run := func(text string) {
		d.tb.Helper()
		if _, err := d.admin.ExecContext(ctx, text); err != nil {
			d.tb.Fatalf("tdstest: %v", err)
		}
	}
	run("CREATE DATABASE [" + name + "] COLLATE Polish_CI_AS")
	d.tb.Cleanup(func() { d.remove(name) }) //nolint:contextcheck // the test's context is over by then
	for role, c := range map[string]Connection{"db_owner": d.Owner, "db_datareader": d.Reader} {
		run("CREATE LOGIN [" + c.User + "] WITH PASSWORD = N'" + c.Password + "', CHECK_POLICY = OFF")
		run("USE [" + name + "]; CREATE USER [" + c.User + "] FOR LOGIN [" + c.User + "]; ALTER ROLE [" + role + "] ADD MEMBER [" + c.User + "]; USE master")
	}
}

func (d *DB) remove(name string) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	_ = d.pool.Close()
	for _, text := range []string{
		"ALTER DATABASE [" + name + "] SET SINGLE_USER WITH ROLLBACK IMMEDIATE",
		"DROP DATABASE [" + name + "]", "DROP LOGIN [" + d.Owner.User + "]", "DROP LOGIN [" + d.Reader.User + "]",
	} {
		if _, err := d.admin.ExecContext(ctx, text); err != nil {
			d.tb.Errorf("tdstest: cleaning up: %v", err)
		}
	}
}

// Exec runs statements as the owner, past the connector that is tested.
func (d *DB) Exec(ctx context.Context, text string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	_, err := d.pool.ExecContext(ctx, text, args...)
	return err
}

// Pool is a pool of the owner's connections, for fixtures that need more than
// Exec.
func (d *DB) Pool() *sql.DB { return d.pool }

// Admin is a pool of connections that may change the server.
func (d *DB) Admin() *sql.DB { return d.admin }

// Real tells whether this is a real SQL Server.
func (d *DB) Real() bool { return d.server == nil }

// Server is the server of our own, for its faults and its record; nil on a real
// one.
func (d *DB) Server() *Server { return d.server }

// WhoAmI is what the server says of itself.
func (d *DB) WhoAmI(ctx context.Context) string {
	var version string
	if err := d.pool.QueryRowContext(ctx, "SELECT @@VERSION").Scan(&version); err != nil {
		d.tb.Fatalf("tdstest: %v", err)
	}
	first, _, _ := strings.Cut(version, "\n")
	if d.server != nil {
		first = "tdstest (SQLite) as " + first
	}
	return strings.TrimSpace(first)
}
