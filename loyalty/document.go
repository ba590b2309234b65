package loyalty

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// Key names a document for ever: the ERP's primary key, and the type within
// which such keys are unique (law 5).
type Key struct{ Type, ID string }

// Compare orders keys so that those which are whole numbers sort as numbers.
func (k Key) Compare(other Key) int {
	return cmp.Or(
		strings.Compare(k.Type, other.Type),
		cmp.Compare(len(k.ID), len(other.ID)),
		strings.Compare(k.ID, other.ID),
	)
}

// State is where a document stands.
type State uint8

// The states. Deleted is concluded only by a sweep (law 6).
const (
	Buffered State = iota + 1
	Released
	Cancelled
	Deleted
)

// String names the state as the wire and the store do.
func (s State) String() string {
	switch s {
	case Buffered:
		return "buffered"
	case Released:
		return "released"
	case Cancelled:
		return "cancelled"
	case Deleted:
		return "deleted"
	}
	return "unknown"
}

// LineKind tells goods from what usually earns nothing.
type LineKind string

// The kinds of a line.
const (
	Goods   LineKind = "goods"
	Service LineKind = "service"
	Deposit LineKind = "deposit"
	Charge  LineKind = "charge"
	// Component is part of a set whose own line holds the value.
	Component LineKind = "component"
)

// Document is a sales document as the program sees it, after mapping. Amounts
// are signed and in Currency; dates are business dates.
type Document struct {
	Key         Key
	Class       string // the ERP's own, for example 302 or ARI
	Number      string
	ExternalNo  string
	State       State
	Date        Date // decides rules, participation, lapse and history
	IssuedOn    Date
	SoldOn      Date
	Time        TimeOfDay // of the sale or the issue, as far as the ERP knows
	Buyer       string    // contractor keys in the source
	Recipient   string
	Payer       string
	Party       string // the contractor whose taking part decides
	Currency    string
	Rate        decimal.Decimal // base currency for one unit; zero when unknown
	Net, Gross  decimal.Decimal
	Store       string
	Channel     string
	PaymentForm string
	Paid        bool
	Corrects    string // ID of the document that this one corrects
	Return      bool   // takes value back without a link
	OutOfScope  string // why the source's filter no longer takes it
	NotCounted  string // why the source has it count for nothing, as when another document counts the same sale
	Hash        string // of everything that matters to points and history
	Digest      string // the source's cheap fingerprint, for the sweep
	Modified    string // the source's stamp
	Lines       []Line
}

// Original is the key of the document that this one corrects; its ID is empty
// when it corrects none.
func (d *Document) Original() Key { return Key{Type: d.Key.Type, ID: d.Corrects} }

// Names says whether a contractor is one of the document's parties.
func (d *Document) Names(contractor string) bool {
	return contractor == d.Party || contractor == d.Buyer || contractor == d.Recipient || contractor == d.Payer
}

// LineByKey returns the line of a document that an entry's key names; see FindLine.
// The original that a correction corrects may be nil.
func (d *Document) LineByKey(key int64, original *Document) *Line {
	var lines []Line
	if original != nil {
		lines = original.Lines
	}
	return FindLine(key, d.Key.ID, d.Lines, lines, func(l *Line) (id, corrects string) { return l.ID, l.Corrects })
}

// FindLine finds the line that an entry's key names (see [LineID]) among those of a
// document or of the original that it corrects: a correction is scored under the
// lines of its original, and under keys of its own for lines that stand beside them.
// keys are a line's ID and that of the original's line that it corrects. Nil is none.
func FindLine[L any](key int64, document string, lines, original []L, keys func(*L) (id, corrects string)) *L {
	own := func(l *L) string { id, _ := keys(l); return id }
	if l := lineOf(key, lines, func(l *L) string { _, corrects := keys(l); return corrects }); l != nil {
		return l
	}
	if key < 0 { // such a text is no number
		if l := lineOf(key, lines, func(l *L) string { return document + ":" + own(l) }); l != nil {
			return l
		}
	}
	if l := lineOf(key, original, own); l != nil {
		return l
	}
	return lineOf(key, lines, own)
}

func lineOf[L any](key int64, lines []L, id func(*L) string) *L {
	number := strconv.FormatInt(key, 10) // the only text that a key of a whole number has
	for i := range lines {
		text := id(&lines[i])
		if key >= 0 && text == number || key < 0 && text != "" && LineID(text) == key {
			return &lines[i]
		}
	}
	return nil
}

// Line is one position of a document.
type Line struct {
	ID         string          `json:"id"`
	Corrects   string          `json:"corrects,omitempty"` // ID of the original's line
	No         int             `json:"no"`
	Kind       LineKind        `json:"kind"`
	Code       string          `json:"code,omitempty"`
	Name       string          `json:"name,omitempty"`
	Group      string          `json:"group,omitempty"` // path of the ERP's item group
	Quantity   decimal.Decimal `json:"quantity"`
	Unit       string          `json:"unit,omitempty"`
	Net        decimal.Decimal `json:"net"`
	Gross      decimal.Decimal `json:"gross"`
	Discount   decimal.Decimal `json:"discount,omitzero"` // percent below the list price, as far as the ERP says
	Discounted bool            `json:"discounted,omitempty"`
	Attributes Attributes      `json:"attributes,omitempty"`
}

// Attributes are an ERP's free fields by name.
type Attributes map[string]string

// Contractor is a firm or a person as the program sees it.
type Contractor struct {
	Key        string // the ERP's primary key
	Code       string
	Name       string
	TaxID      string
	Email      string
	Phone      string
	Group      string
	Card       string
	Active     bool
	MergedInto string
	Attributes Attributes
	Hash       string // of the fields above
}

// Representative is a person who signs in for a contractor.
type Representative struct {
	Key        string
	Contractor string
	Name       string
	Email      string
	Phone      string
	Active     bool
	Default    bool      // the contractor's own choice among its people
	Consents   []Consent // ways of messages that the person has agreed to
	Attributes Attributes
	Erased     bool // made anonymous in the ERP: nothing but the keys is kept
	Hash       string
}

// Consent is a way of sending messages that a person has agreed to.
type Consent string

// The ways of a Consent.
const (
	ConsentEmail  Consent = "email"
	ConsentSMS    Consent = "sms"
	ConsentPhone  Consent = "phone"
	ConsentLetter Consent = "letter"
)

// Participation is what mapping decides about one contractor.
type Participation struct {
	TakesPart   bool
	EarnFrom    Date   // documents of this date or later count
	Beneficiary string // key of the contractor who gets the points; "" is itself
	Reason      Reason // why not, when TakesPart is false
}
