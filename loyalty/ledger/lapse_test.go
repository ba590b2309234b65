package ledger_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// between does something once, after a page was computed and before it is posted.
type between struct {
	ledger.Store
	ledger.LapseStore
	do func()
}

func (b *between) Post(ctx context.Context, page loyalty.PageWrite) error {
	if do := b.do; do != nil {
		b.do = nil
		do()
	}
	return b.Store.Post(ctx, page)
}

// TestLapsingAndPostingAtOnce: neither overwrites what the other did meanwhile, also
// where a document is dated anew, which leaves the balance as it is.
func TestLapsingAndPostingAtOnce(t *testing.T) {
	h := newHome(t)
	clock := noon
	x := h.history(t, &clock, nil)
	day := x.today()
	x.post(t, sale("1", "", "A", day.AddDays(-9), loyalty.Released, 5), sale("2", "", "A", day.AddDays(-8), loyalty.Released, 3))
	clock = clock.AddDate(0, 0, 2)
	const want = "A: available 80 pending 0 lapsed 0 debt 0 scored 2; B: available 0 pending 0 lapsed 0 debt 0 scored 0"

	lapser := ledger.Lapser{Feed: x.feed, Today: x.today(), Limit: 10, Now: func() time.Time { return clock }}
	lapser.Store = &between{Store: h.store, LapseStore: h.store, do: func() {
		x.post(t, sale("1", "", "A", day.AddDays(-7), loyalty.Released, 5))
	}}
	if done, err := lapser.Page(t.Context()); err != nil || done.Lots != 0 {
		t.Errorf("lapsed %+v, %v", done, err)
	}
	if got := x.now(t); got != want || len(x.unsound(t)) > 0 {
		t.Errorf("a document before a page of lapsing: %s, unsound %v", got, x.unsound(t))
	}

	clock = clock.AddDate(0, 0, 1)
	racing := &between{Store: h.store, do: func() { x.lapse(t, 10, all) }}
	x.ledgerOn(t, racing)
	x.post(t, sale("2", "", "A", day.AddDays(-6), loyalty.Released, 3))
	if got := x.now(t); got != want || len(x.unsound(t)) > 0 {
		t.Errorf("lapsing before a page of documents: %s, unsound %v", got, x.unsound(t))
	}
}

// TestLapse tells what becomes of points around their last day.
func TestLapse(t *testing.T) {
	h := newHome(t)
	at := func(day int) loyalty.Date { return loyalty.DateIn(noon, time.UTC).AddDays(day) }
	for _, c := range []struct {
		name string
		play func(x *history, on func(day int))
		want string // of contractor A
	}{
		{"through the end of the last day", func(x *history, on func(int)) {
			x.post(t, sale("1", "", "A", at(0), loyalty.Released, 5))
			on(10)
			x.lapse(t, 10, all)
		}, "available 50 pending 0 lapsed 0 debt 0 scored 1"},
		{"the day after", func(x *history, on func(int)) {
			x.post(t, sale("1", "", "A", at(0), loyalty.Released, 5))
			on(11)
			x.lapse(t, 10, all)
		}, "available 0 pending 0 lapsed 50 debt 0 scored 1"},
		{"pending ones stay", func(x *history, on func(int)) {
			x.post(t, sale("1", "", "A", at(0), loyalty.Buffered, 5))
			on(11)
			x.lapse(t, 10, all)
		}, "available 0 pending 50 lapsed 0 debt 0 scored 0"},
		{"released after the last day", func(x *history, on func(int)) {
			x.post(t, sale("1", "", "A", at(0), loyalty.Buffered, 5))
			on(11)
			x.post(t, sale("1", "", "A", at(0), loyalty.Released, 5))
			x.lapse(t, 10, all)
		}, "available 0 pending 0 lapsed 50 debt 0 scored 1"},
		{"cancelled after it lapsed", func(x *history, on func(int)) {
			x.post(t, sale("1", "", "A", at(0), loyalty.Released, 5), sale("2", "", "A", at(5), loyalty.Released, 2))
			on(11)
			x.lapse(t, 10, all)
			x.post(t, sale("1", "", "A", at(0), loyalty.Cancelled, 5))
		}, "available 20 pending 0 lapsed 0 debt 0 scored 1"},
		{"released again, and lapsed again", func(x *history, on func(int)) {
			x.post(t, sale("1", "", "A", at(0), loyalty.Released, 5))
			on(11)
			for _, state := range []loyalty.State{loyalty.Cancelled, loyalty.Released} {
				x.lapse(t, 10, all)
				x.post(t, sale("1", "", "A", at(0), state, 5))
			}
			x.lapse(t, 10, all)
		}, "available 0 pending 0 lapsed 50 debt 0 scored 1"},
		{"corrected after it lapsed", func(x *history, on func(int)) {
			x.post(t, sale("1", "", "A", at(0), loyalty.Released, 5), sale("2", "", "A", at(5), loyalty.Released, 2))
			on(11)
			x.lapse(t, 10, all)
			x.post(t, sale("3", "1", "A", at(11), loyalty.Released, -3))
		}, "available 20 pending 0 lapsed 20 debt 0 scored 2"},
		{"a debt is repaid first, also by what is past its day", func(x *history, on func(int)) {
			on(11)
			x.post(t, sale("1", "", "A", at(11), loyalty.Released, -4))
			x.post(t, sale("2", "", "A", at(0), loyalty.Released, 5))
			x.lapse(t, 10, all)
		}, "available 0 pending 0 lapsed 10 debt 0 scored 1"},
		{"corrected, lapsed, and all of it cancelled", func(x *history, on func(int)) {
			x.post(t, sale("1", "", "A", at(0), loyalty.Released, 5), sale("2", "1", "A", at(1), loyalty.Released, -3))
			on(11)
			x.lapse(t, 10, all)
			x.post(t, sale("1", "", "A", at(0), loyalty.Cancelled, 5))
			x.post(t, sale("2", "1", "A", at(1), loyalty.Cancelled, -3))
			x.lapse(t, 10, all)
		}, "available 0 pending 0 lapsed 0 debt 0 scored 0"},
		{"dated anew after it lapsed", func(x *history, on func(int)) {
			x.post(t, sale("1", "", "A", at(0), loyalty.Released, 5))
			on(11)
			x.lapse(t, 10, all)
			x.post(t, sale("1", "", "A", at(3), loyalty.Released, 5))
			x.lapse(t, 10, all)
		}, "available 50 pending 0 lapsed 0 debt 0 scored 1"},
		{"points of another contractor", func(x *history, on func(int)) {
			x.post(t, sale("1", "", "A", at(0), loyalty.Released, 5))
			on(11)
			x.lapse(t, 10, all)
			x.post(t, sale("1", "", "B", at(0), loyalty.Released, 5))
			x.lapse(t, 10, all)
			x.post(t, sale("1", "", "A", at(0), loyalty.Released, 5))
			x.lapse(t, 10, all)
		}, "available 0 pending 0 lapsed 50 debt 0 scored 1"},
	} {
		clock := noon
		x := h.history(t, &clock, nil)
		c.play(x, func(day int) { clock = noon.AddDate(0, 0, day) })
		got, _, _ := strings.Cut(strings.TrimPrefix(x.now(t), "A: "), ";")
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if bad := x.unsound(t); len(bad) > 0 {
			t.Errorf("%s: %v", c.name, bad)
		}
		if again := x.lapse(t, 10, all); again.Lots > 0 {
			t.Errorf("%s: lapsed again: %+v", c.name, again)
		}
	}
}

// TestPolicyOfTheRules: a lot keeps the policy that it was opened under; the rules of
// the document's date give it, the program where they say none.
func TestPolicyOfTheRules(t *testing.T) {
	h := newHome(t)
	clock := noon
	x := h.history(t, &clock, &loyalty.Lapse{AfterMonths: 1})
	lots := func() string {
		return strings.Join(x.texts(t, `SELECT d.erp_key || ' ' || coalesce(l.lapses_on - l.earned_on, -1) FROM lot l
			JOIN document d ON d.id = l.document_id WHERE d.feed_id = $1 ORDER BY 1`, x.feed.ID), ", ")
	}
	june := loyalty.NewDate(2026, 6, 1)
	x.post(t, sale("1", "", "A", june, loyalty.Released, 5))
	versions, _, err := h.store.RuleSets(t.Context(), x.feed.Program)
	if err != nil {
		t.Fatal(err)
	}
	second, third := versions[0].Body, versions[0].Body
	second.ValidFrom, second.Lapse = june.AddDays(5), nil
	third.ValidFrom, third.Lapse = june.AddDays(10), &loyalty.Lapse{}
	x.rules(t, versions[0].Body, second, third)
	x.post(t, sale("2", "", "A", june.AddDays(5), loyalty.Released, 5), sale("3", "", "A", june.AddDays(10), loyalty.Released, 5),
		sale("4", "1", "A", june.AddDays(10), loyalty.Released, 1), sale("5", "", "A", june.AddDays(4), loyalty.Released, 5))
	if got, want := lots(), "1 30, 2 10, 3 -1, 5 30"; got != want {
		t.Errorf("days of lots %s, want %s", got, want)
	}
}
