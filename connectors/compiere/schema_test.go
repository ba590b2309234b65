package compiere

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sqlText is all embedded SQL but login.sql, without comments.
func sqlText(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := fs.WalkDir(sqlFiles, "sql", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == "sql/login.sql" {
			return err
		}
		text, err := sqlFiles.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?s){{- /\*.*?\*/ -}}|--[^\n]*`).ReplaceAllString(all.String(), "")
	return text
}

// The login gets what the statements touch, and nothing else.
func TestTablesAreThoseOfTheStatements(t *testing.T) {
	text := sqlText(t)
	var used []string
	for _, m := range regexp.MustCompile(`(?:FROM|JOIN)\s+((?:ad|c|m)_\w+)`).FindAllStringSubmatch(text, -1) {
		used = append(used, m[1])
	}
	slices.Sort(used)
	used = slices.Compact(used)
	if !slices.Equal(used, tableNames()) {
		t.Errorf("tables() and the statements differ:\n%v\n%v", tableNames(), used)
	}
	for _, table := range tables() {
		for _, column := range strings.Fields(table.columns + " " + table.optional) {
			if !regexp.MustCompile(`\b` + column + `\b`).MatchString(text) {
				t.Errorf("%s.%s is asked for and not used", table.name, column)
			}
		}
	}
}

// Law 4: every statement is one SELECT.
func TestStatementsAreSingleSelects(t *testing.T) {
	text := sqlText(t)
	if m := regexp.MustCompile(`(?i)\b(insert|update|delete|truncate|create|drop|alter|grant|copy|call|do|lock|for share)\s+\w+`).FindString(text); m != "" {
		t.Errorf("found %q", m)
	}
	if strings.Contains(text, ";") {
		t.Error("a statement separator")
	}
	if strings.Contains(strings.ToLower(text), "password") || strings.Contains(text, "SELECT *") {
		t.Error("a column that must not be read")
	}
}

func TestLoginSQL(t *testing.T) {
	text, err := LoginSQL("ERP Łódź", "", `o"neil`)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`DATABASE "ERP Łódź"`, `TO "o""neil"`, "SCHEMA adempiere", "adempiere.c_invoice,", "default_transaction_read_only"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, "ad_user") && !strings.HasPrefix(line, "GRANT SELECT (") && !strings.HasPrefix(line, "    ON adempiere.ad_user") {
			t.Errorf("the users' table is granted as a whole: %s", line)
		}
	}
}

func TestOptionalColumns(t *testing.T) {
	without, err := newStatements(catalog{})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(without.invoices, "relatedinvoice_id") || strings.Contains(without.lines, "m_product_category_parent_id") {
		t.Error("a column that is not there is read")
	}
	with, err := newStatements(catalog{
		"c_invoice.relatedinvoice_id": {readable: true},
		"c_invoice.reversal_id":       {readable: false},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(with.invoices, "i.relatedinvoice_id::text") {
		t.Error("a column that is there is not read")
	}
	if strings.Contains(with.invoices, "i.reversal_id") {
		t.Error("a column that may not be read is read")
	}
}

func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		name string
		f    facts
		want string // part of the only message; "" for none
	}{
		{"nothing odd", facts{}, ""},
		{"many documents without an index", facts{health: health{documents: 200_000}}, "200000 sales documents and no index"},
		{"many documents with one", facts{health: health{documents: 200_000, indexed: true}}, ""},
		{"few documents without an index", facts{health: health{documents: 199_999}}, ""},
		{"no encoding", facts{server: server{encoding: "SQL_ASCII"}}, "SQL_ASCII"},
		{"a superuser, who may create anything", facts{server: server{superuser: true, creates: true}}, "superuser"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.f.warnings()
			switch {
			case c.want == "" && len(got) > 0:
				t.Errorf("got %v", got)
			case c.want != "" && (len(got) != 1 || !strings.Contains(got[0].Message, c.want)):
				t.Errorf("got %v, want %q alone", got, c.want)
			}
		})
	}
}

func TestProduct(t *testing.T) {
	numeric := column{kind: "numeric"}
	for _, c := range []struct {
		name, want string
		found      catalog
	}{
		{"newer", "iDempiere", catalog{"c_invoice.c_invoice_id": numeric, "c_invoice.c_invoice_uu": {}, "c_invoice.reversal_id": {}}},
		{"older", "ADempiere", catalog{"c_invoice.c_invoice_id": numeric, "c_invoice.reversal_id": {}}},
		{"oldest", "Compiere", catalog{"c_invoice.c_invoice_id": numeric}},
		{"instants", "", catalog{"c_invoice.c_invoice_id": numeric, "c_invoice.updated": {kind: "timestamp with time zone"}}},
		{"integer keys", "", catalog{"c_invoice.c_invoice_id": {kind: "integer"}}},
		{"text keys", "", catalog{"c_invoice.c_invoice_id": {kind: "character varying"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.found.product()
			if got != c.want || (err == nil) != (c.want != "") {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	if _, err := (catalog{"c_invoice.c_invoice_id": {kind: "uuid"}}).product(); err == nil {
		t.Error("an unknown kind of key was taken")
	}
}
