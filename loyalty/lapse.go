package loyalty

import (
	"fmt"
	"time"
)

// Lapse is the policy that gives a lot its last day. The zero value never
// lapses. At most one of After, Yearly and On is set.
type Lapse struct {
	AfterMonths, AfterDays int        // from the day the points were earned
	YearlyMonth            time.Month // every year at the end of this day
	YearlyDay              int
	KeepMonths, KeepDays   int // with Yearly: the least time points are kept
	On                     Date
}

// LastDay returns the last day on which points earned on a day may be spent,
// NoDate for never. Month arithmetic clamps: a month after 31 January is the
// last of February.
func (l Lapse) LastDay(earned Date) Date {
	switch {
	case l.AfterMonths > 0 || l.AfterDays > 0:
		return earned.AddMonths(l.AfterMonths).AddDays(l.AfterDays)
	case l.YearlyMonth > 0:
		least := earned.AddMonths(l.KeepMonths).AddDays(l.KeepDays)
		day := l.yearly(least.Time().Year())
		if day < least {
			day = l.yearly(least.Time().Year() + 1)
		}
		return day
	}
	if l.On == 0 { // the zero value of the policy, not 1970-01-01
		return NoDate
	}
	return l.On
}

func (l Lapse) yearly(year int) Date {
	first := NewDate(year, l.YearlyMonth, 1)
	last := first.AddMonths(1) - 1
	return min(first.AddDays(l.YearlyDay-1), last)
}

// String tells the policy in the words of the configuration.
func (l Lapse) String() string {
	switch {
	case l.AfterMonths > 0 || l.AfterDays > 0:
		return fmt.Sprintf("after %d months and %d days", l.AfterMonths, l.AfterDays)
	case l.YearlyMonth > 0:
		return fmt.Sprintf("yearly on %02d-%02d", int(l.YearlyMonth), l.YearlyDay)
	case l.On != 0 && l.On != NoDate:
		return "on " + l.On.String()
	}
	return "never"
}
