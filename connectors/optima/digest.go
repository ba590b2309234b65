package optima

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
)

// digest is the fingerprint of a document: what decides points and to whom they
// go, and its attributes and payment, which may change without a new stamp. Not
// the stamp itself, nor names and groups looked up in other tables. What the
// settings make of a document is part of it, so that the sweep reads again what a
// change of them touches: lines are those that count. Keys and Invoices come through
// here with the same columns (law 6).
func digest(b *bundle, lines []*line, inv *connectors.Invoice, collective bool) string {
	const usual = 1024 // bytes; most documents fit
	d := b.header.facts(make(encoder, 0, usual)).texts(inv.Corrects, inv.NotCounted, inv.Buyer, inv.Recipient, inv.Payer).flag(inv.Paid)
	d = d.flag(collective).numbers(int64(len(lines)))
	for _, l := range lines {
		d = d.numbers(int64(l.id), l.original.Int64, l.no, l.active, l.item.Int64, l.itemType, l.deposit, l.set).texts(l.code).
			amounts(l.quantity, l.inUnit, l.net, l.gross, l.netForeign, l.grossForeign)
	}
	d = d.numbers(int64(len(b.rates)))
	for _, r := range b.rates {
		d = d.numbers(int64(r.id), r.flag).amounts(r.rate, r.amount)
	}
	for _, a := range b.attributes {
		d = d.texts(a.code, a.text())
	}
	sum := sha256.Sum256(d)
	return base64.RawURLEncoding.EncodeToString(sum[:18])
}

// facts writes what a header itself says about points.
func (h *header) facts(e encoder) encoder {
	p := h.parties
	return e.numbers(h.class, h.kind, h.correction, h.buffer, h.cancelled, h.original.Int64, h.number, h.store.Int64, h.payment.Int64,
		p.buyer.kind.Int64, p.buyer.id.Int64, p.recipient.kind.Int64, p.recipient.id.Int64, p.payer.kind.Int64, p.payer.id.Int64).
		texts(h.template, h.ksef, h.currency).times(h.issued, h.sold).
		amounts(h.rateOver, h.rateUnder, h.net, h.gross, h.netForeign, h.grossForeign)
}

// encoder writes values so that no two lists of them look alike.
type encoder []byte

func (e encoder) numbers(list ...int64) encoder {
	for _, n := range list {
		e = binary.AppendVarint(e, n)
	}
	return e
}

func (e encoder) texts(list ...string) encoder {
	for _, s := range list {
		e = append(binary.AppendUvarint(e, uint64(len(s))), s...)
	}
	return e
}

func (e encoder) times(list ...time.Time) encoder {
	for _, t := range list {
		e = binary.AppendVarint(e, t.UnixMilli())
	}
	return e
}

// amounts come from columns of a fixed scale, so equal ones are written alike.
func (e encoder) amounts(list ...decimal.Decimal) encoder {
	for _, d := range list {
		e = e.texts(d.String())
	}
	return e
}

func (e encoder) flag(on bool) encoder {
	if on {
		return append(e, 1)
	}
	return append(e, 0)
}
