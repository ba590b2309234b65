package compiere_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/compiere"
)

// A draft has its type only in the target column; completion fills the other one.
func TestDraftBecomesRelease(t *testing.T) {
	e := stocked(t, "adempiere")
	src := e.open(t)
	e.invoice(t, 900, row{
		"docstatus": "DR", "c_doctype_id": 0, "ad_org_id": 1000001, "paymentrule": "K", "ispaid": "Y",
		"poreference": "ZAM/7", "description": "pilne", "dateinvoiced": "2026-01-15 18:08:37",
	})
	draft := find(t, src, "900")
	same(t, "key", draft.Key, connectors.InvoiceKey{Type: "C_Invoice", ID: "900"})
	same(t, "state", draft.State, connectors.Buffered)
	same(t, "date, without its time of day", draft.IssuedOn, connectors.Date("2026-01-15"))
	same(t, "date of sale", draft.SoldOn, draft.IssuedOn)
	same(t, "store", draft.Store, "CENTRALA")
	same(t, "form of payment", draft.PaymentForm, "K")
	same(t, "paid", draft.Paid, true)
	same(t, "attributes", draft.Attributes, map[string]string{
		"docstatus": "DR", "doctype": "Faktura", "poreference": "ZAM/7", "description": "pilne",
	})

	e.must(t, "UPDATE c_invoice SET docstatus = 'CO', c_doctype_id = c_doctypetarget_id WHERE c_invoice_id = 900")
	done := find(t, src, "900")
	same(t, "key after completion", done.Key, draft.Key)
	same(t, "state after completion", done.State, connectors.Released)
	if done.Digest == draft.Digest {
		t.Error("completion did not change the digest")
	}

	e.must(t, "UPDATE c_invoice SET docstatus = 'IP' WHERE c_invoice_id = 900")
	same(t, "state after re-activation", find(t, src, "900").State, connectors.Buffered)
}

func TestCreditMemo(t *testing.T) {
	d := newDatabase(t)
	for _, c := range []struct {
		name, member   string
		id             int
		header         row
		corrects       string
		isReturn       bool
		quantity, gros string
	}{
		{"linked in iDempiere", "idempiere", 901, row{"c_doctype_id": 118, "relatedinvoice_id": 900}, "900", false, "-2", "-123"},
		{"standing alone in iDempiere", "idempiere", 902, row{"c_doctype_id": 118}, "", true, "-2", "-123"},
		{"a draft of one", "idempiere", 903, row{"c_doctype_id": 0, "c_doctypetarget_id": 118, "docstatus": "DR"}, "", true, "-2", "-123"},
		{"a link on an invoice is none", "idempiere", 904, row{"relatedinvoice_id": 900}, "", false, "2", "123"},
		{"standing alone in ADempiere", "adempiere", 901, row{"c_doctype_id": 118}, "", true, "-2", "-123"},
		{"standing alone in Compiere", "compiere", 901, row{"c_doctype_id": 118, "isreturntrx": "Y"}, "", true, "-2", "-123"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := d.stocked(t, c.member)
			e.invoice(t, 900, nil)
			e.invoice(t, c.id, c.header)
			e.line(t, c.id, 9010, nil)
			got := find(t, e.open(t), strconv.Itoa(c.id))
			same(t, "corrects", got.Corrects, c.corrects)
			same(t, "return", got.Return, c.isReturn)
			same(t, "gross", got.Gross, dec(c.gros))
			same(t, "quantity", got.Lines[0].Quantity, dec(c.quantity))
			same(t, "quantity on the document", got.Lines[0].DocumentQuantity, dec(c.quantity))
			same(t, "line gross", got.Lines[0].Gross, dec(c.gros))
			same(t, "line correction", got.Lines[0].Corrects, "")
		})
	}
}

func TestNegativeInvoiceIsReturn(t *testing.T) {
	e := stocked(t, "adempiere")
	e.invoice(t, 900, row{"grandtotal": "-6536.22"})
	got := find(t, e.open(t), "900")
	same(t, "return", got.Return, true)
	same(t, "gross", got.Gross, dec("-6536.22"))
}

// Both documents of a reversal are cancelled, the backdated copy too.
func TestReversalPair(t *testing.T) {
	d := newDatabase(t)
	for _, member := range []string{"adempiere", "idempiere", "compiere"} {
		t.Run(member, func(t *testing.T) {
			e := d.stocked(t, member)
			src := e.open(t)
			e.invoice(t, 900, nil)
			e.line(t, 900, 9001, nil)
			same(t, "state before", find(t, src, "900").State, connectors.Released)

			e.must(t, "UPDATE c_invoice SET docstatus = 'RE', updated = '2026-02-01 09:00' WHERE c_invoice_id = 900")
			e.invoice(t, 901, row{"docstatus": "RE", "grandtotal": "-123.00", "updated": "2026-02-01 09:00", "documentno": "FV/900^"})
			e.line(t, 901, 9011, row{"linenetamt": "-100.00", "qtyinvoiced": -2, "qtyentered": -2})
			other := ""
			if member != "compiere" {
				e.must(t, "UPDATE c_invoice SET reversal_id = 1801 - c_invoice_id")
				other = "900"
			}
			page, err := src.Invoices(t.Context(), connectors.Range{Floor: "2026-02-01T00:00:00.000000", Ceiling: "2026-02-02T00:00:00.000000"}, 10)
			if err != nil {
				t.Fatal(err)
			}
			if len(page.Items) != 2 {
				t.Fatalf("%d documents in the pass, want both of the pair", len(page.Items))
			}
			for _, inv := range page.Items {
				same(t, "state of "+inv.Key.ID, inv.State, connectors.Cancelled)
			}
			same(t, "reversed document", page.Items[1].Attributes["reversal"], other)
			same(t, "net of the pair", page.Items[0].Lines[0].Net.Add(page.Items[1].Lines[0].Net), dec("0"))
		})
	}
}

func TestTotals(t *testing.T) {
	d := newDatabase(t)
	for _, c := range []struct {
		name               string
		header             row
		line               row
		tax                string // of C_InvoiceTax; "" for no row
		net, gross         string
		lineNet, lineGross string
	}{
		{"tax on top", row{}, row{}, "23.00", "100", "123", "100", "123"},
		{"tax inside", row{"istaxincluded": "Y"}, row{"linenetamt": "123.00"}, "23.00", "100", "123", "100", "123"},
		{"tax rounded per document", row{"grandtotal": "123.01"}, row{}, "23.01", "100", "123.01", "100", "123"},
		{"before the taxes exist", row{"istaxincluded": "Y", "grandtotal": "0"}, row{"linenetamt": "123.00"}, "", "100", "0", "100", "123"},
		{"summary tax of two parts", row{"grandtotal": "114.50"}, row{"c_tax_id": 110}, "14.50", "100", "114.5", "100", "114.5"},
		{"no tax", row{"grandtotal": "100"}, row{"c_tax_id": nil}, "", "100", "100", "100", "100"},
		{"currency without decimals", row{"c_currency_id": 113, "grandtotal": "123"}, row{"linenetamt": "100", "c_tax_id": 101}, "8", "115", "123", "100", "108"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := d.stocked(t, "adempiere")
			e.invoice(t, 900, c.header)
			e.line(t, 900, 9001, c.line)
			if c.tax != "" {
				e.insert(t, "c_invoicetax", row{"c_invoice_id": 900, "c_tax_id": 100, "taxamt": c.tax})
			}
			got := find(t, e.open(t), "900")
			same(t, "net", got.Net, dec(c.net))
			same(t, "gross", got.Gross, dec(c.gross))
			same(t, "net of the line", got.Lines[0].Net, dec(c.lineNet))
			same(t, "gross of the line", got.Lines[0].Gross, dec(c.lineGross))
		})
	}
}

func TestLines(t *testing.T) {
	e := stocked(t, "adempiere")
	e.insert(t, "c_charge", row{"c_charge_id": 800, "ad_client_id": 1000000, "name": "Transport"})
	e.insert(t, "m_product", row{"m_product_id": 701, "ad_client_id": 1000000, "value": "MONTAZ", "name": "Montaż", "c_uom_id": 100, "m_product_category_id": 601, "producttype": "S"})
	e.must(t, "INSERT INTO m_product_category VALUES (603, 1000000, 'PĘTLA-A', 604), (604, 1000000, 'PĘTLA-B', 603)")
	e.insert(t, "m_product", row{"m_product_id": 702, "ad_client_id": 1000000, "value": "X", "name": "X", "c_uom_id": 100, "m_product_category_id": 603})
	e.invoice(t, 900, nil)
	e.line(t, 900, 9005, row{"line": 10, "c_uom_id": 101, "qtyinvoiced": "12", "qtyentered": "2"})
	e.line(t, 900, 9001, row{"line": 20, "m_product_id": nil, "c_charge_id": 800, "qtyinvoiced": 1, "qtyentered": 1})
	e.line(t, 900, 9002, row{"line": 30, "m_product_id": 701})
	e.line(t, 900, 9003, row{"line": 40, "m_product_id": nil, "isdescription": "Y", "linenetamt": 0, "description": "dziękujemy"})
	e.line(t, 900, 9004, row{"line": 50, "m_product_id": nil, "isdescription": "Y", "linenetamt": "-5", "description": "rabat"})
	e.line(t, 900, 9006, row{"line": 60, "isactive": "N"})
	e.line(t, 900, 9007, row{"line": 70, "m_product_id": 702})

	got := find(t, e.open(t), "900").Lines
	type short struct {
		ID, Code, Name, Group string
		Kind                  connectors.LineKind
	}
	var all []short
	for _, l := range got {
		all = append(all, short{l.ID, l.Code, l.Name, l.Group, l.Kind})
	}
	same(t, "lines", all, []short{
		{"9005", "WINO-1", "Wino białe", "ALKO/WINA", connectors.Goods},
		{"9001", "Transport", "Transport", "", connectors.Charge},
		{"9002", "MONTAZ", "Montaż", "ALKO", connectors.Service},
		{"9004", "", "rabat", "", connectors.Charge},
		{"9007", "X", "X", "PĘTLA-B/PĘTLA-A", connectors.Goods},
	})
	if len(got) == 0 {
		return
	}
	same(t, "base quantity", got[0].Quantity.String()+" "+got[0].Unit, "12 szt")
	same(t, "quantity on the document, in a unit without symbol", got[0].DocumentQuantity.String()+" "+got[0].DocumentUnit, "2 CS")
	same(t, "attributes", got[0].Attributes, map[string]string{"upc": "590123", "sku": "S-1"})
}

func TestParties(t *testing.T) {
	d := newDatabase(t)
	for _, c := range []struct {
		name, member     string
		order            row // nil for an invoice without one
		recipient, payer string
	}{
		{"no order", "adempiere", nil, "500", "500"},
		{"order for another partner", "adempiere", row{"c_bpartner_id": 501, "bill_bpartner_id": 500}, "501", "500"},
		{"paid by a third", "adempiere", row{"c_bpartner_id": 501, "pay_bpartner_id": 502}, "501", "502"},
		{"no paying partner in the schema", "compiere", row{"c_bpartner_id": 501}, "501", "500"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := d.stocked(t, c.member)
			if c.order != nil {
				e.insert(t, "c_order", row{"c_order_id": 950, "documentno": "ZS/1"}.with(c.order))
				e.invoice(t, 900, row{"c_order_id": 950})
			} else {
				e.invoice(t, 900, nil)
			}
			src := e.open(t)
			got := find(t, src, "900")
			same(t, "parties", []string{got.Buyer, got.Recipient, got.Payer}, []string{"500", c.recipient, c.payer})
			if c.order == nil {
				return
			}
			same(t, "order", got.Attributes["order"], "ZS/1")
			e.must(t, "UPDATE c_order SET c_bpartner_id = 777")
			if find(t, src, "900").Digest == got.Digest {
				t.Error("another recipient did not change the digest")
			}
		})
	}
}

// Law 6: what the filter does not take is still found by key, with the reason.
func TestOutOfScope(t *testing.T) {
	e := stocked(t, "adempiere")
	e.invoice(t, 900, nil)
	e.invoice(t, 901, row{"ad_client_id": 11})
	e.invoice(t, 902, row{"c_doctype_id": 123, "issotrx": "N"})
	e.invoice(t, 903, row{"c_doctype_id": 145})
	e.invoice(t, 904, row{"c_doctype_id": 118})
	e.invoice(t, 905, row{"c_doctype_id": 55555}) // a type that is gone
	src := e.open(t, func(c *compiere.Config) { c.Documents = []string{"ARI"} })
	for id, want := range map[string]string{
		"900": "",
		"901": "belongs to another company of the ERP",
		"902": "is not a sales document",
		"903": `document base type "ARF" is not read`,
		"904": `document base type "ARC" is not read`,
		"905": `document base type "" is not read`,
	} {
		same(t, "document "+id, find(t, src, id).OutOfScope, want)
	}
	page, err := src.Keys(t.Context(), "", "", 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Items) != 1 || page.Items[0].Key.ID != "900" {
		t.Errorf("keys in scope: %v", page.Items)
	}
}

// A row stamped before the ceiling of a pass and committed after it is read by
// the next pass, whose floor lies before that ceiling.
func TestLateCommit(t *testing.T) {
	ctx := t.Context()
	e := stocked(t, "adempiere")
	e.invoice(t, 900, nil)
	e.invoice(t, 901, row{"updated": "2026-01-15 10:00:02"})
	src := e.open(t)
	late, err := e.db.admin.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer late.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // committed below
	if _, err := late.Exec(ctx, "UPDATE "+e.schema+".c_invoice SET docstatus = 'RE', updated = '2026-01-15 10:00:01' WHERE c_invoice_id = 900"); err != nil {
		t.Fatal(err)
	}
	pass := connectors.Range{Floor: "2026-01-15T10:00:00.500000", Ceiling: "2026-01-15T10:00:02.000000"}
	count := func() []string {
		page, err := src.Invoices(ctx, pass, 10)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, inv := range page.Items {
			ids = append(ids, inv.Key.ID)
		}
		return ids
	}
	same(t, "before the commit", count(), []string{"901"})
	if err := late.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	same(t, "after the commit", count(), []string{"900", "901"})
}

// Headers and lines of a page are of one and the same state: the lines wait for a
// lock here, and meanwhile the document changes.
func TestPageIsOneState(t *testing.T) {
	ctx := t.Context()
	e := stocked(t, "adempiere")
	e.invoice(t, 900, nil)
	e.line(t, 900, 9001, nil)
	src := e.open(t, func(c *compiere.Config) { c.LockTimeout = time.Minute })
	other, err := e.db.admin.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // committed below
	lock(t, other, e.schema+".m_product")

	type result struct {
		page connectors.Page[connectors.Invoice]
		err  error
	}
	read := make(chan result, 1)
	go func() {
		page, err := src.Invoices(ctx, connectors.Range{Ceiling: "2099-01-01T00:00:00.000000"}, 10)
		read <- result{page, err}
	}()
	e.awaitWaiting(t)
	if _, err := other.Exec(ctx, "UPDATE "+e.schema+".c_invoiceline SET linenetamt = 999"); err != nil {
		t.Fatal(err)
	}
	if err := other.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	got := <-read
	if got.err != nil {
		t.Fatal(got.err)
	}
	same(t, "net of the line", got.page.Items[0].Lines[0].Net, dec("100"))
}

func TestLockedTablesAreTransient(t *testing.T) {
	e := stocked(t, "adempiere")
	src := e.open(t, func(c *compiere.Config) { c.LockTimeout = time.Millisecond })
	other, err := e.db.admin.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Rollback(context.WithoutCancel(t.Context())) //nolint:errcheck // nothing to keep
	lock(t, other, e.schema+".c_invoice")
	_, err = src.Keys(t.Context(), "", "", 1)
	if !errors.Is(err, connectors.ErrTransient) {
		t.Errorf("got %v, want ErrTransient", err)
	}
}

func lock(t *testing.T, tx pgx.Tx, table string) {
	t.Helper()
	if _, err := tx.Exec(t.Context(), "LOCK TABLE "+table+" IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
}

// awaitWaiting returns when the connector waits for a lock.
func (e *erp) awaitWaiting(t *testing.T) {
	t.Helper()
	for {
		var waiting bool
		err := e.db.admin.QueryRow(t.Context(), "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE usename = $1 AND wait_event_type = 'Lock')", e.role).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
		if waiting {
			return
		}
	}
}
