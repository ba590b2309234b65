package jobs

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
)

// unlinked is a return that names no original.
func unlinked(id, buyer, date string, state connectors.State, lines ...string) connectors.Invoice {
	inv := invoice(id, buyer, date, state, lines...)
	inv.Return = true
	return inv
}

// matching is a bench whose returns are matched with sales. A quantity is a tenth of
// the net amount, so items of W give a point for every 20 net, and all give one for
// every 100.
func matching(tb testing.TB, e *erp) *bench {
	tb.Helper()
	b := newBench(tb, e)
	b.rules.UnlinkedReturns = loyalty.MatchReturns
	return b
}

// TestMatchedReturns: a return without an original takes back what the newest sales
// of its items gave.
func TestMatchedReturns(t *testing.T) {
	for _, c := range []struct {
		name string
		run  func(e *erp, b *bench)
		want string
	}{
		{"what the sale gave, not what the rules would give alone", func(e *erp, b *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 199", "B 1")) // 2 points, all of them of A
			b.run(KindPoints)
			e.put(unlinked("2", "1", "2026-02-10", released, "A -199"))
		}, "1|0|2 2|0|-2"},
		{"on the page of its sale", func(e *erp, _ *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 199", "B 1"))
			e.put(unlinked("2", "1", "2026-02-10", released, "A -199"))
		}, "1|0|2 2|0|-2"},
		{"of a sale whose points wait", func(e *erp, b *bench) {
			b.rules.Activate.AfterDays = 90
			e.put(invoice("1", "1", "2026-02-01", released, "A 199", "B 1"))
			b.run(KindPoints)
			e.put(unlinked("2", "1", "2026-02-10", released, "A -199"))
		}, "1|2|0 2|0|-2"},
		{"of one whose points wait, on its page", func(e *erp, b *bench) {
			b.rules.Activate.AfterDays = 90
			e.put(invoice("1", "1", "2026-02-01", released, "A 199", "B 1"))
			e.put(unlinked("2", "1", "2026-02-10", released, "A -199"))
		}, "1|2|0 2|0|-2"},
		{"a part takes a part, rounded down", func(e *erp, b *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 500"))
			b.run(KindPoints)
			e.put(unlinked("2", "1", "2026-02-10", released, "A -250"))
		}, "1|0|5 2|0|-2"},
		{"the second half takes the rest", func(e *erp, b *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 500"))
			e.put(unlinked("2", "1", "2026-02-10", released, "A -250"))
			b.run(KindPoints)
			e.put(unlinked("3", "1", "2026-02-11", released, "A -250"))
		}, "1|0|5 2|0|-2 3|0|-3"},
		{"the newest sale first", func(e *erp, _ *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 300")) // 3 for 30 units
			e.put(invoice("2", "1", "2026-02-02", released, "A 100", "W 40"))
			e.put(unlinked("3", "1", "2026-02-10", released, "A -100"))
		}, "1|0|3 2|0|3 3|0|-1"},
		{"over two sales", func(e *erp, _ *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 300"))
			e.put(invoice("2", "1", "2026-02-02", released, "A 100"))
			e.put(unlinked("3", "1", "2026-02-10", released, "A -200"))
		}, "1|0|3 2|0|1 3|0|-2"},
		{"what no sale covers is scored by itself", func(e *erp, _ *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 100"))
			e.put(unlinked("2", "1", "2026-02-10", released, "A -400"))
		}, "1|0|1 2|0|-4"},
		{"an item never bought is scored by itself", func(e *erp, _ *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 100"))
			e.put(unlinked("2", "1", "2026-02-10", released, "C -300"))
		}, "1|0|1 2|0|-3"},
		{"a sale of somebody else, or of later, is none", func(e *erp, _ *bench) {
			e.put(invoice("1", "2", "2026-02-01", released, "A 1000"))
			e.put(invoice("2", "1", "2026-02-20", released, "A 1000"))
			e.put(unlinked("3", "1", "2026-02-10", released, "A -100"))
		}, "1|0|10 2|0|10 3|0|-1"},
		{"what linked corrections brought back already is not there", func(e *erp, b *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 1000"))
			e.put(correction("2", "1", "1", "2026-02-03", released, "A -900"))
			b.run(KindPoints)
			e.put(unlinked("3", "1", "2026-02-10", released, "A -100"))
		}, "1|0|10 2|0|-9 3|0|-1"},
		{"every rule takes back its own", func(e *erp, _ *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "W 200", "A 150")) // 3 of base: W 2, A 1; 10 of wine
			e.put(unlinked("2", "1", "2026-02-10", released, "W -200"))
		}, "1|0|13 2|0|-12"},
		{"in the buffer it takes nothing yet", func(e *erp, b *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 500"))
			e.put(unlinked("2", "1", "2026-02-10", buffered, "A -500"))
			b.run(KindPoints)
			e.put(unlinked("3", "1", "2026-02-11", released, "A -500"))
		}, "1|0|5 3|0|-5"},
		{"a cancelled return leaves the sale to others", func(e *erp, b *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 199", "B 1"))
			e.put(unlinked("2", "1", "2026-02-10", released, "A -199"))
			b.run(KindPoints)
			e.put(unlinked("2", "1", "2026-02-10", cancelled, "A -199"))
			b.run(KindPoints)
			e.put(unlinked("3", "1", "2026-02-11", released, "A -199"))
		}, "1|0|2 3|0|-2"},
		{"a changed return is matched anew", func(e *erp, b *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 199", "B 201"))
			e.put(unlinked("2", "1", "2026-02-10", released, "A -199"))
			b.run(KindPoints)
			e.put(unlinked("2", "1", "2026-02-10", released, "B -201"))
			b.run(KindPoints)
			e.put(unlinked("3", "1", "2026-02-11", released, "A -199"))
		}, "1|0|4 2|0|-2 3|0|-2"},
		{"a return of value alone is scored by itself", func(e *erp, _ *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 500"))
			inv := unlinked("2", "1", "2026-02-10", released, "A -200")
			inv.Lines[0].Quantity = amount("0")
			e.put(inv)
		}, "1|0|5 2|0|-2"},
		{"more than one step of sales away", func(e *erp, b *bench) {
			e.put(invoice("a", "1", "2026-01-02", released, "A 199", "B 1"))
			for i := range firstSales + 5 {
				e.put(invoice(fmt.Sprintf("b%02d", i), "1", "2026-02-01", released, "C 100"))
			}
			b.run(KindPoints)
			e.put(unlinked("z", "1", "2026-02-10", released, "A -199"))
		}, "a|0|2" + strings.Join(filler(firstSales+5), "") + " z|0|-2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newERP()
			firms(e, 2)
			b := matching(t, e)
			c.run(e, b)
			b.run(KindPoints)
			b.consistent()
			b.marksAgree()
			if got := b.points(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			b.run(KindSweep)
			if again := b.run(KindPoints); again.Entries != 0 || again.Changed != 0 {
				t.Errorf("a second run posted %d entries and changed %d documents", again.Entries, again.Changed)
			}
			b.simulatesToItself()
		})
	}
}

// firstSales is how many sales of a contractor are looked through at first.
const firstSales = 20

func filler(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf(" b%02d|0|1", i))
	}
	return out
}

// marksAgree checks that sales know what returns took of them, and of nothing else.
func (b *bench) marksAgree() {
	b.tb.Helper()
	const taken = `SELECT json_extract(m.value, '$.sale.ID') AS sale, json_extract(m.value, '$.sale_line') AS line, d.erp_key AS back, json_extract(m.value, '$.quantity') AS quantity, json_extract(m.value, '$.points') AS points
		FROM document d, json_each(d.body, '$.inputs.matches') m`
	const noted = `SELECT d.erp_key, json_extract(m.value, '$.line'), json_extract(m.value, '$.by.ID'), json_extract(m.value, '$.quantity'), json_extract(m.value, '$.points')
		FROM document d, json_each(d.body, '$.inputs.returned') m`
	for _, q := range []string{taken + " EXCEPT " + noted, noted + " EXCEPT " + taken} {
		if got := b.query(q); got != "" {
			b.tb.Errorf("returns and sales disagree: %s", got)
		}
	}
}

// TestLaw2_MatchedReturns runs random histories with matched returns of every kind:
// nothing is posted twice, and a line never gives back more than it gave.
func TestLaw2_MatchedReturns(t *testing.T) {
	playHistories(t)
	rapid.Check(t, func(rt *rapid.T) {
		e := newERP()
		firms(e, 3)
		b := matching(t, e)
		b.feed.Page = rapid.IntRange(1, 5).Draw(rt, "page")
		for range rapid.IntRange(1, 25).Draw(rt, "events") {
			event(rt, e)
			if rapid.Bool().Draw(rt, "read") {
				b.run(KindPoints)
			}
		}
		b.run(KindPoints)
		b.run(KindSweep)
		if again := b.run(KindPoints); again.Entries != 0 || again.Changed != 0 {
			rt.Errorf("a second run posted %d entries and changed %d documents", again.Entries, again.Changed)
		}
		b.consistent()
		b.simulatesToItself()
		if rapid.IntRange(0, 3).Draw(rt, "reconciled") == 0 {
			b.agrees("a random history")
		}
		if got := b.query(`SELECT d.erp_key FROM document d, json_each(d.body, '$.inputs.returned') r
			GROUP BY d.id, json_extract(r.value, '$.line'), json_extract(r.value, '$.by.ID') HAVING count(*) > 1`); got != "" {
			t.Errorf("taken back twice: %s", got)
		}
		if t.Failed() {
			rt.FailNow()
		}
	})
}
