package storetest

import (
	"errors"
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
	return s.Operate(t.Context(), loyalty.OperationCall{New: o, Today: today}, func(b loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error) {
		done, l, after := b.Operation, b.Lots[0], b.Balance
		l.Active -= o.Points
		after.Active, after.Spent = after.Active-o.Points, after.Spent+o.Points
		return done, loyalty.PageWrite{
			Feed: b.Feed, Version: -1, At: time.Unix(2, 0), Actor: "till", Lots: []loyalty.Lot{l},
			Entries:  []loyalty.Entry{{Account: o.Account, Line: l.ID, Revision: 1, Kind: loyalty.Spend, From: loyalty.Active, To: loyalty.Spent, Amount: o.Points, EffectiveOn: today}},
			Accounts: []loyalty.AccountWrite{{ID: o.Account, Before: b.Balance, After: after, Exists: b.Exists}},
		}, nil
	})
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
