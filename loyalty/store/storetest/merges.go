package storetest

import (
	"fmt"
	"slices"
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

// testMergesOfERP: what the ERP says that it merged is proposed, into the last of a chain
// and into the one that has its points, until it is merged, dismissed or said no more.
func (on Checks) testMergesOfERP(t *testing.T) {
	s, p := on.pageWorld(t)
	if err := s.Post(t.Context(), p); err != nil { // contractor 1 has points
		t.Fatal(err)
	}
	m := merging{t: t, s: s, feed: p.Feed}
	said := func(key, into string) {
		m.people(loyalty.Contractor{Key: key, Code: "K" + key, Active: into == "", Hash: key + into, MergedInto: into})
	}
	for _, key := range []string{"2", "3", "4"} {
		said(key, "")
	}
	if _, err := s.SaveContractors(t.Context(), p.Feed, loyalty.Lease{}, []loyalty.ContractorChange{{Contractor: loyalty.Contractor{Key: "5", Code: "K5"}, Today: today}}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ key, into, want string }{
		{"1", "1", ""},
		{"2", "3", ""},            // never had points
		{"1", "9", ""},            // nobody knows it
		{"1", "2", "K1>K3 erp; "}, // 2 was merged itself
		{"3", "4", "K1>K4 erp; "}, // and goes on
		{"4", "1", ""},            // the other way round: 1 is the last
		{"4", "", ""},
		{"1", "", ""},
		{"1", "4", "K1>K4 erp; "},
		{"1", "4", "K1>K4 erp; "},
		{"1", "", ""},
		{"1", "5", ""}, // of whom no name is known
		{"1", "4", "K1>K4 erp; "},
	} {
		said(step.key, step.into)
		if got := m.proposed(); got != step.want {
			t.Errorf("%s was merged into %q: proposed %q, want %q", step.key, step.into, got, step.want)
		}
	}
	if _, err := s.SaveContractors(t.Context(), p.Feed, loyalty.Lease{}, []loyalty.ContractorChange{{Contractor: loyalty.Contractor{Key: "1"}, Gone: true, Today: today}}); err != nil {
		t.Fatal(err)
	}
	m.expect("gone without a word", "K1>K4 erp; ")
	done := m.merge("4", "3")
	m.expect("4 has its points with 3", "K1>K3 erp; ")
	m.undo(done)
	done = m.merge("4", "1")
	m.expect("merged the other way round", "")
	m.undo(done)
	done = m.merge("1", "4")
	m.expect("merged", "")
	m.undo(done)
	m.expect("taken back", "K1>K4 erp; ")
	if err := s.DismissMerge(t.Context(), m.id("4"), m.id("1"), "anna", "no", time.Unix(4, 0)); err != nil {
		t.Fatal(err)
	}
	m.expect("dismissed", "")
}

// testMovedDocuments: a contractor whose documents went to another is proposed when two of
// them did or it is not active, and none as new stays with it.
func (on Checks) testMovedDocuments(t *testing.T) {
	s, p := on.pageWorld(t)
	if err := s.Post(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	m := merging{t: t, s: s, feed: p.Feed}
	m.people(loyalty.Contractor{Key: "2", Code: "K2", TaxID: "6761000011", Active: true, Hash: "2"}, loyalty.Contractor{Key: "3", Code: "K3", Active: true, Hash: "3"})
	for _, party := range []string{"1", "2", "1"} { // these come back
		for _, key := range []string{"5", "6", "7"} {
			m.document(key, 5, party)
		}
	}
	m.document("10", 10, "1")
	m.document("20", 10, "1")
	m.document("10", 10, "2")
	m.document("20", 10, "2")
	m.expect("one moved, with its correction", "")
	m.document("11", 11, "1")
	m.document("9", 9, "1")
	m.document("11", 11, "2")
	m.expect("two moved, one of an earlier day stays", "K1>K2 documents; ")
	m.document("11", 11, "2")
	m.expect("noted again", "K1>K2 documents; ")
	m.document("12", 12, "1")
	m.expect("a newer one stays", "")
	m.document("12", 12, "1", loyalty.Deleted)
	m.expect("and is deleted", "K1>K2 documents; ")
	m.document("11", 11, "3")
	m.expect("one goes on to a third: most are the other's no more", "")
	m.document("11", 11, "1")
	m.expect("and back to where it was", "")
	m.document("11", 11, "2")
	m.expect("again", "K1>K2 documents; ")
	m.document("13", 13, "1")
	m.document("13", 13, "3")
	m.people(loyalty.Contractor{Key: "1", Code: "K1", Hash: "0"})
	m.expect("one not active, one of whose documents went another way", "K1>K2 documents; ")
	m.document("13", 13, "3", loyalty.Deleted)
	m.people(loyalty.Contractor{Key: "1", Code: "K1", Active: true, Hash: "1"})
	m.document("10", 10, "1")
	m.expect("the other one goes back", "")
	m.document("10", 10, "3")
	m.document("11", 11, "1")
	m.document("9", 9, "1")
	m.expect("one alone", "")
	m.document("11", 10, "3", loyalty.Deleted)
	m.people(loyalty.Contractor{Key: "1", Code: "K1", TaxID: "6761000011", Hash: "1"})
	m.document("9", 9, "1")
	m.expect("one alone, of one that is not active, beside the same tax number", "K1>K3 documents; K1>K2 tax_id 6761000011; ")
	m.people(loyalty.Contractor{Key: "1", Code: "K1", TaxID: "6761000011", Hash: "1", MergedInto: "2"})
	m.document("9", 9, "1")
	m.expect("the ERP says so, too", "K1>K2 erp; K1>K3 documents; ")
	m.merge("1", "2")
	m.document("9", 9, "1")
	m.expect("merged", "")
}

// merging is a store in which contractors are merged.
type merging struct {
	t    *testing.T
	s    *store.Store
	feed loyalty.Feed
}

// people writes contractors that take part.
func (m merging) people(list ...loyalty.Contractor) {
	m.t.Helper()
	changes := make([]loyalty.ContractorChange, len(list))
	for i, c := range list {
		changes[i] = loyalty.ContractorChange{Contractor: c, Participation: loyalty.Participation{TakesPart: true, EarnFrom: loyalty.NoDate}, Today: today}
	}
	if _, err := m.s.SaveContractors(m.t.Context(), m.feed, loyalty.Lease{}, changes); err != nil {
		m.t.Fatal(err)
	}
}

func (m merging) id(key string) int64 {
	m.t.Helper()
	members, err := m.s.Members(m.t.Context(), m.feed, []string{key})
	if err != nil {
		m.t.Fatal(err)
	}
	return members[key].ID
}

func (m merging) merge(from, into string) loyalty.Operation {
	m.t.Helper()
	return mergeOf(m.t, m.s, loyalty.OperationCall{Today: today, New: loyalty.Operation{
		Program: m.feed.Program, Account: m.id(from), Other: m.id(into), Kind: loyalty.Merging, State: loyalty.Posted, Rate: decimal.Zero, Worth: decimal.Zero,
		LapsesOn: loyalty.NoDate, On: today, Actor: "anna", Reason: "one firm", CreatedAt: time.Unix(2, 0),
	}}, loyalty.Posted)
}

func (m merging) undo(o loyalty.Operation) {
	m.t.Helper()
	mergeOf(m.t, m.s, loyalty.OperationCall{ID: o.ID, Today: today}, loyalty.Undone)
}

// document writes an invoice of a contractor as the ledger does, and notes whose it was.
// Document 20 corrects document 10.
func (m merging) document(key string, day loyalty.Date, party string, state ...loyalty.State) {
	m.t.Helper()
	state = append(state, loyalty.Released)
	read, err := m.s.PageState(m.t.Context(), m.feed, []loyalty.Key{{Type: "doc", ID: key}})
	if err != nil {
		m.t.Fatal(err)
	}
	w := loyalty.PageWrite{Feed: m.feed, Version: read.Version, At: time.Unix(1, 0), Actor: "test", Documents: []loyalty.StoredDocument{{
		ID: -1, Root: key, Document: loyalty.Document{Key: loyalty.Key{Type: "doc", ID: key}, State: state[0], Date: day, Party: party, Hash: "x"},
	}}}
	if key == "20" {
		w.Documents[0].Corrects, w.Documents[0].Root = "10", "10"
	}
	if at := slices.IndexFunc(read.Documents, func(d loyalty.StoredDocument) bool { return d.Key.ID == key }); at >= 0 {
		old := read.Documents[at]
		w.Documents[0].ID = old.ID
		if old.Party != party {
			w.Moved = []loyalty.MovedDocument{{Document: old.ID, From: old.Party}}
		}
	}
	if err := m.s.Post(m.t.Context(), w); err != nil {
		m.t.Fatal(err)
	}
}

func (m merging) expect(what, want string) {
	m.t.Helper()
	if got := m.proposed(); got != want {
		m.t.Errorf("%s: proposed %q, want %q", what, got, want)
	}
}

func (m merging) proposed() (out string) {
	m.t.Helper()
	list, err := m.s.MergeProposals(m.t.Context(), m.feed.Program, 10)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, p := range list {
		out += strings.TrimSpace(fmt.Sprintf("%s>%s %s %s", p.From.Code, p.Into.Code, p.Sign, p.TaxID)) + "; "
	}
	return out
}
