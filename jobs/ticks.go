package jobs

import (
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

const (
	// grace is how late a tick may be noticed and still count as run in time: the
	// clock is looked at more often than that.
	grace = 90 * time.Second
	// clockBack is how far the clock must have been set back to be believed. By
	// less, ticks are simply not repeated.
	clockBack = 5 * time.Minute
)

// decision is what becomes of the ticks since the horizon: at most one runs, the
// others are missed.
type decision struct {
	run    time.Time // zero for none
	missed store.MissedTicks
	to     time.Time // the new horizon; zero when no tick was due
}

// decide is pure: law 9 rests on it, and on the horizon moving only together
// with what it decides.
func decide(d Definition, s Schedule, state loyalty.JobState, now time.Time) decision {
	first, last, n := s.span(state.Horizon, now)
	if n == 0 {
		return decision{}
	}
	all := store.MissedTicks{First: first, Last: last, Count: n, Reason: held(d, state, now)}
	if all.Reason != "" {
		return decision{missed: all, to: last}
	}
	all.Reason = loyalty.MissedDown
	late := now.Sub(last)
	inTime := late <= grace || (d.Missed != MissedSkip && late <= d.missedWithin())
	if !inTime {
		return decision{missed: all, to: last}
	}
	out := decision{run: last, to: last}
	if n > 1 {
		_, before, count := s.span(state.Horizon, last.Add(-1))
		out.missed = store.MissedTicks{First: first, Last: before, Count: count, Reason: loyalty.MissedDown}
	}
	return out
}

// held says why a job does not run at all for now, or "".
func held(d Definition, state loyalty.JobState, now time.Time) string {
	switch {
	case d.Paused, state.Paused:
		return loyalty.MissedPaused
	case state.Guarded != 0:
		return loyalty.MissedGuard
	case now.Before(state.Backoff) && !state.Backoff.After(now.Add(maxBackoff)): // later ones are of a clock that was ahead
		return loyalty.MissedBackoff
	}
	return ""
}

const (
	// retryFar is how far away the next tick of a failed job must be for the job to
	// be tried again before it.
	retryFar = 30 * time.Minute
	// retryLeast is the least time between two such tries.
	retryLeast = 20 * time.Minute
)

// again says whether a job whose last run failed, and may succeed without anybody's
// doing, is to be tried before its next tick, which is far away: one that runs
// once a day should not lose the day to an hour's outage. After a longer standstill
// of ours the job's policy of missed ticks holds instead.
func again(d Definition, s Schedule, state loyalty.JobState, now time.Time) bool {
	if s.kind == never || d.Paused || state.Paused || state.Guarded != 0 || state.Failures == 0 || state.Backoff.IsZero() {
		return false
	}
	since := now.Sub(state.Backoff.Add(-backoff(state.Failures)))
	if since < max(backoff(state.Failures), retryLeast) || since > 2*maxBackoff {
		return false
	}
	next, ok := s.Next(now)
	return !ok || next.Sub(now) > retryFar
}

// silent says that a job that should have succeeded by now has not: its last
// success is longer ago than limit, and a tick since then had time enough.
func silent(d Definition, s Schedule, state loyalty.JobState, now time.Time, limit time.Duration) bool {
	if limit <= 0 || d.Paused || state.Paused || state.Guarded != 0 {
		return false
	}
	since := state.Success
	if since.IsZero() {
		since = state.Seen
	}
	due, ok := s.Next(since)
	return ok && now.Sub(since) > limit && now.Sub(due) > d.timeout()
}
