package sqlerp

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func verified(t *testing.T, src *Source) []string {
	t.Helper()
	faults, err := src.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range faults {
		out = append(out, f.Path+": "+f.Message+" | "+f.Hint)
	}
	return out
}

// holds compares the beginnings of faults.
func holds(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got:\n%s\nwant %d faults", strings.Join(got, "\n"), len(want))
	}
	for i := range got {
		path, part, _ := strings.Cut(want[i], ": ")
		if !strings.HasPrefix(got[i], path+": ") || !strings.Contains(got[i], part) {
			t.Errorf("got  %s\nwant %s", got[i], want[i])
		}
	}
}

func TestVerifyOnSQLite(t *testing.T) {
	src := small(t, "TEXT", "", func(c *Config) {
		c.Invoices.Columns = map[string]string{"net": "nett", "attributes.X": "numbre"}
		c.Contractors.Select = "SELECT * FROM kontrahenci"
		c.Documents = []string{"FS"}
	})
	holds(t, verified(t, src), []string{
		"contractors.select: no such table: kontrahenci",
		`invoices.columns.attributes.X: the SELECT gives no column "numbre" for attributes.X | did you mean number? the SELECT gives id, number, `,
		`invoices.columns.net: did you mean net?`,
		"invoices.columns.type: documents filters by it",
	})
	if got := verified(t, small(t, "TEXT", "", nil)); len(got) > 0 {
		t.Errorf("what works: %q", got)
	}
	if got := verified(t, small(t, "REAL", "", nil)); len(got) != 1 || !strings.Contains(got[0], `invoices.columns.modified: the column "modified" is REAL, a binary float, where a stamp is wanted`) {
		t.Errorf("a stamp as a float: %q", got)
	}
}

func TestVerifyOnPostgres(t *testing.T) {
	c, _ := postgresERP(t, "bytea", "date", "double precision", "")
	c.Invoices.Select = "SELECT *, '1.50'::text AS rate, now()::time AS sold_on, '{}'::jsonb AS paid FROM i"
	src := openPostgres(t, c)
	holds(t, verified(t, src), []string{
		`invoices.columns.gross: the column "gross" is FLOAT8, a binary float, where an exact number is wanted | CAST it`,
		"invoices.columns.modified: BYTEA where a stamp is wanted",
		"invoices.columns.paid: JSONB where yes or no is wanted",
		"invoices.columns.rate: TEXT where an exact number is wanted",
		"invoices.columns.sold_on: TIME where a date is wanted",
	})
	report, err := src.Check(t.Context())
	if err != nil || !slices.Equal(report.Missing, []string{"invoices.modified (BYTEA is no stamp)"}) {
		t.Errorf("missing %q, %v", report.Missing, err)
	}
}

func TestVerifyOnMySQL(t *testing.T) {
	c, _ := mysqlERP(t, "blob", "date", "", "")
	c.Lines.Select = "SELECT *, CAST(quantity AS CHAR) AS document_quantity FROM l"
	c.Representatives.Select = "SELECT * FROM osoby"
	holds(t, verified(t, openSource(t, c)), []string{
		"invoices.columns.gross: DOUBLE, a binary float, where an exact number is wanted",
		"invoices.columns.modified: BLOB where a stamp is wanted",
		"lines.columns.document_quantity: where an exact number is wanted",
		"representatives.select: osoby' doesn't exist",
	})
}

func TestVocabulary(t *testing.T) {
	src := small(t, "TEXT", "", func(c *Config) {
		c.Contractors.Select = "SELECT id, 'Hurt' AS 'group', 'x' AS lo FROM (SELECT 1 AS id UNION SELECT 2) UNION SELECT 3, ' ', NULL UNION SELECT 4, 'VIP', NULL"
		c.Contractors.Columns = map[string]string{"attributes.LOJALNOSC": "lo", "attributes.A": "lo"}
	})
	attributes, groups, err := src.Vocabulary(t.Context())
	if err != nil || !slices.Equal(attributes, []string{"A", "LOJALNOSC"}) || !cmp.Equal(groups, []string{"Hurt", "VIP"}) {
		t.Errorf("%q, %q, %v", attributes, groups, err)
	}
	attributes, groups, err = small(t, "TEXT", "", nil).Vocabulary(t.Context())
	if err != nil || attributes == nil || groups == nil || len(attributes)+len(groups) > 0 {
		t.Errorf("a source without: %q, %q, %v", attributes, groups, err)
	}
}
