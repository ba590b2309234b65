package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// Who asks for a run, beside operators by name.
const (
	ActorSchedule = "schedule"
	ActorRetry    = "retry" // the schedule, after a failure
	ActorCLI      = "cli"
)

// RunnerConfig is what a Runner works with.
type RunnerConfig struct {
	Store  Store            // required
	Tasks  Tasks            // required
	Logger *slog.Logger     // required
	Now    func() time.Time // required
	Owner  string           // names this process and no other. Required.
	Alerts *Alerts          // may be nil
	// Seal proves what runs have posted: it puts at most limit blocks of entries into
	// the ledger's chain, with 0 only what is left of an earlier day. May be nil.
	Seal func(ctx context.Context, limit int) (blocks int, err error)
	// Metrics may be nil.
	Metrics *Metrics
	// LeaseTTL is how long a process may be silent before its runs count as
	// crashed. Defaults to 30 s.
	LeaseTTL time.Duration
	// ReportEvery is how often progress is saved. Defaults to 1 s.
	ReportEvery time.Duration
	// AfterFailures in a row tell a person. Defaults to 3.
	AfterFailures int
	// RetryDelay is before the second try of a run; it doubles up to 5 min.
	// Defaults to 5 s.
	RetryDelay time.Duration
}

const (
	maxRetryDelay = 5 * time.Minute
	firstBackoff  = time.Minute
	maxBackoff    = time.Hour
	finishTimeout = 30 * time.Second
	finishTries   = 4
	finishDelay   = 2 * time.Second
)

func (c RunnerConfig) withDefaults() RunnerConfig {
	for _, f := range []struct {
		to    *time.Duration
		value time.Duration
	}{{&c.LeaseTTL, 30 * time.Second}, {&c.ReportEvery, time.Second}, {&c.RetryDelay, 5 * time.Second}} {
		if *f.to <= 0 {
			*f.to = f.value
		}
	}
	if c.AfterFailures <= 0 {
		c.AfterFailures = 3
	}
	return c
}

func (c RunnerConfig) validate() error {
	if c.Store == nil || c.Tasks == nil || c.Logger == nil || c.Now == nil || c.Owner == "" {
		return &loyalty.Error{Code: loyalty.CodeInternal, Message: "a runner needs a store, tasks, a logger, a clock and an owner"}
	}
	return nil
}

// Runner runs jobs under fenced leases and writes the run ledger. Its methods
// may be called at the same time.
type Runner struct {
	cfg RunnerConfig

	mu   sync.Mutex
	mine map[int64]bool // runs that this runner executes
}

// NewRunner returns a runner; an incomplete configuration is an error.
func NewRunner(cfg RunnerConfig) (*Runner, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	return &Runner{cfg: cfg, mine: map[int64]bool{}}, nil
}

// interruptCrashed marks runs that nobody executes any more, and returns them.
// Those of this runner are its own to end, also when their lease ran out while
// the process slept. Rows of this process that it does not execute are as dead
// as others: their end could not be written.
func (r *Runner) interruptCrashed(ctx context.Context) ([]loyalty.Run, error) {
	r.mu.Lock()
	mine := slices.Collect(maps.Keys(r.mine))
	r.mu.Unlock()
	return r.cfg.Store.InterruptRuns(ctx, mine)
}

// own notes that this runner executes a run, until the returned function is
// called.
func (r *Runner) own(id int64) (disown func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mine[id] = true
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.mine, id)
	}
}

// RunNow runs a job in this process and waits for its end; cancel ctx to
// interrupt it. The run comes back whatever became of it, see Outcome. An error
// says that it could not be started: CodeAction when another run of the same
// job or feed is going on.
func (r *Runner) RunNow(ctx context.Context, def Definition, opts Options, actor string) (loyalty.Run, error) {
	record := def.record()
	record.Actor, record.Options = actor, opts
	return r.runHere(ctx, def, func() (int64, error) { return r.cfg.Store.QueueRun(ctx, record) })
}

// RunQueued runs a queued run in this process, as RunNow does.
func (r *Runner) RunQueued(ctx context.Context, def Definition, id int64) (loyalty.Run, error) {
	return r.runHere(ctx, def, func() (int64, error) { return id, nil })
}

func (r *Runner) runHere(ctx context.Context, def Definition, queue func() (int64, error)) (loyalty.Run, error) {
	if _, err := r.interruptCrashed(ctx); err != nil {
		return loyalty.Run{}, err
	}
	lease, free, err := r.cfg.Store.TakeLease(ctx, def.LeaseName(), r.cfg.Owner, r.cfg.LeaseTTL)
	if err != nil {
		return loyalty.Run{}, err
	}
	if !free {
		return loyalty.Run{}, r.alreadyRunning(ctx, def)
	}
	id, err := queue()
	if err != nil {
		return loyalty.Run{}, errors.Join(err, r.cfg.Store.ReleaseLease(context.WithoutCancel(ctx), lease))
	}
	started, err := r.cfg.Store.StartRun(ctx, id, r.cfg.Owner, lease)
	if err != nil || !started {
		if err == nil {
			err = &loyalty.Error{Code: loyalty.CodeConflict, Message: fmt.Sprintf("run %d is not queued any more", id), Hint: fmt.Sprintf("see what became of it: loyalsync runs %d", id)}
		}
		return loyalty.Run{}, errors.Join(err, r.cfg.Store.ReleaseLease(context.WithoutCancel(ctx), lease))
	}
	return r.execute(ctx, def, id, lease)
}

// alreadyRunning names the run that holds the lease.
func (r *Runner) alreadyRunning(ctx context.Context, def Definition) error {
	e := &loyalty.Error{
		Code: loyalty.CodeAction, Message: fmt.Sprintf("job %q cannot start: another run of %s is going on", def.Name, def.LeaseName()),
		Hint: "wait for its end: loyalsync runs",
	}
	open, err := r.cfg.Store.OpenRuns(ctx)
	if err != nil {
		return errors.Join(e, err)
	}
	for _, run := range open {
		if run.State != loyalty.RunRunning || run.Lease.Name != def.LeaseName() {
			continue
		}
		e.Message = fmt.Sprintf("job %q is already running (run %d, started %s by %s, page %d)", run.Job, run.ID,
			run.Started.Format(time.TimeOnly+"Z"), run.Actor, run.Progress.Page)
		e.Hint = fmt.Sprintf("watch it: loyalsync run %s --follow; if its process was killed, the job is free again within %s", run.Job, r.cfg.LeaseTTL)
	}
	return e
}

// execute runs a started run to its end and finishes it under a context that a
// stop does not cancel.
func (r *Runner) execute(ctx context.Context, def Definition, id int64, lease loyalty.Lease) (loyalty.Run, error) {
	defer r.own(id)()
	clean := context.WithoutCancel(ctx)
	row, err := r.cfg.Store.Run(clean, id)
	if err != nil {
		return row, errors.Join(err, r.cfg.Store.ReleaseLease(clean, lease))
	}
	excerpt := &tail{}
	logger := r.cfg.Logger.With("run", id, "job", def.Name, "source", def.Source)
	run := &Run{ID: id, Definition: def, Options: row.Options, Scheduled: !row.Tick.IsZero(), lease: lease, Logger: slog.New(newTee(logger.Handler(), excerpt))}

	runCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timed, stopTimer := context.WithTimeoutCause(runCtx, def.timeout(), errTimeout)
	defer stopTimer()
	beat := r.startHeartbeat(clean, row, run, excerpt, cancel)
	taskErr := r.attempts(timed, run, beat)
	r.seal(timed, run)
	beat.stop()

	row = beat.row(run)
	verdict := Classify(taskErr, context.Cause(timed))
	row.State, row.Error = r.conclude(row, def, verdict, taskErr, context.Cause(timed))
	return r.finish(clean, row, verdict, lease, logger, excerpt)
}

const (
	// sealedPerRun bounds what the end of a run costs: what it leaves is sealed by later
	// ones, or between them while somebody serves.
	sealedPerRun = 2
	// sealedAtOnce is how many blocks are sealed between runs, each time.
	sealedAtOnce = 20
)

// seal extends the ledger's chain by what was posted; a run that has posted nothing
// seals what is left of an earlier day. The run is not the worse for it when that fails:
// nothing is lost, and the next run seals.
func (r *Runner) seal(ctx context.Context, run *Run) {
	if r.cfg.Seal == nil || run.Options.DryRun || ctx.Err() != nil {
		return
	}
	limit := 0
	run.Count(func(c *Counts) {
		if c.Entries > 0 {
			limit = sealedPerRun
		}
	})
	if _, err := r.cfg.Seal(ctx, limit); err != nil && ctx.Err() == nil {
		run.Logger.WarnContext(ctx, "entries could not be sealed yet", "error", err)
	}
}

// attempts tries the task until it succeeds, a failure is not transient, or the
// retries are used up.
func (r *Runner) attempts(ctx context.Context, run *Run, beat *heartbeat) error {
	delay := r.cfg.RetryDelay
	for try := 1; ; try++ {
		beat.attempt(try)
		err := r.try(ctx, run)
		if Classify(err, context.Cause(ctx)) != Transient || ctx.Err() != nil || try > run.Definition.Retries {
			return err
		}
		run.Logger.WarnContext(ctx, "transient failure, trying again", "attempt", try, "wait", delay.String(), "error", err)
		timer := time.NewTimer(delay)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
		delay = min(2*delay, maxRetryDelay)
	}
}

// try runs the task once; a panic becomes an error.
func (r *Runner) try(ctx context.Context, run *Run) (err error) {
	defer func() {
		if v := recover(); v != nil {
			r.cfg.Logger.ErrorContext(ctx, "a task panicked", "run", run.ID, "job", run.Definition.Name, "stack", string(debug.Stack()))
			err = &loyalty.Error{
				Code: loyalty.CodeInternal, Message: fmt.Sprintf("the job crashed: %v", v),
				Hint: "this is a fault of loyalsync: please report it with the log; other jobs go on",
			}
		}
	}()
	make, ok := r.cfg.Tasks[run.Definition.Kind]
	if !ok {
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: fmt.Sprintf("jobs of kind %q are not in this version", run.Definition.Kind), Hint: "remove the job"}
	}
	task, err := make(run.Definition)
	if err != nil {
		return err
	}
	return task.Run(ctx, run)
}

// conclude puts a verdict into a state and words.
func (r *Runner) conclude(row loyalty.Run, def Definition, v Verdict, err, cause error) (loyalty.RunState, loyalty.RunError) {
	switch v {
	case Succeeded:
		return loyalty.RunSucceeded, loyalty.RunError{}
	case Guarded:
		stopped := "stopped before posting"
		if g, ok := errors.AsType[*ledger.Guarded](err); ok && g.Posted != 0 {
			stopped = "stopped"
		}
		return loyalty.RunGuarded, loyalty.RunError{
			Code:    loyalty.CodeAction,
			Message: fmt.Sprintf("run %d of job %q %s: %v", row.ID, row.Job, stopped, err),
			Hint:    fmt.Sprintf("see which documents: loyalsync runs %d; if they are right: loyalsync runs approve %d", row.ID, row.ID),
		}
	case Interrupted:
		message := "interrupted"
		if errors.Is(cause, loyalty.ErrLeaseLost) || errors.Is(err, loyalty.ErrLeaseLost) {
			message = loyalty.ErrLeaseLost.Message
		}
		return loyalty.RunInterrupted, loyalty.RunError{Code: loyalty.CodeBusy, Message: message, Hint: "nothing is lost: it goes on where it stopped at the next run"}
	case Cancelled:
		return loyalty.RunCancelled, loyalty.RunError{Code: loyalty.CodeConflict, Message: "stopped by a person", Hint: "it goes on where it stopped at the next run"}
	case Transient:
		if errors.Is(cause, errTimeout) {
			return loyalty.RunFailed, loyalty.RunError{
				Code: loyalty.CodeBusy, Message: fmt.Sprintf("the run took longer than its timeout of %s", def.timeout()),
				Hint: "what it wrote stays, the next run goes on from there; give it a longer timeout if that happens again",
			}
		}
	case Broken, Misfit, Failed, Undelivered:
	}
	return loyalty.RunFailed, describe(err)
}

// Outcome is the error that a finished run stands for, nil when it succeeded or
// was not finished.
func Outcome(run loyalty.Run) error {
	if run.State == loyalty.RunSucceeded || !run.State.Finished() {
		return nil
	}
	e := &loyalty.Error{Code: run.Error.Code, Message: run.Error.Message, Hint: run.Error.Hint}
	if e.Message == "" {
		e.Message = fmt.Sprintf("run %d is %s", run.ID, run.State)
	}
	if run.State == loyalty.RunInterrupted {
		e.Err = context.Canceled
	}
	return e
}
