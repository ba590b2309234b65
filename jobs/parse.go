package jobs

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/loyalsync/loyalsync/loyalty"
)

var (
	durationPattern = regexp.MustCompile(`^(?:([0-9]{1,5})d)?((?:[0-9]{1,7}[hms])*)$`)
	everyPattern    = regexp.MustCompile(`^([1-9][0-9]{0,7})([smhd])$`)
	localLayouts    = []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"}
	weekdayNames    = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
)

const maxEvery = 3650 * day

// parseDuration reads "90s", "1h30m", "26h", "400d"; not zero.
func parseDuration(text string) (time.Duration, error) {
	m := durationPattern.FindStringSubmatch(text)
	if text == "" || m == nil {
		return 0, fmt.Errorf("%q is not a length of time", text)
	}
	var total time.Duration
	if m[1] != "" {
		days, err := strconv.Atoi(m[1])
		if err != nil {
			return 0, fmt.Errorf("%q is not a length of time", text)
		}
		total = time.Duration(days) * day
	}
	if m[2] != "" {
		rest, err := time.ParseDuration(m[2])
		if err != nil {
			return 0, fmt.Errorf("%q is not a length of time", text)
		}
		total += rest
	}
	if total <= 0 {
		return 0, fmt.Errorf("%q is no time at all", text)
	}
	return total, nil
}

// parseSchedule reads the schedule of a definition. Without one it never ticks.
func parseSchedule(d Definition, zone *time.Location) (Schedule, []loyalty.Fault) {
	c := &checker{}
	s := Schedule{zone: zone, text: scheduleText(d)}
	var named []string
	for _, f := range []struct {
		path string
		set  bool
	}{{"daily", len(d.Daily) > 0}, {"once", d.Once != ""}, {"every", d.Every != ""}, {"cron", d.Cron != ""}} {
		if f.set {
			named = append(named, f.path)
		}
	}
	if len(named) > 1 {
		c.add(named[1], "a job has one schedule, not "+strings.Join(named, " and "), "make a second job for the second schedule")
	}
	if len(d.Weekdays) > 0 && len(d.Daily) == 0 {
		c.add("weekdays", "weekdays belong to daily", `write daily: ["18:30"], or the days in cron`)
	}
	if d.Starting != "" && d.Every == "" {
		c.add("starting", "starting belongs to every", `write every: 1d beside it`)
	}
	s.readDaily(c, d)
	s.readOnce(c, d)
	s.readEvery(c, d)
	s.readCron(c, d)
	return s, c.faults
}

func (s *Schedule) readDaily(c *checker, d Definition) {
	if len(d.Daily) == 0 {
		return
	}
	s.kind = daily
	for i, text := range d.Daily {
		t, err := time.Parse("15:04", text)
		path := fmt.Sprintf("daily[%d]", i)
		at := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
		switch {
		case err != nil || len(text) != len("15:04"):
			c.add(path, fmt.Sprintf("%q is not a time of day", text), `write hours and minutes, "00:00" to "23:59"`)
		case slices.Contains(s.times, at):
			c.add(path, text+" is there twice", "leave one of them out")
		default:
			s.times = append(s.times, at)
		}
	}
	slices.Sort(s.times)
	if len(d.Weekdays) == 0 {
		s.on = [7]bool{true, true, true, true, true, true, true}
	}
	for i, name := range d.Weekdays {
		n := slices.Index(weekdayNames, strings.ToLower(name))
		if n < 0 {
			c.add(fmt.Sprintf("weekdays[%d]", i), fmt.Sprintf("%q is not a day of the week", name), "mon, tue, wed, thu, fri, sat, sun")
			continue
		}
		s.on[n] = true
	}
}

func (s *Schedule) readOnce(c *checker, d Definition) {
	if d.Once == "" {
		return
	}
	s.kind = once
	s.anchor = readLocal(c, "once", d.Once, s.zone)
}

func (s *Schedule) readEvery(c *checker, d Definition) {
	if d.Every == "" {
		return
	}
	m := everyPattern.FindStringSubmatch(d.Every)
	if m == nil {
		c.add("every", fmt.Sprintf("%q is not an interval", d.Every), `write a number and one unit: "30s", "10m", "2h", "1d"`)
		return
	}
	unit := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": day}[m[2]]
	n, err := strconv.Atoi(m[1])
	if err != nil || time.Duration(n) > maxEvery/unit {
		c.add("every", d.Every+" is longer than ten years", `write "1d", or once: for a single time`)
		return
	}
	s.kind, s.step = everyStep, time.Duration(n)*unit
	if unit == day {
		s.kind, s.days = everyDays, n
	}
	if d.Starting != "" {
		s.anchor = readLocal(c, "starting", d.Starting, s.zone)
	}
}

func (s *Schedule) readCron(c *checker, d Definition) {
	if d.Cron == "" {
		return
	}
	const hint = `five fields: minute hour day month weekday, as in "30 18 * * mon-fri"; Sunday is 0`
	if strings.ContainsAny(d.Cron, "=@") {
		c.add("cron", fmt.Sprintf("%q is not five fields", d.Cron), hint+"; the zone is the configuration's timezone")
		return
	}
	parsed, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(d.Cron)
	spec, ok := parsed.(*cron.SpecSchedule)
	if err != nil || !ok {
		c.add("cron", fmt.Sprintf("%q cannot be read: %v", d.Cron, err), hint)
		return
	}
	spec.Location = time.UTC // it only ever sees local times written as UTC
	if spec.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		c.add("cron", fmt.Sprintf("%q never comes", d.Cron), hint)
		return
	}
	s.kind, s.cron = crontab, spec
}

func readLocal(c *checker, path, text string, zone *time.Location) time.Time {
	for _, layout := range localLayouts {
		if wall, err := time.Parse(layout, text); err == nil && wall.Year() >= 1970 {
			return resolve(wall, zone)
		}
	}
	c.add(path, fmt.Sprintf("%q is not a date and time", text), `write "2026-12-01 18:33"`)
	return time.Time{}
}
