package sqlerp

import (
	"errors"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/connectors"
)

// minimal is the shortest configuration that is right.
func minimal() Config {
	return Config{
		URL:             "sqlite:erp.db",
		Contractors:     Statement{Select: "SELECT * FROM c"},
		Representatives: Statement{Select: "SELECT * FROM r"},
		Invoices:        Statement{Select: "SELECT * FROM i"},
		Lines:           Statement{Select: "SELECT * FROM l"},
	}
}

func onMySQL(lines string) func(*Config) {
	return func(c *Config) { c.URL, c.Lines.Select = "mariadb://u@h/d", lines }
}

func onSQLServer(lines string) func(*Config) {
	return func(c *Config) { c.URL, c.Lines.Select = "sqlserver://u:p@h?database=d", lines }
}

func TestValidate(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Config)
		want   []string // path: part of the message or hint
	}{
		"minimal":           {func(*Config) {}, nil},
		"trailing comment":  {func(c *Config) { c.Lines.Select = "SELECT 1 -- all; really" }, nil},
		"with":              {func(c *Config) { c.Lines.Select = "with x as (select 1) select * from x" }, nil},
		"semicolon in text": {func(c *Config) { c.Lines.Select = "SELECT ';' AS a, \"b;c\", 'it''s' /* ; */ FROM l" }, nil},
		"quoted words":      {func(c *Config) { c.Lines.Select = `SELECT "update", 'INSERT INTO x' FROM l` }, nil},
		"attributes":        {func(c *Config) { c.Lines.Columns = map[string]string{"attributes.SERIA": "seria"} }, nil},
		"json operator":     {func(c *Config) { c.URL, c.Lines.Select = "postgres://h/d", "SELECT * FROM l WHERE tags ? 'x'" }, nil},
		"mysql":             {func(c *Config) { c.URL = "mysql://u@h/d" }, nil},
		"mysql option":      {func(c *Config) { c.URL = "mysql://u@h/d?sslmode=require" }, []string{"url: sslmode (there are tls and tls_ca)"}},
		"mariadb quotes":    {onMySQL(`SELECT 'it\'s; "x"' AS "a;b", ` + "`c;d`" + ` FROM l # all; of them`), nil},
		"runnable comment":  {onMySQL("SELECT * /*!50000 INTO OUTFILE 'x' */ FROM l"), []string{"lines.select: runs as code"}},
		"quote after slash": {onMySQL(`SELECT 'it\'`), []string{"lines.select: quote that is never closed"}},
		"mysql parameter":   {onMySQL("SELECT * FROM l WHERE a = ?"), []string{"lines.select: ? is a parameter"}},
		"sqlserver":         {onSQLServer("SELECT [a;b], 'x;y' FROM l WHERE id = @@SPID"), nil},
		"sqlserver with":    {onSQLServer("WITH x AS (SELECT 1 AS a) SELECT * FROM x"), []string{"lines.select: takes no WITH"}},
		"sqlserver exec":    {onSQLServer("SELECT 1 AS a EXEC sp_who"), []string{"lines.select: EXEC has no place"}},
		"sqlserver @":       {onSQLServer("SELECT * FROM l WHERE a = @p1"), []string{"lines.select: @p is a parameter"}},
		"sqlserver no user": {func(c *Config) { c.URL = "sqlserver://db?database=x" }, []string{"server: "}},
		"unknown dialect":   {func(c *Config) { c.Dialect = "oracle" }, []string{"dialect: not in this version"}},
		"no dialect":        {func(c *Config) { c.URL = "" }, []string{"dialect: not known"}},
		"zone":              {func(c *Config) { c.Timezone = "Polska" }, []string{"timezone: no time zone"}},
		"stamp":             {func(c *Config) { c.Stamp = "iso" }, []string{"stamp: no form"}},
		"timeout":           {func(c *Config) { c.LockTimeout = -1 }, []string{"statement_timeout: negative"}},
		"misspelt field": {
			func(c *Config) { c.Invoices.Columns = map[string]string{"numbr": "nr", "netto": "n"} },
			[]string{"invoices.columns.netto: did you mean net?", "invoices.columns.numbr: did you mean number?"},
		},
		"unknown field":       {func(c *Config) { c.Lines.Columns = map[string]string{"colour": "k"} }, []string{"lines.columns.colour: the fields of lines are: id, invoice"}},
		"no such attributes":  {func(c *Config) { c.Representatives.Columns = map[string]string{"attributes.X": "x"} }, []string{"representatives.columns.attributes.X: no field"}},
		"nameless attribute":  {func(c *Config) { c.Lines.Columns = map[string]string{"attributes.": "x"} }, []string{"lines.columns.attributes.: no field"}},
		"empty column":        {func(c *Config) { c.Lines.Columns = map[string]string{"net": ""} }, []string{"lines.columns.net: no name"}},
		"no select":           {func(c *Config) { c.Lines.Select = " \n" }, []string{"lines.select: there is no SELECT"}},
		"only a comment":      {func(c *Config) { c.Lines.Select = "-- later" }, []string{"lines.select: not a single SELECT"}},
		"semicolon":           {func(c *Config) { c.Lines.Select = "SELECT 1;" }, []string{"lines.select: semicolon"}},
		"two statements":      {func(c *Config) { c.Lines.Select = "SELECT 1; DROP TABLE x" }, []string{"lines.select: semicolon"}},
		"a write":             {func(c *Config) { c.Lines.Select = "DELETE FROM l" }, []string{"lines.select: not a single SELECT"}},
		"a write in a with":   {func(c *Config) { c.Lines.Select = "WITH d AS (DELETE FROM l RETURNING *) SELECT * FROM d" }, []string{"lines.select: DELETE has no place"}},
		"select into":         {func(c *Config) { c.Lines.Select = "SELECT * INTO copy FROM l" }, []string{"lines.select: INTO has no place"}},
		"out of the brackets": {func(c *Config) { c.Lines.Select = "SELECT 1) q, (SELECT 2" }, []string{"lines.select: never opened"}},
		"open bracket":        {func(c *Config) { c.Lines.Select = "SELECT (1" }, []string{"lines.select: never closed"}},
		"open quote":          {func(c *Config) { c.Lines.Select = "SELECT 'x" }, []string{"lines.select: quote that is never closed"}},
		"open comment":        {func(c *Config) { c.Lines.Select = "SELECT 1 /* x" }, []string{"lines.select: comment that is never closed"}},
		"parameter":           {func(c *Config) { c.Lines.Select = "SELECT * FROM l WHERE a = $1" }, []string{"lines.select: $1 is a parameter"}},
		"question mark":       {func(c *Config) { c.Lines.Select = "SELECT * FROM l WHERE a = ?" }, []string{"lines.select: ? is a parameter"}},
		"identity":            {func(c *Config) { c.Identity = "PRAGMA user_version" }, []string{"identity: not a single SELECT"}},
		"now":                 {func(c *Config) { c.Now = "now()" }, []string{"now: not a single SELECT"}},
		"state twice": {
			func(c *Config) { c.States = States{Buffered: []string{"0"}, Released: []string{"1", "0"}} },
			[]string{`states.released[1]: listed already, at states.buffered[0]`},
		},
		"nothing released": {func(c *Config) { c.States = States{Buffered: []string{"0"}} }, []string{"states.released: no value"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := minimal()
			tc.change(&c)
			faults := c.Validate()
			if len(faults) != len(tc.want) {
				t.Fatalf("faults:\n%v\nwant %d", faults, len(tc.want))
			}
			for i, want := range tc.want {
				path, part, _ := strings.Cut(want, ": ")
				if f := faults[i]; f.Path != path || !strings.Contains(f.Message+" "+f.Hint, part) {
					t.Errorf("got %s: %s (%s), want %s", f.Path, f.Message, f.Hint, want)
				}
			}
		})
	}
}

func TestOpenRefusesMistakes(t *testing.T) {
	c := minimal()
	c.Lines.Select = ""
	_, err := Open(t.Context(), c)
	faults, ok := errors.AsType[Faults](err)
	if !errors.Is(err, connectors.ErrSettings) || !ok || len(faults) != 1 {
		t.Errorf("Open = %v, want ErrSettings with one fault", err)
	}
	for name, url := range map[string]string{"no file": "sqlite:", "memory": "sqlite::memory:", "folder": "sqlite:" + t.TempDir(), "bad url": "postgres://u:geheim@h:port/d"} {
		c := minimal()
		c.URL = url
		_, err := Open(t.Context(), c)
		if !errors.Is(err, connectors.ErrSettings) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: Open = %v, want ErrSettings without the password", name, err)
		}
	}
}

// TestDocListsTheFields holds the table in doc.go to the table in the code.
func TestDocListsTheFields(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	listed, block := map[string][]string{}, ""
	for _, line := range strings.Split(string(text), "\n") {
		m := regexp.MustCompile(`^//\t(\S*)\s+(.*)$`).FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if m[1] != "" {
			block = m[1]
		}
		listed[block] = append(listed[block], strings.Fields(m[2])...)
	}
	want := map[string][]string{}
	for _, b := range blocks() {
		for _, f := range b.fields {
			name := f.name
			if f.required {
				name += "*"
			}
			want[b.name] = append(want[b.name], name)
		}
	}
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("doc.go differs from the code (-code +doc):\n%s", diff)
	}
}

func TestNearest(t *testing.T) {
	names := slices.Sorted(maps.Keys(map[string]bool{"net": true, "number": true, "external_no": true, "id": true}))
	for word, want := range map[string]string{"nett": "net", "Numer": "number", "externalno": "external_no", "idd": "id", "kolor": "", "": ""} {
		if got := nearest(word, names); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
