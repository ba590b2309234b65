package loyalty

import (
	"cmp"
	"time"

	"github.com/shopspring/decimal"
)

// Member is a contractor of a feed with what decides about its documents.
type Member struct {
	ID          int64 // also the ID of its account
	Key         string
	Code        string
	TakesPart   bool
	From        Date // first day that counts
	To          Date // last day that counts, for one that has left; else NoDate
	Beneficiary string
	Reason      Reason
	Facts       Inputs // as they are now, but for what depends on the document
	Tiers       []TierSpan
}

// Inputs are facts about a contractor that rules may ask for. They are taken
// when a chain is first given points, and kept with it: what they become later
// does not change what was earned.
type Inputs struct {
	Group      string     `json:"group,omitempty"`
	Attributes Attributes `json:"attributes,omitempty"`
	Card       string     `json:"card,omitempty"` // the number; its prefix may say its kind
	// Tier is the one of the date of the chain's original.
	Tier string `json:"tier,omitempty"`
	// First says that the chain's original was the first of its account to give
	// points: no other one had any when it was scored.
	First bool `json:"first_purchase,omitempty"`
	// Shares are not about the contractor, but taken at the same time and kept in
	// the same way.
	Shares []Share `json:"shares,omitempty"`
	// Matches are of a return without an original, Returned of the sales that they are
	// matched with.
	Matches  []Match    `json:"matches,omitempty"`
	Returned []Returned `json:"returned,omitempty"`
}

// Covers says whether documents of a day count for the contractor, and if not,
// why. Leaving keeps the days up to the one on which it was noticed.
func (m Member) Covers(day Date) Reason {
	left := !m.TakesPart && m.To != NoDate
	switch {
	case !m.TakesPart && !left && m.Reason != ReasonNone:
		return m.Reason
	case !m.TakesPart && !left:
		return ReasonNotInProgram
	case day < m.From:
		return ReasonBeforeEarnFrom
	case left && day > m.To:
		return ReasonAfterLeaving
	}
	return ReasonNone
}

// StoredDocument is a document with what the ledger knows of it.
type StoredDocument struct {
	Document
	ID      int64   // 0 while it is not stored
	Root    string  // key ID of the chain's original
	Account int64   // whose points; 0 is nobody's
	RuleSet int64   // pinned version; 0 is none yet
	Inputs  *Inputs // pinned with the version; nil when it asks for none
	Reason  Reason  // why there are no points
	Pending Points  // posted
	Active  Points  // posted
	Waits   Wait    // of an original: what the pending points of its released chain wait for
	HasBody bool    // false for documents of contractors who do not take part
}

// RootKey names the original of the document's chain.
func (d *StoredDocument) RootKey() Key { return Key{Type: d.Key.Type, ID: d.Root} }

// PostedLine sums the entries of one line, rule, account and date of a document.
type PostedLine struct {
	Document, Line, Rule, Account int64
	EffectiveOn                   Date
	Pending, Active               Points
	// WrittenOff is what of points taken back nobody lost, less what was given anew
	// without anybody gaining it.
	WrittenOff Points
	Revision   int   // the highest so far
	Earned     int64 // the last entry that earned, 0 for none
}

// Add adds what was posted elsewhere for the same line.
func (p *PostedLine) Add(other PostedLine) {
	p.Pending += other.Pending
	p.Active += other.Active
	p.WrittenOff += other.WrittenOff
	p.Revision, p.Earned = max(p.Revision, other.Revision), max(p.Earned, other.Earned)
}

// Lot is what is left of what a chain earned for an account.
type Lot struct {
	ID, Account, Document int64 // Document is the chain's original
	Holder                int64 // the account that may spend it: that which Account is merged into; 0 is Account
	EarnedOn              Date
	LapsesOn              Date // last day on which the points may be spent; NoDate is never
	Pending, Active       Points
	Lapsed                Points // posted as lapsed, and not taken back since
	Feed                  int64  // of a new one, 0 for the page's
}

// HeldBy is the account that has the points of a lot.
func (l Lot) HeldBy() int64 { return cmp.Or(l.Holder, l.Account) }

// Past says whether the points of a lot may no longer be spent on a day.
func (l Lot) Past(day Date) bool { return l.LapsesOn != NoDate && l.LapsesOn < day }

// Before says whether a lot is spent before another.
func (l Lot) Before(other Lot) bool { return l.Compare(other) < 0 }

// Compare is the spend order: the sooner a lot lapses, then the earlier it was earned.
func (l Lot) Compare(other Lot) int {
	never := func(d Date) int {
		if d == NoDate {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(never(l.LapsesOn), never(other.LapsesOn)), cmp.Compare(l.LapsesOn, other.LapsesOn),
		cmp.Compare(l.EarnedOn, other.EarnedOn), cmp.Compare(l.ID, other.ID))
}

// Feed is one source read for one program, as the store numbers them.
type Feed struct {
	ID, Program, Source int64
	ProgramName         string
	SourceName          string
	Currency            string
	Decimals            int
}

// Name is how logs and leases call the feed.
func (f Feed) Name() string { return f.ProgramName + "/" + f.SourceName }

// Cursor is where reading a feed's documents stands: a pass from Floor to
// Ceiling that has come to Position. Stamps and position are the source's own
// text. Only a completed pass moves Floor, and makes Taken the Snapshot.
type Cursor struct {
	Floor, Position, Ceiling string
	// Snapshot is what the source had committed before the last completed pass,
	// Taken the same for the pass under way; "" where a source cannot tell.
	Snapshot, Taken string
}

// RuleSetVersion is a stored rule set. It never changes.
type RuleSetVersion struct {
	ID   int64
	Body RuleSet
}

// PageState is everything stored that a page's points depend on.
type PageState struct {
	Version   int64 // of the feed; Post refuses when it has moved on
	Documents []StoredDocument
	Posted    []PostedLine
}

// PageWrite is everything that one page changes, committed whole or not at all.
type PageWrite struct {
	Feed    Feed
	Version int64
	Lease   Lease
	Run     int64
	Actor   string
	Reason  string
	At      time.Time
	Cursor  *Cursor // nil leaves it where it is
	// Documents to write. A new one has the ID -1-i, i being its place here;
	// entries and lots may refer to it by that.
	Documents []StoredDocument
	Seen      []StoredDocument // unchanged but for Digest, Modified and Reason
	Moved     []MovedDocument
	// Entries to post. Document may be negative as above; Of may be -1-i for the
	// entry at place i.
	Entries  []Entry
	Lots     []Lot // ID 0 opens one
	Accounts []AccountWrite
	Caps     []CapWrite
	Bills    PaidBills // that the points stand on; Post refuses when they are paid otherwise now
	Done     []int64   // documents to take off the re-evaluate queue
	// Recompute is the step that the page is of; nil for none.
	Recompute *RecomputeStep
}

// MovedDocument is a stored document that the ERP has given to another contractor.
type MovedDocument struct {
	Document int64
	From     string // key of the contractor that it was of
}

// PaidBills are what was paid with points of documents with some numbers.
type PaidBills struct {
	Numbers []string
	Paid    []PaidBill // by number, then account
}

// PaidBill is what redemptions of an account on a day, posted and not undone, paid of the
// bill with a number, in the program's currency.
type PaidBill struct {
	Document string
	Account  int64
	On       Date
	Worth    decimal.Decimal
}

// PaysWithin is how many days a redemption may be before or after the date of the
// document that it pays: numbers are used again in another year.
const PaysWithin = 60

// AccountWrite is an account's balance after a page. Seq of Before is compared
// with the stored one, so that nothing that happened meanwhile is overwritten.
type AccountWrite struct {
	ID     int64
	Before Balance
	After  Balance
	Exists bool
}

// ChainOrder sorts the members of a chain: by document date, then by key.
func ChainOrder(a, b *StoredDocument) int {
	if a.Date != b.Date {
		return int(a.Date) - int(b.Date)
	}
	return a.Key.Compare(b.Key)
}
