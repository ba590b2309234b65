package loyalty

import (
	"fmt"
	"time"
)

// Lapse is the policy that gives a lot its last day. The zero value never
// lapses. At most one of After, Yearly and On is set.
type Lapse struct {
	AfterMonths int        `json:"after_months,omitempty"` // from the day the points were earned
	AfterDays   int        `json:"after_days,omitempty"`
	YearlyMonth time.Month `json:"yearly_month,omitempty"` // every year at the end of this day
	YearlyDay   int        `json:"yearly_day,omitempty"`
	KeepMonths  int        `json:"keep_months,omitempty"` // with Yearly: the least time points are kept
	KeepDays    int        `json:"keep_days,omitempty"`
	On          Date       `json:"on,omitzero"` // points earned later do not lapse
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
	if l.On == 0 || earned > l.On { // 0 is the zero value of the policy, not 1970-01-01
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
		return fmt.Sprintf("yearly on %02d-%02d, kept %d months and %d days", int(l.YearlyMonth), l.YearlyDay, l.KeepMonths, l.KeepDays)
	case l.On != 0 && l.On != NoDate:
		return "on " + l.On.String()
	}
	return "never"
}

// LapseState is what a page of lapsing works on: lots with active points past their
// last day, the balances of their accounts, and by document how many lapses were
// posted for it.
type LapseState struct {
	Lots      []Lot
	Balances  map[int64]Balance
	Revisions map[int64]int
}

// LapsingPoints are points that may be spent through the end of a day and not after.
type LapsingPoints struct {
	On          Date // NoDate for those that never lapse
	Points      Points
	Contractors int
}

// LapseForecast is what lapses if nothing is spent, taken back or earned.
type LapseForecast struct {
	Overdue LapsingPoints // past their day, not posted yet; On is the first of the days
	Days    []LapsingPoints
	Later   LapsingPoints // after the last day asked for; On is the first of the days
	Never   LapsingPoints
}
