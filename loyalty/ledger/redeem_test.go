package ledger_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

const holdTime = 8 * time.Hour

// redeemer redeems at 0.50 a point, with one decimal of points.
func (x *history) redeemer() ledger.Redeemer {
	return ledger.Redeemer{
		Store: x.store, Program: loyalty.ProgramOverview{ID: x.feed.Program, Name: x.feed.ProgramName, Currency: "PLN", Decimals: 1},
		Policy: loyalty.RedemptionPolicy{Rate: decimal.RequireFromString("0.5"), Hold: holdTime}, Now: func() time.Time { return *x.clock },
	}
}

func (x *history) account(t *testing.T, key string) int64 {
	t.Helper()
	members, err := x.store.Members(t.Context(), x.feed, []string{key})
	if err != nil || members[key].ID == 0 {
		t.Fatal(key, err)
	}
	return members[key].ID
}

// outcome is what became of a redemption, in words.
func outcome(t *testing.T, o loyalty.Operation, err error) string {
	t.Helper()
	if refused, ok := errors.AsType[*loyalty.Refused](err); ok {
		return string(refused.Reason)
	}
	if err != nil {
		if loyalty.CodeOf(err) == loyalty.CodeInvalid {
			return "invalid"
		}
		t.Fatal(err)
	}
	return fmt.Sprintf("%s %d of %d for %s", o.State, o.Spent, o.Points, o.Worth)
}

// redeem does a step about a redemption; another step does nothing.
func (x *history) redeem(t *testing.T, s step) string {
	t.Helper()
	r := x.redeemer()
	switch s.redeem {
	case "reserve", "spend":
		o, err := r.Reserve(t.Context(), ledger.RedemptionRequest{Account: x.holder(t, s.who), Points: s.points, Post: s.redeem == "spend", Actor: "till"})
		x.ops = append(x.ops, o.ID)
		return outcome(t, o, err)
	case "adjust", "transfer":
		return x.adjust(t, s.redeem, s.who, s.points)
	case "merge", "unmerge":
		return x.merge(t, s.redeem, s.who)
	case "":
		return ""
	}
	id := x.ops[s.op]
	if id == 0 {
		return "was refused"
	}
	var o loyalty.Operation
	var err error
	switch s.redeem {
	case "post":
		o, err = r.Post(t.Context(), id, s.points, "till")
	case "void":
		o, err = r.Void(t.Context(), id, "till")
	case "undo":
		o, err = r.Undo(t.Context(), id, "till")
	}
	return outcome(t, o, err)
}

// cancelAll undoes all redemptions and cancels all documents.
func (x *history) cancelAll(t *testing.T) {
	t.Helper()
	for i := range x.ops {
		x.redeem(t, step{redeem: "void", op: i})
		x.redeem(t, step{redeem: "undo", op: i})
	}
	for _, key := range x.order {
		d := x.docs[key]
		d.State = loyalty.Cancelled
		x.post(t, d)
	}
}

// lotsLeft are the points of lots of A, the sooner to lapse first.
func (x *history) lotsLeft(t *testing.T) string {
	t.Helper()
	return strings.Join(x.texts(t, `SELECT d.erp_key || ' ' || l.active FROM lot l JOIN document d ON d.id = l.document_id
		WHERE l.account_id = $1 ORDER BY l.lapses_on, l.id`, x.account(t, "A")), ", ")
}

// TestRedeem plays redemptions of 70 and 30 points of A, of which the 30 lapse first.
func TestRedeem(t *testing.T) {
	const day = 24 * time.Hour
	type action struct {
		step
		after time.Duration // time that passes before
		says  string
	}
	reserve := func(points loyalty.Points, says string) action {
		return action{step: step{redeem: "reserve", who: "A", points: points}, says: says}
	}
	spend := func(points loyalty.Points, says string) action {
		return action{step: step{redeem: "spend", who: "A", points: points}, says: says}
	}
	do := func(what string, op int, points loyalty.Points, says string) action {
		return action{step: step{redeem: what, op: op, points: points}, says: says}
	}
	later := func(after time.Duration, a action) action { a.after = after; return a }
	document := func(d loyalty.Document) action { return action{step: step{doc: &d}} }
	first := loyalty.DateIn(noon, time.UTC)
	returned := sale("3", "", "A", first, loyalty.Released, -4)

	h := newHome(t)
	for _, c := range []struct {
		name    string
		actions []action
		balance string // of A
		lots    string
	}{
		{
			"reserved points are held, from the lot that lapses first",
			[]action{reserve(400, "reserved 0 of 400 for 20")},
			"available 600 pending 0 lapsed 0 debt 0 scored 2 held 400 spent 0", "2 0, 1 600",
		},
		{
			"posted",
			[]action{reserve(400, "reserved 0 of 400 for 20"), do("post", 0, 0, "posted 400 of 400 for 20"), do("post", 0, 400, "posted 400 of 400 for 20")},
			"available 600 pending 0 lapsed 0 debt 0 scored 2 held 0 spent 400", "2 0, 1 600",
		},
		{
			"posted in part: the rest goes back to its lots",
			[]action{reserve(400, "reserved 0 of 400 for 20"), do("post", 0, 301, "posted 301 of 400 for 15.05")},
			"available 699 pending 0 lapsed 0 debt 0 scored 2 held 0 spent 301", "2 0, 1 699",
		},
		{
			"posted otherwise is refused",
			[]action{reserve(400, "reserved 0 of 400 for 20"), do("post", 0, 301, "posted 301 of 400 for 15.05"), do("post", 0, 300, "resolved"), do("void", 0, 0, "resolved")},
			"available 699 pending 0 lapsed 0 debt 0 scored 2 held 0 spent 301", "2 0, 1 699",
		},
		{
			"more than was held",
			[]action{reserve(400, "reserved 0 of 400 for 20"), do("post", 0, 401, "invalid"), do("post", 0, -1, "invalid")},
			"available 600 pending 0 lapsed 0 debt 0 scored 2 held 400 spent 0", "2 0, 1 600",
		},
		{
			"voided, twice",
			[]action{reserve(400, "reserved 0 of 400 for 20"), do("void", 0, 0, "voided 0 of 400 for 20"), do("void", 0, 0, "voided 0 of 400 for 20"), do("post", 0, 0, "resolved"), do("undo", 0, 0, "resolved")},
			"available 1000 pending 0 lapsed 0 debt 0 scored 2", "2 300, 1 700",
		},
		{
			"in time, by a moment",
			[]action{reserve(400, "reserved 0 of 400 for 20"), later(holdTime-time.Second, do("post", 0, 0, "posted 400 of 400 for 20"))},
			"available 600 pending 0 lapsed 0 debt 0 scored 2 held 0 spent 400", "2 0, 1 600",
		},
		{
			"too late: it has timed out, and its points are free",
			[]action{reserve(400, "reserved 0 of 400 for 20"), later(holdTime, do("post", 0, 0, "expired")), do("void", 0, 0, "timed_out 0 of 400 for 20")},
			"available 1000 pending 0 lapsed 0 debt 0 scored 2", "2 300, 1 700",
		},
		{
			"whoever asks next finds what has timed out free",
			[]action{reserve(900, "reserved 0 of 900 for 45"), spend(200, "insufficient"), later(holdTime, spend(1000, "posted 1000 of 1000 for 50"))},
			"available 0 pending 0 lapsed 0 debt 0 scored 2 held 0 spent 1000", "2 0, 1 0",
		},
		{
			"held by a clock that was three days ahead: free when it is right again",
			[]action{later(3*day, reserve(600, "reserved 0 of 600 for 30")), later(-3*day+time.Minute, spend(1000, "posted 1000 of 1000 for 50"))},
			"available 0 pending 0 lapsed 0 debt 0 scored 2 held 0 spent 1000", "2 0, 1 0",
		},
		{
			"held by a clock that was hours ahead: kept",
			[]action{later(9*time.Hour, reserve(600, "reserved 0 of 600 for 30")), later(-9*time.Hour+time.Minute, spend(1000, "insufficient"))},
			"available 400 pending 0 lapsed 0 debt 0 scored 2 held 600 spent 0", "2 0, 1 400",
		},
		{
			"spent at once, undone twice",
			[]action{spend(400, "posted 400 of 400 for 20"), do("undo", 0, 0, "undone 0 of 400 for 20"), do("undo", 0, 0, "undone 0 of 400 for 20")},
			"available 1000 pending 0 lapsed 0 debt 0 scored 2", "2 300, 1 700",
		},
		{
			"not one more than there are",
			[]action{spend(1001, "insufficient"), spend(1000, "posted 1000 of 1000 for 50"), spend(1, "insufficient")},
			"available 0 pending 0 lapsed 0 debt 0 scored 2 held 0 spent 1000", "2 0, 1 0",
		},
		{
			"points past their day are not spent, held ones may be",
			[]action{later(10*time.Hour, reserve(100, "reserved 0 of 100 for 5")), later(5*time.Hour, spend(700, "posted 700 of 700 for 35")), spend(200, "insufficient"), do("post", 0, 0, "posted 100 of 100 for 5")},
			"available 0 pending 0 lapsed 200 debt 0 scored 2 held 0 spent 800", "2 200, 1 0",
		},
		{
			"what was undone after its last day comes back lapsed",
			[]action{spend(400, "posted 400 of 400 for 20"), later(day, do("undo", 0, 0, "undone 0 of 400 for 20"))},
			"available 700 pending 0 lapsed 300 debt 0 scored 2", "2 300, 1 700",
		},
		{
			"a return after spending is not blocked: it becomes a debt, which what comes back repays",
			[]action{
				spend(1000, "posted 1000 of 1000 for 50"), document(returned), spend(1, "insufficient"), do("undo", 0, 0, "undone 0 of 1000 for 50"),
			},
			"available 960 pending 0 lapsed 0 debt 0 scored 2", "2 260, 1 700",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := noon
			x := h.history(t, &clock, nil)
			x.post(t, sale("1", "", "A", first, loyalty.Released, 70), sale("2", "", "A", first.AddDays(-10), loyalty.Released, 30))
			for i, a := range c.actions {
				clock = clock.Add(a.after)
				if a.doc != nil {
					x.post(t, *a.doc)
				}
				if got := x.redeem(t, a.step); got != a.says {
					t.Errorf("%d: %s says %q, want %q", i, a.redeem, got, a.says)
				}
			}
			if got := strings.TrimPrefix(strings.Split(x.now(t), "; ")[0], "A: "); got != c.balance {
				t.Errorf("balance %s\n   want %s", got, c.balance)
			}
			if got := x.lotsLeft(t); got != c.lots || len(x.unsound(t)) > 0 {
				t.Errorf("lots %s, want %s; unsound %v", got, c.lots, x.unsound(t))
			}
		})
	}
}

// TestRedemptionKeys: a key stands for one request for ever.
func TestRedemptionKeys(t *testing.T) {
	h := newHome(t)
	clock := noon
	x := h.history(t, &clock, nil)
	x.post(t, sale("1", "", "A", x.today(), loyalty.Released, 70), sale("2", "", "B", x.today(), loyalty.Released, 70))
	ask := func(who, key string, points loyalty.Points, document string) (loyalty.Operation, string) {
		o, err := x.redeemer().Reserve(t.Context(), ledger.RedemptionRequest{
			Account: x.account(t, who), Key: key, Points: points, Document: document, Post: true, Actor: "till",
		})
		return o, outcome(t, o, err)
	}
	first, says := ask("A", "k1", 100, "PA/1")
	if says != "posted 100 of 100 for 5" {
		t.Fatal(says)
	}
	if again, says := ask("A", "k1", 100, "PA/1"); again.ID != first.ID || says != "posted 100 of 100 for 5" {
		t.Errorf("again: %d %s, first %d", again.ID, says, first.ID)
	}
	strict := x.redeemer()
	strict.Policy.Minimum = 500
	o, err := strict.Reserve(t.Context(), ledger.RedemptionRequest{Account: x.account(t, "A"), Key: "k1", Points: 100, Document: "PA/1", Post: true, Actor: "till"})
	if says := outcome(t, o, err); says != "posted 100 of 100 for 5" {
		t.Errorf("again, after the policy has changed: %s", says)
	}
	for name, say := range map[string]func() string{
		"other points":   func() string { _, s := ask("A", "k1", 101, "PA/1"); return s },
		"another bill":   func() string { _, s := ask("A", "k1", 100, "PA/2"); return s },
		"another member": func() string { _, s := ask("B", "k1", 100, "PA/1"); return s },
	} {
		if got := say(); got != "other_request" {
			t.Errorf("%s: %s", name, got)
		}
	}
	if o, says := ask("A", "", 100, "PA/1"); o.ID == first.ID || says != "posted 100 of 100 for 5" {
		t.Errorf("without a key: %d %s", o.ID, says)
	}
	if _, says := ask("A", "k2", 100000, ""); says != "insufficient" {
		t.Errorf("refused: %s", says)
	}
	if _, says := ask("A", "k2", 100, ""); says != "posted 100 of 100 for 5" {
		t.Errorf("a refused request uses no key: %s", says)
	}
	x.ops = append(x.ops, first.ID)
	x.redeem(t, step{redeem: "undo"})
	if got := x.now(t); !strings.HasPrefix(got, "A: available 500 ") || len(x.unsound(t)) > 0 {
		t.Error(got, x.unsound(t))
	}
	seen, err := x.store.Operations(t.Context(), x.account(t, "A"), 0, 0, 2)
	if err != nil || len(seen) != 2 {
		t.Fatal(len(seen), err)
	}
	more, err := x.store.Operations(t.Context(), x.account(t, "A"), loyalty.Redemption, seen[1].ID, 10)
	if err != nil || len(more) != 1 || more[0].ID != first.ID {
		t.Errorf("the rest is %+v, %v", more, err)
	}
	first.State, first.Spent, first.ResolvedAt = loyalty.Undone, 0, more[0].ResolvedAt
	if diff := gocmp.Diff(first, more[0], gocmp.Comparer(time.Time.Equal)); diff != "" {
		t.Error(diff)
	}
}

// TestParallelRedeemers: 64 ask for the points of one account at once, through four
// processes. Never a point is overspent, never one is lost.
func TestParallelRedeemers(t *testing.T) {
	h := newHome(t)
	clock := noon
	x := h.history(t, &clock, nil)
	x.post(t, sale("1", "", "A", x.today(), loyalty.Released, 20), sale("2", "", "A", x.today().AddDays(-1), loyalty.Released, 20))
	account := x.account(t, "A")
	stores := []*store.Store{h.store}
	for range 3 {
		s, err := store.Open(t.Context(), h.place.Config(time.Now))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		stores = append(stores, s)
	}
	said := make([]string, 64)
	var all sync.WaitGroup
	for i := range said {
		all.Go(func() {
			r := x.redeemer()
			r.Store = stores[i%len(stores)]
			o, err := r.Reserve(t.Context(), ledger.RedemptionRequest{Account: account, Key: fmt.Sprint(i), Points: 30, Actor: "till"})
			if err == nil && i%2 == 0 {
				o, err = r.Post(t.Context(), o.ID, loyalty.Points(i%3*10), "till")
			} else if err == nil && i%5 == 0 {
				o, err = r.Void(t.Context(), o.ID, "till")
			}
			if refused, ok := errors.AsType[*loyalty.Refused](err); err != nil && (!ok || refused.Reason != loyalty.Insufficient) {
				t.Errorf("%d: %v", i, err)
			}
			if err == nil {
				said[i] = o.State.String()
			}
		})
	}
	all.Wait()
	count := map[string]int{}
	for _, s := range said {
		count[s]++
	}
	if count["reserved"]+count["posted"]+count["voided"] < 400/30 || count[""] == 0 {
		t.Errorf("what became of 64: %v", count)
	}
	if bad := x.unsound(t); len(bad) > 0 {
		t.Error(bad)
	}
	sums := x.texts(t, `SELECT active + held + spent FROM account WHERE id = $1`, account)
	if diff := gocmp.Diff([]string{"400"}, sums); diff != "" {
		t.Error(diff)
	}
}

// TestHoldsOfOtherPrograms: each program lets go of its own.
func TestHoldsOfOtherPrograms(t *testing.T) {
	h := newHome(t)
	clock := noon
	first, second := h.history(t, &clock, nil), h.history(t, &clock, nil)
	for _, x := range []*history{first, second} {
		x.post(t, sale("1", "", "A", x.today(), loyalty.Released, 70))
		if got := x.redeem(t, step{redeem: "reserve", who: "A", points: 100}); got != "reserved 0 of 100 for 5" {
			t.Fatal(got)
		}
	}
	clock = clock.Add(holdTime)
	for _, x := range []*history{second, first} {
		if n, err := x.redeemer().TimeOut(t.Context(), 10); n != 1 || err != nil {
			t.Errorf("%d timed out, %v", n, err)
		}
		if got := x.now(t); !strings.HasPrefix(got, "A: available 700 ") {
			t.Error(got)
		}
	}
}

// TestAPartOfABill: what may be paid with points is of the bill, however many redemptions
// pay it.
func TestAPartOfABill(t *testing.T) {
	h := newHome(t)
	clock := noon
	x := h.history(t, &clock, nil)
	x.post(t, sale("1", "", "A", x.today(), loyalty.Released, 90), sale("2", "", "B", x.today(), loyalty.Released, 90))
	r := x.redeemer()
	r.Policy.MaxShare = decimal.RequireFromString("0.5")
	pay := func(who, bill string, points loyalty.Points) string {
		o, err := r.Reserve(t.Context(), ledger.RedemptionRequest{Account: x.account(t, who), Points: points, Document: bill, Total: decimal.NewFromInt(40), Actor: "till"})
		x.ops = append(x.ops, o.ID)
		return outcome(t, o, err)
	}
	for i, c := range []struct{ who, bill, points, want string }{
		{"A", "PA/1", "401", "not_payable"},
		{"A", "PA/1", "300", "reserved 0 of 300 for 15"},
		{"A", "PA/1", "101", "not_payable"}, // 5.05 of the 5 that are left
		{"B", "PA/1", "101", "not_payable"},
		{"B", "PA/1", "100", "reserved 0 of 100 for 5"},
		{"A", "PA/1", "2", "not_payable"},
		{"A", "PA/2", "400", "reserved 0 of 400 for 20"},
	} {
		points, err := loyalty.ParsePoints(c.points, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := pay(c.who, c.bill, points); got != c.want {
			t.Errorf("%d: %s, want %s", i, got, c.want)
		}
	}
	x.redeem(t, step{redeem: "void", op: 1})
	if got := pay("B", "PA/1", 300); got != "reserved 0 of 300 for 15" {
		t.Errorf("after one was voided: %s", got)
	}
	clock = clock.AddDate(1, 0, 0)
	x.post(t, sale("3", "", "A", x.today(), loyalty.Released, 90))
	if got := pay("A", "PA/1", 400); got != "reserved 0 of 400 for 20" {
		t.Errorf("the same number in another year: %s", got)
	}
}
