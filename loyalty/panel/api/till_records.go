package api

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// ContractorCall names a contractor of a program, as a till knows it. Who it is stands in
// bodies and never in an address (law 11).
type ContractorCall struct {
	Program      string `json:"program"`
	Source       string `json:"source"`        // "" for any
	Contractor   string `json:"contractor"`    // its code, ERP key or card number, whole
	ContractorBy string `json:"contractor_by"` // code, key or card; "" for any of them
}

// fault says what is wrong with a call, "" for nothing.
func (c ContractorCall) fault() string {
	switch {
	case c.Source != "" && !wellFormedName(c.Source):
		return "source is too long or has control characters"
	case !wellFormedName(c.Contractor):
		return "contractor is missing, too long or has control characters"
	case c.ContractorBy != "" && c.ContractorBy != byCode && c.ContractorBy != byKey && c.ContractorBy != byCard:
		return "contractor_by is none of code, key, card"
	}
	return ""
}

// The ways to name a contractor.
const (
	byCode = "code"
	byKey  = "key"
	byCard = "card"
)

// names says whether a contractor is named by the call in the way it says.
func (c ContractorCall) names(o loyalty.ContractorOverview) bool {
	return (c.ContractorBy == "" || c.ContractorBy == byCode) && o.Code == c.Contractor ||
		(c.ContractorBy == "" || c.ContractorBy == byKey) && o.Key == c.Contractor ||
		(c.ContractorBy == "" || c.ContractorBy == byCard) && o.Card == c.Contractor
}

// RedemptionCall asks for points to be held or spent. Amounts are decimal text in the
// program's currency, with at most two decimals; points have the program's decimals.
type RedemptionCall struct {
	ContractorCall
	Key      string     `json:"key"` // new for every redemption, the same when it is sent again
	Points   string     `json:"points"`
	Amount   string     `json:"amount"`   // to be covered, instead of points
	Document string     `json:"document"` // number of the bill
	Total    string     `json:"total"`    // of the bill
	Lines    []BillLine `json:"lines"`    // of the bill
	Post     bool       `json:"post"`     // spend at once
	Reason   string     `json:"reason"`
}

// BillLine is a line of a bill. Its amount is gross, below zero for a discount.
type BillLine struct {
	Code   string `json:"code"`
	Group  string `json:"group"`
	Amount string `json:"amount"`
}

// PostCall says how many of the points that are held are spent; "" is all.
type PostCall struct {
	Points string `json:"points"`
}

const (
	maxLines = 1000 // of a bill
	maxNote  = 1000 // characters of a reason, a group
)

// money is what may be written as an amount: short enough to be read without harm.
var money = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,2})?$`)

// request reads a call about an account, or says what is wrong with it.
func (c RedemptionCall) request(account int64, decimals int, actor string) (q ledger.RedemptionRequest, fault string) {
	q = ledger.RedemptionRequest{Account: account, Key: c.Key, Document: c.Document, Post: c.Post, Actor: actor, Reason: c.Reason}
	var err error
	switch {
	case c.Key == "" || !wellFormedKey(c.Key):
		return q, "key is missing, too long or has blanks"
	case (c.Points == "") == (c.Amount == ""):
		return q, "one of points and amount is needed"
	case !text(c.Document, maxName):
		return q, "document is too long or has control characters"
	case !text(c.Reason, maxNote):
		return q, "reason is too long or has control characters"
	}
	if c.Points != "" {
		if q.Points, err = loyalty.ParsePoints(c.Points, decimals); err != nil || q.Points <= 0 {
			return q, "points is not a positive amount with the program's decimals"
		}
	}
	if q.Amount, err = amount(c.Amount); err != nil || c.Amount != "" && !q.Amount.IsPositive() {
		return q, "amount is not a positive amount of money"
	}
	if q.Total, err = amount(c.Total); err != nil || q.Total.IsNegative() {
		return q, "total is not an amount of money"
	}
	for _, l := range c.Lines {
		sum, err := amount(l.Amount)
		if err != nil || l.Amount == "" || !text(l.Code, maxName) || !text(l.Group, maxNote) {
			return q, "a line needs an amount of money; its texts may be too long or have control characters"
		}
		q.Lines = append(q.Lines, loyalty.BillLine{Code: l.Code, Group: l.Group, Amount: sum})
	}
	return q, ""
}

// amount reads money; "" is none.
func amount(s string) (decimal.Decimal, error) {
	if s == "" {
		return decimal.Zero, nil
	}
	if !money.MatchString(s) {
		return decimal.Zero, &loyalty.Error{Code: loyalty.CodeInvalid, Message: "not an amount of money"}
	}
	return decimal.NewFromString(s)
}

func text(s string, most int) bool {
	return utf8.RuneCountInString(s) <= most && !strings.ContainsFunc(s, unicode.IsControl)
}

// Redemption is a redemption as it is now. Points and money are decimal text.
type Redemption struct {
	ID         string       `json:"id"`
	Program    string       `json:"program"`
	State      string       `json:"state"` // reserved, posted, voided, timed_out or undone
	Key        string       `json:"key"`
	Points     string       `json:"points"` // asked for
	Spent      string       `json:"spent"`
	Worth      string       `json:"worth"` // money, of the points, or of those spent once posted
	PointWorth string       `json:"point_worth"`
	Currency   string       `json:"currency"`
	Document   string       `json:"document"`
	On         loyalty.Date `json:"on"` // business day
	Reason     string       `json:"reason"`
	CreatedAt  time.Time    `json:"created_at"`
	ExpiresAt  *time.Time   `json:"expires_at"` // null when nothing is held
	ResolvedAt *time.Time   `json:"resolved_at"`
}

// RedemptionOf tells a redemption of a program to programs, the same as often as they ask.
func RedemptionOf(o loyalty.Operation, p loyalty.ProgramOverview) Redemption {
	if o.State != loyalty.Reserved {
		o.ExpiresAt = time.Time{}
	}
	return Redemption{
		ID: strconv.FormatInt(o.ID, 10), Program: p.Name, State: o.State.String(), Key: o.Key, Points: o.Points.Format(p.Decimals), Spent: o.Spent.Format(p.Decimals),
		Worth: o.Worth.StringFixed(loyalty.MoneyDecimals), PointWorth: o.Rate.String(), Currency: o.Currency, Document: o.Document, On: o.On, Reason: o.Reason,
		CreatedAt: kept(o.CreatedAt), ExpiresAt: instant(o.ExpiresAt), ResolvedAt: instant(o.ResolvedAt),
	}
}

// kept is a time as stores keep it, so that it is the same when it is read again.
func kept(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// instant is a time, nil for none.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = kept(t)
	return &t
}

// Balance is what a contractor may spend today.
type Balance struct {
	Program    string  `json:"program"`
	Available  string  `json:"available"`
	Pending    string  `json:"pending"`
	Held       string  `json:"held"`
	Debt       string  `json:"debt"`
	PointWorth string  `json:"point_worth"` // money for one point, to this contractor
	Worth      string  `json:"worth"`       // money, of what is available
	Currency   string  `json:"currency"`
	Lapses     []Lapse `json:"lapses"` // the next days at whose end points lapse
}

// Lapse is what lapses at the end of a day.
type Lapse struct {
	LapsesOn loyalty.Date `json:"lapses_on"`
	Points   string       `json:"points"`
}
