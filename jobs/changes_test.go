package jobs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
)

// TestChangedChains changes how documents hang together, and what they are.
func TestChangedChains(t *testing.T) {
	start := func(t *testing.T, docs ...connectors.Invoice) *bench {
		t.Helper()
		e := newERP()
		firms(e, 2)
		for _, d := range docs {
			e.put(d)
		}
		b := newBench(t, e)
		b.run(KindPoints)
		b.sameAsFresh("at first")
		return b
	}
	first, second := invoice("1", "1", "2026-02-01", released, "A 250"), invoice("2", "1", "2026-02-01", released, "A 1000")
	for _, c := range []struct {
		name   string
		before []connectors.Invoice
		after  []connectors.Invoice
	}{
		{"a correction of a correction changes", []connectors.Invoice{
			second, correction("3", "2", "1", "2026-02-03", released, "A -300"), correction("4", "3", "1", "2026-02-04", released, "A -200"),
		}, []connectors.Invoice{correction("4", "3", "1", "2026-02-04", released, "A -400")}},
		{"a correction goes to another purchase", []connectors.Invoice{
			first, second, correction("3", "1", "1", "2026-02-03", released, "A -60"), correction("4", "1", "1", "2026-02-04", released, "A -60"),
		}, []connectors.Invoice{correction("3", "2", "1", "2026-02-03", released, "A -60")}},
		{"one in the buffer does, and is released", []connectors.Invoice{
			first, second, correction("3", "1", "1", "2026-02-03", buffered, "A 300"),
		}, []connectors.Invoice{correction("3", "2", "1", "2026-02-03", buffered, "A 300"), correction("3", "2", "1", "2026-02-03", released, "A 300")}},
		{
			"an original becomes a correction",
			[]connectors.Invoice{second, invoice("3", "1", "2026-02-03", released, "A 200")},
			[]connectors.Invoice{correction("3", "2", "1", "2026-02-03", released, "A -200")},
		},
		{
			"a discount line in the buffer, released",
			[]connectors.Invoice{invoice("1", "1", "2026-02-01", buffered, "A 500", "B -200")},
			[]connectors.Invoice{invoice("1", "1", "2026-02-01", released, "A 500", "B -200")},
		},
		{"another date", []connectors.Invoice{second}, []connectors.Invoice{invoice("2", "1", "2026-03-03", released, "A 1000")}},
		{
			"another buyer",
			[]connectors.Invoice{second, correction("3", "2", "1", "2026-02-03", released, "A -300")},
			[]connectors.Invoice{invoice("2", "2", "2026-02-01", released, "A 1000")},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := start(t, c.before...)
			for _, d := range c.after {
				b.erp.put(d)
				b.run(KindPoints)
				b.sameAsFresh("changed")
			}
			lots := `SELECT o.erp_key, l.pending, l.active, l.earned_on FROM lot l JOIN document o ON o.id = l.document_id WHERE l.pending + l.active > 0 ORDER BY 1`
			if got, want := b.query(lots), b.fresh().query(lots); got != want {
				t.Errorf("lots\n%s\nread from the start they are\n%s", got, want)
			}
		})
	}
}

// TestChangedSettings changes what decides points beside the documents.
func TestChangedSettings(t *testing.T) {
	start := func(t *testing.T) *bench {
		t.Helper()
		e := newERP()
		firms(e, 1)
		e.put(invoice("1", "1", "2026-02-01", released, "A 500"))
		e.put(invoice("2", "1", "2026-02-01", buffered, "A 700"))
		return newBench(t, e)
	}
	t.Run("a slip in rules that gave nothing is mended", func(t *testing.T) {
		b := start(t)
		right := b.rules.Rules
		wrong := rulesFor100()
		wrong.Rules[0].Per = amount("1000000")
		b.rules = wrong
		b.run(KindPoints)
		b.rules.Rules = right
		b.run(KindPoints)
		b.sameAsFresh("mended")
	})
	t.Run("buffered: ignore, and back", func(t *testing.T) {
		b := start(t)
		b.run(KindPoints)
		for _, ignore := range []bool{true, false} {
			b.feed.IgnoreBuffered = ignore
			b.run(KindPoints)
			b.sameAsFresh(fmt.Sprint("ignore ", ignore))
		}
	})
	t.Run("a title, or groups of another source, are no change of rules", func(t *testing.T) {
		b := start(t)
		b.run(KindPoints)
		b.rules.Rules[0].Title = loyalty.Title{"pl": "Za zakupy"}
		b.run(KindPoints)
		b.rules.ItemGroups = map[string][]loyalty.ItemGroup{"erp": b.rules.ItemGroups["erp"], "shop": {{Name: "wine", Items: []string{"V*"}}}}
		b.run(KindPoints)
		if got := b.query(`SELECT count(*), sum(body LIKE '%Za zakupy%'), sum(body LIKE '%shop%') FROM rule_set`); got != "1|1|1" {
			t.Errorf("rule sets %q, want the one, with the title and the groups", got)
		}
		b.rules.ItemGroups["erp"] = []loyalty.ItemGroup{{Name: "wine", Items: []string{"X*"}}}
		if _, err := b.try(KindPoints, Options{}); loyalty.CodeOf(err) != loyalty.CodeInvalid {
			t.Errorf("other items under posted points: %v", err)
		}
	})
	t.Run("the first run is a sweep, then the mapping changes", func(t *testing.T) {
		b := start(t)
		b.erp.contractor("2", "VIP")
		inv := invoice("3", "1", "2026-02-01", released, "A 300")
		inv.Payer = "2"
		b.erp.put(inv)
		b.run(KindSweep)
		b.mapping.PointsTo = "payer"
		b.run(KindPoints)
		b.sameAsFresh("payer")
	})
	t.Run("points that move to another account count for the guard", func(t *testing.T) {
		b := start(t)
		b.erp.contractor("2", "VIP")
		inv := invoice("1", "1", "2026-02-01", released, "A 500")
		inv.Payer = "2"
		b.erp.put(inv)
		b.run(KindPoints)
		b.feed.MaxReversed, b.mapping.PointsTo = amount("20"), "payer"
		if _, err := b.try(KindPoints, Options{}); err == nil || !strings.Contains(err.Error(), "would reverse") {
			t.Errorf("all points moved: %v", err)
		}
	})
}

// TestContractorsOfAllKinds: one that cannot be decided holds nobody up, one
// that is gone keeps its name, and a stranger leaves nothing but a key.
func TestContractorsOfAllKinds(t *testing.T) {
	e := newERP()
	firms(e, 2)
	e.contractor("3", "other")
	c := e.contractors["2"]
	c.Attributes = map[string]string{"limit": "brak"}
	e.contractors["2"] = c
	e.put(invoice("1", "2", "2026-02-01", released, "A 500"))
	e.put(invoice("2", "1", "2026-02-01", released, "A 500"))
	e.put(invoice("3", "3", "2026-02-01", released, "A 500"))
	e.put(correction("4", "3", "3", "2026-02-02", released, "A -100"))
	b := newBench(t, e)
	b.mapping.ContractorsWhere = `group == "VIP" && decimal(attribute("limit"), 1) > 0`
	for range 2 {
		if _, err := b.try(KindContractors, Options{}); loyalty.CodeOf(err) != loyalty.CodeInvalid {
			t.Errorf("a contractor that cannot be decided: %v, want to be told", err)
		}
		if _, err := b.try(KindPoints, Options{}); err != nil {
			t.Errorf("points: %v", err)
		}
	}
	if got := b.balances(); got != "1|0|5|0|1" {
		t.Errorf("balances %q", got)
	}
	if got := b.query(`SELECT count(*) FROM document WHERE party = '3' AND body IS NOT NULL`); got != "0" {
		t.Errorf("law 11: %s documents of a stranger are kept with their lines", got)
	}
	versions := b.query(`SELECT group_concat(version) FROM contractor`)
	if _, err := b.try(KindContractors, Options{}); err == nil || b.query(`SELECT group_concat(version) FROM contractor`) != versions {
		t.Errorf("contractors were written again without a change: %s", versions)
	}
	delete(e.contractors, "1")
	delete(e.contractors, "2")
	b.run(KindContractors)
	if got := b.query(`SELECT code, name, active FROM contractor WHERE erp_key = '1'`); got != "K1|Firma 1|0" {
		t.Errorf("a contractor that is gone: %q", got)
	}
	b.run(KindPoints)
	if got := b.balances(); got != "1|0|5|0|1" {
		t.Errorf("balances %q after the contractor was deleted", got)
	}
}

// TestLaw11_ErasedPeople: who was made anonymous in the ERP loses name and
// contacts here too, keeps the points, and is told to platforms once.
func TestLaw11_ErasedPeople(t *testing.T) {
	e := newERP()
	firms(e, 1)
	e.put(invoice("1", "1", "2026-02-01", released, "A 500"))
	anna := connectors.Representative{
		ID: "9", Contractor: "1", Name: "Anna", Email: "anna@firma.example", Active: true, Default: true,
		Consents: []connectors.Consent{connectors.ConsentEmail}, Attributes: map[string]string{"role": "buyer"},
	}
	stranger := connectors.Representative{ID: "8", Contractor: "1", Name: "Obcy", Active: true, Erased: true}
	e.people[anna.ID], e.people[stranger.ID] = anna, stranger
	b := newBench(t, e)
	b.run(KindContractors)
	b.run(KindPoints)
	if got := b.query(`SELECT erp_key, name, preferred, consents, attributes FROM representative`); got != `9|Anna|1|["email"]|{"role":"buyer"}` {
		t.Fatalf("representatives %q", got)
	}
	c := e.contractors["1"]
	c.Erased, anna.Erased = true, true
	e.contractors["1"], e.people[anna.ID] = c, anna
	for range 2 { // the second run finds nothing to write
		b.run(KindContractors)
		b.run(KindPoints)
		if got := b.query(`SELECT name, email, phone, active, preferred, consents, attributes, version FROM representative`); got != `|||0|0|[]|null|4` {
			t.Errorf("a representative made anonymous: %q", got)
		}
		if got := b.query(`SELECT code, name, tax_id, email, phone, active FROM contractor`); got != "K1|||||0" {
			t.Errorf("a contractor made anonymous: %q", got)
		}
	}
	if got := b.balances(); got != "1|0|5|0|1" {
		t.Errorf("balances %q", got)
	}
}

// TestPinnedInputs: what a contractor was when a document first got points decides
// about it and its corrections for ever; later documents go by what it is then.
func TestPinnedInputs(t *testing.T) {
	e := newERP()
	firms(e, 2)
	tier := func(contractor, value string) {
		c := e.contractors[contractor]
		c.Attributes = map[string]string{"TIER": value, "OTHER": "x"}
		e.contractors[contractor] = c
	}
	tier("1", "gold")
	e.put(invoice("1", "1", "2026-02-01", released, "A 500"))
	b := newBench(t, e)
	b.rules.Rules[0].Multiply = []loyalty.Multiplier{{When: `attribute("TIER") == "gold"`, By: amount("2")}}
	b.run(KindContractors)
	b.run(KindPoints)
	if got := b.balances(); got != "1|0|10|0|1" {
		t.Fatalf("balances %q, want 5 points doubled", got)
	}
	tier("1", "silver")
	b.run(KindContractors)
	e.put(correction("2", "1", "1", "2026-02-10", released, "A -300"))
	e.put(invoice("3", "1", "2026-02-11", released, "A 100"))
	b.run(KindPoints)
	if got := b.query(`SELECT group_concat(active, ' ') FROM document ORDER BY id`); got != "10 -6 1" {
		t.Errorf("points %q: a correction goes by what its original went by, a new invoice by what is now", got)
	}
	changed := e.invoices["1"] // another content, the same day and party
	changed.Number += "/X"
	e.put(changed)
	b.run(KindPoints)
	if got := b.balances(); got != "1|0|5|0|2" {
		t.Errorf("balances %q after the original was renumbered", got)
	}
	changed.Buyer = "2" // another party brings its own
	e.put(changed)
	b.run(KindPoints)
	if got := b.query(`SELECT active FROM document WHERE erp_key = '1'`); got != "5" {
		t.Errorf("%q points for a party without a tier, want 5", got)
	}
	if got := b.query(`SELECT json_extract(body, '$.inputs') FROM document WHERE erp_key = '3'`); got != `{"attributes":{"TIER":"silver"}}` {
		t.Errorf("law 11: inputs %q, want what the rules ask for and no more", got)
	}
}

// TestPinnedByCorrection: an original without points is pinned with the points of
// its correction, rules and inputs alike.
func TestPinnedByCorrection(t *testing.T) {
	e := newERP()
	firms(e, 1)
	tier := func(value string) {
		c := e.contractors["1"]
		c.Attributes = map[string]string{"TIER": value}
		e.contractors["1"] = c
	}
	tier("gold")
	e.put(invoice("1", "1", "2026-02-01", released, "A 50"))
	e.put(correction("2", "1", "1", "2026-02-02", released, "A 450"))
	b := newBench(t, e)
	b.rules.Rules[0].Multiply = []loyalty.Multiplier{{When: `attribute("TIER") == "gold"`, By: amount("2")}}
	b.rules.Rules[0].MinDocument = amount("100")
	b.run(KindContractors)
	b.run(KindPoints)
	if got := b.query(`SELECT erp_key, active FROM document ORDER BY erp_key`); got != "1|0\n2|10" {
		t.Fatalf("points %q", got)
	}
	tier("silver")
	b.run(KindContractors)
	e.put(correction("3", "1", "1", "2026-02-10", released, "A -100"))
	b.run(KindPoints)
	if got := b.query(`SELECT erp_key, active FROM document ORDER BY erp_key`); got != "1|0\n2|10\n3|-2" {
		t.Errorf("points %q: what was earned by a correction went by what the contractor has become", got)
	}
	b.simulatesToItself()
	b.consistent()
}

// TestOtherCurrencyLater: documents in another currency are computed again when
// rules come that go by the ERP's rate.
func TestOtherCurrencyLater(t *testing.T) {
	for name, later := range map[string]func(*bench){
		"the rules that gave nothing are changed": func(*bench) {},
		"newer rules, back-dated": func(b *bench) {
			b.erp.put(invoice("2", "1", "2026-01-20", released, "A 100"))
			b.run(KindPoints)
			b.earlier = []loyalty.RuleSet{b.rules}
			b.rules.ValidFrom = loyalty.NewDate(2026, 2, 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newERP()
			firms(e, 1)
			inv := invoice("1", "1", "2026-02-01", released, "A 500")
			inv.Currency, inv.Rate = "EUR", amount("4")
			e.put(inv)
			b := newBench(t, e)
			b.run(KindPoints)
			later(b)
			b.rules.OtherCurrency = loyalty.ERPRate
			b.run(KindPoints)
			if got := b.query(`SELECT active, reason FROM document WHERE erp_key = '1'`); got != "20|" {
				t.Errorf("points %q, want 20: 500 EUR at 4", got)
			}
		})
	}
}

// TestSimulateWithoutFacts: a contractor who had no group on the day of earning is
// simulated without one, whatever group he has now.
func TestSimulateWithoutFacts(t *testing.T) {
	e := newERP()
	firms(e, 1)
	b := newBench(t, e)
	b.mapping.ContractorsWhere = `active`
	b.rules.Rules[0].Multiply = []loyalty.Multiplier{{When: `attribute("TIER") == "gold"`, By: amount("2")}}
	e.put(invoice("1", "1", "2026-02-01", released, "A 500"))
	b.run(KindContractors)
	b.run(KindPoints)
	c := e.contractors["1"]
	c.Attributes = map[string]string{"TIER": "gold"}
	e.contractors["1"] = c
	b.run(KindContractors)
	b.simulatesToItself()
}

// TestUnlinkedLater: a correction that turns out to correct nothing goes by the
// rules of its own day, as if it had been read so from the start.
func TestUnlinkedLater(t *testing.T) {
	e := newERP()
	firms(e, 1)
	e.put(invoice("1", "1", "2026-02-01", released, "A 500"))
	e.put(correction("2", "1", "1", "2026-02-20", released, "A 300"))
	b := newBench(t, e)
	b.earlier = []loyalty.RuleSet{rulesFor100()}
	b.rules.ValidFrom, b.rules.Rules[0].Points = loyalty.NewDate(2026, 2, 15), amount("2")
	b.run(KindPoints)
	if got := b.query(`SELECT erp_key, active FROM document ORDER BY erp_key`); got != "1|5\n2|3" {
		t.Fatalf("points %q: a correction goes by the rules of its original", got)
	}
	e.put(invoice("2", "1", "2026-02-20", released, "A 300"))
	b.run(KindPoints)
	if got := b.query(`SELECT erp_key, active FROM document ORDER BY erp_key`); got != "1|5\n2|6" {
		t.Errorf("points %q, want the newer rules for what is an original now", got)
	}
	b.consistent()
}
