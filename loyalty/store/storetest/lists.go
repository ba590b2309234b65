package storetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/loyalsync/loyalsync/loyalty"
)

// testSales: of each contractor asked for, the newest scored sales up to its day.
func (on Checks) testSales(t *testing.T) {
	s, _ := on.seeded(t)
	day := func(month, day int) loyalty.Date { return loyalty.NewDate(2026, 1, day).AddMonths(month - 1) }
	for name, tt := range map[string]struct {
		of          []loyalty.SalesOf
		skip, limit int
		want        []string
	}{
		"all":                {[]loyalty.SalesOf{{Party: "101", Until: day(12, 1)}}, 0, 10, []string{"1", "6"}},
		"the newest":         {[]loyalty.SalesOf{{Party: "101", Until: day(12, 1)}}, 0, 1, []string{"6"}},
		"the one after":      {[]loyalty.SalesOf{{Party: "101", Until: day(12, 1)}}, 1, 1, []string{"1"}},
		"up to a day":        {[]loyalty.SalesOf{{Party: "101", Until: day(1, 31)}}, 0, 1, []string{"1"}},
		"one of each of two": {[]loyalty.SalesOf{{Party: "101", Until: day(1, 31)}, {Party: "102", Until: day(5, 1)}}, 0, 1, []string{"1", "5"}},
		"none":               {[]loyalty.SalesOf{{Party: "103", Until: day(12, 1)}}, 0, 10, nil},
		"nobody":             {nil, 0, 10, nil},
	} {
		keys, err := s.Sales(t.Context(), loyalty.Feed{ID: 1}, tt.of, tt.skip, tt.limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, k := range keys {
			got = append(got, k.ID)
		}
		if diff := cmp.Diff(tt.want, got, cmpopts.SortSlices(func(a, b string) bool { return a < b })); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// testCapUses: of caps asked for, what is used of those that were used at all.
func (on Checks) testCapUses(t *testing.T) {
	s, db := on.seeded(t)
	if _, err := db.ExecContext(t.Context(), `INSERT INTO cap_use (program_id, rule_id, account_id, period, starts_on, used) VALUES
		(1, 1, 4, 'day', 20000, 7), (1, 0, 0, 'budget', 0, 9), (2, 1, 4, 'day', 20000, 5)`); err != nil {
		t.Fatal(err)
	}
	day := loyalty.CapUse{Rule: 1, Account: 4, Period: loyalty.CapDay, StartsOn: 20000}
	budget := loyalty.CapUse{Period: loyalty.CapBudget}
	unused := loyalty.CapUse{Rule: 1, Account: 4, Period: loyalty.CapDay, StartsOn: 20001}
	got, err := s.CapUses(t.Context(), 1, []loyalty.CapUse{day, budget, unused})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[loyalty.CapUse]loyalty.Points{day: 7, budget: 9}, got); diff != "" {
		t.Error(diff)
	}
}
