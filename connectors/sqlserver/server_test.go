package sqlserver

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

// These tests run on the server of package tdstest, and unchanged on the real one
// that LOYALSYNC_TEST_SQLSERVER names; those that need faults run on ours alone.

const script = `
CREATE SCHEMA CDN
GO
CREATE TABLE CDN.Towar (Id int NOT NULL CONSTRAINT PK_Towar PRIMARY KEY, Kod varchar(20) NOT NULL, Nazwa varchar(50) NULL, Cena decimal(17,4) NOT NULL, Zmiana datetime NOT NULL)
GO
CREATE TABLE CDN.Inna (Id int NOT NULL CONSTRAINT PK_Inna PRIMARY KEY)
GO
INSERT INTO CDN.Towar (Id, Kod, Nazwa, Cena, Zmiana) VALUES
  (1, 'K1', 'Zażółć gęślą jaźń', 1234567890123.4567, '2026-07-01T12:30:00.003'),
  (2, 'K2', NULL, -0.0100, '2026-07-01T12:30:00.007')
`

// settings are those of a connection to a test's database.
func settings(t *testing.T, c tdstest.Connection) Config {
	t.Helper()
	u, err := url.Parse(c.URL())
	if err != nil {
		t.Fatal("the URL of the test server cannot be read")
	}
	words := map[string]string{"true": EncryptFull, "false": EncryptLogin, "disable": EncryptDisable, "strict": EncryptStrict, "": EncryptLogin}
	out := Config{Server: c.Host, Port: c.Port, Database: c.Database, User: c.User, Password: c.Password, Encrypt: words[u.Query().Get("encrypt")]}
	out.TrustServerCertificate = strings.EqualFold(u.Query().Get("TrustServerCertificate"), "true") && out.Encrypt != EncryptDisable
	return out
}

func open(t *testing.T, c Config) *DB {
	t.Helper()
	db, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// reader opens a fresh database for a login that may only read.
func reader(t *testing.T) (*tdstest.DB, *DB) {
	t.Helper()
	made := tdstest.Database(t, script)
	return made, open(t, settings(t, made.Reader))
}

// count is a read of one number.
func count(ctx context.Context, db *DB, query string, args ...any) (int, error) {
	var n int
	err := db.Read(ctx, "count", func(ctx context.Context, tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, query, args...).Scan(&n)
	})
	return n, err
}

const countAll = `SELECT COUNT(*) FROM CDN.Towar`

func TestRead(t *testing.T) {
	made, db := reader(t)
	if made.Server() != nil {
		made.Server().Forget()
	}
	var code, name, price string
	var changed time.Time
	err := db.Read(t.Context(), "read", func(ctx context.Context, tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT Kod, Nazwa, Cena, Zmiana FROM CDN.Towar WHERE Kod = @p1 AND Zmiana < @p2`,
			Code("K1"), Stamp(time.Date(2026, 7, 1, 12, 30, 0, 7e6, time.FixedZone("", 7*3600)))).Scan(&code, &name, &price, &changed)
	})
	if err != nil {
		t.Fatal(err)
	}
	if name != "Zażółć gęślą jaźń" || price != "1234567890123.4567" || changed.Format(time.StampMilli) != "Jul  1 12:30:00.003" {
		t.Errorf("got %q, %s, %v", name, price, changed)
	}
	if made.Real() {
		return
	}
	for _, st := range made.Server().Statements() {
		if len(st.Kinds) != 1 || !slices.Contains([]string{"BEGIN", "SELECT", "ROLLBACK"}, st.Kinds[0]) {
			t.Errorf("%v is no single SELECT: %s", st.Kinds, st.SQL)
		}
		for i, want := range []string{"varchar(", "datetime"} {
			if len(st.Params) == 2 && !strings.HasPrefix(st.Params[i].Type, want) {
				t.Errorf("parameter %d is %s", i, st.Params[i].Type)
			}
		}
	}
}

// TestSigningIn: what the server is told about us.
func TestSigningIn(t *testing.T) {
	srv := tdstest.Start(t, tdstest.Options{})
	open(t, Config{Host: "localhost", Port: srv.Port(), Database: "ERP", User: "reader", Password: tdstest.Password, Encrypt: EncryptDisable})
	if len(srv.Logins()) != 1 {
		t.Fatalf("logins: %+v", srv.Logins())
	}
	if l := srv.Logins()[0]; l.App != "loyalsync" || !l.ReadOnlyIntent || l.Database != "ERP" {
		t.Errorf("signs in as %+v", l)
	}
}

// TestLaw4: nothing stays written, whatever a statement does and may do.
func TestLaw4(t *testing.T) {
	made, db := reader(t)
	write := func(db *DB) error {
		return db.Read(t.Context(), "write", func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `DELETE FROM CDN.Towar WHERE Id = 1`)
			return err
		})
	}
	if err := write(db); !errors.Is(err, connectors.ErrAuth) || Number(err) != 229 {
		t.Errorf("a login that may only read writes: %v", err)
	}
	owner := open(t, settings(t, made.Owner))
	if err := write(owner); err != nil {
		t.Fatal(err)
	}
	if n, err := count(t.Context(), db, countAll); err != nil || n != 2 {
		t.Errorf("%d rows are left, %v", n, err)
	}
}

// TestIsolation: auto takes SNAPSHOT where the database allows it, and sees then
// one state for the whole of a read.
func TestIsolation(t *testing.T) {
	made := tdstest.Database(t, script)
	moved := func(isolation string) (before, after int, err error) {
		c := settings(t, made.Reader)
		c.Isolation = isolation
		db := open(t, c)
		err = db.Read(t.Context(), "read twice", func(ctx context.Context, tx *sql.Tx) error {
			if err := tx.QueryRowContext(ctx, countAll).Scan(&before); err != nil {
				return err
			}
			if err := made.Exec(ctx, `INSERT INTO CDN.Towar (Id, Kod, Cena, Zmiana) SELECT MAX(Id) + 1, 'N', 1, '2026-07-02' FROM CDN.Towar`); err != nil {
				return err
			}
			return tx.QueryRowContext(ctx, countAll).Scan(&after)
		})
		return before, after, err
	}
	if before, after, err := moved(IsolationAuto); err != nil || after != before+1 {
		t.Errorf("read committed: %d, then %d, %v", before, after, err)
	}
	if _, _, err := moved(IsolationSnapshot); !errors.Is(err, connectors.ErrTransient) {
		t.Errorf("snapshot where it is not allowed: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := made.Admin().ExecContext(ctx, `ALTER DATABASE `+Quote(made.Owner.Database)+` SET ALLOW_SNAPSHOT_ISOLATION ON`); err != nil {
		t.Fatal(err)
	}
	for _, isolation := range []string{IsolationAuto, IsolationSnapshot} {
		if before, after, err := moved(isolation); err != nil || after != before {
			t.Errorf("%s: %d, then %d, %v", isolation, before, after, err)
		}
	}
	if before, after, err := moved(IsolationReadCommitted); err != nil || after != before+1 {
		t.Errorf("read committed on request: %d, then %d, %v", before, after, err)
	}
}

// TestWhatTheServerRefuses, by the server's own words.
func TestWhatTheServerRefuses(t *testing.T) {
	made, db := reader(t)
	for query, want := range map[string]error{
		`SELECT COUNT(*) FROM CDN.Brak`:                  connectors.ErrSchema,
		`SELECT Brak FROM CDN.Towar`:                     connectors.ErrSchema,
		`SELECT CAST(Kod AS int) FROM CDN.Towar`:         connectors.ErrSchema,
		`SELECT 1 / (Id - Id) FROM CDN.Towar`:            connectors.ErrSchema,
		`SELECT Kod FROM CDN.Towar WHERE Id = 1`:         connectors.ErrSchema, // a text into a number of ours
		`SELECT Id FROM CDN.Towar WHERE Kod = 'nothing'`: connectors.ErrSchema, // no row
	} {
		_, err := count(t.Context(), db, query)
		var told *connectors.Error
		if !errors.Is(err, want) || !errors.As(err, &told) || told.Hint == "" {
			t.Errorf("%s: %v", query, err)
		}
		if err != nil && strings.Contains(err.Error(), "K1") {
			t.Errorf("%s tells a value: %v", query, err)
		}
	}
	for name, tt := range map[string]struct {
		change func(*Config)
		want   error
	}{
		"password": {func(c *Config) { c.Password = secret }, connectors.ErrAuth},
		"user":     {func(c *Config) { c.User = "nobody" }, connectors.ErrAuth},
		"database": {func(c *Config) { c.Database = "no_such_database" }, connectors.ErrSettings},
	} {
		c := settings(t, made.Reader)
		tt.change(&c)
		_, err := Open(t.Context(), c)
		if !errors.Is(err, tt.want) || strings.Contains(err.Error(), c.Password) {
			t.Errorf("wrong %s: %v", name, err)
		}
	}
}

func TestFactsOfAServer(t *testing.T) {
	made, db := reader(t)
	f, err := db.Facts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if f.Version == "" || f.Edition == "" || f.Database != made.Reader.Database || f.Collation != "Polish_CI_AS" || f.CodePage != 1250 || f.TooOld() || f.Snapshot {
		t.Errorf("got %+v", f)
	}
	if off := time.Since(f.Now).Abs(); off > 24*time.Hour {
		t.Errorf("the clock is off by %s", off)
	}
	if f.Sysadmin || f.Owner || f.Writer {
		t.Errorf("a reader is %+v", f)
	}
	owner := open(t, settings(t, made.Owner))
	if f, err = owner.Facts(t.Context()); err != nil || !f.Owner {
		t.Errorf("an owner is %+v, %v", f, err)
	}
}

func TestWritable(t *testing.T) {
	made, db := reader(t)
	tables := []string{"CDN.Inna", "CDN.Brak", "CDN.Towar", "CDN.x]y"}
	owner := open(t, settings(t, made.Owner))
	for name, tt := range map[string]struct {
		db   *DB
		want []string
	}{"reader": {db, nil}, "owner": {owner, []string{"CDN.Inna", "CDN.Towar"}}} {
		got, err := tt.db.Writable(t.Context(), tables)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s may write %v, %v", name, got, err)
		}
		var all []string
		err = tt.db.Read(t.Context(), "list", func(ctx context.Context, tx *sql.Tx) (err error) {
			all, err = ReadWritable(ctx, tx, 50)
			return err
		})
		if err != nil || !reflect.DeepEqual(all, tt.want) {
			t.Errorf("%s may write %v of all, %v", name, all, err)
		}
	}
	if got, err := owner.Writable(t.Context(), slices.Repeat([]string{"CDN.Towar"}, 2*tablesAtOnce+1)); err != nil || len(got) != 2*tablesAtOnce+1 {
		t.Errorf("of many tables %d are writable, %v", len(got), err)
	}
}

// TestLoginOfTheScript: the login that LoginSQL makes reads what it names.
func TestLoginOfTheScript(t *testing.T) {
	made := tdstest.Database(t, script)
	c := settings(t, made.Reader)
	c.User, c.Password = c.Database+"_script", "Pw1-"+rand.Text()
	text, err := LoginSQL(Login{Name: c.User, Database: c.Database, Tables: []string{"CDN.Towar", "CDN.Nowsza"}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	admin, err := made.Admin().Conn(ctx) // USE is of a connection
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close() //nolint:errcheck // gives it back
	defer func() {
		_, _ = admin.ExecContext(context.WithoutCancel(ctx), `USE master; DROP LOGIN `+Quote(c.User))
	}()
	for range 2 { // it may be run again
		for batch := range strings.SplitSeq(strings.ReplaceAll(text, "choose-a-password", c.Password), "\nGO\n") {
			if strings.TrimSpace(batch) == "" {
				continue
			}
			if _, err := admin.ExecContext(ctx, batch); err != nil {
				t.Fatalf("%v\n%s", err, batch)
			}
		}
	}
	db := open(t, c)
	if n, err := count(ctx, db, countAll); err != nil || n != 2 {
		t.Errorf("reads %d rows, %v", n, err)
	}
	if _, err := count(ctx, db, `SELECT COUNT(*) FROM CDN.Inna`); !errors.Is(err, connectors.ErrAuth) {
		t.Errorf("reads another table: %v", err)
	}
	if w, err := db.Writable(ctx, []string{"CDN.Towar", "CDN.Inna"}); err != nil || len(w) != 0 {
		t.Errorf("may write %v, %v", w, err)
	}
	if err := db.Close(); err != nil { // a login is dropped when nobody is signed in by it
		t.Error(err)
	}
}

func TestProbeOfAServer(t *testing.T) {
	made := tdstest.Database(t, script)
	right := settings(t, made.Reader)
	tls := "ok"
	if right.Encrypt == EncryptDisable {
		tls = "warning"
	}
	for name, tt := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"right":    {func(*Config) {}, "login:ok database:ok version:ok"},
		"password": {func(c *Config) { c.Password = secret }, "login:fault database:skipped version:skipped"},
		"database": {func(c *Config) { c.Database = "no_such_database" }, "login:ok database:fault version:skipped"},
	} {
		c := right
		tt.change(&c)
		found := Probe(t.Context(), c)
		if got := strings.Replace(shape(found), "instance:ok ", "", 1); got != "resolve:ok port:ok tls:"+tls+" "+tt.want {
			t.Errorf("%s: %s", name, got)
		}
		for _, f := range found {
			if f.Condition == connectors.Broken && (!strings.HasPrefix(f.Code, "error-") || f.Hint == "") {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}
