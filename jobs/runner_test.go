package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform"
)

func fails(err error) taskFunc {
	return func(context.Context, *jobs.Run) error { return err }
}

func erpError(kind error) error {
	return &connectors.Error{Kind: kind, Op: "read invoices", Hint: "look at the ERP"}
}

// undelivered is what a task over a feed returns when only its deliveries failed.
func undelivered(platforms ...error) error {
	var errs []error
	for _, err := range platforms {
		errs = append(errs, fmt.Errorf("platform: %w", errors.Join(err, nil)))
	}
	return errors.Join(errors.Join(nil, &jobs.DeliveryError{Err: errors.Join(errs...)}), nil)
}

func (w *world) runNow(def jobs.Definition) loyalty.Run {
	w.t.Helper()
	run, err := w.runner("cli").RunNow(w.t.Context(), def, jobs.Options{Since: loyalty.NoDate}, jobs.ActorCLI)
	if err != nil {
		w.t.Fatal(err)
	}
	stored, err := w.store.Run(w.t.Context(), run.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	if stored.State != run.State || stored.Error != run.Error {
		w.t.Errorf("the ledger says %s %+v, the runner %s %+v", stored.State, stored.Error, run.State, run.Error)
	}
	return stored
}

// What an error of a task means for its run and its job.
func TestOutcomes(t *testing.T) {
	identity := &loyalty.Error{Code: loyalty.CodeAction, Message: "another database", Hint: "loyalsync source accept erp"}
	blocked := &loyalty.Error{Code: loyalty.CodeForbidden, Message: "platform crm: the platform is blocked", Hint: "check token_file", Err: platform.ErrBlocked}
	busy := &loyalty.Error{Code: loyalty.CodeBusy, Message: "platform shop: not available", Hint: "nothing is lost", Err: platform.ErrUnavailable}
	tests := []struct {
		name     string
		task     taskFunc
		state    loyalty.RunState
		code     loyalty.Code
		attempts int
		failures int
		paused   bool
		backoff  bool
	}{
		{"success", works, loyalty.RunSucceeded, "", 1, 0, false, false},
		{"unreachable", fails(erpError(connectors.ErrUnreachable)), loyalty.RunFailed, loyalty.CodeBusy, 3, 1, false, true},
		{"transient", fails(fmt.Errorf("page 3: %w", erpError(connectors.ErrTransient))), loyalty.RunFailed, loyalty.CodeBusy, 3, 1, false, true},
		{"a busy store or platform", fails(&loyalty.Error{Code: loyalty.CodeBusy, Message: "busy"}), loyalty.RunFailed, loyalty.CodeBusy, 3, 1, false, true},
		{"authentication", fails(erpError(connectors.ErrAuth)), loyalty.RunFailed, loyalty.CodeInternal, 1, 1, true, false},
		{"schema", fails(erpError(connectors.ErrSchema)), loyalty.RunFailed, loyalty.CodeInternal, 1, 1, true, false},
		{"settings", fails(erpError(connectors.ErrSettings)), loyalty.RunFailed, loyalty.CodeInvalid, 1, 1, true, false},
		{"identity", fails(identity), loyalty.RunFailed, loyalty.CodeAction, 1, 1, true, false},
		{"anything else", fails(errors.New("odd")), loyalty.RunFailed, loyalty.CodeInternal, 1, 1, false, true},
		{"a panic", func(context.Context, *jobs.Run) error { panic("odd") }, loyalty.RunFailed, loyalty.CodeInternal, 1, 1, false, true},
		{"the timeout", func(ctx context.Context, _ *jobs.Run) error { <-ctx.Done(); return ctx.Err() }, loyalty.RunFailed, loyalty.CodeBusy, 1, 1, false, true},
		{"a blocked platform", fails(undelivered(blocked)), loyalty.RunFailed, loyalty.CodeForbidden, 1, 1, false, false},
		{"a busy platform", fails(undelivered(busy)), loyalty.RunFailed, loyalty.CodeBusy, 3, 1, false, true},
		{"a blocked platform and a busy one", fails(undelivered(blocked, busy)), loyalty.RunFailed, loyalty.CodeForbidden, 3, 1, false, true},
		{"reading, and a blocked platform", fails(errors.Join(erpError(connectors.ErrAuth), undelivered(blocked))), loyalty.RunFailed, loyalty.CodeForbidden, 1, 1, true, false},
		{"something odd, and a blocked platform", fails(errors.Join(errors.New("odd"), undelivered(blocked))), loyalty.RunFailed, loyalty.CodeForbidden, 1, 1, false, true},
		{"forbidden, but no platform", fails(blocked), loyalty.RunFailed, loyalty.CodeForbidden, 1, 1, false, true},
		{"the guard", fails(&jobs.GuardError{Err: errors.New("it would reverse 42 %")}), loyalty.RunGuarded, loyalty.CodeAction, 1, 0, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.does(tt.task)
				def := points("points")
				def.Retries = 2
				run := w.runNow(def)
				if run.State != tt.state || run.Error.Code != tt.code || run.Attempt != tt.attempts {
					t.Errorf("run: %s %q after %d attempts", run.State, run.Error.Code, run.Attempt)
				}
				if tt.state != loyalty.RunSucceeded && (run.Error.Message == "" || run.Error.Hint == "" && tt.name != "anything else" && tt.name != "a busy store or platform") {
					t.Errorf("a person is not told what to do: %+v", run.Error)
				}
				state := w.state("points")
				if state.Failures != tt.failures || state.Paused != tt.paused || !state.Backoff.IsZero() != tt.backoff {
					t.Errorf("job: %+v", state)
				}
				if (state.Guarded == run.ID) != (tt.state == loyalty.RunGuarded) {
					t.Errorf("guarded run: %d", state.Guarded)
				}
				if (jobs.Outcome(run) == nil) != (tt.state == loyalty.RunSucceeded) {
					t.Errorf("outcome: %v", jobs.Outcome(run))
				}
			})
		})
	}
}

func TestATransientFailureIsRetriedWithinTheTick(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		tries := 0
		w.does(func(ctx context.Context, r *jobs.Run) error {
			if tries++; tries < 3 {
				return erpError(connectors.ErrUnreachable)
			}
			return works(ctx, r)
		})
		def := points("points")
		def.Retries = 5
		run := w.runNow(def)
		if run.State != loyalty.RunSucceeded || run.Attempt != 3 {
			t.Errorf("%s after %d attempts", run.State, run.Attempt)
		}
		if took := run.Finished.Sub(run.Started); took != 15*time.Second { // 5 s, then 10 s
			t.Errorf("waited %s", took)
		}
		if !strings.Contains(run.Log, "transient failure") {
			t.Errorf("the excerpt lacks the retries: %q", run.Log)
		}
	})
}

func TestDryRunLeavesTheJobAlone(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.does(fails(erpError(connectors.ErrAuth)))
		if _, err := w.runner("cli").RunNow(t.Context(), points("points"), jobs.Options{DryRun: true}, jobs.ActorCLI); err != nil {
			t.Fatal(err)
		}
		if state := w.state("points"); state.Paused || state.Failures != 0 {
			t.Errorf("the job: %+v", state)
		}
	})
}

func TestRunsSealWhatWasPosted(t *testing.T) {
	for name, fails := range map[string]error{"sealed": nil, "not sealed yet": errors.New("the disk is slow")} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				sealed := 0
				w.after.Seal = func(context.Context, int) (int, error) {
					sealed++
					return 0, fails
				}
				for _, dry := range []bool{true, false} {
					run, err := w.runner("cli").RunNow(t.Context(), points("points"), jobs.Options{DryRun: dry}, jobs.ActorCLI)
					if err != nil || run.State != loyalty.RunSucceeded {
						t.Errorf("dry %t: %s, %v", dry, run.State, err)
					}
				}
				if sealed != 1 || strings.Contains(w.log.String(), "could not be sealed") != (fails != nil) {
					t.Errorf("sealed %d times; the log: %s", sealed, w.log.String())
				}
			})
		})
	}
}

func TestInterruptedRun(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		ctx, cancel := context.WithCancel(t.Context())
		w.does(func(ctx context.Context, r *jobs.Run) error {
			if r.Options.Since == loyalty.NoDate {
				t.Error("the options are lost")
			}
			r.Progress(3, 1500, "invoices")
			cancel()
			<-ctx.Done()
			return ctx.Err()
		})
		run, err := w.runner("cli").RunNow(ctx, points("points"), jobs.Options{Since: loyalty.NewDate(2026, 1, 1)}, jobs.ActorCLI)
		if err != nil || run.State != loyalty.RunInterrupted || run.Progress.Page != 3 {
			t.Fatalf("%s %+v, %v", run.State, run.Progress, err)
		}
		if err := jobs.Outcome(run); !errors.Is(err, context.Canceled) {
			t.Errorf("outcome: %v", err)
		}
		w.does(works) // the lease is free at once
		w.runNow(points("points"))
	})
}

func TestCancelledRun(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.does(func(ctx context.Context, _ *jobs.Run) error { <-ctx.Done(); return ctx.Err() })
		def := points("points")
		def.Every, def.Timeout = "1h", "30m"
		w.serve("one", def)
		w.sleep(time.Hour + time.Minute)
		running := w.runs("points")[0]
		if running.State != loyalty.RunRunning {
			t.Fatalf("the run is %s", running.State)
		}
		if err := w.service(def).Cancel(t.Context(), running.ID, "anna"); err != nil {
			t.Fatal(err)
		}
		w.sleep(2 * time.Minute)
		if got := w.runs("points")[0].State; got != loyalty.RunCancelled {
			t.Errorf("the run is %s", got)
		}
		if err := w.service(def).Cancel(t.Context(), running.ID, "anna"); loyalty.CodeOf(err) != loyalty.CodeConflict {
			t.Errorf("cancelled twice: %v", err)
		}
	})
}

func TestProgressIsSeenWhileItRuns(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.does(func(_ context.Context, r *jobs.Run) error {
			for page := 1; page <= 3; page++ {
				r.Progress(page, int64(page)*500, "invoices")
				r.Count(func(c *jobs.Counts) { c.Read.Invoices += 500; c.Points.Earned += 150; c.Points.Decimals = 2 })
				time.Sleep(20 * time.Second)
			}
			return nil
		})
		w.poll, w.after.ReportEvery = time.Second, time.Second
		w.serve("one", points("points"))
		id, err := w.service(points("points")).Request(t.Context(), "points", jobs.Options{Since: loyalty.NoDate}, "anna")
		if err != nil {
			t.Fatal(err)
		}
		var pages []int
		run, err := w.service().Follow(t.Context(), id, func(r loyalty.Run) {
			if n := len(pages); n == 0 || pages[n-1] != r.Progress.Page {
				pages = append(pages, r.Progress.Page)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]int{0, 1, 2, 3}, pages); d != "" {
			t.Error(d)
		}
		if run.Counts.Read.Invoices != 1500 || run.Counts.Points.Earned != 450 || run.Actor != "anna" {
			t.Errorf("%+v by %s", run.Counts, run.Actor)
		}
	})
}

func TestJobsOfOneFeedRunOneAtATime(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		busy := 0
		w.does(func(context.Context, *jobs.Run) error {
			if busy++; busy > 1 {
				t.Error("two runs of one feed at the same time")
			}
			time.Sleep(20 * time.Minute)
			busy--
			return nil
		})
		w.poll = 5 * time.Minute
		a, b := points("a"), points("b")
		a.Every, b.Every = "1h", "1h"
		w.serve("one", a, b)
		w.serve("two", a, b)
		w.sleep(10*time.Hour + 50*time.Minute)
		for _, name := range []string{"a", "b"} {
			n := 0
			for _, r := range w.runs(name) {
				n += r.Ticks
				if r.State != loyalty.RunSucceeded {
					t.Errorf("%s: run %d is %s %s", name, r.ID, r.State, r.Reason)
				}
			}
			if n != 10 {
				t.Errorf("%s ran %d times", name, n)
			}
		}
	})
}

func TestCrashedRunIsMarkedByTheNextStart(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		def := points("points")
		lease, _, err := w.store.TakeLease(t.Context(), def.LeaseName(), "gone", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		id, err := w.store.QueueRun(t.Context(), loyalty.Run{Job: "points", Kind: def.Kind, Actor: "schedule"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.store.StartRun(t.Context(), id, "gone", lease); err != nil {
			t.Fatal(err)
		}
		w.sleep(2 * time.Minute)
		w.serve("one", def)
		w.sleep(time.Second)
		if got := w.runs("points")[0]; got.State != loyalty.RunInterrupted || got.Error.Hint == "" {
			t.Errorf("the crashed run: %s %+v", got.State, got.Error)
		}
		if err := w.store.RenewLease(t.Context(), lease, time.Minute); !errors.Is(err, loyalty.ErrLeaseLost) {
			t.Errorf("the crashed process may go on: %v", err)
		}
	})
}

// heldUp is a store that fails so many times at the ends and starts of runs.
type heldUp struct {
	jobs.Store
	ends, starts int
}

func (h *heldUp) FinishRun(ctx context.Context, r loyalty.Run, change func(*loyalty.JobState)) error {
	if h.ends > 0 {
		h.ends--
		return &loyalty.Error{Code: loyalty.CodeBusy, Message: "the disk is full"}
	}
	return h.Store.FinishRun(ctx, r, change)
}

// StartRun starts the run, and says that it could not.
func (h *heldUp) StartRun(ctx context.Context, id int64, owner string, lease loyalty.Lease) (bool, error) {
	started, err := h.Store.StartRun(ctx, id, owner, lease)
	if h.starts > 0 {
		h.starts--
		return false, &loyalty.Error{Code: loyalty.CodeBusy, Message: "the disk is full"}
	}
	return started, err
}

// A row that stays running is nobody's; a process that serves on marks it as
// interrupted, and later ticks run.
func TestARunThatCouldNotBeRecordedHoldsNothingUp(t *testing.T) {
	for _, tt := range []struct {
		name  string
		store heldUp
		want  []string
	}{
		{"an end at first", heldUp{ends: 1}, []string{"succeeded", "succeeded", "succeeded"}},
		{"an end", heldUp{ends: 4}, []string{"interrupted", "succeeded", "succeeded"}},
		{"a start", heldUp{starts: 1}, []string{"interrupted", "succeeded", "succeeded"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.after.LeaseTTL, w.poll = 30*time.Second, time.Minute
				held := tt.store
				held.Store = w.store
				def := points("points")
				def.Every = "1h"
				w.serveOn(&held, "one", def)
				w.sleep(3*time.Hour + time.Minute)
				if d := cmp.Diff(tt.want, summary(w.runs("points"))); d != "" {
					t.Error(d)
				}
				if held.ends > 0 || held.starts > 0 {
					t.Error("the store was not held up: the test tests nothing")
				}
			})
		})
	}
}

// A process whose lease ran out while it slept ends its own run itself.
func TestALookForCrashedRunsLeavesOwnOnesAlone(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.does(func(ctx context.Context, r *jobs.Run) error {
			time.Sleep(20 * time.Minute)
			return works(ctx, r)
		})
		w.poll, w.after.ReportEvery = time.Minute, time.Hour // the look comes before the heartbeat
		def := points("points")
		def.Every = "1h"
		w.serve("one", def)
		w.sleep(time.Hour + time.Minute)
		w.step(4 * time.Minute * 60) // the lease is over
		w.sleep(10 * time.Minute)
		if got := w.runs("points")[0].State; got != loyalty.RunRunning {
			t.Errorf("the run is %s", got)
		}
		w.sleep(10 * time.Minute)
		if got := w.runs("points")[0].State; got != loyalty.RunSucceeded {
			t.Errorf("the run is %s", got)
		}
	})
}
