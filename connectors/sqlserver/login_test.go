package sqlserver

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

func TestLoginSQL(t *testing.T) {
	tables := []string{"CDN.TraNag", "CDN.Kontrahenci"}
	for name, l := range map[string]Login{
		"login.sql":         {Tables: tables},
		"login_windows.sql": {Name: ServiceAccount, Database: "CDN_Firma Sp. z o.o.", Tables: tables, Functions: []string{"CDN.PelnyNumer"}},
	} {
		got, err := LoginSQL(l)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s changed; -update writes it:\n%s", name, got)
		}
	}
}

// TestLoginSQLQuotes: a name is a name, whatever is in it.
func TestLoginSQLQuotes(t *testing.T) {
	const evil = `x]; DROP TABLE a; --'`
	got, err := LoginSQL(Login{Name: evil, Database: evil, Tables: []string{evil + "." + evil}})
	if err != nil {
		t.Fatal(err)
	}
	quoted := Quote(evil)
	rest := got
	for _, whole := range []string{text(evil), text(quoted + "." + quoted), text("not in this database: " + evil + "." + evil), quoted} {
		rest = strings.ReplaceAll(rest, whole, "")
	}
	if strings.Contains(rest, "DROP") || !strings.Contains(got, "OBJECT::"+quoted+"."+quoted) {
		t.Errorf("got %s", got)
	}
}

func TestQuote(t *testing.T) {
	if got := text("it's"); got != "N'it''s'" {
		t.Errorf("a text becomes %s", got)
	}
	for in, want := range map[string]string{"a": "[a]", "a]b": "[a]]b]", "dbo.a": "[dbo].[a]", "CDN.a.b": "[CDN].[a.b]", "": "[]"} {
		if got := QuoteTable(in); got != want {
			t.Errorf("%q becomes %s", in, got)
		}
	}
}
