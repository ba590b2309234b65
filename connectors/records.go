package connectors

import "github.com/shopspring/decimal"

// Date is a business date without zone, as text "2006-01-02"; "" is none.
type Date string

// Time is the wall clock of a sale in the ERP's zone, as text "15:04"; "" is none.
type Time string

// InvoiceKey names a document for ever (law 5): the ERP's primary key, and the
// type within which such keys are unique, which is the table they come from. The
// type of a document never changes, and a correction has the type of what it
// corrects; what may change, as a draft's class, is not part of it.
type InvoiceKey struct{ Type, ID string }

// KeyDigest is a document as a sweep sees it.
type KeyDigest struct {
	Key    InvoiceKey
	Digest string
}

// State is where a document stands in the ERP.
type State string

// The states of a document.
const (
	Buffered  State = "buffered"  // in the buffer: may be edited and deleted
	Released  State = "released"  // taken out of the buffer
	Cancelled State = "cancelled" // cancelled, voided or reversed
)

// LineKind tells goods from what usually earns nothing.
type LineKind string

// The kinds of a line.
const (
	Goods   LineKind = "goods"
	Service LineKind = "service"
	Deposit LineKind = "deposit" // returnable packaging
	Charge  LineKind = "charge"  // freight and other lines without an item
	// Component is part of a set or a complex service whose own line holds the value.
	Component LineKind = "component"
)

// Contractor is a firm or a person that the ERP sells to.
type Contractor struct {
	ID         string // the ERP's primary key
	Code       string // what operators call it by; may be edited
	Name       string
	TaxID      string
	Email      string
	Phone      string
	Group      string
	Country    string // ISO 3166 alpha-2 where the ERP has it
	Active     bool
	Anonymous  bool   // a till's cash customer or the like: never takes part
	Erased     bool   // made anonymous in the ERP at the person's wish: never takes part, keeps no name
	MergedInto string // the key of the contractor that replaced this one
	Attributes map[string]string
}

// Representative is a person who signs in for a contractor.
type Representative struct {
	ID         string
	Contractor string // key of the contractor
	Name       string
	Email      string // as in the ERP, where a field may hold several addresses
	Phone      string
	Active     bool
	Default    bool // the contractor's own choice among its people
	Erased     bool // as Contractor.Erased
	// Consents are the ways in which the person may be written to, in the order of
	// the constants; nil when the ERP keeps none for this person.
	Consents   []Consent
	Attributes map[string]string
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

// Invoice is a sales document as the ERP holds it, corrections included.
//
// Amounts are signed: a document that takes value back is negative, whatever the
// ERP's own convention. Line amounts and totals are in Currency.
type Invoice struct {
	Key         InvoiceKey
	Class       string // the ERP's own, for example ARI, ARC, 302
	Number      string // as printed; not unique, never a key
	ExternalNo  string // for example a KSeF number
	State       State
	Modified    Stamp
	IssuedOn    Date
	SoldOn      Date
	Time        Time   `json:",omitempty"` // of the day of issue, where the ERP keeps it
	Buyer       string // contractor keys; "" when the document has none
	Recipient   string
	Payer       string
	Currency    string          // ISO 4217
	Rate        decimal.Decimal // base currency for one unit of Currency; zero when unknown
	Net, Gross  decimal.Decimal
	Store       string
	PaymentForm string
	Paid        bool
	Corrects    string // key ID of the document this one corrects, "" for none
	Return      bool   // takes value back without a link to an original (a credit memo)
	OutOfScope  string // why the filter does not take it; "" when it does
	// NotCounted says why a document earns nothing though it is read, as a receipt
	// whose invoice counts; "" for all that count. Unlike those out of scope it
	// gives back what points it had.
	NotCounted string
	Attributes map[string]string
	Lines      []Line
	Digest     string // cheap fingerprint of header and lines, the same as in Keys
}

// Line is one position of a document. Quantity, Net and Gross are signed like
// the document's.
type Line struct {
	ID       string // the ERP's primary key
	Corrects string // ID of the original's line, on linked corrections
	No       int
	Kind     LineKind
	Code     string
	Name     string
	Group    string          // path of the ERP's item group, parts joined by "/"
	Quantity decimal.Decimal // in the item's base unit
	Unit     string
	// DocumentQuantity and DocumentUnit are as written on the document.
	DocumentQuantity decimal.Decimal
	DocumentUnit     string
	Net, Gross       decimal.Decimal
	// Discount is what the price is below the list price, in percent; zero where there
	// is none, or the ERP does not say. Discounted is also set by an ERP that knows no
	// percentage.
	Discount   decimal.Decimal `json:",omitzero"`
	Discounted bool            `json:",omitempty"`
	Attributes map[string]string
}
