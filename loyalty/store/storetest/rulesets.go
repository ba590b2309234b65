package storetest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

// testRuleSetsTakenOut: from the first rule set of a configuration on no other is in
// force than those it names.
func (on Checks) testRuleSetsTakenOut(t *testing.T) {
	s, p := on.pageWorld(t)
	dated := func(days ...loyalty.Date) (sets []loyalty.RuleSet) {
		for _, day := range days {
			sets = append(sets, loyalty.RuleSet{ValidFrom: day, Rules: []loyalty.Rule{{Name: "base"}}})
		}
		return sets
	}
	stored := func() (days []loyalty.Date) {
		versions, _, err := s.RuleSets(t.Context(), p.Feed.Program)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range versions {
			days = append(days, v.Body.ValidFrom)
		}
		slices.Sort(days)
		return days
	}
	for _, step := range []struct{ write, want []loyalty.Date }{
		{[]loyalty.Date{100, 200, 300}, []loyalty.Date{100, 200, 300}},
		{[]loyalty.Date{200, 300}, []loyalty.Date{100, 200, 300}}, // an old file may go
		{[]loyalty.Date{100, 300}, []loyalty.Date{100, 300}},
		{[]loyalty.Date{400, 500}, []loyalty.Date{100, 300, 400, 500}},
		{[]loyalty.Date{400}, []loyalty.Date{100, 300, 400}}, // newer rules that nothing went by yet
	} {
		if err := s.SaveRuleSets(t.Context(), p.Feed.Program, dated(step.write...)); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(step.want, stored()); d != "" {
			t.Errorf("after rules of %d: %s", step.write, d)
		}
	}
	versions, _, err := s.RuleSets(t.Context(), p.Feed.Program)
	if err != nil {
		t.Fatal(err)
	}
	state, err := s.PageState(t.Context(), p.Feed, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Version = state.Version
	for _, v := range versions {
		if v.Body.ValidFrom == 300 {
			p.Documents[0].RuleSet = v.ID
		}
	}
	if err := s.Post(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveRuleSets(t.Context(), p.Feed.Program, dated(100, 400)); loyalty.CodeOf(err) != loyalty.CodeInvalid {
		t.Errorf("rules under which points were given are gone from the configuration: %v", err)
	}
	if err := s.SaveRuleSets(t.Context(), p.Feed.Program, dated(100)); loyalty.CodeOf(err) != loyalty.CodeInvalid {
		t.Errorf("newer rules under which points were given are gone from the configuration: %v", err)
	}
	if d := cmp.Diff([]loyalty.Date{100, 300, 400}, stored()); d != "" {
		t.Error(d)
	}
}

// testRuleHashStays: the rules of a store made by an earlier version are the same
// rules; the hash is what that version stored.
func (on Checks) testRuleHashStays(t *testing.T) {
	place := on.Fresh(t)
	s := place.Open(t)
	feed, err := s.OpenFeed(t.Context(), loyalty.Feed{ProgramName: "main", SourceName: "erp", Currency: "PLN", Decimals: 2})
	if err != nil {
		t.Fatal(err)
	}
	set := loyalty.RuleSet{
		ValidFrom: loyalty.NewDate(2024, 1, 1), Currency: "PLN", Decimals: 2, Rounding: loyalty.HalfEven, RoundedPer: loyalty.PerLine,
		Stacking: loyalty.Best, UnlinkedReturns: "score",
		ItemGroups: map[string][]loyalty.ItemGroup{"erp": {{Name: "Wine", ERPGroups: []string{"ALKO/WINA"}}, {Name: "Tools", Items: []string{"T*"}}}},
		Rules: []loyalty.Rule{
			{Name: "base", Title: loyalty.Title{"pl": "Za 100"}, BasedOn: loyalty.OnBill, CalculateOn: loyalty.Net, Per: decimal.NewFromInt(100), Points: decimal.NewFromInt(1), MinDocument: decimal.NewFromInt(50)},
			{Name: "wine", BasedOn: loyalty.OnItemGroup, ItemGroup: "Wine", CalculateOn: loyalty.Quantity, Per: decimal.NewFromInt(1), Points: decimal.New(15, -1), From: loyalty.NewDate(2024, 2, 1), To: loyalty.NewDate(2026, 6, 30)},
			{Name: "items", BasedOn: loyalty.OnItem, Items: []string{"A*", "B"}, CalculateOn: loyalty.Gross, Per: decimal.New(33333, -3), Points: decimal.NewFromInt(2)},
		},
	}
	if err := s.SaveRuleSets(t.Context(), feed.Program, []loyalty.RuleSet{set}); err != nil {
		t.Fatal(err)
	}
	const want = "f777e9ec31494508f663378c267e812324c9181f764d7fc3bdd04162b711f177"
	db := place.DB(t)
	var got string
	if err := db.QueryRowContext(t.Context(), `SELECT hash FROM rule_set`).Scan(&got); err != nil || got != want {
		t.Errorf("hash %s, want %s: %v", got, want, err)
	}
}

// testLaw3_RulesOfEntries: rules stay as long as an entry names them, also when its
// document goes by others now.
func (on Checks) testLaw3_RulesOfEntries(t *testing.T) {
	s, p := on.pageWorld(t)
	set := loyalty.RuleSet{ValidFrom: 100, Rules: []loyalty.Rule{{Name: "base"}}}
	if err := s.SaveRuleSets(t.Context(), p.Feed.Program, []loyalty.RuleSet{set}); err != nil {
		t.Fatal(err)
	}
	versions, _, err := s.RuleSets(t.Context(), p.Feed.Program)
	if err != nil {
		t.Fatal(err)
	}
	state, err := s.PageState(t.Context(), p.Feed, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Version, p.Entries[0].RuleSet = state.Version, versions[0].ID
	if err := s.Post(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	set.Rules = []loyalty.Rule{{Name: "other"}}
	if err := s.SaveRuleSets(t.Context(), p.Feed.Program, []loyalty.RuleSet{set}); loyalty.CodeOf(err) != loyalty.CodeInvalid {
		t.Errorf("rules that an entry names were replaced: %v", err)
	}
}
