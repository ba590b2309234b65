package jobs

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func mustZone(t interface{ Fatal(...any) }, name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func mustSchedule(t interface{ Fatalf(string, ...any) }, d Definition, zone *time.Location) Schedule {
	s, faults := d.Schedule(zone)
	if len(faults) > 0 {
		t.Fatalf("%+v: %+v", d, faults)
	}
	return s
}

// Local times with the offset, so that an hour that happens twice is told apart.
const offsetLayout = "2006-01-02T15:04:05Z07:00"

func TestScheduleNext(t *testing.T) {
	tests := []struct {
		name string
		def  Definition
		zone string
		from string
		want []string
	}{
		{
			"daily",
			Definition{Daily: []string{"18:30"}},
			"Europe/Warsaw", "2026-11-21T18:29:59+01:00",
			[]string{"2026-11-21T18:30:00+01:00", "2026-11-22T18:30:00+01:00"},
		},
		{
			"a tick is after, never at",
			Definition{Daily: []string{"18:30"}},
			"Europe/Warsaw", "2026-11-21T18:30:00+01:00",
			[]string{"2026-11-22T18:30:00+01:00"},
		},
		{
			"daily at several times, in any order",
			Definition{Daily: []string{"18:30", "06:00"}},
			"Europe/Warsaw", "2026-11-21T00:00:00+01:00",
			[]string{"2026-11-21T06:00:00+01:00", "2026-11-21T18:30:00+01:00", "2026-11-22T06:00:00+01:00"},
		},
		{
			"weekdays",
			Definition{Daily: []string{"18:30"}, Weekdays: []string{"mon", "Fri"}},
			"Europe/Warsaw", "2026-11-20T19:00:00+01:00",
			[]string{"2026-11-23T18:30:00+01:00", "2026-11-27T18:30:00+01:00"},
		},
		{
			"the gap runs at its end",
			Definition{Daily: []string{"02:30"}},
			"Europe/Warsaw", "2026-03-28T12:00:00+01:00",
			[]string{"2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"},
		},
		{
			"two times in the gap are one tick",
			Definition{Daily: []string{"02:10", "02:30", "03:00"}},
			"Europe/Warsaw", "2026-03-28T12:00:00+01:00",
			[]string{"2026-03-29T03:00:00+02:00", "2026-03-30T02:10:00+02:00"},
		},
		{
			"the fold runs the first time",
			Definition{Daily: []string{"02:30"}},
			"Europe/Warsaw", "2026-10-24T12:00:00+02:00",
			[]string{"2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"},
		},
		{
			"asked inside the second hour of the fold",
			Definition{Daily: []string{"02:30", "02:50"}},
			"Europe/Warsaw", "2026-10-25T02:40:00+01:00",
			[]string{"2026-10-26T02:30:00+01:00"},
		},
		{
			"a gap of half an hour",
			Definition{Daily: []string{"02:15"}},
			"Australia/Lord_Howe", "2026-10-03T12:00:00+10:30",
			[]string{"2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"},
		},
		{
			"a gap over midnight",
			Definition{Daily: []string{"00:30"}},
			"America/Sao_Paulo", "2018-11-03T12:00:00-03:00",
			[]string{"2018-11-04T01:00:00-02:00", "2018-11-05T00:30:00-02:00"},
		},
		{
			"once",
			Definition{Once: "2026-12-01 18:33"},
			"Europe/Warsaw", "2026-11-21T00:00:00+01:00",
			[]string{"2026-12-01T18:33:00+01:00"},
		},
		{"once in the past", Definition{Once: "2026-10-01 18:33"}, "Europe/Warsaw", "2026-11-21T00:00:00+01:00", nil},
		{
			"minutes from a start to come",
			Definition{Every: "10m", Starting: "2026-12-01 02:05"},
			"Europe/Warsaw", "2026-11-21T00:00:00+01:00",
			[]string{"2026-12-01T02:05:00+01:00", "2026-12-01T02:15:00+01:00"},
		},
		{
			"hours are absolute over the fold",
			Definition{Every: "2h", Starting: "2026-10-25 00:00"},
			"Europe/Warsaw", "2026-10-25T00:00:00+02:00",
			[]string{"2026-10-25T02:00:00+02:00", "2026-10-25T03:00:00+01:00", "2026-10-25T05:00:00+01:00"},
		},
		{
			"days are of the wall clock",
			Definition{Every: "1d", Starting: "2026-10-24 02:00"},
			"Europe/Warsaw", "2026-10-23T00:00:00+02:00",
			[]string{"2026-10-24T02:00:00+02:00", "2026-10-25T02:00:00+02:00", "2026-10-26T02:00:00+01:00"},
		},
		{
			"several days",
			Definition{Every: "3d", Starting: "2026-03-27 02:30"},
			"Europe/Warsaw", "2026-03-27T02:30:00+01:00",
			[]string{"2026-03-30T02:30:00+02:00", "2026-04-02T02:30:00+02:00"},
		},
		{
			"cron",
			Definition{Cron: "*/20 8 1 * *"},
			"Europe/Warsaw", "2026-11-21T00:00:00+01:00",
			[]string{"2026-12-01T08:00:00+01:00", "2026-12-01T08:20:00+01:00", "2026-12-01T08:40:00+01:00", "2027-01-01T08:00:00+01:00"},
		},
		{
			"cron over the gap",
			Definition{Cron: "*/30 * * * *"},
			"Europe/Warsaw", "2026-03-29T01:00:00+01:00",
			[]string{"2026-03-29T01:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00"},
		},
		{
			"cron over the fold",
			Definition{Cron: "30 * * * *"},
			"Europe/Warsaw", "2026-10-25T01:45:00+02:00",
			[]string{"2026-10-25T02:30:00+02:00", "2026-10-25T03:30:00+01:00"},
		},
		{"no schedule", Definition{}, "Europe/Warsaw", "2026-10-25T01:45:00+02:00", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			zone := mustZone(t, tt.zone)
			s := mustSchedule(t, tt.def, zone)
			at, err := time.Parse(offsetLayout, tt.from)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for range max(len(tt.want), 1) {
				next, ok := s.Next(at)
				if !ok {
					break
				}
				got, at = append(got, next.In(zone).Format(offsetLayout)), next
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// Every local day from 2025 to 2035 has exactly one daily tick, at every minute
// of the hours around which clocks change.
func TestEachDayHasOneTick(t *testing.T) {
	for _, name := range []string{"Europe/Warsaw", "America/New_York", "Australia/Lord_Howe"} {
		zone := mustZone(t, name)
		from := time.Date(2025, 1, 1, 0, 0, 0, 0, zone)
		until := time.Date(2036, 1, 1, 0, 0, 0, 0, zone)
		for minute := 0; minute < 4*60; minute += 7 {
			text := fmt.Sprintf("%02d:%02d", minute/60, minute%60)
			s := mustSchedule(t, Definition{Daily: []string{text}}, zone)
			want := from
			for tick := range s.Between(from.Add(-1), until.Add(-1)) {
				if got := tick.In(zone).Format(time.DateOnly); got != want.Format(time.DateOnly) {
					t.Fatalf("%s at %s: tick %v, want one on %s", name, text, tick.In(zone), want.Format(time.DateOnly))
				}
				want = want.AddDate(0, 0, 1)
			}
			if !want.Equal(until) {
				t.Fatalf("%s at %s: the last tick is before %s", name, text, want)
			}
		}
	}
}

// resolve keeps the order of local times, and gives a local time back that
// exists, at its first instant.
func TestResolveAroundTransitions(t *testing.T) {
	for _, name := range []string{"Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"} {
		zone := mustZone(t, name)
		change := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
		for {
			_, end := change.In(zone).ZoneBounds()
			if end.IsZero() || end.Year() > 2035 {
				break
			}
			change = end
			wall := wallOf(change, zone).Add(-3 * time.Hour)
			last := time.Time{}
			for range 6 * 60 {
				got := resolve(wall, zone)
				if got.Before(last) {
					t.Fatalf("%s: %v comes before an earlier local time", name, wall)
				}
				if back := wallOf(got, zone); !back.Equal(wall) && !got.Equal(change) {
					t.Fatalf("%s: %v became %v", name, wall, got.In(zone))
				}
				if earlier := got.Add(-time.Hour); wallOf(earlier, zone).Equal(wall) {
					t.Fatalf("%s: %v resolved to its second instant", name, wall)
				}
				last, wall = got, wall.Add(time.Minute)
			}
		}
	}
}

func anyDefinition() *rapid.Generator[Definition] {
	return rapid.Custom(func(t *rapid.T) Definition {
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			minutes := rapid.SliceOfNDistinct(rapid.IntRange(0, 24*60-1), 1, 4, rapid.ID[int]).Draw(t, "daily")
			d := Definition{}
			for _, m := range minutes {
				d.Daily = append(d.Daily, fmt.Sprintf("%02d:%02d", m/60, m%60))
			}
			d.Weekdays = rapid.SliceOfNDistinct(rapid.SampledFrom(weekdayNames), 0, 7, rapid.ID[string]).Draw(t, "weekdays")
			return d
		case 1:
			return Definition{Every: rapid.SampledFrom([]string{"7s", "10m", "25m", "1h", "5h", "36h"}).Draw(t, "every"), Starting: "2030-03-31 01:15"}
		case 2:
			return Definition{Every: rapid.SampledFrom([]string{"1d", "2d", "10d"}).Draw(t, "every"), Starting: "2029-10-28 02:30"}
		case 3:
			return Definition{Once: "2030-10-27 02:30"}
		default:
			return Definition{Cron: rapid.SampledFrom([]string{"*/5 * * * *", "30 2 * * *", "15 1-3 * * sun", "0 0 29 2 *", "59 23 31 12 *", "0 2 1 * mon"}).Draw(t, "cron")}
		}
	})
}

func TestScheduleProperties(t *testing.T) {
	zones := []string{"Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kathmandu"}
	rapid.Check(t, func(t *rapid.T) {
		zone := mustZone(t, rapid.SampledFrom(zones).Draw(t, "zone"))
		s := mustSchedule(t, anyDefinition().Draw(t, "definition"), zone)
		even := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)) // rapid itself prefers small numbers
		from := time.Unix(1735686000+even.Int64N(11*366*24*60*60), 0)    // 2025 to 2035
		until := from.Add(time.Duration(even.Int64N(int64(3 * day))))

		ticks := slices.Collect(s.Between(from, until))
		last := from
		for _, tick := range ticks {
			if !tick.After(last) || tick.After(until) {
				t.Fatalf("tick %v after %v, until %v", tick, last, until)
			}
			// Whatever instant before it one asks at, it is the next one.
			asked := last.Add(time.Duration(even.Int64N(int64(tick.Sub(last)))))
			if next, ok := s.Next(asked); !ok || !next.Equal(tick) {
				t.Fatalf("after %v comes %v, but Between has %v", asked.In(zone), next.In(zone), tick.In(zone))
			}
			last = tick
		}
		first, lastTick, n := s.span(from, until)
		if n != len(ticks) || n > 0 && (!first.Equal(ticks[0]) || !lastTick.Equal(ticks[n-1])) {
			t.Fatalf("span says %d ticks %v..%v, Between %d", n, first, lastTick, len(ticks))
		}
	})
}

func TestAnchorIsKeptWhenTheZoneChanges(t *testing.T) {
	warsaw, london := mustZone(t, "Europe/Warsaw"), mustZone(t, "Europe/London")
	for _, d := range []Definition{{Once: "2026-12-01 18:33"}, {Every: "2h", Starting: "2026-12-01 02:00"}, {Every: "1d", Starting: "2026-12-01 02:00"}} {
		before, after := mustSchedule(t, d, warsaw), mustSchedule(t, d, london)
		if before.Text() != after.Text() {
			t.Fatalf("%+v: the zone is part of the schedule's text", d)
		}
		at := before.Anchor().Add(-time.Hour)
		want, _ := before.Next(at)
		if got, _ := after.Anchored(before.Anchor()).Next(at); !got.Equal(want) {
			t.Errorf("%+v: %v became %v", d, want, got)
		}
	}
}

func FuzzSchedule(f *testing.F) {
	f.Add("18:30", "mon", "", "", "", "")
	f.Add("", "", "2026-12-01 18:33", "", "", "")
	f.Add("", "", "", "10m", "2026-12-01 18:33", "")
	f.Add("", "", "", "", "", "*/5 1-3 * jan-mar sun")
	f.Add("", "", "", "", "", "TZ=")
	zone := mustZone(f, "Europe/Warsaw")
	f.Fuzz(func(t *testing.T, at, weekday, once, every, starting, cron string) {
		d := Definition{Once: once, Every: every, Starting: starting, Cron: cron}
		if at != "" {
			d.Daily = []string{at}
		}
		if weekday != "" {
			d.Weekdays = []string{weekday}
		}
		s, faults := d.Schedule(zone)
		for _, fault := range faults {
			if fault.Path == "" || fault.Message == "" || fault.Hint == "" {
				t.Errorf("an unhelpful fault: %+v", fault)
			}
		}
		if len(faults) > 0 {
			return
		}
		from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		if next, ok := s.Next(from); ok && !next.After(from) {
			t.Errorf("%+v: %v is not after %v", d, next, from)
		}
	})
}
