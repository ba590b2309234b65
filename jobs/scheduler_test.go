package jobs_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
)

// summary is a run in a few words: state, reason, ticks.
func summary(runs []loyalty.Run) []string {
	var out []string
	for _, r := range runs {
		text := string(r.State)
		if r.Reason != "" {
			text += " " + r.Reason
		}
		if r.Ticks != 1 {
			text += " x" + strconv.Itoa(r.Ticks)
		}
		out = append(out, text)
	}
	return out
}

func TestServeRunsAJobAtItsTicks(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		def := points("points")
		def.Daily = []string{"06:00", "18:30"}
		w.sleep(7 * time.Second) // polls do not fall on ticks, so only the timer is in time
		w.serve("one", def)
		w.sleep(48 * time.Hour)
		var got []string
		for _, r := range w.runs("points") {
			if r.State != loyalty.RunSucceeded {
				t.Errorf("run %d is %s: %+v", r.ID, r.State, r.Error)
			}
			if late := r.Started.Sub(r.Tick); late < 0 || late > 2*time.Second {
				t.Errorf("run %d started %s after its tick", r.ID, late)
			}
			got = append(got, r.Tick.In(w.zone()).Format("02 15:04"))
		}
		if d := cmp.Diff([]string{"01 06:00", "01 18:30", "02 06:00", "02 18:30"}, got); d != "" {
			t.Error(d)
		}
	})
}

func TestOverlap(t *testing.T) {
	for _, tt := range []struct {
		policy string
		want   []string
	}{
		{jobs.OverlapSkip, []string{"succeeded", "missed overlap x3", "running"}},
		{jobs.OverlapQueueOne, []string{"succeeded", "running", "missed overlap x2", "queued"}},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.does(func(ctx context.Context, r *jobs.Run) error {
					select { // longer than three ticks
					case <-time.After(35 * time.Minute):
						return works(ctx, r)
					case <-ctx.Done():
						return ctx.Err()
					}
				})
				def := points("points")
				def.Every, def.Overlap = "10m", tt.policy
				w.serve("one", def)
				w.sleep(51 * time.Minute) // ticks at 10, 20, 30, 40, 50
				if d := cmp.Diff(tt.want, summary(w.runs("points"))); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

// What becomes of ticks that came while nobody served.
func TestMissedTicksAtStart(t *testing.T) {
	for _, tt := range []struct {
		name   string
		def    jobs.Definition
		down   time.Duration // from the first tick's minute on
		want   []string
		queued bool
	}{
		{"skip", jobs.Definition{Daily: []string{"06:00"}, Missed: jobs.MissedSkip}, 50 * time.Hour, []string{"missed down x3"}, false},
		{"once within its window", jobs.Definition{Daily: []string{"06:00"}, Missed: jobs.MissedOnce}, 50 * time.Hour, []string{"missed down x2", "succeeded"}, false},
		{"once outside of its window", jobs.Definition{Daily: []string{"06:00"}, Missed: jobs.MissedOnce, MissedWithin: "1h"}, 50 * time.Hour, []string{"missed down x3"}, false},
		{"just in time", jobs.Definition{Daily: []string{"06:00"}, Missed: jobs.MissedSkip}, time.Minute, []string{"succeeded"}, false},
		{"a single time", jobs.Definition{Once: "2000-01-01 06:00"}, 2 * time.Hour, []string{"succeeded"}, false},
		{"a single time, too late", jobs.Definition{Once: "2000-01-01 06:00"}, 50 * time.Hour, []string{"missed down"}, false},
		{"very many", jobs.Definition{Every: "1s", Missed: jobs.MissedSkip, Paused: true}, 1000 * time.Hour, []string{"missed paused x3618001"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				def := tt.def
				def.Name, def.Kind, def.Source, def.Program = "points", jobs.KindPoints, "erp", "main"
				p := w.serve("one", def)
				w.sleep(time.Second)
				p.stop()
				time.Sleep(time.Date(2000, 1, 1, 6, 0, 0, 0, w.zone()).Sub(w.now()) + tt.down)
				w.serve("one", def)
				w.sleep(time.Second)
				if d := cmp.Diff(tt.want, summary(w.runs("points"))); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

func TestAQueuedTickIsNotRunLongAfter(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.does(func(ctx context.Context, _ *jobs.Run) error { <-ctx.Done(); return ctx.Err() })
		def := points("points")
		def.Every, def.Overlap, def.Missed = "10m", jobs.OverlapQueueOne, jobs.MissedSkip
		p := w.serve("one", def)
		w.sleep(25 * time.Minute)
		p.stop()
		time.Sleep(24 * time.Hour)
		w.does(works)
		w.serve("one", def)
		w.sleep(time.Second)
		if d := cmp.Diff([]string{"interrupted", "missed down x145"}, summary(w.runs("points"))); d != "" {
			t.Error(d)
		}
	})
}

func TestGuardWaitsForAPerson(t *testing.T) {
	for _, approve := range []bool{true, false} {
		t.Run(map[bool]string{true: "approved", false: "rejected"}[approve], func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.does(func(ctx context.Context, r *jobs.Run) error {
					if r.Options.Approved {
						return works(ctx, r)
					}
					return &jobs.GuardError{Err: errors.New("it would reverse 412 of 983 points (42 %, limit 20 %)")}
				})
				def := points("points")
				def.Every = "1h"
				w.poll = time.Minute
				w.serve("one", def)
				w.sleep(3*time.Hour + time.Minute)
				if d := cmp.Diff([]string{"guarded", "missed guard x2"}, summary(w.runs("points"))); d != "" {
					t.Error(d)
				}
				guarded := w.runs("points")[0]
				service, want := w.service(def), []string{"guarded approved by anna", "missed guard x2", "succeeded", "guarded"}
				if approve {
					id, err := service.Approve(t.Context(), guarded.ID, "anna")
					if err != nil {
						t.Fatal(err)
					}
					w.sleep(2 * time.Minute)
					if run, err := service.Run(t.Context(), id); err != nil || run.State != loyalty.RunSucceeded || run.Actor != "anna" {
						t.Errorf("the approved run: %+v, %v", run, err)
					}
					w.does(works)
				} else if err := service.Reject(t.Context(), guarded.ID, "anna"); err != nil {
					t.Fatal(err)
				}
				w.does(fails(&jobs.GuardError{Err: errors.New("again")}))
				if !approve {
					want = []string{"rejected rejected by anna", "missed guard x2", "missed paused"}
				}
				w.sleep(time.Hour)
				if d := cmp.Diff(want, summary(w.runs("points"))); d != "" {
					t.Error(d)
				}
				if _, err := service.Approve(t.Context(), guarded.ID, "anna"); loyalty.CodeOf(err) != loyalty.CodeConflict {
					t.Errorf("decided twice: %v", err)
				}
			})
		})
	}
}

func TestLaterTicksBackOff(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.does(fails(erpError(connectors.ErrUnreachable)))
		def := points("points")
		def.Every = "1m"
		w.serve("one", def)
		w.sleep(12*time.Hour + time.Second)
		var last time.Time
		failed := 0
		for _, r := range w.runs("points") {
			if r.State == loyalty.RunMissed && r.Reason == loyalty.MissedBackoff {
				continue
			}
			failed++
			if gap := r.Started.Sub(last); !last.IsZero() && gap > time.Hour+2*time.Minute {
				t.Errorf("waited %s", gap)
			}
			last = r.Started
		}
		if failed < 12 || failed > 20 {
			t.Errorf("%d tries in twelve hours", failed)
		}
		if w.state("points").Paused {
			t.Error("a transient failure paused the job")
		}
		w.does(works)
		w.sleep(61 * time.Minute)
		if s := w.state("points"); s.Failures != 0 || !s.Backoff.IsZero() {
			t.Errorf("after a success: %+v", s)
		}
	})
}

func TestIdleRunsFoldToOneAnHour(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.does(idle)
		def := points("points")
		def.Every, def.Starting = "10m", "2000-01-01 02:00" // 01:00 UTC
		w.serve("one", def)
		w.sleep(3*time.Hour + time.Minute) // 01:00, 01:10, … 03:00
		if d := cmp.Diff([]string{"succeeded x6", "succeeded x6", "succeeded"}, summary(w.runs("points"))); d != "" {
			t.Error(d)
		}
		w.does(works)
		w.sleep(10 * time.Minute)
		if d := cmp.Diff([]string{"succeeded x6", "succeeded x6", "succeeded", "succeeded"}, summary(w.runs("points"))); d != "" {
			t.Error(d)
		}
	})
}

func TestGracefulStop(t *testing.T) {
	for _, tt := range []struct {
		name string
		took time.Duration
		want loyalty.RunState
	}{{"waits", 5 * time.Second, loyalty.RunSucceeded}, {"interrupts", time.Hour, loyalty.RunInterrupted}} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.does(func(ctx context.Context, r *jobs.Run) error {
					select {
					case <-ctx.Done():
						time.Sleep(10 * time.Second) // the page it is at
						return ctx.Err()
					case <-time.After(tt.took):
						return works(ctx, r)
					}
				})
				def := points("points")
				def.Every = "10m"
				p := w.serve("one", def)
				w.sleep(10*time.Minute + time.Second)
				before := time.Now()
				p.stop()
				if took := time.Since(before); took > 18*time.Second {
					t.Errorf("the stop took %s", took)
				}
				if got := w.runs("points")[0]; got.State != tt.want {
					t.Errorf("the run is %s: %+v", got.State, got.Error)
				}
				if serving, err := w.service().Serving(t.Context()); serving || err != nil {
					t.Errorf("still serving: %v %v", serving, err)
				}
			})
		})
	}
}

// TestStopOfAHangingRun stops a scheduler whose run does not heed it: the stop
// ends in time and says so.
func TestStopOfAHangingRun(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.does(func(context.Context, *jobs.Run) error {
			time.Sleep(time.Hour)
			return nil
		})
		def := points("points")
		def.Every = "10m"
		p := w.serve("one", def)
		w.sleep(10*time.Minute + time.Second)
		before := time.Now()
		err := p.end()
		if took := time.Since(before); took > 18*time.Second {
			t.Errorf("the stop took %s", took)
		}
		if loyalty.CodeOf(err) != loyalty.CodeBusy || !strings.Contains(err.Error(), "did not stop in time") {
			t.Errorf("the stop says %v", err)
		}
		if serving, err := w.service().Serving(t.Context()); serving || err != nil {
			t.Errorf("still serving: %v %v", serving, err)
		}
		time.Sleep(time.Hour) // the run ends before the bubble does
	})
}

// TestAlive: the scheduler says that it lives at each look, and no more once it
// was stopped.
func TestAlive(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var beats atomic.Int64
		w.alive, w.poll = func() { beats.Add(1) }, time.Second
		p := w.serve("one", points("points"))
		w.sleep(time.Minute)
		n := beats.Load()
		if n < 59 {
			t.Errorf("%d signs of life in a minute", n)
		}
		p.stop()
		n = beats.Load()
		w.sleep(time.Minute)
		if beats.Load() != n {
			t.Error("signs of life after the stop")
		}
	})
}

func TestStoredJobsAreNoticed(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.poll = time.Second
		w.serve("one", points("file"))
		w.sleep(time.Second)
		service := w.service(points("file"))
		def := points("kept")
		def.Every = "10s"
		if err := service.Add(t.Context(), def, "anna"); err != nil {
			t.Fatal(err)
		}
		w.sleep(16 * time.Second)
		if len(w.runs("kept")) == 0 {
			t.Error("an added job did not run")
		}
		if err := service.Pause(t.Context(), "kept", "anna"); err != nil {
			t.Fatal(err)
		}
		n := len(w.runs("kept"))
		w.sleep(30 * time.Second)
		runs := w.runs("kept")
		if last := runs[len(runs)-1]; len(runs) != n+1 || last.State != loyalty.RunMissed || last.Reason != loyalty.MissedPaused {
			t.Errorf("a paused job: %v", summary(runs))
		}
		if err := service.Remove(t.Context(), "kept"); err != nil {
			t.Fatal(err)
		}
		n = len(w.runs("kept"))
		w.sleep(time.Minute)
		if got := len(w.runs("kept")); got != n {
			t.Errorf("a removed job has %d more runs", got-n)
		}
		id, err := service.Request(t.Context(), "file", jobs.Options{}, "anna")
		if err != nil {
			t.Fatal(err)
		}
		w.sleep(1100 * time.Millisecond)
		if run, err := service.Run(t.Context(), id); err != nil || run.State != loyalty.RunSucceeded {
			t.Errorf("a requested run after a second: %s, %v", run.State, err)
		}
	})
}

func TestReloadIsWholeOrRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		old, added, bad := points("old"), points("added"), points("bad")
		old.Every, added.Every, bad.Every = "1h", "1h", "soon"
		p := w.serve("one", old)
		w.sleep(time.Minute)
		if err := p.Reload(w.settings(added, bad)); loyalty.CodeOf(err) != loyalty.CodeInvalid {
			t.Errorf("reloaded a bad configuration: %v", err)
		}
		w.sleep(90 * time.Minute)
		if len(w.runs("old")) != 1 || len(w.runs("added")) != 0 {
			t.Error("a refused reload changed something")
		}
		if err := p.Reload(w.settings(added)); err != nil {
			t.Fatal(err)
		}
		w.sleep(2 * time.Hour)
		if len(w.runs("old")) != 1 || len(w.runs("added")) == 0 {
			t.Errorf("after a reload: old %d, added %d", len(w.runs("old")), len(w.runs("added")))
		}
	})
}

func TestClockSetBackDoesNotStopTheJob(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		def := points("points")
		def.Every = "1h"
		w.poll = time.Minute
		w.serve("one", def)
		w.sleep(150 * time.Minute)
		w.step(20 * 365 * 24 * time.Hour) // an empty battery
		w.sleep(10 * time.Minute)
		w.step(-20 * 365 * 24 * time.Hour)
		w.sleep(10 * time.Minute)
		n := len(w.runs("points"))
		w.sleep(3 * time.Hour)
		if got := len(w.runs("points")) - n; got != 3 {
			t.Errorf("%d runs in three hours after the clock came back: %v", got, summary(w.runs("points")))
		}
	})
}

// A machine that started with a clock far ahead, before it was set right.
func TestAClockThatWasAheadHoldsNothingUp(t *testing.T) {
	const ahead = 300 * 24 * time.Hour
	for _, tt := range []struct {
		name  string
		def   jobs.Definition
		first taskFunc
		until time.Duration // how long the clock is ahead
	}{
		{"a failure backed off", jobs.Definition{Cron: "0 * * * *"}, fails(&loyalty.Error{Code: loyalty.CodeBusy, Message: "no network yet"}), 70 * time.Minute},
		{"an interval began, nothing ran", jobs.Definition{Every: "1h"}, works, 10 * time.Minute},
		{"an interval began, a run failed", jobs.Definition{Every: "1h"}, fails(&loyalty.Error{Code: loyalty.CodeBusy, Message: "no network yet"}), 70 * time.Minute},
		{"an interval of a day", jobs.Definition{Every: "1d"}, works, 10 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.poll = time.Minute
				def := tt.def
				def.Name, def.Kind, def.Source, def.Program = "points", jobs.KindPoints, "erp", "main"
				w.does(tt.first)
				w.step(ahead)
				w.serve("one", def)
				w.sleep(tt.until)
				before := len(w.runs("points"))
				w.step(-ahead)
				w.does(works)
				w.sleep(48*time.Hour + time.Minute)
				after := w.runs("points")[before:]
				for _, r := range after {
					if r.State != loyalty.RunSucceeded || r.Started.After(w.now()) {
						t.Errorf("run %d is %s %s, started %v", r.ID, r.State, r.Reason, r.Started)
					}
				}
				want := 48
				if def.Every == "1d" {
					want = 2
				}
				if len(after) < want-1 || len(after) > want+1 {
					t.Errorf("%d runs in 48 hours after the clock was set right, %d are due", len(after), want)
				}
				if s := w.state("points"); def.Every != "" && s.Anchor.After(w.now()) {
					t.Errorf("intervals count from %v", s.Anchor)
				}
			})
		})
	}
}

// starting is a person's word, also when it is to come.
func TestAStartToComeStays(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.poll = time.Minute
		def := points("points")
		def.Every, def.Starting = "1h", "2000-01-03 01:00" // 00:00 UTC
		w.serve("one", def)
		w.sleep(47 * time.Hour)
		if runs := w.runs("points"); len(runs) != 0 {
			t.Errorf("before the start: %v", summary(runs))
		}
		w.sleep(3 * time.Hour)
		if d := cmp.Diff([]string{"succeeded", "succeeded", "succeeded"}, summary(w.runs("points"))); d != "" {
			t.Error(d)
		}
	})
}

// A platform that refuses everything is tried at each tick, and the ERP is read
// at each tick.
func TestABlockedPlatformHoldsNoTickUp(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.poll = time.Minute
		w.does(func(ctx context.Context, r *jobs.Run) error {
			blocked := &loyalty.Error{Code: loyalty.CodeForbidden, Message: "platform crm: the platform is blocked"}
			return errors.Join(works(ctx, r), &jobs.DeliveryError{Err: blocked})
		})
		def := points("points")
		def.Every = "5m"
		w.serve("one", def)
		w.sleep(24*time.Hour + time.Second)
		runs := w.runs("points")
		for _, r := range runs {
			if r.State != loyalty.RunFailed || r.Counts.Entries != 1 {
				t.Errorf("run %d is %s %s with %d entries", r.ID, r.State, r.Reason, r.Counts.Entries)
			}
		}
		if len(runs) != 288 {
			t.Errorf("%d runs at 288 ticks", len(runs))
		}
		if s := w.state("points"); s.Paused || !s.Backoff.IsZero() {
			t.Errorf("the job: %+v", s)
		}
	})
}

func TestOnceJobRunsOnceEvenWhenTheZoneChanges(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		def := points("opening")
		def.Once = "2000-01-01 06:00"
		p := w.serve("one", def)
		w.sleep(6 * time.Hour)
		london, err := time.LoadLocation("Europe/London")
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Reload(jobs.Settings{Zone: london, Definitions: []jobs.Definition{def}}); err != nil {
			t.Fatal(err)
		}
		w.sleep(24 * time.Hour)
		if d := cmp.Diff([]string{"succeeded"}, summary(w.runs("opening"))); d != "" {
			t.Error(d)
		}
	})
}

// TestAFailedDayIsTriedAgain: a job whose next tick is far away is tried again until
// it works; by itself, and no longer.
func TestAFailedDayIsTriedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		def := points("points")
		def.Daily, def.Retries = []string{"18:30"}, 0
		down := fails(erpError(connectors.ErrUnreachable))
		w.does(down)
		w.serve("one", def)
		w.sleep(17*time.Hour + 31*time.Minute) // the clock begins at midnight in UTC, and 18:30 is that of Warsaw
		if runs := w.runs("points"); len(runs) != 1 || runs[0].Actor != jobs.ActorSchedule {
			t.Fatalf("at its tick: %+v", runs)
		}
		w.sleep(4 * time.Hour)
		tries := len(w.runs("points")) - 1
		if tries < 4 || tries > 12 {
			t.Errorf("tried %d times in four hours", tries)
		}
		w.does(works)
		w.sleep(61 * time.Minute)
		runs := w.runs("points")
		if last := runs[len(runs)-1]; last.State != loyalty.RunSucceeded || last.Actor != jobs.ActorRetry || w.state("points").Failures != 0 {
			t.Errorf("when the ERP was back: %+v, job %+v", last, w.state("points"))
		}
		w.sleep(12 * time.Hour)
		if n := len(w.runs("points")); n != len(runs) {
			t.Errorf("%d runs after the success and before the next tick", n-len(runs))
		}
	})
}

// TestConvertedERP: tables that an ERP takes away for a while, as for an update of
// its database, pause nothing; those that stay away do.
func TestConvertedERP(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		def := points("points")
		def.Every = "1h"
		w.does(works)
		w.serve("one", def)
		w.sleep(90 * time.Minute)
		w.does(fails(erpError(connectors.ErrSchema)))
		w.sleep(3 * time.Hour)
		if s := w.state("points"); s.Paused || s.Failures == 0 {
			t.Fatalf("while the ERP converts its database: %+v", s)
		}
		w.does(works)
		w.sleep(90 * time.Minute)
		if s := w.state("points"); s.Failures != 0 {
			t.Errorf("after the conversion: %+v", s)
		}
		w.does(fails(erpError(connectors.ErrSchema)))
		w.sleep(24 * time.Hour)
		if s := w.state("points"); !s.Paused || s.PausedBy != loyalty.PausedByFailure {
			t.Errorf("a day later: %+v", s)
		}
		if kinds := w.sent.kinds(); !slices.Contains(kinds, "job_paused points") {
			t.Errorf("told: %v", kinds)
		}
	})
}
