package tdstest_test

import (
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

// TestInformationOfRows: the catalogue is asked about what rows and expressions give.
func TestInformationOfRows(t *testing.T) {
	_, db := owner(t)
	exec(t, db, `CREATE SCHEMA CDN`)
	exec(t, db, `CREATE TABLE CDN.[a]]b] (Id int)`)
	exec(t, db, `CREATE TABLE Inna (Id int)`)
	for text, want := range map[string]int{
		`SELECT COUNT(*) FROM sys.tables t JOIN sys.schemas s ON s.schema_id = t.schema_id WHERE HAS_PERMS_BY_NAME(QUOTENAME(s.name) + '.' + QUOTENAME(t.name), 'OBJECT', 'INSERT') = 1`: 2,
		`SELECT COUNT(*) FROM (VALUES (N'[CDN].[a]]b]'), (N'Inna'), (N'CDN.brak')) AS v(n) WHERE HAS_PERMS_BY_NAME(v.n, 'OBJECT', 'DELETE') IS NULL`:                                     1,
		`SELECT CAST(COLLATIONPROPERTY(CAST(DATABASEPROPERTYEX(DB_NAME(), 'Collation') AS nvarchar(128)), 'CodePage') AS int)`:                                                           1250,
		`SELECT ISNULL(CAST(COLLATIONPROPERTY(LOWER('Brak'), 'CodePage') AS int), -1)`:                                                                                                   -1,
		`IF SUSER_ID(N'reader') IS NULL SELECT 1; ELSE SELECT 2`:                                                                                                                         2,
		`IF USER_ID(N'stranger') IS NULL SELECT 1; ELSE SELECT 2;`:                                                                                                                       1,
	} {
		if got := one[int](t, db, text); got != want {
			t.Errorf("%s gives %d", text, got)
		}
	}
}

// TestCutInRows: the client sees the end of the connection, not an answer behind
// half a packet.
func TestCutInRows(t *testing.T) {
	srv, db := owner(t)
	srv.Inject(tdstest.Fault{At: tdstest.InRows, Do: tdstest.Cut, Times: 1})
	done := make(chan error, 1)
	go func() {
		var n int
		done <- db.QueryRow(`SELECT 1 AS n`).Scan(&n)
	}()
	select {
	case err := <-done:
		if err == nil {
			t.Error("the row came")
		}
	case <-time.After(30 * time.Second):
		t.Error("the client still waits")
	}
}
