package tdstest_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"go.uber.org/goleak"

	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open connects a pool of go-mssqldb that ends with the test.
func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	c, err := mssql.NewConnector(dsn)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func exec(t *testing.T, db *sql.DB, text string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), text, args...); err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
}

func one[T any](t *testing.T, db *sql.DB, text string, args ...any) T {
	t.Helper()
	var out T
	if err := db.QueryRowContext(t.Context(), text, args...).Scan(&out); err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return out
}

func owner(t *testing.T) (*tdstest.Server, *sql.DB) {
	t.Helper()
	s := tdstest.Start(t, tdstest.Options{})
	return s, open(t, s.URL("owner", tdstest.Password, "ERP"))
}

func TestFirst(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, db := owner(t)
	if err := db.PingContext(ctx); err != nil {
		t.Fatal(err)
	}
	exec(t, db, `IF SCHEMA_ID(N'CDN') IS NULL EXEC (N'CREATE SCHEMA CDN');`)
	exec(t, db, `CREATE TABLE CDN.T (Id int IDENTITY(1,1) NOT NULL CONSTRAINT T_P PRIMARY KEY, Kod varchar(20) NOT NULL DEFAULT (''), Nazwa nvarchar(40) NULL,
		Netto decimal(15,2) NOT NULL DEFAULT (0), Cena decimal(17,4), TS datetime NOT NULL DEFAULT (GETDATE()), Flaga tinyint NOT NULL DEFAULT (1));
		CREATE INDEX TKod ON CDN.T (Kod);`)
	exec(t, db, `INSERT INTO CDN.T (Kod, Nazwa, Netto, Cena, TS) VALUES (@p1, @p2, @p3, @p4, @p5)`, mssql.VarChar("K1"), "Żółw", "12.34", "1234567890123.4567",
		mssql.DateTime1(time.Date(2026, 11, 25, 10, 0, 0, 3e6, time.UTC)))
	exec(t, db, `INSERT INTO CDN.T (Kod) VALUES ('k2'), ('łoś')`)
	var id int
	var kod, netto string
	var nazwa sql.NullString
	var ts time.Time
	rows, err := db.QueryContext(ctx, `SELECT TOP (@p1) t.Id, t.Kod, t.Nazwa, t.Netto * 2 AS N, t.TS FROM CDN.T t WHERE t.Kod IN (@p2, 'K2', @p3) AND t.Netto >= 0 ORDER BY t.Kod DESC`, 10, mssql.VarChar("k1"), "ŁOŚ")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	n := 0
	for rows.Next() {
		if err := rows.Scan(&id, &kod, &nazwa, &netto, &ts); err != nil {
			t.Fatal(err)
		}
		t.Log(id, kod, nazwa, netto, ts)
		n++
	}
	if rows.Err() != nil || n != 3 {
		t.Error(rows.Err(), n)
	}
}
