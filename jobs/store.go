package jobs

import (
	"context"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// Leases are fenced rights to work (law 9).
type Leases interface {
	// TakeLease returns false when somebody else holds it.
	TakeLease(ctx context.Context, name, owner string, ttl time.Duration) (loyalty.Lease, bool, error)
	// RenewLease returns loyalty.ErrLeaseLost when it was taken over.
	RenewLease(ctx context.Context, lease loyalty.Lease, ttl time.Duration) error
	// ReleaseLease returns loyalty.ErrLeaseLost when it was taken over.
	ReleaseLease(ctx context.Context, lease loyalty.Lease) error
	// LeaseHolder returns "" when nobody holds it.
	LeaseHolder(ctx context.Context, name string) (string, error)
}

// RunWriter moves runs through their states.
type RunWriter interface {
	QueueRun(ctx context.Context, r loyalty.Run) (int64, error)
	StartRun(ctx context.Context, id int64, owner string, lease loyalty.Lease) (bool, error)
	// ReportRun and FinishRun return loyalty.ErrLeaseLost when the run was taken
	// for crashed.
	ReportRun(ctx context.Context, r loyalty.Run) (stop bool, err error)
	FinishRun(ctx context.Context, r loyalty.Run, change func(*loyalty.JobState)) error
	// InterruptRuns leaves the runs alone that the caller executes.
	InterruptRuns(ctx context.Context, executes []int64) ([]loyalty.Run, error)
}

// RunReader reads the run ledger.
type RunReader interface {
	Run(ctx context.Context, id int64) (loyalty.Run, error)
	Runs(ctx context.Context, f store.RunFilter) ([]loyalty.Run, error)
	OpenRuns(ctx context.Context) ([]loyalty.Run, error)
}

// Decisions are what people do about runs.
type Decisions interface {
	CancelRun(ctx context.Context, id int64, actor string) error
	DecideRun(ctx context.Context, id int64, approve bool, actor string) (int64, error)
	PruneRuns(ctx context.Context, before time.Time) (int64, error)
}

// TickLedger accounts for ticks.
type TickLedger interface {
	ClaimTicks(ctx context.Context, c store.TickClaim) (int64, bool, error)
	RewindTicks(ctx context.Context, job string, from, to time.Time, count func(after, until time.Time) store.MissedTicks) (bool, error)
	MissRun(ctx context.Context, id int64, reason string) error
}

// JobStates are what is remembered about jobs.
type JobStates interface {
	SeenJob(ctx context.Context, job, schedule string, anchor time.Time) (loyalty.JobState, error)
	JobStates(ctx context.Context) (map[string]loyalty.JobState, error)
	ChangeJobState(ctx context.Context, job string, change func(*loyalty.JobState)) error
}

// StoredJobs are the jobs that operators keep in the store.
type StoredJobs interface {
	StoredJobs(ctx context.Context) ([]store.StoredJob, error)
	AddJob(ctx context.Context, name string, definition []byte, actor string) error
	EditJob(ctx context.Context, name string, definition []byte, actor string) error
	RemoveJob(ctx context.Context, name string) error
}

// AlertBook remembers what people were told.
type AlertBook interface {
	RaiseAlert(ctx context.Context, a loyalty.Alert) error
	CureAlert(ctx context.Context, kind loyalty.AlertKind, subject string) error
	DueAlerts(ctx context.Context) ([]loyalty.Alert, error)
	AlertSent(ctx context.Context, a loyalty.Alert) error
	AlertDelayed(ctx context.Context, a loyalty.Alert, until time.Time) error
}

// Store is everything this package keeps; *store.Store has it.
type Store interface {
	Leases
	RunWriter
	RunReader
	Decisions
	TickLedger
	JobStates
	StoredJobs
	AlertBook
}

var _ Store = (*store.Store)(nil)
