package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// pageWorld is a store with one contractor and a page ready to be posted.
func (on Checks) pageWorld(t *testing.T) (*store.Store, loyalty.PageWrite) {
	t.Helper()
	s := on.Fresh(t).Open(t)
	feed, err := s.OpenFeed(t.Context(), loyalty.Feed{ProgramName: "main", SourceName: "erp", Currency: "PLN"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.SaveContractors(t.Context(), feed, loyalty.Lease{}, []loyalty.ContractorChange{{
		Contractor: loyalty.Contractor{Key: "1", Code: "K1", Name: "Firma", Active: true, Hash: "h"}, Participation: loyalty.Participation{TakesPart: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	members, err := s.Members(t.Context(), feed, []string{"1"})
	if err != nil {
		t.Fatal(err)
	}
	state, err := s.PageState(t.Context(), feed, []loyalty.Key{{Type: "doc", ID: "10"}})
	if err != nil {
		t.Fatal(err)
	}
	account := members["1"].ID
	return s, loyalty.PageWrite{
		Feed: feed, Version: state.Version, At: time.Unix(1, 0), Actor: "test", Cursor: &loyalty.Cursor{Position: "after"},
		Documents: []loyalty.StoredDocument{{ID: -1, Root: "10", HasBody: true, Account: account, Active: 5, Document: loyalty.Document{
			Key: loyalty.Key{Type: "doc", ID: "10"}, Number: "FS/10", State: loyalty.Released, Party: "1", Hash: "x",
		}}},
		Entries:  []loyalty.Entry{{Account: account, Document: -1, Line: 1, Rule: 1, Revision: 1, Kind: loyalty.Earn, From: loyalty.Issued, To: loyalty.Active, Amount: 5}},
		Lots:     []loyalty.Lot{{Account: account, Document: -1, LapsesOn: loyalty.NoDate, Active: 5}},
		Accounts: []loyalty.AccountWrite{{ID: account, After: loyalty.Balance{Active: 5, Scored: 1}}},
	}
}

// nothing checks that no part of a page is there.
func nothing(t *testing.T, s *store.Store, p loyalty.PageWrite) {
	t.Helper()
	state, err := s.PageState(t.Context(), p.Feed, []loyalty.Key{{Type: "doc", ID: "10"}})
	if err != nil {
		t.Fatal(err)
	}
	cursor, err := s.LoadCursor(t.Context(), p.Feed)
	if err != nil {
		t.Fatal(err)
	}
	last, err := s.LastEntry(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	balances, err := s.Balances(t.Context(), []int64{p.Accounts[0].ID})
	if err != nil {
		t.Fatal(err)
	}
	if len(state.Documents) != 0 || cursor != (loyalty.Cursor{}) || last != 0 || len(balances) != 0 {
		t.Errorf("a page that failed left documents %v, cursor %v, entry %d, balances %v", state.Documents, cursor, last, balances)
	}
}

func (on Checks) testPost(t *testing.T) {
	s, p := on.pageWorld(t)
	if err := s.Post(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	state, err := s.PageState(t.Context(), p.Feed, []loyalty.Key{{Type: "doc", ID: "10"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(state.Documents) != 1 || len(state.Posted) != 1 || state.Posted[0].Active != 5 || state.Posted[0].Revision != 1 {
		t.Errorf("stored %+v, posted %+v", state.Documents, state.Posted)
	}
	cursor, err := s.LoadCursor(t.Context(), p.Feed)
	if err != nil || cursor.Position != "after" {
		t.Errorf("cursor %v, %v", cursor, err)
	}
	if err := s.Post(t.Context(), p); err == nil {
		t.Error("the same page was written twice")
	}
}

// testManyRows: balances and lots of a page with many are as those of one with few, those
// without a last day too, when they are new and when they change.
func (on Checks) testManyRows(t *testing.T) {
	s, p := on.pageWorld(t)
	const many = 150
	var changes []loyalty.ContractorChange
	for i := range many {
		key := fmt.Sprint(100 + i)
		changes = append(changes, loyalty.ContractorChange{Contractor: loyalty.Contractor{Key: key, Code: key, Active: true}, Participation: loyalty.Participation{TakesPart: true}})
	}
	if _, err := s.SaveContractors(t.Context(), p.Feed, loyalty.Lease{}, changes); err != nil {
		t.Fatal(err)
	}
	page := loyalty.PageWrite{Feed: p.Feed, Version: -1, At: time.Unix(1, 0), Actor: "test"}
	want := make(map[int64]loyalty.Balance)
	var ids []int64
	for round := range loyalty.Points(2) {
		page.Entries, page.Lots, page.Accounts = nil, nil, nil
		for i := range int64(many) {
			id, lapses, before := p.Accounts[0].ID+1+i, loyalty.NoDate, want[p.Accounts[0].ID+1+i]
			if i%2 == 0 {
				lapses = loyalty.Date(20000 + i)
			}
			after := loyalty.Balance{Active: before.Active + 5, Pending: loyalty.Points(i) + round, Debt: round, Scored: i}
			page.Entries = append(page.Entries, loyalty.Entry{Account: id, Document: 1000 + i, Line: 1, Rule: 1, Revision: 1 + int(round), Kind: loyalty.Earn, From: loyalty.Issued, To: loyalty.Active, Amount: 5})
			page.Lots = append(page.Lots, loyalty.Lot{Account: id, Document: 1000 + i, EarnedOn: 1, LapsesOn: lapses, Active: after.Active, Pending: after.Pending})
			page.Accounts = append(page.Accounts, loyalty.AccountWrite{ID: id, Before: before, After: after, Exists: round > 0})
			after.Seq = int64(round+1) * many
			if want[id] = after; round == 0 {
				ids = append(ids, id)
			}
		}
		if err := s.Post(t.Context(), page); err != nil {
			t.Fatal(err)
		}
		got, err := s.Balances(t.Context(), ids)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Fatal(diff, err)
		}
	}
	for i, id := range ids {
		lots, err := s.Lots(t.Context(), nil, map[int64]loyalty.Points{id: 1}, 0)
		l := page.Lots[i]
		if err != nil || len(lots) != 1 || lots[0].LapsesOn != l.LapsesOn || lots[0].Active != l.Active || lots[0].Pending != l.Pending {
			t.Fatalf("%+v, %v, want %+v", lots, err, l)
		}
	}
}

func (on Checks) testLaw1_PageIsOneTransaction(t *testing.T) {
	s, p := on.pageWorld(t)
	p.Entries = append(p.Entries, p.Entries[0]) // the key is taken: fails after documents were written
	if err := s.Post(t.Context(), p); err == nil {
		t.Fatal("two entries with one key were taken")
	}
	nothing(t, s, p)
}

func (on Checks) testLaw9_LostLeaseWritesNothing(t *testing.T) {
	s, p := on.pageWorld(t)
	lease, free, err := s.TakeLease(t.Context(), "feed/main/erp", "one", time.Millisecond)
	if err != nil || !free {
		t.Fatal(free, err)
	}
	p.Lease = lease
	p.Lease.Token-- // as it was before another run took it
	if err := s.Post(t.Context(), p); !errors.Is(err, loyalty.ErrLeaseLost) {
		t.Fatalf("posted under an old lease: %v", err)
	}
	nothing(t, s, p)
	p.Lease = lease
	if err := s.Post(t.Context(), p); err != nil {
		t.Errorf("posted under its own lease: %v", err)
	}
}

func (on Checks) testStalePages(t *testing.T) {
	for name, change := range map[string]loyalty.ContractorChange{
		"who takes part has changed": {Contractor: loyalty.Contractor{Key: "1", Code: "K1", Hash: "h2"}, Today: 1},
		"what rules ask about a contractor has changed": {
			Contractor:    loyalty.Contractor{Key: "1", Code: "K1", Name: "Firma", Active: true, Group: "VIP", Hash: "h2"},
			Participation: loyalty.Participation{TakesPart: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, p := on.pageWorld(t)
			if _, err := s.SaveContractors(t.Context(), p.Feed, loyalty.Lease{}, []loyalty.ContractorChange{change}); err != nil {
				t.Fatal(err)
			}
			if err := s.Post(t.Context(), p); !errors.Is(err, loyalty.ErrStale) {
				t.Fatalf("posted on old knowledge: %v", err)
			}
			nothing(t, s, p)
		})
	}
	t.Run("a balance has moved", func(t *testing.T) {
		s, p := on.pageWorld(t)
		if err := s.Post(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		second := p
		second.Documents, second.Lots = nil, nil
		second.Entries = []loyalty.Entry{{Account: p.Accounts[0].ID, Document: 1, Line: 1, Rule: 1, Revision: 2, Kind: loyalty.Reverse, From: loyalty.Active, To: loyalty.Issued, Amount: 5}}
		second.Accounts = []loyalty.AccountWrite{{ID: p.Accounts[0].ID, Exists: true, Before: loyalty.Balance{Seq: 99}}}
		if err := s.Post(t.Context(), second); !errors.Is(err, loyalty.ErrStale) {
			t.Fatalf("a balance was overwritten: %v", err)
		}
		if last, err := s.LastEntry(t.Context()); err != nil || last != 1 {
			t.Errorf("entries up to %d, %v", last, err)
		}
	})
}

func (on Checks) testRuleSets(t *testing.T) {
	s, p := on.pageWorld(t)
	rules := loyalty.RuleSet{ValidFrom: 100, Rules: []loyalty.Rule{{Name: "base"}}}
	save := func(set loyalty.RuleSet) loyalty.Code {
		told := s.CheckRuleSets(t.Context(), p.Feed.ProgramName, []loyalty.RuleSet{set})
		err := s.SaveRuleSets(t.Context(), p.Feed.Program, []loyalty.RuleSet{set})
		if (told == nil) != (err == nil) || told != nil && told.Error() != err.Error() {
			t.Errorf("the check says %v, saving %v", told, err)
		}
		if err == nil {
			return ""
		}
		return loyalty.CodeOf(err)
	}
	if code := save(rules); code != "" {
		t.Fatal(code)
	}
	changed := rules
	changed.Rules = []loyalty.Rule{{Name: "base", ItemGroup: "other"}}
	if code := save(changed); code != "" {
		t.Errorf("rules under which nothing was posted cannot be changed: %s", code)
	}
	versions, _, err := s.RuleSets(t.Context(), p.Feed.Program)
	if err != nil || len(versions) != 1 {
		t.Fatalf("versions %v, %v", versions, err)
	}
	state, err := s.PageState(t.Context(), p.Feed, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Version, p.Documents[0].RuleSet = state.Version, versions[0].ID
	if err := s.Post(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if code := save(rules); code != loyalty.CodeInvalid {
		t.Errorf("rules changed under posted points: %q", code)
	}
	rules.ValidFrom = 99
	if code := save(rules); code != loyalty.CodeInvalid {
		t.Errorf("rules dated before the stored ones: %q", code)
	}
	rules.ValidFrom = 101
	if code := save(rules); code != "" {
		t.Errorf("newer rules: %s", code)
	}
	if code := save(rules); code != "" {
		t.Errorf("the same rules again: %s", code)
	}
	if versions, _, err = s.RuleSets(t.Context(), p.Feed.Program); err != nil || len(versions) != 2 {
		t.Errorf("versions %v, %v", versions, err)
	}
	// A version that no document was scored by may be taken back, and is gone then.
	changed.ValidFrom = 100
	if code := save(changed); code != "" {
		t.Errorf("back to the rules before: %s", code)
	}
	if versions, _, err = s.RuleSets(t.Context(), p.Feed.Program); err != nil || len(versions) != 1 || versions[0].Body.ValidFrom != 100 {
		t.Errorf("versions %v, %v", versions, err)
	}
	rules.ValidFrom = 150 // later rules leave the ones before to earlier documents
	if code := save(rules); code != "" {
		t.Errorf("later rules: %s", code)
	}
	between, last := changed, rules
	between.ValidFrom = 130
	for _, sets := range [][]loyalty.RuleSet{{changed, between, last}, {changed, last}} {
		if err := s.SaveRuleSets(t.Context(), p.Feed.Program, sets); err != nil {
			t.Fatal(err)
		}
		if versions, _, err = s.RuleSets(t.Context(), p.Feed.Program); err != nil || len(versions) != len(sets) {
			t.Errorf("versions %v, %v", versions, err)
		}
	}
}

func (on Checks) testIdentities(t *testing.T) {
	s, p := on.pageWorld(t)
	for _, step := range []struct{ identity, want string }{{"a", ""}, {"a", ""}, {"b", string(loyalty.CodeAction)}, {"a", ""}} {
		err := s.CheckIdentity(t.Context(), "erp", step.identity)
		if got := codeOf(err); got != step.want {
			t.Errorf("identity %s: %q, want %q", step.identity, got, step.want)
		}
	}
	if err := s.AcceptIdentity(t.Context(), "erp"); err != nil {
		t.Fatal(err)
	}
	if err := s.CheckIdentity(t.Context(), "erp", "b"); err != nil {
		t.Errorf("the accepted database: %v", err)
	}
	if got := codeOf(s.AcceptIdentity(t.Context(), "nobody")); got != string(loyalty.CodeNotFound) {
		t.Errorf("accepting an unknown source: %q", got)
	}
	for _, f := range []loyalty.Feed{
		{ProgramName: "main", SourceName: "erp", Currency: "EUR"}, {ProgramName: "main", SourceName: "other", Currency: "PLN", Decimals: 2},
	} {
		if _, err := s.OpenFeed(t.Context(), f); codeOf(err) != string(loyalty.CodeAction) {
			t.Errorf("program %s as %s with %d decimals: %v", p.Feed.ProgramName, f.Currency, f.Decimals, err)
		}
	}
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return string(loyalty.CodeOf(err))
}

// testManyAccounts: of a page with many balances all are written, or none because one is
// not what it was computed from.
func (on Checks) testManyAccounts(t *testing.T) {
	s, p := on.pageWorld(t)
	const many = 40
	var people []loyalty.ContractorChange
	var keys []string
	for i := range many {
		key := fmt.Sprint("A", i)
		keys = append(keys, key)
		people = append(people, loyalty.ContractorChange{
			Contractor: loyalty.Contractor{Key: key, Code: key, Active: true, Hash: "h"}, Participation: loyalty.Participation{TakesPart: true},
		})
	}
	if _, err := s.SaveContractors(t.Context(), p.Feed, loyalty.Lease{}, people); err != nil {
		t.Fatal(err)
	}
	members, err := s.Members(t.Context(), p.Feed, keys)
	if err != nil {
		t.Fatal(err)
	}
	page := loyalty.PageWrite{Feed: p.Feed, Version: -1, At: time.Unix(1, 0), Actor: "test"}
	var ids []int64
	for i, key := range keys {
		id := members[key].ID
		ids = append(ids, id)
		page.Accounts = append(page.Accounts, loyalty.AccountWrite{ID: id, After: loyalty.Balance{Active: loyalty.Points(i + 1), Scored: 1}})
	}
	page.Entries = []loyalty.Entry{{Account: ids[0], Document: 9, Line: 1, Rule: 1, Revision: 1, Kind: loyalty.Earn, From: loyalty.Issued, To: loyalty.Active, Amount: 1}}
	balances := func() map[int64]loyalty.Balance {
		t.Helper()
		found, err := s.Balances(t.Context(), ids)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if err := s.Post(t.Context(), page); err != nil {
		t.Fatal(err)
	}
	before := balances()
	if b := before[ids[many-1]]; len(before) != many || b.Active != many || b.Scored != 1 || b.Seq == 0 {
		t.Errorf("%d accounts, the last %+v", len(before), b)
	}
	next := func(change func(*loyalty.PageWrite)) loyalty.PageWrite {
		w := page
		w.Entries = []loyalty.Entry{page.Entries[0]}
		w.Entries[0].Revision = 2
		w.Accounts = slices.Clone(page.Accounts)
		for i := range w.Accounts {
			a := &w.Accounts[i]
			a.Exists, a.Before = true, before[a.ID]
			a.After = a.Before
			a.After.Active++
		}
		change(&w)
		return w
	}
	for name, change := range map[string]func(*loyalty.PageWrite){
		"one moved":            func(w *loyalty.PageWrite) { w.Accounts[7].Before.Seq++ },
		"one was there before": func(w *loyalty.PageWrite) { w.Accounts[7].Exists = false },
		"of another program":   func(w *loyalty.PageWrite) { w.Feed.Program++ },
		"one is not there":     func(w *loyalty.PageWrite) { w.Accounts[7].ID = 1 << 40 },
	} {
		if err := s.Post(t.Context(), next(change)); !errors.Is(err, loyalty.ErrStale) {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(before, balances()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if err := s.Post(t.Context(), next(func(*loyalty.PageWrite) {})); err != nil {
		t.Fatal(err)
	}
	if b, was := balances()[ids[7]], before[ids[7]]; b.Active != was.Active+1 || b.Seq <= was.Seq {
		t.Errorf("%+v after %+v", b, was)
	}
}
