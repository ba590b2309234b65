package sqlerp

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
)

// decimalText is what an amount may look like. The exponent is what databases
// write for very large and very small numbers; it is bounded, so that no text
// unfolds into a number that fills the memory.
var decimalText = regexp.MustCompile(`^[+-]?(\d{1,38}(\.\d{0,38})?|\.\d{1,38})([eE][+-]?\d{1,2})?$`)

// parseDecimal reads an amount, a quantity or a rate exactly (law 7).
func parseDecimal(s string) (decimal.Decimal, error) {
	s = strings.TrimSpace(s)
	if !decimalText.MatchString(s) {
		if strings.Contains(s, ",") {
			return decimal.Zero, fmt.Errorf("is no decimal number: it has a comma")
		}
		return decimal.Zero, fmt.Errorf("is no decimal number")
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return decimal.Zero, fmt.Errorf("is no decimal number")
	}
	return d, nil
}

// parseDate reads the day of a date or of a wall-clock time.
func parseDate(s string) (connectors.Date, error) {
	stamp, err := parseStamp(s)
	if err != nil {
		return "", fmt.Errorf("is no date like 2026-01-31")
	}
	return connectors.Date(stamp[:len("2006-01-02")]), nil
}

// clockText is a time of day, perhaps to the second or a fraction of one.
var clockText = regexp.MustCompile(`^(\d{2}:\d{2})(?::\d{2}(?:\.\d{1,9})?)?$`)

// parseTime reads a time of day, or that of a wall clock with its day: there midnight
// is what a day without a time looks like.
func parseTime(s string) (connectors.Time, error) {
	if m := clockText.FindStringSubmatch(s); m != nil {
		if _, err := time.Parse("15:04", m[1]); err != nil {
			return "", fmt.Errorf("is no time like 17:30")
		}
		return connectors.Time(m[1]), nil
	}
	stamp, err := parseStamp(s)
	if err != nil {
		return "", fmt.Errorf("is no time like 17:30")
	}
	return timeOf(stampTime(stamp)), nil
}

// timeIn is the time, in a zone, of an instant on the clock of UTC.
func timeIn(zone *time.Location, s string) (connectors.Time, error) {
	stamp, err := parseStamp(s)
	if err != nil {
		return "", fmt.Errorf("is no time like 17:30")
	}
	return timeOf(stampTime(stamp).In(zone)), nil
}

func timeOf(t time.Time) connectors.Time {
	if t.Format("15:04:05.000000") == "00:00:00.000000" {
		return ""
	}
	return connectors.Time(t.Format("15:04"))
}

func parseBool(s string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "1", "t", "true", "y", "yes", "tak":
		return true, nil
	case "0", "f", "false", "n", "no", "nie", "":
		return false, nil
	}
	return false, fmt.Errorf("is neither yes nor no: 1, t, true, y, yes, tak, or 0, f, false, n, no, nie")
}

func parseKind(s string) (connectors.LineKind, error) {
	kind := connectors.LineKind(strings.TrimSpace(s))
	if !slices.Contains([]connectors.LineKind{connectors.Goods, connectors.Service, connectors.Deposit, connectors.Charge, connectors.Component}, kind) {
		return "", fmt.Errorf("is none of goods, service, deposit, charge, component")
	}
	return kind, nil
}

// stampText is a wall clock as text: a date, perhaps a time to the minute, the
// second, or a fraction of one.
var stampText = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})(?:([ T])(\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?$`)

// parseStamp reads a wall clock and cuts it to microseconds.
func parseStamp(s string) (connectors.Stamp, error) {
	m := stampText.FindStringSubmatch(s)
	if m == nil {
		return "", fmt.Errorf("is no time like 2026-01-31 18:30:00")
	}
	clock, second, fraction := m[3], m[4], (m[5] + "000000")[:6]
	if clock == "" {
		clock = "00:00"
	}
	if second == "" {
		second = "00"
	}
	stamp := m[1] + "T" + clock + ":" + second + "." + fraction
	if _, err := time.Parse(connectors.StampLayout, stamp); err != nil {
		return "", fmt.Errorf("is no time of the calendar")
	}
	return connectors.Stamp(stamp), nil
}

// dayIn is the day, in a zone, of an instant on the clock of UTC.
func dayIn(zone *time.Location, s string) (connectors.Date, error) {
	stamp, err := parseStamp(s)
	if err != nil {
		return "", fmt.Errorf("is no date like 2026-01-31")
	}
	return connectors.Date(stampTime(stamp).In(zone).Format(time.DateOnly)), nil
}

// day is the smallest value of the column that is on a day or later.
func (c column) day(d connectors.Date, zone *time.Location) string {
	start, err := time.ParseInLocation(time.DateOnly, string(d), zone)
	if err != nil || !c.utc {
		return string(d)
	}
	return start.UTC().Format(time.DateTime)
}
