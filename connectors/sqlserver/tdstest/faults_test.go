package tdstest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

// number is the number of SQL Server's error, 0 for none.
func number(err error) int32 {
	var of mssql.Error
	if errors.As(err, &of) {
		return of.Number
	}
	return 0
}

func numbers(err error) []int32 {
	var of mssql.Error
	var out []int32
	if errors.As(err, &of) {
		for _, e := range of.All {
			out = append(out, e.Number)
		}
	}
	return out
}

func TestLogins(t *testing.T) {
	srv := tdstest.Start(t, tdstest.Options{
		Databases: []string{"ERP", "Other"},
		Logins:    []tdstest.Login{{User: "a", Password: "ąę'\"", Rights: tdstest.ReadOnly}, {User: "out", Password: "x", Rights: tdstest.NoEntry}},
	})
	tests := []struct {
		user, password, database string
		want                     []int32
	}{
		{"a", "ąę'\"", "ERP", nil},
		{"A", "ąę'\"", "erp", nil},
		{"a", "wrong", "ERP", []int32{18456}},
		{"nobody", "x", "ERP", []int32{18456}},
		{"a", "ąę'\"", "Missing", []int32{4060, 18456}},
		{"out", "x", "ERP", []int32{4060, 18456}},
		{"out", "x", "master", nil},
	}
	for _, tt := range tests {
		err := open(t, srv.URL(tt.user, tt.password, tt.database)).PingContext(t.Context())
		if got := numbers(err); fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s in %s: errors %v (%v), want %v", tt.user, tt.database, got, err, tt.want)
		}
	}
	if l := srv.Logins(); len(l) < len(tests) || l[0].User != "a" || l[0].App != "tdstest" || l[0].Encrypted {
		t.Errorf("recorded logins: %+v", l)
	}
}

func TestErrorsByNumber(t *testing.T) {
	srv, db := owner(t)
	exec(t, db, "CREATE TABLE dbo.T (Id int NOT NULL PRIMARY KEY, S varchar(3) NULL, Q decimal(4,2) NULL); INSERT INTO dbo.T VALUES (1, 'a', 1)")
	reader := open(t, srv.URL("reader", tdstest.Password, "ERP"))
	tests := []struct {
		db   *sql.DB
		text string
		want int32
	}{
		{db, "SELECT * FROM dbo.Missing", 208},
		{db, "SELECT Missing FROM dbo.T", 207},
		{db, "SELECT x.Id FROM dbo.T", 4104},
		{db, "SELEC 1", 102},
		{db, "SELECT 'x", 105},
		{db, "SELECT 1/0", 8134},
		{db, "SELECT CAST('x' AS int)", 245},
		{db, "SELECT CAST('x' AS datetime)", 241},
		{db, "SELECT Id FROM dbo.T GROUP BY S", 8120},
		{db, "SELECT Id FROM dbo.T a, dbo.T b", 209},
		{db, "SELECT Id FROM dbo.T WHERE Id", 4145},
		{db, "SELECT @missing", 137},
		{db, "SELECT Id FROM dbo.T UNION SELECT 1, 2", 205},
		{db, "INSERT INTO dbo.T VALUES (1, 'b', 2)", 2627},
		{db, "INSERT INTO dbo.T VALUES (NULL, 'b', 2)", 515},
		{db, "INSERT INTO dbo.T VALUES (2, 'long', 2)", 2628},
		{db, "INSERT INTO dbo.T VALUES (2, 'b', 100)", 8115},
		{db, "CREATE TABLE dbo.T (X int)", 2714},
		{db, "EXEC dbo.nothing", 2812},
		{db, "SELECT dbo.nothing(1)", 195},
		{db, "COMMIT", 3902},
		{reader, "INSERT INTO dbo.T VALUES (2, 'b', 2)", 229},
		{reader, "UPDATE dbo.T SET S = 'b'", 229},
		{reader, "DELETE FROM dbo.T", 229},
		{reader, "CREATE TABLE dbo.N (X int)", 262},
		{reader, "CREATE DATABASE n", 262},
		{db, "SELECT Id FROM dbo.T WHERE Id IN (SELECT * FROM sys.tables)", 116},
		{db, "SET TRANSACTION ISOLATION LEVEL SNAPSHOT; SELECT Id FROM dbo.T", 3952},
	}
	for _, tt := range tests {
		_, err := tt.db.ExecContext(t.Context(), tt.text)
		if number(err) != tt.want {
			t.Errorf("%s: error %d (%v), want %d", tt.text, number(err), err, tt.want)
		}
	}
	if n := one[int](t, reader, "SELECT COUNT(*) FROM dbo.T"); n != 1 {
		t.Errorf("%d rows after refused changes", n)
	}
}

func TestInjectedErrors(t *testing.T) {
	srv, db := owner(t)
	for _, n := range []int32{1205, 1222, 208, 207, 229, 3960, 701, 8645, 233} {
		srv.Inject(tdstest.Fault{At: tdstest.AtStatement, Do: tdstest.Answer, Match: "(?i)select 7", Number: n, Times: 1})
		if _, err := db.ExecContext(t.Context(), "SELECT 7"); number(err) != n || err.Error() == "" {
			t.Errorf("error %d (%v), want %d", number(err), err, n)
		}
		if got := one[int](t, db, "SELECT 7"); got != 7 {
			t.Errorf("%d after the fault", got)
		}
	}
	srv.Inject(tdstest.Fault{At: tdstest.AtLogin, Do: tdstest.Answer, Number: 17187})
	fresh := open(t, srv.URL("owner", tdstest.Password, "ERP"))
	if err := fresh.PingContext(t.Context()); number(err) != 17187 {
		t.Errorf("a login while starting: %v", err)
	}
	if err := srv.Heal(); err != nil {
		t.Fatal(err)
	}
	if err := fresh.PingContext(t.Context()); err != nil {
		t.Error(err)
	}
}

// A stall has no end but the client's: here a dialer that lets the test close
// the connection.
func TestStalls(t *testing.T) {
	for _, at := range []tdstest.Point{tdstest.AtPrelogin, tdstest.AtLogin, tdstest.AtStatement, tdstest.InRows} {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			srv := tdstest.Start(t, tdstest.Options{})
			db := open(t, srv.URL("owner", tdstest.Password, "ERP"))
			srv.Inject(tdstest.Fault{At: at, Do: tdstest.Stall, AfterRows: 2})
			type got struct {
				rows int
				err  error
			}
			done := make(chan got, 1)
			go func() {
				n, err := count(context.WithoutCancel(t.Context()), db, "SELECT x FROM (VALUES (1),(2),(3),(4)) v(x)")
				done <- got{n, err}
			}()
			waitFor(t, func() bool { return srv.Stalled() > 0 })
			srv.Drop()
			if g := <-done; g.err == nil || at != tdstest.InRows && g.rows != 0 || at == tdstest.InRows && g.rows != 2 {
				t.Errorf("%d rows and %v of a stalled answer", g.rows, g.err)
			}
			if err := srv.Heal(); err != nil {
				t.Fatal(err)
			}
			if n := one[int](t, db, "SELECT 5"); n != 5 {
				t.Errorf("%d after the stall", n)
			}
		})
	}
}

// waitFor waits for what another goroutine is about to do.
func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatal("it never came to that")
		default:
			time.Sleep(time.Millisecond)
		}
	}
}

// count reads an answer to its end.
func count(ctx context.Context, db *sql.DB, text string) (n int, err error) {
	rows, err := db.QueryContext(ctx, text)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}

func TestCutInTheMiddle(t *testing.T) {
	srv, db := owner(t)
	text := "WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i, 'text' FROM n"
	srv.Inject(tdstest.Fault{At: tdstest.InRows, Do: tdstest.Cut, AfterRows: 4000, Times: 1})
	if n, err := count(t.Context(), db, text); err == nil || n >= 5000 {
		t.Errorf("%d rows and %v of an answer that was cut", n, err)
	}
	// go-mssqldb v1.11.2 may use such a connection once more before it lets go
	// of it: whoever reads has to close it himself.
	if n, err := count(t.Context(), db, text); err != nil {
		t.Logf("the driver's next read: %d rows, %v", n, err)
	}
	if n, err := count(t.Context(), db, text); err != nil || n != 5000 {
		t.Errorf("%d rows and %v afterwards", n, err)
	}
}

func TestDrip(t *testing.T) {
	srv, db := owner(t)
	srv.Inject(tdstest.Fault{At: tdstest.AtStatement, Do: tdstest.Drip, Every: time.Microsecond, Times: 1})
	if got := one[string](t, db, "SELECT 'kropla'"); got != "kropla" {
		t.Errorf("%q came drop by drop", got)
	}
}

func TestAttention(t *testing.T) {
	srv, db := owner(t)
	db.SetMaxOpenConns(1)
	for _, text := range []string{
		"WAITFOR DELAY '01:00:00'",
		"WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
		"WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n",
	} {
		spid := one[int](t, db, "SELECT @@SPID")
		ctx, cancel := context.WithCancel(t.Context())
		before := len(srv.Statements())
		done := make(chan error, 1)
		go func() {
			_, err := count(ctx, db, text)
			done <- err
		}()
		waitFor(t, func() bool { return srv.Running() > 0 || len(srv.Statements()) > before })
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", text, err)
		}
		if again := one[int](t, db, "SELECT @@SPID"); again != spid {
			t.Errorf("%s: the connection did not outlive the attention", text)
		}
	}
}

func TestRefuse(t *testing.T) {
	srv, db := owner(t)
	exec(t, db, "SELECT 1")
	srv.Refuse()
	fresh := open(t, srv.URL("owner", tdstest.Password, "ERP"))
	var dial *net.OpError
	if err := fresh.PingContext(t.Context()); err == nil || !errors.As(err, &dial) && !strings.Contains(err.Error(), "refused") {
		t.Errorf("connecting to a closed port: %v", err)
	}
	if err := srv.Heal(); err != nil {
		t.Fatal(err)
	}
	if err := fresh.PingContext(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTooManyParameters(t *testing.T) {
	_, db := owner(t)
	for n, want := range map[int]int32{2098: 0, 2099: 8003} { // sp_executesql has two of its own
		args := make([]any, n)
		marks := make([]string, n)
		for i := range args {
			args[i], marks[i] = int32(i), fmt.Sprintf("@p%d", i+1)
		}
		var got int
		err := db.QueryRowContext(t.Context(), "SELECT 1 WHERE 5 IN ("+strings.Join(marks, ",")+")", args...).Scan(&got)
		if number(err) != want {
			t.Errorf("%d parameters: error %d (%v), want %d", n, number(err), err, want)
		}
	}
}

func TestTLS(t *testing.T) {
	tests := []struct {
		name      string
		options   tdstest.Options
		encrypt   msdsn.Encryption
		trustAll  bool
		says      string // in the error; "" connects
		encrypted bool   // the login
	}{
		{name: "none, client does not want", encrypt: msdsn.EncryptionDisabled},
		{name: "none, client wants", encrypt: msdsn.EncryptionRequired, says: "server does not support encryption"},
		{name: "offered, client off", options: tdstest.Options{TLS: tdstest.TLSOffered}, encrypt: msdsn.EncryptionOff, trustAll: true, encrypted: true},
		{name: "offered, client never", options: tdstest.Options{TLS: tdstest.TLSOffered}, encrypt: msdsn.EncryptionDisabled},
		{name: "offered, client wants", options: tdstest.Options{TLS: tdstest.TLSOffered}, encrypt: msdsn.EncryptionRequired, trustAll: true, encrypted: true},
		{name: "required, client off", options: tdstest.Options{TLS: tdstest.TLSRequired}, encrypt: msdsn.EncryptionOff, trustAll: true, encrypted: true},
		{name: "self-signed", options: tdstest.Options{TLS: tdstest.TLSRequired}, encrypt: msdsn.EncryptionRequired, says: "certificate"},
		{name: "signed", options: tdstest.Options{TLS: tdstest.TLSRequired, Certificate: tdstest.Signed}, encrypt: msdsn.EncryptionRequired, encrypted: true},
		{name: "SHA-1", options: tdstest.Options{TLS: tdstest.TLSRequired, Certificate: tdstest.SHA1}, encrypt: msdsn.EncryptionRequired, says: "SHA1"},
		{name: "negative serial", options: tdstest.Options{TLS: tdstest.TLSRequired, Certificate: tdstest.NegativeSerial}, encrypt: msdsn.EncryptionRequired, says: "negative serial"},
		{name: "wrong name", options: tdstest.Options{TLS: tdstest.TLSRequired, Certificate: tdstest.WrongName}, encrypt: msdsn.EncryptionRequired, says: "127.0.0.1"},
		{name: "expired", options: tdstest.Options{TLS: tdstest.TLSRequired, Certificate: tdstest.Expired}, encrypt: msdsn.EncryptionRequired, says: "expired"},
		{name: "not yet valid", options: tdstest.Options{TLS: tdstest.TLSRequired, Certificate: tdstest.NotYetValid}, encrypt: msdsn.EncryptionRequired, says: "not yet valid"},
		{name: "TLS 1.0", options: tdstest.Options{TLS: tdstest.TLSRequired, Certificate: tdstest.Signed, TLSOld: true}, encrypt: msdsn.EncryptionRequired, says: "protocol version"},
		{name: "strict", options: tdstest.Options{TLS: tdstest.TLSRequired, Certificate: tdstest.Signed}, encrypt: msdsn.EncryptionStrict, encrypted: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("GODEBUG", "x509negativeserial=0") // go.mod lets the program take such certificates
			srv := tdstest.Start(t, tt.options)
			cfg, err := msdsn.Parse(srv.URL("owner", tdstest.Password, "ERP"))
			if err != nil {
				t.Fatal(err)
			}
			cfg.Encryption = tt.encrypt
			pool := x509.NewCertPool()
			pool.AppendCertsFromPEM(srv.CA())
			cfg.TLSConfig = &tls.Config{RootCAs: pool, ServerName: srv.Host(), InsecureSkipVerify: tt.trustAll, MinVersion: tls.VersionTLS12}
			db := sql.OpenDB(mssql.NewConnectorConfig(cfg))
			defer func() { _ = db.Close() }()
			err = db.PingContext(t.Context())
			switch {
			case tt.says == "" && err != nil:
				t.Error(err)
			case tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)):
				t.Errorf("%v, want it to say %q", err, tt.says)
			case tt.says == "" && srv.Logins()[0].Encrypted != tt.encrypted:
				t.Errorf("recorded %+v", srv.Logins()[0])
			}
		})
	}
}
