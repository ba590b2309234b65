package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
)

// testSetTiers: what is said again changes nothing, what is replaced stays on record,
// and a page that is being computed meanwhile is computed again.
func (on Checks) testSetTiers(t *testing.T) {
	s, p := on.pageWorld(t)
	gold := loyalty.TierSpan{Tier: "gold", From: loyalty.NewDate(2026, 1, 1), To: loyalty.NoDate}
	silver := loyalty.TierSpan{Tier: "silver", From: gold.From, To: loyalty.NewDate(2026, 6, 30)}
	by := loyalty.TierSetting{Program: p.Feed.ProgramName, Actor: "anna", At: time.Unix(5, 0)}
	to := func(contractor string, span loyalty.TierSpan) loyalty.TierChange {
		return loyalty.TierChange{Contractor: contractor, TierSpan: span}
	}
	known := func() []loyalty.TierSpan {
		t.Helper()
		members, err := s.Members(t.Context(), p.Feed, []string{"1"})
		if err != nil {
			t.Fatal(err)
		}
		return members["1"].Tiers
	}
	for _, tt := range []struct {
		name    string
		change  func(*loyalty.TierSetting)
		changes []loyalty.TierChange
		want    []loyalty.TierOutcome
		kept    []loyalty.TierSpan
	}{
		{"a dry run", func(b *loyalty.TierSetting) { b.DryRun = true }, []loyalty.TierChange{to("1", gold)}, []loyalty.TierOutcome{loyalty.TierSet}, nil},
		{"all or nothing", func(b *loyalty.TierSetting) { b.Whole = true }, []loyalty.TierChange{to("1", gold), to("77", gold)}, []loyalty.TierOutcome{loyalty.TierSet, loyalty.TierUnknown}, nil},
		{"another program", func(b *loyalty.TierSetting) { b.Program = "other" }, []loyalty.TierChange{to("1", gold)}, []loyalty.TierOutcome{loyalty.TierUnknown}, nil},
		{"another source", func(b *loyalty.TierSetting) { b.Source = "other" }, []loyalty.TierChange{to("1", gold)}, []loyalty.TierOutcome{loyalty.TierUnknown}, nil},
		{"by key", nil, []loyalty.TierChange{to("77", gold), to("1", gold)}, []loyalty.TierOutcome{loyalty.TierUnknown, loyalty.TierSet}, []loyalty.TierSpan{gold}},
		{"again", nil, []loyalty.TierChange{to("1", gold)}, []loyalty.TierOutcome{loyalty.TierSame}, []loyalty.TierSpan{gold}},
		{"replaced, and said twice", nil, []loyalty.TierChange{to("1", silver), to("1", silver)}, []loyalty.TierOutcome{loyalty.TierSet, loyalty.TierSame}, []loyalty.TierSpan{silver}},
	} {
		b := by
		if tt.change != nil {
			tt.change(&b)
		}
		got, err := s.SetTiers(t.Context(), b, tt.changes)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: %s", tt.name, d)
		}
		if d := cmp.Diff(tt.kept, known()); d != "" {
			t.Errorf("%s: %s", tt.name, d)
		}
	}
	if err := s.Post(t.Context(), p); err == nil {
		t.Error("a page computed before the tiers was written")
	}
}
