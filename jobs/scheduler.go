package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// ServeLease is the lease that says that somebody serves the store.
const ServeLease = "serve"

// SchedulerConfig is what a Scheduler works with.
type SchedulerConfig struct {
	Runner   *Runner // required; store, clock, logger, alerts and metrics are its own
	Settings Settings
	// StopTimeout is how long a stop may take: for a quarter of it runs may end
	// by themselves, then they are interrupted and finish their page. Defaults to
	// 18 s, which leaves a service 2 s of the 20 s that Windows and people allow.
	StopTimeout time.Duration
	// Retention is how long runs are kept. Defaults to 400 days.
	Retention time.Duration
	// SilentFor without a success tells a person. Zero never does.
	SilentFor time.Duration
	// PollEvery is how often it looks for queued runs and at the wall clock.
	// Defaults to 1 s.
	PollEvery time.Duration
	// FreeHeld lets go of reserved points whose time is over; twice a minute. May be
	// nil.
	FreeHeld func(context.Context) error
	// Alive is called after each look, for a watchdog: when the calls cease, the
	// scheduler hangs. May be nil.
	Alive func()
}

const (
	reloadEvery = 5 * time.Second  // jobs kept in the store
	lookEvery   = 30 * time.Second // crashed runs, silence, alerts
	pruneEvery  = time.Hour
	claimTries  = 3
	patience    = 4 // the part of a stop in which runs may end by themselves
)

func (c SchedulerConfig) withDefaults() SchedulerConfig {
	if c.StopTimeout <= 0 {
		c.StopTimeout = 18 * time.Second
	}
	if c.Retention <= 0 {
		c.Retention = 400 * day
	}
	if c.PollEvery <= 0 {
		c.PollEvery = time.Second
	}
	if c.Settings.Zone == nil {
		c.Settings.Zone = time.UTC
	}
	if c.FreeHeld == nil {
		c.FreeHeld = func(context.Context) error { return nil }
	}
	if c.Alive == nil {
		c.Alive = func() {}
	}
	return c
}

// Scheduler runs jobs when they are due, and those that people ask for. Several
// may work on one store: each tick runs once.
type Scheduler struct {
	cfg    SchedulerConfig
	run    RunnerConfig
	store  Store
	now    func() time.Time
	logger *slog.Logger
	wake   chan struct{}

	mu       sync.Mutex
	settings Settings

	// Below here: the loop's own.
	jobs    map[string]*tracked
	timer   *timer
	warned  map[string]bool
	serving loyalty.Lease

	running sync.WaitGroup
	busy    busySet
}

// tracked is a job in force with the first tick that is not accounted for.
type tracked struct {
	job
	next time.Time // zero for none
}

// NewScheduler returns a scheduler; faults in the definitions are an error with
// CodeInvalid.
func NewScheduler(cfg SchedulerConfig) (*Scheduler, error) {
	cfg = cfg.withDefaults()
	if cfg.Runner == nil {
		return nil, &loyalty.Error{Code: loyalty.CodeInternal, Message: "a scheduler needs a runner"}
	}
	if err := faultError("the jobs cannot be used", cfg.Settings.Check()); err != nil {
		return nil, err
	}
	run := cfg.Runner.cfg
	return &Scheduler{
		cfg: cfg, run: run, store: run.Store, now: run.Now, logger: run.Logger, settings: cfg.Settings,
		wake: make(chan struct{}, 1), jobs: map[string]*tracked{}, warned: map[string]bool{}, busy: busySet{names: map[string]bool{}},
	}, nil
}

// Reload replaces what the configuration says, whole; faults are an error with
// CodeInvalid, and the old settings stay.
func (s *Scheduler) Reload(settings Settings) error {
	if settings.Zone == nil {
		settings.Zone = time.UTC
	}
	if err := faultError("the jobs cannot be used, the old ones stay", settings.Check()); err != nil {
		return err
	}
	s.mu.Lock()
	s.settings = settings
	s.mu.Unlock()
	return nil
}

func (s *Scheduler) current() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings
}

// Serve schedules until ctx ends. Then it claims no more ticks, waits for the
// runs going on, interrupts them when they take too long, and returns. Failures
// of the store while it serves are logged and tried again.
func (s *Scheduler) Serve(ctx context.Context) error {
	wakeUp, err := newTimer(s.now, s.poke, s.logger)
	if err != nil {
		return err
	}
	s.timer = wakeUp
	runs, interrupt := context.WithCancelCause(context.WithoutCancel(ctx))
	defer interrupt(nil)
	if err := s.start(ctx); err != nil {
		return errors.Join(err, s.timer.stop())
	}
	s.loop(ctx, runs)
	return s.stop(context.WithoutCancel(ctx), interrupt)
}

func (s *Scheduler) start(ctx context.Context) error {
	alone, err := s.serve(ctx)
	if err != nil {
		return err
	}
	if err := s.interruptCrashed(ctx); err != nil {
		return err
	}
	if err := s.refresh(ctx); err != nil {
		return err
	}
	if alone {
		return s.missQueued(ctx)
	}
	s.logger.WarnContext(ctx, "another process serves this store; both share the work")
	return nil
}

// poke makes the loop look at once.
func (s *Scheduler) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Scheduler) loop(ctx, runs context.Context) {
	poll := time.NewTicker(s.cfg.PollEvery)
	defer poll.Stop()
	polls, polled := int64(0), true
	for {
		s.step(ctx, runs, polls, polled)
		s.cfg.Alive()
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
			polled = false
		case <-poll.C:
			polls, polled = polls+1, true
		}
	}
}

// step does what is due after so many polls, or because it was woken between
// two. What fails is logged and done again at the next one.
func (s *Scheduler) step(ctx, runs context.Context, polls int64, polled bool) {
	every := func(d time.Duration) bool { return polled && polls%max(int64(d/s.cfg.PollEvery), 1) == 0 }
	for _, part := range []struct {
		what string
		due  bool
		do   func(context.Context) error
	}{
		{"keep the lease", every(s.run.LeaseTTL / 3), func(ctx context.Context) error { _, err := s.serve(ctx); return err }},
		{"read the jobs", every(reloadEvery), s.refresh},
		{"look for crashed runs", every(lookEvery), s.interruptCrashed},
		{"claim ticks", true, s.claimDue},
		{"start runs", true, func(ctx context.Context) error { return s.dispatch(ctx, runs) }},
		{"look after the jobs", every(lookEvery), s.lookAfter},
		{"send alerts", every(reloadEvery), s.sendAlerts},
		{"seal entries", every(lookEvery), s.sealEntries},
		{"free reserved points", every(lookEvery), s.cfg.FreeHeld},
		{"delete old runs", every(pruneEvery), s.prune},
	} {
		if !part.due || ctx.Err() != nil {
			continue
		}
		if err := part.do(ctx); err != nil && ctx.Err() == nil {
			s.logger.ErrorContext(ctx, "the scheduler is held up, it tries again", "step", part.what, "error", err)
		}
	}
}

// stop waits for the runs, interrupts those that take too long, and lets the
// lease go: all of it within the StopTimeout.
func (s *Scheduler) stop(ctx context.Context, interrupt context.CancelCauseFunc) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.StopTimeout)
	defer cancel()
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	err := s.timer.stop()
	patient, impatient := context.WithTimeout(ctx, s.cfg.StopTimeout/patience)
	defer impatient()
	if !waitFor(patient, done) {
		interrupt(errStopped)
		if !waitFor(ctx, done) {
			err = errors.Join(err, &loyalty.Error{
				Code: loyalty.CodeBusy, Message: "a run did not stop in time",
				Hint: "nothing is lost: it counts as crashed, and the next start goes on",
			})
		}
	}
	if s.serving.Token != 0 {
		free, done := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer done()
		if release := s.store.ReleaseLease(free, s.serving); !errors.Is(release, loyalty.ErrLeaseLost) {
			err = errors.Join(err, release)
		}
	}
	if flush := s.flushAlerts(ctx); ctx.Err() == nil {
		err = errors.Join(err, flush)
	} // else the next start sends them
	return err
}

// waitFor says whether done came before the end of ctx.
func waitFor(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// serve holds the lease that says that somebody serves, as far as it is free.
func (s *Scheduler) serve(ctx context.Context) (held bool, err error) {
	if s.serving.Token != 0 {
		err = s.store.RenewLease(ctx, s.serving, s.run.LeaseTTL)
		if !errors.Is(err, loyalty.ErrLeaseLost) {
			return err == nil, err
		}
	}
	s.serving, held, err = s.store.TakeLease(ctx, ServeLease, s.run.Owner, s.run.LeaseTTL)
	return held, err
}

// missQueued records ticks that were queued before everything stopped as missed
// when they are too old by now.
func (s *Scheduler) missQueued(ctx context.Context) error {
	open, err := s.store.OpenRuns(ctx)
	if err != nil {
		return err
	}
	for _, r := range open {
		j := s.jobs[r.Job]
		if j == nil || r.State != loyalty.RunQueued || r.Tick.IsZero() {
			continue
		}
		late := s.now().Sub(r.Tick)
		if late <= grace || (j.Missed != MissedSkip && late <= j.missedWithin()) {
			continue
		}
		if err := s.store.MissRun(ctx, r.ID, loyalty.MissedDown); err != nil {
			return err
		}
	}
	return nil
}

// claim accounts for the ticks of one job that are due.
func (s *Scheduler) claim(ctx context.Context, j *tracked) error {
	for range claimTries {
		now := s.now()
		state, err := s.seen(ctx, &j.job)
		if err != nil {
			return err
		}
		if state.Horizon.After(now.Add(clockBack)) {
			if _, err := s.store.RewindTicks(ctx, j.Name, state.Horizon, now, j.count); err != nil {
				return err
			}
			continue
		}
		d := decide(j.Definition, j.schedule, state, now)
		if d.to.IsZero() {
			j.next, _ = j.schedule.Next(state.Horizon)
			return nil
		}
		record := j.record()
		record.Tick = d.run
		_, won, err := s.store.ClaimTicks(ctx, store.TickClaim{
			Run: record, From: state.Horizon, To: d.to, Missed: d.missed, QueueOne: j.Overlap == OverlapQueueOne,
		})
		if err != nil {
			return err
		}
		if won {
			s.run.Metrics.ticksMissed(j.Name, d.missed.Reason, d.missed.Count)
			j.next, _ = j.schedule.Next(d.to)
			return nil
		}
	}
	return nil // others claim; the next look goes on
}

// count sums up ticks for a horizon that is set back.
func (t *tracked) count(after, until time.Time) store.MissedTicks {
	first, last, n := t.schedule.span(after, until)
	return store.MissedTicks{First: first, Last: last, Count: n}
}
