package loyalty

// Buckets are points by bucket: what went in less what went out. Debt is negative
// while something is owed.
type Buckets [Adjust + 1]Points

// Add moves points between two buckets.
func (b *Buckets) Add(from, to Bucket, points Points) {
	if int(from) < len(b) && int(to) < len(b) {
		b[from] -= points
		b[to] += points
	}
}

// Proof is what a look at the whole ledger found.
type Proof struct {
	Programs []ProgramProof
	Breaches []Breach // the first of each kind; none when everything agrees
}

// ProgramProof is the chain of one program.
type ProgramProof struct {
	Program  string
	Decimals int
	Blocks   int64
	Entries  int64
	Sealed   int64 // entries in blocks; the others come into the next one
	Accounts int64
	Hash     string // of the last block: whoever keeps it elsewhere can tell that no block was replaced
	Points   Buckets
}

// BreachKind is what does not agree.
type BreachKind string

// The kinds of breaches.
const (
	BlockMissing  BreachKind = "block_missing"
	BlockChanged  BreachKind = "block_changed" // its entries are as they were
	EntryChanged  BreachKind = "entry_changed"
	EntryMissing  BreachKind = "entry_missing"
	EntryAdded    BreachKind = "entry_added"    // among entries that were sealed without it
	EntryHomeless BreachKind = "entry_homeless" // its account is not there
	BalanceWrong  BreachKind = "balance_wrong"  // not the sum of the account's entries
	LotsWrong     BreachKind = "lots_wrong"     // not the points that the account has
	PeriodChanged BreachKind = "period_changed" // its entries do not come to what was frozen
)

// Breach is a place where the ledger does not agree with itself. What does not
// apply is 0 or "".
type Breach struct {
	Kind       BreachKind
	Program    string
	Block      int64
	Entry      int64
	Account    int64
	Contractor string // code of the account's
	Period     int64  // number of a closed one
}
