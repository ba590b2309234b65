package ledger_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// holder is the account that a till finds by the card of a contractor.
func (x *history) holder(t *testing.T, key string) int64 {
	t.Helper()
	id := x.account(t, key)
	groups, err := x.store.Groups(t.Context(), []int64{id})
	if err != nil {
		t.Fatal(err)
	}
	return groups.Holder(id)
}

// merge merges one of the two contractors into the other, or takes its merge back.
func (x *history) merge(t *testing.T, what, who string) string {
	t.Helper()
	a := x.adjuster()
	a.ApproveAbove = 0
	if what == "merge" {
		o, err := a.Merge(t.Context(), ledger.AdjustmentRequest{
			Account: x.account(t, who), To: x.account(t, map[string]string{"A": "B", "B": "A"}[who]), Actor: "anna", Reason: "one firm",
		})
		return outcome(t, o, err)
	}
	list, err := x.store.MergesOf(t.Context(), x.account(t, who))
	if err != nil {
		t.Fatal(err)
	}
	merge, err := ledger.MergeOf(list, x.account(t, who))
	if loyalty.CodeOf(err) == loyalty.CodeNotFound {
		return "not merged"
	}
	o, err := a.Unmerge(t.Context(), merge.Operation, "anna")
	return outcome(t, o, err)
}

// reread takes every document again as it stands, and says what that wrote.
func (x *history) reread(t *testing.T) (entries int) {
	t.Helper()
	for _, key := range x.order {
		done, err := x.book.Page(t.Context(), ledger.Page{Documents: []loyalty.Document{x.docs[key]}, Force: true, Actor: "test"})
		if err != nil {
			t.Fatal(err)
		}
		entries += done.Entries
	}
	return entries
}

// balances are what told says, without documents that are counted: they stay whose
// they are.
func (x *history) balances(t *testing.T) string {
	t.Helper()
	return uncounted(x.now(t))
}

func uncounted(told string) string {
	return regexp.MustCompile(` scored \d+`).ReplaceAllString(told, "")
}

// net is what both contractors have together, less what they owe.
func (x *history) net(t *testing.T) string {
	t.Helper()
	return strings.Join(x.texts(t, `SELECT coalesce(sum(pending), 0) || ' pending, ' || coalesce(sum(active + lapsed - debt), 0) || ' active, ' || coalesce(sum(held + spent), 0)
		|| ' spent' FROM account WHERE program_id = $1`, x.feed.Program), "")
}

// TestMerge: A has 70 points that lapse in ten days, 30 that lapse today and 20 pending
// ones; B has 50 that lapse in ten days.
func TestMerge(t *testing.T) {
	h := newHome(t)
	for _, c := range []struct {
		name string
		do   func(t *testing.T, x *history)
		want string
	}{
		{"all is moved", func(t *testing.T, x *history) {
			x.merge(t, "merge", "A")
		}, "A: available 0 pending 0 lapsed 0 debt 0; B: available 1500 pending 200 lapsed 0 debt 0"},
		{"and comes back", func(t *testing.T, x *history) {
			x.merge(t, "merge", "A")
			x.merge(t, "unmerge", "A")
		}, "A: available 1000 pending 200 lapsed 0 debt 0; B: available 500 pending 0 lapsed 0 debt 0"},
		{"the last days stay", func(t *testing.T, x *history) {
			x.merge(t, "merge", "A")
			*x.clock = x.clock.AddDate(0, 0, 1)
			x.lapse(t, 5, all)
			x.merge(t, "unmerge", "A")
		}, "A: available 700 pending 200 lapsed 300 debt 0; B: available 500 pending 0 lapsed 0 debt 0"},
		{"documents of both give points to one", func(t *testing.T, x *history) {
			x.merge(t, "merge", "A")
			x.post(t, sale("5", "", "A", x.today(), loyalty.Released, 7), sale("3", "", "A", x.today(), loyalty.Released, 20))
		}, "A: available 0 pending 0 lapsed 0 debt 0; B: available 1770 pending 0 lapsed 0 debt 0"},
		{"and to each its own after it is taken back", func(t *testing.T, x *history) {
			x.merge(t, "merge", "A")
			x.post(t, sale("5", "", "A", x.today(), loyalty.Released, 7))
			x.merge(t, "unmerge", "A")
			x.post(t, sale("6", "5", "A", x.today(), loyalty.Released, -3), sale("3", "", "A", x.today(), loyalty.Released, 20))
		}, "A: available 1240 pending 0 lapsed 0 debt 0; B: available 500 pending 0 lapsed 0 debt 0"},
		{"a return finds the lot of its sale", func(t *testing.T, x *history) {
			x.merge(t, "merge", "A")
			x.post(t, sale("5", "1", "A", x.today(), loyalty.Released, -70))
			x.merge(t, "unmerge", "A")
		}, "A: available 300 pending 200 lapsed 0 debt 0; B: available 500 pending 0 lapsed 0 debt 0"},
		{"what is spent stays spent", func(t *testing.T, x *history) {
			x.merge(t, "merge", "A")
			x.redeem(t, step{redeem: "spend", who: "A", points: 400})
			x.merge(t, "unmerge", "A")
		}, "A: available 600 pending 200 lapsed 0 debt 0; B: available 500 pending 0 lapsed 0 debt 0 held 0 spent 400"},
		{"and comes back to whose it was", func(t *testing.T, x *history) {
			x.merge(t, "merge", "A")
			x.redeem(t, step{redeem: "spend", who: "A", points: 400})
			x.merge(t, "unmerge", "A")
			x.redeem(t, step{redeem: "undo", op: 0})
		}, "A: available 1000 pending 200 lapsed 0 debt 0; B: available 500 pending 0 lapsed 0 debt 0"},
		{"what was spent before comes back to the one that has the points", func(t *testing.T, x *history) {
			x.redeem(t, step{redeem: "spend", who: "A", points: 400})
			x.merge(t, "merge", "A")
			x.redeem(t, step{redeem: "undo", op: 0})
		}, "A: available 0 pending 0 lapsed 0 debt 0; B: available 1500 pending 200 lapsed 0 debt 0"},
		{"what is owed is repaid, no more than there is", func(t *testing.T, x *history) {
			x.redeem(t, step{redeem: "spend", who: "A", points: 1000})
			x.post(t, sale("5", "1", "A", x.today(), loyalty.Released, -70))
			x.merge(t, "merge", "A")
		}, "A: available 0 pending 0 lapsed 0 debt 0 held 0 spent 1000; B: available 0 pending 200 lapsed 0 debt 200"},
		{"and what is left of it is owed again by whom it was", func(t *testing.T, x *history) {
			x.redeem(t, step{redeem: "spend", who: "A", points: 1000})
			x.post(t, sale("5", "1", "A", x.today(), loyalty.Released, -70))
			x.merge(t, "merge", "A")
			x.merge(t, "unmerge", "A")
		}, "A: available 0 pending 200 lapsed 0 debt 200 held 0 spent 1000; B: available 0 pending 0 lapsed 0 debt 0"},
		{"the other's debt is repaid too", func(t *testing.T, x *history) {
			x.redeem(t, step{redeem: "spend", who: "B", points: 500})
			x.post(t, sale("5", "4", "B", x.today(), loyalty.Released, -50))
			x.merge(t, "merge", "A")
			x.merge(t, "unmerge", "A")
		}, "A: available 500 pending 200 lapsed 0 debt 0; B: available 0 pending 0 lapsed 0 debt 0 held 0 spent 500"},
		{"what lapsed is taken back first", func(t *testing.T, x *history) {
			*x.clock = x.clock.AddDate(0, 0, 1)
			x.lapse(t, 5, all)
			x.merge(t, "merge", "A")
			x.post(t, sale("5", "2", "A", x.today(), loyalty.Released, -30))
		}, "A: available 0 pending 0 lapsed 0 debt 0; B: available 1200 pending 200 lapsed 0 debt 0"},
		{"points of one lot go on to others", func(t *testing.T, x *history) {
			x.adjust(t, "transfer", "A", 350)
			x.merge(t, "merge", "A")
			x.merge(t, "unmerge", "A")
			x.adjust(t, "transfer", "B", 100)
		}, "A: available 750 pending 200 lapsed 0 debt 0; B: available 750 pending 0 lapsed 0 debt 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := noon
			x := h.history(t, &clock, nil)
			day := x.today()
			x.post(t, sale("1", "", "A", day, loyalty.Released, 70), sale("2", "", "A", day.AddDays(-10), loyalty.Released, 30),
				sale("3", "", "A", day, loyalty.Buffered, 20), sale("4", "", "B", day, loyalty.Released, 50))
			c.do(t, x)
			if got := x.balances(t); got != c.want || len(x.unsound(t)) > 0 {
				t.Errorf("%s\nwant %s; unsound %v", got, c.want, x.unsound(t))
			}
			moment := loyalty.AsOf{Date: loyalty.NoDate, PostedAt: clock.Add(time.Hour), Today: x.today()}
			if got := uncounted(x.told(t, moment)); got != c.want {
				t.Errorf("by its entries %s\nwant %s", got, c.want)
			}
			x.statements(t, day.AddDays(-20), x.today())
			if n := x.reread(t); n != 0 {
				t.Errorf("reading everything again wrote %d entries", n)
			}
		})
	}
}

// TestMergedDocumentGoesToAThird: a document of a merged contractor whose party becomes a
// third one takes its points along once, however often it is read, and after the merge is
// undone.
func TestMergedDocumentGoesToAThird(t *testing.T) {
	h := newHome(t)
	for _, unmergedFirst := range []bool{false, true} {
		clock := noon
		x := h.history(t, &clock, nil)
		c := loyalty.ContractorChange{
			Contractor:    loyalty.Contractor{Key: "C", Code: "C", Active: true, Hash: "C"},
			Participation: loyalty.Participation{TakesPart: true, EarnFrom: loyalty.NoDate}, Today: loyalty.NewDate(2026, 1, 1),
		}
		if _, err := h.store.SaveContractors(t.Context(), x.feed, loyalty.Lease{}, []loyalty.ContractorChange{c}); err != nil {
			t.Fatal(err)
		}
		x.post(t, sale("1", "", "A", x.today(), loyalty.Released, 70), sale("2", "", "A", x.today(), loyalty.Released, 100), sale("3", "", "B", x.today(), loyalty.Released, 50))
		x.merge(t, "merge", "A")
		x.post(t, sale("1", "", "C", x.today(), loyalty.Released, 70))
		if unmergedFirst {
			x.merge(t, "unmerge", "A")
		}
		if n := x.reread(t); n != 0 {
			t.Errorf("reading everything again wrote %d entries", n)
		}
		if !unmergedFirst {
			x.merge(t, "unmerge", "A")
		}
		if n := x.reread(t); n != 0 {
			t.Errorf("reading everything again wrote %d entries", n)
		}
		if got, want := x.balances(t), "A: available 1000 pending 0 lapsed 0 debt 0; B: available 500 pending 0 lapsed 0 debt 0"; got != want || len(x.unsound(t)) > 0 {
			t.Errorf("%s, want %s; unsound %v", got, want, x.unsound(t))
		}
	}
}

// TestMergesAddUp plays random histories with merges: they and their way back move
// points, and make and lose none; what is posted stays what documents should have; and
// when everything is cancelled and undone, the two together are left with nothing.
func TestMergesAddUp(t *testing.T) {
	playHistories(t)
	h := newHome(t)
	rapid.Check(t, func(r *rapid.T) {
		clock := noon
		x := h.history(t, &clock, nil)
		x.debts = rapid.SampledFrom([]loyalty.DebtPolicy{loyalty.DebtUnlimited, loyalty.DebtUnlimited, loyalty.DebtWithinBalance, loyalty.DebtPendingOnly}).Draw(r, "policy")
		x.ledgerOn(t, x.store)
		for range rapid.IntRange(2, 14).Draw(r, "steps") {
			s := drawStep(r, x, "merge", "merge", "unmerge", "unmerge")
			clock = clock.AddDate(0, 0, s.days)
			if s.doc != nil {
				x.post(t, *s.doc)
			}
			before := x.net(t)
			said := x.redeem(t, s)
			if merging := s.redeem == "merge" || s.redeem == "unmerge"; merging && x.net(t) != before {
				r.Fatalf("%s of %s (%s): %s, before %s", s.redeem, s.who, said, x.net(t), before)
			}
			if bad := x.unsound(t); len(bad) > 0 {
				r.Fatal(s.redeem, said, bad)
			}
			if rapid.Bool().Draw(r, "lapse") {
				x.lapse(t, 3, all)
			}
			if n := x.reread(t); n != 0 {
				r.Fatalf("after %s of %s, reading everything again wrote %d entries", s.redeem, s.who, n)
			}
		}
		x.cancelAll(t)
		left := x.net(t)
		if bad := x.unsound(t); len(bad) > 0 || x.debts == loyalty.DebtUnlimited && left != "0 pending, 0 active, 0 spent" {
			r.Fatalf("all is cancelled and undone: %s, unsound %v", left, bad)
		}
		for _, who := range []string{"A", "B"} {
			x.merge(t, "unmerge", who)
		}
		x.merge(t, "merge", "A")
		if got := x.net(t); got != left {
			r.Fatalf("merged they have %s, before %s", got, left)
		}
	})
}

// TestTheTimeOfAMergeDoesNotMatter: whether contractors are merged before documents come,
// or between, or after them, they end with the same points.
func TestTheTimeOfAMergeDoesNotMatter(t *testing.T) {
	playHistories(t)
	h := newHome(t)
	rapid.Check(t, func(r *rapid.T) {
		clock := noon
		early, late := h.history(t, &clock, nil), h.history(t, &clock, nil)
		early.merge(t, "merge", "A")
		steps := rapid.IntRange(1, 8).Draw(r, "steps")
		at := rapid.IntRange(0, steps).Draw(r, "merged after")
		for i := range steps {
			if i == at {
				late.merge(t, "merge", "A")
			}
			key, on := strconv.Itoa(i), early.today().AddDays(-rapid.IntRange(0, 8).Draw(r, "ago"))
			who, corrects := rapid.SampledFrom([]string{"A", "B"}).Draw(r, "who"), ""
			net := rapid.Int64Range(-3, 9).Draw(r, "net")
			if i > 0 && rapid.Bool().Draw(r, "correction") {
				corrects = early.order[0]
				who, net = early.docs[corrects].Party, -net
			}
			d := sale(key, corrects, who, on, rapid.SampledFrom([]loyalty.State{loyalty.Released, loyalty.Buffered}).Draw(r, "state"), net)
			early.post(t, d)
			late.post(t, d)
		}
		late.merge(t, "merge", "A") // or is refused, as they are merged
		if a, b := early.balances(t), late.balances(t); a != b {
			r.Fatalf("merged before %s\nlater         %s", a, b)
		}
		for _, x := range []*history{early, late} {
			if bad := x.unsound(t); len(bad) > 0 {
				r.Fatal(bad)
			}
		}
	})
}
