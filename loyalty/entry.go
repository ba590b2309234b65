package loyalty

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"time"
)

// Bucket is where points are. A movement goes from one to another.
type Bucket uint8

// The buckets. Issued is outside: what enters from it is new, what returns to it
// is gone. Debt counts what a contractor still has to earn back.
const (
	Issued Bucket = iota + 1
	Pending
	Active
	Held
	Spent
	Lapsed
	Debt
	Adjust
)

// EntryKind is why points moved.
type EntryKind uint8

// The kinds of entries.
const (
	Earn EntryKind = iota + 1
	Activate
	Reverse
	Adjustment
	Lapsing // of no line and rule: Line and Rule are 0, Document is the lot's
	// Of operations: Document is the negative of its ID, Line the lot's.
	Hold
	Release // what was held is let go
	Spend
	Undo // what was spent comes back
	Transferring
)

// String names the kind as the wire does.
func (k EntryKind) String() string {
	switch k {
	case Earn:
		return "earn"
	case Activate:
		return "activate"
	case Reverse:
		return "reverse"
	case Adjustment:
		return "adjust"
	case Lapsing:
		return "lapse"
	case Hold:
		return "hold"
	case Release:
		return "release"
	case Spend:
		return "spend"
	case Undo:
		return "undo"
	case Transferring:
		return "transfer"
	}
	return "unknown"
}

// Entry is one immutable movement of points of one line and rule (law 3).
// Amount is positive and in smallest units; From and To give the direction.
type Entry struct {
	ID          int64 // order of posting
	Account     int64
	Document    int64 // of an operation, the negative of its ID
	Line        int64 // see LineID
	Rule        int64
	Revision    int // 1 + entries posted before for the same document, line and rule
	Kind        EntryKind
	From, To    Bucket
	Amount      Points
	EffectiveOn Date
	RuleSet     int64 // the version it was computed under
	Of          int64 // the entry that an Activate or Reverse is about, 0 for none
	Batch       int64 // run, actor, instant and reason
	PostedAt    time.Time
}

// PostedEntry is an entry with what its batch says about it.
type PostedEntry struct {
	Entry
	Run    int64 // 0 for none
	Actor  string
	Reason string
	// Closed is the last day of the closed period that it came too late for; NoDate if its
	// period was open.
	Closed Date
}

// Side is the bucket of the balance that an entry fills or empties: where new
// points went, or where points that left were.
func (e Entry) Side() Bucket {
	if e.To == Issued {
		return e.From
	}
	return e.To
}

// String names the bucket as the command line's data do.
func (b Bucket) String() string {
	names := [...]string{Issued: "issued", Pending: "pending", Active: "active", Held: "held", Spent: "spent", Lapsed: "lapsed", Debt: "debt", Adjust: "adjust"}
	if int(b) < len(names) && names[b] != "" {
		return names[b]
	}
	return "unknown"
}

// Balance is one account's points by bucket, in smallest units.
type Balance struct {
	Pending, Active, Held, Spent, Lapsed, Debt Points
	Scored                                     int64 // documents with points
	Seq                                        int64 // the last entry that changed it
}

// LineID is a line's key as the ledger stores it: the ERP's own key when it is a
// whole number, else 63 bits of its SHA-256, negative, so that the two never
// meet. It has to tell the lines of one document apart, nothing more.
func LineID(id string) int64 {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && n >= 0 && strconv.FormatInt(n, 10) == id {
		return n
	}
	sum := sha256.Sum256([]byte(id))
	return -1 - int64(binary.BigEndian.Uint64(sum[:8])>>1)
}
