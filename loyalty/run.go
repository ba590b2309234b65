package loyalty

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// RunState is where a run of a job stands.
type RunState string

// The states of a run.
const (
	RunQueued      RunState = "queued"
	RunRunning     RunState = "running"
	RunSucceeded   RunState = "succeeded"
	RunFailed      RunState = "failed"
	RunGuarded     RunState = "guarded"     // stopped before reversing too much; a person decides
	RunRejected    RunState = "rejected"    // a guarded run that a person refused
	RunInterrupted RunState = "interrupted" // stopped half-way; the next run goes on where it stopped
	RunMissed      RunState = "missed"      // ticks that did not run, one row for several in a row
	RunCancelled   RunState = "cancelled"   // stopped by a person
)

// Finished says whether nothing more happens to a run in this state.
func (s RunState) Finished() bool { return s != RunQueued && s != RunRunning }

// Why ticks were missed, kept in Run.Reason.
const (
	MissedDown    = "down"    // nobody was there to run it in time
	MissedOverlap = "overlap" // an earlier run of the job was still going on
	MissedBackoff = "backoff" // too soon after failures
	MissedGuard   = "guard"   // a guarded run waits for a person
	MissedPaused  = "paused"
)

// Run is one row of the run ledger. Instants are UTC and zero when there is
// none.
type Run struct {
	ID        int64
	Job       string
	Kind      string
	Source    string
	Program   string
	Tick      time.Time // the last tick the row stands for; zero for a run by hand
	FirstTick time.Time // the first, when the row stands for several
	Ticks     int       // how many: more than one for missed ticks and idle runs in a row
	State     RunState
	Reason    string
	Actor     string // "schedule", "cli", or an operator's name
	Options   RunOptions
	Owner     string // the process that runs it
	Lease     Lease
	Attempt   int   // 1 for the first try
	Previous  int64 // the guarded run that this one was approved from, or 0
	Stop      bool  // a person asked it to stop
	Queued    time.Time
	Started   time.Time
	Finished  time.Time
	Progress  RunProgress
	Counts    RunCounts
	Error     RunError
	Log       string // the last lines
}

// RunOptions are what a person may ask of one run.
type RunOptions struct {
	DryRun   bool
	Since    Date   // read again from this business date; NoDate is "go on"
	Approved bool   // pass the guard, once
	Until    Date   // reconcile: up to this business date; 0 or NoDate is without end
	Fix      bool   // reconcile: mend what differs
	Platform string // reconcile: only this one; "" is all
}

// MarshalJSON leaves out what is not set.
func (o RunOptions) MarshalJSON() ([]byte, error) {
	until := ""
	if o.Until > 0 {
		until = o.Until.String()
	}
	return json.Marshal(runOptionsJSON{DryRun: o.DryRun, Since: o.Since.String(), Approved: o.Approved, Until: until, Fix: o.Fix, Platform: o.Platform})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (o *RunOptions) UnmarshalJSON(b []byte) error {
	var v runOptionsJSON
	if err := json.Unmarshal(b, &v); err != nil {
		return fmt.Errorf("options of a run: %w", err)
	}
	since, err := ParseDate(v.Since)
	if err != nil {
		return err
	}
	until, err := ParseDate(v.Until)
	*o = RunOptions{DryRun: v.DryRun, Since: since, Approved: v.Approved, Until: max(until, 0), Fix: v.Fix, Platform: v.Platform}
	return err
}

type runOptionsJSON struct {
	DryRun   bool   `json:"dry_run,omitempty"`
	Since    string `json:"since,omitempty"`
	Approved bool   `json:"approved,omitempty"`
	Until    string `json:"until,omitempty"`
	Fix      bool   `json:"fix,omitempty"`
	Platform string `json:"platform,omitempty"`
}

// RunProgress is how far a run is.
type RunProgress struct {
	Page    int    `json:"page,omitempty"`
	Read    int64  `json:"read,omitempty"` // records
	Message string `json:"message,omitempty"`
}

// RunCounts is what a run did.
type RunCounts struct {
	Read      ReadCounts  `json:"read"`
	Changed   int64       `json:"changed"` // records that differ from what was stored
	Entries   int64       `json:"entries"`
	Points    PointCounts `json:"points"`
	Delivered int64       `json:"delivered"`
	Rejected  int64       `json:"rejected"`
	// Guard is what a dry run found a real one would stop for; "" for nothing.
	Guard string `json:"guard,omitempty"`
}

// ReadCounts is what a run read from the source.
type ReadCounts struct {
	Contractors     int64 `json:"contractors"`
	Representatives int64 `json:"representatives"`
	Invoices        int64 `json:"invoices"`
	Lines           int64 `json:"lines"`
}

// Total is all records but lines.
func (c ReadCounts) Total() int64 { return c.Contractors + c.Representatives + c.Invoices }

// Idle says that the run found nothing new and wrote nothing. What an overlap
// reads again is not new.
func (c RunCounts) Idle() bool {
	return c.Changed == 0 && c.Entries == 0 && c.Delivered == 0 && c.Rejected == 0
}

// PointCounts are points moved by a run, in smallest units; Decimals is the
// program's, for writing them.
type PointCounts struct {
	Earned, Reversed, Pending, Lapsed Points
	Decimals                          int
}

type pointCountsJSON struct {
	Earned   string `json:"earned"`
	Reversed string `json:"reversed"`
	Pending  string `json:"pending"`
	Lapsed   string `json:"lapsed,omitempty"` // of runs of the kind lapse
}

// MarshalJSON writes amounts as text with the program's decimals.
func (c PointCounts) MarshalJSON() ([]byte, error) {
	out := pointCountsJSON{Earned: c.Earned.Format(c.Decimals), Reversed: c.Reversed.Format(c.Decimals), Pending: c.Pending.Format(c.Decimals)}
	if c.Lapsed != 0 {
		out.Lapsed = c.Lapsed.Format(c.Decimals)
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *PointCounts) UnmarshalJSON(b []byte) error {
	var v pointCountsJSON
	if err := json.Unmarshal(b, &v); err != nil {
		return fmt.Errorf("counts of points: %w", err)
	}
	_, fraction, _ := strings.Cut(v.Earned, ".")
	out := PointCounts{Decimals: len(fraction)}
	for _, f := range []struct {
		text string
		to   *Points
	}{{v.Earned, &out.Earned}, {v.Reversed, &out.Reversed}, {v.Pending, &out.Pending}, {v.Lapsed, &out.Lapsed}} {
		if f.text == "" {
			continue
		}
		p, err := ParsePoints(f.text, out.Decimals)
		if err != nil {
			return err
		}
		*f.to = p
	}
	*c = out
	return nil
}

// RunError is why a run did not succeed, for a person.
type RunError struct {
	Code    Code   `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

// JobState is what the store remembers about a job beside its definition. It
// belongs to the name, wherever the definition is kept.
type JobState struct {
	Job      string
	Schedule string    // the schedule's own text; another text begins anew
	Anchor   time.Time // the instant that intervals count from, or the instant of a once job; stored, so that a changed zone moves nothing
	Horizon  time.Time // every tick up to here is accounted for (law 9)
	Paused   bool
	PausedBy string // a person, or "failure"
	Pause    RunError
	PausedAt time.Time
	Failures int // in a row
	Backoff  time.Time
	Success  time.Time // the last one
	Seen     time.Time // when the job was first seen
	Guarded  int64     // the run that waits for a person, or 0
}

// PausedByFailure is who pauses a job that a person must mend.
const PausedByFailure = "failure"
