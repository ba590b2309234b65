package compiere_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/compiere"
	"github.com/loyalsync/loyalsync/connectors/connectortest"
)

func TestSuite(t *testing.T) {
	for _, member := range []string{"adempiere", "idempiere", "compiere", "metasfresh", "openbravo", "libertya"} {
		t.Run(member, func(t *testing.T) {
			f := &filler{db: newDatabase(t), member: member, erps: map[connectors.Source]*erp{}}
			t.Cleanup(func() {
				for _, e := range f.erps {
					e.drop(context.WithoutCancel(t.Context()), t)
				}
			})
			lossy := map[string]string{
				"Contractor.Email":          "is that of a contact, and so another record of the fixture",
				"Contractor.MergedInto":     "a merged partner loses its documents, no link stays",
				"Contractor.Attributes":     "the ERP has fixed columns, see TestContractors",
				"Contractor.Erased":         "the ERP makes nobody anonymous",
				"Representative.Default":    "the ERP has no choice among contacts",
				"Representative.Erased":     "the ERP makes nobody anonymous",
				"Representative.Consents":   "the ERP has no consents",
				"Representative.Attributes": "the ERP has fixed columns",
				"Invoice.ExternalNo":        "the ERP has no number of an outside register",
				"Invoice.SoldOn":            "the ERP has one date",
				"Invoice.Recipient":         "is the buyer where the order names nobody, see TestParties",
				"Invoice.Payer":             "is the buyer where the order names nobody, see TestParties",
				"Invoice.Rate":              "is that of a list, see TestRates",
				"Invoice.PaymentForm":       "is one letter, see TestDraftBecomesRelease",
				"Invoice.Corrects":          "only a credit memo has it, see TestCreditMemo",
				"Invoice.Return":            "follows from type and sign, see TestCreditMemo",
				"Invoice.Attributes":        "the ERP has fixed columns, see TestDraftBecomesRelease",
				"Line.Corrects":             "the ERP links no lines",
				"Line.Kind":                 "the ERP knows no deposits, see TestLines",
				"Line.Attributes":           "the ERP has fixed columns, see TestLines",
			}
			if member == "openbravo" {
				lossy["Line.DocumentQuantity"] = "lines have one quantity"
			}
			connectortest.Run(t, connectortest.Harness{
				Name: member, Server: "PostgreSQL", Type: "C_Invoice", Class: "ARI", OutsideClass: "ARF",
				Open: f.open, Seed: f.seed, Update: f.update, Delete: f.remove, Rows: f.rows, Lossy: lossy,
				UpdateContractor: f.regroup, Tripwire: f.tripwire, Breaks: f.breaks(),
			})
		})
	}
}

// filler writes the suite's fixtures into schemas of the ERP.
type filler struct {
	db     *database
	member string
	mu     sync.Mutex
	erps   map[connectors.Source]*erp
}

func (f *filler) open(ctx context.Context) (connectors.Source, error) {
	f.mu.Lock() // two GRANTs on one database at a time do not go together
	defer f.mu.Unlock()
	e, err := newERP(ctx, f.db, f.member)
	if err != nil {
		return nil, err
	}
	if f.member == "metasfresh" {
		e.zone = "Etc/GMT-1" // no clock changes: instants cannot hold an hour that never was
	}
	src, err := compiere.Open(ctx, e.config())
	if err != nil {
		return nil, err
	}
	f.erps[src] = e
	return src, nil
}

func (f *filler) of(src connectors.Source) *erp {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.erps[src]
}

func (f *filler) seed(ctx context.Context, src connectors.Source, fixture connectortest.Fixture) error {
	return f.write(ctx, src, func(w *writer) {
		for _, c := range fixture.Contractors {
			w.contractor(c)
		}
		for _, r := range fixture.Representatives {
			w.exec("INSERT INTO ad_user (ad_user_id, ad_client_id, c_bpartner_id, name, email, phone, isactive, password) VALUES ($1, 1000000, $2, $3, $4, $5, $6, 'secret')",
				r.ID, r.Contractor, r.Name, r.Email, r.Phone, yesNo(r.Active))
		}
		for _, inv := range fixture.Invoices {
			w.invoice(inv)
			if len(inv.Lines) > 1000 { // as the server does by itself, some time after
				w.exec("ANALYZE c_invoiceline, m_product, c_tax")
			}
		}
	})
}

func (f *filler) update(ctx context.Context, src connectors.Source, inv connectors.Invoice) error {
	return f.write(ctx, src, func(w *writer) {
		w.exec("DELETE FROM c_invoice WHERE c_invoice_id = $1", inv.Key.ID)
		w.invoice(inv)
	})
}

func (f *filler) remove(ctx context.Context, src connectors.Source, key connectors.InvoiceKey) error {
	return f.write(ctx, src, func(w *writer) { w.exec("DELETE FROM c_invoice WHERE c_invoice_id = $1", key.ID) })
}

func (f *filler) rows(ctx context.Context, src connectors.Source) (map[string]int, error) {
	e := f.of(src)
	rows, err := f.db.admin.Query(ctx, "SELECT tablename::text FROM pg_tables WHERE schemaname = $1", e.schema)
	if err != nil {
		return nil, err
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	counts := map[string]int{}
	for _, table := range tables {
		var n int
		if err = f.db.admin.QueryRow(ctx, "SELECT count(*) FROM "+e.schema+"."+table).Scan(&n); err != nil {
			return nil, err
		}
		counts[table] = n
	}
	return counts, err
}

// write runs fn in one transaction inside the schema behind src.
func (f *filler) write(ctx context.Context, src connectors.Source, fn func(w *writer)) error {
	e := f.of(src)
	return pgx.BeginFunc(ctx, f.db.admin, func(tx pgx.Tx) error {
		w := &writer{ctx: ctx, tx: tx, member: f.member, made: map[string]string{}}
		w.exec("SET LOCAL search_path = " + e.schema)
		w.exec("SET LOCAL TimeZone = '" + e.zone + "'")
		w.flush() // what follows is prepared in that schema
		fn(w)
		w.flush()
		return w.err
	})
}

// writer sends statements in batches, keeps the first error and skips what follows.
type writer struct {
	ctx    context.Context //nolint:containedctx // lives for one transaction
	tx     pgx.Tx
	member string
	batch  pgx.Batch
	made   map[string]string // keys of units and categories, by name
	err    error
}

func (w *writer) exec(sql string, args ...any) {
	if w.batch.Queue(sql, args...); w.batch.Len() == 1000 {
		w.flush()
	}
}

func (w *writer) flush() {
	if w.err == nil && w.batch.Len() > 0 {
		w.err = w.tx.SendBatch(w.ctx, &w.batch).Close()
	}
	w.batch = pgx.Batch{}
}

// id runs a statement that returns a key.
func (w *writer) id(sql string, args ...any) string {
	w.flush()
	var id string
	if w.err == nil {
		w.err = w.tx.QueryRow(w.ctx, sql, args...).Scan(&id)
	}
	return id
}

// once makes what has a name, the first time that it is asked for.
func (w *writer) once(name string, make func() string) string {
	if _, ok := w.made[name]; !ok {
		w.made[name] = make()
	}
	return w.made[name]
}

func (w *writer) contractor(c connectors.Contractor) {
	group := w.named("c_bp_group", c.Group)
	w.exec(`INSERT INTO c_bpartner (c_bpartner_id, ad_client_id, value, name, taxid, c_bp_group_id, isactive, isonetime)
		VALUES ($1, 1000000, $2, $3, $4, $5::text::numeric, $6, $7)`,
		c.ID, c.Code, c.Name, c.TaxID, group, yesNo(c.Active), yesNo(c.Anonymous))
	w.exec("INSERT INTO c_location (c_location_id, c_country_id) SELECT $1, c_country_id FROM c_country WHERE countrycode = $2", c.ID, c.Country)
	w.exec("INSERT INTO c_bpartner_location (c_bpartner_location_id, c_bpartner_id, c_location_id, phone) VALUES ($1, $1, $1, $2)", c.ID, c.Phone)
}

// named returns the key of a row of a table with a search key, made when needed.
func (w *writer) named(table, value string) *string {
	if value == "" {
		return nil
	}
	w.exec(fmt.Sprintf(`INSERT INTO %[1]s (%[1]s_id, ad_client_id, value, name)
		SELECT 2000000 + count(*), 1000000, $1::text, $1::text FROM %[1]s HAVING NOT EXISTS (SELECT 1 FROM %[1]s WHERE value = $1::text)`, table), value)
	id := w.id(fmt.Sprintf("SELECT %[1]s_id::text FROM %[1]s WHERE value = $1", table), value)
	return &id
}

// cancelled is the status of cancelled documents.
func (w *writer) cancelled() string {
	if w.member == "openbravo" || w.member == "libertya" {
		return "VO"
	}
	return "RE"
}

func (w *writer) invoice(inv connectors.Invoice) {
	docType := map[string]string{"ARI": "116", "ARF": "145"}[inv.Class]
	actual, status := docType, map[connectors.State]string{connectors.Released: "CO", connectors.Cancelled: w.cancelled()}[inv.State]
	if inv.State == connectors.Buffered {
		actual, status = "0", "DR"
	}
	org := "0"
	if id := w.named("ad_org", inv.Store); id != nil {
		org = *id
	}
	created := "2024-01-01 12:00:00"
	if inv.Time != "" { // entered on the day of issue
		created = string(inv.IssuedOn) + " " + string(inv.Time) + ":59"
	}
	w.exec(`INSERT INTO c_invoice (c_invoice_id, ad_client_id, ad_org_id, created, updated, documentno, docstatus, c_doctype_id, c_doctypetarget_id,
			dateinvoiced, c_bpartner_id, c_currency_id, grandtotal, ispaid)
		SELECT $1, 1000000, $2::text::numeric, $13::text::timestamp, $3::text::timestamp, $4, $5, $6::text::numeric, $7::text::numeric,
			$8::text::timestamp, $9, c_currency_id, $10::text::numeric, $11
		FROM c_currency WHERE iso_code = $12`,
		inv.Key.ID, org, string(inv.Modified), inv.Number, status, actual, docType,
		string(inv.IssuedOn), inv.Buyer, inv.Gross.String(), yesNo(inv.Paid), inv.Currency, created)
	w.exec("INSERT INTO c_invoicetax (c_invoice_id, c_tax_id, taxamt) VALUES ($1, 100, $2::text::numeric)", inv.Key.ID, inv.Gross.Sub(inv.Net).String())
	for _, l := range inv.Lines {
		w.line(inv.Key.ID, l)
	}
}

func (w *writer) line(invoice string, l connectors.Line) {
	kind := map[connectors.LineKind]string{connectors.Service: "S"}[l.Kind]
	if kind == "" {
		kind = "I"
	}
	w.exec(`INSERT INTO m_product (m_product_id, ad_client_id, value, name, c_uom_id, m_product_category_id, producttype)
		VALUES ($1, 1000000, $2, $3, $4, $5, $6) ON CONFLICT (m_product_id) DO UPDATE SET value = excluded.value, name = excluded.name,
			c_uom_id = excluded.c_uom_id, m_product_category_id = excluded.m_product_category_id, producttype = excluded.producttype`,
		l.ID, l.Code, l.Name, w.unit(l.Unit), w.category(l.Group), kind)
	// A tax of the line's own, with as many decimals as give its gross back.
	rate := decimal.Zero
	if !l.Net.IsZero() {
		rate = l.Gross.Shift(2).DivRound(l.Net, 24).Sub(decimal.New(100, 0))
	}
	w.exec("INSERT INTO c_tax (c_tax_id, name, rate) VALUES ($1, 'VAT', $2::text::numeric) ON CONFLICT (c_tax_id) DO UPDATE SET rate = excluded.rate", l.ID, rate.String())
	w.exec(`INSERT INTO c_invoiceline (c_invoiceline_id, ad_client_id, c_invoice_id, line, m_product_id, c_uom_id, c_tax_id, qtyinvoiced, linenetamt)
		VALUES ($1, 1000000, $2, $3, $1, $4, $1, $5::text::numeric, $6::text::numeric)`,
		l.ID, invoice, l.No, w.unit(l.DocumentUnit), l.Quantity.String(), l.Net.String())
	if l.Discounted {
		w.exec("UPDATE c_invoiceline SET pricelist = 200, priceactual = 200 - 2 * $2::text::numeric WHERE c_invoiceline_id = $1", l.ID, l.Discount.String())
	}
	if w.member != "openbravo" {
		w.exec("UPDATE c_invoiceline SET qtyentered = $2::text::numeric WHERE c_invoiceline_id = $1", l.ID, l.DocumentQuantity.String())
	}
}

func (w *writer) unit(symbol string) string {
	return w.once("unit "+symbol, func() string { return w.newUnit(symbol) })
}

func (w *writer) newUnit(symbol string) string {
	w.exec(`INSERT INTO c_uom (c_uom_id, x12de355, uomsymbol, name)
		SELECT 2000000 + count(*), 'X', $1::text, $1::text FROM c_uom HAVING NOT EXISTS (SELECT 1 FROM c_uom WHERE uomsymbol = $1::text)`, symbol)
	return w.id("SELECT c_uom_id::text FROM c_uom WHERE uomsymbol = $1", symbol)
}

// category returns the key of the last category of a path.
func (w *writer) category(path string) string {
	return w.once("category "+path, func() string { return w.newCategory(path) })
}

func (w *writer) newCategory(path string) string {
	parts := strings.Split(path, "/")
	if w.member == "compiere" || w.member == "openbravo" { // categories have no parents
		parts = []string{path}
	}
	var parent *string
	for _, part := range parts {
		id := w.id(`INSERT INTO m_product_category (m_product_category_id, ad_client_id, value)
			SELECT 2000000 + count(*), 1000000, $1 FROM m_product_category RETURNING m_product_category_id::text`, part)
		if parent != nil {
			w.exec("UPDATE m_product_category SET m_product_category_parent_id = $2 WHERE m_product_category_id = $1", id, *parent)
		}
		parent = &id
	}
	return *parent
}

func yesNo(b bool) string {
	if b {
		return "Y"
	}
	return "N"
}
