package ledger_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
)

// activate posts what waits no more, in pages of so many documents, and counts them: days
// by what is stored, payments by the documents as they stand now.
func (x *history) activate(t *testing.T, limit int) (pages int) {
	t.Helper()
	for _, w := range []struct{ after, until loyalty.Wait }{
		{loyalty.WaitNothing, loyalty.Wait(x.today())}, {loyalty.WaitPayment, loyalty.WaitPayment},
	} {
		for id := int64(0); ; {
			waiting, err := x.store.Waiting(t.Context(), x.feed, w.after, id, w.until, limit)
			if err != nil {
				t.Fatal(err)
			}
			if len(waiting) == 0 {
				break
			}
			pages++
			docs := make([]loyalty.Document, 0, len(waiting))
			for _, d := range waiting {
				w.after, id = d.Waits, d.ID
				if d.Waits == loyalty.WaitPayment {
					d.Document = x.docs[d.Key.ID]
				}
				docs = append(docs, d.Document)
			}
			x.post(t, docs...)
		}
	}
	return pages
}

// waiting puts rules into force under which points wait.
func (x *history) waiting(t *testing.T, way loyalty.Activation) {
	t.Helper()
	set := plainRules(nil)
	set.Activate = way
	x.rules(t, set)
}

// settled is a document as it is once the ERP says whether it is paid.
func settled(d loyalty.Document, paid bool) loyalty.Document {
	d.Paid, d.Hash = paid, fmt.Sprint(d.Hash, paid)
	return d
}

// misplaced are lots whose pending points are not those of their chain, and originals
// that wait though nothing of their chain is pending.
func (x *history) misplaced(t *testing.T) []string {
	t.Helper()
	return x.texts(t, `WITH chain AS (SELECT o.id, e.account_id, sum(CASE 2 WHEN e.to_bucket THEN e.amount WHEN e.from_bucket THEN -e.amount ELSE 0 END) pending
			FROM entry e JOIN document d ON d.id = e.document_id JOIN document o ON o.feed_id = d.feed_id AND o.erp_key = d.root GROUP BY 1, 2)
		SELECT 'a lot of ' || d.erp_key || ' has ' || l.pending || ', not ' || c.pending FROM lot l JOIN document d ON d.id = l.document_id
			JOIN chain c ON c.id = l.document_id AND c.account_id = l.account_id WHERE l.pending <> c.pending
		UNION ALL SELECT d.erp_key || ' waits for nothing' FROM document d
			WHERE d.waits > 0 AND NOT EXISTS (SELECT 1 FROM document m WHERE m.feed_id = d.feed_id AND m.root = d.erp_key AND m.pending <> 0)`)
}

// movements are those of A: "earn pending 50".
func (x *history) movements(t *testing.T) string {
	t.Helper()
	return strings.Join(x.texts(t, `SELECT CASE e.kind WHEN 1 THEN 'earn' WHEN 2 THEN 'activate' ELSE 'reverse' END
			|| CASE WHEN e.kind <> 2 AND 2 IN (e.from_bucket, e.to_bucket) THEN ' pending ' WHEN 7 IN (e.from_bucket, e.to_bucket) THEN ' debt ' ELSE ' ' END || e.amount
		FROM entry e WHERE e.account_id = $1 AND e.kind <= 3 ORDER BY e.id`, x.account(t, "A")), ", ")
}

// TestActivate tells what becomes of points that wait, five days or for payment.
func TestActivate(t *testing.T) {
	h := newHome(t)
	at := func(day int) loyalty.Date { return loyalty.DateIn(noon, time.UTC).AddDays(day) }
	days, payment := loyalty.Activation{AfterDays: 5}, loyalty.Activation{Paid: true}
	one := sale("1", "", "A", at(0), loyalty.Released, 5)
	back := sale("2", "1", "A", at(1), loyalty.Released, -2)
	cancelled, dated, another := one, one, one
	cancelled.State, dated.Date, another.Party = loyalty.Cancelled, at(1), "B"
	for _, c := range []struct {
		name      string
		way       loyalty.Activation
		play      func(x *history, on func(day int))
		want      string // of contractor A
		movements string
	}{
		{"through the last day of waiting", days, func(x *history, on func(int)) {
			x.post(t, one)
			on(4)
			x.activate(t, 10)
		}, "available 0 pending 50 lapsed 0 debt 0 scored 0", "earn pending 50"},
		{"from the first day after it", days, func(x *history, on func(int)) {
			x.post(t, one)
			on(5)
			x.activate(t, 10)
		}, "available 50 pending 0 lapsed 0 debt 0 scored 1", "earn pending 50, activate 50"},
		{"seen by another run on its way", days, func(x *history, on func(int)) {
			x.post(t, one)
			on(5)
			x.post(t, one)
		}, "available 50 pending 0 lapsed 0 debt 0 scored 1", "earn pending 50, activate 50"},
		{"read for the first time after it", days, func(x *history, on func(int)) {
			on(5)
			x.post(t, one)
		}, "available 50 pending 0 lapsed 0 debt 0 scored 1", "earn 50"},
		{"a part is returned meanwhile", days, func(x *history, on func(int)) {
			x.post(t, one, back)
			on(5)
			x.activate(t, 1)
		}, "available 30 pending 0 lapsed 0 debt 0 scored 1", "earn pending 50, reverse pending 20, activate 50, reverse 20, earn pending 20"},
		{"a return of an earlier date", days, func(x *history, _ func(int)) {
			x.post(t, one, sale("2", "1", "A", at(-1), loyalty.Released, -2))
		}, "available 0 pending 30 lapsed 0 debt 0 scored 0", "reverse pending 20, earn pending 50"},
		{"all is returned afterwards", days, func(x *history, on func(int)) {
			x.post(t, one)
			on(5)
			x.activate(t, 10)
			x.post(t, sale("2", "1", "A", at(5), loyalty.Released, -5))
		}, "available 0 pending 0 lapsed 0 debt 0 scored 1", "earn pending 50, activate 50, reverse 50"},
		{"cancelled while it waits", days, func(x *history, on func(int)) {
			x.post(t, one, back)
			x.post(t, cancelled)
			on(5)
			x.activate(t, 10)
		}, "available 0 pending 0 lapsed 0 debt 0 scored 0", "earn pending 50, reverse pending 20, reverse pending 50, earn pending 20"},
		{"dated anew while a part is returned", days, func(x *history, on func(int)) {
			x.post(t, one, back, sale("3", "", "A", at(-1), loyalty.Released, 7))
			x.post(t, dated, sale("3", "", "A", at(-2), loyalty.Released, 7))
			on(5)
			x.activate(t, 10)
		}, "available 70 pending 30 lapsed 0 debt 0 scored 1", ""},
		{"only a correction of it is read", days, func(x *history, on func(int)) {
			x.post(t, sale("1", "", "A", at(0), loyalty.Released, 0))
			x.post(t, sale("2", "1", "A", at(0), loyalty.Released, 5))
			on(5)
			x.post(t, sale("3", "1", "A", at(4), loyalty.Released, 1))
		}, "available 60 pending 0 lapsed 0 debt 0 scored 0", "earn pending 50, activate 50, earn 10"},
		{"bought by another while it waits", days, func(x *history, on func(int)) {
			x.post(t, one)
			x.post(t, another)
			on(5)
			x.activate(t, 10)
		}, "available 0 pending 0 lapsed 0 debt 0 scored 0", "earn pending 50, reverse pending 50"},
		{"the clock goes back", days, func(x *history, on func(int)) {
			x.post(t, one)
			on(5)
			x.activate(t, 10)
			on(2)
			x.post(t, back, sale("3", "1", "A", at(2), loyalty.Released, 1))
			x.activate(t, 10)
		}, "available 40 pending 0 lapsed 0 debt 0 scored 1", "earn pending 50, activate 50, reverse 20, earn 10"},
		{"active after their last day", days, func(x *history, on func(int)) {
			x.post(t, one)
			on(12)
			x.activate(t, 10)
			x.lapse(t, 10, all)
		}, "available 0 pending 0 lapsed 50 debt 0 scored 1", "earn pending 50, activate 50"},
		{"what is owed is repaid first", days, func(x *history, on func(int)) {
			x.post(t, one, sale("2", "", "A", at(1), loyalty.Released, -2))
			on(5)
			x.activate(t, 10)
		}, "available 30 pending 0 lapsed 0 debt 0 scored 1", "earn pending 50, reverse debt 20, activate debt 20, activate 30"},
		{"not paid", payment, func(x *history, on func(int)) {
			x.post(t, one)
			on(9)
			x.activate(t, 10)
		}, "available 0 pending 50 lapsed 0 debt 0 scored 0", "earn pending 50"},
		{"paid", payment, func(x *history, _ func(int)) {
			x.post(t, one)
			x.docs["1"] = settled(one, true)
			x.activate(t, 10)
		}, "available 50 pending 0 lapsed 0 debt 0 scored 1", "earn pending 50, activate 50"},
		{"the payment is taken back", payment, func(x *history, _ func(int)) {
			x.post(t, settled(one, true), back)
			x.post(t, settled(one, false))
		}, "available 0 pending 30 lapsed 0 debt 0 scored 0", ""},
		{"taken back once they are spent", payment, func(x *history, _ func(int)) {
			x.post(t, settled(one, true))
			x.redeem(t, step{redeem: "spend", who: "A", points: 20})
			x.post(t, settled(one, false))
		}, "available 0 pending 50 lapsed 0 debt 20 scored 0 held 0 spent 20", "earn 50, reverse 30, reverse debt 20, earn pending 50"},
		{"and paid again", payment, func(x *history, _ func(int)) {
			x.post(t, settled(one, true))
			x.redeem(t, step{redeem: "spend", who: "A", points: 20})
			x.post(t, settled(one, false))
			x.docs["1"] = settled(one, true)
			x.activate(t, 10)
		}, "available 30 pending 0 lapsed 0 debt 0 scored 1 held 0 spent 20", "earn 50, reverse 30, reverse debt 20, earn pending 50, activate debt 20, activate 30"},
	} {
		clock := noon
		x := h.history(t, &clock, nil)
		x.waiting(t, c.way)
		c.play(x, func(day int) { clock = noon.AddDate(0, 0, day) })
		got, _, _ := strings.Cut(x.now(t), "; B:")
		if want := "A: " + c.want; got != want {
			t.Errorf("%s: %s, want %s", c.name, got, want)
		}
		if moved := x.movements(t); c.movements != "" && moved != c.movements {
			t.Errorf("%s: %s, want %s", c.name, moved, c.movements)
		}
		if bad := append(x.unsound(t), x.misplaced(t)...); len(bad) > 0 {
			t.Errorf("%s: %v", c.name, bad)
		}
		before := x.texts(t, `SELECT count(*) || ' entries' FROM entry`)
		x.activate(t, 10)
		if diff := gocmp.Diff(before, x.texts(t, `SELECT count(*) || ' entries' FROM entry`)); diff != "" {
			t.Errorf("%s: again is not once: %s", c.name, diff)
		}
	}
}

// TestAnotherPolicyMovesNothing: documents keep the way of the rules that scored them.
func TestAnotherPolicyMovesNothing(t *testing.T) {
	h := newHome(t)
	clock := noon
	x := h.history(t, &clock, nil)
	day := x.today()
	x.waiting(t, loyalty.Activation{AfterDays: 5})
	x.post(t, sale("1", "", "A", day, loyalty.Released, 5))
	first, later := plainRules(nil), plainRules(nil)
	first.Activate.AfterDays, later.ValidFrom = 5, day.AddDays(1)
	x.rules(t, first, later)
	x.post(t, sale("2", "1", "A", day.AddDays(1), loyalty.Released, -1), sale("3", "", "A", day.AddDays(1), loyalty.Released, 7))
	if got, want := x.now(t), "A: available 70 pending 40 lapsed 0 debt 0 scored 1;"; !strings.HasPrefix(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
	if err := x.store.SaveRuleSets(t.Context(), x.feed.Program, []loyalty.RuleSet{plainRules(nil), later}); err == nil {
		t.Error("another way under points that were given is taken without a word")
	}
}

// TestWhenActivationRunsDoesNotMatter plays random histories in which points wait, with
// runs of the job on any day, also of a clock that is ahead or back, and twice. In the
// end every document has what it has in a ledger that reads all of them then, in another
// order and without the job.
func TestWhenActivationRunsDoesNotMatter(t *testing.T) {
	playHistories(t)
	h := newHome(t)
	rapid.Check(t, func(r *rapid.T) {
		clock := noon
		x := h.history(t, &clock, nil)
		way := rapid.SampledFrom([]loyalty.Activation{{AfterDays: 3}, {AfterMonths: 1}, {Paid: true}}).Draw(r, "way")
		set := plainRules(&loyalty.Lapse{})
		set.Activate = way
		x.rules(t, set)
		latest := clock
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			s := drawStep(r, x)
			if s.doc != nil {
				d := *s.doc
				if d.Hash == "" || rapid.Bool().Draw(r, "payment") {
					d = settled(d, rapid.Bool().Draw(r, "paid"))
				}
				x.post(t, d)
			}
			x.redeem(t, s)
			clock = clock.AddDate(0, 0, s.days*rapid.SampledFrom([]int{1, 1, -1}).Draw(r, "clock"))
			if clock.After(latest) {
				latest = clock
			}
			if rapid.Bool().Draw(r, "job") {
				x.activate(t, rapid.IntRange(1, 3).Draw(r, "page"))
			}
			if bad := append(x.unsound(t), x.misplaced(t)...); len(bad) > 0 {
				r.Fatal(bad)
			}
		}
		clock = latest
		x.activate(t, 2)
		fresh := h.history(t, &clock, nil)
		fresh.rules(t, set)
		for _, key := range rapid.Permutation(x.order).Draw(r, "order") {
			fresh.post(t, x.docs[key])
		}
		documents := func(x *history) []string {
			return x.texts(t, `SELECT d.erp_key || ' pending ' || d.pending || ' active ' || d.active || ' waits ' || d.waits
				FROM document d WHERE d.feed_id = $1 ORDER BY d.erp_key`, x.feed.ID)
		}
		if diff := gocmp.Diff(documents(fresh), documents(x)); diff != "" {
			r.Fatalf("read at the end (-) and as it came (+):\n%s", diff)
		}
		entries := x.texts(t, `SELECT count(*) || ' entries' FROM entry`)
		x.activate(t, 2)
		if diff := gocmp.Diff(entries, x.texts(t, `SELECT count(*) || ' entries' FROM entry`)); diff != "" {
			r.Fatalf("twice is not once: %s", diff)
		}
	})
}
