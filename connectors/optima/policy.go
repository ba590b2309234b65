package optima

import (
	"database/sql"
	"fmt"
	"slices"

	"github.com/loyalsync/loyalsync/connectors"
)

// link is a receipt and an invoice made of it: a row of links.sql.
type link struct {
	receipt, invoice           int32
	seen                       bool // the receipt's own side knows the invoice
	known                      bool // the invoice's own side knows the receipt
	receiptState, invoiceState connectors.State
	parties                    parties // of the invoice
}

func scanLink(rows *sql.Rows) (link, error) {
	var l link
	var seen, known, receiptBuffer, receiptCancelled, invoiceBuffer, invoiceCancelled int64
	err := rows.Scan(append([]any{
		&l.receipt, &l.invoice, &seen, &known, &receiptBuffer, &receiptCancelled, &invoiceBuffer, &invoiceCancelled,
	}, l.parties.targets()...)...)
	l.seen, l.known = seen != 0, known != 0
	l.receiptState, l.invoiceState = stateOf(receiptBuffer, receiptCancelled), stateOf(invoiceBuffer, invoiceCancelled)
	return l, err
}

// verdict is what the settings make of a document's part in a sale.
type verdict struct {
	notCounted string
	corrects   string
	parties    parties
	collective bool
	elsewhere  bool // not of a kind that is read, and its sale is counted by one that is
}

// reads reports whether a document is of a kind that is read.
func (c Config) reads(h *header) bool {
	return slices.ContainsFunc(c.Documents, func(d string) bool { return int64(classOf(d)) == h.class })
}

// mayBeTwice reports whether the sale of a document may be read from another one
// too: where both kinds are read, or where this one was read before the settings
// changed, and has points.
func (c Config) mayBeTwice(h *header) bool { return len(c.Documents) > 1 || !c.reads(h) }

// judge decides what a document counts for. Each sale counts once: of a receipt
// and its invoice, of advances and their final invoice.
func (c Config) judge(h *header, links []link) verdict {
	v := verdict{corrects: h.corrects(), parties: h.parties, collective: slices.Contains(c.CollectiveKinds, int(h.kind))}
	switch {
	case v.collective:
		if c.Collective == Ignore {
			v.notCounted = "a collective correction, which the settings ignore"
		}
	case v.corrects == "" && (h.correction != 0 || slices.Contains(c.OutsideKinds, int(h.kind))):
		if c.Outside == Ignore {
			v.notCounted = "corrects a document that this database never had"
		}
	case slices.Contains(c.AdvanceKinds, int(h.kind)):
		if c.Advances == CountFinal {
			v.notCounted = "an advance: its final invoice counts"
		}
	case slices.Contains(c.FinalKinds, int(h.kind)):
		if c.Advances == CountAdvance {
			v.notCounted = "a final invoice: its advances count"
		}
	}
	if v.notCounted == "" && c.mayBeTwice(h) {
		c.judgeLinks(h, links, &v)
	}
	return v
}

// judgeLinks decides between receipts and invoices made of them. A receipt is
// judged by the pairs that its own side knows, an invoice by those of its own, so
// that the other documents of a page change nothing; of a pair that one side alone
// knows, that side gives way. An invoice in the buffer already takes the place of
// its receipt: the receipt is written when the link is made, and may not be when
// the invoice is released.
func (c Config) judgeLinks(h *header, links []link, v *verdict) {
	for _, l := range links {
		if l.receiptState == connectors.Cancelled || l.invoiceState == connectors.Cancelled {
			continue
		}
		both := l.seen && l.known
		switch {
		case !c.reads(h) && (l.receipt == h.id || l.invoice == h.id):
			v.notCounted, v.elsewhere = "another document counts this sale, of the kind that is read", true
		case l.receipt == h.id && l.seen && (c.Receipts == CountInvoice || !l.known):
			v.notCounted = fmt.Sprintf("a receipt: its invoice %d counts", l.invoice)
		case l.invoice == h.id && l.known && (c.Receipts == CountReceipt || !l.seen):
			v.notCounted = fmt.Sprintf("an invoice made of receipt %d, which counts", l.receipt)
		case c.Receipts == CountReceipt && l.receipt == h.id && both:
			v.parties = l.parties
		case l.known && (c.Receipts == CountReceipt || !l.seen) && h.correction != 0 && h.original.Int64 == int64(l.invoice):
			v.corrects = idText(l.receipt)
		default:
			continue
		}
		return
	}
}
