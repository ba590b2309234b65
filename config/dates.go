package config

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Date is a business date without zone, as text "2006-01-02"; "" is none.
type Date string

// UnmarshalText reads a date that exists.
func (d *Date) UnmarshalText(text []byte) error {
	s := string(text)
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1900 {
		return &valueError{"is not a date", "write year-month-day, for example 2026-01-31"}
	}
	*d = Date(s)
	return nil
}

// MonthDay is a day of any year, as text "01-02"; "" is none. "02-29" is the last
// of February in other years.
type MonthDay string

// UnmarshalText reads a day of the year.
func (m *MonthDay) UnmarshalText(text []byte) error {
	if _, err := time.Parse(time.DateOnly, "2024-"+string(text)); err != nil {
		return &valueError{"is not a day of the year", `write month-day in quotes, for example "12-31"`}
	}
	*m = MonthDay(text)
	return nil
}

// LocalTime is a date and time of the wall clock, as text "2006-01-02 15:04" or
// with seconds; "" is none. Which instant that is, and whether it exists at all
// where summer time begins, is for the scheduler to say (law 8).
type LocalTime string

const (
	localMinutes = "2006-01-02 15:04"
	localSeconds = "2006-01-02 15:04:05"
)

// UnmarshalText reads a date and a time.
func (l *LocalTime) UnmarshalText(text []byte) error {
	s := string(text)
	t, err := time.Parse(localMinutes, s)
	if err != nil {
		t, err = time.Parse(localSeconds, s)
	}
	if err != nil || t.Year() < 1900 {
		return &valueError{"is not a date and time", `write for example "2026-12-01 18:33"`}
	}
	*l = LocalTime(s)
	return nil
}

// Wall returns the wall clock's reading, labelled UTC; the zero time for "".
func (l LocalTime) Wall() time.Time {
	for _, layout := range []string{localMinutes, localSeconds} {
		if t, err := time.Parse(layout, string(l)); err == nil {
			return t
		}
	}
	return time.Time{}
}

// TimeOfDay is a time of the wall clock, as text "15:04"; "" is none.
type TimeOfDay string

var timePattern = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)

// UnmarshalText reads hours and minutes.
func (t *TimeOfDay) UnmarshalText(text []byte) error {
	if !timePattern.Match(text) {
		return &valueError{"is not a time of day", `write hours and minutes, for example "07:30"`}
	}
	*t = TimeOfDay(text)
	return nil
}

// Clock returns hour and minute.
func (t TimeOfDay) Clock() (hour, minute int) {
	p, err := time.Parse("15:04", string(t))
	if err != nil {
		return 0, 0
	}
	return p.Hour(), p.Minute()
}

// Weekday is a day of the week: mon to sun.
type Weekday string

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} // as package time counts them

// UnmarshalText reads the three letters.
func (w *Weekday) UnmarshalText(text []byte) error {
	if !slices.Contains(weekdays, string(text)) {
		return &valueError{"is not a day of the week", "write mon, tue, wed, thu, fri, sat or sun"}
	}
	*w = Weekday(text)
	return nil
}

// Std returns the weekday as package time has it.
func (w Weekday) Std() time.Weekday { return time.Weekday(max(slices.Index(weekdays, string(w)), 0)) }

// Path names a file or folder. A relative one was resolved against the folder of
// the configuration file. "" is none.
type Path string

// Zone is a time zone by its IANA name.
type Zone string

// UnmarshalText reads a name that loads on this machine.
func (z *Zone) UnmarshalText(text []byte) error {
	s := string(text)
	// "Local" and "" load too, but mean another zone on every machine.
	if _, err := time.LoadLocation(s); err != nil || s == "" || strings.EqualFold(s, "local") {
		return &valueError{"is not a time zone", "write an IANA name, for example Europe/Warsaw or UTC"}
	}
	*z = Zone(s)
	return nil
}

// Location returns the zone; UTC for a Zone that was not read by UnmarshalText.
func (z Zone) Location() *time.Location {
	loc, err := time.LoadLocation(string(z))
	if err != nil {
		return time.UTC
	}
	return loc
}
