package compiere

import (
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loyalsync/loyalsync/connectors"
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
			if !recognising(table.name+"."+column) && !regexp.MustCompile(`\b`+column+`\b`).MatchString(text) {
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
	for _, table := range tables() {
		whole := regexp.MustCompile(`\n    adempiere\.` + table.name + `[,\n]`).MatchString(text)
		if whole == (table.holdsPasswords() || table.columns == "") {
			t.Errorf("%s granted as a whole: %v", table.name, whole)
		}
	}
	if !strings.Contains(text, "GRANT SELECT (ad_user_id, c_bpartner_id, name, email, phone, isactive)") {
		t.Errorf("the users' columns are not in\n%s", text)
	}
}

func TestOptionalColumns(t *testing.T) {
	without, err := newStatements(catalog{}, member{})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(without.invoicesByKey, "relatedinvoice_id") || strings.Contains(without.lines, "m_product_category_parent_id") {
		t.Error("a column that is not there is read")
	}
	with, err := newStatements(catalog{
		"c_invoice.relatedinvoice_id": {readable: true},
		"c_invoice.reversal_id":       {readable: false},
	}, member{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(with.invoicesByKey, "i.relatedinvoice_id::text") {
		t.Error("a column that is there is not read")
	}
	if strings.Contains(with.invoicesByKey, "i.reversal_id") {
		t.Error("a column that may not be read is read")
	}
}

// TestComputedOnce: a server that takes WITH apart would compute the taxes once for
// every header when it takes the page for a single one.
func TestComputedOnce(t *testing.T) {
	for version, want := range map[string]bool{
		"9.6.24": false, "11.22": false, "12.0": true, "15.18 (Debian 15.18-0+deb12u1)": true, "17beta1": true, "16": true, "": false,
	} {
		if inlines(version) != want {
			t.Errorf("version %q: %v", version, !want)
		}
		st, err := newStatements(catalog{}, member{inlines: inlines(version)})
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"invoices_by_key": st.invoicesByKey, "keys": st.keys, "late": st.late, "items": st.items} {
			if parts := strings.Count(text, "AS MATERIALIZED ("); (parts == 1) != want {
				t.Errorf("version %q: %d parts of %s are computed once", version, parts, name)
			}
		}
	}
}

func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		name string
		f    facts
		want string // part of the only message; "" for none
	}{
		{"nothing odd", facts{}, ""},
		{"a column that only some members have is withheld", facts{catalog: catalog{"c_pos.c_bpartnercashtrx_id": {}}}, "may not read c_pos.c_bpartnercashtrx_id"},
		{"a member without a proof", facts{member: member{product: productLibertya}}, "Libertya"},
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

func TestMember(t *testing.T) {
	numeric, text := column{kind: "numeric"}, column{kind: "character varying"}
	instant := column{kind: "timestamp with time zone"}
	for _, c := range []struct {
		name, product, key string
		instants           bool
		found              catalog
	}{
		{"with universal ids", "iDempiere", "numeric", false, catalog{"c_invoice.c_invoice_id": numeric, "c_invoice.c_invoice_uu": {}, "c_invoice.reversal_id": {}}},
		{"with a link between reversals", "ADempiere", "numeric", false, catalog{"c_invoice.c_invoice_id": numeric, "c_invoice.reversal_id": {}}},
		{"with neither", "Compiere", "numeric", false, catalog{"c_invoice.c_invoice_id": numeric}},
		{"subtypes of all documents", "metasfresh", "numeric", true, catalog{"c_invoice.c_invoice_id": numeric, "c_invoice.updated": instant, "c_doctype.docsubtype": {}, "c_invoice.reversal_id": {}}},
		{"the same, before instants", "metasfresh", "numeric", false, catalog{"c_invoice.c_invoice_id": numeric, "c_doctype.docsubtype": {}}},
		{"text keys", "Openbravo", "text", false, catalog{"c_invoice.c_invoice_id": text}},
		{"types with a sign", "Libertya", "bigint", false, catalog{"c_invoice.c_invoice_id": {kind: "integer"}, "c_doctype.signo_issotrx": {}}},
		{"types with a sign, numeric keys", "Libertya", "numeric", false, catalog{"c_invoice.c_invoice_id": numeric, "c_doctype.signo_issotrx": {}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.found.member()
			if err != nil || got.product != c.product || got.keys.cast != c.key || got.instants != c.instants {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	if _, err := (catalog{"c_invoice.c_invoice_id": {kind: "uuid"}}).member(); !errors.Is(err, connectors.ErrSchema) {
		t.Errorf("an unknown kind of key: %v", err)
	}
}

func TestIndexFinding(t *testing.T) {
	for _, c := range []struct {
		name string
		d    documentsHealth
		want connectors.Condition
	}{
		{"many documents without one", documentsHealth{documents: 200_000}, connectors.Remark},
		{"many documents with one", documentsHealth{documents: 200_000, indexed: true}, connectors.Fine},
		{"few documents without one", documentsHealth{documents: 199_999}, connectors.Fine},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.d.index(false); got.Condition != c.want || (got.Hint == "") != (c.want == connectors.Fine) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// A column that says that a document takes value back must be readable where it is
// there: without it a return would give points. Others are taken for empty.
func TestColumnsThatDecideTheSign(t *testing.T) {
	found := catalog{}
	for _, table := range tables() {
		for name := range strings.FieldsSeq(table.columns) {
			found[table.name+"."+name] = column{table: table.name, name: name, readable: true}
		}
	}
	for name, want := range map[string][]string{"isreturn": {"c_doctype"}, "signo_issotrx": {"c_doctype"}, "docsubtype": nil} {
		key := "c_doctype." + name
		if missing, refused := found.missing(); len(missing)+len(refused) > 0 {
			t.Fatalf("missing %v, refused %v", missing, refused)
		}
		found[key] = column{table: "c_doctype", name: name}
		if missing, refused := found.missing(); len(missing) > 0 || !slices.Equal(refused, want) || len(found.withheld()) > 0 {
			t.Errorf("%s withheld: missing %v, refused %v, withheld %v", name, missing, refused, found.withheld())
		}
		found[key] = column{table: "c_doctype", name: name, readable: true}
		if _, refused := found.missing(); len(refused) > 0 {
			t.Errorf("%s readable: refused %v", name, refused)
		}
		delete(found, key)
	}
}
