package compiere

import (
	"strings"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
)

// The columns of headers.sql; those before digested are also the ones of keys.sql.
const (
	headerID = iota
	headerTenant
	headerSales
	headerStatus
	headerClass
	headerNumber
	headerDay
	headerBuyer
	headerOrderBuyer
	headerOrderPayer
	headerStore
	headerCurrencyID
	headerTaxIncluded
	headerTotal
	headerTax
	headerPaid
	headerPaymentForm
	headerRate
	headerReturned
	headerTypeSign
	headerReference
	headerDescription
	headerRelated
	digested // how many there are
)

const (
	headerModified = iota + digested
	headerCreated
	headerCurrency
	headerDecimals
	headerStoreName
	headerReversal
	headerDocType
	headerOrder
)

// header is a row of headers.sql: the document so far, and what is needed to finish
// it.
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

// headerOf reads a row. What is long-lived elsewhere, the keys of partners, has
// memory of its own.
func headerOf(r *rows, row int) (h *header, err error) {
	at := func(column int) cell { return r.cell(row, column) }
	var own texts
	own.all.Grow(len(r.columns) * 4)
	text := func(column int) string { return own.text(at(column)) }
	h = &header{
		tenant: text(headerTenant), sales: at(headerSales).yes(), status: text(headerStatus), decimals: int32(r.whole(row, headerDecimals)), //nolint:gosec // a handful
		taxIncluded: at(headerTaxIncluded).yes(), orderBuyer: string(at(headerOrderBuyer)), orderPayer: string(at(headerOrderPayer)), related: text(headerRelated),
		returned: at(headerReturned).yes(), typeSign: text(headerTypeSign),
	}
	inv := &h.invoice
	inv.Key = connectors.InvoiceKey{Type: documentTable, ID: text(headerID)}
	inv.Class, inv.Number, inv.Modified, inv.IssuedOn = text(headerClass), text(headerNumber), stampOf(at(headerModified)), dateOf(at(headerDay))
	inv.Time, inv.Buyer, inv.Currency = timeOn(inv.IssuedOn, at(headerCreated)), string(at(headerBuyer)), text(headerCurrency)
	inv.Paid, inv.PaymentForm = at(headerPaid).yes(), text(headerPaymentForm)
	if store := at(headerStore); string(store) != "0" {
		inv.Store = text(headerStoreName)
	}
	inv.Attributes = attributes("docstatus", h.status, "doctype", text(headerDocType), "poreference", text(headerReference),
		"description", text(headerDescription), "order", text(headerOrder), "reversal", text(headerReversal))
	if h.total, err = r.number(row, headerTotal); err != nil {
		return h, err
	}
	if inv.Rate, err = r.number(row, headerRate); err != nil {
		return h, err
	}
	h.tax, err = r.perhaps(row, headerTax)
	return h, err
}

// finish adds the lines and what follows from them: signs, parties, totals, links.
func (h *header) finish(r *rows, order []int, names *names) error {
	inv := &h.invoice
	inv.State, inv.SoldOn = state(h.status), inv.IssuedOn
	inv.Recipient, inv.Payer = orText(h.orderBuyer, inv.Buyer), orText(h.orderPayer, inv.Buyer)

	inv.Lines = make([]connectors.Line, len(order))
	var own texts
	own.all.Grow(len(order) * len("1000000"))
	for i, row := range order {
		if err := h.line(r, row, names, &own, &inv.Lines[i]); err != nil {
			return err
		}
	}
	inv.Gross = h.signed(h.total)
	switch {
	case h.tax.Valid:
		inv.Net = h.signed(h.total.Sub(h.tax.Decimal))
	case len(order) == 0:
		inv.Net = inv.Gross
	default:
		inv.Net = decimal.Zero
		for i := range inv.Lines {
			inv.Net = inv.Net.Add(inv.Lines[i].Net)
		}
	}
	credit := h.credit()
	if credit {
		inv.Corrects = h.related
	}
	inv.Return = inv.Corrects == "" && (credit || inv.Gross.IsNegative())
	return nil
}

// credit reports whether a document is of a type that takes value back.
func (h *header) credit() bool {
	if h.typeSign != "" {
		return strings.HasPrefix(h.typeSign, "-")
	}
	return h.returned || h.invoice.Class == typeReturn || takesBack(h.invoice.Class)
}

// takesBack reports whether the stored amounts mean the opposite. How Openbravo
// stores a return was not verified: unless asStored, one never gives, whatever its
// sign.
func (h *header) takesBack(asStored bool) bool {
	if h.typeSign == "" && (h.returned || h.invoice.Class == typeReturn) {
		return !asStored && h.total.IsPositive()
	}
	return h.credit()
}

// signed turns a stored amount into a signed one.
func (h *header) signed(d decimal.Decimal) decimal.Decimal {
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
