package loyalty

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// RedemptionPolicy says what points of a program are worth and how many may be spent.
// The one of the day of a redemption holds for it. Money is in the program's currency.
type RedemptionPolicy struct {
	Rate    decimal.Decimal // money for one whole point; zero where points have no worth
	Rates   []RedemptionRate
	Minimum Points // of one redemption; 0 is no limit, here and below
	Maximum Points
	// MaxShare is the most of a bill that may be paid with points, 0 to 1; zero is no
	// limit.
	MaxShare         decimal.Decimal
	PerDay, PerMonth Points // of one contractor
	// Only are the item groups that may be paid with points, all if there are none;
	// Never are those that may not. By source, as in RuleSet.
	Only, Never map[string][]ItemGroup
	Hold        time.Duration // how long reserved points stay so
}

// RedemptionRate is what a point is worth to some: those of a group or below it, or
// with a card whose number fits a pattern.
type RedemptionRate struct {
	Group string
	Card  string // pattern of MatchPattern
	Rate  decimal.Decimal
}

// RateOf is the money for one point of a contractor of a group, with a card or "": of the
// first rate that fits.
func (p RedemptionPolicy) RateOf(group, card string) decimal.Decimal {
	for _, r := range p.Rates {
		if (r.Group == "" || inGroup(r.Group, group)) && (r.Card == "" || card != "" && MatchPattern(r.Card, card)) {
			return r.Rate
		}
	}
	return p.Rate
}

// MoneyDecimals are those of amounts that points are worth.
const MoneyDecimals = 2

// Worth is what points are worth at a rate: exact, but for fractions of the smallest
// coin, which are left out.
func (p Points) Worth(rate decimal.Decimal, decimals int) decimal.Decimal {
	return decimal.New(int64(p), int32(-decimals)).Mul(rate).Truncate(MoneyDecimals) //nolint:gosec // decimals are 0 to 3
}

// maxExactPoints keeps what an amount of money costs within Points.
var maxExactPoints = decimal.New(1, 18)

// PointsFor are the fewest points worth at least an amount of money at a rate. ok is
// false when points have no worth, or no number of them is that much.
func PointsFor(amount, rate decimal.Decimal, decimals int) (points Points, ok bool) {
	if !rate.IsPositive() || !amount.IsPositive() {
		return 0, false
	}
	const places = 6                                                     // more than points and rates have
	exact := amount.Shift(int32(decimals)).DivRound(rate, places).Ceil() //nolint:gosec // decimals are 0 to 3
	if exact.GreaterThan(maxExactPoints) {
		return 0, false
	}
	points = Points(exact.IntPart())
	for points > 1 && (points-1).Worth(rate, decimals).GreaterThanOrEqual(amount) { // the quotient was rounded
		points--
	}
	for points.Worth(rate, decimals).LessThan(amount) {
		points++
	}
	return points, true
}

// BillLine is a line of a bill that is to be paid with points.
type BillLine struct {
	Code   string          `json:"code"`
	Group  string          `json:"group,omitempty"` // path in the ERP
	Amount decimal.Decimal `json:"amount"`          // to be paid, gross
}

// Payable is what of a bill of a source may be paid with points by the groups of its
// items, before MaxShare.
func (p RedemptionPolicy) Payable(source string, lines []BillLine) decimal.Decimal {
	var sum decimal.Decimal
	for _, l := range lines {
		if (len(p.Only) == 0 || anyGroup(p.Only[source], l)) && !anyGroup(p.Never[source], l) {
			sum = sum.Add(l.Amount)
		}
	}
	return sum
}

// NeedsLines says whether it depends on the items of a bill what of it may be paid, so
// that a redemption has to tell them.
func (p RedemptionPolicy) NeedsLines() bool { return len(p.Only) > 0 || len(p.Never) > 0 }

func anyGroup(groups []ItemGroup, l BillLine) bool {
	for _, g := range groups {
		if g.Matches(l.Code, l.Group) {
			return true
		}
	}
	return false
}

// Refusal is why points may not be spent.
type Refusal string

// The refusals.
const (
	Insufficient   Refusal = "insufficient" // there are not as many
	BelowMinimum   Refusal = "below_minimum"
	AboveMaximum   Refusal = "above_maximum"
	AboveDay       Refusal = "above_day"
	AboveMonth     Refusal = "above_month"
	NotPayable     Refusal = "not_payable"   // the bill, or too much of it, may not be paid with points
	NoWorth        Refusal = "no_worth"      // points of the program are worth no money
	HoldExpired    Refusal = "expired"       // the reservation has timed out
	AlreadyDecided Refusal = "resolved"      // it was resolved in another way before
	OtherRequest   Refusal = "other_request" // the key was used for something else
	SamePerson     Refusal = "same_person"   // who proposed it may not approve it
	IsMerged       Refusal = "merged"        // the contractor is merged into another
	HasMerged      Refusal = "has_merged"    // others are merged into the contractor
	PointsHeld     Refusal = "held"          // an open reservation holds points
)

// Refused is a refusal told to a person. It is an *Error with CodeConflict.
type Refused struct {
	Reason Refusal
	Told   *Error
}

// Refuse makes a refusal.
func Refuse(reason Refusal, message, hint string) error {
	return &Refused{Reason: reason, Told: &Error{Code: CodeConflict, Message: strings.TrimSpace(message), Hint: hint}}
}

// Error tells what was refused.
func (r *Refused) Error() string { return r.Told.Error() }

// Unwrap returns what is told.
func (r *Refused) Unwrap() error { return r.Told }
