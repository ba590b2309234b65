package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// mergeOf merges an account without points, or takes that back.
func mergeOf(t *testing.T, s *store.Store, call loyalty.OperationCall, state loyalty.OperationState) loyalty.Operation {
	t.Helper()
	o, err := s.Operate(t.Context(), call, func(b loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error) {
		done := b.Operation
		done.State, done.ResolvedAt, done.ResolvedBy = state, time.Unix(3, 0).UTC(), "bartek"
		return done, loyalty.PageWrite{Feed: b.Feed, Version: -1, At: time.Unix(3, 0), Actor: "bartek"}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// testMerges: contractors with one tax number are proposed until they are merged or it is
// dismissed; a merge is in force until it is taken back, and makes pages stale.
func (on Checks) testMerges(t *testing.T) {
	s, p := on.pageWorld(t)
	ids := make(map[string]int64)
	var people []loyalty.ContractorChange
	for i, tax := range []string{"676-10-00-011", "PL6761000011", "676 100 00 11", "", "0000000000", "0000000000", "12", "12"} {
		key := fmt.Sprintf("T%d", i)
		people = append(people, loyalty.ContractorChange{
			Contractor:    loyalty.Contractor{Key: key, Code: key, TaxID: tax, Active: i != 0, Hash: key},
			Participation: loyalty.Participation{TakesPart: true, EarnFrom: loyalty.NoDate}, Today: today,
		})
	}
	if _, err := s.SaveContractors(t.Context(), p.Feed, loyalty.Lease{}, people); err != nil {
		t.Fatal(err)
	}
	members, err := s.Members(t.Context(), p.Feed, []string{"T0", "T1", "T2"})
	if err != nil {
		t.Fatal(err)
	}
	for key, m := range members {
		ids[key] = m.ID
	}
	proposed := func() (out string) {
		t.Helper()
		list, err := s.MergeProposals(t.Context(), p.Feed.Program, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			out += m.From.Code + ">" + m.Into.Code + " " + m.TaxID + "; "
		}
		return out
	}
	told := func(every bool) (out string) {
		t.Helper()
		list, err := s.Merges(t.Context(), p.Feed.Program, every, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			out += fmt.Sprintf("%s>%s %s %s %d %s; ", m.From.Code, m.Into.Code, m.Actor, m.Reason, m.MergedAt.Unix(), m.UndoneBy)
		}
		return out
	}
	expect := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	expect("proposed", proposed(), "T0>T1 6761000011; T2>T1 6761000011; ")
	version := func() int64 {
		t.Helper()
		state, err := s.PageState(t.Context(), p.Feed, nil)
		if err != nil {
			t.Fatal(err)
		}
		return state.Version
	}
	before := version()
	asked := loyalty.Operation{
		Program: p.Feed.Program, Account: ids["T0"], Other: ids["T1"], Kind: loyalty.Merging, State: loyalty.Posted, Rate: decimal.Zero, Worth: decimal.Zero,
		LapsesOn: loyalty.NoDate, On: today, Actor: "anna", Reason: "one firm", CreatedAt: time.Unix(2, 0),
	}
	merge := mergeOf(t, s, loyalty.OperationCall{New: asked, Today: today}, loyalty.Posted)
	if version() == before {
		t.Error("pages under computation do not notice a merge")
	}
	expect("in force", told(false), "T0>T1 bartek one firm 3 ; ")
	expect("proposed then", proposed(), "T2>T1 6761000011; ")
	groups, err := s.Groups(t.Context(), []int64{ids["T0"], ids["T2"]})
	group := []int64{ids["T1"], ids["T0"]}
	if diff := cmp.Diff(loyalty.Groups{ids["T0"]: group, ids["T1"]: group}, groups); diff != "" || err != nil {
		t.Error(diff, err)
	}
	into, err := s.Merged(t.Context(), ids["T0"])
	if diff := cmp.Diff(loyalty.Merged{Into: ids["T1"]}, into); diff != "" || err != nil {
		t.Error(diff, err)
	}
	of, err := s.MergesOf(t.Context(), ids["T1"])
	if err != nil || len(of) != 1 || of[0].Operation != merge.ID {
		t.Error(of, err)
	}
	mergeOf(t, s, loyalty.OperationCall{ID: merge.ID, Today: today}, loyalty.Undone)
	expect("in force after it was taken back", told(false), "")
	expect("all", strings.TrimSpace(told(true)), "T0>T1 bartek one firm 3 bartek;")
	if groups, err = s.Groups(t.Context(), []int64{ids["T0"]}); err != nil || len(groups) != 0 {
		t.Error(groups, err)
	}
	for range 2 {
		if err := s.DismissMerge(t.Context(), ids["T1"], ids["T0"], "anna", "branches", time.Unix(4, 0)); err != nil {
			t.Fatal(err)
		}
	}
	expect("proposed at last", proposed(), "T2>T1 6761000011; ")
}
