package jobs

import (
	"strings"
	"testing"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
	"github.com/loyalsync/loyalsync/loyalty/rules"
	"github.com/loyalsync/loyalsync/mapping"
)

// simulate scores everything that is stored under a rule set.
func (b *bench) simulate(def loyalty.RuleSet) []ledger.Simulated {
	b.tb.Helper()
	ctx := b.tb.Context()
	feed, err := b.store.OpenFeed(ctx, loyalty.Feed{ProgramName: "main", SourceName: "erp", Currency: def.Currency, Decimals: def.Decimals})
	if err != nil {
		b.tb.Fatal(err)
	}
	versions, ids, err := b.store.RuleSets(ctx, feed.Program)
	if err != nil {
		b.tb.Fatal(err)
	}
	book, err := ledger.New(ledger.Config{
		Store: b.store, Feed: feed, RuleSets: versions, RuleIDs: ids, Conditions: mapping.RuleConditions{}, Tables: b.store.RuleTables,
		IgnoreBuffered: b.feed.IgnoreBuffered, Now: b.feed.Now,
	})
	if err != nil {
		b.tb.Fatal(err)
	}
	set, faults := rules.Compile(def, mapping.RuleConditions{})
	if len(faults) > 0 {
		b.tb.Fatal(faults)
	}
	stored, err := b.store.SweepKeys(ctx, feed, loyalty.NoDate, 0, 100_000)
	if err != nil {
		b.tb.Fatal(err)
	}
	keys := make([]loyalty.Key, len(stored))
	for i, k := range stored {
		keys[i] = k.Key
	}
	chains, err := ledger.NewSimulation(set, nil).Score(ctx, book, keys)
	if err != nil {
		b.tb.Fatal(err)
	}
	return chains
}

// simulatesToItself checks law 12: the rules in force simulate to what is posted.
func (b *bench) simulatesToItself() {
	b.tb.Helper()
	for _, s := range b.simulate(b.rules) {
		if s.Before != s.After {
			b.tb.Errorf("law 12: document %s has %d, simulated under its own rules %d", s.Original.Key.ID, s.Before, s.After)
		}
	}
}

// TestSimulate: other rules over what is stored, by what contractors were then;
// nothing is written.
func TestSimulate(t *testing.T) {
	e := newERP()
	firms(e, 2)
	for _, id := range []string{"1", "2"} {
		c := e.contractors[id]
		c.Attributes = map[string]string{"TIER": "gold"}
		e.contractors[id] = c
	}
	e.put(invoice("1", "1", "2026-02-01", released, "A 500"))
	e.put(correction("2", "1", "1", "2026-02-02", released, "A -100"))
	e.put(invoice("3", "2", "2026-02-03", buffered, "A 300"))
	e.put(invoice("4", "2", "2026-02-03", cancelled, "A 300"))
	b := newBench(t, e)
	b.rules.Rules[0].Multiply = []loyalty.Multiplier{{When: `attribute("TIER") == "gold"`, By: amount("2")}}
	b.run(KindContractors)
	b.run(KindPoints)
	b.simulatesToItself()
	c := e.contractors["1"]
	c.Attributes = map[string]string{"TIER": "silver"}
	e.contractors["1"] = c
	b.run(KindContractors)
	b.simulatesToItself()
	before := b.documents()
	other := b.rules
	other.Rules = []loyalty.Rule{other.Rules[0]}
	other.Rules[0].Multiply = []loyalty.Multiplier{{When: `attribute("TIER") == "gold"`, By: amount("3")}}
	var got []string
	for _, s := range b.simulate(other) {
		got = append(got, s.Original.Key.ID+" "+s.Account.Code+" "+s.Before.Format(0)+" "+s.After.Format(0))
	}
	if text := strings.Join(got, ", "); text != "1 K1 8 12, 3 K2 6 9, 4 K2 0 0" {
		t.Errorf("simulated %q", text)
	}
	if after := b.documents(); after != before {
		t.Errorf("simulating wrote: %q, before %q", after, before)
	}
}
