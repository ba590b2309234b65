package jobs_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
