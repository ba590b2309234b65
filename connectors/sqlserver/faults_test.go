package sqlserver

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

// ours is a server of our own, with tables, and how a reader gets in.
func ours(t *testing.T) (*tdstest.Server, Config) {
	t.Helper()
	srv := tdstest.Start(t, tdstest.Options{})
	connector, err := mssql.NewConnector(srv.URL("owner", tdstest.Password, "ERP"))
	if err != nil {
		t.Fatal(err)
	}
	owner := sql.OpenDB(connector)
	defer owner.Close() //nolint:errcheck // nothing is lost with it
	for batch := range strings.SplitSeq(script, "\nGO\n") {
		if _, err := owner.ExecContext(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	return srv, Config{Host: srv.Host(), Port: srv.Port(), Database: "ERP", User: "reader", Password: tdstest.Password, Encrypt: EncryptDisable}
}

// TestErrorsOnTheWire: numbers arrive as what they mean.
func TestErrorsOnTheWire(t *testing.T) {
	srv, c := ours(t)
	db := open(t, c)
	for number, want := range map[int32]error{
		1205: connectors.ErrTransient, 1222: connectors.ErrTransient, 3960: connectors.ErrTransient, 8645: connectors.ErrTransient,
		208: connectors.ErrSchema, 207: connectors.ErrSchema, 229: connectors.ErrAuth,
	} {
		srv.Inject(tdstest.Fault{At: tdstest.AtStatement, Do: tdstest.Answer, Match: "Towar", Number: number, Times: 1})
		if _, err := count(t.Context(), db, countAll); !errors.Is(err, want) || Number(err) != number {
			t.Errorf("%d is %v", number, err)
		}
		if n, err := count(t.Context(), db, countAll); err != nil || n != 2 {
			t.Errorf("after %d: %d, %v", number, n, err)
		}
	}
	for number, want := range map[int32]error{
		18456: connectors.ErrAuth, 18452: connectors.ErrAuth, 4060: connectors.ErrSettings, 17142: connectors.ErrTransient, 17187: connectors.ErrTransient,
	} {
		srv.Inject(tdstest.Fault{At: tdstest.AtLogin, Do: tdstest.Answer, Number: number, Times: 1})
		srv.Drop()
		if _, err := count(t.Context(), db, countAll); !errors.Is(err, want) || Number(err) != number {
			t.Errorf("%d at the login is %v", number, err)
		}
	}
}

// TestDeadlines: whatever the server does not say, a read ends, and the next one
// over the healed server works.
func TestDeadlines(t *testing.T) {
	const many = `SELECT a.Id FROM CDN.Towar a CROSS JOIN CDN.Towar b CROSS JOIN CDN.Towar c`
	for name, f := range map[string]tdstest.Fault{
		"stall at prelogin":  {At: tdstest.AtPrelogin, Do: tdstest.Stall},
		"stall at login":     {At: tdstest.AtLogin, Do: tdstest.Stall},
		"stall at statement": {At: tdstest.AtStatement, Do: tdstest.Stall, Match: "Towar"},
		"stall in rows":      {At: tdstest.InRows, Do: tdstest.Stall, AfterRows: 3},
		"drip":               {At: tdstest.InRows, Do: tdstest.Drip, AfterRows: 1, Every: 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			srv, c := ours(t)
			c.StatementTimeout, c.ConnectTimeout = 300*time.Millisecond, time.Minute
			db, err := New(c)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close() //nolint:errcheck // nothing is lost with it
			srv.Inject(f)
			read := func() (n int, err error) {
				err = db.Read(t.Context(), "read", func(ctx context.Context, tx *sql.Tx) error {
					return each(ctx, tx, many, nil, func(rows *sql.Rows) error {
						n++
						return rows.Scan(new(int))
					})
				})
				return n, err
			}
			if _, err = read(); !errors.Is(err, connectors.ErrTransient) && !errors.Is(err, connectors.ErrUnreachable) {
				t.Fatalf("got %v", err)
			}
			if err := srv.Heal(); err != nil {
				t.Fatal(err)
			}
			db.StatementTimeout = time.Minute
			if n, err := read(); err != nil || n != 8 {
				t.Errorf("the next read: %d rows, %v", n, err)
			}
		})
	}
}

// TestCut: a connection that breaks is told, and the next read makes another one.
func TestCut(t *testing.T) {
	srv, c := ours(t)
	db := open(t, c)
	for _, at := range []tdstest.Point{tdstest.AtStatement, tdstest.InRows} {
		srv.Inject(tdstest.Fault{At: at, Do: tdstest.Cut, Match: "Towar", Times: 1})
		if _, err := count(t.Context(), db, `SELECT Id FROM CDN.Towar ORDER BY Id`); at == tdstest.AtStatement && !errors.Is(err, connectors.ErrUnreachable) {
			t.Errorf("cut at %d: %v", at, err)
		}
		if n, err := count(t.Context(), db, countAll); err != nil || n != 2 {
			t.Errorf("the next read: %d, %v", n, err)
		}
	}
}

// TestRestart: the server was restarted between two reads.
func TestRestart(t *testing.T) {
	srv, c := ours(t)
	db := open(t, c)
	for range 3 {
		err := db.Read(t.Context(), "hold one connection", func(ctx context.Context, _ *sql.Tx) error { // so that the pool has two
			_, err := count(ctx, db, countAll)
			return err
		})
		if err != nil || srv.Connections() < maxConnections {
			t.Fatalf("%d connections, %v", srv.Connections(), err)
		}
		srv.Drop()
		if n, err := count(t.Context(), db, countAll); err != nil || n != 2 {
			t.Fatalf("got %d, %v", n, err)
		}
	}
	srv.Refuse()
	srv.Drop()
	if _, err := count(t.Context(), db, countAll); !errors.Is(err, connectors.ErrUnreachable) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("a stopped server: %v", err)
	}
}

// TestNamedInstance: the port comes from the Browser service, at each connection.
func TestNamedInstance(t *testing.T) {
	srv, c := ours(t)
	c.Host, c.Port, c.Server = "", 0, `127.0.0.1\OPTIMA`
	c.browserPort = browser(t, "ServerName;SERWER;InstanceName;OPTIMA;IsClustered;No;Version;15.0.2000.5;tcp;"+strconv.Itoa(srv.Port())+";;")
	if n, err := count(t.Context(), open(t, c), countAll); err != nil || n != 2 {
		t.Errorf("reads %d, %v", n, err)
	}
	found := Probe(t.Context(), c)
	if got := shape(found); got != "resolve:ok instance:ok port:ok tls:warning login:ok database:ok version:ok" {
		t.Errorf("the doctor says %+v", found)
	}
}
