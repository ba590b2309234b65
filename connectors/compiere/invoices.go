package compiere

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
)

// Invoices returns one page of a pass over the company's sales documents in every
// status, headers and lines of one and the same state of the database.
func (s *Source) Invoices(ctx context.Context, r connectors.Range, limit int) (connectors.Page[connectors.Invoice], error) {
	none := connectors.Page[connectors.Invoice]{}
	after, err := s.member.keys.parseKeyset(r.After, r.Floor)
	if err != nil {
		return none, err
	}
	ceiling, err := bound(r.Ceiling)
	if err != nil {
		return none, err
	}
	limit = max(limit, 1)
	page := connectors.Page[connectors.Invoice]{Next: r.After}
	page.Items, err = s.documentsOf(ctx, "read invoices", s.sql.invoices, pgx.StrictNamedArgs{
		"tenant": s.tenant.id, "documents": s.documents,
		"after_stamp": after.stamp, "after_id": after.id, "ceiling": ceiling, "limit": limit,
	})
	if err != nil {
		return none, err
	}
	page.Done = len(page.Items) < limit
	if n := len(page.Items); n > 0 {
		last := page.Items[n-1]
		page.Next = keyset{string(last.Modified), last.Key.ID}.position()
	}
	return page, nil
}

// InvoicesByKey returns the documents of the given keys. Only the primary key is
// looked up, so that one whose class or company changed is not taken for deleted.
func (s *Source) InvoicesByKey(ctx context.Context, keys []connectors.InvoiceKey) ([]connectors.Invoice, error) {
	ids := make([]string, 0, len(keys))
	for _, k := range keys {
		ids = append(ids, k.ID)
	}
	return s.documentsOf(ctx, "read invoices by key", s.sql.invoicesByKey, pgx.StrictNamedArgs{"ids": s.validKeys(ids)})
}

// Keys lists the keys and digests of the documents issued on from or later.
func (s *Source) Keys(ctx context.Context, from connectors.Date, after connectors.Position, limit int) (connectors.Page[connectors.KeyDigest], error) {
	first := beforeStamps
	if from != "" {
		first = string(from)
	}
	args := pgx.StrictNamedArgs{"tenant": s.tenant.id, "documents": s.documents, "from": first}
	return listing(ctx, s, "list document keys", s.sql.keys, args, after, limit,
		func(row pgx.CollectableRow) (k connectors.KeyDigest, err error) {
			err = row.Scan(&k.Key.ID, &k.Digest)
			k.Key.Type, k.Digest = documentTable, s.digest(k.Digest)
			return k, err
		},
		func(k connectors.KeyDigest) string { return k.Key.ID })
}

// documentsOf reads headers, then all lines of those headers, in one transaction.
func (s *Source) documentsOf(ctx context.Context, op, sql string, args pgx.StrictNamedArgs) ([]connectors.Invoice, error) {
	var headers []header
	var lines []line
	err := s.read(ctx, op, func(ctx context.Context, tx pgx.Tx) (err error) {
		if headers, err = collect(ctx, tx, sql, args, scanHeader); err != nil || len(headers) == 0 {
			return err
		}
		ids := make([]string, 0, len(headers))
		for _, h := range headers {
			ids = append(ids, h.invoice.Key.ID)
		}
		lines, err = collect(ctx, tx, s.sql.lines, pgx.StrictNamedArgs{"ids": ids}, scanLine)
		return err
	})
	if err != nil {
		return nil, err
	}
	of := linesOf(lines, len(headers))
	invoices := make([]connectors.Invoice, 0, len(headers))
	for _, h := range headers {
		h.reversed = h.takesBack(s.asStored)
		inv := h.document(of[h.invoice.Key.ID])
		inv.OutOfScope, inv.Digest = s.outOfScope(h), s.digest(inv.Digest)
		invoices = append(invoices, inv)
	}
	return invoices, nil
}

// linesOf gives each document its part of the lines, which come document by document.
func linesOf(lines []line, documents int) map[string][]line {
	of := make(map[string][]line, documents)
	for from := 0; from < len(lines); {
		to := from + 1
		for to < len(lines) && lines[to].invoice == lines[from].invoice {
			to++
		}
		of[lines[from].invoice] = lines[from:to:to]
		from = to
	}
	return of
}

// digest is that of the statements with what the settings make of the document, so
// that the sweep reads all again when Config.ReturnsAsStored has changed.
func (s *Source) digest(stored string) string {
	if s.asStored {
		return stored + " as stored"
	}
	return stored
}

// outOfScope says why the source's listings do not have a document.
func (s *Source) outOfScope(h header) string {
	switch {
	case h.tenant != s.tenant.id:
		return "belongs to another company of the ERP"
	case !h.sales:
		return "is not a sales document"
	case !slices.Contains(s.documents, h.invoice.Class):
		return fmt.Sprintf("document base type %q is not read", h.invoice.Class)
	}
	return ""
}

// header is a row of headers.sql: the document so far, and what is needed to
// finish it.
type header struct {
	invoice     connectors.Invoice
	tenant      string
	sales       bool
	status      string
	decimals    int32 // of the currency
	taxIncluded bool
	total       decimal.Decimal     // with tax, as stored
	tax         decimal.NullDecimal // none before the ERP has worked it out
	orderBuyer  string              // "" without an order
	orderPayer  string
	related     string // the document a credit memo corrects, where the schema has it
	returned    bool   // the document's type is marked as one of returns (Openbravo)
	typeSign    string // the sign of the document's type, "" where types have none (Libertya)
	reversed    bool   // the amounts mean the opposite of what is stored
}

// documentTable is the type of every key: c_invoice_id is unique within its
// table, whatever becomes of a draft's document type.
const documentTable = "C_Invoice"

func scanHeader(row pgx.CollectableRow) (header, error) {
	var h header
	var reversal, docType, reference, description, order string
	inv := &h.invoice
	inv.Key.Type = documentTable
	err := row.Scan(&inv.Key.ID, &inv.Class, &h.tenant, &h.sales, &inv.Number, &h.status, &inv.Modified, &inv.IssuedOn, &inv.Time,
		&inv.Buyer, &h.orderBuyer, &h.orderPayer, &inv.Currency, &h.decimals, &h.taxIncluded, &h.total, &h.tax,
		&inv.Paid, &inv.PaymentForm, &inv.Store, &h.related, &reversal, &h.returned, &h.typeSign, &inv.Rate, &docType, &reference, &description, &order, &inv.Digest)
	inv.Attributes = attributes("docstatus", h.status, "doctype", docType, "poreference", reference,
		"description", description, "order", order, "reversal", reversal)
	return h, err
}

// document finishes a header with its lines: signs, parties, totals, links.
func (h header) document(lines []line) connectors.Invoice {
	inv := h.invoice
	inv.State, inv.SoldOn = state(h.status), inv.IssuedOn
	inv.Recipient, inv.Payer = orText(h.orderBuyer, inv.Buyer), orText(h.orderPayer, inv.Buyer)

	inv.Lines = make([]connectors.Line, 0, len(lines))
	net := decimal.Zero
	for _, l := range lines {
		done := l.position(h)
		net = net.Add(done.Net)
		inv.Lines = append(inv.Lines, done)
	}
	inv.Gross, inv.Net = h.signed(h.total), net
	if h.tax.Valid {
		inv.Net = h.signed(h.total.Sub(h.tax.Decimal))
	} else if len(lines) == 0 {
		inv.Net = inv.Gross
	}
	credit := h.credit()
	if credit {
		inv.Corrects = h.related
	}
	inv.Return = inv.Corrects == "" && (credit || inv.Gross.IsNegative())
	return inv
}

// credit reports whether a document is of a type that takes value back.
func (h header) credit() bool {
	if h.typeSign != "" {
		return strings.HasPrefix(h.typeSign, "-")
	}
	return h.returned || h.invoice.Class == typeReturn || takesBack(h.invoice.Class)
}

// takesBack reports whether the stored amounts mean the opposite. How Openbravo
// stores a return was not verified: unless asStored, one never gives, whatever its
// sign.
func (h header) takesBack(asStored bool) bool {
	if h.typeSign == "" && (h.returned || h.invoice.Class == typeReturn) {
		return !asStored && h.total.IsPositive()
	}
	return h.credit()
}

// signed turns a stored amount into a signed one.
func (h header) signed(d decimal.Decimal) decimal.Decimal {
	if h.reversed {
		return d.Neg()
	}
	return d
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// line is a row of lines.sql. Amounts and quantities are as stored.
type line struct {
	connectors.Line
	invoice     string
	isProduct   bool
	productType string
	charge      string
	description string
	amount      decimal.Decimal
	gross       decimal.NullDecimal // where the schema keeps it beside a net amount
	list        decimal.NullDecimal // prices of one
	actual      decimal.NullDecimal
	rate        decimal.Decimal // of the tax, in percent
}

func scanLine(row pgx.CollectableRow) (line, error) {
	var l line
	var upc, sku string
	err := row.Scan(&l.invoice, &l.ID, &l.No, &l.isProduct, &l.productType, &l.Code, &l.Name, &l.charge, &l.description,
		&l.Group, &l.Quantity, &l.Unit, &l.DocumentQuantity, &l.DocumentUnit, &l.amount, &l.gross, &l.list, &l.actual, &l.rate, &upc, &sku)
	l.Attributes = attributes("upc", upc, "sku", sku)
	return l, err
}

// discount is what the price is below that of the price list, in percent to two
// decimals; zero where there is no list price.
func (l line) discount() decimal.Decimal {
	if !l.list.Decimal.IsPositive() || !l.actual.Valid || !l.actual.Decimal.LessThan(l.list.Decimal) {
		return decimal.Zero
	}
	const hundred, digits = 100, 2
	return l.list.Decimal.Sub(l.actual.Decimal).Mul(decimal.NewFromInt(hundred)).DivRound(l.list.Decimal, digits)
}

// position finishes a line with what its header says about it.
func (l line) position(h header) connectors.Line {
	done := l.Line
	done.Quantity, done.DocumentQuantity = h.signed(l.Quantity), h.signed(l.DocumentQuantity)
	net, gross := lineAmounts(l.amount, l.rate, h.taxIncluded && !l.gross.Valid, h.decimals)
	if h.taxIncluded && l.gross.Valid && !l.gross.Decimal.IsZero() {
		gross = l.gross.Decimal
	}
	done.Net, done.Gross = h.signed(net), h.signed(gross)
	done.Discount = l.discount()
	done.Discounted = done.Discount.IsPositive()
	switch {
	case !l.isProduct:
		done.Kind = connectors.Charge
		done.Name = orText(l.charge, l.description)
		done.Code = l.charge // a charge has no code of its own
	case l.productType == "S", l.productType == "R", l.productType == "E": // service, resource, expense
		done.Kind = connectors.Service
	default: // item, online
		done.Kind = connectors.Goods
	}
	return done
}
