package jobs

import (
	"context"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// lookAfter shows where the jobs stand, and tells a person about silent ones.
func (s *Scheduler) lookAfter(ctx context.Context) error {
	states, err := s.store.JobStates(ctx)
	if err != nil {
		return err
	}
	if err := s.tryAgain(ctx, states); err != nil {
		return err
	}
	for name, j := range s.jobs {
		s.run.Metrics.jobSeen(states[name], j.next, s.now())
		if s.run.Alerts == nil || !silent(j.Definition, j.schedule, states[name], s.now(), s.cfg.SilentFor) {
			continue
		}
		if err := s.run.Alerts.Raise(ctx, loyalty.AlertSilent, name, "no success for "+s.cfg.SilentFor.String(),
			"see why: loyalsync runs "+name); err != nil {
			return err
		}
	}
	return nil
}

// tryAgain asks for runs of failed jobs whose next tick is far away. One process
// does, the one that holds the lease of serving.
func (s *Scheduler) tryAgain(ctx context.Context, states map[string]loyalty.JobState) error {
	var failed []*tracked
	for name, j := range s.jobs {
		if s.serving.Token != 0 && again(j.Definition, j.schedule, states[name], s.now()) {
			failed = append(failed, j)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	open, err := s.store.OpenRuns(ctx)
	if err != nil {
		return err
	}
	for _, j := range failed {
		if slices.ContainsFunc(open, func(r loyalty.Run) bool { return r.Job == j.Name }) {
			continue
		}
		record := j.record()
		record.Actor = ActorRetry
		if _, err := s.store.QueueRun(ctx, record); err != nil {
			return err
		}
		s.poke()
	}
	return nil
}

// sendAlerts sends in the background: a slow receiver must not hold ticks up.
func (s *Scheduler) sendAlerts(ctx context.Context) error {
	const name = "alerts" // no lease is named so
	if !s.busy.take(name) {
		return nil
	}
	s.running.Go(func() {
		defer s.busy.free(name)
		if err := s.flushAlerts(ctx); err != nil && ctx.Err() == nil {
			s.logger.ErrorContext(ctx, "alerts could not be sent", "error", err)
		}
	})
	return nil
}

// sealEntries goes on with the ledger's chain in the background, where a large run has
// left entries.
func (s *Scheduler) sealEntries(ctx context.Context) error {
	const name = "seal" // no lease is named so
	if s.run.Seal == nil || !s.busy.take(name) {
		return nil
	}
	s.running.Go(func() {
		defer s.busy.free(name)
		if _, err := s.run.Seal(ctx, sealedAtOnce); err != nil && ctx.Err() == nil {
			s.logger.WarnContext(ctx, "entries could not be sealed yet", "error", err)
		}
	})
	return nil
}

func (s *Scheduler) flushAlerts(ctx context.Context) error {
	if s.run.Alerts == nil {
		return nil
	}
	return s.run.Alerts.Flush(ctx)
}

func (s *Scheduler) prune(ctx context.Context) error {
	_, err := s.store.PruneRuns(ctx, s.now().Add(-s.cfg.Retention))
	return err
}

func (s *Scheduler) interruptCrashed(ctx context.Context) error {
	dead, err := s.cfg.Runner.interruptCrashed(ctx)
	for _, r := range dead {
		s.logger.WarnContext(ctx, "a run of a process that is gone was marked as interrupted", "run", r.ID, "job", r.Job)
	}
	return err
}
