package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
)

// TestReadAheadIsOfNow: what is read ahead for a group is what the operations before in it
// have left.
func TestReadAheadIsOfNow(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { readAheadIsOfNow(t, inFile(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { readAheadIsOfNow(t, onServer(t)) })
}

func readAheadIsOfNow(t *testing.T, s *Store) {
	t.Helper()
	feed := newFeed(t, s)
	var people []loyalty.ContractorChange
	for key := range 6 {
		people = append(people, loyalty.ContractorChange{
			Contractor:    loyalty.Contractor{Key: fmt.Sprint(key), Code: fmt.Sprint(key), Active: true, Hash: "h"},
			Participation: loyalty.Participation{TakesPart: true}, Today: 20000,
		})
	}
	if _, err := s.SaveContractors(t.Context(), feed, loyalty.Lease{}, people); err != nil {
		t.Fatal(err)
	}
	members, err := s.Members(t.Context(), feed, []string{"0", "1", "2", "3", "4", "5"})
	if err != nil {
		t.Fatal(err)
	}
	account := func(key int) int64 { return members[fmt.Sprint(key)].ID }
	type seen struct {
		Active loyalty.Points
		Lots   int
		From   int
		Into   bool
	}
	var got []seen
	give := func(key, also int, points loyalty.Points) *pendingOperation {
		o := loyalty.Operation{
			Program: feed.Program, Account: account(key), Kind: loyalty.PointAdjustment, State: loyalty.Posted, Key: fmt.Sprint(len(got), key, points),
			Points: points, Spent: points, On: 20000, Actor: "anna", Reason: "test", CreatedAt: time.Unix(5, 0).UTC(), Fingerprint: "f",
		}
		return &pendingOperation{call: loyalty.OperationCall{New: o, Today: 20000}, decide: func(b loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error) {
			got = append(got, seen{b.Balance.Active, len(b.Lots), len(b.Merged.From), b.Merged.Into != 0})
			page := loyalty.PageWrite{Feed: b.Feed, Version: -1, At: time.Unix(5, 0), Actor: "anna"}
			for line, id := range []int64{account(key), account(also)} {
				before, exists := b.Balance, b.Exists
				if line > 0 {
					if also == key {
						break
					}
					before, exists = loyalty.Balance{}, false
				}
				after := before
				after.Active += points
				page.Entries = append(page.Entries, loyalty.Entry{
					Account: id, Line: int64(line), Rule: 1, Revision: 1, Kind: loyalty.Adjustment, From: loyalty.Issued, To: loyalty.Active, Amount: points, EffectiveOn: 20000,
				})
				page.Lots = append(page.Lots, loyalty.Lot{Account: id, EarnedOn: 20000, LapsesOn: loyalty.NoDate, Active: points})
				page.Accounts = append(page.Accounts, loyalty.AccountWrite{ID: id, Before: before, After: after, Exists: exists})
			}
			return b.Operation, page, nil
		}}
	}
	merge := &pendingOperation{
		call: loyalty.OperationCall{New: loyalty.Operation{
			Program: feed.Program, Account: account(3), Other: account(4), Kind: loyalty.Merging, State: loyalty.Posted, Key: "merge",
			On: 20000, Actor: "anna", Reason: "test", ResolvedBy: "anna", CreatedAt: time.Unix(5, 0).UTC(), ResolvedAt: time.Unix(5, 0).UTC(),
		}, Today: 20000},
		decide: func(b loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error) {
			return b.Operation, loyalty.PageWrite{Feed: b.Feed, Version: -1, At: time.Unix(5, 0), Actor: "anna"}, nil
		},
	}
	if before := give(5, 5, 2); !s.operateTogether(t.Context(), []*pendingOperation{before}) || before.err != nil {
		t.Fatal(before.err)
	}
	again, nobody := give(0, 0, 5), give(0, 0, 9)
	nobody.call.New.Account = 1 << 40
	group := []*pendingOperation{
		nobody,
		give(0, 0, 5), give(0, 0, 2), // one account twice
		give(1, 2, 3), give(2, 2, 1), // one that another operation gave to
		merge, give(3, 3, 1), give(4, 4, 1), // both of a merge
		give(5, 5, 4), again, // one alone, and one with a key that the group has used
	}
	if !s.operateTogether(t.Context(), group) {
		t.Error("it was not begun")
	}
	for i, p := range group {
		if (p.err != nil) != (p == nobody) || p == nobody && loyalty.CodeOf(p.err) != loyalty.CodeNotFound {
			t.Errorf("operation %d: %v", i, p.err)
		}
	}
	want := []seen{{}, {}, {Active: 5, Lots: 1}, {}, {Active: 3, Lots: 1}, {Into: true}, {From: 1, Lots: 1}, {Active: 2, Lots: 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if again.done.ID != group[1].done.ID || again.done.ID == 0 {
		t.Errorf("with the key of operation %d: operation %d", group[1].done.ID, again.done.ID)
	}
}
