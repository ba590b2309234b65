package jobs_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/jobs"
)

func TestDefinitionCheck(t *testing.T) {
	names := jobs.Names{Sources: []string{"erp"}, Programs: []string{"main", "away"}, Platforms: []string{"panel", "far"}, Compared: []string{"far"}, Held: []string{"main"}}
	change := func(f func(*jobs.Definition)) jobs.Definition {
		d := jobs.Definition{Name: "points", Kind: "points", Source: "erp", Program: "main", Platforms: []string{"panel"}, Daily: []string{"18:30"}}
		f(&d)
		return d
	}
	tests := []struct {
		name string
		def  jobs.Definition
		want []string // paths
	}{
		{"right", change(func(*jobs.Definition) {}), nil},
		{"right with everything", change(func(d *jobs.Definition) {
			d.Weekdays, d.Missed, d.MissedWithin, d.Overlap, d.Timeout, d.Retries = []string{"Mon", "sun"}, "skip", "2h30m", "queue_one", "1d", 100
		}), nil},
		{"a job by hand", change(func(d *jobs.Definition) { d.Daily = nil }), nil},
		{"a backup", jobs.Definition{Name: "copy", Kind: "backup", To: "backups", Keep: 14, Cron: "0 23 * * *"}, nil},
		{"nothing", jobs.Definition{}, []string{"name", "kind"}},
		{"a number as name", change(func(d *jobs.Definition) { d.Name = "812" }), []string{"name"}},
		{"blanks in the name", change(func(d *jobs.Definition) { d.Name = "a b" }), []string{"name"}},
		{"activate", jobs.Definition{Name: "activate", Kind: "activate", Source: "erp", Program: "main", Platforms: []string{"panel"}, Daily: []string{"00:05"}}, nil},
		{"activate without a source, with copies", jobs.Definition{Name: "activate", Kind: "activate", Program: "main", Keep: 3}, []string{"source", "to"}},
		{"a reconcile", change(func(d *jobs.Definition) {
			d.Kind, d.Window, d.Fix, d.Platforms = "reconcile", "90d", true, []string{"far"}
		}), nil},
		{"a reconcile of the panel", change(func(d *jobs.Definition) { d.Kind, d.Platforms = "reconcile", []string{"far", "panel", "x"} }), []string{"platforms[1]", "platforms[2]"}},
		{"a window that is none", change(func(d *jobs.Definition) { d.Kind, d.Window, d.Platforms = "reconcile", "long", nil }), []string{"window"}},
		{"a window of points", change(func(d *jobs.Definition) { d.Window = "90d" }), []string{"window"}},
		{"points that mend", change(func(d *jobs.Definition) { d.Fix = true }), []string{"fix"}},
		{"lapse of everything", jobs.Definition{Name: "lapse", Kind: "lapse", Platforms: []string{"panel"}, Daily: []string{"00:15"}}, nil},
		{"lapse of a program", jobs.Definition{Name: "lapse", Kind: "lapse", Program: "main"}, nil},
		{"lapse of a source, with copies", jobs.Definition{Name: "lapse", Kind: "lapse", Source: "erp", Keep: 3}, []string{"source", "to"}},
		{"lapse of an unknown program, to an unknown platform", jobs.Definition{Name: "lapse", Kind: "lapse", Program: "mian", Platforms: []string{"x"}}, []string{"program", "platforms[0]"}},
		{"lapse away from home", jobs.Definition{Name: "lapse", Kind: "lapse", Program: "away"}, []string{"program"}},
		{"an unknown kind", change(func(d *jobs.Definition) { d.Kind = "pionts" }), []string{"kind"}},
		{"no source, unknown program", change(func(d *jobs.Definition) { d.Source, d.Program = "", "mian" }), []string{"source", "program"}},
		{"unknown platform", change(func(d *jobs.Definition) { d.Platforms = []string{"panel", "x"} }), []string{"platforms[1]"}},
		{"copies of points", change(func(d *jobs.Definition) { d.To = "x" }), []string{"to"}},
		{"a backup of a source", jobs.Definition{Name: "copy", Kind: "backup", Source: "erp"}, []string{"to", "source"}},
		{"two schedules", change(func(d *jobs.Definition) { d.Every = "10m" }), []string{"every"}},
		{"weekdays alone", change(func(d *jobs.Definition) { d.Daily, d.Weekdays, d.Every = nil, []string{"mon"}, "1d" }), []string{"weekdays"}},
		{"starting alone", change(func(d *jobs.Definition) { d.Starting = "2026-12-01 02:00" }), []string{"starting"}},
		{
			"times of day", change(func(d *jobs.Definition) { d.Daily = []string{"8:30", "24:00", "06:00", "06:00", "noon"} }),
			[]string{"daily[0]", "daily[1]", "daily[3]", "daily[4]"},
		},
		{"weekday", change(func(d *jobs.Definition) { d.Weekdays = []string{"mon", "pon"} }), []string{"weekdays[1]"}},
		{"once", change(func(d *jobs.Definition) { d.Daily, d.Once = nil, "01.12.2026 18:33" }), []string{"once"}},
		{"every of nothing", change(func(d *jobs.Definition) { d.Daily, d.Every = nil, "0m" }), []string{"every"}},
		{"every of two units", change(func(d *jobs.Definition) { d.Daily, d.Every = nil, "1h30m" }), []string{"every"}},
		{"every too long", change(func(d *jobs.Definition) { d.Daily, d.Every = nil, "99999999d" }), []string{"every"}},
		{"cron of six fields", change(func(d *jobs.Definition) { d.Daily, d.Cron = nil, "0 0 18 * * *" }), []string{"cron"}},
		{"cron with a zone", change(func(d *jobs.Definition) { d.Daily, d.Cron = nil, "TZ=UTC 0 18 * * *" }), []string{"cron"}},
		{"cron by name", change(func(d *jobs.Definition) { d.Daily, d.Cron = nil, "@daily" }), []string{"cron"}},
		{"cron that never comes", change(func(d *jobs.Definition) { d.Daily, d.Cron = nil, "0 0 31 2 *" }), []string{"cron"}},
		{
			"policies", change(func(d *jobs.Definition) {
				d.Missed, d.Overlap, d.Timeout, d.MissedWithin, d.Retries = "yes", "no", "long", "0h", -1
			}),
			[]string{"missed", "overlap", "timeout", "missed_within", "retries"},
		},
	}
	for _, tt := range tests {
		var got []string
		for _, f := range tt.def.Check(time.UTC, names) {
			got = append(got, f.Path)
			if f.Message == "" || f.Hint == "" {
				t.Errorf("%s: %+v has no message or no hint", tt.name, f)
			}
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: %s", tt.name, d)
		}
	}
}

func TestSettingsCheckNamesTheJob(t *testing.T) {
	good, bad := points("a"), points("a")
	bad.Cron = "x"
	var got []string
	for _, f := range (jobs.Settings{Zone: time.UTC, Definitions: []jobs.Definition{good, bad}}).Check() {
		got = append(got, f.Path)
	}
	if d := cmp.Diff([]string{"jobs[1].cron", "jobs[1].name"}, got); d != "" {
		t.Error(d)
	}
}

// Every field survives the store: a lost one would silently change a job.
func TestDefinitionRoundTrip(t *testing.T) {
	var d jobs.Definition
	v := reflect.ValueOf(&d).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString("x")
		case reflect.Int:
			f.SetInt(7)
		case reflect.Bool:
			f.SetBool(true)
		default:
			f.Set(reflect.ValueOf([]string{"x"}))
		}
	}
	b, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := jobs.DecodeDefinition(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, got); diff != "" {
		t.Error(diff)
	}
}
