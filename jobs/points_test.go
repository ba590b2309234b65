package jobs

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
	"github.com/loyalsync/loyalsync/mapping"
)

const released, buffered, cancelled = connectors.Released, connectors.Buffered, connectors.Cancelled

func TestPointsOfOneInvoice(t *testing.T) {
	e := newERP()
	firms(e, 1)
	e.put(invoice("1", "1", "2026-02-01", released, "A 5500"))
	b := newBench(t, e)
	counts := b.run(KindPoints)
	if got := b.balances(); got != "1|0|55|0|1" {
		t.Errorf("balance %q, want 55 points", got)
	}
	if counts.Points.Earned != 55 || counts.Entries != 1 || counts.Read.Invoices != 1 || counts.Read.Lines != 1 {
		t.Errorf("counts %+v", counts)
	}
	b.consistent()
}

// TestLaw2_EveryOrder lets the events of one purchase arrive in every order:
// buffer, release, two corrections, cancellation of one, back to the buffer.
func TestLaw2_EveryOrder(t *testing.T) {
	final := []connectors.Invoice{
		invoice("10", "1", "2026-02-01", released, "A 250", "W 350"),
		correction("11", "10", "1", "2026-02-03", released, "W -150"),
		correction("12", "10", "1", "2026-02-04", released, "A -50", "W -200"),
		correction("13", "10", "1", "2026-02-05", cancelled, "A -200"),
		invoice("14", "1", "2026-02-06", buffered, "A 900"),
	}
	want := ""
	permutations(len(final), func(order []int) {
		e := newERP()
		firms(e, 1)
		b := newBench(t, e)
		b.feed.Page = 1
		for _, i := range order {
			before := final[i]
			before.State = buffered
			e.put(before)
			b.run(KindPoints)
			e.put(final[i])
			b.run(KindPoints)
		}
		b.consistent()
		got := b.balances() + "\n" + b.documents()
		if want == "" {
			want = got
			if !strings.HasPrefix(got, "1|9|2|0|1\n") {
				t.Errorf("got %q; A 200 is 2 points, W 0 is none, and 9 are pending", got)
			}
			b.sameAsFresh("all orders")
		}
		if got != want {
			t.Errorf("order %v: got\n%s\nwant\n%s", order, got, want)
		}
	})
}

func TestFullReturnGivesZero(t *testing.T) {
	e := newERP()
	firms(e, 1)
	e.put(invoice("1", "1", "2026-02-01", released, "A 199.99", "B 350.01", "W 77.77"))
	b := newBench(t, e)
	b.run(KindPoints)
	for i, part := range []string{"A -99.99", "B -350.01", "W -33.33", "A -100", "W -44.44"} {
		e.put(correction(fmt.Sprint(i+2), "1", "1", "2026-02-02", released, part))
		b.run(KindPoints)
	}
	if got := b.balances(); got != "" && !strings.HasPrefix(got, "1|0|0|0|") {
		t.Errorf("after returning everything: %q", got)
	}
	b.sameAsFresh("returned piece by piece")
}

// TestLaw2_History runs random histories of an ERP and compares the ledger with
// one that reads the final state for the first time.
func TestLaw2_History(t *testing.T) {
	playHistories(t)
	rapid.Check(t, func(rt *rapid.T) {
		e := newERP()
		firms(e, 3)
		e.contractor("4", "other")
		b := newBench(t, e)
		b.feed.Page = rapid.IntRange(1, 5).Draw(rt, "page")
		b.rules.Activate = rapid.SampledFrom([]loyalty.Activation{{}, {AfterDays: 30}, {Paid: true}}).Draw(rt, "active")
		b.mapping.HashPaid = b.rules.Activate.Paid
		for range rapid.IntRange(1, 25).Draw(rt, "events") {
			event(rt, e)
			b.today = b.today.AddDate(0, 0, rapid.IntRange(0, 3).Draw(rt, "days"))
			if id := fmt.Sprint(rapid.IntRange(1, 16).Draw(rt, "paid")); e.invoices[id].Key.ID != "" {
				e.pay(id)
			}
			switch rapid.IntRange(0, 9).Draw(rt, "job") {
			case 0, 1, 2:
				b.run(KindPoints)
			case 3:
				b.run(KindSweep)
			case 4:
				b.run(KindContractors)
			case 5, 6:
				b.run(KindActivate)
			}
		}
		b.run(KindActivate)
		b.run(KindContractors)
		b.run(KindPoints)
		b.run(KindSweep)
		if again := b.run(KindPoints); again.Entries != 0 || again.Changed != 0 {
			rt.Errorf("a second run posted %d entries and changed %d documents", again.Entries, again.Changed)
		}
		b.sameAsFresh("random history")
		if rapid.IntRange(0, 3).Draw(rt, "reconciled") == 0 {
			b.agrees("a random history")
		}
		b.simulatesToItself()
		if t.Failed() {
			rt.FailNow()
		}
	})
}

// playHistories sets how many random histories a test plays: more or fewer on request.
func playHistories(t *testing.T) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	if checks.Value.String() != checks.DefValue {
		return
	}
	if err := checks.Value.Set(histories); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = checks.Value.Set(checks.DefValue) })
}

// event changes the ERP as a person there would.
func event(rt *rapid.T, e *erp) {
	id := rapid.IntRange(1, 8).Draw(rt, "id")
	firm := fmt.Sprint(1 + id%4)
	day := fmt.Sprintf("2026-02-%02d", id)
	state := rapid.SampledFrom([]connectors.State{buffered, released, released, cancelled}).Draw(rt, "state")
	lines := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"A", "B", "W"}), 1, 3, rapid.ID[string]).Draw(rt, "lines")
	sign := int64(1)
	of := rapid.IntRange(0, 3).Draw(rt, "what")
	if of > 0 {
		sign = -1
	}
	for i := range lines {
		s := sign
		if rapid.IntRange(0, 5).Draw(rt, "against") == 0 { // a discount on a sale, more on a return
			s = -s
		}
		lines[i] += " " + decimalText(s*rapid.Int64Range(1, 90000).Draw(rt, "net"))
	}
	switch of {
	case 0:
		if rapid.IntRange(0, 9).Draw(rt, "delete") == 0 {
			e.remove(fmt.Sprint(id))
			return
		}
		inv := invoice(fmt.Sprint(id), firm, day, state, lines...)
		inv.Currency = rapid.SampledFrom([]string{"PLN", "PLN", "PLN", "EUR"}).Draw(rt, "currency")
		e.put(inv)
	case 1: // sometimes of another purchase than before
		original := max(1, id-rapid.IntRange(0, 4).Draw(rt, "relinked")/4)
		e.put(correction(fmt.Sprint(100+id), fmt.Sprint(original), firm, "2026-02-20", state, lines...))
	case 2: // sometimes of a correction
		original := id + 100*(rapid.IntRange(0, 3).Draw(rt, "corrected")/3)
		e.put(correction(fmt.Sprint(200+id), fmt.Sprint(original), firm, "2026-02-10", state, lines...))
	default:
		inv := invoice(fmt.Sprint(300+id), firm, "2026-02-15", state, lines...)
		inv.Return = true
		e.put(inv)
	}
}

func decimalText(cents int64) string { return amount("0.01").Mul(amount(fmt.Sprint(cents))).String() }

// TestParticipation changes who takes part, since when and to whom points go;
// what comes out is as if it had been so from the start, but that leaving keeps.
func TestParticipation(t *testing.T) {
	start := func(t *testing.T) *bench {
		e := newERP()
		firms(e, 3)
		for i := range 12 {
			id, day := fmt.Sprint(i+1), fmt.Sprintf("2026-%02d-15", 1+i/4)
			inv := invoice(id, fmt.Sprint(1+i%3), day, released, "A "+fmt.Sprint(100*(i+1)), "W 200")
			inv.Payer, inv.Recipient = "1", "2"
			e.put(inv)
			if i%4 == 0 {
				e.put(correction("9"+id, id, fmt.Sprint(1+i%3), day, released, "W -100"))
			}
		}
		b := newBench(t, e)
		b.run(KindPoints)
		return b
	}
	t.Run("added after a year of invoices", func(t *testing.T) {
		b := start(t)
		b.erp.contractor("2", "other")
		b = b.fresh()
		b.feed.Page = 3
		b.erp.contractor("2", "VIP")
		b.run(KindContractors)
		b.run(KindPoints)
		b.sameAsFresh("added later")
	})
	t.Run("earn_from moved", func(t *testing.T) {
		b := start(t)
		for _, from := range []loyalty.Date{loyalty.NewDate(2026, 2, 1), loyalty.NewDate(2026, 3, 15), loyalty.NewDate(2025, 1, 1)} {
			b.mapping.EarnFrom = from
			b.run(KindPoints)
			b.sameAsFresh("earn_from " + from.String())
		}
	})
	t.Run("points_to changed", func(t *testing.T) {
		b := start(t)
		for _, to := range []string{"payer", "recipient", "buyer"} {
			b.mapping.PointsTo = to
			b.run(KindPoints)
			b.sameAsFresh("points_to " + to)
		}
	})
	t.Run("points of one contractor to another", func(t *testing.T) {
		b := start(t)
		b.erp.contractor("900", "other")
		b.mapping.Overrides = []mapping.Override{{Contractor: "K1", PointsToContractor: "K900", EarnFrom: loyalty.NewDate(2026, 2, 1)}}
		b.run(KindPoints)
		b.sameAsFresh("override")
		if !strings.Contains(b.balances(), "900|") {
			t.Error("contractor 900 has no points")
		}
		b.mapping.Overrides = nil
		b.run(KindPoints)
		b.sameAsFresh("override taken away")
	})
	t.Run("leaving keeps, joining again counts all", func(t *testing.T) {
		b := start(t)
		before := b.balances()
		b.erp.contractor("3", "other")
		b.run(KindContractors)
		b.run(KindPoints)
		if got := b.balances(); got != before {
			t.Errorf("leaving changed the balances from\n%s\nto\n%s", before, got)
		}
		b.erp.put(invoice("50", "3", "2026-03-25", released, "A 1000")) // after the day of leaving
		b.erp.put(invoice("51", "3", "2026-03-10", released, "A 1000")) // before it
		b.run(KindPoints)
		if got := b.query(`SELECT erp_key, active, reason FROM document WHERE erp_key IN ('50', '51') ORDER BY 1`); got != "50|0|after_leaving\n51|10|" {
			t.Errorf("documents after and before leaving: %q", got)
		}
		b.erp.contractor("3", "VIP")
		b.run(KindContractors)
		b.run(KindPoints)
		b.sameAsFresh("joined again")
	})
}

// TestPointsToAttribute sends points where an attribute of the document says, by
// a code that may become known only later.
func TestPointsToAttribute(t *testing.T) {
	e := newERP()
	firms(e, 2)
	inv := invoice("1", "1", "2026-02-01", released, "A 500")
	inv.Attributes = map[string]string{"CARD": "K7"}
	e.put(inv)
	plain := invoice("2", "2", "2026-02-01", released, "A 300")
	e.put(plain)
	b := newBench(t, e)
	b.mapping.PointsToAttribute = "CARD"
	b.run(KindPoints)
	if got := b.documents(); got != "2|2|0|3" {
		t.Errorf("points %q: nobody gets those of a code that nobody has", got)
	}
	e.contractor("7", "VIP")
	b.run(KindContractors)
	b.run(KindPoints)
	if got := b.documents(); got != "1|7|0|5\n2|2|0|3" {
		t.Errorf("points %q after the contractor became known", got)
	}
	b.sameAsFresh("attribute")
}

// TestLaw2_CorrectionFirst reads a correction whose original was never read.
func TestLaw2_CorrectionFirst(t *testing.T) {
	e := newERP()
	firms(e, 1)
	b := newBench(t, e)
	original := invoice("1", "1", "2026-02-01", released, "A 1000")
	original.Modified = connectors.NewStamp(e.now.Add(-24 * time.Hour))
	b.run(KindPoints)
	e.invoices["1"] = original // committed late: older than what a pass reads again
	e.put(correction("2", "1", "1", "2026-02-02", released, "A -300"))
	b.run(KindPoints)
	if got := b.documents(); got != "1|1|0|10\n2|1|0|-3" {
		t.Errorf("points %q: the original is read by key with its correction", got)
	}
	b.sameAsFresh("correction first")
}

func TestReasons(t *testing.T) {
	e := newERP()
	firms(e, 1)
	e.contractor("2", "other")
	for _, inv := range []connectors.Invoice{
		invoice("early", "1", "2025-06-01", released, "A 1000"),
		invoice("stranger", "2", "2026-02-01", released, "A 1000"),
		invoice("nobody", "", "2026-02-01", released, "A 1000"),
		invoice("small", "1", "2026-02-01", released, "A 10"),
		invoice("void", "1", "2026-02-01", cancelled, "A 1000"),
		correction("orphan", "gone", "1", "2026-02-01", released, "A -10"),
		correction("of-early", "early", "1", "2026-02-01", released, "A -10"),
	} {
		e.put(inv)
	}
	euro := invoice("euro", "1", "2026-02-01", released, "A 1000")
	euro.Currency = "EUR"
	e.put(euro)
	b := newBench(t, e)
	b.run(KindPoints)
	want := "early|before_earn_from\neuro|currency\nnobody|no_contractor\nof-early|original_not_score\norphan|no_original\nsmall|no_rule_fired\nstranger|not_in_program\nvoid|cancelled"
	if got := b.query(`SELECT erp_key, reason FROM document ORDER BY erp_key`); got != want {
		t.Errorf("reasons\n%s\nwant\n%s", got, want)
	}
	if got := b.query(`SELECT group_concat(coalesce(body, '')) || ',' FROM document WHERE erp_key = 'stranger'`); got != "," {
		t.Errorf("the document of a contractor outside the program is kept with its lines: %s", got)
	}
	if got := b.query(`SELECT name FROM contractor WHERE erp_key = '2'`); got != "" {
		t.Errorf("law 11: the name %q of a contractor outside the program is kept", got)
	}
}

// TestLaw6_Deleted deletes documents in the ERP. Only a sweep concludes that.
func TestLaw6_Deleted(t *testing.T) {
	e := newERP()
	firms(e, 1)
	for i := range 20 {
		e.put(invoice(fmt.Sprint(i+1), "1", "2026-02-01", released, "A 100"))
	}
	e.put(invoice("21", "1", "2026-02-01", buffered, "A 100"))
	b := newBench(t, e)
	b.run(KindPoints)
	e.remove("3")
	e.remove("21")
	e.outside["4"] = true
	b.run(KindPoints)
	if got := b.balances(); got != "1|1|20|0|20" {
		t.Errorf("a pass concluded that documents are deleted: %q", got)
	}
	e.failAt = 3
	if _, err := b.try(KindSweep, Options{}); !errors.Is(err, connectors.ErrUnreachable) {
		t.Errorf("a sweep over a failing ERP: %v", err)
	}
	if got := b.balances(); got != "1|1|20|0|20" {
		t.Errorf("an incomplete scan concluded that documents are deleted: %q", got)
	}
	b.run(KindSweep)
	if got := b.balances(); got != "1|0|19|0|19" {
		t.Errorf("after the sweep %q, want 19: one deleted, one outside the filter keeps its points", got)
	}
	if got := b.query(`SELECT erp_key, reason FROM document WHERE erp_key IN ('3', '4', '21') ORDER BY 1`); got != "21|deleted\n3|deleted\n4|out_of_scope" {
		t.Errorf("reasons %q", got)
	}
	e.outside["4"] = false
	e.put(invoice("3", "1", "2026-02-01", released, "A 100"))
	b.run(KindSweep)
	b.sameAsFresh("back again")
}

// TestLaw6_NegativeSale: a document that takes value back though nothing marks it as a
// return is no loss; what it had before it became one is.
func TestLaw6_NegativeSale(t *testing.T) {
	e := newERP()
	firms(e, 1)
	e.put(invoice("1", "1", "2026-02-01", released, "A -500"))
	e.put(invoice("2", "1", "2026-02-01", released, "A 900"))
	b := newBench(t, e)
	b.feed.MaxReversed, b.feed.MinReversed = amount("20"), 1
	b.run(KindPoints)
	e.put(invoice("2", "1", "2026-02-01", released, "A -100"))
	_, err := b.try(KindPoints, Options{})
	if guard, ok := errors.AsType[*GuardError](err); !ok || !strings.Contains(guard.Error(), "reverse 9 of") {
		t.Errorf("a sale of 9 points became a return: %v, want a guard for 9", err)
	}
}

func TestLaw6_Guard(t *testing.T) {
	e := newERP()
	firms(e, 1)
	for i := range 40 {
		e.put(invoice(fmt.Sprint(i+1), "1", "2026-02-01", released, "A 100"))
	}
	b := newBench(t, e)
	b.feed.MaxReversed, b.feed.MinReversed = amount("20"), 2
	b.run(KindPoints)
	for i := range 15 {
		e.remove(fmt.Sprint(i + 1))
	}
	_, err := b.try(KindSweep, Options{})
	guard, ok := errors.AsType[*GuardError](err)
	if !ok {
		t.Fatalf("taking back 15 of 40 points: %v, want a guard", err)
	}
	if want := "it would reverse 15 of 40 points (38 %, limit 20 %); 7 of them, within the limit, are taken back already"; guard.Error() != want {
		t.Errorf("the guard says %q, want the whole of what it would take back: %q", guard, want)
	}
	b.consistent()
	if got := b.balances(); got != "1|0|33|0|33" { // a page of 7 is within 20 %
		t.Errorf("a guarded run left %q, want its first page only", got)
	}
	if _, err := b.try(KindSweep, Options{Approved: true}); err != nil {
		t.Fatalf("an approved run: %v", err)
	}
	b.sameAsFresh("approved")
}

func TestLaw4_WritableLogin(t *testing.T) {
	e := newERP()
	e.writable = []string{"c_invoice"}
	b := newBench(t, e)
	if _, err := b.try(KindPoints, Options{}); !errors.Is(err, connectors.ErrSettings) {
		t.Errorf("a login that may write: %v, want it refused", err)
	}
	b.feed.AllowWritable = true
	b.run(KindPoints)
}

func TestIdentity(t *testing.T) {
	e := newERP()
	firms(e, 1)
	b := newBench(t, e)
	b.run(KindPoints)
	e.identity = "another"
	_, err := b.try(KindPoints, Options{})
	if loyalty.CodeOf(err) != loyalty.CodeAction {
		t.Fatalf("another database: %v, want a person to act", err)
	}
	if err := b.store.AcceptIdentity(t.Context(), "erp"); err != nil {
		t.Fatal(err)
	}
	old := invoice("1", "1", "2026-02-01", released, "A 100") // older than what was read of the other database
	old.Modified = "2026-01-01T00:00:00.000000"
	e.invoices["1"] = old
	b.run(KindPoints)
	if got := b.balances(); got != "1|0|1|0|1" {
		t.Errorf("the accepted database was not read from the beginning: %q", got)
	}
}

func TestChangedRules(t *testing.T) {
	e := newERP()
	firms(e, 1)
	e.put(invoice("1", "1", "2026-02-01", released, "A 1000"))
	b := newBench(t, e)
	b.run(KindPoints)
	b.rules.Rules[0].Points = amount("2")
	if _, err := b.try(KindPoints, Options{}); loyalty.CodeOf(err) != loyalty.CodeInvalid {
		t.Fatalf("rules changed under posted points: %v, want a fault", err)
	}
	b.rules.ValidFrom = loyalty.NewDate(2026, 3, 1)
	e.put(invoice("2", "1", "2026-03-02", released, "A 1000"))
	e.put(correction("3", "1", "1", "2026-03-03", released, "A -500"))
	b.run(KindPoints)
	if got := b.documents(); got != "1|1|0|10\n2|1|0|20\n3|1|0|-5" {
		t.Errorf("points %q: the chain of 1 stays with the rules it was scored under", got)
	}
}

// TestTables: the points of single items are pinned with the rules, table and all.
func TestTables(t *testing.T) {
	e := newERP()
	firms(e, 1)
	e.put(invoice("1", "1", "2026-02-01", released, "A 1000"))
	b := newBench(t, e)
	prices := func(points string) {
		table := loyalty.ItemTable{{Code: "A", Points: amount(points), Per: amount("100"), From: loyalty.NoDate, To: loyalty.NoDate}}
		b.rules.Tables = map[string]loyalty.ItemTable{table.Hash(): table}
		b.rules.Rules = []loyalty.Rule{{
			Name: "items", BasedOn: loyalty.OnItem, CalculateOn: loyalty.Net, Per: amount("1"), Table: table.Hash(), From: loyalty.NoDate, To: loyalty.NoDate,
		}}
	}
	prices("3")
	b.run(KindPoints)
	prices("5")
	if _, err := b.try(KindPoints, Options{}); loyalty.CodeOf(err) != loyalty.CodeInvalid {
		t.Fatalf("a table changed under posted points: %v, want a fault", err)
	}
	b.rules.ValidFrom = loyalty.NewDate(2026, 3, 1)
	e.put(invoice("2", "1", "2026-03-02", released, "A 1000"))
	e.put(correction("3", "1", "1", "2026-03-03", released, "A -500"))
	b.run(KindPoints)
	if got := b.documents(); got != "1|1|0|30\n2|1|0|50\n3|1|0|-15" {
		t.Errorf("points %q: the chain of 1 stays with the table it was scored under", got)
	}
	if got := b.query(`SELECT count(*) FROM rule_table`); got != "2" {
		t.Errorf("%s tables are kept, want each once", got)
	}
}

// TestExcludedGroupIsPartOfTheRules: what an excluded item group holds decides
// about points, though no rule names the group.
func TestExcludedGroupIsPartOfTheRules(t *testing.T) {
	e := newERP()
	firms(e, 1)
	e.put(invoice("1", "1", "2026-02-01", released, "A 1000", "W 500"))
	b := newBench(t, e)
	b.rules.Rules, b.rules.Exclude = b.rules.Rules[:1], loyalty.Exclude{ItemGroups: []string{"wine"}}
	b.run(KindPoints)
	if got := b.balances(); got != "1|0|10|0|1" {
		t.Fatalf("balances %q", got)
	}
	b.rules.ItemGroups = map[string][]loyalty.ItemGroup{"erp": {{Name: "wine", Items: []string{"X*"}}}}
	if _, err := b.try(KindPoints, Options{}); loyalty.CodeOf(err) != loyalty.CodeInvalid {
		t.Errorf("an excluded group changed under posted points: %v, want a fault", err)
	}
}

// TestDatedRules: several rule sets by date, given at once, in whatever order they
// came; an older one may still be added for days that had none.
func TestDatedRules(t *testing.T) {
	e := newERP()
	firms(e, 1)
	e.put(invoice("1", "1", "2026-01-10", released, "A 1000"))
	e.put(invoice("2", "1", "2026-02-10", released, "A 1000"))
	b := newBench(t, e)
	dated := func(day int, points string) loyalty.RuleSet {
		set := rulesFor100()
		set.ValidFrom, set.Rules[0].Points = loyalty.NewDate(2026, time.Month(day), 1), amount(points)
		return set
	}
	b.rules = dated(2, "2")
	b.run(KindPoints)
	if got := b.documents(); got != "2|1|0|20" {
		t.Fatalf("points %q: nothing is valid on the day of 1", got)
	}
	b.earlier = []loyalty.RuleSet{dated(1, "1")}
	b.run(KindPoints)
	if got := b.documents(); got != "1|1|0|10\n2|1|0|20" {
		t.Errorf("points %q: each goes by the rules of its day", got)
	}
	b.earlier[0].Rules[0].Points = amount("9")
	if _, err := b.try(KindPoints, Options{}); loyalty.CodeOf(err) != loyalty.CodeInvalid {
		t.Errorf("older rules changed under posted points: %v, want a fault", err)
	}
	b.rules, b.earlier = dated(1, "1"), nil
	if _, err := b.try(KindPoints, Options{}); loyalty.CodeOf(err) != loyalty.CodeInvalid {
		t.Errorf("the newest rules are no longer listed: %v, want a fault", err)
	}
}

// TestShortPagesBesideTills: while tills ask, a page of the ERP is posted in short ones,
// and comes to the same; a run that stops between them goes on.
func TestShortPagesBesideTills(t *testing.T) {
	e := newERP()
	firms(e, 3)
	b := newBench(t, e)
	b.feed.Page = 1000
	for i := range 80 {
		e.put(invoice(fmt.Sprint(i+1), fmt.Sprint(i%3+1), "2026-02-01", released, "A 100"))
	}
	e.put(correction("81", "1", "1", "2026-02-02", released, "A -100"))
	b.run(KindPoints)
	if got := b.query(`SELECT count(*) FROM batch`); got != "1" {
		t.Errorf("%s batches while nobody asks", got)
	}
	till := ledger.Redeemer{
		Store: b.store, Program: loyalty.ProgramOverview{ID: 1, Name: "main", Currency: "PLN"}, Now: func() time.Time { return b.today },
		Policy: loyalty.RedemptionPolicy{Hold: time.Minute},
	}
	hold, err := till.Reserve(t.Context(), ledger.RedemptionRequest{Account: 1, Points: 1, Actor: "till"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 80 {
		e.put(invoice(fmt.Sprint(i+1), fmt.Sprint(i%3+1), "2026-02-01", released, "A 300"))
	}
	stopped := b.feed.Store
	b.feed.Store = &stopsAt{FeedStore: stopped, page: 3}
	if _, err := b.try(KindPoints, Options{}); !errors.Is(err, errCutOff) {
		t.Fatal(err)
	}
	b.feed.Store = stopped
	b.run(KindPoints)
	if got := b.query(`SELECT count(*) FROM batch`); got != "11" { // 1, the hold, two pages before the stop, seven after it
		t.Errorf("%s batches while a till asks", got)
	}
	if _, err := till.Void(t.Context(), hold.ID, "till"); err != nil {
		t.Fatal(err)
	}
	b.sameAsFresh("short pages")
}

var errCutOff = errors.New("cut off")

// stopsAt fails when so many pages are to be posted.
type stopsAt struct {
	FeedStore
	page int
}

func (s *stopsAt) Post(ctx context.Context, p loyalty.PageWrite) error {
	if s.page--; s.page == 0 {
		return errCutOff
	}
	return s.FeedStore.Post(ctx, p)
}
