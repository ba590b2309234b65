package sqlerp

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loyalsync/loyalsync/connectors"
)

// small makes a SQLite ERP whose tables have the fields' own names. stampType is
// the declared type of modified.
func small(t *testing.T, stampType, rows string, change func(*Config)) *Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), "small.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(t.Context(), `
CREATE TABLE c (id TEXT COLLATE NOCASE, name TEXT, active TEXT);
CREATE TABLE r (id INTEGER, contractor INTEGER);
CREATE TABLE i (id INTEGER PRIMARY KEY, number TEXT, state TEXT, modified `+stampType+`, issued_on DATE, buyer INTEGER, currency TEXT, net DECIMAL(12,2), gross TEXT);
CREATE TABLE l (id INTEGER PRIMARY KEY, invoice INTEGER, code TEXT, quantity REAL, net TEXT, gross TEXT);`+rows)
	if err != nil {
		t.Fatal(err)
	}
	c := minimal()
	c.URL = "sqlite:" + path
	c.Timezone = "Europe/Warsaw"
	if change != nil {
		change(&c)
	}
	src, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	return src
}

// stamped is a small ERP with one document for each stamp, keys from 1.
func stamped(t *testing.T, stampType string, stamps ...string) *Source {
	t.Helper()
	var rows strings.Builder
	for _, s := range stamps {
		rows.WriteString("INSERT INTO i (number, state, modified, issued_on, buyer, currency, net, gross) VALUES ('n', 'released', " + s + ", '2025-01-15', 1, 'pln', '1', '1');")
	}
	return small(t, stampType, rows.String(), nil)
}

func readIDs(t *testing.T, src *Source, floor, ceiling connectors.Stamp) string {
	t.Helper()
	var ids []string
	r := connectors.Range{Floor: floor, Ceiling: ceiling}
	for {
		page, err := src.Invoices(t.Context(), r, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, inv := range page.Items {
			ids = append(ids, inv.Key.ID)
		}
		if page.Done {
			return strings.Join(ids, " ")
		}
		r.After = page.Next
	}
}

// TestSQLiteStampForms: whatever way a column writes the same instants, the same
// documents are read.
func TestSQLiteStampForms(t *testing.T) {
	const floor, ceiling connectors.Stamp = "2025-01-15T10:00:00.000000", "2025-01-15T11:00:00.000000"
	for name, tc := range map[string]struct {
		declared string
		stamps   []string // one too early, the floor, the floor again, between, the ceiling, one too late
		want     string   // texts of one instant are ordered by how they are written
	}{
		"blank":           {"TEXT", []string{"'2025-01-15 09:59:59'", "'2025-01-15 10:00:00'", "'2025-01-15 10:00:00'", "'2025-01-15 10:30:00'", "'2025-01-15 11:00:00'", "'2025-01-15 11:00:01'"}, "2 3 4 5"},
		"T and fractions": {"TEXT", []string{"'2025-01-15T09:59:59.999'", "'2025-01-15T10:00:00.000'", "'2025-01-15T10:00:00'", "'2025-01-15T10:30:00.5'", "'2025-01-15T11:00:00.000000'", "'2025-01-15T11:00:00.001'"}, "3 2 4 5"},
		"minutes":         {"VARCHAR(16)", []string{"'2025-01-15 09:59'", "'2025-01-15 10:00'", "'2025-01-15 10:00'", "'2025-01-15 10:01'", "'2025-01-15 11:00'", "'2025-01-15 11:01'"}, "2 3 4 5"},
		"datetime":        {"DATETIME", []string{"'2025-01-15 09:59:59'", "'2025-01-15 10:00:00'", "'2025-01-15 10:00:00'", "'2025-01-15 10:30:00'", "'2025-01-15 11:00:00'", "'2025-01-15 11:00:01'"}, "2 3 4 5"},
		"unix":            {"INTEGER", []string{"1736935199", "1736935200", "1736935200", "1736937000", "1736938800", "1736938801"}, "2 3 4 5"},
	} {
		t.Run(name, func(t *testing.T) {
			src := stamped(t, tc.declared, tc.stamps...)
			if got := readIDs(t, src, floor, ceiling); got != tc.want {
				t.Errorf("read %q, want %s", got, tc.want)
			}
			if got := readIDs(t, src, "", "2099-01-01T00:00:00.000000"); got != "1 "+tc.want+" 6" {
				t.Errorf("read %q, want all", got)
			}
		})
	}
}

// TestDeclaredUnix: an expression has no declared type; the setting says it.
func TestDeclaredUnix(t *testing.T) {
	src := small(t, "TEXT", `INSERT INTO i VALUES (1, 'n', 'released', '1736935200', '2025-01-15', 1, 'PLN', 1, 1)`, func(c *Config) {
		c.Stamp = "unix"
		c.Invoices.Select = "SELECT id, number, state, CAST(modified AS INTEGER) AS modified, issued_on, buyer, currency, net, gross FROM i"
	})
	if got := readIDs(t, src, "2025-01-15T10:00:00.000000", "2025-01-15T10:00:00.000000"); got != "1" {
		t.Errorf("read %q, want 1", got)
	}
}

// TestUnixClockIsUTC: instants are shown in UTC, and so is the clock that bounds
// a pass over them; wall-clock stamps have the ERP's zone.
func TestUnixClockIsUTC(t *testing.T) {
	local, err := stamped(t, "TEXT").Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	utc, err := stamped(t, "INTEGER").Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if local <= utc { // Warsaw is ahead of UTC by an hour or two
		t.Errorf("local %s, utc %s", local, utc)
	}
	src := small(t, "TEXT", "", func(c *Config) { c.Now = "SELECT '2025-01-15 10:00'" })
	if now, err := src.Now(t.Context()); err != nil || now != "2025-01-15T10:00:00.000000" {
		t.Errorf("configured clock = %s, %v", now, err)
	}
}

// TestKeysThatDifferInCaseOnly: a column's own collation must not merge them.
func TestKeysThatDifferInCaseOnly(t *testing.T) {
	src := small(t, "TEXT", `INSERT INTO c VALUES ('a', 'x', 'T'), ('A', 'y', 'N'), ('b', 'z', NULL)`, nil)
	var got []string
	after := connectors.Position("")
	for {
		page, err := src.Contractors(t.Context(), after, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Items {
			got = append(got, c.ID)
		}
		if page.Done {
			break
		}
		after = page.Next
	}
	if !slices.Equal(got, []string{"A", "a", "b"}) {
		t.Errorf("read %v", got)
	}
	if found, err := src.ContractorsByKey(t.Context(), []string{"a"}); err != nil || len(found) != 1 || found[0].Name != "x" || !found[0].Active {
		t.Errorf("by key: %+v, %v", found, err)
	}
}

// TestComputedKeys: a key may be an expression, numbers or text.
func TestComputedKeys(t *testing.T) {
	rows := `INSERT INTO i VALUES (1, 'n', 'released', '2025-01-15', '2025-01-15', 1, 'PLN', 1, 1), (2, 'n', 'released', '2025-01-15', '2025-01-15', 1, 'PLN', 1, 1);
INSERT INTO l VALUES (7, 2, 'T', 1, 1, 1)`
	for name, key := range map[string]string{"text": "'FS-' || %s", "number": "%s + 100"} {
		t.Run(name, func(t *testing.T) {
			src := small(t, "TEXT", rows, func(c *Config) {
				c.Invoices.Select = "SELECT " + strings.Replace(key, "%s", "id", 1) + " AS id, number, state, modified, issued_on, buyer, currency, net, gross FROM i"
				c.Lines.Select = "SELECT id, " + strings.Replace(key, "%s", "invoice", 1) + " AS invoice, code, quantity, net, gross FROM l"
			})
			page, err := src.Keys(t.Context(), "2025-01-15", "", 1)
			if err != nil {
				t.Fatal(err)
			}
			next, err := src.Keys(t.Context(), "2025-01-15", page.Next, 1)
			if err != nil || !next.Done || len(next.Items) != 1 {
				t.Fatalf("second page: %+v, %v", next, err)
			}
			found, err := src.InvoicesByKey(t.Context(), []connectors.InvoiceKey{next.Items[0].Key})
			if err != nil || len(found) != 1 || len(found[0].Lines) != 1 || found[0].Lines[0].ID != "7" {
				t.Errorf("by key: %+v, %v", found, err)
			}
		})
	}
}

// TestValuesThatCannotBeRead: the error names block, row and column, and never
// the value (law 11).
func TestValuesThatCannotBeRead(t *testing.T) {
	const header = "INSERT INTO i VALUES (41, 'n', 'released', '2025-01-15 10:00', '2025-01-15', 1, 'PLN', 1, 1);"
	for name, tc := range map[string]struct{ rows, want string }{
		"decimal comma": {"INSERT INTO i VALUES (41, 'n', 'released', '2025-01-15', '2025-01-15', 1, 'PLN', 1, 'Kowalski,50')", "read invoices: the ERP's tables are not as expected: row with id 41: column gross (gross) is no decimal number: it has a comma"},
		"no amount":     {"INSERT INTO i VALUES (41, 'n', 'released', '2025-01-15', '2025-01-15', 1, 'PLN', 1, NULL)", "row with id 41: column gross (gross) is empty"},
		"date":          {"INSERT INTO i VALUES (41, 'n', 'released', '2025-01-15', 'Kowalski', 1, 'PLN', 1, 1)", "row with id 41: column issued_on (issued_on) is no date"},
		"stamp":         {"INSERT INTO i VALUES (41, 'n', 'released', '2025-01-15 Kowalski', '2025-01-15', 1, 'PLN', 1, 1)", "row with id 41: column modified (modified) is no time"},
		"stamp in zone": {"INSERT INTO i VALUES (41, 'n', 'released', '2025-01-15 10:00:00+01', '2025-01-15', 1, 'PLN', 1, 1)", "column modified (modified) is no time"},
		"state":         {"INSERT INTO i VALUES (41, 'n', 'Kowalski', '2025-01-15', '2025-01-15', 1, 'PLN', 1, 1)", "row with id 41: column state (state) has a value that is in none of states"},
		"no currency":   {"INSERT INTO i VALUES (41, 'n', 'released', '2025-01-15', '2025-01-15', 1, NULL, 1, 1)", "column currency (currency) is empty"},
		"line":          {header + "INSERT INTO l VALUES (5, 41, 'T', 'Kowalski', 1, 1)", "read lines: the ERP's tables are not as expected: row with id 5: column quantity (quantity) is no decimal number"},
	} {
		t.Run(name, func(t *testing.T) {
			src := small(t, "TEXT", tc.rows, nil)
			for what, read := range map[string]func() error{
				"pass": func() error {
					_, err := src.Invoices(t.Context(), connectors.Range{Ceiling: "2099-01-01T00:00:00.000000"}, 10)
					return err
				},
				"keys": func() error { _, err := src.Keys(t.Context(), "", "", 10); return err },
			} {
				err := read()
				if !errors.Is(err, connectors.ErrSchema) || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("%s: got %v, want %s", what, err, tc.want)
				}
				if e, ok := errors.AsType[*connectors.Error](err); !ok || e.Hint == "" || strings.Contains(err.Error()+e.Hint, "Kowalski") {
					t.Errorf("%s: no hint, or the value in it: %v", what, err)
				}
			}
		})
	}
}

// TestDiscounted: an ERP says that a line was discounted, or by how much, or both;
// NULL is what the percentage says.
func TestDiscounted(t *testing.T) {
	src := small(t, "TEXT", `INSERT INTO i VALUES (1, 'n', 'released', '2025-01-15', '2025-01-15', 7, 'pln', '12.30', '15.13');
INSERT INTO l VALUES (1, 1, 'yes', 1, '1', '1'), (2, 1, 'no', 1, '1', '1'), (3, 1, 'null', 1, '1', '1')`, func(c *Config) {
		c.Lines.Select = "SELECT *, nullif(code, 'null') AS discounted, CASE code WHEN 'yes' THEN '0' ELSE '7.50' END AS discount FROM l"
	})
	found, err := src.InvoicesByKey(t.Context(), []connectors.InvoiceKey{{ID: "1"}})
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	for i, want := range []bool{true, false, true} {
		if l := found[0].Lines[i]; l.Discounted != want || (i > 0) != (l.Discount.String() == "7.5") {
			t.Errorf("line %s: discounted %v by %s, want %v", l.ID, l.Discounted, l.Discount, want)
		}
	}
}

func TestDocumentTwiceInTheSelect(t *testing.T) {
	src := small(t, "TEXT", "INSERT INTO i VALUES (1, 'n', 'released', '2025-01-15', '2025-01-15', 1, 'PLN', 1, 1)", func(c *Config) {
		c.Invoices.Select = "SELECT * FROM i UNION ALL SELECT * FROM i"
	})
	_, err := src.Keys(t.Context(), "", "", 10)
	if !errors.Is(err, connectors.ErrSchema) || !strings.Contains(err.Error(), "twice") {
		t.Errorf("got %v", err)
	}
}

// TestUnmappedFields: what a SELECT does not give has a documented value.
func TestUnmappedFields(t *testing.T) {
	src := small(t, "TEXT", `INSERT INTO i VALUES (1, 'n', 'released', '2025-01-15', '2025-01-15', 7, 'pln', '12.30', '15.13');
INSERT INTO l VALUES (10, 1, 'B', 0.5, '2', '2.46'), (9, 1, 'A', 2, '10.30', '12.67')`, nil)
	found, err := src.InvoicesByKey(t.Context(), []connectors.InvoiceKey{{ID: "1"}})
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	inv := found[0]
	if inv.SoldOn != "2025-01-15" || inv.Recipient != "7" || inv.Payer != "7" || inv.Currency != "PLN" || inv.Paid || !inv.Rate.IsZero() {
		t.Errorf("document: %+v", inv)
	}
	if inv.Net.String() != "12.3" || len(inv.Lines) != 2 || inv.Lines[0].ID != "9" { // shorter keys first
		t.Errorf("net %s, lines %+v", inv.Net, inv.Lines)
	}
	if l := inv.Lines[1]; l.Kind != connectors.Goods || l.Quantity.String() != "0.5" || !l.DocumentQuantity.Equal(l.Quantity) {
		t.Errorf("line: %+v", l)
	}
}

// TestTouchedIsNotChanged: a payment that only moves the stamp is noise.
func TestTouchedIsNotChanged(t *testing.T) {
	digestOf := func(stamp string) string {
		page, err := stamped(t, "TEXT", stamp).Keys(t.Context(), "", "", 1)
		if err != nil || len(page.Items) != 1 {
			t.Fatal(page, err)
		}
		return page.Items[0].Digest
	}
	if first, again := digestOf("'2025-01-15'"), digestOf("'2025-01-16'"); first != again {
		t.Errorf("the stamp moved, and the digest with it: %s, %s", first, again)
	}
}

func TestCheckReportsWhatIsMissing(t *testing.T) {
	src := small(t, "TEXT", "", func(c *Config) {
		c.Invoices.Columns = map[string]string{"net": "netto"}
		c.Contractors.Select = "SELECT * FROM kontrahenci"
		c.Lines.Select = "SELECT 1 AS id"
		c.Documents = []string{"FS"}
	})
	report, err := src.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(report.Missing, "\n")
	for _, want := range []string{"invoices.netto", "invoices.type (documents filters by it)", "contractors.select: ", "no such table: kontrahenci", "lines.invoice", "lines.gross"} {
		if !strings.Contains(got, want) {
			t.Errorf("missing:\n%s\nwant %s among it", got, want)
		}
	}
	_, err = src.Keys(t.Context(), "", "", 1)
	if !errors.Is(err, connectors.ErrSchema) || !strings.Contains(err.Error(), "invoices.netto") {
		t.Errorf("a read without the column: %v", err)
	}
}

func TestCheckWarns(t *testing.T) {
	src := small(t, "TEXT", "", nil)
	report, err := src.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, w := range report.Warnings {
		all = append(all, w.Message)
		if w.Hint == "" {
			t.Errorf("%s: no hint", w.Message)
		}
	}
	for _, want := range []string{"binary floats: invoices.net", "binary floats: lines.quantity"} {
		if !strings.Contains(strings.Join(all, "\n"), want) {
			t.Errorf("warnings %q, want %q", all, want)
		}
	}
	if path := report.Identity; !filepath.IsAbs(path) || len(report.Writable) > 0 {
		t.Errorf("identity %q, writable %v", path, report.Writable)
	}
}

// examined gives what Examine found, by its check.
func examined(t *testing.T, src *Source) map[string]connectors.Finding {
	t.Helper()
	findings, err := src.Examine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]connectors.Finding{}
	for _, f := range findings {
		out[f.Check] = f
		if f.Condition != connectors.Fine && f.Hint == "" {
			t.Errorf("%s: no hint", f.Message)
		}
	}
	return out
}

func TestExamine(t *testing.T) {
	src := small(t, "TEXT", `INSERT INTO i VALUES
(1, 'n', 'released', '2099-01-15', '2025-01-17', 1, 'PLN', 1, 1), (2, 'n', '7', NULL, '2025-01-15', 1, 'PLN', 1, 1),
(3, 'n', 'released', '2025-01-15', '2025-01-16', 1, 'PLN', 1, 1)`, nil)
	got := examined(t, src)
	for check, want := range map[string]struct {
		condition connectors.Condition
		message   string
	}{
		"documents": {connectors.Fine, "3 documents, issued from 2025-01-15 to 2025-01-17"},
		"states":    {connectors.Broken, `states in no list: "7"`},
		"stamps":    {connectors.Remark, "1 documents without a stamp"},
		"future":    {connectors.Remark, "1 documents with a stamp in the future"},
	} {
		if f := got[check]; f.Condition != want.condition || f.Message != want.message {
			t.Errorf("%s: %s %q, want %s %q", check, f.Condition, f.Message, want.condition, want.message)
		}
	}
	fine := examined(t, small(t, "TEXT", "INSERT INTO i VALUES (1, 'n', 'released', '2025-01-15', '2025-01-17', 1, 'PLN', 1, 1)", nil))
	for check, f := range fine {
		if f.Condition != connectors.Fine {
			t.Errorf("%s: %+v", check, f)
		}
	}
	if f := examined(t, small(t, "TEXT", "", nil))["documents"]; f.Condition != connectors.Remark || f.Data["count"] != "0" {
		t.Errorf("no documents: %+v", f)
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		path string
		want error
	}{
		"not there":        {filepath.Join(t.TempDir(), "none.db"), connectors.ErrSettings},
		"folder not there": {filepath.Join(t.TempDir(), "none", "erp.db"), connectors.ErrSettings},
		"not a database":   {text, connectors.ErrSettings},
	} {
		t.Run(name, func(t *testing.T) {
			c := minimal()
			c.Database = tc.path
			src, err := Open(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = src.Close() }()
			for what, read := range map[string]func() error{
				"Check": func() error { _, err := src.Check(t.Context()); return err },
				"Keys":  func() error { _, err := src.Keys(t.Context(), "", "", 1); return err },
			} {
				if err := read(); !errors.Is(err, tc.want) {
					t.Errorf("%s: got %v, want %v", what, err, tc.want)
				}
			}
			if _, err := os.Stat(tc.path); name == "not there" && err == nil {
				t.Error("the file was created")
			}
		})
	}
}

// TestSQLiteIsNeverWritten tries to write through the source's own connections
// (law 4).
func TestSQLiteIsNeverWritten(t *testing.T) {
	src := stamped(t, "TEXT")
	for _, statement := range []string{"DELETE FROM i", "CREATE TABLE x (a)", "PRAGMA query_only = 0; DELETE FROM i", "PRAGMA user_version = 7"} {
		if _, err := src.db.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s was run", statement)
		}
	}
}

func TestDamagedPosition(t *testing.T) {
	src := stamped(t, "TEXT", "'2025-01-15'")
	for _, p := range []connectors.Position{"x", `["a"]`, `["2025-01-15", "abc"]`, `[1, 2]`} {
		_, err := src.Invoices(t.Context(), connectors.Range{Ceiling: "2099-01-01T00:00:00.000000", After: p}, 1)
		if !errors.Is(err, connectors.ErrSettings) {
			t.Errorf("position %s: %v", p, err)
		}
	}
}

// TestSchemaIsSeenAnew: a column that is added after a failure is found without
// a restart.
func TestSchemaIsSeenAnew(t *testing.T) {
	src := small(t, "TEXT", "ALTER TABLE c RENAME COLUMN id TO nr", nil)
	if _, err := src.Contractors(t.Context(), "", 1); !errors.Is(err, connectors.ErrSchema) {
		t.Fatalf("without the column: %v", err)
	}
	db, err := sql.Open("sqlite", strings.TrimPrefix(src.config.URL, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), "ALTER TABLE c RENAME COLUMN nr TO id"); err != nil {
		t.Fatal(err)
	}
	if _, err := src.Contractors(t.Context(), "", 1); err != nil {
		t.Errorf("with the column: %v", err)
	}
}

func TestIdentity(t *testing.T) {
	src := small(t, "TEXT", "", func(c *Config) { c.Identity = "SELECT 'Przykład', 7, NULL" })
	if report, err := src.Check(t.Context()); err != nil || report.Identity != "Przykład|7|" {
		t.Errorf("identity %q, %v", report.Identity, err)
	}
	src = small(t, "TEXT", "", func(c *Config) { c.Identity = "SELECT 1 WHERE 1 = 0" })
	if _, err := src.Check(t.Context()); !errors.Is(err, connectors.ErrSettings) {
		t.Errorf("an identity without a row: %v", err)
	}
}
