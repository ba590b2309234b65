package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/loyalsync/loyalsync/connectors/compiere"
)

const compiereYAML = `timezone: Europe/Warsaw
log: {level: error, format: text}
store: {url: "sqlite:data/loyalsync.db"}
sources:
  - {name: erp, connector: compiere, url: "URL", page: 3}
mappings:
  - source: erp
    program: main
    contractors: {where: 'group == "VIP"'}
    earn_from: 2026-01-01
programs:
  - name: main
    currency: PLN
    guard: {max_reversed: 100%}
    rules_from: 2026-01-01
    rules:
      - {name: ten, based_on: bill, calculate_on: net, per: "10", points: "1"}
platforms: [{name: panel, kind: panel}]
jobs:
  - {name: people, kind: contractors, source: erp, program: main, platforms: [panel], every: 1d}
  - {name: points, kind: points, source: erp, program: main, platforms: [panel], every: 1h}
  - {name: sweep, kind: sweep, source: erp, program: main, platforms: [panel], every: 1d}
`

// family is an ERP of the Compiere family that a history happens in.
type family struct {
	*postgres
	member string
}

// newFamily makes the tables that the connector's own tests have, three customers
// and the cash customer of a till, all of them of the group that takes part.
func newFamily(t *testing.T, member string) family {
	t.Helper()
	f := family{newPostgres(t, member), member}
	for _, file := range []string{"family", member} {
		text, err := os.ReadFile("../../connectors/compiere/testdata/" + file + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		execute(t, f.conn, string(text))
	}
	execute(t, f.conn, `SET TimeZone = 'Europe/Warsaw';
		INSERT INTO c_bp_group (c_bp_group_id, ad_client_id, value, name) VALUES ('400', '1000000', 'VIP', 'Ważni');
		INSERT INTO c_bpartner (c_bpartner_id, ad_client_id, value, name, c_bp_group_id) VALUES
			('500', '1000000', 'K1', 'Pierwszy', '400'), ('501', '1000000', 'K2', 'Drugi', '400'), ('503', '1000000', 'KASA', 'Klient detaliczny', '400');
		UPDATE ad_clientinfo SET c_bpartnercashtrx_id = '503';
		INSERT INTO m_product_category (m_product_category_id, ad_client_id, value) VALUES ('600', '1000000', 'WINA');
		INSERT INTO m_product (m_product_id, ad_client_id, value, name, c_uom_id, m_product_category_id) VALUES ('700', '1000000', 'WINO', 'Wino', '100', '600')`)
	login, err := compiere.LoginSQL(f.name, "public", f.reader)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, f.conn, login)
	return f
}

// sale writes a sales document: its type, "" for a draft without one, the type it
// is going to have, and the net of its lines.
func (f family) sale(id int, partner, status, docType, target string, nets ...int) {
	total := 0
	for _, n := range nets {
		total += n
	}
	if docType == "" {
		docType = "0"
	}
	execute(f.t, f.conn, fmt.Sprintf(`INSERT INTO c_invoice (c_invoice_id, ad_client_id, updated, documentno, docstatus, c_doctype_id, c_doctypetarget_id,
			dateinvoiced, c_bpartner_id, c_currency_id, totallines, grandtotal)
		VALUES ('%d', '1000000', localtimestamp, 'FV/%[1]d', '%s', '%s', '%s', '2026-02-10', '%s', '287', %d, round(%[6]d * 1.23, 2))`,
		id, status, docType, target, partner, total))
	f.lines(id, nets...)
}

func (f family) lines(invoice int, nets ...int) {
	for i, n := range nets {
		sign := 1
		if n < 0 {
			sign = -1
		}
		execute(f.t, f.conn, fmt.Sprintf(`INSERT INTO c_invoiceline (c_invoiceline_id, ad_client_id, c_invoice_id, line, m_product_id, c_uom_id, c_tax_id, qtyinvoiced, linenetamt)
			VALUES ('%d', '1000000', '%d', %d, '700', '100', '100', %d, %d)`, invoice*100+i+1, invoice, 10*(i+1), sign, n))
	}
}

// status moves a document as the server of the ERP does: with a new stamp, and with
// its type once it is complete.
func (f family) status(id int, status string) {
	execute(f.t, f.conn, fmt.Sprintf(`UPDATE c_invoice SET docstatus = '%s', updated = localtimestamp,
		c_doctype_id = CASE WHEN '%[1]s' = 'CO' THEN c_doctypetarget_id ELSE c_doctype_id END WHERE c_invoice_id = '%d'`, status, id))
}

// rewrite gives a document other lines.
func (f family) rewrite(id int, nets ...int) {
	execute(f.t, f.conn, fmt.Sprintf(`DELETE FROM c_invoiceline WHERE c_invoice_id = '%d'`, id))
	f.lines(id, nets...)
	total := 0
	for _, n := range nets {
		total += n
	}
	execute(f.t, f.conn, fmt.Sprintf(`UPDATE c_invoice SET totallines = %d, grandtotal = round(%[1]d * 1.23, 2), updated = localtimestamp WHERE c_invoice_id = '%d'`, total, id))
}

// reverse cancels a completed document of one line: a copy with negated lines, both
// in the status of the member, linked as the member does.
func (f family) reverse(id, copyID, net int) {
	cancelled := "RE"
	if f.member == "openbravo" || f.member == "libertya" {
		cancelled = "VO"
	}
	f.sale(copyID, "500", cancelled, "116", "116", -net)
	f.status(id, cancelled)
	switch f.member {
	case "openbravo":
		execute(f.t, f.conn, fmt.Sprintf(`INSERT INTO c_invoice_reverse VALUES ('%d', '%[1]d', '%d')`, copyID, id))
	case "compiere":
		execute(f.t, f.conn, fmt.Sprintf(`UPDATE c_invoice SET description = CASE c_invoice_id WHEN %d THEN '(FV/%d<-)' ELSE '{->FV/%[1]d)' END WHERE c_invoice_id IN (%[1]d, %d)`, id, copyID, copyID))
	case "libertya":
	default:
		execute(f.t, f.conn, fmt.Sprintf(`UPDATE c_invoice SET reversal_id = %d - c_invoice_id WHERE c_invoice_id IN (%d, %d)`, id+copyID, id, copyID))
	}
}

// reactivates says whether a completed document can become a draft again.
func (f family) reactivates() bool {
	return slices.Contains([]string{"idempiere", "metasfresh", "openbravo"}, f.member)
}

// pos writes a sale at a till: an order, and the invoice that completing it makes.
func (f family) pos(order, invoice int, partner string, net int) {
	execute(f.t, f.conn, fmt.Sprintf(`INSERT INTO c_order (c_order_id, documentno, c_bpartner_id) VALUES ('%d', 'WR/%[1]d', '%s')`, order, partner))
	f.sale(invoice, partner, "CO", "116", "116", net)
	execute(f.t, f.conn, fmt.Sprintf(`UPDATE c_invoice SET c_order_id = '%d' WHERE c_invoice_id = '%d'`, order, invoice))
}

// familyStep is what happens in an ERP of the family, and what it changes: points by
// document, "" for none any more. A document of net n gives n/10 points.
type familyStep struct {
	name      string
	do        func(t *testing.T, f family)
	jobs      []string
	documents map[string]string
	accounts  map[string]string // of K1 (500) and K2 (501), in whole
	merges    string            // as step.merges
}

// compiereHistory is the same history in the terms of each member.
func compiereHistory(f family) []familyStep {
	k1 := func(points string) map[string]string { return map[string]string{"500": points} }
	doc := func(pairs ...string) map[string]string {
		all := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i]] = pairs[i+1]
		}
		return all
	}
	again := "913" // the invoice that replaces a reversed one
	if f.reactivates() {
		again = "902"
	}
	return []familyStep{
		{"an invoice in the buffer, 100 + 50", func(_ *testing.T, f family) { f.sale(900, "500", "DR", "", "116", 100, 50) }, nil, doc("900", "0+15"), k1("0+15"), ""},
		{"it is edited, 100 + 80", func(_ *testing.T, f family) { f.rewrite(900, 100, 80) }, nil, doc("900", "0+18"), k1("0+18"), ""},
		{"it is released", func(_ *testing.T, f family) { f.status(900, "CO") }, nil, doc("900", "18"), k1("18"), ""},
		{"a credit memo of 50, stored positive", func(t *testing.T, f family) {
			f.sale(901, "500", "CO", "118", "118", 50)
			if f.member == "idempiere" {
				execute(t, f.conn, `UPDATE c_invoice SET relatedinvoice_id = 900 WHERE c_invoice_id = 901`)
			}
		}, nil, doc("901", "-5"), k1("13"), ""},
		{"an invoice of 200", func(_ *testing.T, f family) { f.sale(902, "500", "CO", "116", "116", 200) }, nil, doc("902", "20"), k1("33"), ""},
		{"it goes back to the buffer with 120, or is reversed and written again", func(_ *testing.T, f family) {
			if f.reactivates() {
				f.status(902, "DR")
				f.rewrite(902, 120)
				return
			}
			f.reverse(902, 912, 200)
			f.sale(913, "500", "DR", "", "116", 120)
		}, nil, doc("902", "", again, "0+12"), k1("13+12"), ""},
		{"that is released", func(_ *testing.T, f family) {
			f.status(map[bool]int{true: 902, false: 913}[f.reactivates()], "CO")
		}, nil, doc(again, "12"), k1("25"), ""},
		{"an invoice of 100", func(_ *testing.T, f family) { f.sale(903, "500", "CO", "116", "116", 100) }, nil, doc("903", "10"), k1("35"), ""},
		{"all of it is returned", func(_ *testing.T, f family) {
			docType := "118"
			if f.member == "openbravo" {
				docType = "119" // ARI_RM
			}
			f.sale(904, "500", "CO", docType, docType, 100)
		}, nil, doc("904", "-10"), k1("25"), ""},
		{"an invoice of 300", func(_ *testing.T, f family) { f.sale(905, "500", "CO", "116", "116", 300) }, nil, doc("905", "30"), k1("55"), ""},
		{"it is reversed", func(_ *testing.T, f family) { f.reverse(905, 906, 300) }, nil, doc("905", ""), k1("25"), ""},
		{"a draft of 90", func(_ *testing.T, f family) { f.sale(907, "500", "DR", "", "116", 90) }, nil, doc("907", "0+9"), k1("25+9"), ""},
		{"it is voided", func(_ *testing.T, f family) {
			f.rewrite(907, 0)
			f.status(907, "VO")
		}, nil, doc("907", ""), k1("25"), ""},
		{"an invoice of 70 to K2", func(_ *testing.T, f family) { f.sale(908, "501", "CO", "116", "116", 70) }, nil, doc("908", "7"), doc("500", "25", "501", "7"), ""},
		{"K2 is merged into K1: keys change, stamps do not", func(t *testing.T, f family) {
			execute(t, f.conn, `UPDATE c_invoice SET c_bpartner_id = '500' WHERE c_bpartner_id = '501';
				UPDATE c_bpartner SET isactive = 'N' WHERE c_bpartner_id = '501'`)
		}, []string{"people", "points", "sweep"}, nil, k1("32"), "K2>K1 documents"},
		{"K1 leaves the group: he keeps his points, an invoice of 80 in a month gives none", func(t *testing.T, f family) {
			execute(t, f.conn, `UPDATE c_bpartner SET c_bp_group_id = NULL WHERE c_bpartner_id = '500'`)
			f.sale(915, "500", "CO", "116", "116", 80)
			execute(t, f.conn, `UPDATE c_invoice SET dateinvoiced = current_date + 30 WHERE c_invoice_id = '915'`)
		}, []string{"people", "points"}, nil, k1("32"), ""},
		{"K1 is in the group again: that invoice counts", func(t *testing.T, f family) {
			execute(t, f.conn, `UPDATE c_bpartner SET c_bp_group_id = '400' WHERE c_bpartner_id = '500'`)
		}, []string{"people", "points"}, doc("915", "8"), k1("40"), ""},
		{"sales at a till, 40 to K1 and 500 to nobody", func(_ *testing.T, f family) {
			f.pos(950, 909, "500", 40)
			f.pos(951, 914, "503", 500)
		}, nil, doc("909", "4"), k1("44"), ""},
		{"a draft of 60", func(_ *testing.T, f family) { f.sale(910, "500", "DR", "", "116", 60) }, nil, doc("910", "0+6"), k1("44+6"), ""},
		{"it is deleted", func(t *testing.T, f family) { execute(t, f.conn, `DELETE FROM c_invoice WHERE c_invoice_id = '910'`) }, []string{"sweep"}, doc("910", ""), k1("44"), ""},
		{"an invoice of 110 that was stamped three days before it was committed", func(t *testing.T, f family) {
			f.sale(911, "500", "CO", "116", "116", 110)
			execute(t, f.conn, `UPDATE c_invoice SET updated = updated - interval '3 days' WHERE c_invoice_id = '911'`)
		}, nil, doc("911", "11"), k1("55"), ""},
	}
}

// TestCompiereHistory lets the same things happen in every member of the family,
// each in its own way. A store that begins at the end comes to the same.
func TestCompiereHistory(t *testing.T) {
	for _, member := range []string{"adempiere", "idempiere", "compiere", "openbravo", "metasfresh", "libertya"} {
		t.Run(member, func(t *testing.T) {
			f := newFamily(t, member)
			w := familyWorld(t, f)
			w.must("run", "people")
			documents := map[string]string{}
			var steps []step[family]
			for _, s := range compiereHistory(f) {
				maps.Copy(documents, s.documents)
				maps.DeleteFunc(documents, func(_, points string) bool { return points == "" })
				steps = append(steps, step[family]{name: s.name, do: s.do, jobs: s.jobs, documents: maps.Clone(documents), accounts: s.accounts, merges: s.merges})
			}
			play(t, w, f, steps)
			fresh := familyWorld(t, f)
			for _, job := range []string{"people", "points"} {
				fresh.must("run", job)
			}
			last := steps[len(steps)-1]
			fresh.holds("a store that begins at the end", last.documents, last.accounts, map[string]string{"914": "anonymous"})
		})
	}
}

func familyWorld(t *testing.T, f family) world {
	t.Helper()
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG", "LOYALSYNC_CONFIG"} {
		t.Setenv(name, "")
	}
	w := world{t: t, dir: t.TempDir()}
	w.write("loyalsync.yaml", strings.Replace(compiereYAML, "URL", f.as(f.reader), 1))
	return w
}
