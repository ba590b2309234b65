package loyalty

import "time"

// RecomputeState is how far a recompute has come.
type RecomputeState uint8

// The states of a recompute. One that was cut short goes on, or is undone.
const (
	Recomputing RecomputeState = iota + 1
	Recomputed
	UndoingRecompute
	RecomputeUndone
)

// String names the state as data do.
func (s RecomputeState) String() string {
	names := [...]string{Recomputing: "posting", Recomputed: "posted", UndoingRecompute: "undoing", RecomputeUndone: "undone"}
	if int(s) < len(names) && names[s] != "" {
		return names[s]
	}
	return "unknown"
}

// Recompute scores the documents of a period anew under a chosen version of the rules,
// and pins them to it. It keeps what they were pinned to, so that it can be undone.
type Recompute struct {
	ID         int64
	Feed       Feed
	RuleSet    int64 // the version
	ValidFrom  Date  // of the version; NoDate is "always"
	From, To   Date  // of documents, inclusive; NoDate is without that end
	State      RecomputeState
	Position   int64 // the last document that the state has come to
	Documents  int64 // whose pins are kept
	Actor      string
	Reason     string
	CreatedAt  time.Time
	UndoneBy   string
	UndoneAt   time.Time
	UndoReason string
}

// Pin is what an original was pinned to before a recompute.
type Pin struct {
	Document int64
	Key      Key
	RuleSet  int64   // 0 is none
	Inputs   *Inputs // nil is none
	// Date and Party were the document's then, and Waits what its points waited for.
	Date  Date
	Party string
	Waits Wait
}

// RecomputeStep is what a page of a recompute, or of its undoing, writes beside points:
// how far it has come, and the pins that were replaced.
type RecomputeStep struct {
	ID       int64
	Was      RecomputeState // else somebody else is at it
	State    RecomputeState
	Position int64
	Pins     []Pin
}

// Shortage is what an account has too little of for points to be taken back: they were
// spent, or moved.
type Shortage struct {
	Account int64
	Points  Points
}
