package jobs

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
)

// capped is a bench whose rules give at most so much.
func capped(tb testing.TB, e *erp, rule, all loyalty.Caps) *bench {
	tb.Helper()
	b := newBench(tb, e)
	b.rules.Rules[0].Caps, b.rules.Caps = rule, all
	return b
}

// points are those of every document that has any, "key pending active" a line.
func (b *bench) points() string {
	return strings.ReplaceAll(b.query(`SELECT d.erp_key, d.pending, d.active FROM document d WHERE d.pending <> 0 OR d.active <> 0 ORDER BY d.erp_key`), "\n", " ")
}

func (b *bench) reason(id string) string {
	return b.query(`SELECT reason FROM document WHERE erp_key = '` + id + `'`)
}

// TestCaps: what caps leave is taken in the order of posting, and stays as it is.
func TestCaps(t *testing.T) {
	day := loyalty.Caps{Day: amount("10")}
	for _, c := range []struct {
		name      string
		rule, all loyalty.Caps
		run       func(e *erp, b *bench)
		want      string
	}{
		{"the first take, the last get what is left", day, loyalty.Caps{}, func(e *erp, b *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 700"))
			b.run(KindPoints)
			e.put(invoice("2", "1", "2026-02-01", released, "A 700"))
			e.put(invoice("3", "1", "2026-02-01", released, "A 700"))
			e.put(invoice("4", "2", "2026-02-01", released, "A 700"))
			e.put(invoice("5", "1", "2026-02-02", released, "A 700"))
		}, "1|0|7 2|0|3 4|0|7 5|0|7"},
		{"a month", loyalty.Caps{Month: amount("10")}, loyalty.Caps{}, func(e *erp, _ *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 700"))
			e.put(invoice("2", "1", "2026-02-27", released, "A 700"))
			e.put(invoice("3", "1", "2026-03-01", released, "A 700"))
		}, "1|0|7 2|0|3 3|0|7"},
		{"a year", loyalty.Caps{Year: amount("10")}, loyalty.Caps{}, func(e *erp, _ *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 700"))
			e.put(invoice("2", "1", "2026-03-01", released, "A 700"))
		}, "1|0|7 2|0|3"},
		{"a budget is of all contractors", loyalty.Caps{}, loyalty.Caps{Budget: amount("10")}, func(e *erp, _ *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 700"))
			e.put(invoice("2", "2", "2026-03-01", released, "A 700"))
		}, "1|0|7 2|0|3"},
		{"the cap of all rules is used in their order", loyalty.Caps{}, loyalty.Caps{Document: amount("8")}, func(e *erp, _ *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 400", "W 100")) // 5 of base, 5 of wine
		}, "1|0|8"},
		{"the cap of a rule leaves the other alone", day, loyalty.Caps{}, func(e *erp, _ *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 2000", "W 100")) // 21 of base, 5 of wine
		}, "1|0|15"},
		{"both caps", day, loyalty.Caps{Day: amount("12")}, func(e *erp, _ *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 2000", "W 100"))
		}, "1|0|12"},
		{"a return takes what the cap let through, and gives no share back", day, loyalty.Caps{}, func(e *erp, b *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 2500"))
			e.put(correction("2", "1", "1", "2026-02-05", released, "A -1000")) // 15 are left, 10 may be
			b.run(KindPoints)
			e.put(correction("3", "1", "1", "2026-02-06", released, "A -1000"))
			b.run(KindPoints)
			e.put(invoice("4", "1", "2026-02-01", released, "A 900"))
		}, "1|0|10 3|0|-5"},
		{"a full return ends at zero", day, loyalty.Caps{}, func(e *erp, b *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 2500"))
			b.run(KindPoints)
			e.put(correction("2", "1", "1", "2026-02-05", released, "A -2500"))
		}, "1|0|10 2|0|-10"},
		{"a cancelled document gives its share back", day, loyalty.Caps{}, func(e *erp, b *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 800"))
			b.run(KindPoints)
			e.put(invoice("1", "1", "2026-02-01", cancelled, "A 800"))
			b.run(KindPoints)
			e.put(invoice("2", "1", "2026-02-01", released, "A 800"))
		}, "2|0|8"},
		{"a document moved to another day", day, loyalty.Caps{}, func(e *erp, b *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 800"))
			e.put(invoice("2", "1", "2026-02-02", released, "A 800"))
			b.run(KindPoints)
			e.put(invoice("1", "1", "2026-02-02", released, "A 800"))
			b.run(KindPoints)
			e.put(invoice("3", "1", "2026-02-01", released, "A 800"))
		}, "1|0|2 2|0|8 3|0|8"},
		{"a document moved to another contractor", day, loyalty.Caps{}, func(e *erp, b *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 800"))
			e.put(invoice("2", "2", "2026-02-01", released, "A 800"))
			b.run(KindPoints)
			e.put(invoice("1", "2", "2026-02-01", released, "A 800"))
		}, "1|0|2 2|0|8"},
		{"a document that grows takes of what is left", day, loyalty.Caps{}, func(e *erp, b *bench) {
			e.put(invoice("1", "1", "2026-02-01", buffered, "A 300"))
			e.put(invoice("2", "1", "2026-02-01", released, "A 500"))
			b.run(KindPoints)
			e.put(invoice("1", "1", "2026-02-01", released, "A 900"))
		}, "1|0|5 2|0|5"},
		{"one that got nothing stays so when others go", day, loyalty.Caps{}, func(e *erp, b *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 1000"))
			e.put(invoice("2", "1", "2026-02-01", released, "A 500"))
			b.run(KindPoints)
			e.put(invoice("1", "1", "2026-02-01", cancelled, "A 1000"))
			e.put(invoice("2", "1", "2026-02-01", released, "A 450", "B 50"))
		}, ""},
		{"an unlinked return heeds no cap", day, loyalty.Caps{}, func(e *erp, _ *bench) {
			e.put(invoice("1", "1", "2026-02-01", released, "A 3000"))
			e.put(invoice("2", "1", "2026-02-01", released, "A -1500"))
		}, "1|0|10 2|0|-15"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newERP()
			firms(e, 2)
			b := capped(t, e, c.rule, c.all)
			c.run(e, b)
			b.run(KindPoints)
			b.consistent()
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

// TestCapReason: a document that caps left nothing says so, and is not asked again
// by newer rules.
func TestCapReason(t *testing.T) {
	e := newERP()
	firms(e, 1)
	b := capped(t, e, loyalty.Caps{Day: amount("10")}, loyalty.Caps{})
	e.put(invoice("1", "1", "2026-02-01", released, "A 1000"))
	e.put(invoice("2", "1", "2026-02-01", released, "A 500"))
	e.put(invoice("3", "1", "2026-02-01", released, "A 50"))
	b.run(KindPoints)
	if got := b.reason("2") + " " + b.reason("3"); got != "capped no_rule_fired" {
		t.Errorf("got %q", got)
	}
}

// TestLaw2_Caps runs random histories under caps: nobody ever gets more than caps
// let through, nothing is posted twice, and cancelling all leaves nothing.
func TestLaw2_Caps(t *testing.T) {
	playHistories(t)
	rapid.Check(t, func(rt *rapid.T) {
		e := newERP()
		firms(e, 3)
		e.contractor("4", "other")
		limit := func(name string) loyalty.Caps {
			return loyalty.Caps{
				Day:    amount(fmt.Sprint(rapid.IntRange(0, 400).Draw(rt, name+" day"))),
				Month:  amount(fmt.Sprint(rapid.IntRange(0, 900).Draw(rt, name+" month"))),
				Budget: amount(fmt.Sprint(rapid.IntRange(0, 2000).Draw(rt, name+" budget"))),
			}
		}
		b := capped(t, e, limit("rule"), limit("all"))
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
		b.withinCaps()
		b.simulatesToItself()
		if rapid.IntRange(0, 3).Draw(rt, "reconciled") == 0 {
			b.agrees("a random history")
		}
		for id, inv := range e.invoices {
			if inv.State != cancelled {
				inv.State = cancelled
				e.invoices[id] = inv
				e.put(inv)
			}
		}
		b.run(KindPoints)
		b.consistent()
		if got := b.query("SELECT * FROM cap_use WHERE used <> 0"); got != "" {
			t.Errorf("everything is cancelled, and of caps is used: %s", got)
		}
		if t.Failed() {
			rt.FailNow()
		}
	})
}

// withinCaps checks that sales and their corrections got no more than caps allow.
// Which rule pending points of a document in the buffer are of is settled by release.
func (b *bench) withinCaps() {
	b.tb.Helper()
	for rule, caps := range map[string]loyalty.Caps{"base": b.rules.Rules[0].Caps, "": b.rules.Caps} {
		for period, q := range map[loyalty.CapPeriod]string{
			loyalty.CapDay: "o.date, d.account_id", loyalty.CapMonth: "strftime('%Y-%m', o.date * 86400, 'unixepoch'), d.account_id", loyalty.CapBudget: "d.feed_id",
		} {
			limit := caps.Of(period)
			if limit.IsZero() {
				continue
			}
			got := b.query(fmt.Sprintf(`SELECT sum((e.from_bucket = 1) * e.amount - (e.to_bucket = 1) * e.amount) AS given FROM entry e
				JOIN document d ON d.id = e.document_id JOIN document o ON o.erp_key = d.root JOIN rule r ON r.id = e.rule_id
				WHERE o.hash <> '' AND coalesce(json_extract(o.body, '$.return'), 0) = 0 AND json_extract(o.body, '$.gross') NOT LIKE '-%%' AND ('%s' = '' OR r.name = '%s' AND d.state = 2) GROUP BY %s HAVING given > %s`, rule, rule, q, limit))
			if got != "" {
				b.tb.Errorf("rule %q may give %s a %s, and gave %s", rule, limit, period, got)
			}
		}
	}
}
