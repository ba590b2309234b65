package loyalty

import "time"

// TierSpan is a contractor's tier from a day to a last day, which counts.
type TierSpan struct {
	Tier string
	From Date
	To   Date // NoDate is until another one begins
}

// TierOn is the tier of a day: of the spans it is in, the one that began last. "" is
// none.
func TierOn(spans []TierSpan, day Date) string {
	tier, began := "", NoDate
	for _, s := range spans {
		if s.From <= day && (s.To == NoDate || day <= s.To) && (tier == "" || s.From > began) {
			tier, began = s.Tier, s.From
		}
	}
	return tier
}

// TierChange gives a contractor, named by code or ERP key, a tier. It takes the place
// of one that begins on the same day.
type TierChange struct {
	Contractor string
	TierSpan
}

// TierSetting is who sets tiers, where and how.
type TierSetting struct {
	Program string
	Source  string // "" is any source of the program
	Actor   string
	At      time.Time
	Whole   bool // write nothing unless every change can be made
	DryRun  bool // write nothing at all
}

// TierOutcome is what became of a TierChange.
type TierOutcome string

// The outcomes of a TierChange.
const (
	TierSet       TierOutcome = "set"
	TierSame      TierOutcome = "same"      // it says what is in force already
	TierUnknown   TierOutcome = "unknown"   // no contractor of the program has this code or key
	TierAmbiguous TierOutcome = "ambiguous" // several have
)

// Failed says whether the change could not be made.
func (o TierOutcome) Failed() bool { return o == TierUnknown || o == TierAmbiguous }
