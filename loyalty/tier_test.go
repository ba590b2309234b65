package loyalty_test

import (
	"testing"

	"github.com/loyalsync/loyalsync/loyalty"
)

// TestTierOn: both days count, the tier that began last goes before, and comes back
// to the one below when it ends.
func TestTierOn(t *testing.T) {
	day := func(n int) loyalty.Date { return loyalty.NewDate(2026, 1, n) }
	spans := []loyalty.TierSpan{
		{Tier: "platinum", From: day(10), To: day(12)}, {Tier: "gold", From: day(5), To: day(20)}, {Tier: "silver", From: day(15), To: loyalty.NoDate},
	}
	for on, want := range map[int]string{4: "", 5: "gold", 9: "gold", 10: "platinum", 12: "platinum", 13: "gold", 14: "gold", 15: "silver", 31: "silver"} {
		if got := loyalty.TierOn(spans, day(on)); got != want {
			t.Errorf("day %d: %q, want %q", on, got, want)
		}
	}
	if got := loyalty.TierOn(nil, day(1)); got != "" {
		t.Errorf("no spans: %q", got)
	}
}
