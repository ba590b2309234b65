package tdstest_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	mssql "github.com/microsoft/go-mssqldb"

	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

// These run on either kind of server.

func TestDatabaseOnEitherServer(t *testing.T) {
	ctx := t.Context()
	db := tdstest.Database(t, shop)
	t.Log(db.WhoAmI(ctx))
	reader := open(t, db.Reader.URL())
	if n := one[int](t, reader, "SELECT COUNT(*) FROM CDN.Doc"); n != 4 {
		t.Errorf("%d documents", n)
	}
	for _, text := range []string{"INSERT INTO CDN.Doc (Kod) VALUES ('x')", "UPDATE CDN.Doc SET Typ = 1", "DELETE FROM CDN.Line"} {
		if _, err := reader.ExecContext(ctx, text); number(err) != 229 {
			t.Errorf("%s: %v, want error 229", text, err)
		}
	}
	if s := one[string](t, reader, "SELECT CAST(DATABASEPROPERTYEX(DB_NAME(), 'Collation') AS nvarchar(128))"); s != "Polish_CI_AS" {
		t.Errorf("the collation is %s", s)
	}
	if err := db.Exec(ctx, "INSERT INTO CDN.Doc (Kod, Netto) VALUES (@p1, @p2), (N'ż', 2)", mssql.VarChar("x"), "1.5"); err != nil {
		t.Error(err)
	}
	if s := one[string](t, reader, "SELECT SUM(Netto) FROM CDN.Doc WHERE Kod IN ('X', N'Ż')"); s != "3.50" {
		t.Errorf("the sum is %s", s)
	}
}

// A login that has SELECT on named tables sees those alone.
func TestGrantedTables(t *testing.T) {
	ctx := t.Context()
	db := tdstest.Database(t, shop)
	for _, text := range []string{
		"ALTER ROLE db_datareader DROP MEMBER [" + db.Reader.User + "]",
		"GRANT SELECT ON OBJECT::CDN.Doc TO [" + db.Reader.User + "]",
	} {
		if err := db.Exec(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	reader := open(t, db.Reader.URL())
	if n := one[int](t, reader, "SELECT COUNT(*) FROM CDN.Doc"); n != 4 {
		t.Errorf("%d documents", n)
	}
	if _, err := reader.ExecContext(ctx, "SELECT * FROM CDN.Line"); number(err) != 229 {
		t.Errorf("a table that was not granted: %v", err)
	}
	if n := one[int](t, reader, "SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'CDN'"); n != 1 {
		t.Errorf("the catalogue shows %d tables", n)
	}
	if err := db.Exec(ctx, "DENY SELECT ON CDN.Doc TO ["+db.Reader.User+"]; ALTER ROLE db_datareader ADD MEMBER ["+db.Reader.User+"]"); err != nil {
		t.Fatal(err)
	}
	if n := one[int](t, reader, "SELECT COUNT(*) FROM CDN.Line"); n != 4 {
		t.Errorf("%d lines by the role", n)
	}
	if _, err := reader.ExecContext(ctx, "SELECT * FROM CDN.Doc"); number(err) != 229 {
		t.Errorf("a table that was denied: %v", err)
	}
}

func TestTransactions(t *testing.T) {
	ctx := t.Context()
	db := tdstest.Database(t, shop)
	if err := db.Exec(ctx, "ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON"); err != nil {
		t.Fatal(err)
	}
	if db.Real() { // elsewhere a reader waits for the writer
		t.Skip("tdstest readers never wait for a writer: " + tdstest.ServerVariable + " is set")
	}
	docs := func(q interface {
		QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
	},
	) (n int) {
		t.Helper()
		if err := q.QueryRowContext(ctx, "SELECT COUNT(*) FROM CDN.Doc").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	begin := func(level sql.IsolationLevel) *sql.Tx {
		t.Helper()
		tx, err := db.Pool().BeginTx(ctx, &sql.TxOptions{Isolation: level})
		if err != nil {
			t.Fatal(err)
		}
		return tx
	}
	reading, snapshot, writing := begin(sql.LevelReadCommitted), begin(sql.LevelSnapshot), begin(sql.LevelReadCommitted)
	if docs(reading) != 4 || docs(snapshot) != 4 {
		t.Error("before anything was written")
	}
	if _, err := writing.ExecContext(ctx, "INSERT INTO CDN.Doc (Kod) VALUES ('new')"); err != nil {
		t.Fatal(err)
	}
	if docs(writing) != 5 || docs(reading) != 4 || docs(snapshot) != 4 || docs(db.Pool()) != 4 {
		t.Error("what is not committed is seen by its own transaction alone")
	}
	if err := writing.Commit(); err != nil {
		t.Fatal(err)
	}
	if docs(reading) != 5 || docs(snapshot) != 4 || docs(db.Pool()) != 5 {
		t.Error("READ COMMITTED sees what was committed, SNAPSHOT does not")
	}
	if _, err := snapshot.ExecContext(ctx, "UPDATE CDN.Doc SET Typ = 1"); number(err) != 3960 {
		t.Errorf("writing on an old snapshot: %v, want error 3960", err)
	}
	_ = snapshot.Rollback()
	if err := reading.Rollback(); err != nil {
		t.Error(err)
	}
	rolled := begin(sql.LevelDefault)
	if _, err := rolled.ExecContext(ctx, "DELETE FROM CDN.Line"); err != nil {
		t.Fatal(err)
	}
	if err := rolled.Rollback(); err != nil {
		t.Fatal(err)
	}
	if n := one[int](t, db.Pool(), "BEGIN TRAN; DELETE FROM CDN.Doc; ROLLBACK; SELECT COUNT(*) + @@TRANCOUNT FROM CDN.Line"); n != 4 {
		t.Errorf("%d lines after two transactions that were rolled back", n)
	}
}

// Writers wait for each other as long as LOCK_TIMEOUT says.
func TestLockTimeout(t *testing.T) {
	ctx := t.Context()
	db := tdstest.Database(t, shop)
	tx, err := db.Pool().BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, "UPDATE CDN.Doc SET Typ = 1"); err != nil {
		t.Fatal(err)
	}
	if err := db.Exec(ctx, "SET LOCK_TIMEOUT 1; UPDATE CDN.Doc SET Typ = 2"); number(err) != 1222 {
		t.Errorf("%v, want error 1222", err)
	}
}

func TestIdentity(t *testing.T) {
	ctx := t.Context()
	db := tdstest.Database(t, shop)
	if err := db.Exec(ctx, "INSERT INTO CDN.Doc (Id, Kod) VALUES (50, 'x')"); number(err) != 544 {
		t.Errorf("a key without IDENTITY_INSERT: %v", err)
	}
	if n := one[int](t, db.Pool(), "INSERT INTO CDN.Doc (Kod) OUTPUT inserted.Id VALUES ('x')"); n != 14 {
		t.Errorf("the key after 13 is %d", n)
	}
	if n := one[int](t, db.Pool(), "SET IDENTITY_INSERT CDN.Doc ON; INSERT INTO CDN.Doc (Id, Kod) VALUES (50, 'y'); SET IDENTITY_INSERT CDN.Doc OFF; INSERT INTO CDN.Doc (Kod) VALUES ('z'); SELECT CAST(SCOPE_IDENTITY() AS int)"); n != 51 {
		t.Errorf("the key after 50 is %d", n)
	}
}

// The tables change under a reader, as in an ERP's own conversion.
func TestSchemaChanges(t *testing.T) {
	ctx := t.Context()
	db := tdstest.Database(t, shop)
	for _, step := range []struct {
		do, ask string
		want    int32
	}{
		{"ALTER TABLE CDN.Doc ADD Nowa decimal(10,2) NOT NULL DEFAULT (1.5)", "SELECT Nowa FROM CDN.Doc", 0},
		{"ALTER TABLE CDN.Line DROP COLUMN Cena", "SELECT Cena FROM CDN.Line", 207},
		{"ALTER TABLE CDN.Doc ALTER COLUMN Nazwa nvarchar(80) NOT NULL", "SELECT Nazwa FROM CDN.Doc", 0},
		{"CREATE VIEW CDN.Widok AS SELECT Id, Netto * 2 AS N FROM CDN.Doc", "SELECT N FROM CDN.Widok WHERE Id = 10", 0},
		{"DROP TABLE CDN.Line", "SELECT * FROM CDN.Line", 208},
		{"DROP VIEW CDN.Widok", "SELECT * FROM CDN.Widok", 208},
	} {
		if err := db.Exec(ctx, step.do); err != nil {
			t.Errorf("%s: %v", step.do, err)
		}
		if err := db.Exec(ctx, step.ask); number(err) != step.want {
			t.Errorf("%s: %v, want error %d", step.ask, err, step.want)
		}
	}
}

// A single-user database takes nobody else in: the ERP converts itself.
func TestSingleUser(t *testing.T) {
	ctx := t.Context()
	db := tdstest.Database(t, shop)
	if db.Real() {
		t.Skip("on a real server whoever asks first is the single user: " + tdstest.ServerVariable + " is set")
	}
	reader := open(t, db.Reader.URL())
	if n := one[int](t, reader, "SELECT 1"); n != 1 {
		t.Fatal(n)
	}
	if _, err := db.Admin().ExecContext(ctx, "ALTER DATABASE ["+db.Owner.Database+"] SET SINGLE_USER WITH ROLLBACK IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	var of mssql.Error
	if err := open(t, db.Reader.URL()).PingContext(ctx); !errors.As(err, &of) {
		t.Errorf("another login enters a single-user database: %v", err)
	}
	if _, err := db.Admin().ExecContext(ctx, "ALTER DATABASE ["+db.Owner.Database+"] SET MULTI_USER"); err != nil {
		t.Fatal(err)
	}
}

func TestUnknownIsLoud(t *testing.T) {
	_, db := owner(t)
	for _, text := range []string{
		"SELECT TOP 10 PERCENT 1 AS a", "CREATE TABLE dbo.C (A int, B AS A + 1)", "SELECT CHECKSUM(1)", "SELECT 1 AS a INTO #t",
		"SELECT CAST(12345678901234567890 AS decimal(20,0))", "SELECT 1 FOR XML PATH", "CREATE FUNCTION dbo.f() RETURNS int AS BEGIN RETURN 1 END", "SELECT x.a FROM sys.tables t CROSS APPLY (SELECT 1 AS a UNION ALL SELECT 2) x",
	} {
		if _, err := db.ExecContext(t.Context(), text); err == nil || !strings.Contains(err.Error(), "tdstest cannot") {
			t.Errorf("%s: %v, want an error that says it is this server's", text, err)
		}
	}
}
