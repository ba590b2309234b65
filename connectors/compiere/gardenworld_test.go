package compiere_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/compiere"
)

// loadDump runs a plain pg_dump with its COPY blocks.
func loadDump(t *testing.T, conn *pgx.Conn, path string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // only read
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var statements, rows strings.Builder
	copying := ""
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		switch s := lines.Text(); {
		case copying != "" && s == `\.`:
			if _, err := conn.PgConn().CopyFrom(t.Context(), strings.NewReader(rows.String()), copying); err != nil {
				t.Fatalf("%s: %v", copying, err)
			}
			copying = ""
			rows.Reset()
		case copying != "":
			rows.WriteString(s + "\n")
		case strings.HasPrefix(s, "COPY "):
			if _, err := conn.Exec(t.Context(), statements.String()); err != nil {
				t.Fatal(err)
			}
			statements.Reset()
			copying = s
		case !strings.HasPrefix(s, `\`): // a command of psql
			statements.WriteString(s + "\n")
		}
	}
	if _, err := conn.Exec(t.Context(), statements.String()); err != nil || lines.Err() != nil {
		t.Fatal(err, lines.Err())
	}
}

// TestGardenWorld reads ADempiere's own demo company through a login that may
// only read, and compares with figures worked out from the raw tables.
func TestGardenWorld(t *testing.T) {
	dump := os.Getenv("LOYALSYNC_TEST_ADEMPIERE")
	if dump == "" {
		t.Skip("LOYALSYNC_TEST_ADEMPIERE is not set") // it is nobody's to install
	}
	ctx := t.Context()
	e := &erp{db: newDatabase(t), schema: "adempiere", role: uniqueName("ro"), zone: "Europe/Warsaw"}
	conn, err := pgx.Connect(ctx, e.db.url.String())
	if err != nil {
		t.Fatal(err)
	}
	loadDump(t, conn, dump)
	must(t, conn.Close(ctx))
	login, err := compiere.LoginSQL(e.db.name, "", e.role)
	if err != nil {
		t.Fatal(err)
	}
	e.must(t, login)
	t.Cleanup(func() { e.drop(context.WithoutCancel(ctx), t) })
	src := e.open(t, func(c *compiere.Config) { c.Schema = "" })

	r := check(t, src)
	same(t, "product", r.Product, "ADempiere")
	same(t, "identity", r.Identity, "11|GardenWorld|2006-08-10T20:22:41")
	if len(r.Writable)+len(r.Missing)+len(r.Warnings) > 0 {
		t.Errorf("writable %v, missing %v, warnings %v", r.Writable, r.Missing, r.Warnings)
	}

	net, gross := sums(t, src)
	same(t, "net of each contractor", net, map[string]string{"112": "142.5", "117": "152", "118": "215.9"})
	same(t, "gross of each contractor", gross, map[string]string{"112": "151.05", "117": "161.12", "118": "228.85"})
	same(t, "net of each contractor by plain SQL", net, e.plainSums(t))

	page, err := src.Contractors(ctx, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, c := range page.Items {
		codes = append(codes, c.Code)
	}
	same(t, "contractors", codes, []string{"Standard", "C&W", "JoeBlock", "GardenUser", "SeedFarm", "Patio"})
	people, err := src.Representatives(ctx, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	var of []string
	for _, p := range people.Items {
		of = append(of, p.Name+" of "+p.Contractor)
	}
	same(t, "representatives", of, []string{"GardenUser of 119", "Carl Boss of 117", "Henry Seed of 120"})

	tree := find(t, src, "103")
	if len(tree.Lines) != 3 {
		t.Fatalf("document 103 has %d lines", len(tree.Lines))
	}
	same(t, "store", tree.Store, "HQ")
	same(t, "currency", tree.Currency, "USD")
	same(t, "kind of the planting", tree.Lines[0].Kind, connectors.Service)
	same(t, "item", tree.Lines[2].Code+" of "+tree.Lines[2].Group+", "+tree.Lines[2].Quantity.String()+" "+tree.Lines[2].Unit, "Oak of Tree, 1 Ea")
	same(t, "gross of the line", tree.Lines[2].Gross, dec("65.46")) // 61.75 and 6 %, half up
	same(t, "vendor bill", find(t, src, "105").OutOfScope, "is not a sales document")
}

// sums are net and gross of the released documents of each buyer.
func sums(t *testing.T, src *compiere.Source) (net, gross map[string]string) {
	t.Helper()
	nets, grosses := map[string]decimal.Decimal{}, map[string]decimal.Decimal{}
	after := connectors.Position("")
	for {
		page, err := src.Invoices(t.Context(), connectors.Range{Ceiling: "2099-01-01T00:00:00.000000", After: after}, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, inv := range page.Items {
			if inv.State == connectors.Released {
				nets[inv.Buyer] = nets[inv.Buyer].Add(inv.Net)
				grosses[inv.Buyer] = grosses[inv.Buyer].Add(inv.Gross)
			}
		}
		if page.Done {
			break
		}
		after = page.Next
	}
	net, gross = map[string]string{}, map[string]string{}
	for buyer := range nets {
		net[buyer], gross[buyer] = nets[buyer].String(), grosses[buyer].String()
	}
	return net, gross
}

// plainSums are the nets again, from the lines and by SQL alone.
func (e *erp) plainSums(t *testing.T) map[string]string {
	t.Helper()
	rows, err := e.db.admin.Query(t.Context(), `
		SELECT i.c_bpartner_id::text, sum(CASE d.docbasetype WHEN 'ARC' THEN -l.linenetamt ELSE l.linenetamt END)::text
		FROM adempiere.c_invoice i
		JOIN adempiere.c_invoiceline l USING (c_invoice_id)
		JOIN adempiere.c_doctype d ON d.c_doctype_id = i.c_doctype_id
		WHERE i.ad_client_id = 11 AND i.issotrx = 'Y' AND i.docstatus IN ('CO', 'CL') AND d.docbasetype IN ('ARI', 'ARC')
		GROUP BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	var buyer, net string
	_, err = pgx.ForEachRow(rows, []any{&buyer, &net}, func() error {
		out[buyer] = dec(net).String()
		return nil
	})
	must(t, err)
	return out
}
