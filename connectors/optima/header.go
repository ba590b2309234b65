package optima

import (
	"database/sql"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
)

// documentTable is the type of every key: TrN_TrNID is unique over all classes.
const documentTable = "TraNag"

// The classes of TrN_TypDokumentu. A correction has the class of its original.
const (
	classInvoice = 302
	classReceipt = 305
)

func classOf(document string) int {
	if document == Receipts {
		return classReceipt
	}
	return classInvoice
}

// contractorType is the PodmiotTyp of contractors. Others, as employees (3), may
// stand on a document too, and are not contractors.
const contractorType = 1

// party is one of a document's three parties.
type party struct {
	kind sql.NullInt64
	id   sql.NullInt64
}

func (p *party) targets() []any { return []any{&p.kind, &p.id} }

// key is the contractor's key, "" when the party is none or nobody.
func (p party) key() string {
	if !p.id.Valid || p.kind.Int64 != contractorType {
		return ""
	}
	return idText(int32(p.id.Int64)) //nolint:gosec // the column is an int
}

// parties are buyer, recipient and payer.
type parties struct{ buyer, recipient, payer party }

func (p *parties) targets() []any {
	return slices.Concat(p.buyer.targets(), p.recipient.targets(), p.payer.targets())
}

// header is a row of headers.sql; of facts.sql alone, the rest is empty.
type header struct {
	id                    int32
	class, kind           int64
	correction            int64 // TrN_Korekta
	buffer, cancelled     int64
	original              sql.NullInt64 // TrN_ZwrId
	stamp                 time.Time
	template              string // of the number
	number                int64
	issued, sold          time.Time
	parties               parties
	store, payment        sql.NullInt64 // keys of the warehouse and of the payment form
	currency              string
	rateOver, rateUnder   decimal.Decimal // TrN_KursL, TrN_KursM
	net, gross            decimal.Decimal // in PLN
	netForeign            decimal.Decimal // in the document's currency
	grossForeign          decimal.Decimal
	ksef                  string
	created               time.Time // TrN_TS_Zal
	fullNumber            sql.NullString
	storeCode, paymentTag sql.NullString
	definition            sql.NullString
	category, description string
	foreignNo, originalNo string // TrN_NumerObcy, TrN_NumerPelnyPrw
	operator              string
}

func (h *header) factTargets() []any {
	return slices.Concat(
		[]any{
			&h.id, &h.class, &h.kind, &h.correction, &h.buffer, &h.cancelled,
			&h.original, &h.stamp, &h.template, &h.number, &h.issued, &h.sold,
		},
		h.parties.targets(),
		[]any{
			&h.store, &h.payment, &h.currency, &h.rateOver, &h.rateUnder,
			&h.net, &h.gross, &h.netForeign, &h.grossForeign, &h.ksef,
		},
	)
}

func scanFacts(rows *sql.Rows) (*header, error) {
	h := &header{}
	return h, rows.Scan(h.factTargets()...)
}

func scanHeader(rows *sql.Rows) (*header, error) {
	h := &header{}
	return h, rows.Scan(append(h.factTargets(), &h.created, &h.fullNumber, &h.storeCode, &h.paymentTag, &h.definition,
		&h.category, &h.description, &h.foreignNo, &h.originalNo, &h.operator)...)
}

// stateOf sorts the pair of marks that a document has. TrN_Anulowany is 0 or any
// other number. A pair that no source knows is treated as the buffer: it gives
// nothing for good until somebody knows what it means, and Examine tells.
func stateOf(buffer, cancelled int64) connectors.State {
	switch {
	case cancelled != 0, buffer == -1:
		return connectors.Cancelled
	case buffer == 0:
		return connectors.Released
	}
	return connectors.Buffered
}

func (h *header) state() connectors.State { return stateOf(h.buffer, h.cancelled) }

// time is when the document was entered, which is the time of the sale when that was
// on the day of issue: its dates are midnights. Comarch's own reports take it so.
func (h *header) time() connectors.Time {
	if date(h.created) != date(h.issued) {
		return ""
	}
	return connectors.Time(h.created.Format("15:04"))
}

// polish is the system currency: TrN_Waluta is empty for it.
const polish = "PLN"

func (h *header) isForeign() bool { return h.currency != "" && h.currency != polish }

// rateDigits is what a rate keeps when its unit does not divide it.
const rateDigits = 10

// rate is the price of one unit of the document's currency in PLN, zero when the
// document is in PLN or has none.
func (h *header) rate() decimal.Decimal {
	if !h.isForeign() || h.rateUnder.IsZero() {
		return decimal.Zero
	}
	return h.rateOver.DivRound(h.rateUnder, rateDigits)
}

// totals are in the document's currency.
func (h *header) totals() (net, gross decimal.Decimal) {
	if h.isForeign() {
		return h.netForeign, h.grossForeign
	}
	return h.net, h.gross
}

// corrects is the key of the original, "" for none.
func (h *header) corrects() string {
	if !h.original.Valid || h.original.Int64 == 0 {
		return ""
	}
	return idText(int32(h.original.Int64)) //nolint:gosec // the column is an int
}

// plainKind says whether TrN_Rodzaj tells nothing but the class.
func (h *header) plainKind() bool { return h.kind == 0 || h.kind%1000 == 0 }
