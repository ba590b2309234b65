package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// testRebuildBalances compares the balances of one program, and computes those anew that
// are not the sums of their entries; nobody does without the lease.
func (on Checks) testRebuildBalances(t *testing.T) {
	s, db := on.seeded(t) // account 1 has a lapsed point too many
	for _, statement := range []string{
		`INSERT INTO contractor (id, feed_id, erp_key, code) VALUES (6, 3, '106', 'K006')`, `INSERT INTO account (id, program_id, spent) VALUES (6, 2, 9)`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when string, program int64, want ...string) {
		t.Helper()
		breaches, counts, err := s.CompareBalances(t.Context(), program)
		var got []string
		for _, b := range breaches {
			got = append(got, fmt.Sprint(b.Kind, " ", b.Account, " ", b.Contractor, " ", counts[b.Kind]))
		}
		if !slices.Equal(got, want) || err != nil {
			t.Errorf("%s: program %d: %q, want %q, %v", when, program, got, want, err)
		}
	}
	rebuild := func(lease loyalty.Lease, program, want int64) error {
		t.Helper()
		n, err := s.RebuildBalances(t.Context(), lease, program)
		if n != want {
			t.Errorf("program %d: %d balances computed anew, want %d", program, n, want)
		}
		return err
	}
	check("seeded", 1, "balance_wrong 1 K001 1", "lots_wrong 1 K001 1")
	check("seeded", 2, "balance_wrong 6 K006 1")
	if err := rebuild(loyalty.Lease{Name: "feed/main/optima", Token: 7}, 1, 0); !errors.Is(err, loyalty.ErrLeaseLost) {
		t.Errorf("without the lease: %v", err)
	}
	const balances = `SELECT id || ' ' || pending || ' ' || active || ' ' || held || ' ' || spent || ' ' || lapsed || ' ' || debt FROM account ORDER BY id`
	if err := rebuild(loyalty.Lease{}, 1, 1); err != nil {
		t.Fatal(err)
	}
	check("one program computed anew", 1)
	check("the other is left", 2, "balance_wrong 6 K006 1")
	if err := errors.Join(rebuild(loyalty.Lease{}, 2, 1), rebuild(loyalty.Lease{}, 1, 0)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("1 5 32 0 0 0 0\n4 0 0 0 0 0 7\n6 0 0 0 0 0 0\n", rows(t, db, balances, 1)); diff != "" {
		t.Error(diff)
	}
}

// testLineDifferences tells what entries after one of them change, each line once, in
// pages of every size.
func (on Checks) testLineDifferences(t *testing.T) {
	s, _ := on.seeded(t)
	for limit := 1; limit < 6; limit++ {
		if got, want := lineDifferences(t, s, 5, limit), []string{
			"line_extra 3 11 base K001 8>0", "line_missing 4 " + fmt.Sprint(loyalty.LineID("a-12")) + " base K001 0>-3",
			"line_missing 5 11 base K001 0>20", "line_missing 7 99 base k004 0>-7",
		}; !slices.Equal(got, want) {
			t.Errorf("%d entries a page: %q, want %q", limit, got, want)
		}
	}
	// what was pending is active: another state of the same points
	got := lineDifferences(t, s, 1, 9)
	if len(got) == 0 || got[0] != "line_different 1 11 base K001 10>10" {
		t.Errorf("activated: %q", got)
	}
	if each := lineDifferences(t, s, 1, 1); !slices.Equal(each, got) {
		t.Errorf("an entry a page: %q, want %q", each, got)
	}
	if got := lineDifferences(t, s, 9, 9); got != nil {
		t.Errorf("after the last entry: %q", got)
	}
}

func lineDifferences(t *testing.T, s *store.Store, mark int64, limit int) (out []string) {
	t.Helper()
	for after := int64(0); ; {
		found, last, err := s.LineDifferences(t.Context(), loyalty.Feed{ID: 1, Program: 1}, mark, after, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range found {
			out = append(out, fmt.Sprintf("%s %s %d %s %s %d>%d", d.Kind, d.Document.ID, d.Line, d.Rule, d.Contractor, d.Posted, d.Desired))
		}
		if last == 0 {
			return out
		}
		after = last
	}
}

// testTaken: what a platform has taken are the entries up to its position that it did not
// refuse; they are found by their keys and as they are sent.
func (on Checks) testTaken(t *testing.T) {
	s, db := on.seeded(t)
	q := wire.Queue{Platform: "hosted", Feed: loyalty.Feed{ID: 1, Program: 1, ProgramName: "main", SourceName: "optima"}, Kind: wire.Points}
	for _, statement := range []string{
		`INSERT INTO delivery_position (platform, feed_id, kind, position) VALUES ('hosted', 1, 'points', 6), ('other', 1, 'points', 9), ('other', 2, 'points', 9)`,
		`INSERT INTO dead_letter (platform, feed_id, kind, item, ref, account_id, code, message, attempts, first_at, last_at, state)
			VALUES ('hosted', 1, 'points', 'x', 4, 1, 'no', '', 1, 0, 0, 'dead'), ('other', 1, 'points', 'x', 5, 1, 'no', '', 1, 0, 0, 'dead')`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	through, waiting, refused, err := s.Delivered(t.Context(), q)
	if through != 6 || waiting != 3 || refused != 1 || err != nil {
		t.Errorf("through %d, %d waiting, %d refused, %v", through, waiting, refused, err)
	}
	var taken []int64
	for after := int64(0); ; {
		page, err := s.TakenPoints(t.Context(), q, after, through, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		taken, after = append(taken, page...), page[len(page)-1]
	}
	if !slices.Equal(taken, []int64{1, 2, 3, 5, 6}) {
		t.Errorf("taken %v", taken)
	}
	items, err := s.PointsByRef(t.Context(), q, []int64{3, 5})
	if err != nil || len(items) != 2 {
		t.Fatalf("%v, %v", items, err)
	}
	key, _ := wire.ParsePointsID(items[1].ID)
	unknown := key
	unknown.Revision = 77
	found, err := s.PointsByKey(t.Context(), q, []wire.EntryKey{unknown, key})
	if err != nil || len(found) != 2 || found[0].Ref != 0 || found[1].Ref != 5 || !cmp.Equal(found[1].Body, items[1].Body) {
		t.Errorf("by key %+v, %v", found, err)
	}
	if names, err := s.FeedPlatforms(t.Context(), q.Feed); !slices.Equal(names, []string{"hosted", "other"}) || err != nil {
		t.Errorf("platforms %v, %v", names, err)
	}
}
