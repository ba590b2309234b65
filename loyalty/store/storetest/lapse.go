package storetest

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// lapsing is a store with four lots of one contractor: three that lapse on two days,
// and one that never does.
func (on Checks) lapsing(t *testing.T) (*store.Store, loyalty.PageWrite) {
	t.Helper()
	s, p := on.pageWorld(t)
	account := p.Accounts[0].ID
	first := p.Documents[0]
	p.Documents, p.Entries, p.Lots = nil, nil, nil
	for i, last := range []loyalty.Date{today.AddDays(-1), today.AddDays(-1), today, loyalty.NoDate} {
		d := first
		d.ID, d.Key.ID, d.Root = int64(-1-i), string(rune('a'+i)), string(rune('a'+i))
		p.Documents = append(p.Documents, d)
		p.Entries = append(p.Entries, loyalty.Entry{
			Account: account, Document: d.ID, Line: 1, Rule: 1, Revision: 1, Kind: loyalty.Earn, From: loyalty.Issued, To: loyalty.Active, Amount: 5, EffectiveOn: today.AddDays(-30),
		})
		p.Lots = append(p.Lots, loyalty.Lot{Account: account, Document: d.ID, EarnedOn: today.AddDays(-30), LapsesOn: last, Active: 5, Pending: 2})
	}
	p.Accounts[0].After = loyalty.Balance{Active: 20, Pending: 8, Scored: 4}
	if err := s.Post(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	return s, p
}

func lapsesOn(day loyalty.Date, points loyalty.Points) loyalty.LapsingPoints {
	return loyalty.LapsingPoints{On: day, Points: points, Contractors: min(1, int(points))}
}

// lapse posts the first lot that has lapsed, if there is one.
func lapse(t *testing.T, s *store.Store, feed loyalty.Feed, lease loyalty.Lease) (lots int, err error) {
	t.Helper()
	state, err := s.Lapsing(t.Context(), feed, today, 1)
	if err != nil {
		t.Fatal(err)
	}
	page := loyalty.PageWrite{Feed: feed, Version: -1, Lease: lease, At: time.Unix(9, 0), Actor: "job"}
	for _, l := range state.Lots {
		after := state.Balances[l.Account]
		after.Active, after.Lapsed = after.Active-l.Active, after.Lapsed+l.Active
		page.Accounts = append(page.Accounts, loyalty.AccountWrite{ID: l.Account, Before: state.Balances[l.Account], After: after, Exists: true})
		page.Entries = append(page.Entries, loyalty.Entry{
			Account: l.Account, Document: l.Document, Revision: state.Revisions[l.Document] + 1, Kind: loyalty.Lapsing,
			From: loyalty.Active, To: loyalty.Lapsed, Amount: l.Active, EffectiveOn: l.LapsesOn.AddDays(1),
		})
		l.Active, l.Lapsed = 0, l.Active
		page.Lots = append(page.Lots, l)
	}
	return len(state.Lots), s.Post(t.Context(), page)
}

// testLapse posts what has lapsed, one lot a page, and looks at what is told before
// and afterwards: pending points stay, and nothing is found twice.
func (on Checks) testLapse(t *testing.T) {
	s, p := on.lapsing(t)
	account := p.Accounts[0].ID
	told := func() (f loyalty.LapseForecast) {
		t.Helper()
		f, err := s.LapseForecast(t.Context(), p.Feed.Program, today, today)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	want := loyalty.LapseForecast{
		Overdue: lapsesOn(today.AddDays(-1), 10), Days: []loyalty.LapsingPoints{lapsesOn(today, 5)}, Later: lapsesOn(loyalty.NoDate, 0), Never: lapsesOn(loyalty.NoDate, 5),
	}
	if diff := cmp.Diff(want, told()); diff != "" {
		t.Errorf("before: %s", diff)
	}
	next, err := s.LapsingOf(t.Context(), account, today, 5)
	if diff := cmp.Diff([]loyalty.LapsingPoints{lapsesOn(today, 5)}, next); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, lots := range []int{1, 1, 0} {
		if done, err := lapse(t, s, p.Feed, loyalty.Lease{}); err != nil || done != lots {
			t.Fatalf("a page of %d lots: %d, %v", lots, done, err)
		}
	}
	want.Overdue = lapsesOn(loyalty.NoDate, 0)
	if diff := cmp.Diff(want, told()); diff != "" {
		t.Errorf("afterwards: %s", diff)
	}
	balances, err := s.Balances(t.Context(), []int64{account})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(loyalty.Balance{Active: 10, Pending: 8, Lapsed: 10, Scored: 4, Seq: 6}, balances[account]); diff != "" {
		t.Error(diff)
	}
	lots, err := s.Lots(t.Context(), nil, map[int64]loyalty.Points{account: 100}, today.AddDays(1))
	if err != nil || len(lots) != 1 || lots[0].LapsesOn != loyalty.NoDate {
		t.Errorf("to be spent tomorrow: %+v, %v", lots, err)
	}
	feeds, err := s.Feeds(t.Context(), p.Feed.ProgramName)
	if diff := cmp.Diff([]loyalty.Feed{p.Feed}, feeds); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if feeds, err = s.Feeds(t.Context(), "none"); err != nil || len(feeds) != 0 {
		t.Error(feeds, err)
	}
}

// testSpendOrder asks for points of an account with many lots, with a last day and
// without: what comes is the beginning of the spend order, and enough.
func (on Checks) testSpendOrder(t *testing.T) {
	s, p := on.pageWorld(t)
	first, account := p.Documents[0], p.Accounts[0].ID
	p.Documents, p.Entries, p.Lots = nil, nil, nil
	var order []loyalty.Lot
	for i := range int64(130) {
		d := first
		d.ID, d.Key.ID = -1-i, strconv.FormatInt(i, 10)
		d.Root = d.Key.ID
		l := loyalty.Lot{Account: account, Document: d.ID, EarnedOn: today.AddDays(int(i*7%60) - 90), LapsesOn: loyalty.NoDate, Active: 5}
		if i%2 == 0 {
			l.LapsesOn = today.AddDays(int(i*31%50) - 5)
		}
		p.Documents, p.Lots = append(p.Documents, d), append(p.Lots, l)
	}
	p.Accounts[0].After = loyalty.Balance{Active: 650}
	if err := s.Post(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	for _, need := range []loyalty.Points{1_000, 1, 290, 600} {
		lots, err := s.Lots(t.Context(), nil, map[int64]loyalty.Points{account: need}, today)
		if err != nil {
			t.Fatal(err)
		}
		if order == nil { // all there are
			order = lots
		}
		if len(lots) > len(order) || !slices.Equal(lots, order[:len(lots)]) || !slices.IsSortedFunc(lots, spendOrder) {
			t.Errorf("%d points out of %d lots, not in the order of spending", need, len(lots))
		}
		if want := min(need, 5*loyalty.Points(len(order))); 5*loyalty.Points(len(lots)) < want || lots[0].Past(today) {
			t.Errorf("%d points out of %d lots, the first until %s", need, len(lots), lots[0].LapsesOn)
		}
	}
	if len(order) < 110 || len(order) == 130 {
		t.Errorf("%d lots may be spent", len(order))
	}
}

func spendOrder(a, b loyalty.Lot) int {
	if a.Before(b) {
		return -1
	}
	return 1
}

// A run that lost its lease lapses nothing.
func (on Checks) testLaw9_LostLeaseLapsesNothing(t *testing.T) {
	s, p := on.lapsing(t)
	lease, free, err := s.TakeLease(t.Context(), "job/lapse", "a", time.Minute)
	if err != nil || !free {
		t.Fatal(err)
	}
	if err := s.ReleaseLease(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.TakeLease(t.Context(), "job/lapse", "b", time.Minute); err != nil {
		t.Fatal(err)
	}
	before, err := s.LastEntry(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lapse(t, s, p.Feed, lease); !errors.Is(err, loyalty.ErrLeaseLost) {
		t.Errorf("got %v", err)
	}
	if after, err := s.LastEntry(t.Context()); err != nil || after != before {
		t.Errorf("entries up to %d, before %d: %v", after, before, err)
	}
}
