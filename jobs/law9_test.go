package jobs_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
)

// executions counts how often each tick's task was started.
type executions struct {
	mu sync.Mutex
	at map[time.Time]int
}

// task takes as long as it is told, and notes the tick that it runs for.
func (e *executions) task(w *world, took func() time.Duration) taskFunc {
	return func(ctx context.Context, r *jobs.Run) error {
		row, err := w.store.Run(ctx, r.ID)
		if err != nil {
			return err
		}
		e.mu.Lock()
		e.at[row.Tick]++
		length := took()
		e.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(length):
			return works(ctx, r)
		}
	}
}

// accounted checks law 9: the rows of the run ledger cover every tick between
// the first look and the horizon, and no tick ran twice.
func (e *executions) accounted(t *testing.T, w *world, def jobs.Definition, seen time.Time, exactly bool) {
	t.Helper()
	schedule, faults := def.WithDefaults().Schedule(w.zone())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	state := w.state(def.Name)
	schedule = schedule.Anchored(state.Anchor)
	covered := map[time.Time]int{}
	for _, r := range w.runs(def.Name) {
		n := 0
		for tick := range schedule.Between(r.FirstTick.Add(-time.Microsecond), r.Tick) {
			covered[tick]++
			n++
		}
		if exactly && n != r.Ticks {
			t.Errorf("run %d (%s %s) stands for %d ticks, %d lie in it", r.ID, r.State, r.Reason, r.Ticks, n)
		}
	}
	due := slices.Collect(schedule.Between(seen, state.Horizon))
	if len(due) == 0 {
		t.Fatal("nothing was due: the test tests nothing")
	}
	for _, tick := range due {
		if n := covered[tick]; n == 0 || exactly && n != 1 {
			t.Errorf("tick %v is accounted for %d times", tick, n)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for tick, n := range e.at {
		if n > 1 {
			t.Errorf("tick %v ran %d times", tick, n)
		}
	}
	if len(e.at) == 0 {
		t.Error("nothing ran: the test tests nothing")
	}
}

func TestLaw9_EveryTickRunsOnceOrIsMissed(t *testing.T) {
	policies := []jobs.Definition{
		{Every: "7m", Missed: jobs.MissedSkip},
		{Every: "13m", Missed: jobs.MissedOnce, Overlap: jobs.OverlapQueueOne},
		{Daily: []string{"01:05", "02:30", "02:50", "14:00"}, Missed: jobs.MissedOnce, MissedWithin: "2h"},
		{Cron: "*/20 * * * *", Missed: jobs.MissedSkip},
	}
	for seed := range uint64(4) {
		for _, clock := range []struct {
			name    string
			jumps   bool
			exactly bool
		}{{"steady clock", false, true}, {"jumping clock", true, false}} {
			t.Run(fmt.Sprintf("%s, seed %d", clock.name, seed), func(t *testing.T) {
				inBubble(t, func(t *testing.T, w *world) {
					w.after.ReportEvery = time.Hour // nobody follows
					random := rand.New(rand.NewPCG(seed, 9))
					w.step(time.Date(2026, 3, 27, 12, 0, 0, 0, w.zone()).Sub(w.now())) // before summer time
					def := policies[seed%uint64(len(policies))]
					def.Name, def.Kind, def.Source, def.Program = "points", jobs.KindPoints, "erp", "main"
					ran := &executions{at: map[time.Time]int{}}
					lengths := rand.New(rand.NewPCG(seed, 10))
					w.does(ran.task(w, func() time.Duration { return time.Duration(lengths.IntN(15)) * time.Minute }))
					seen := w.now()
					for range 6 {
						one := w.serve("one", def)
						w.sleep(time.Duration(random.IntN(90)) * time.Minute)
						two := w.serve("two", def)
						if clock.jumps {
							w.step(time.Duration(random.IntN(16)-6) * time.Hour)
						}
						w.sleep(time.Duration(random.IntN(120)) * time.Minute)
						one.stop()
						w.sleep(time.Duration(random.IntN(90)) * time.Minute)
						two.stop()
						w.sleep(time.Duration(random.IntN(300)) * time.Minute)
					}
					w.serve("one", def)
					w.sleep(15 * time.Hour)
					ran.accounted(t, w, def, seen, clock.exactly)
				})
			})
		}
	}
}

// A process that was suspended, and whose lease was taken, writes nothing when
// it wakes.
func TestLaw9_SuspendedProcessWritesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		def := points("points")
		def.Timeout = "12h"
		asleep := &suspended{Store: w.store, wake: make(chan struct{})}
		var wrote []string
		commit := func(r *jobs.Run, who string) {
			if w.token(r.Lease().Name) == r.Lease().Token { // as the ledger does, inside its transaction
				wrote = append(wrote, who)
			}
		}
		w.does(func(ctx context.Context, r *jobs.Run) error {
			commit(r, "before")
			<-asleep.wake
			commit(r, "after")
			<-ctx.Done()
			return context.Cause(ctx)
		})
		first := w.runnerOn(asleep, "first")
		var run loyalty.Run
		var done sync.WaitGroup
		done.Go(func() {
			var err error
			if run, err = first.RunNow(t.Context(), def, jobs.Options{Since: loyalty.NoDate}, jobs.ActorCLI); err != nil {
				t.Error(err)
			}
		})
		w.sleep(time.Minute)
		w.does(func(_ context.Context, r *jobs.Run) error { commit(r, "second"); return nil })
		if _, err := w.runner("second").RunNow(t.Context(), def, jobs.Options{}, jobs.ActorCLI); loyalty.CodeOf(err) != loyalty.CodeAction {
			t.Errorf("a second run beside a live lease: %v", err)
		}

		w.sleep(4 * time.Hour) // the lease runs out
		second, err := w.runner("second").RunNow(t.Context(), def, jobs.Options{}, jobs.ActorCLI)
		if err != nil || second.State != loyalty.RunSucceeded {
			t.Errorf("the second run: %s, %v", second.State, err)
		}
		close(asleep.wake)
		done.Wait()
		if run.State != loyalty.RunInterrupted {
			t.Errorf("the suspended run ended %s: %+v", run.State, run.Error)
		}
		if !slices.Equal(wrote, []string{"before", "second"}) {
			t.Errorf("wrote %v", wrote)
		}
	})
}

// suspended is a store whose owner's process stands still until it wakes.
type suspended struct {
	jobs.Store
	wake chan struct{}
}

func (s *suspended) RenewLease(ctx context.Context, lease loyalty.Lease, ttl time.Duration) error {
	<-s.wake
	return s.Store.RenewLease(ctx, lease, ttl)
}

func (s *suspended) ReportRun(ctx context.Context, r loyalty.Run) (bool, error) {
	<-s.wake
	return s.Store.ReportRun(ctx, r)
}
