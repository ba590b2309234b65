package jobs_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
)

func TestJobsKeptByOperators(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		file := points("file")
		file.Daily = []string{"06:00"}
		service := w.service(file)
		kept := points("kept")
		kept.Once = "2000-01-02 06:00"
		past := points("past")
		past.Once = "1999-12-31 06:00"
		bad := points("bad")
		bad.Cron = "x"
		steps := []struct {
			name string
			do   func() error
			want loyalty.Code // CodeInternal for none
		}{
			{"add", func() error { return service.Add(t.Context(), kept, "anna") }, ""},
			{"add twice", func() error { return service.Add(t.Context(), kept, "anna") }, loyalty.CodeConflict},
			{"add over the file", func() error { return service.Add(t.Context(), file, "anna") }, loyalty.CodeConflict},
			{"add in the past", func() error { return service.Add(t.Context(), past, "anna") }, loyalty.CodeInvalid},
			{"add a fault", func() error { return service.Add(t.Context(), bad, "anna") }, loyalty.CodeInvalid},
			{"edit", func() error { return service.Edit(t.Context(), kept, "anna") }, ""},
			{"edit an unknown one", func() error { return service.Edit(t.Context(), points("unknown"), "anna") }, loyalty.CodeNotFound},
			{"edit the file's", func() error { return service.Edit(t.Context(), file, "anna") }, loyalty.CodeConflict},
			{"remove the file's", func() error { return service.Remove(t.Context(), "file") }, loyalty.CodeConflict},
			{"pause the file's", func() error { return service.Pause(t.Context(), "file", "anna") }, ""},
			{"pause an unknown one", func() error { return service.Pause(t.Context(), "unknown", "anna") }, loyalty.CodeNotFound},
			{"resume the file's", func() error { return service.Resume(t.Context(), "file", "anna") }, ""},
			{"request an unknown one", func() error { _, err := service.Request(t.Context(), "unknown", jobs.Options{}, "anna"); return err }, loyalty.CodeNotFound},
			{"request", func() error { _, err := service.Request(t.Context(), "kept", jobs.Options{}, "anna"); return err }, ""},
			{"request twice", func() error { _, err := service.Request(t.Context(), "kept", jobs.Options{}, "anna"); return err }, loyalty.CodeAction},
			{"remove", func() error { return service.Remove(t.Context(), "kept") }, ""},
			{"remove twice", func() error { return service.Remove(t.Context(), "kept") }, loyalty.CodeNotFound},
			{"cancel what is cancelled", func() error { return service.Cancel(t.Context(), 1, "anna") }, loyalty.CodeConflict},
			{"a run that is not there", func() error { _, err := service.Run(t.Context(), 99); return err }, loyalty.CodeNotFound},
		}
		for _, s := range steps {
			err := s.do()
			if (err == nil) != (s.want == "") || err != nil && loyalty.CodeOf(err) != s.want {
				t.Errorf("%s: %v", s.name, err)
			}
		}
	})
}

func TestList(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		active, done, missed, manual, paused := points("active"), points("done"), points("missed"), points("manual"), points("paused")
		active.Daily, active.Weekdays = []string{"06:00", "18:30"}, []string{"sat"}
		done.Once, missed.Once = "2000-01-01 06:00", "1999-12-31 06:00"
		paused.Every, paused.Starting, paused.Paused = "10m", "2000-01-02 00:00", true
		kept, shadowed := points("kept"), points("active")
		kept.Cron = "0 2 * * *"
		bare := w.service()
		for _, d := range []jobs.Definition{kept, shadowed} {
			if err := bare.Add(t.Context(), d, "anna"); err != nil {
				t.Fatal(err)
			}
		}
		odd := points("odd")
		odd.Source = "gone"
		if err := bare.Add(t.Context(), odd, "anna"); err != nil {
			t.Fatal(err)
		}
		defs := []jobs.Definition{active, done, missed, manual, paused}
		w.serve("one", defs...)
		w.sleep(8 * time.Hour)

		settings := w.settings(defs...)
		settings.Names = jobs.Names{Sources: []string{"erp"}}
		list, warnings, err := jobs.NewService(w.store, settings, w.now).List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, j := range list {
			next := make([]string, 0, len(j.Next))
			for _, n := range j.Next {
				next = append(next, n.In(w.zone()).Format("02 15:04"))
			}
			got = append(got, strings.Join([]string{j.Name, j.Origin, j.State, j.Schedule, strings.Join(next, ", ")}, " | "))
			if j.State == jobs.JobInvalid && (j.Reason == nil || j.Reason.Message == "") {
				t.Errorf("%s: no reason", j.Name)
			}
		}
		want := []string{
			"active | file | active | daily 06:00 18:30 sat | 01 18:30, 08 06:00, 08 18:30",
			"done | file | done | once 2000-01-01 06:00 | ",
			"missed | file | missed | once 1999-12-31 06:00 | ",
			"manual | file | manual |  | ",
			"paused | file | paused | every 10m starting 2000-01-02 00:00 | 02 00:00, 02 00:10, 02 00:20",
			"kept | store | active | cron 0 2 * * * | 02 02:00, 03 02:00, 04 02:00",
			"odd | store | invalid |  | ",
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if len(warnings) != 2 || !strings.Contains(warnings[0], `"active"`) {
			t.Errorf("warnings: %v", warnings)
		}
		if last := list[0].Last; last == nil || last.State != loyalty.RunSucceeded {
			t.Errorf("last run: %+v", last)
		}
	})
}

// The object that run --json prints.
func TestInfoJSON(t *testing.T) {
	b, err := json.Marshal(jobs.Info(loyalty.Run{
		ID: 812, Job: "points", State: loyalty.RunSucceeded, Started: time.Unix(0, 0), Finished: time.Unix(1, 5e8),
		Counts: loyalty.RunCounts{
			Read: loyalty.ReadCounts{Invoices: 3, Lines: 9}, Entries: 4, Delivered: 4,
			Points: loyalty.PointCounts{Earned: 150, Reversed: 5, Decimals: 2},
		},
	}))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"run": "812", "job": "points", "state": "succeeded",
		"read":    map[string]any{"contractors": 0., "representatives": 0., "invoices": 3., "lines": 9.},
		"entries": 4., "points": map[string]any{"earned": "1.50", "reversed": "0.05", "pending": "0.00"},
		"delivered": 4., "rejected": 0., "duration_ms": 1500.,
	}
	for key, value := range want {
		if d := cmp.Diff(value, got[key]); d != "" {
			t.Errorf("%s: %s", key, d)
		}
	}
}

func TestMetrics(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		registry := prometheus.NewPedanticRegistry()
		m, err := jobs.NewMetrics(registry, func() time.Duration { return 90 * time.Second })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := jobs.NewMetrics(registry, nil); err == nil {
			t.Error("registered twice")
		}
		w.after.Metrics = m
		w.after.ReportEvery = time.Minute
		w.does(taskFunc(works))
		def := points("points")
		def.Every, def.Starting = "1h", "2000-01-01 02:00"
		p := w.serve("one", def)
		w.sleep(2*time.Hour + 30*time.Minute)
		p.stop()
		got := gathered(t, registry)
		for name, want := range map[string]float64{
			"loyalsync_entries_posted_total points":            2,
			"loyalsync_runs_total points succeeded":            2,
			"loyalsync_job_lag_seconds points":                 30 * 60,
			"loyalsync_job_next_tick_timestamp_seconds points": float64(time.Date(2000, 1, 1, 3, 0, 0, 0, time.UTC).Unix()),
			"loyalsync_job_failures points":                    0,
			"loyalsync_undelivered_age_seconds":                90,
		} {
			if value, ok := got[name]; !ok || value != want {
				t.Errorf("%s is %v, want %v", name, value, want)
			}
		}
	})
}

// gathered are counters and gauges by name and labels.
func gathered(t *testing.T, g prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			out[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return out
}
