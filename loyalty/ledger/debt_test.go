package ledger_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
)

// TestDebtPolicies: what a return takes that comes after the points of its sale were
// spent. A has 70 points of sale 1 and 30 of sale 2, spends the 30 of sale 2 and some
// of sale 1, and returns sale 2.
func TestDebtPolicies(t *testing.T) {
	h := newHome(t)
	for _, c := range []struct {
		policy           loyalty.DebtPolicy
		spent            loyalty.Points
		returned, undone string // the balance of A after the return, and after it was cancelled
		repaid           string // the balance after the return, and another sale of 10
	}{
		{"", 500, "available 200 debt 0", "available 500 debt 0", "available 300 debt 0"},
		{"", 900, "available 0 debt 200", "available 100 debt 0", "available 0 debt 100"},
		{loyalty.DebtUnlimited, 900, "available 0 debt 200", "available 100 debt 0", "available 0 debt 100"},
		{loyalty.DebtWithinBalance, 500, "available 200 debt 0", "available 500 debt 0", "available 300 debt 0"},
		{loyalty.DebtWithinBalance, 900, "available 0 debt 0", "available 100 debt 0", "available 100 debt 0"},
		{loyalty.DebtPendingOnly, 500, "available 500 debt 0", "available 500 debt 0", "available 600 debt 0"},
		{loyalty.DebtPendingOnly, 0, "available 700 debt 0", "available 1000 debt 0", "available 800 debt 0"}, // its own points go
	} {
		for _, way := range []string{"returned", "cancelled", "corrected"} {
			clock := noon
			x := h.history(t, &clock, nil)
			x.debts = c.policy
			x.ledgerOn(t, x.store)
			day := x.today()
			first, second := sale("1", "", "A", day, loyalty.Released, 70), sale("2", "", "A", day.AddDays(-10), loyalty.Released, 30)
			x.post(t, first, second)
			if c.spent > 0 {
				x.redeem(t, step{redeem: "spend", who: "A", points: c.spent})
			}
			back, undo := sale("3", "2", "A", day, loyalty.Released, -30), sale("3", "2", "A", day, loyalty.Cancelled, -30)
			if way == "cancelled" {
				back, undo = second, second
				back.State = loyalty.Cancelled
			}
			if way == "corrected" {
				back, undo = sale("2", "", "A", day.AddDays(-10), loyalty.Released, 0), second
				back.Hash = "nothing on it"
			}
			check := func(when, want string) {
				t.Helper()
				got := strings.Split(x.now(t), ";")[0]
				parts := strings.Fields(got)
				if told := parts[1] + " " + parts[2] + " " + parts[7] + " " + parts[8]; told != want || len(x.unsound(t)) > 0 {
					t.Errorf("%q, %d spent, %s, %s: %s, want %s; unsound %v", c.policy, c.spent, way, when, told, want, x.unsound(t))
				}
			}
			x.post(t, back)
			check("back", c.returned)
			x.post(t, back)
			check("read again", c.returned)
			x.post(t, undo)
			check("undone", c.undone)
			x.post(t, back)
			check("back again", c.returned)
			x.post(t, sale("9", "", "A", day, loyalty.Released, 10))
			check("another sale", c.repaid)
		}
	}
}

// TestNobodyOwesWhereDebtsAreWrittenOff plays random histories: no balance goes below
// nothing, nobody owes, and what is posted for documents is what they should have.
func TestNobodyOwesWhereDebtsAreWrittenOff(t *testing.T) {
	playHistories(t)
	h := newHome(t)
	rapid.Check(t, func(r *rapid.T) {
		clock := noon
		x := h.history(t, &clock, nil)
		x.debts = rapid.SampledFrom([]loyalty.DebtPolicy{loyalty.DebtWithinBalance, loyalty.DebtPendingOnly}).Draw(r, "policy")
		x.ledgerOn(t, x.store)
		free := func() {
			if got := x.now(t); strings.Count(got, " debt 0 ") != 2 {
				r.Fatal(got)
			}
		}
		sound := func() {
			if bad := x.unsound(t); len(bad) > 0 {
				r.Fatal(bad)
			}
		}
		for range rapid.IntRange(1, 14).Draw(r, "steps") {
			s := drawStep(r, x)
			clock = clock.Add(time.Duration(s.days)*24*time.Hour + time.Minute)
			if s.doc != nil {
				x.post(t, *s.doc)
			}
			x.redeem(t, s)
			if rapid.Bool().Draw(r, "lapse") {
				x.lapse(t, 3, all)
			}
			free()
		}
		sound()
		x.cancelAll(t)
		free()
		sound()
		left := x.texts(t, `SELECT erp_key || ': ' || pending || ' ' || active FROM document WHERE feed_id = $1 AND (pending <> 0 OR active <> 0)`, x.feed.ID)
		if len(left) > 0 {
			r.Fatalf("cancelled documents have %v", left)
		}
	})
}
