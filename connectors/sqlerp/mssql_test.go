package sqlerp

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

const mssqlTables = `
CREATE TABLE c (id varchar(10) NOT NULL PRIMARY KEY, name nvarchar(50), country char(4), active bit);
CREATE TABLE r (id int NOT NULL PRIMARY KEY, contractor varchar(10));
CREATE TABLE i (id int NOT NULL PRIMARY KEY, number nvarchar(20), state varchar(20), modified {stamp}, issued_on {date}, buyer varchar(10), currency nchar(5), net decimal(18,4), gross float, type nvarchar(5));
CREATE TABLE l (id bigint NOT NULL PRIMARY KEY, invoice int, code nvarchar(20), quantity decimal(12,4), net money, gross decimal(18,4));`

// mssqlERP makes tables with the fields' own names in a new database, and a
// configuration that reads them.
func mssqlERP(t *testing.T, stampType, dateType, rows string) (Config, *tdstest.DB) {
	t.Helper()
	db := tdstest.Database(t, strings.NewReplacer("{stamp}", stampType, "{date}", dateType).Replace(mssqlTables)+"\nGO\n"+rows)
	c := minimal()
	c.URL, c.Dialect, c.Server, c.Timezone = "", SQLServer, mssqlReader(db), "Europe/Warsaw"
	return c, db
}

func mssqlRow(id, stamp, issued string) string {
	return "INSERT INTO i VALUES (" + id + ", N'n', 'released', " + stamp + ", " + issued + ", 'K', N'PLN', 0.1, 0.3, N'FS');\n"
}

// TestMSSQLForms: stamps and days as the types that ERPs use.
func TestMSSQLForms(t *testing.T) {
	for name, tc := range map[string]struct{ stamp, date, stampText, dateText string }{
		"datetime":      {"datetime", "date", "'2025-01-15T10:00:00'", "'2025-01-15'"},
		"datetime2":     {"datetime2(7)", "datetime", "'2025-01-15T10:00:00'", "'2025-01-15T23:59:59'"},
		"smalldatetime": {"smalldatetime", "datetime2(0)", "'2025-01-15T10:00:00'", "'2025-01-15T00:00:00'"},
		"date":          {"date", "date", "'2025-01-15'", "'2025-01-15'"},
		"text":          {"varchar(30)", "nvarchar(20)", "'2025-01-15 10:00:00'", "'2025-01-15 00:00:00'"},
		"unix":          {"int", "varchar(20)", "1736935200", "'2025-01-15'"},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := mssqlERP(t, tc.stamp, tc.date, mssqlRow("1", tc.stampText, tc.dateText)+mssqlRow("10", tc.stampText, tc.dateText))
			src := openSource(t, c)
			if got := readIDs(t, src, "2025-01-15T00:00:00.000000", "2025-01-15T10:00:00.000000"); got != "1 10" {
				t.Errorf("the day: %q", got)
			}
			if got := readIDs(t, src, "2025-01-15T10:00:01.000000", "2099-01-01T00:00:00.000000"); got != "" {
				t.Errorf("afterwards: %q", got)
			}
			for from, want := range map[connectors.Date]int{"2025-01-15": 2, "2025-01-16": 0} {
				if page, err := src.Keys(t.Context(), from, "", 5); err != nil || len(page.Items) != want {
					t.Errorf("keys from %s: %d, %v", from, len(page.Items), err)
				}
			}
			page, err := src.Invoices(t.Context(), connectors.Range{Ceiling: "2099-01-01T00:00:00.000000"}, 1)
			if err != nil || len(page.Items) != 1 || page.Items[0].Currency != "PLN" || page.Items[0].IssuedOn != "2025-01-15" {
				t.Fatalf("%+v, %v", page, err)
			}
			if page, err = src.Invoices(t.Context(), connectors.Range{Ceiling: "2099-01-01T00:00:00.000000", After: page.Next}, 5); err != nil || len(page.Items) != 1 || page.Items[0].Key.ID != "10" {
				t.Errorf("the page behind a tie: %+v, %v", page, err)
			}
			if f := examined(t, src)["documents"]; f.Data["first"] != "2025-01-15" || f.Data["count"] != "2" {
				t.Errorf("documents: %+v", f)
			}
		})
	}
}

// TestMSSQLTicks: a datetime holds 1/300 s, is shown to the millisecond, and is
// found again by what was shown.
func TestMSSQLTicks(t *testing.T) {
	var rows strings.Builder
	for i, tick := range []string{"000", "003", "007", "010", "013", "017"} {
		rows.WriteString(mssqlRow([]string{"1", "2", "3", "4", "5", "6"}[i], "'2025-01-15T10:00:00."+tick+"'", "'2025-01-15'"))
	}
	c, _ := mssqlERP(t, "datetime", "date", rows.String())
	src := openSource(t, c)
	var got []string
	for after := connectors.Position(""); ; {
		page, err := src.Invoices(t.Context(), connectors.Range{Ceiling: "2099-01-01T00:00:00.000000", After: after}, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page.Items {
			got = append(got, d.Key.ID+" "+string(d.Modified[len(d.Modified)-6:]))
		}
		if after = page.Next; page.Done {
			break
		}
	}
	if want := []string{"1 000000", "2 003000", "3 007000", "4 010000", "5 013000", "6 017000"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := readIDs(t, src, "2025-01-15T10:00:00.007000", "2025-01-15T10:00:00.013000"); got != "3 4 5" {
		t.Errorf("bounds: %q", got)
	}
}

// TestMSSQLInstants: datetimeoffset is an instant, shown in UTC; days are those of
// the ERP's zone.
func TestMSSQLInstants(t *testing.T) {
	c, _ := mssqlERP(t, "datetimeoffset(6)", "datetimeoffset", mssqlRow("2", "'2025-10-26T02:30:00+02:00'", "'2025-01-14T23:30:00+00:00'")+
		mssqlRow("1", "'2025-10-26T02:30:00+01:00'", "'2025-01-15T12:00:00+00:00'"))
	src := openSource(t, c)
	page, err := src.Invoices(t.Context(), connectors.Range{Ceiling: "2099-01-01T00:00:00.000000"}, 10)
	if err != nil || len(page.Items) != 2 {
		t.Fatal(page, err)
	}
	first, second := page.Items[0], page.Items[1]
	if first.Modified != "2025-10-26T00:30:00.000000" || second.Modified != "2025-10-26T01:30:00.000000" || first.Key.ID != "2" || first.IssuedOn != "2025-01-15" {
		t.Errorf("%s and %s, issued on %s", first.Modified, second.Modified, first.IssuedOn)
	}
	if got := readIDs(t, src, "2025-10-26T00:30:00.000000", "2025-10-26T00:30:00.000000"); got != "2" {
		t.Errorf("one instant: %q", got)
	}
	if keys, err := src.Keys(t.Context(), "2025-01-15", "", 10); err != nil || len(keys.Items) != 2 {
		t.Errorf("keys from the day in Warsaw: %+v, %v", keys, err)
	}
	report, err := src.Check(t.Context())
	if err != nil || report.Zone != "UTC" || !strings.Contains(report.Encoding, "Polish") || len(report.Writable) > 0 {
		t.Errorf("%+v, %v", report, err)
	}
	if now, err := time.Parse(connectors.StampLayout, string(report.Now)); err != nil || time.Since(now).Abs() > time.Hour {
		t.Errorf("now %s is not the clock of UTC", report.Now)
	}
}

// TestMSSQLKeys: texts of a collation without case are told apart, Polish letters
// in a varchar stay what they are, and parameters have the column's own type.
func TestMSSQLKeys(t *testing.T) {
	c, db := mssqlERP(t, "datetime", "date", "INSERT INTO c VALUES ('K-1', N'Żółw', 'PL', 1); INSERT INTO c VALUES ('ł', N'x', NULL, 0); INSERT INTO c VALUES ('z', NULL, '', NULL);\n"+
		mssqlRow("1", "'2025-01-15T10:00:00'", "'2025-01-15'")+"INSERT INTO i VALUES (2, N'n', 'released', '2025-01-15T10:00:00', '2025-01-15', 'K', N'PLN', 0.1, 0.3, N'fs');")
	c.Documents = []string{"FS"}
	src := openSource(t, c)
	var got []string
	for after := connectors.Position(""); ; {
		page, err := src.Contractors(t.Context(), after, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			got = append(got, item.ID)
		}
		if after = page.Next; page.Done {
			break
		}
	}
	if !slices.Equal(got, []string{"K-1", "z", "ł"}) {
		t.Errorf("pages give %q", got)
	}
	found, err := src.ContractorsByKey(t.Context(), []string{"K-1", "k-1", "L", "Z", "€", "ł"})
	if err != nil || len(found) != 2 {
		t.Fatalf("by key: %+v, %v", found, err)
	}
	slices.SortFunc(found, func(a, b connectors.Contractor) int { return strings.Compare(a.ID, b.ID) })
	if k := found[0]; k.ID != "K-1" || k.Name != "Żółw" || k.Country != "PL" || !k.Active {
		t.Errorf("K-1: %+v", k)
	}
	if page, err := src.Invoices(t.Context(), connectors.Range{Ceiling: "2099-01-01T00:00:00.000000"}, 10); err != nil || len(page.Items) != 1 {
		t.Errorf("fs is not FS: %+v, %v", page, err)
	}
	byKey, err := src.InvoicesByKey(t.Context(), []connectors.InvoiceKey{{ID: "2"}, {ID: "99999999999"}, {ID: "x"}, {ID: "1' OR '1'='1"}})
	if err != nil || len(byKey) != 1 || byKey[0].OutOfScope == "" {
		t.Errorf("by key: %+v, %v", byKey, err)
	}
	if db.Real() {
		return
	}
	db.Server().Forget()
	if _, err := src.ContractorsByKey(t.Context(), []string{"K-1"}); err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, s := range db.Server().Statements() {
		for _, p := range s.Params {
			types = append(types, p.Type)
		}
	}
	if len(types) != 2 || !strings.HasPrefix(types[0], "varchar") || !strings.HasPrefix(types[1], "nvarchar") {
		t.Errorf("a key of a varchar column went out as %q", types)
	}
}

// TestMSSQLLogin: a login that may write is told by table, a wrong one as such,
// and no text names it.
func TestMSSQLLogin(t *testing.T) {
	c, db := mssqlERP(t, "datetime", "date", "")
	c.Server.User, c.Server.Password = db.Owner.User, db.Owner.Password
	if report, err := openSource(t, c).Check(t.Context()); err != nil || !slices.Contains(report.Writable, "dbo.c") {
		t.Errorf("an owner: %v, %v", report.Writable, err)
	}
	c.Server.Password = "wrong-geheim"
	_, err := openSource(t, c).Check(t.Context())
	e, ok := errors.AsType[*connectors.Error](err)
	if !errors.Is(err, connectors.ErrAuth) || !ok || e.Hint == "" || strings.Contains(err.Error()+e.Hint, "geheim") || strings.Contains(err.Error(), db.Owner.User) {
		t.Errorf("a wrong password: %v", err)
	}
}

func TestVerifyOnSQLServer(t *testing.T) {
	c, _ := mssqlERP(t, "varbinary(8)", "date", "")
	c.Invoices.Select = "SELECT *, CAST('1' AS varchar(9)) AS rate FROM i"
	c.Lines.Select = "SELECT * FROM pozycje"
	holds(t, verified(t, openSource(t, c)), []string{
		"invoices.columns.gross: FLOAT, a binary float, where an exact number is wanted",
		"invoices.columns.modified: VARBINARY where a stamp is wanted",
		"invoices.columns.rate: VARCHAR where an exact number is wanted",
		"lines.select: pozycje",
	})
}
