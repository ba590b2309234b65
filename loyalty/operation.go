package loyalty

import (
	"time"

	"github.com/shopspring/decimal"
)

// OperationKind is what an operation is about.
type OperationKind uint8

// The kinds of operations.
const (
	Redemption      OperationKind = iota + 1 // points are held for, and spent on, something
	PointAdjustment                          // somebody gives points, or takes some
	Transfer                                 // points go to another contractor, with their last days
	Opening                                  // points of before the program was kept here
	Merging                                  // the account and another are one firm: see Merge
)

// String names the kind as data do.
func (k OperationKind) String() string {
	names := [...]string{Redemption: "redemption", PointAdjustment: "adjustment", Transfer: "transfer", Opening: "opening", Merging: "merge"}
	if int(k) < len(names) && names[k] != "" {
		return names[k]
	}
	return "unknown"
}

// OperationState is how far an operation has come. A redemption goes from reserved
// to posted, voided or timed out, once, and from posted to undone; an adjustment that
// needs a second person from proposed to posted or voided.
type OperationState uint8

// The states of operations.
const (
	Reserved OperationState = iota + 1 // points are held
	Posted
	Voided   // somebody let the points go
	TimedOut // nobody resolved it in time
	Undone   // the points came back
	Proposed // waits for a second person; nothing has moved
)

// String names the state as data do.
func (s OperationState) String() string {
	names := [...]string{Reserved: "reserved", Posted: "posted", Voided: "voided", TimedOut: "timed_out", Undone: "undone", Proposed: "proposed"}
	if int(s) < len(names) && names[s] != "" {
		return names[s]
	}
	return "unknown"
}

// Operation is what somebody did with the points of an account beside documents.
// Its entries have the negative of its ID as their Document, a lot as their Line, and
// no rule: so they tell which points it took from which lot.
type Operation struct {
	ID      int64
	Program int64
	Account int64
	Kind    OperationKind
	State   OperationState
	// Key is the caller's, unique in the program for ever; Fingerprint sums up what was
	// asked for with it. "" for none.
	Key, Fingerprint string
	Other            int64           // the account that gets points of a transfer or a merge, 0 for none
	Points           Points          // asked for; negative for an adjustment that takes some
	Spent            Points          // of Points, once posted; 0 again when undone
	Rate             decimal.Decimal // money for one whole point; zero where points have no worth
	Worth            decimal.Decimal // in Currency, of Points, or of Spent once posted
	Currency         string          // ISO 4217, of the program
	Document         string          // number of the bill that it pays; "" for none
	LapsesOn         Date            // last day of points that an adjustment or an opening gives; NoDate is never
	On               Date            // business day on which it began
	Actor, Reason    string
	ResolvedBy       string
	CreatedAt        time.Time
	ExpiresAt        time.Time // of a reserved one: from then on it is timed out
	ResolvedAt       time.Time // zero while it is reserved or proposed
}

// ClockAhead is how far after now something may have begun; what began later was made by
// a clock that has been set back since.
const ClockAhead = 24 * time.Hour

// Expired says whether what is reserved is held no more: its time is over, or it was made
// by a clock that was ahead, and its time would not come for long.
func (o Operation) Expired(now time.Time) bool {
	return !now.Before(o.ExpiresAt) || o.CreatedAt.After(now.Add(ClockAhead))
}

// OperationCall names the operation to be begun or resolved.
type OperationCall struct {
	ID    int64     // of one to be resolved, 0 for a new one
	New   Operation // a new one, as far as it is known before the account is looked at
	Today Date      // lots past their last day may not be spent
	Since []Date    // first days of the periods to sum up redemptions of
	// Complete, of a new one, adds what only its account tells, before points for it are
	// looked for. Its error refuses it.
	Complete func(*Operation, AccountState) error
	// Anew takes points for one that was only proposed, as for a new one.
	Anew bool
}

// OperationBase is what an operation works on, all of one instant, which stays so
// until what follows from it is written.
type OperationBase struct {
	Operation Operation
	AccountState
	// Lots are those that may be spent today, in spend order until Points are covered,
	// for a new operation; else those that the operation took from.
	Lots  []Lot
	Taken []Taken // by lot, as Lots; only of one to be resolved
	// Other is whose account gets points of a transfer or a merge: its lots are those that
	// its share of Lots would join, or that would repay what the account owes.
	Other *OtherAccount
	// Paid is what reserved and posted redemptions pay of the bill of a new one already,
	// near its day.
	Paid decimal.Decimal
	// Holders are the balances of accounts, beside that of the operation and Other, that
	// hold Lots.
	Holders map[int64]Balance
	// Owed is what Other took over of what the account owed, of a merge to be undone.
	Owed Points
	// Redeemed is what the account has redeemed, reserved points too, in each period.
	Redeemed []Points
}

// AccountState is an account as operations find it.
type AccountState struct {
	Feed        Feed
	Balance     Balance
	Exists      bool   // it has had points before
	Merged      Merged // how it stands to others
	Group, Card string // of the contractor, which decide what a point is worth
	Expired     bool   // points are held for it that nobody resolved in time
}

// OtherAccount is the second account of an operation.
type OtherAccount struct {
	AccountState
	Lots []Lot
}

// Taken is what an operation has of the points of a lot.
type Taken struct {
	Lot         int64
	Held, Spent Points
	Revision    int   // of its last entry
	Entry       int64 // its first: what later ones are about
}
