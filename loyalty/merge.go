package loyalty

import "time"

// Merge is that two contractors of a program are one firm: as long as it is in force,
// Into has the points of From and gets those of its documents. Documents and lots stay
// whose they were, so that it can be undone.
type Merge struct {
	Operation  int64
	From, Into ContractorOverview // as far as they are listed: without balances
	Actor      string
	Reason     string
	MergedAt   time.Time
	UndoneBy   string
	UndoneAt   time.Time // zero while it is in force
}

// Merged is how an account stands to others of its program.
type Merged struct {
	Into int64   // the account that it is merged into, 0 for none
	From []int64 // the accounts that are merged into it
}

// Holds are the accounts whose points an account has.
func (m Merged) Holds(account int64) []int64 {
	if m.Into != 0 {
		return m.From
	}
	return append([]int64{account}, m.From...)
}

// Groups are accounts that are held together, by each of them: the one that has the
// points first. An account that is merged with nobody is not in it.
type Groups map[int64][]int64

// Holder is the account that has the points of one.
func (g Groups) Holder(account int64) int64 {
	if group := g[account]; len(group) > 0 {
		return group[0]
	}
	return account
}

// Of are the accounts that are held together with one, itself among them.
func (g Groups) Of(account int64) []int64 {
	if group := g[account]; len(group) > 0 {
		return group
	}
	return []int64{account}
}

// MergeSign is why two contractors look like one firm.
type MergeSign string

// The signs, the surest first.
const (
	MergedInERP    MergeSign = "erp"       // the ERP says that it has merged them
	MovedDocuments MergeSign = "documents" // it has given the documents of one to the other
	SameTaxID      MergeSign = "tax_id"
)

// MergeProposal is two contractors that look like one firm.
type MergeProposal struct {
	From, Into ContractorOverview // without balances
	Sign       MergeSign
	TaxID      string // as it is compared, for SameTaxID
}
