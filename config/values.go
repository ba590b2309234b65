package config

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// valueError says why a text is not a value of its type. The decoder puts the
// text, as written in the file, in front of the message.
type valueError struct{ message, hint string }

func (e *valueError) Error() string { return e.message }

// Duration is a length of time: "30s", "10m", "26h", "400d", "1h30m". A day is
// 24 hours.
type Duration time.Duration

const day = 24 * time.Hour

// maxDays keeps every length of time far from overflow.
const maxDays = 36500

var durationPattern = regexp.MustCompile(`^(?:([0-9]{1,5})d)?((?:[0-9]{1,9}(?:h|m|s|ms))*)$`)

// UnmarshalText reads a duration; it is never negative.
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	m := durationPattern.FindStringSubmatch(s)
	if m == nil || s == "" {
		if strings.Trim(s, "0123456789") == "" && s != "" {
			return &valueError{"has no unit", "write for example " + s + "m, " + s + "h or " + s + "d"}
		}
		return &valueError{"is not a length of time", "write for example 30s, 10m, 26h or 400d"}
	}
	var total time.Duration
	if m[1] != "" {
		days, _ := strconv.Atoi(m[1]) // at most five digits
		total = time.Duration(min(days, maxDays+1)) * day
	}
	if m[2] != "" {
		rest, err := time.ParseDuration(m[2])
		if err != nil || rest > maxDays*day {
			return &valueError{"is too long", "write at most 36500d"}
		}
		total += rest
	}
	if total > maxDays*day {
		return &valueError{"is too long", "write at most 36500d"}
	}
	*d = Duration(total)
	return nil
}

// Std returns the duration as package time has it.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String writes whole days as days, the rest as package time does, without
// zero parts.
func (d Duration) String() string {
	t := d.Std()
	if t >= 2*day && t%day == 0 {
		return strconv.Itoa(int(t/day)) + "d"
	}
	s := t.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText is String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Every is the interval of a job: whole days of local wall time, or a duration.
// Exactly one of them is positive in an interval that was configured.
type Every struct {
	Days     int
	Duration time.Duration
}

var everyPattern = regexp.MustCompile(`^([1-9][0-9]{0,6})([smhd])$`)

// UnmarshalText reads a positive number of seconds, minutes, hours or days.
func (e *Every) UnmarshalText(text []byte) error {
	m := everyPattern.FindStringSubmatch(string(text))
	if m == nil {
		return &valueError{"is not an interval", "write a whole number and one unit: 30s, 10m, 2h or 1d"}
	}
	n, _ := strconv.Atoi(m[1]) // at most seven digits
	units := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}
	if m[2] == "d" && n <= maxDays {
		*e = Every{Days: n}
		return nil
	}
	if m[2] == "d" || time.Duration(n)*units[m[2]] > maxDays*day {
		return &valueError{"is too long", "write at most 36500d"}
	}
	*e = Every{Duration: time.Duration(n) * units[m[2]]}
	return nil
}

// IsZero tells whether no interval is set.
func (e Every) IsZero() bool { return e == Every{} }

// String writes the interval as it may be configured.
func (e Every) String() string {
	if e.Days > 0 {
		return strconv.Itoa(e.Days) + "d"
	}
	switch {
	case e.Duration == 0:
		return ""
	case e.Duration%time.Hour == 0:
		return strconv.Itoa(int(e.Duration/time.Hour)) + "h"
	case e.Duration%time.Minute == 0:
		return strconv.Itoa(int(e.Duration/time.Minute)) + "m"
	}
	return strconv.Itoa(int(e.Duration/time.Second)) + "s"
}

// MarshalText is String.
func (e Every) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// Span is a length on the calendar: "3y", "6mo" or "30d". At most one field is
// positive.
type Span struct{ Years, Months, Days int }

var spanPattern = regexp.MustCompile(`^([1-9][0-9]{0,4})(y|mo|d)$`)

// UnmarshalText reads a span.
func (s *Span) UnmarshalText(text []byte) error {
	m := spanPattern.FindStringSubmatch(string(text))
	if m == nil {
		return &valueError{"is not a span of the calendar", "write a whole number and one unit: 3y, 6mo or 30d"}
	}
	n, _ := strconv.Atoi(m[1]) // at most five digits
	limit := map[string]int{"y": 100, "mo": 1200, "d": maxDays}[m[2]]
	if n > limit {
		return &valueError{"is too long", "write at most 100y, 1200mo or 36500d"}
	}
	*s = map[string]Span{"y": {Years: n}, "mo": {Months: n}, "d": {Days: n}}[m[2]]
	return nil
}

// IsZero tells whether no span is set.
func (s Span) IsZero() bool { return s == Span{} }

// String writes the span as it may be configured.
func (s Span) String() string {
	switch {
	case s.Years > 0:
		return strconv.Itoa(s.Years) + "y"
	case s.Months > 0:
		return strconv.Itoa(s.Months) + "mo"
	case s.Days > 0:
		return strconv.Itoa(s.Days) + "d"
	}
	return ""
}

// MarshalText is String.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Percent is an exact percentage: "20%" holds 20.
type Percent struct{ Value decimal.Decimal }

var percentPattern = regexp.MustCompile(`^(0|[1-9][0-9]{0,3})(\.[0-9]{1,4})?%$`)

// UnmarshalText reads a percentage with its sign.
func (p *Percent) UnmarshalText(text []byte) error {
	s := string(text)
	if !percentPattern.MatchString(s) {
		return &valueError{"is not a percentage", `write for example 20% or 12.5%`}
	}
	p.Value = decimal.RequireFromString(strings.TrimSuffix(s, "%"))
	return nil
}

// Share returns the percentage as a share of one: 20% is 0.2.
func (p Percent) Share() decimal.Decimal { return p.Value.Shift(-2) }

// IsZero tells whether it is 0%.
func (p Percent) IsZero() bool { return p.Value.IsZero() }

// String writes the percentage with its sign.
func (p Percent) String() string { return p.Value.String() + "%" }

// MarshalText is String.
func (p Percent) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Exact numbers as an administrator writes them: no exponent, no leading zeros,
// no thousands separators.
var (
	decimalPattern = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,9})?$`)
	commaPattern   = regexp.MustCompile(`^-?[0-9]+,[0-9]+$`)
)

// parseDecimal reads an exact number (law 7).
func parseDecimal(s string) (decimal.Decimal, error) {
	if decimalPattern.MatchString(s) {
		return decimal.RequireFromString(s), nil
	}
	if commaPattern.MatchString(s) {
		return decimal.Zero, &valueError{"has a decimal comma", `write "` + strings.Replace(s, ",", ".", 1) + `"`}
	}
	return decimal.Zero, &valueError{"is not a number", `write digits with a decimal point, for example "0.50"`}
}
