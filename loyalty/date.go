package loyalty

import (
	"fmt"
	"time"
)

// Date is a business date: days since 1970-01-01, without a zone. NoDate is
// "none". Law 8.
type Date int32

// NoDate is the absence of a date; it sorts before every date.
const NoDate Date = -1 << 31

const (
	dateLayout = "2006-01-02"
	daySeconds = 24 * 60 * 60
)

// NewDate returns a date; month and day overflow as in package time.
func NewDate(year int, month time.Month, day int) Date {
	return dateOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// dateOf counts the days to midnight UTC. Years of four digits fit easily.
func dateOf(midnight time.Time) Date {
	return Date(midnight.Unix() / daySeconds) //nolint:gosec // see above
}

// DateIn returns the local day of an instant.
func DateIn(t time.Time, zone *time.Location) Date {
	y, m, d := t.In(zone).Date()
	return NewDate(y, m, d)
}

// ParseDate reads "2006-01-02"; "" is NoDate.
func ParseDate(s string) (Date, error) {
	if s == "" {
		return NoDate, nil
	}
	t, err := time.Parse(dateLayout, s)
	if err != nil {
		return NoDate, fmt.Errorf("%q is not a date like 2026-01-31", s)
	}
	return dateOf(t), nil
}

// String writes "2006-01-02", or "" for NoDate.
func (d Date) String() string {
	if d == NoDate {
		return ""
	}
	return d.Time().Format(dateLayout)
}

// Time returns midnight UTC of the date.
func (d Date) Time() time.Time { return time.Unix(int64(d)*daySeconds, 0).UTC() }

// AddDays moves a date by whole days.
func (d Date) AddDays(n int) Date { return dateOf(d.Time().AddDate(0, 0, n)) }

// AddMonths moves a date by months and clamps to the end of the month:
// 31 January and one month is the last of February.
func (d Date) AddMonths(n int) Date {
	y, m, day := d.Time().Date()
	first := time.Date(y, m+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return NewDate(first.Year(), first.Month(), min(day, last))
}

// TimeOfDay is the wall clock of a sale in the zone of business dates, as text
// "15:04"; "" is "nobody knows".
type TimeOfDay string

const timeLayout = "15:04"

// ParseTimeOfDay reads "15:04"; "" is unknown.
func ParseTimeOfDay(s string) (TimeOfDay, error) {
	if _, err := time.Parse(timeLayout, s); s != "" && (err != nil || len(s) != len(timeLayout)) {
		return "", fmt.Errorf("%q is not a time like 17:30", s)
	}
	return TimeOfDay(s), nil
}

// Hour is 0 to 23; false when the time is not known.
func (t TimeOfDay) Hour() (int, bool) {
	at, err := time.Parse(timeLayout, string(t))
	return at.Hour(), err == nil
}

// MovedTo is the clock of another zone at a time of day d shown in zone from.
func (t TimeOfDay) MovedTo(to *time.Location, d Date, from *time.Location) TimeOfDay {
	at, err := time.Parse(timeLayout, string(t))
	if err != nil || d == NoDate {
		return t
	}
	day := d.Time()
	moment := time.Date(day.Year(), day.Month(), day.Day(), at.Hour(), at.Minute(), 0, 0, from)
	return TimeOfDay(moment.In(to).Format(timeLayout))
}

// MarshalText writes the date as String does.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(b []byte) error {
	v, err := ParseDate(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}
