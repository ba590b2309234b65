package wire

import (
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// MaxItems is how many items one call may carry.
const MaxItems = 500

// Kind is what a call carries; it is the last part of its address.
type Kind string

// The kinds of calls.
const (
	Contractors     Kind = "contractors"
	Representatives Kind = "representatives"
	Points          Kind = "points"
	Accounts        Kind = "accounts"
)

// Kinds lists the kinds in the order in which they are sent: people before
// their points, points before the sums of them.
func Kinds() []Kind { return []Kind{Contractors, Representatives, Points, Accounts} }

// Request is the body of a call.
type Request[T any] struct {
	Program string `json:"program"`
	Source  string `json:"source"`
	Items   []T    `json:"items"`
}

// Status is what a receiver says about one item.
type Status string

// The statuses. Duplicate is as good as Accepted: the receiver has the item, or
// a newer version of it.
const (
	Accepted  Status = "accepted"
	Duplicate Status = "duplicate"
	Rejected  Status = "rejected"
)

// Result answers one item. Code and Message say why it was rejected.
type Result struct {
	ID      string `json:"id"`
	Status  Status `json:"status"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

// Response answers a call: one result per item, in any order.
type Response struct {
	Results []Result `json:"results"`
}

// Problem is the body of every answer that is not 200.
type Problem struct {
	Code    string `json:"code"`
	Message string `json:"message,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

// InProgress is the code of a 409 that asks to try the same call again.
const InProgress = "in_progress"

// Contractor is a firm or a person who takes part. Version grows with every
// change; a receiver ignores a version that is not newer than what it has.
type Contractor struct {
	ID         string             `json:"id"` // the ERP's primary key
	Version    int64              `json:"version"`
	Code       string             `json:"code"`
	Name       string             `json:"name"`
	TaxID      string             `json:"tax_id"`
	Email      string             `json:"email"`
	Phone      string             `json:"phone"`
	Card       string             `json:"card"`
	Group      string             `json:"group"`
	Active     bool               `json:"active"`
	JoinedOn   loyalty.Date       `json:"joined_on"`
	Attributes loyalty.Attributes `json:"attributes"`
}

// Representative is a person who signs in for a contractor.
type Representative struct {
	ID         string `json:"id"`
	Version    int64  `json:"version"`
	Contractor string `json:"contractor"`
	Name       string `json:"name"`
	Email      string `json:"email"`
	Phone      string `json:"phone"`
	Active     bool   `json:"active"`
	Default    bool   `json:"default"` // the contractor's own choice among its people

	Consents   []loyalty.Consent  `json:"consents"`
	Attributes loyalty.Attributes `json:"attributes"`
}

// The states of points.
const (
	StatePending = "pending"
	StateActive  = "active"
)

// Movement is one movement of points of one line and rule. Points is positive
// text; Kind gives the direction and State the side: an earn puts into State, a
// reverse takes out of it, an activate goes from pending to active. Of names the
// item that an activate or reverse is about; it may arrive later.
type Movement struct {
	ID          string       `json:"id"`
	Contractor  string       `json:"contractor"`
	Kind        string       `json:"kind"` // earn, activate, reverse
	State       string       `json:"state"`
	Points      string       `json:"points"`
	Document    Document     `json:"document"`
	Item        Item         `json:"item"`
	Store       string       `json:"store"`
	Rule        string       `json:"rule"`
	RuleSet     string       `json:"rule_set"`
	EffectiveOn loyalty.Date `json:"effective_on"`
	LapsesOn    loyalty.Date `json:"lapses_on"` // last day on which the points may be spent; "" is never
	Of          string       `json:"of"`
}

// Document is the sales document behind a movement. ID is made by [DocumentID],
// and so is Corrects: the original whose chain a correction belongs to, "" for
// an original.
type Document struct {
	ID       string       `json:"id"`
	Corrects string       `json:"corrects"`
	Number   string       `json:"number"`
	Date     loyalty.Date `json:"date"`
	Buffered bool         `json:"buffered"`
}

// Item is the line behind a movement. Code and Name are empty when the line is
// no longer on the document. Amounts are signed decimal text, in Currency.
type Item struct {
	Code     string `json:"code"`
	Name     string `json:"name"`
	Group    string `json:"group"`
	Quantity string `json:"quantity"`
	Unit     string `json:"unit"`
	Net      string `json:"net"`
	Gross    string `json:"gross"`
	Currency string `json:"currency"`
}

// Account is a contractor's balance after the movement AsOfSeq: information for
// a mirror. Points are decimal text.
type Account struct {
	ID              string `json:"id"` // what the result names: the contractor's
	Contractor      string `json:"contractor"`
	Version         int64  `json:"version"`
	AsOfSeq         int64  `json:"as_of_seq"`
	Available       string `json:"available"`
	Pending         string `json:"pending"`
	Held            string `json:"held"`
	Debt            string `json:"debt"`
	Spent           string `json:"spent"`
	Lapsed          string `json:"lapsed"`
	ScoredDocuments int64  `json:"scored_documents"`
	RewardsReceived int64  `json:"rewards_received"`
}

// Personal lists the values that may not be repeated in what is kept or logged
// about the contractor (law 11).
func (c Contractor) Personal() []string {
	values := []string{c.Name, c.TaxID, c.Email, c.Phone, c.Card}
	for _, v := range c.Attributes {
		values = append(values, v)
	}
	return notEmpty(values)
}

// Personal lists the values that may not be repeated about the representative.
func (r Representative) Personal() []string {
	values := []string{r.Name, r.Email, r.Phone}
	for _, v := range r.Attributes {
		values = append(values, v)
	}
	return notEmpty(values)
}

func notEmpty(values []string) []string {
	return slices.DeleteFunc(values, func(v string) bool { return v == "" })
}
