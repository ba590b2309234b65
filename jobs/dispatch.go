package jobs

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// busySet are the leases and runs that this process works on.
type busySet struct {
	mu    sync.Mutex
	names map[string]bool
}

func (b *busySet) take(name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.names[name] {
		return false
	}
	b.names[name] = true
	return true
}

func (b *busySet) free(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.names, name)
}

// seen binds a job's schedule to what the store remembers. An anchor that no
// definition names is an instant at which the job was seen; when it is to come,
// a clock was ahead then, and nothing would run until it is reached.
func (s *Scheduler) seen(ctx context.Context, j *job) (loyalty.JobState, error) {
	now := s.now()
	anchor := j.schedule.Anchor()
	if anchor.IsZero() {
		anchor = now.Truncate(time.Second)
	}
	state, err := s.store.SeenJob(ctx, j.Name, j.schedule.Text(), anchor)
	ahead := func(state loyalty.JobState) bool { return state.Anchor.After(now.Add(clockBack)) }
	if err == nil && j.Every != "" && j.Starting == "" && ahead(state) {
		err = s.store.ChangeJobState(ctx, j.Name, func(kept *loyalty.JobState) {
			if ahead(*kept) { // another process may have been first
				kept.Anchor = now.Truncate(time.Second)
			}
			state = *kept
		})
	}
	if err == nil {
		j.schedule = j.schedule.Anchored(state.Anchor)
	}
	return state, err
}

// refresh reads the jobs in force and sets their alarms.
func (s *Scheduler) refresh(ctx context.Context) error {
	stored, err := s.store.StoredJobs(ctx)
	if err != nil {
		return err
	}
	jobs, warnings := merge(s.current(), stored)
	for _, w := range warnings {
		if !s.warned[w] {
			s.warned[w] = true
			s.logger.WarnContext(ctx, "a job is not used", "reason", w)
		}
	}
	inForce := make(map[string]*tracked, len(jobs))
	list := make([]*tracked, 0, len(jobs))
	for _, j := range jobs {
		state, err := s.seen(ctx, &j)
		if err != nil {
			return err
		}
		t := &tracked{job: j}
		t.next, _ = j.schedule.Next(state.Horizon)
		if state.Horizon.After(s.now().Add(clockBack)) {
			t.next = s.now() // the clock was set back: claim sets the horizon right
		}
		inForce[j.Name] = t
		list = append(list, t)
	}
	s.jobs = inForce
	return s.timer.arm(ctx, list)
}

// claimDue accounts for the ticks that are due.
func (s *Scheduler) claimDue(ctx context.Context) error {
	var errs []error
	for _, name := range s.names() {
		j := s.jobs[name]
		if j.next.IsZero() || j.next.After(s.now()) {
			continue
		}
		errs = append(errs, s.claim(ctx, j))
	}
	return errors.Join(errs...)
}

func (s *Scheduler) names() []string {
	names := make([]string, 0, len(s.jobs))
	for name := range s.jobs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// dispatch starts queued runs, oldest first, as far as their leases are free.
func (s *Scheduler) dispatch(ctx, runs context.Context) error {
	open, err := s.store.OpenRuns(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range open {
		if r.State == loyalty.RunQueued {
			errs = append(errs, s.begin(ctx, runs, r))
		}
	}
	return errors.Join(errs...)
}

// definitionOf is the job of a run; jobs may have been added meanwhile.
func (s *Scheduler) definitionOf(ctx context.Context, r loyalty.Run) (d Definition, ok bool, err error) {
	if s.jobs[r.Job] == nil {
		if err := s.refresh(ctx); err != nil {
			return d, false, err
		}
	}
	if j := s.jobs[r.Job]; j != nil {
		return j.Definition, true, nil
	}
	d, ok = unnamed(r.Job, s.current().Names)
	return d, ok, nil
}

// begin starts one queued run in the background when its lease is free.
func (s *Scheduler) begin(ctx, runs context.Context, r loyalty.Run) error {
	def, ok, err := s.definitionOf(ctx, r)
	if err != nil {
		return err
	}
	if !ok {
		return s.store.CancelRun(ctx, r.ID, "the service: there is no such job")
	}
	name := def.LeaseName()
	if !s.busy.take(name) {
		return nil
	}
	lease, free, err := s.store.TakeLease(ctx, name, s.run.Owner, s.run.LeaseTTL)
	if err != nil || !free {
		s.busy.free(name)
		return err
	}
	started, err := s.store.StartRun(ctx, r.ID, s.run.Owner, lease)
	if err != nil || !started {
		s.busy.free(name)
		return errors.Join(err, s.store.ReleaseLease(context.WithoutCancel(ctx), lease))
	}
	s.running.Go(func() {
		defer s.poke()
		defer s.busy.free(name)
		if _, err := s.cfg.Runner.execute(runs, def, r.ID, lease); err != nil {
			s.logger.ErrorContext(runs, "the end of a run could not be recorded", "run", r.ID, "job", def.Name, "error", err)
		}
	})
	return nil
}
