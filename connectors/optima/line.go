package optima

import (
	"database/sql"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
)

// line is a row of lines.sql; of line_facts.sql alone, the rest is empty.
type line struct {
	document, id             int32
	original                 sql.NullInt64 // TrE_ZwrId
	no                       int64
	active, itemType         int64
	item                     sql.NullInt64
	deposit, set             int64 // TrE_Kaucja, TrE_UslugaZlozonaId
	quantity, inUnit         decimal.Decimal
	net, gross               decimal.Decimal // in PLN
	netForeign, grossForeign decimal.Decimal
	code                     string
	name, unit, documentUnit string
	ean, catalogue           string
	discount                 decimal.Decimal // TrE_Rabat, percent
	group                    sql.NullInt64
	brand, producer          sql.NullString
}

func (l *line) factTargets() []any {
	return []any{
		&l.document, &l.id, &l.original, &l.no, &l.active, &l.item, &l.itemType, &l.deposit, &l.set,
		&l.quantity, &l.inUnit, &l.net, &l.gross, &l.netForeign, &l.grossForeign, &l.code,
	}
}

func scanLineFacts(rows *sql.Rows) (*line, error) {
	l := &line{}
	return l, rows.Scan(l.factTargets()...)
}

func scanLine(rows *sql.Rows) (*line, error) {
	l := &line{}
	return l, rows.Scan(append(l.factTargets(), &l.name, &l.unit, &l.documentUnit, &l.ean, &l.catalogue, &l.discount, &l.group, &l.brand, &l.producer)...)
}

// typeService is the TrE_TwrTyp of services.
const typeService = 0

func (l *line) kind() connectors.LineKind {
	switch {
	case l.deposit != 0:
		return connectors.Deposit
	case l.set != 0:
		return connectors.Component
	case !l.item.Valid:
		return connectors.Charge
	case l.itemType == typeService:
		return connectors.Service
	}
	return connectors.Goods
}

// record is the line in the currency of its header.
func (l *line) record(h *header) connectors.Line {
	out := connectors.Line{
		ID: idText(l.id), No: int(l.no), Kind: l.kind(), Code: l.code, Name: l.name,
		Quantity: l.quantity, Unit: l.unit, DocumentQuantity: l.inUnit, DocumentUnit: l.documentUnit,
		Net: l.net, Gross: l.gross,
	}
	if l.discount.IsPositive() { // below zero it is a surcharge
		out.Discount, out.Discounted = l.discount, true
	}
	if l.original.Valid && l.original.Int64 != 0 {
		out.Corrects = idText(int32(l.original.Int64)) //nolint:gosec // the column is an int
	}
	if h.isForeign() {
		out.Net, out.Gross = l.netForeign, l.grossForeign
	}
	return out
}

// counted drops the lines that Optima marks as not active, by the setting. They
// are on a document whose sale another one shows: where no line is active, the
// whole document is such, as an invoice made of a receipt, and all lines count.
func (c Config) counted(lines []*line) []*line {
	if c.InactiveLines == InactiveCount {
		return lines
	}
	active := make([]*line, 0, len(lines))
	for _, l := range lines {
		if l.active != 0 {
			active = append(active, l)
		}
	}
	if len(active) == 0 && c.InactiveLines == InactiveAuto {
		return lines
	}
	return active
}

// rateRow is a row of collective.sql: what a collective correction takes off for
// one rate of VAT.
type rateRow struct {
	document, id int32
	rate         decimal.Decimal // percent
	flag         int64           // taxed, exempt and the like
	amount       decimal.Decimal // TreZ_Rabat
}

func scanRateRow(rows *sql.Rows) (*rateRow, error) {
	r := &rateRow{}
	return r, rows.Scan(&r.document, &r.id, &r.rate, &r.flag, &r.amount)
}

// collectiveLines makes the lines of a collective correction, which has no items:
// its totals, spread over its rates of VAT by what each takes off. No source says
// whether TreZ_Rabat is net or gross, nor its sign, so only its share is used and
// the totals of the header stay the truth. Without rows there is one line.
func collectiveLines(h *header, rates []*rateRow) []connectors.Line {
	net, gross := h.totals()
	whole := decimal.Zero
	for _, r := range rates {
		whole = whole.Add(r.amount.Abs())
	}
	if whole.IsZero() {
		return []connectors.Line{{ID: "rates", No: 1, Kind: connectors.Charge, Name: "collective correction", Net: net, Gross: gross}}
	}
	const cents = 2
	lines := make([]connectors.Line, 0, len(rates))
	restNet, restGross := net, gross
	for i, r := range rates {
		l := connectors.Line{ID: "rate" + idText(r.id), No: i + 1, Kind: connectors.Charge, Name: "VAT " + r.rate.String() + " %", Net: restNet, Gross: restGross}
		if i < len(rates)-1 { // the last has the rest
			l.Net = net.Mul(r.amount.Abs()).DivRound(whole, cents)
			l.Gross = gross.Mul(r.amount.Abs()).DivRound(whole, cents)
		}
		restNet, restGross = restNet.Sub(l.Net), restGross.Sub(l.Gross)
		lines = append(lines, l)
	}
	return lines
}
