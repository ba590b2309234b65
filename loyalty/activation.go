package loyalty

import "math"

// Activation is when points of a released document become active. The zero value is at
// once; at most one of Paid and After is set.
type Activation struct {
	Paid        bool `json:"paid,omitempty"`         // when the source says that it is fully paid
	AfterMonths int  `json:"after_months,omitempty"` // from the document's date
	AfterDays   int  `json:"after_days,omitempty"`
}

// Wait says what the points of a released document wait for on a day. Month arithmetic
// clamps, as that of [Lapse] does.
func (a Activation) Wait(d *Document, today Date) Wait {
	if a.Paid {
		if d.Paid {
			return WaitNothing
		}
		return WaitPayment
	}
	from := d.Date.AddMonths(a.AfterMonths).AddDays(a.AfterDays)
	if from == d.Date || from <= today { // a document may be dated ahead
		return WaitNothing
	}
	return Wait(from)
}

// Wait is what pending points of a released document wait for: the first day on which
// they are active, as a Date, or one of the constants.
type Wait int32

// What is waited for beside days.
const (
	WaitNothing Wait = 0
	WaitPayment Wait = math.MaxInt32 // until the source says that the document is paid
)

// Day is the first day on which the points are active, NoDate when no day makes them.
func (w Wait) Day() Date {
	if w == WaitNothing || w == WaitPayment {
		return NoDate
	}
	return Date(w)
}

// Over says whether a wait for a day has ended on a day.
func (w Wait) Over(today Date) bool { return w.Day() != NoDate && w.Day() <= today }

// Words say what is waited for, in a language (Polish or English); "" is nothing.
func (w Wait) Words(lang string) string {
	polish := lang == Polish
	switch {
	case w == WaitNothing:
		return ""
	case w == WaitPayment && polish:
		return "do zapłaty za dokument"
	case w == WaitPayment:
		return "until the document is paid"
	case polish:
		return "do " + FormatDate(w.Day(), lang)
	}
	return "until " + FormatDate(w.Day(), lang)
}
