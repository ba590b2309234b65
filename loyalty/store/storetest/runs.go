package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// clock is moved by the test.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func (on Checks) clockStore(t *testing.T) (*store.Store, *clock) {
	t.Helper()
	c := &clock{t: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	return on.Fresh(t).OpenAt(t, c.now), c
}

func (on Checks) testLaw9_LeasesAreFenced(t *testing.T) {
	s, c := on.clockStore(t)
	take := func(owner string) (loyalty.Lease, bool) {
		t.Helper()
		lease, ok, err := s.TakeLease(t.Context(), "feed/main/erp", owner, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return lease, ok
	}
	first, ok := take("a")
	if !ok {
		t.Fatal("a free lease was refused")
	}
	if _, ok := take("b"); ok {
		t.Error("a held lease was given away")
	}
	if other, ok, err := s.TakeLease(t.Context(), "feed/main/other", "b", time.Minute); err != nil || !ok || other.Name == first.Name {
		t.Errorf("another lease: %v %v", ok, err)
	}
	c.t = c.t.Add(45 * time.Second)
	if err := s.RenewLease(t.Context(), first, time.Minute); err != nil {
		t.Error(err)
	}
	c.t = c.t.Add(45 * time.Second)
	if _, ok := take("b"); ok {
		t.Error("a renewed lease was given away")
	}
	c.t = c.t.Add(time.Minute)
	second, ok := take("b")
	if !ok || second.Token <= first.Token {
		t.Errorf("an expired lease: %v, token %d after %d", ok, second.Token, first.Token)
	}
	for name, err := range map[string]error{
		"renew": s.RenewLease(t.Context(), first, time.Minute), "release": s.ReleaseLease(t.Context(), first),
	} {
		if !errors.Is(err, loyalty.ErrLeaseLost) {
			t.Errorf("%s by the old holder: %v", name, err)
		}
	}
	if holder, err := s.LeaseHolder(t.Context(), first.Name); holder != "b" || err != nil {
		t.Errorf("holder %q, %v", holder, err)
	}
	if err := s.ReleaseLease(t.Context(), second); err != nil {
		t.Error(err)
	}
	if third, ok := take("a"); !ok || third.Token <= second.Token {
		t.Errorf("a released lease: %v, token %d after %d", ok, third.Token, second.Token)
	}
	c.t = c.t.Add(-24 * time.Hour)
	if _, ok := take("b"); !ok {
		t.Error("a lease from before the clock was set back is held for ever")
	}
}

// What a run holds comes back as it was saved.
func (on Checks) testRunRoundTrip(t *testing.T) {
	s, c := on.clockStore(t)
	want := loyalty.Run{
		Job: "points", Kind: "points", Source: "erp", Program: "main", Ticks: 1, Actor: "anna",
		Options: loyalty.RunOptions{Since: loyalty.NewDate(2026, 1, 31), Approved: true}, Previous: 7,
		Queued: c.t, Started: c.t, Finished: c.t, Owner: "host/1", State: loyalty.RunFailed, Attempt: 2,
		Progress: loyalty.RunProgress{Page: 3, Read: 1500, Message: "invoices"},
		Counts: loyalty.RunCounts{
			Read: loyalty.ReadCounts{Contractors: 1, Representatives: 2, Invoices: 3, Lines: 4}, Changed: 5, Entries: 6,
			Points: loyalty.PointCounts{Earned: 1234, Reversed: 5, Pending: 100, Decimals: 2}, Delivered: 7, Rejected: 8,
		},
		Error: loyalty.RunError{Code: loyalty.CodeBusy, Message: "m", Hint: "h"}, Log: "a\nb\n",
	}
	lease, _, err := s.TakeLease(t.Context(), "feed/main/erp", want.Owner, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	want.Lease = lease
	if want.ID, err = s.QueueRun(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	for i, started := range []bool{true, false} {
		if ok, err := s.StartRun(t.Context(), want.ID, want.Owner, lease); ok != started || err != nil {
			t.Errorf("start %d: %v %v", i, ok, err)
		}
	}
	if stop, err := s.ReportRun(t.Context(), want); stop || err != nil {
		t.Errorf("report: %v %v", stop, err)
	}
	if err := s.CancelRun(t.Context(), want.ID, "anna"); err != nil {
		t.Fatal(err)
	}
	if stop, err := s.ReportRun(t.Context(), want); !stop || err != nil {
		t.Errorf("report after a wish to stop: %v %v", stop, err)
	}
	stale := want
	stale.Lease.Token--
	if _, err := s.ReportRun(t.Context(), stale); !errors.Is(err, loyalty.ErrLeaseLost) {
		t.Errorf("a stale report: %v", err)
	}
	if err := s.FinishRun(t.Context(), stale, func(*loyalty.JobState) {}); !errors.Is(err, loyalty.ErrLeaseLost) {
		t.Errorf("a stale end: %v", err)
	}
	want.Stop = true
	if err := s.FinishRun(t.Context(), want, func(j *loyalty.JobState) { j.Failures++ }); err != nil {
		t.Fatal(err)
	}
	got, err := s.Run(t.Context(), want.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if err := s.FinishRun(t.Context(), want, func(*loyalty.JobState) {}); !errors.Is(err, loyalty.ErrLeaseLost) {
		t.Errorf("finished twice: %v", err)
	}
}

func (on Checks) testJobStateRoundTrip(t *testing.T) {
	s, c := on.clockStore(t)
	want := loyalty.JobState{
		Job: "points", Schedule: "x", Anchor: c.t, Horizon: c.t, Paused: true, PausedBy: "anna",
		Pause: loyalty.RunError{Code: loyalty.CodeAction, Message: "m", Hint: "h"}, PausedAt: c.t, Failures: 3, Backoff: c.t, Success: c.t,
		Seen: c.t, Guarded: 9,
	}
	if err := s.ChangeJobState(t.Context(), "points", func(j *loyalty.JobState) { *j = want }); err != nil {
		t.Fatal(err)
	}
	states, err := s.JobStates(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]loyalty.JobState{"points": want}, states); d != "" {
		t.Error(d)
	}
	// The same schedule keeps what is stored; another begins anew.
	c.t = c.t.Add(time.Hour)
	if got, err := s.SeenJob(t.Context(), "points", "x", c.t); err != nil || !got.Anchor.Equal(want.Anchor) || !got.Horizon.Equal(want.Horizon) {
		t.Errorf("seen again: %+v, %v", got, err)
	}
	if got, err := s.SeenJob(t.Context(), "points", "y", c.t); err != nil || !got.Anchor.Equal(c.t) || !got.Horizon.Equal(c.t) || !got.Paused {
		t.Errorf("seen with another schedule: %+v, %v", got, err)
	}
}

func (on Checks) testLaw9_ATickIsClaimedOnce(t *testing.T) {
	s, c := on.clockStore(t)
	seen, err := s.SeenJob(t.Context(), "points", "x", c.t)
	if err != nil {
		t.Fatal(err)
	}
	claim := store.TickClaim{
		Run:  loyalty.Run{Job: "points", Kind: "points", Actor: "schedule", Tick: c.t.Add(3 * time.Minute)},
		From: seen.Horizon, To: c.t.Add(3 * time.Minute),
		Missed: store.MissedTicks{First: c.t.Add(time.Minute), Last: c.t.Add(2 * time.Minute), Count: 2, Reason: loyalty.MissedDown},
	}
	type result struct {
		id int64
		ok bool
	}
	results := make(chan result)
	for range 4 {
		go func() {
			id, ok, err := s.ClaimTicks(context.Background(), claim)
			if err != nil {
				t.Error(err)
			}
			results <- result{id, ok}
		}()
	}
	won := 0
	for range 4 {
		if r := <-results; r.ok && r.id != 0 {
			won++
		}
	}
	if won != 1 {
		t.Errorf("%d claims won", won)
	}
	finishQueued(t, s)
	// The clock goes back: the horizon does too, the missed ticks come again, the
	// claimed one does not.
	back := c.t.Add(90 * time.Second)
	count := func(_, until time.Time) store.MissedTicks {
		return store.MissedTicks{First: c.t.Add(time.Minute), Last: until.Truncate(time.Minute), Count: 1}
	}
	if ok, err := s.RewindTicks(t.Context(), "points", claim.To, back, count); !ok || err != nil {
		t.Fatalf("rewind: %v %v", ok, err)
	}
	again := store.TickClaim{
		Run: claim.Run, From: back, To: claim.To,
		Missed: store.MissedTicks{First: c.t.Add(2 * time.Minute), Last: claim.To, Count: 2, Reason: loyalty.MissedDown},
	}
	if id, ok, err := s.ClaimTicks(t.Context(), again); id != 0 || !ok || err != nil {
		t.Errorf("claimed again: %d %v %v", id, ok, err)
	}
	runs, err := s.Runs(t.Context(), store.RunFilter{Job: "points"})
	if err != nil {
		t.Fatal(err)
	}
	ticks := map[loyalty.RunState]int{}
	for _, r := range runs {
		ticks[r.State] += r.Ticks
	}
	if d := cmp.Diff(map[loyalty.RunState]int{loyalty.RunSucceeded: 1, loyalty.RunMissed: 2}, ticks); d != "" {
		t.Error(d)
	}
}

// finishQueued runs what is queued.
func finishQueued(t *testing.T, s *store.Store) {
	t.Helper()
	open, err := s.OpenRuns(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range open {
		lease, _, err := s.TakeLease(t.Context(), "job/"+r.Job, "a", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.StartRun(t.Context(), r.ID, "a", lease); err != nil {
			t.Fatal(err)
		}
		r.State, r.Lease = loyalty.RunSucceeded, lease
		if err := s.FinishRun(t.Context(), r, func(*loyalty.JobState) {}); err != nil {
			t.Fatal(err)
		}
	}
}

func (on Checks) testPruneKeepsWhatIsOpen(t *testing.T) {
	s, c := on.clockStore(t)
	lease, _, err := s.TakeLease(t.Context(), "job/x", "a", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for range 4 {
		id, err := s.QueueRun(t.Context(), loyalty.Run{Job: "x", Kind: "points", Actor: "cli"})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	for i, state := range []loyalty.RunState{loyalty.RunSucceeded, loyalty.RunGuarded} {
		if _, err := s.StartRun(t.Context(), ids[i], "a", lease); err != nil {
			t.Fatal(err)
		}
		if err := s.FinishRun(t.Context(), loyalty.Run{ID: ids[i], Job: "x", State: state, Lease: lease}, func(j *loyalty.JobState) {
			if state == loyalty.RunGuarded {
				j.Guarded = ids[i]
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.StartRun(t.Context(), ids[2], "a", lease); err != nil {
		t.Fatal(err)
	}
	if n, err := s.PruneRuns(t.Context(), c.t.Add(time.Hour)); n != 1 || err != nil {
		t.Errorf("pruned %d, %v", n, err)
	}
	if _, err := s.Run(t.Context(), ids[0]); loyalty.CodeOf(err) != loyalty.CodeNotFound {
		t.Errorf("the finished run: %v", err)
	}
	for _, id := range ids[1:] {
		if _, err := s.Run(t.Context(), id); err != nil {
			t.Errorf("run %d: %v", id, err)
		}
	}
}

// A run whose lease is over is dead, whoever owns its row, unless the caller
// says that it executes it.
func (on Checks) testInterruptRunsSparesWhatTheCallerExecutes(t *testing.T) {
	s, c := on.clockStore(t)
	var ids []int64
	for _, name := range []string{"job/a", "job/b", "job/c"} {
		lease, _, err := s.TakeLease(t.Context(), name, "one", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		id, err := s.QueueRun(t.Context(), loyalty.Run{Job: name, Kind: "points", Actor: "cli"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.StartRun(t.Context(), id, "one", lease); err != nil {
			t.Fatal(err)
		}
		if name == "job/c" {
			err = s.RenewLease(t.Context(), lease, time.Hour)
		}
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	c.t = c.t.Add(2 * time.Minute)
	for _, tt := range []struct{ executes, want []int64 }{{ids[:1], ids[1:2]}, {nil, ids[:1]}, {nil, nil}} {
		dead, err := s.InterruptRuns(t.Context(), tt.executes)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, r := range dead {
			got = append(got, r.ID)
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("the caller executes %v: %s", tt.executes, d)
		}
	}
}
