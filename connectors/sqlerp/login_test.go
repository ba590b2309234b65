package sqlerp_test

import (
	"strings"
	"testing"

	"github.com/loyalsync/loyalsync/connectors/sqlerp"
)

func TestLoginSQL(t *testing.T) {
	c := sqlerp.Config{
		URL:         "postgres://reader:hunter2@erp/sales",
		Contractors: sqlerp.Statement{Select: "WITH best AS (SELECT id FROM erp.scores) SELECT k.id FROM erp.customers k JOIN best USING (id) LEFT JOIN \"Groups\" g ON true"},
		Invoices:    sqlerp.Statement{Select: "SELECT extract(year FROM issued), 'from nowhere' AS note FROM invoices -- from comment\n"},
		Lines:       sqlerp.Statement{Select: "SELECT * FROM (SELECT id FROM invoice_lines) x"},
	}
	script := func(c sqlerp.Config) string {
		t.Helper()
		text, err := sqlerp.LoginSQL(c)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	text := script(c)
	for _, want := range []string{
		"CREATE ROLE reader LOGIN", "in the database sales", "GRANT USAGE ON SCHEMA erp, public TO reader;",
		"GRANT SELECT ON\n  \"Groups\",\n  erp.customers,\n  erp.scores,\n  invoice_lines,\n  invoices\nTO reader;",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for _, never := range []string{"hunter2", "nowhere", "best", "comment,", "issued"} {
		if strings.Contains(text, never) {
			t.Errorf("%q in\n%s", never, text)
		}
	}
	c.URL = "mysql://reader:hunter2@erp/sales"
	for _, want := range []string{"CREATE USER 'reader'@'%' IDENTIFIED BY", "GRANT SELECT ON erp.customers TO 'reader'@'%';", "GRANT SELECT ON sales.invoices TO"} {
		if text := script(c); !strings.Contains(text, want) || strings.Contains(text, "hunter2") {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	c.URL = "sqlserver://reader:hunter2@erp?database=sales"
	c.Lines.Select = "SELECT * FROM [Order Lines] x JOIN other.sch.[T] y ON 1 = 1"
	for _, want := range []string{"[reader]", "[sales]", "[dbo].[Order Lines]", "[sch].[T]", "[erp].[customers]"} {
		if text := script(c); !strings.Contains(text, want) || strings.Contains(text, "hunter2") {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if text := script(sqlerp.Config{URL: "sqlite:erp.db"}); !strings.Contains(text, "needs no login") || strings.Contains(text, "GRANT") {
		t.Errorf("SQLite: %s", text)
	}
}
