package loyalty

import "time"

// ProgramOverview is a program as screens list it.
type ProgramOverview struct {
	ID       int64
	Name     string
	Currency string // ISO 4217
	Decimals int    // of its points, 0-3
	Sources  []string
}

// ContractorSort names a column that contractors can be sorted by.
type ContractorSort string

// The columns to sort by. Ties are broken by code and then by ID.
const (
	SortCode      ContractorSort = "code"
	SortName      ContractorSort = "name"
	SortJoined    ContractorSort = "joined"
	SortAvailable ContractorSort = "available"
	SortPending   ContractorSort = "pending"
	SortScored    ContractorSort = "scored"
)

// Taking narrows a list of contractors by their part in the program.
type Taking string

// The ways to narrow. AnyTaking is who takes part now or has had points.
const (
	AnyTaking Taking = ""
	TakesPart Taking = "yes"
	NotTaking Taking = "no"
)

// ContractorFilter chooses a page of contractors of one program.
type ContractorFilter struct {
	Program int64
	// Search is words that must all occur in the code, name, tax number or
	// card, whatever their case and with or without Polish accents.
	Search string
	Taking Taking
	Sort   ContractorSort // "" is SortCode
	Desc   bool
	Today  Date // in the program's zone: lots that lapsed before it are not available
	Limit  int
	Offset int
}

// ContractorOverview is a contractor with its points, in the program's smallest
// unit.
type ContractorOverview struct {
	ID      int64 // also the ID of its account
	Program int64
	Source  string
	Contractor
	JoinedOn  Date // NoDate when unknown
	TakesPart bool
	// Available is what may be spent today: active, not held, not lapsed.
	Available Points
	Lapsed    Points // with the points of lots past their date
	Balance   Balance
	Rewards   int64 // received
}

// ContractorDetail is everything a page about one contractor shows.
type ContractorDetail struct {
	ContractorOverview
	EarnFrom Date   // documents of this date or later count; NoDate when it never took part
	To       Date   // last day that counted, for one that has left; else NoDate
	Reason   Reason // why it does not take part
	// Beneficiary is the key of the contractor who gets the points, "" for
	// itself; BeneficiaryID and BeneficiaryCode are 0 and "" when not known.
	Beneficiary     string
	BeneficiaryID   int64
	BeneficiaryCode string
}

// HistoryFilter chooses a page of documents of one contractor, newest first.
type HistoryFilter struct {
	Contractor int64
	Before     HistoryCursor // zero starts with the newest
	From, To   Date          // inclusive; NoDate is open
	State      State         // 0 is every state
	Limit      int
}

// HistoryCursor is the document that a page ended with.
type HistoryCursor struct {
	Date Date
	ID   int64
}

// HistoryDocument is a document with the points its lines have, net of
// everything posted so far.
type HistoryDocument struct {
	StoredDocument
	Source  string
	Program int64
	Points  Points // pending ones included
	// BuyerID is the contractor whose taking part decides, AccountCode whose
	// points they are; 0 and "" when unknown.
	BuyerID     int64
	BuyerCode   string
	AccountCode string
	Posted      []HistoryLine // lines with points, in the document's order
	Without     int           // lines that have none
}

// HistoryLine is one line with its points by rule. A line that has points but
// is no longer on the document has only its points.
type HistoryLine struct {
	Line
	Points  Points
	Pending Points // of Points
	Rules   []HistoryRule
}

// HistoryRule is the points of one rule for a line.
type HistoryRule struct {
	Name   string
	Title  Title
	Points Points
}

// AsOf is the moment of a balance in two times; zero values mean now.
type AsOf struct {
	Date     Date           // documents dated up to it, NoDate for all
	PostedAt time.Time      // entries posted up to it, zero for all
	Today    Date           // lots that lapsed before it are not available
	Zone     *time.Location // of business days, for the day of a posting
	// Booked lets what was found after its period was closed count in the first period
	// that was open then; else its date decides.
	Booked bool
}

// Query is a person's way to name a contractor or a document: a code,
// number or key, or words of a name. "" for Source and Program is any.
type Query struct{ Text, Source, Program string }

// BalanceOverview is a balance as people and programs read it.
type BalanceOverview struct {
	Balance
	Available Points
	Rewards   int64
}
