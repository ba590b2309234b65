package loyalty

// DifferenceKind is what two sides do not have alike.
type DifferenceKind string

// The kinds of differences that a reconciliation finds.
const (
	LineMissing      DifferenceKind = "line_missing"   // the ERP gives points, and none are posted
	LineExtra        DifferenceKind = "line_extra"     // points are posted, and the ERP gives none
	LineDifferent    DifferenceKind = "line_different" // other points, or of another state or day
	DocumentGone     DifferenceKind = "document_gone"  // the ERP has the document no more, by its key either
	BalanceDifferent DifferenceKind = "balance_different"
	LotsDifferent    DifferenceKind = "lots_different"
	ItemMissing      DifferenceKind = "item_missing"   // the platform took it, and has it no more
	ItemExtra        DifferenceKind = "item_extra"     // the platform has it, and the ledger does not
	ItemDifferent    DifferenceKind = "item_different" // other points, kind or contractor under one ID
)

// DifferenceKinds are all, in the order in which they are told.
func DifferenceKinds() []DifferenceKind {
	return []DifferenceKind{
		LineMissing, LineExtra, LineDifferent, DocumentGone, BalanceDifferent, LotsDifferent, ItemMissing, ItemExtra, ItemDifferent,
	}
}

// Difference is one place where two sides do not agree. What does not apply is 0 or
// "".
type Difference struct {
	Kind       DifferenceKind
	Document   Key
	Number     string
	Line       int64 // see LineID
	Rule       string
	Account    int64
	Contractor string // code of the account's; of an item its key
	// Posted is what the ledger has, of an item what the platform has; Desired is what
	// the ERP gives, of an item what the ledger has. Smallest units, pending points
	// included.
	Posted, Desired Points
	// Platform and Item name what was pushed.
	Platform, Item string
}

// Reconciliation is what comparing ERP, ledger and platforms came to.
type Reconciliation struct {
	Source, Program string
	Decimals        int
	From, Until     Date // of the documents compared; NoDate is without end
	Documents       int64
	// Waiting are documents that a job of the kind points has still to read: they are no
	// difference.
	Waiting   int64
	Counts    map[DifferenceKind]int64
	Posted    Points // of the lines that differ
	Desired   Points
	Platforms []PlatformAgreement
	Mended    Mended
	Complete  bool // everything was compared
}

// Differences is how many there are, of all kinds.
func (r Reconciliation) Differences() (n int64) {
	for _, count := range r.Counts {
		n += count
	}
	return n
}

// Left is how many of the differences were not mended: they would be there again.
func (r Reconciliation) Left() int64 {
	if !r.Mended.Asked {
		return r.Differences()
	}
	return r.Counts[LotsDifferent] + r.Counts[ItemDifferent]
}

// Mended is what a reconciliation that was to mend did.
type Mended struct {
	Asked    bool
	Balances int64 // computed anew from their entries: the only thing that is no entry
	Entries  int64
	Items    int64 // sent to platforms
}

// PlatformAgreement is what a platform said of a feed.
type PlatformAgreement struct {
	Platform string
	Items    int64 // that it has
	Waiting  int64 // that it was not sent yet
	Refused  int64 // for good: see the dead letters
	Untold   bool  // it does not say what it has, so nothing is compared
}
