package ledger_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// otherRules puts a second version into force, of a day after all documents: it gives as
// many times the points, at most so many a document's month if capped.
func (x *history) otherRules(t *testing.T, times int64, capped bool) (version int64) {
	t.Helper()
	first := x.rulesNow(t)[0].Body
	second := first
	second.ValidFrom = loyalty.NewDate(2027, 1, 1)
	rule := first.Rules[0]
	rule.Points = decimal.NewFromInt(times)
	if capped {
		rule.Caps = loyalty.Caps{Month: decimal.NewFromInt(9)}
	}
	second.Rules = []loyalty.Rule{rule}
	x.rules(t, first, second)
	return x.rulesNow(t)[1].ID
}

func (x *history) rulesNow(t *testing.T) []loyalty.RuleSetVersion {
	t.Helper()
	versions, _, err := x.store.RuleSets(t.Context(), x.feed.Program)
	if err != nil {
		t.Fatal(err)
	}
	return versions
}

func (x *history) recomputer(limit int) ledger.Recomputer {
	return ledger.Recomputer{Store: x.store, Ledger: x.book, Limit: limit, Actor: "anna"}
}

// recompute does pages until it is finished, at most so many.
func (x *history) recompute(t *testing.T, r loyalty.Recompute, limit, pages int) (loyalty.Recompute, error) {
	t.Helper()
	for range pages {
		if r.State == loyalty.Recomputed || r.State == loyalty.RecomputeUndone {
			break
		}
		var err error
		if r, _, err = x.recomputer(limit).Page(t.Context(), r); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (x *history) begin(t *testing.T, version int64, from, to loyalty.Date) loyalty.Recompute {
	t.Helper()
	r, err := x.store.BeginRecompute(t.Context(), loyalty.Recompute{Feed: x.feed, RuleSet: version, From: from, To: to, Actor: "anna", Reason: "rules were wrong"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (x *history) undoRecompute(t *testing.T, id int64, limit int) error {
	t.Helper()
	r, err := x.store.BeginUndo(t.Context(), id, "anna", "a mistake")
	if err != nil {
		return err
	}
	if r, err = x.recompute(t, r, limit, all); err == nil && r.State != loyalty.RecomputeUndone {
		t.Errorf("undone, it is %s", r.State)
	}
	return err
}

// pinned is everything that documents are pinned to, and what is used of caps.
func (x *history) pinned(t *testing.T) string {
	t.Helper()
	return strings.Join(x.texts(t, `SELECT erp_key || ' ' || coalesce(rule_set_id, 0) || ' ' || pending || ' ' || active || ' ' || reason FROM document
		WHERE feed_id = $1 ORDER BY 1`, x.feed.ID), "\n") + "\n" +
		strings.Join(x.texts(t, `SELECT rule_id || ' ' || account_id || ' ' || period || ' ' || used FROM cap_use
			WHERE program_id = $1 AND used <> 0 ORDER BY 1`, x.feed.Program), "\n")
}

// TestRecompute: the documents of a period get what the other version gives; the others
// stay, later corrections too follow the version, and undoing restores what was.
func TestRecompute(t *testing.T) {
	h := newHome(t)
	clock := noon
	x := h.history(t, &clock, nil)
	june := loyalty.NewDate(2026, 6, 1)
	x.post(t, sale("1", "", "A", june.AddDays(-9), loyalty.Released, 5), sale("2", "", "A", june.AddDays(-5), loyalty.Released, 4),
		sale("3", "2", "A", june.AddDays(-2), loyalty.Released, -1), sale("4", "", "B", june.AddDays(-1), loyalty.Buffered, 6))
	version := x.otherRules(t, 3, false)
	before, pins := x.now(t), x.pinned(t)
	r := x.begin(t, version, june.AddDays(-5), june)
	if _, err := h.store.BeginRecompute(t.Context(), r); loyalty.CodeOf(err) != loyalty.CodeConflict {
		t.Errorf("two at once: %v", err)
	}
	r, err := x.recompute(t, r, 1, 1)
	if err != nil || r.State != loyalty.Recomputing {
		t.Fatalf("after a page %+v, %v", r, err)
	}
	kept, err := h.store.Recompute(t.Context(), r.ID)
	if err != nil || kept.Position != r.Position || kept.Documents != 1 {
		t.Errorf("kept is %+v, %v", kept, err)
	}
	if r, err = x.recompute(t, kept, 1, all); err != nil || r.State != loyalty.Recomputed {
		t.Fatalf("%+v, %v", r, err)
	}
	if got, want := x.now(t), "A: available 140 pending 0 lapsed 0 debt 0 scored 2; B: available 0 pending 180 lapsed 0 debt 0 scored 0"; got != want {
		t.Errorf("recomputed:\n%s, want\n%s", got, want)
	}
	x.post(t, sale("5", "2", "A", june, loyalty.Released, -1))
	x.post(t, sale("5", "2", "A", june, loyalty.Cancelled, -1))
	if err := x.undoRecompute(t, r.ID, 2); err != nil {
		t.Fatal(err)
	}
	if got := x.now(t); got != before {
		t.Errorf("undone:\n%s, want\n%s", got, before)
	}
	if got := x.pinned(t); !strings.HasPrefix(got, strings.TrimSpace(pins)) {
		t.Errorf("pinned to\n%s, want\n%s", got, pins)
	}
	if err := x.undoRecompute(t, r.ID, 2); loyalty.CodeOf(err) != loyalty.CodeConflict {
		t.Errorf("undone twice: %v", err)
	}
	if bad := x.unsound(t); len(bad) > 0 {
		t.Error(bad)
	}
}

// TestUndoOfSpentPoints: who has spent points of a recompute is told before it is undone.
func TestUndoOfSpentPoints(t *testing.T) {
	h := newHome(t)
	clock := noon
	x := h.history(t, &clock, nil)
	june := loyalty.NewDate(2026, 6, 1)
	x.post(t, sale("1", "", "A", june, loyalty.Released, 5), sale("2", "", "B", june, loyalty.Released, 5))
	r, err := x.recompute(t, x.begin(t, x.otherRules(t, 3, false), loyalty.NoDate, loyalty.NoDate), 10, all)
	if err != nil {
		t.Fatal(err)
	}
	x.redeem(t, step{redeem: "spend", who: "A", points: 120})
	spent := x.now(t)
	undoing := r
	undoing.State, undoing.Position = loyalty.UndoingRecompute, 0
	short, err := x.recomputer(1).Shortages(t.Context(), undoing)
	if err != nil || len(short) != 1 || short[0] != (loyalty.Shortage{Account: x.account(t, "A"), Points: 70}) {
		t.Errorf("short of %+v, %v", short, err)
	}
	if got := x.now(t); got != spent {
		t.Errorf("now %s, want %s", got, spent)
	}
	x.redeem(t, step{redeem: "undo", op: len(x.ops) - 1})
	if short, err := x.recomputer(1).Shortages(t.Context(), undoing); err != nil || len(short) > 0 {
		t.Errorf("short of %+v, %v", short, err)
	}
}

// TestUndoAfterADateHasChanged: the rules of the new date stay.
func TestUndoAfterADateHasChanged(t *testing.T) {
	h := newHome(t)
	clock := noon
	x := h.history(t, &clock, nil)
	june := loyalty.NewDate(2026, 6, 1)
	x.post(t, sale("1", "", "A", june.AddDays(-20), loyalty.Released, 5))
	first := x.rulesNow(t)[0].Body
	double, other := first, first
	double.ValidFrom, other.ValidFrom = june.AddDays(-10), loyalty.NewDate(2027, 1, 1)
	double.Rules, other.Rules = []loyalty.Rule{first.Rules[0]}, []loyalty.Rule{first.Rules[0]}
	double.Rules[0].Points, other.Rules[0].Points = decimal.NewFromInt(2), decimal.NewFromInt(3)
	x.rules(t, first, double, other)
	r, err := x.recompute(t, x.begin(t, x.rulesNow(t)[2].ID, loyalty.NoDate, loyalty.NoDate), 10, all)
	if err != nil {
		t.Fatal(err)
	}
	x.post(t, sale("1", "", "A", june, loyalty.Released, 5))
	want := x.now(t)
	if err := x.undoRecompute(t, r.ID, 10); err != nil {
		t.Fatal(err)
	}
	if got := x.now(t); got != want || !strings.Contains(got, "A: available 100") {
		t.Errorf("undone %s, want %s", got, want)
	}
}

// TestUndoOfActivation: points that waited for a day wait for it again.
func TestUndoOfActivation(t *testing.T) {
	h := newHome(t)
	clock := noon
	x := h.history(t, &clock, nil)
	first := x.rulesNow(t)[0].Body
	later := first
	later.ValidFrom, later.Activate = loyalty.NewDate(2026, 5, 1), loyalty.Activation{AfterDays: 14}
	atOnce := first
	atOnce.ValidFrom, atOnce.Activate = loyalty.NewDate(2027, 1, 1), loyalty.Activation{}
	x.rules(t, first, later, atOnce)
	x.post(t, sale("1", "", "A", x.today().AddDays(-5), loyalty.Released, 5))
	before := x.now(t)
	r, err := x.recompute(t, x.begin(t, x.rulesNow(t)[2].ID, loyalty.NoDate, loyalty.NoDate), 10, all)
	if got := x.now(t); err != nil || !strings.Contains(got, "A: available 50 pending 0") || !strings.Contains(before, "A: available 0 pending 50") {
		t.Fatalf("recomputed %s, before %s: %v", got, before, err)
	}
	if err := x.undoRecompute(t, r.ID, 10); err != nil {
		t.Fatal(err)
	}
	if got := x.now(t); got != before {
		t.Errorf("undone %s, want %s", got, before)
	}
}

// TestRecomputeByTwo: whoever goes on with what another has finished or undone meanwhile
// writes nothing.
func TestRecomputeByTwo(t *testing.T) {
	h := newHome(t)
	clock := noon
	x := h.history(t, &clock, nil)
	x.post(t, sale("1", "", "A", x.today(), loyalty.Released, 5))
	stale := x.begin(t, x.otherRules(t, 3, false), loyalty.NoDate, loyalty.NoDate)
	if err := x.undoRecompute(t, stale.ID, 10); err != nil {
		t.Fatal(err)
	}
	before := x.now(t)
	if _, err := x.recompute(t, stale, 10, all); loyalty.CodeOf(err) != loyalty.CodeConflict {
		t.Errorf("went on: %v", err)
	}
	if got := x.now(t); got != before {
		t.Errorf("now %s, before %s", got, before)
	}
}

// TestRecomputeOfAnyHistory: a recompute of everything ends where the other version would
// have from the start, and undoing it restores points, pins and caps.
func TestRecomputeOfAnyHistory(t *testing.T) {
	playHistories(t)
	h := newHome(t)
	rapid.Check(t, func(r *rapid.T) {
		clock := noon
		x, fresh := h.history(t, &clock, &loyalty.Lapse{}), h.history(t, &clock, &loyalty.Lapse{})
		capped := rapid.Bool().Draw(r, "capped")
		times := rapid.Int64Range(1, 4).Draw(r, "times")
		second := fresh.rulesNow(t)[0].Body
		second.Rules = []loyalty.Rule{second.Rules[0]}
		second.Rules[0].Points = decimal.NewFromInt(times)
		fresh.rules(t, second)
		var docs []loyalty.Document
		for range rapid.IntRange(1, 10).Draw(r, "steps") {
			s := drawStep(r, x)
			clock = clock.Add(time.Minute)
			if s.doc != nil {
				x.post(t, *s.doc)
				docs = append(docs, *s.doc)
			}
		}
		for _, d := range docs {
			fresh.post(t, d)
		}
		version := x.otherRules(t, times, capped)
		before, pins := x.now(t), x.pinned(t)
		done, err := x.recompute(t, x.begin(t, version, loyalty.NoDate, loyalty.NoDate), rapid.IntRange(1, 4).Draw(r, "page"), all)
		if err != nil {
			r.Fatal(err)
		}
		if got, want := x.now(t), fresh.now(t); got != want && !capped {
			r.Fatalf("recomputed %s\nfrom the start %s", got, want)
		}
		after := x.now(t)
		for _, d := range docs {
			x.post(t, x.docs[d.Key.ID])
		}
		if got := x.now(t); got != after {
			r.Fatalf("read again %s\nwas %s", got, after)
		}
		if err := x.undoRecompute(t, done.ID, rapid.IntRange(1, 4).Draw(r, "undone page")); err != nil {
			r.Fatal(err)
		}
		if got := x.now(t); got != before {
			r.Fatalf("undone %s\nbefore %s", got, before)
		}
		if got := x.pinned(t); got != pins {
			r.Fatalf("undone:\n%s\nbefore:\n%s", got, pins)
		}
		if bad := x.unsound(t); len(bad) > 0 {
			r.Fatal(bad)
		}
	})
}
