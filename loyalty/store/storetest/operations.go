package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// spend spends points of an account for a bill, from its first lot.
func spend(t *testing.T, s *store.Store, o loyalty.Operation) (loyalty.Operation, error) {
	t.Helper()
	return s.Operate(t.Context(), loyalty.OperationCall{New: o, Today: today}, spending(o))
}

func spending(o loyalty.Operation) func(loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error) {
	return func(b loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error) {
		done, l, after := b.Operation, b.Lots[0], b.Balance
		l.Active -= o.Points
		after.Active, after.Spent = after.Active-o.Points, after.Spent+o.Points
		return done, loyalty.PageWrite{
			Feed: b.Feed, Version: -1, At: time.Unix(2, 0), Actor: "till", Lots: []loyalty.Lot{l},
			Entries:  []loyalty.Entry{{Account: o.Account, Line: l.ID, Revision: 1, Kind: loyalty.Spend, From: loyalty.Active, To: loyalty.Spent, Amount: o.Points, EffectiveOn: today}},
			Accounts: []loyalty.AccountWrite{{ID: o.Account, Before: b.Balance, After: after, Exists: b.Exists}},
		}, nil
	}
}

func redemptionOf(p loyalty.PageWrite, key string, points loyalty.Points) loyalty.Operation {
	return loyalty.Operation{
		Program: p.Feed.Program, Account: p.Accounts[0].ID, Kind: loyalty.Redemption, State: loyalty.Posted, Key: key, Fingerprint: key, Points: points, Spent: points,
		Rate: decimal.RequireFromString("0.50"), Worth: decimal.RequireFromString("1.50"), Currency: "PLN", Document: "FS/20", On: today, Actor: "till", CreatedAt: time.Unix(2, 0).UTC(),
	}
}

// testOperations: an operation is written with its entries, once for its key, or not at
// all; what it took is found by its lot.
func (on Checks) testOperations(t *testing.T) {
	s, p := on.pageWorld(t)
	if err := s.Post(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	account := p.Accounts[0].ID
	o := redemptionOf(p, "k", 3)
	done, err := spend(t, s, o)
	if err != nil {
		t.Fatal(err)
	}
	o.ID = done.ID
	if diff := cmp.Diff(o, done); diff != "" {
		t.Error(diff)
	}
	again, err := spend(t, s, redemptionOf(p, "k", 3))
	if diff := cmp.Diff(done, again); diff != "" || err != nil {
		t.Errorf("again: %v %s", err, diff)
	}
	other := redemptionOf(p, "k", 2)
	other.Fingerprint = "other"
	if _, err := spend(t, s, other); !refused(err, loyalty.OtherRequest) {
		t.Errorf("another request with the key: %v", err)
	}
	if _, err := spend(t, s, redemptionOf(p, "k2", 3)); err == nil {
		t.Error("a balance below nothing was written")
	}
	strange := redemptionOf(p, "k3", 1)
	strange.Program++
	if _, err := spend(t, s, strange); loyalty.CodeOf(err) != loyalty.CodeNotFound {
		t.Errorf("the account of another program: %v", err)
	}
	balances, err := s.Balances(t.Context(), []int64{account})
	if diff := cmp.Diff(loyalty.Balance{Active: 2, Spent: 3, Scored: 1, Seq: 2}, balances[account]); diff != "" || err != nil {
		t.Error(diff, err)
	}
	lots, err := s.Lots(t.Context(), nil, map[int64]loyalty.Points{account: 9}, today)
	if err != nil || len(lots) != 1 {
		t.Fatal(lots, err)
	}
	_, err = s.Operate(t.Context(), loyalty.OperationCall{ID: done.ID, Since: []loyalty.Date{today, today.AddDays(1)}}, func(b loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error) {
		if diff := cmp.Diff([]loyalty.Taken{{Lot: lots[0].ID, Spent: 3, Revision: 1, Entry: 2}}, b.Taken); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]loyalty.Points{3, 0}, b.Redeemed); diff != "" || len(b.Lots) != 1 || b.Lots[0] != lots[0] {
			t.Error(diff, b.Lots)
		}
		return b.Operation, loyalty.PageWrite{}, nil
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := s.Operation(t.Context(), done.ID+1); loyalty.CodeOf(err) != loyalty.CodeNotFound {
		t.Errorf("one that is not there: %v", err)
	}
}

// testOperationsTogether: of operations that wait for one another each gets what it would
// get alone, whatever becomes of those beside it.
func (on Checks) testOperationsTogether(t *testing.T) {
	s, p := on.pageWorld(t)
	if err := s.Post(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	account := p.Accounts[0].ID
	begun, others := make(chan struct{}), make(chan struct{})
	said := make(chan string, 7)
	run := func(name string, o loyalty.Operation, ctx context.Context, decide func(loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error)) {
		defer func() {
			if recover() != nil {
				said <- name + " panicked"
			}
		}()
		done, err := s.Operate(ctx, loyalty.OperationCall{New: o, Today: today}, decide)
		why, _ := errors.AsType[*loyalty.Refused](err)
		switch {
		case err == nil && done.ID > 0:
			said <- name + " spent"
		case why != nil:
			said <- name + " " + string(why.Reason)
		case errors.Is(err, context.Canceled):
			said <- name + " canceled"
		default:
			said <- name + " " + string(loyalty.CodeOf(err))
		}
	}
	first := redemptionOf(p, "first", 1)
	go run("first", first, t.Context(), func(b loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error) {
		close(begun)
		<-others
		return spending(first)(b)
	})
	<-begun
	canceled, cancel := context.WithCancel(t.Context())
	strange, panics := redemptionOf(p, "strange", 1), redemptionOf(p, "panics", 1)
	strange.Program++
	go run("second", redemptionOf(p, "second", 1), t.Context(), spending(redemptionOf(p, "second", 1)))
	go run("strange", strange, t.Context(), spending(strange))
	go run("below nothing", redemptionOf(p, "below", 9), t.Context(), spending(redemptionOf(p, "below", 9)))
	go run("too many", redemptionOf(p, "many", 1), t.Context(), func(b loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error) {
		return b.Operation, loyalty.PageWrite{}, loyalty.Refuse(loyalty.Insufficient, "too many", "")
	})
	go run("who left", panics, canceled, func(loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error) {
		panic("it was not to be run")
	})
	time.Sleep(50 * time.Millisecond) // most wait by now; the rest comes later, with the same result
	cancel()
	time.Sleep(50 * time.Millisecond)
	close(others)
	var got []string
	for range 6 {
		got = append(got, <-said)
	}
	slices.Sort(got)
	want := []string{"below nothing internal", "first spent", "second spent", "strange not_found", "too many " + string(loyalty.Insufficient), "who left canceled"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	balances, err := s.Balances(t.Context(), []int64{account})
	if b := balances[account]; err != nil || b.Active != 3 || b.Spent != 2 {
		t.Error(b, err)
	}
	go run("who panics", panics, t.Context(), func(loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error) { panic("it is told to") })
	if last := <-said; last != "who panics panicked" {
		t.Error(last)
	}
	if _, err := spend(t, s, redemptionOf(p, "last", 1)); err != nil {
		t.Errorf("after a panic: %v", err)
	}
}

func refused(err error, why loyalty.Refusal) bool {
	r, ok := errors.AsType[*loyalty.Refused](err)
	return ok && r.Reason == why
}

// testPaidBills: a page that was computed before a bill was paid is not written.
func (on Checks) testPaidBills(t *testing.T) {
	s, p := on.pageWorld(t)
	if err := s.Post(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	bill := loyalty.PageWrite{Feed: p.Feed, Version: p.Version, At: time.Unix(3, 0), Bills: loyalty.PaidBills{Numbers: []string{"FS/20", "FS/30"}}}
	if err := s.Post(t.Context(), bill); err != nil {
		t.Errorf("nothing is paid: %v", err)
	}
	for _, key := range []string{"a", "b"} {
		if _, err := spend(t, s, redemptionOf(p, key, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Post(t.Context(), bill); !errors.Is(err, loyalty.ErrStale) {
		t.Errorf("paid meanwhile: %v", err)
	}
	var err error
	bill.Bills.Paid, err = s.PaidBills(t.Context(), p.Feed.Program, bill.Bills.Numbers)
	want := []loyalty.PaidBill{{Document: "FS/20", Account: p.Accounts[0].ID, On: today, Worth: decimal.NewFromInt(3)}}
	if diff := cmp.Diff(want, bill.Bills.Paid); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if err := s.Post(t.Context(), bill); err != nil {
		t.Errorf("as it was computed: %v", err)
	}
	if paid, err := s.PaidBills(t.Context(), p.Feed.Program+1, bill.Bills.Numbers); err != nil || len(paid) > 0 {
		t.Errorf("another program: %v, %v", paid, err)
	}
}
