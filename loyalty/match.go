package loyalty

import "github.com/shopspring/decimal"

// Match is what a line of a return that names no original takes back of an earlier
// sale of the item. It is found when the return is first scored, and kept with it.
type Match struct {
	Line     string          `json:"line"` // of the return
	Sale     Key             `json:"sale"` // original of the sale's chain
	Number   string          `json:"number"`
	SaleLine string          `json:"sale_line"`
	Quantity decimal.Decimal `json:"quantity"` // positive
	Points   []RulePoints    `json:"points,omitempty"`
}

// RulePoints are points of one rule, in smallest units.
type RulePoints struct {
	Rule   int64  `json:"rule"`
	Points Points `json:"points"`
}

// Returned is what returns without an original took of a line of a sale: it is kept
// with the sale, so that nothing is taken back twice.
type Returned struct {
	By       Key             `json:"by"` // the return
	Line     string          `json:"line"`
	Quantity decimal.Decimal `json:"quantity"` // positive
	Points   []RulePoints    `json:"points,omitempty"`
}

// SalesOf asks for the sales of a contractor up to a day.
type SalesOf struct {
	Party string
	Until Date
}
