package jobs

import (
	"encoding/json"
	"iter"
	"slices"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Schedule gives the ticks of a job: the instants at which it is due. It is a
// value without a clock; equal questions get equal answers.
//
// Daily, whole-day and cron schedules are of the wall clock of a zone. A local
// time that summer time leaves out runs at the instant the gap ends; one that
// happens twice runs the first time only; local times that fall on one instant
// are one tick. Seconds, minutes and hours are counted in absolute time.
type Schedule struct {
	kind   scheduleKind
	zone   *time.Location
	text   string
	anchor time.Time
	times  []time.Duration // of daily, since midnight, ascending
	on     [7]bool         // weekdays of daily
	step   time.Duration   // of every, below days
	days   int             // of every, whole days
	cron   *cron.SpecSchedule
}

type scheduleKind int

const (
	never scheduleKind = iota
	daily
	once
	everyStep
	everyDays
	crontab
)

const day = 24 * time.Hour

// Text identifies what the schedule was made from, without the zone.
func (s Schedule) Text() string { return s.text }

// Anchor is the instant of a once job, or what intervals count from; zero when
// the definition names none.
func (s Schedule) Anchor() time.Time { return s.anchor }

// Anchored returns the schedule with the instant that the store remembers, so
// that a changed zone moves nothing. Zero changes nothing.
func (s Schedule) Anchored(at time.Time) Schedule {
	if !at.IsZero() && s.needsAnchor() {
		s.anchor = at
	}
	return s
}

func (s Schedule) needsAnchor() bool {
	return s.kind == once || s.kind == everyStep || s.kind == everyDays
}

// Next returns the first tick after an instant; false when there is none.
func (s Schedule) Next(after time.Time) (time.Time, bool) {
	switch s.kind {
	case never:
		return time.Time{}, false
	case once:
		return s.anchor, after.Before(s.anchor)
	case everyStep:
		return s.nextStep(after), true
	case everyDays:
		if after.Before(s.anchor) {
			return s.anchor, true
		}
	case daily, crontab:
	}
	wall := wallOf(after, s.zone)
	for {
		next, ok := s.nextWall(wall)
		if !ok {
			return time.Time{}, false
		}
		if t := resolve(next, s.zone); t.After(after) {
			return t, true
		}
		wall = next
	}
}

// Between returns the ticks in (after, until].
func (s Schedule) Between(after, until time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		for t, ok := s.Next(after); ok && !t.After(until); t, ok = s.Next(t) {
			if !yield(t) {
				return
			}
		}
	}
}

// span sums the ticks in (after, until] up.
func (s Schedule) span(after, until time.Time) (first, last time.Time, count int) {
	if s.kind == everyStep {
		first = s.nextStep(after)
		if first.After(until) {
			return time.Time{}, time.Time{}, 0
		}
		more := int(until.Sub(first) / s.step)
		return first, first.Add(s.steps(more)), more + 1
	}
	for t := range s.Between(after, until) {
		if count++; count == 1 {
			first = t
		}
		last = t
	}
	return first, last, count
}

func (s Schedule) nextStep(after time.Time) time.Time {
	if after.Before(s.anchor) {
		return s.anchor
	}
	return s.anchor.Add(s.steps(int(after.Sub(s.anchor)/s.step) + 1))
}

func (s Schedule) steps(n int) time.Duration { return time.Duration(n) * s.step }

// nextWall returns the first local time after another. Local times are written
// as if they were UTC, where every day has 24 hours.
func (s Schedule) nextWall(after time.Time) (time.Time, bool) {
	switch s.kind {
	case daily:
		return s.nextDaily(after)
	case everyDays:
		start := wallOf(s.anchor, s.zone)
		n := after.Sub(start)/(time.Duration(s.days)*day) + 1
		return start.AddDate(0, 0, int(n)*s.days), true
	case crontab:
		t := s.cron.Next(after)
		return t, !t.IsZero()
	default:
		return time.Time{}, false
	}
}

func (s Schedule) nextDaily(after time.Time) (time.Time, bool) {
	midnight := after.Truncate(day)
	for range len(s.on) + 1 {
		if s.on[midnight.Weekday()] {
			for _, at := range s.times {
				if t := midnight.Add(at); t.After(after) {
					return t, true
				}
			}
		}
		midnight = midnight.Add(day)
	}
	return time.Time{}, false
}

// wallOf writes the local time of an instant as if it were UTC.
func wallOf(t time.Time, zone *time.Location) time.Time {
	_, offset := t.In(zone).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// resolve returns the instant of a local time: the first of two, or the end of
// the gap it falls into.
func resolve(wall time.Time, zone *time.Location) time.Time {
	near := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), zone)
	start, end := near.ZoneBounds()
	var found []time.Time
	for _, probe := range []time.Time{start.Add(-1), near, end} {
		_, offset := probe.In(zone).Zone()
		if t := wall.Add(-time.Duration(offset) * time.Second); wallOf(t, zone).Equal(wall) {
			found = append(found, t)
		}
	}
	if len(found) > 0 {
		return slices.MinFunc(found, time.Time.Compare).UTC()
	}
	for _, change := range []time.Time{start, end} {
		if !change.IsZero() && wallOf(change.Add(-1), zone).Before(wall) && wallOf(change, zone).After(wall) {
			return change.UTC()
		}
	}
	return near.UTC()
}

// scheduleText is what makes a schedule the same one.
func scheduleText(d Definition) string {
	if !d.HasSchedule() {
		return ""
	}
	b, err := json.Marshal(Definition{
		Daily: d.Daily, Weekdays: d.Weekdays, Once: d.Once, Every: d.Every, Starting: d.Starting, Cron: d.Cron,
	})
	if err != nil {
		return "" // strings always encode
	}
	return string(b)
}

// Schedule returns the schedule of a definition whose local times are of zone.
// Faults name the paths in the definition.
func (d Definition) Schedule(zone *time.Location) (Schedule, []loyalty.Fault) {
	return parseSchedule(d, zone)
}
