package jobs

import (
	"strings"
	"testing"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
)

// TestHourOfADocument: a document whose time nobody knows gets nothing of a rule that
// asks for the hour, and all once it is read with one; its corrections go by it too.
func TestHourOfADocument(t *testing.T) {
	e := newERP()
	firms(e, 1)
	late, unknown := invoice("1", "1", "2026-02-01", released, "A 500"), invoice("2", "1", "2026-02-01", released, "A 700")
	late.Time = "17:45"
	e.put(late)
	e.put(unknown)
	e.put(correction("3", "1", "1", "2026-02-03", released, "A -100"))
	b := newBench(t, e)
	b.rules.Rules[0].When = `hour >= 17`
	b.run(KindPoints)
	points := `SELECT group_concat(erp_key || ':' || active, ' ') FROM (SELECT erp_key, active FROM document ORDER BY erp_key)`
	if got := b.query(points); got != "1:5 2:0 3:-1" {
		t.Fatalf("points %q", got)
	}
	if got := b.query(`SELECT body LIKE '%"time"%' FROM document ORDER BY erp_key`); got != "1\n0\n0" {
		t.Errorf("bodies with a time: %q", got)
	}
	unknown.Time = "18:00" // as an update of loyalsync, which reads it now
	e.put(unknown)
	if _, err := b.try(KindPoints, Options{Since: loyalty.NewDate(2026, 1, 1)}); err != nil {
		t.Fatal(err)
	}
	if got := b.query(points); got != "1:5 2:7 3:-1" {
		t.Errorf("points %q once the time is read", got)
	}
	b.settled("with times")
	b.consistent()
}

// TestFirstPurchase: the first original of an account to give points, in the order of
// posting, is it for ever, and no other one while it has points.
func TestFirstPurchase(t *testing.T) {
	points := `SELECT group_concat(erp_key || ':' || pending || '/' || active, ' ') FROM (SELECT erp_key, pending, active FROM document ORDER BY length(erp_key), erp_key)`
	welcome := loyalty.Multiplier{When: `first_purchase`, By: amount("2")}
	type step struct {
		name string
		put  []connectors.Invoice
		want string
	}
	moved := invoice("1", "1", "2026-02-15", released, "A 500")
	for name, tt := range map[string]struct {
		page  int
		steps []step
	}{
		"one page": {1000, []step{
			{"two at once", []connectors.Invoice{invoice("1", "1", "2026-02-01", released, "A 500"), invoice("2", "1", "2026-02-01", released, "A 300")}, "1:0/10 2:0/3"},
			{"a correction", []connectors.Invoice{correction("3", "1", "1", "2026-02-03", released, "A -100")}, "1:0/10 2:0/3 3:0/-2"},
			{"a late document", []connectors.Invoice{invoice("4", "1", "2026-01-05", released, "A 900")}, "1:0/10 2:0/3 3:0/-2 4:0/9"},
			{"another date", []connectors.Invoice{moved}, "1:0/10 2:0/3 3:0/-2 4:0/9"},
			{"another contractor", []connectors.Invoice{invoice("5", "2", "2026-02-01", released, "A 100")}, "1:0/10 2:0/3 3:0/-2 4:0/9 5:0/2"},
		}},
		"page by page": {1, []step{
			{"in the buffer", []connectors.Invoice{invoice("1", "1", "2026-02-01", buffered, "A 500"), invoice("2", "1", "2026-02-01", released, "A 300")}, "1:10/0 2:0/3"},
			{"released", []connectors.Invoice{invoice("1", "1", "2026-02-01", released, "A 500")}, "1:0/10 2:0/3"},
		}},
		"too small to give points": {1000, []step{
			{"nothing", []connectors.Invoice{invoice("1", "1", "2026-02-01", released, "A 20")}, "1:0/0"},
			{"the second", []connectors.Invoice{invoice("2", "1", "2026-02-02", released, "A 300")}, "1:0/0 2:0/6"},
		}},
		"cancelled and written again": {1000, []step{
			{"the wrong one", []connectors.Invoice{invoice("1", "1", "2026-02-01", released, "A 500")}, "1:0/10"},
			{"both in a page", []connectors.Invoice{invoice("1", "1", "2026-02-01", cancelled, "A 500"), invoice("2", "1", "2026-02-01", released, "A 500")}, "1:0/0 2:0/10"},
		}},
		"a return without an original": {1000, []step{
			{"first", []connectors.Invoice{invoice("1", "1", "2026-02-01", released, "A -500")}, "1:0/-5"},
			{"a purchase", []connectors.Invoice{invoice("2", "1", "2026-02-02", released, "A 500")}, "1:0/-5 2:0/10"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			e := newERP()
			firms(e, 2)
			b := newBench(t, e)
			b.feed.Page = tt.page
			b.rules.Rules[0].Multiply = []loyalty.Multiplier{welcome}
			for _, s := range tt.steps {
				for _, inv := range s.put {
					e.put(inv)
				}
				b.run(KindPoints)
				if got := b.query(points); got != s.want {
					t.Fatalf("%s: %q, want %q", s.name, got, s.want)
				}
				if counts, err := b.try(KindPoints, Options{Since: loyalty.NewDate(2000, 1, 1)}); err != nil || counts.Entries > 0 {
					t.Errorf("%s, read again: %d entries, %v", s.name, counts.Entries, err)
				}
				b.simulatesToItself()
				b.consistent()
			}
		})
	}
}

// TestSimulateFirstPurchase: where nothing is pinned, the first of the past is found
// in the order of posting, by what the other rules would have given.
func TestSimulateFirstPurchase(t *testing.T) {
	e := newERP()
	firms(e, 2)
	e.put(invoice("1", "1", "2026-02-01", released, "A 50"))
	e.put(invoice("2", "1", "2026-02-01", released, "A 500"))
	e.put(invoice("3", "1", "2026-01-01", released, "A 500"))
	e.put(invoice("4", "2", "2026-02-01", released, "A 500"))
	b := newBench(t, e)
	b.run(KindPoints)
	other := b.rules
	other.Rules = []loyalty.Rule{other.Rules[0]}
	other.Rules[0].Multiply = []loyalty.Multiplier{{When: `first_purchase`, By: amount("2")}}
	var got []string
	for _, s := range b.simulate(other) {
		got = append(got, s.Original.Key.ID+":"+s.After.Format(0))
	}
	if text := strings.Join(got, " "); text != "1:1 2:5 3:5 4:10" {
		t.Errorf("simulated %q", text)
	}
}

// TestTiers: a document goes by the tier of its date, as it was when the document
// first got points; a tier that is changed later does not change it.
func TestTiers(t *testing.T) {
	e := newERP()
	firms(e, 1)
	e.put(invoice("1", "1", "2026-02-01", released, "A 500"))
	b := newBench(t, e)
	b.rules.Rules[0].Multiply = []loyalty.Multiplier{{When: `tier == "gold"`, By: amount("2")}}
	b.run(KindContractors)
	set := func(tier, from string) {
		t.Helper()
		day, err := loyalty.ParseDate(from)
		if err != nil {
			t.Fatal(err)
		}
		change := loyalty.TierChange{Contractor: "K1", TierSpan: loyalty.TierSpan{Tier: tier, From: day, To: loyalty.NoDate}}
		outcomes, err := b.store.SetTiers(t.Context(), loyalty.TierSetting{Program: "main", Actor: "test", At: b.today}, []loyalty.TierChange{change})
		if err != nil || outcomes[0] != loyalty.TierSet {
			t.Fatal(outcomes, err)
		}
	}
	points := `SELECT group_concat(erp_key || ':' || active, ' ') FROM (SELECT erp_key, active FROM document ORDER BY erp_key)`
	set("gold", "2026-02-01")
	set("silver", "2026-02-10")
	b.run(KindPoints)
	e.put(invoice("2", "1", "2026-02-10", released, "A 500"))
	e.put(invoice("3", "1", "2026-01-31", released, "A 500"))
	b.run(KindPoints)
	if got := b.query(points); got != "1:10 2:5 3:5" {
		t.Fatalf("points %q", got)
	}
	set("gold", "2026-01-01")
	set("silver", "2026-02-01")
	set("gold", "2026-02-10")
	e.put(correction("4", "1", "1", "2026-02-20", released, "A -100"))
	e.put(invoice("5", "1", "2026-01-31", released, "A 500"))
	b.run(KindPoints)
	if got := b.query(points); got != "1:10 2:5 3:5 4:-2 5:10" {
		t.Errorf("points %q after the tiers were changed", got)
	}
	if got := b.query(`SELECT json_extract(body, '$.inputs') FROM document WHERE erp_key IN ('1', '3') ORDER BY erp_key`); got != "{\"tier\":\"gold\"}\n{}" {
		t.Errorf("pinned %q", got)
	}
	b.simulatesToItself()
	b.consistent()
}

// TestCard: the number is pinned like every other fact about the contractor.
func TestCard(t *testing.T) {
	e := newERP()
	firms(e, 1)
	card := func(number string) {
		c := e.contractors["1"]
		c.Attributes = map[string]string{"CARD": number}
		e.contractors["1"] = c
	}
	card("GOLD-1")
	e.put(invoice("1", "1", "2026-02-01", released, "A 500"))
	b := newBench(t, e)
	b.mapping.Card = `attribute("CARD")`
	b.rules.Rules[0].Multiply = []loyalty.Multiplier{{When: `card startsWith "GOLD"`, By: amount("2")}}
	b.run(KindContractors)
	b.run(KindPoints)
	card("BLUE-1")
	b.run(KindContractors)
	e.put(invoice("2", "1", "2026-02-02", released, "A 500"))
	e.put(correction("3", "1", "1", "2026-02-03", released, "A -100"))
	b.run(KindPoints)
	if got := b.query(`SELECT group_concat(erp_key || ':' || active, ' ') FROM (SELECT erp_key, active FROM document ORDER BY erp_key)`); got != "1:10 2:5 3:-2" {
		t.Errorf("points %q", got)
	}
	b.simulatesToItself()
}
