package loyalty

import (
	"cmp"
	"strings"

	"github.com/shopspring/decimal"
)

// Caps are the most points that may be given, in points, not smallest units. Zero
// is no limit. Days, months and years are those of the date of a chain's original.
type Caps struct {
	Document decimal.Decimal `json:"document,omitzero"` // to one document and its corrections
	Day      decimal.Decimal `json:"day,omitzero"`      // to one account
	Month    decimal.Decimal `json:"month,omitzero"`
	Year     decimal.Decimal `json:"year,omitzero"`
	Budget   decimal.Decimal `json:"budget,omitzero"` // to all accounts together, for ever
}

// IsZero says whether nothing is limited.
func (c Caps) IsZero() bool {
	return c.Document.IsZero() && c.Day.IsZero() && c.Month.IsZero() && c.Year.IsZero() && c.Budget.IsZero()
}

// Of is the limit of one period.
func (c Caps) Of(p CapPeriod) decimal.Decimal {
	switch p {
	case CapDocument:
		return c.Document
	case CapDay:
		return c.Day
	case CapMonth:
		return c.Month
	case CapYear:
		return c.Year
	case CapBudget:
		return c.Budget
	default:
		return decimal.Zero
	}
}

// CapPeriod is what a cap is counted over.
type CapPeriod string

// The periods of caps.
const (
	CapDocument CapPeriod = "document"
	CapDay      CapPeriod = "day"
	CapMonth    CapPeriod = "month"
	CapYear     CapPeriod = "year"
	CapBudget   CapPeriod = "budget"
)

// CountedPeriods are those whose use is counted over documents.
func CountedPeriods() []CapPeriod { return []CapPeriod{CapDay, CapMonth, CapYear, CapBudget} }

// Share is what a chain has of the points that caps leave. It is taken when the
// chain is first scored, in the order of posting, and kept with it: a return gives
// none of it back, only a document that no longer counts does.
type Share struct {
	Rule    string    `json:"rule,omitempty"` // "" is all rules together
	Account int64     `json:"account"`        // that it was counted for
	Wanted  Points    `json:"wanted"`         // what the chain would have got without caps, at its highest
	Points  Points    `json:"points"`         // what it may get
	By      CapPeriod `json:"by,omitempty"`   // the cap that made it less than wanted
}

// CapUse names one count of points against a cap.
type CapUse struct {
	Rule     int64 // 0 is all rules together
	Account  int64 // 0 with a budget: all accounts
	Period   CapPeriod
	StartsOn Date // first day of the period; 0 with a budget
}

// CapUses names the counts that points of a rule, given to an account for a date,
// go into.
func CapUses(rule, account int64, on Date) []CapUse {
	year, month, _ := on.Time().Date()
	return []CapUse{
		{rule, account, CapDay, on},
		{rule, account, CapMonth, NewDate(year, month, 1)},
		{rule, account, CapYear, NewDate(year, 1, 1)},
		{rule, 0, CapBudget, 0},
	}
}

// CapWrite is a count after a page. Before is compared with the stored one.
type CapWrite struct {
	CapUse
	Before, After Points
}

// Compare orders counts.
func (u CapUse) Compare(other CapUse) int {
	return cmp.Or(
		cmp.Compare(u.Rule, other.Rule), cmp.Compare(u.Account, other.Account),
		strings.Compare(string(u.Period), string(other.Period)), cmp.Compare(u.StartsOn, other.StartsOn),
	)
}
