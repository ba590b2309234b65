package jobs

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// finish writes the end of a run, then tells metrics, log and people.
func (r *Runner) finish(ctx context.Context, row loyalty.Run, v Verdict, lease loyalty.Lease, logger *slog.Logger, excerpt *tail) (loyalty.Run, error) {
	ctx, cancel := context.WithTimeout(ctx, finishTimeout)
	defer cancel()
	now := r.cfg.Now()
	row.Log, row.Finished = excerpt.String(), now
	var after loyalty.JobState
	err := r.record(ctx, row, logger, func(j *loyalty.JobState) {
		if !row.Options.DryRun {
			apply(j, row, v, now)
		}
		after = *j
	})
	if errors.Is(err, loyalty.ErrLeaseLost) {
		row.State, row.Error = loyalty.RunInterrupted, describe(loyalty.ErrLeaseLost)
		v, err = Interrupted, nil
	}
	if release := r.cfg.Store.ReleaseLease(ctx, lease); release != nil && !errors.Is(release, loyalty.ErrLeaseLost) {
		err = errors.Join(err, release)
	}
	if err != nil {
		return row, err
	}
	r.cfg.Metrics.runFinished(row, now)
	logFinish(ctx, logger, row, now)
	if row.Options.DryRun {
		return row, nil
	}
	return row, r.tell(ctx, row, v, after)
}

// record writes the end of a run, and tries again when the store is held up:
// what is not written counts as crashed, and the job does not learn of it.
func (r *Runner) record(ctx context.Context, row loyalty.Run, logger *slog.Logger, change func(*loyalty.JobState)) error {
	for try := 1; ; try++ {
		err := r.cfg.Store.FinishRun(ctx, row, change)
		if err == nil || errors.Is(err, loyalty.ErrLeaseLost) || try == finishTries {
			return err
		}
		logger.WarnContext(ctx, "the end of the run could not be recorded yet", "attempt", try, "error", err)
		timer := time.NewTimer(finishDelay)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
}

// apply is what the end of a run means for its job. Transient failures never
// pause it; what a person must mend does so at once.
func apply(j *loyalty.JobState, row loyalty.Run, v Verdict, now time.Time) {
	switch v {
	case Succeeded:
		j.Success, j.Failures, j.Backoff, j.Guarded = now, 0, time.Time{}, 0
		if j.Paused && j.PausedBy == loyalty.PausedByFailure {
			j.Paused, j.PausedBy, j.Pause, j.PausedAt = false, "", loyalty.RunError{}, time.Time{}
		}
	case Guarded:
		j.Guarded = row.ID
	case Broken:
		j.Failures++
		pause(j, row, now)
	case Misfit:
		if j.Failures++; j.Success.IsZero() || j.Failures >= misfits {
			pause(j, row, now)
			return
		}
		j.Backoff = now.Add(backoff(j.Failures))
	case Transient, Failed:
		j.Failures++
		j.Backoff = now.Add(backoff(j.Failures))
	case Undelivered: // reading worked, so nothing waits
		j.Failures++
		j.Backoff = time.Time{}
	case Interrupted, Cancelled:
	}
}

// misfits is after how many failures in a row a job is paused that has worked
// before, and whose ERP has other tables now: an ERP that converts its database
// takes them away for a while, and gives them back without anybody's doing. With
// the backoff, and a job tried again before its next tick, that is some hours.
const misfits = 10

func pause(j *loyalty.JobState, row loyalty.Run, now time.Time) {
	if !j.Paused {
		j.Paused, j.PausedBy, j.Pause, j.PausedAt = true, loyalty.PausedByFailure, row.Error, now
	}
}

// backoff is how long later ticks wait after n failures in a row: one minute,
// doubled up to an hour.
func backoff(n int) time.Duration {
	d := firstBackoff
	for range n - 1 {
		if d = 2 * d; d >= maxBackoff {
			return maxBackoff
		}
	}
	return d
}

// tell raises and cures the alerts that the end of a run gives reason to.
func (r *Runner) tell(ctx context.Context, row loyalty.Run, v Verdict, j loyalty.JobState) error {
	if r.cfg.Alerts == nil {
		return nil
	}
	raise := func(kind loyalty.AlertKind) error {
		return r.cfg.Alerts.Raise(ctx, kind, row.Job, row.Error.Message, row.Error.Hint)
	}
	switch {
	case v == Succeeded:
		return r.cfg.Alerts.CureJob(ctx, row.Job)
	case v == Guarded:
		return raise(loyalty.AlertGuard)
	case v == Broken, v == Misfit && j.Paused:
		hint := "then: loyalsync jobs resume " + row.Job
		if row.Error.Hint != "" {
			hint = row.Error.Hint + "; " + hint
		}
		return r.cfg.Alerts.Raise(ctx, loyalty.AlertPaused, row.Job, row.Error.Message, hint)
	case (v == Transient || v == Misfit || v == Failed || v == Undelivered) && j.Failures >= r.cfg.AfterFailures:
		return raise(loyalty.AlertFailing)
	}
	return nil
}

// logFinish writes the one line of a run.
func logFinish(ctx context.Context, logger *slog.Logger, row loyalty.Run, now time.Time) {
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("state", string(row.State)),
		slog.Int64("read", row.Counts.Read.Total()),
		slog.Int64("entries", row.Counts.Entries),
		slog.Int64("delivered", row.Counts.Delivered),
		slog.Int64("rejected", row.Counts.Rejected),
		slog.Int64("duration_ms", now.Sub(row.Started).Milliseconds()),
	}
	switch row.State {
	case loyalty.RunFailed, loyalty.RunGuarded:
		level = slog.LevelError
	case loyalty.RunInterrupted, loyalty.RunCancelled:
		level = slog.LevelWarn
	default:
	}
	if row.Error.Message != "" {
		attrs = append(attrs, slog.String("error", row.Error.Message), slog.String("hint", row.Error.Hint))
	}
	logger.LogAttrs(ctx, level, "run finished", attrs...)
}
