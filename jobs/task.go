package jobs

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// Task is what a kind of job does. Run works until it is done or ctx ends; what
// it has committed stays, and the next run goes on from there. Errors decide
// what becomes of the job, see Classify.
type Task interface {
	Run(ctx context.Context, r *Run) error
}

// Tasks makes the task of a job, by kind.
type Tasks map[string]func(Definition) (Task, error)

// Options are what a person may ask of one run.
type Options = loyalty.RunOptions

// Counts are what a run did.
type Counts = loyalty.RunCounts

// Run is a running job as its task sees it. Its methods may be called at the
// same time.
type Run struct {
	ID         int64
	Definition Definition
	Options    Options
	Scheduled  bool         // a tick started it, not a person
	Logger     *slog.Logger // names run, job and source; its last lines are kept with the run

	lease loyalty.Lease
	guard *ledger.Guard // of a run over a feed, kept over its attempts

	mu       sync.Mutex
	counts   loyalty.RunCounts
	progress loyalty.RunProgress
}

// NewRun returns a run outside the run ledger, for tests of tasks.
func NewRun(id int64, def Definition, opts Options, lease loyalty.Lease, logger *slog.Logger) *Run {
	return &Run{ID: id, Definition: def, Options: opts, Logger: logger, lease: lease}
}

// Lease is the fence that every commit of the run compares (law 9).
func (r *Run) Lease() loyalty.Lease { return r.lease }

// Count lets add change what the run did so far.
func (r *Run) Count(add func(*Counts)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	add(&r.counts)
}

// Progress says how far the run is: the page, the records read so far, and a
// few words without personal data. Followers see it within a second or so.
func (r *Run) Progress(page int, read int64, message string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress = loyalty.RunProgress{Page: page, Read: read, Message: message}
}

// Snapshot is what the run did so far.
func (r *Run) Snapshot() (loyalty.RunCounts, loyalty.RunProgress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts, r.progress
}

// GuardError is what a task returns when it stopped because it would reverse too
// much (law 6). Err says how much; its hint is replaced by the way on.
type GuardError struct{ Err error }

// Error says how much would have been reversed.
func (e *GuardError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *GuardError) Unwrap() error { return e.Err }

// DeliveryError is what became of the deliveries of a run, apart from its
// reading: a platform that refuses everything must not hold the reading up. A
// task returns it beside its other errors.
type DeliveryError struct{ Err error }

// Error says what the platforms answered.
func (e *DeliveryError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *DeliveryError) Unwrap() error { return e.Err }

// Why a run's context was cancelled.
var (
	errStopped   = errors.New("loyalsync was asked to stop")
	errCancelled = errors.New("stopped by a person")
	errTimeout   = errors.New("the run took longer than its timeout")
)

// Verdict is what an error of a task means for its job.
type Verdict int

// The verdicts.
const (
	Succeeded   Verdict = iota // no error
	Transient                  // may work when tried again: backed off, never paused
	Broken                     // a person must mend something: the job is paused
	Misfit                     // the ERP's tables are not as expected: broken, unless they were before and will be again
	Guarded                    // a person must decide
	Failed                     // anything else: backed off, never paused
	Undelivered                // a blocked platform, and nothing else: tried again at the next tick
	Interrupted                // asked to stop, or the lease was lost
	Cancelled                  // stopped by a person
)

// Classify says what an error that a task returned means. cause is the cause of
// the end of the task's context, nil when that did not end.
func Classify(err, cause error) Verdict {
	var guard *GuardError
	switch {
	case err == nil:
		return Succeeded
	case errors.Is(cause, errCancelled):
		return Cancelled
	case errors.Is(cause, errTimeout):
		return Transient
	case cause != nil, errors.Is(err, loyalty.ErrLeaseLost):
		return Interrupted
	case errors.As(err, &guard):
		return Guarded
	case errors.Is(err, connectors.ErrUnreachable), errors.Is(err, connectors.ErrTransient):
		return Transient
	case errors.Is(err, connectors.ErrAuth), errors.Is(err, connectors.ErrSettings):
		return Broken
	case errors.Is(err, connectors.ErrSchema):
		return Misfit
	}
	if codes, only := deliveryCodes(err, false); only {
		switch {
		case slices.Contains(codes, loyalty.CodeBusy):
			return Transient // also beside a blocked platform, whatever their order
		case slices.Contains(codes, loyalty.CodeForbidden):
			return Undelivered
		}
	}
	switch loyalty.CodeOf(err) {
	case loyalty.CodeBusy:
		return Transient
	case loyalty.CodeAction:
		return Broken
	default:
		return Failed
	}
}

// deliveryCodes returns the codes of the deliveries that failed; false when
// anything else failed beside them. within says that err is part of a
// DeliveryError already.
func deliveryCodes(err error, within bool) (codes []loyalty.Code, only bool) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, part := range joined.Unwrap() {
			more, only := deliveryCodes(part, within)
			if !only {
				return nil, false
			}
			codes = append(codes, more...)
		}
		return codes, true
	}
	if d, ok := err.(*DeliveryError); ok { //nolint:errorlint // the chain is walked by hand
		return deliveryCodes(d.Err, true)
	}
	if e, ok := err.(*loyalty.Error); ok && within { //nolint:errorlint // the chain is walked by hand
		return []loyalty.Code{e.Code}, true
	}
	if cause := errors.Unwrap(err); cause != nil {
		return deliveryCodes(cause, within)
	}
	return []loyalty.Code{loyalty.CodeInternal}, within
}

// describe puts an error into the words kept with the run.
func describe(err error) loyalty.RunError {
	out := loyalty.RunError{Code: loyalty.CodeOf(err), Message: err.Error()}
	if e, ok := errors.AsType[*loyalty.Error](err); ok {
		out.Hint = e.Hint
	}
	if e, ok := errors.AsType[*connectors.Error](err); ok {
		if out.Hint == "" {
			out.Hint = e.Hint
		}
		if out.Code == loyalty.CodeInternal && (errors.Is(e, connectors.ErrUnreachable) || errors.Is(e, connectors.ErrTransient)) {
			out.Code = loyalty.CodeBusy
		}
		if out.Code == loyalty.CodeInternal && errors.Is(e, connectors.ErrSettings) {
			out.Code = loyalty.CodeInvalid
		}
	}
	return out
}
