package ledger

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// perHundred gives a point for every 100 net of a document of 50 gross at least.
func perHundred(t testing.TB, minimum string) terms {
	t.Helper()
	return under(t, loyalty.Rule{CalculateOn: loyalty.Net, Per: dec("100"), Points: dec("1"), MinDocument: dec(minimum)})
}

// bySlabs gives 1 point a unit, 3 from the sixth on.
func bySlabs(t testing.TB, mode loyalty.SlabMode, over loyalty.RoundedPer) terms {
	t.Helper()
	return under(t, loyalty.Rule{
		CalculateOn: loyalty.QuantitySlab, SlabMode: mode, SlabOver: over,
		Slabs: []loyalty.Slab{{From: dec("1"), Points: dec("1")}, {From: dec("6"), Points: dec("3")}},
	})
}

// under are terms with one rule on the bill.
func under(t testing.TB, rule loyalty.Rule) terms {
	t.Helper()
	rule.Name, rule.BasedOn, rule.From, rule.To = "base", loyalty.OnBill, loyalty.NoDate, loyalty.NoDate
	set, faults := rules.Compile(loyalty.RuleSet{
		ValidFrom: loyalty.NoDate, Currency: "PLN", Rounding: loyalty.Floor, RoundedPer: loyalty.PerDocument,
		Stacking: loyalty.Sum, UnlinkedReturns: "score", Rules: []loyalty.Rule{rule},
	}, nil)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return terms{
		source: "erp", set: set, ruleIDs: []int64{1},
		member: loyalty.Member{ID: 1, Key: "1", TakesPart: true, From: day(1), To: loyalty.NoDate},
	}
}

func day(n int) loyalty.Date { return loyalty.NewDate(2026, 1, n) }

// doc is a document of a few lines "code net", correcting another one or none.
func doc(id, corrects string, on int, state loyalty.State, lines ...string) *loyalty.StoredDocument {
	d := &loyalty.StoredDocument{Root: id, HasBody: true, Document: loyalty.Document{
		Key: loyalty.Key{ID: id}, Corrects: corrects, Date: day(on), State: state, Party: "1", Currency: "PLN",
	}}
	if corrects != "" {
		d.Root = corrects
	}
	for i, l := range lines {
		code, net, _ := strings.Cut(l, " ")
		line := loyalty.Line{ID: id + code, No: i + 1, Kind: loyalty.Goods, Code: code, Net: dec(net), Gross: dec(net), Quantity: dec("1")}
		d.Net, d.Gross = d.Net.Add(line.Net), d.Gross.Add(line.Gross)
		d.Lines = append(d.Lines, line)
	}
	return d
}

func notCounted(d *loyalty.StoredDocument) *loyalty.StoredDocument {
	d.NotCounted = "another document counts this sale"
	return d
}

func inCurrency(d *loyalty.StoredDocument, currency, rate string) *loyalty.StoredDocument {
	d.Currency, d.Rate = currency, dec(rate)
	return d
}

// tell writes scores as "id=active/pending" or "id:reason", in chain order.
func tell(scores []score) string {
	var out []string
	for _, s := range scores {
		text := s.doc.Key.ID
		var pending, active loyalty.Points
		for _, a := range s.points {
			pending, active = pending+a.pending, active+a.active
		}
		if s.points == nil {
			text += ":" + string(s.reason)
		} else {
			text += fmt.Sprintf("=%d/%d", active, pending)
		}
		if s.expected != 0 {
			text += fmt.Sprintf("(%d)", s.expected)
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func TestDesired(t *testing.T) {
	const buffered, released, cancelled, deleted = loyalty.Buffered, loyalty.Released, loyalty.Cancelled, loyalty.Deleted
	for _, c := range []struct {
		name    string
		members []*loyalty.StoredDocument
		minimum string
		want    string
	}{
		{"one document", []*loyalty.StoredDocument{doc("a", "", 5, released, "X 5500")}, "0", "a=55/0"},
		{"in the buffer", []*loyalty.StoredDocument{doc("a", "", 5, buffered, "X 550")}, "0", "a=0/5"},
		{"too little", []*loyalty.StoredDocument{doc("a", "", 5, released, "X 99.99")}, "0", "a:no_rule_fired"},
		{"before the first day", []*loyalty.StoredDocument{doc("a", "", 0, released, "X 500")}, "0", "a:before_earn_from"},
		{"a part is returned", []*loyalty.StoredDocument{doc("a", "", 5, released, "X 199", "Y 250"), doc("b", "a", 6, released, "X -50")}, "0", "a=4/0 b=-1/0"},
		{"a return that changes no whole point", []*loyalty.StoredDocument{doc("a", "", 5, released, "X 199"), doc("b", "a", 6, released, "X -50")}, "0", "a=1/0 b:no_rule_fired"},
		{"everything in three parts", []*loyalty.StoredDocument{
			doc("a", "", 5, released, "X 350"), doc("b", "a", 6, released, "X -120"), doc("c", "a", 7, released, "X -130"), doc("d", "a", 8, released, "X -100"),
		}, "0", "a=3/0 b=-1/0 c=-1/0 d=-1/0"},
		{"a return below the minimum takes all", []*loyalty.StoredDocument{doc("a", "", 5, released, "X 600"), doc("b", "a", 6, released, "X -200")}, "500", "a=6/0 b=-6/0"},
		{"a return in the buffer", []*loyalty.StoredDocument{doc("a", "", 5, released, "X 600"), doc("b", "a", 6, buffered, "X -200")}, "0", "a=6/0 b:return_buffered(2)"},
		{"more in the buffer", []*loyalty.StoredDocument{doc("a", "", 5, released, "X 600"), doc("b", "a", 6, buffered, "X 300")}, "0", "a=6/0 b=0/3"},
		{"a correction waits for its original", []*loyalty.StoredDocument{doc("a", "", 5, buffered, "X 600"), doc("b", "a", 6, released, "X -200")}, "0", "a=0/6 b:original_buffered"},
		{"a cancelled correction", []*loyalty.StoredDocument{doc("a", "", 5, released, "X 600"), doc("b", "a", 6, cancelled, "X -200")}, "0", "a=6/0 b:cancelled"},
		{"a cancelled original", []*loyalty.StoredDocument{doc("a", "", 5, cancelled, "X 600"), doc("b", "a", 6, released, "X -200")}, "0", "a:cancelled b:original_not_score"},
		{"a deleted original", []*loyalty.StoredDocument{doc("a", "", 5, deleted, "X 600"), doc("b", "a", 6, deleted, "X -200")}, "0", "a:deleted b:original_not_score"},
		{"the sale is counted elsewhere", []*loyalty.StoredDocument{notCounted(doc("a", "", 5, released, "X 600")), doc("b", "a", 6, released, "X -200")}, "0", "a:not_counted b:original_not_score"},
		{"counted elsewhere, of somebody who takes no part then", []*loyalty.StoredDocument{notCounted(doc("a", "", 0, released, "X 600"))}, "0", "a:before_earn_from"},
		{"so is a correction", []*loyalty.StoredDocument{doc("a", "", 5, released, "X 600"), notCounted(doc("b", "a", 6, released, "X -200")), doc("c", "a", 7, released, "X -100")}, "0", "a=6/0 b:not_counted c=-1/0"},
		{"a correction in another currency, by the rates of both", []*loyalty.StoredDocument{
			doc("a", "", 5, released, "X 1000"), inCurrency(doc("b", "a", 6, released, "X -100"), "EUR", "4.5"),
		}, "0", "a=10/0 b=-5/0"},
		{"so is one that cannot be converted", []*loyalty.StoredDocument{
			doc("a", "", 5, released, "X 1000"), inCurrency(doc("b", "a", 6, released, "X -100"), "EUR", "0"), doc("c", "a", 7, released, "X -300"),
		}, "0", "a=10/0 b:no_rate c=-3/0"},
		{"no original", []*loyalty.StoredDocument{doc("b", "a", 6, released, "X -200")}, "0", "b:no_original"},
		{"more is returned than was bought", []*loyalty.StoredDocument{doc("a", "", 5, released, "X 600"), doc("b", "a", 6, released, "X -900")}, "0", "a=6/0 b=-6/0"},
		{"the order is that of dates, not of arrival", []*loyalty.StoredDocument{
			doc("c", "a", 9, released, "X -100"), doc("b", "a", 7, released, "X -150"), doc("a", "", 5, released, "X 300"),
		}, "0", "a=3/0 b=-2/0 c=-1/0"},
		{"a correction of an earlier date than its original", []*loyalty.StoredDocument{doc("a", "", 9, released, "X 500"), doc("b", "a", 7, released, "X -100")}, "0", "b=-1/0 a=5/0"},
		{"a return without an original", []*loyalty.StoredDocument{doc("a", "", 5, released, "X -250")}, "500", "a=-2/0"},
		{"such a return in the buffer", []*loyalty.StoredDocument{doc("a", "", 5, buffered, "X -250")}, "0", "a:return_buffered(2)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := c.members[0].Root
			if got := tell(desired(newChain(root, c.members), perHundred(t, c.minimum))); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	base := perHundred(t, "0")
	for _, c := range []struct {
		name   string
		change func(*terms, *loyalty.StoredDocument)
		want   loyalty.Reason
	}{
		{"nobody", func(_ *terms, d *loyalty.StoredDocument) { d.Party = "" }, loyalty.ReasonNoContractor},
		{"not in the program", func(t *terms, _ *loyalty.StoredDocument) { t.member = loyalty.Member{To: loyalty.NoDate} }, loyalty.ReasonNotInProgram},
		{"inactive", func(t *terms, _ *loyalty.StoredDocument) {
			t.member = loyalty.Member{To: loyalty.NoDate, Reason: loyalty.ReasonInactive}
		}, loyalty.ReasonInactive},
		{"left before", func(t *terms, _ *loyalty.StoredDocument) { t.member.TakesPart, t.member.To = false, day(4) }, loyalty.ReasonAfterLeaving},
		{"left on the day", func(t *terms, _ *loyalty.StoredDocument) { t.member.TakesPart, t.member.To = false, day(5) }, loyalty.ReasonNone},
		{"no rules", func(t *terms, _ *loyalty.StoredDocument) { t.set = nil }, loyalty.ReasonNoRules},
		{"another currency", func(_ *terms, d *loyalty.StoredDocument) { d.Currency = "EUR" }, loyalty.ReasonCurrency},
		{"the buffer is ignored", func(t *terms, d *loyalty.StoredDocument) { t.ignoreBuffered, d.State = true, loyalty.Buffered }, loyalty.ReasonBufferedIgnored},
	} {
		t.Run(c.name, func(t *testing.T) {
			tm, d := base, doc("a", "", 5, loyalty.Released, "X 500")
			c.change(&tm, d)
			got := desired(newChain("a", []*loyalty.StoredDocument{d}), tm)[0]
			if got.reason != c.want || (got.points == nil) != (c.want != loyalty.ReasonNone) {
				t.Errorf("reason %q with points %v, want %q", got.reason, got.points, c.want)
			}
		})
	}
}

// TestChainSumsToWhatIsLeft: what the members have together is what the rules
// give for what is left of the purchase, whatever the corrections and the rule.
func TestChainSumsToWhatIsLeft(t *testing.T) {
	all := []terms{
		perHundred(t, "50"), bySlabs(t, loyalty.Graduated, loyalty.PerDocument), bySlabs(t, loyalty.Graduated, loyalty.PerLine),
		bySlabs(t, loyalty.Flat, loyalty.PerDocument), bySlabs(t, loyalty.Flat, loyalty.PerLine),
	}
	// A unit costs 20, so that slabs are met.
	doc := func(id, corrects string, on int, state loyalty.State, lines ...string) *loyalty.StoredDocument {
		d := doc(id, corrects, on, state, lines...)
		for i := range d.Lines {
			d.Lines[i].Quantity = d.Lines[i].Net.Mul(dec("0.05"))
		}
		return d
	}
	rapid.Check(t, func(rt *rapid.T) {
		tm := rapid.SampledFrom(all).Draw(rt, "terms")
		amount := func(name string, least, most int) string {
			return dec("0.01").Mul(decimal.NewFromInt(int64(rapid.IntRange(least, most).Draw(rt, name)))).String()
		}
		members := []*loyalty.StoredDocument{doc("a", "", 5, loyalty.Released, "X "+amount("x", 0, 90000), "Y "+amount("y", 0, 90000))}
		left := doc("left", "", 5, loyalty.Released, "X "+members[0].Lines[0].Net.String(), "Y "+members[0].Lines[1].Net.String())
		for i := range rapid.IntRange(0, 4).Draw(rt, "corrections") {
			state := rapid.SampledFrom([]loyalty.State{loyalty.Released, loyalty.Released, loyalty.Cancelled}).Draw(rt, "state")
			c := doc(fmt.Sprint("c", i), "a", 6+rapid.IntRange(0, 3).Draw(rt, "day"), state, "X "+amount("dx", -40000, 20000), "Y "+amount("dy", -40000, 20000))
			members = append(members, c)
			if state != loyalty.Released {
				continue
			}
			for j := range left.Lines {
				left.Lines[j].Net = left.Lines[j].Net.Add(c.Lines[j].Net)
				left.Lines[j].Gross = left.Lines[j].Net
				left.Lines[j].Quantity = left.Lines[j].Quantity.Add(c.Lines[j].Quantity)
			}
		}
		var sum loyalty.Points
		for _, s := range desired(newChain("a", members), tm) {
			for _, a := range s.points {
				sum += a.active + a.pending
			}
		}
		want := total(tm.award(members[0], left.Lines))
		if sum != want {
			rt.Fatalf("members have %d together, the rules give %d for what is left", sum, want)
		}
	})
}

func TestNettedLinesKeepTheirKeys(t *testing.T) {
	n := netted{lines: []loyalty.Line{{ID: "1", Code: "X", Net: dec("10")}, {ID: "2", Code: "Y", Net: dec("5")}}}
	c := &loyalty.StoredDocument{Document: loyalty.Document{Key: loyalty.Key{ID: "c"}, Lines: []loyalty.Line{
		{ID: "1", Corrects: "2", Code: "other", Net: dec("-1")}, // by its link, whatever its code
		{ID: "2", Code: "X", Net: dec("-2")},                    // by its code
		{ID: "1", Code: "Z", Net: dec("3")},                     // new, under a key that is taken
		{ID: "9", Net: dec("4")},                                // new, without a code
	}}}
	var got []string
	for _, l := range n.with(c, c.Lines).lines {
		got = append(got, l.ID+" "+l.Net.String())
	}
	if want := "1 8,2 4,c:1 3,9 4"; strings.Join(got, ",") != want {
		t.Errorf("netted %v, want %s", got, want)
	}
	if n.lines[0].Net.String() != "10" || len(n.lines) != 2 {
		t.Errorf("the lines before were changed: %v", n.lines)
	}
}

// TestDeltas posts from every state to every other and checks that what was
// posted plus the movements is what is wanted, in one movement where one will do.
func TestDeltas(t *testing.T) {
	d := doc("a", "", 5, loyalty.Released, "X 500")
	d.ID = 7
	k := key{1, 1}
	for _, c := range []struct {
		have, want amount
		moves      string
	}{
		{amount{}, amount{active: 5}, "earn 5"},
		{amount{}, amount{pending: 5}, "earn pending 5"},
		{amount{active: 5}, amount{active: 5}, ""},
		{amount{pending: 5}, amount{active: 5}, "activate 5"},
		{amount{pending: 5}, amount{active: 8}, "activate 5 earn 3"},
		{amount{pending: 5}, amount{active: 3}, "reverse pending 2 activate 3"},
		{amount{active: 5}, amount{active: 2}, "reverse 3"},
		{amount{active: 5}, amount{pending: 5}, "reverse 5 earn pending 5"},
		{amount{pending: 5}, amount{}, "reverse pending 5"},
		{amount{active: -5}, amount{}, "earn 5"},
		{amount{}, amount{active: -5}, "reverse 5"},
	} {
		posted := []loyalty.PostedLine{{Document: 7, Line: 1, Rule: 1, Account: 3, EffectiveOn: d.Date, Pending: c.have.pending, Active: c.have.active, Revision: 2, Earned: 40}}
		s := score{doc: d, points: map[key]amount{k: c.want}}
		if c.want == (amount{}) {
			s.points = nil
		}
		moves := deltas(s, posting{3, d.Date}, 0, d, loyalty.NoDate, posted)
		if got := sentence(moves); got != c.moves {
			t.Errorf("from %+v to %+v: %q, want %q", c.have, c.want, got, c.moves)
		}
	}
	t.Run("a return that waits again", func(t *testing.T) {
		posted := []loyalty.PostedLine{{Document: 7, Line: 1, Rule: 1, Account: 3, EffectiveOn: d.Date, Active: -5, Revision: 1}}
		moves := deltas(score{doc: d, points: map[key]amount{k: {pending: -5}}}, posting{3, d.Date}, 0, d, loyalty.NoDate, posted)
		if got := sentence(moves); got != "reverse pending 5 earn 5" { // an activation would name no earning
			t.Errorf("moves %q", got)
		}
	})
	t.Run("to another account", func(t *testing.T) {
		posted := []loyalty.PostedLine{{Document: 7, Line: 1, Rule: 1, Account: 3, EffectiveOn: d.Date, Active: 5, Revision: 1, Earned: 40}}
		moves := deltas(score{doc: d, points: map[key]amount{k: {active: 5}}}, posting{4, d.Date}, 0, d, loyalty.NoDate, posted)
		if got := sentence(moves); got != "reverse 5 earn 5" || moves[0].account != 3 || moves[1].account != 4 || moves[0].of != 40 {
			t.Errorf("moves %q %+v", got, moves)
		}
	})
}

func sentence(moves []movement) string {
	var words []string
	for _, m := range moves {
		w := m.kind.String()
		if m.pending {
			w += " pending"
		}
		words = append(words, fmt.Sprintf("%s %d", w, m.points))
	}
	return strings.Join(words, " ")
}

// TestBook takes points back from the chain's own lot, then from others in spend
// order, then makes a debt, which new points repay first.
func TestBook(t *testing.T) {
	lots := []loyalty.Lot{
		{ID: 1, Account: 3, Document: 10, EarnedOn: day(1), LapsesOn: loyalty.NoDate, Active: 10},
		{ID: 2, Account: 3, Document: 11, EarnedOn: day(2), LapsesOn: day(20), Active: 10},
		{ID: 3, Account: 3, Document: 12, EarnedOn: day(3), LapsesOn: day(15), Active: 10},
	}
	b := newBook(day(10), loyalty.DebtUnlimited, nil, map[int64]loyalty.Balance{3: {Active: 30}}, lots)
	revision := 0
	move := func(root int64, kind loyalty.EntryKind, points loyalty.Points) {
		b.apply(movement{doc: &loyalty.StoredDocument{ID: root}, root: root, account: 3, kind: kind, points: points, revision: &revision, earnedOn: day(4), lapsesOn: loyalty.NoDate})
	}
	left := func() string {
		return fmt.Sprintf("%d %d %d debt %d active %d", b.lots[lotKey{10, 3}].Active, b.lots[lotKey{11, 3}].Active, b.lots[lotKey{12, 3}].Active, b.accounts[3].Debt, b.accounts[3].Active)
	}
	for _, step := range []struct {
		root   int64
		kind   loyalty.EntryKind
		points loyalty.Points
		want   string
	}{
		{11, loyalty.Reverse, 4, "10 6 10 debt 0 active 26"},
		{11, loyalty.Reverse, 10, "10 0 6 debt 0 active 16"}, // its own 6, then what lapses first
		{99, loyalty.Reverse, 20, "0 0 0 debt 4 active 0"},   // no lot of its own, and more than there is
		{10, loyalty.Earn, 3, "0 0 0 debt 1 active 0"},
		{10, loyalty.Earn, 3, "2 0 0 debt 0 active 2"},
	} {
		move(step.root, step.kind, step.points)
		if got := left(); got != step.want {
			t.Fatalf("%s %d of %d: %s, want %s", step.kind, step.points, step.root, got, step.want)
		}
	}
	if revision != len(b.entries) {
		t.Errorf("%d entries under %d revisions", len(b.entries), revision)
	}
}

func TestGuard(t *testing.T) {
	for _, c := range []struct {
		base, least loyalty.Points
		reversals   []loyalty.Points
		stopsAt     int // -1 never
	}{
		{1000, 0, []loyalty.Points{200}, -1},
		{1000, 0, []loyalty.Points{201}, 0},
		{1000, 0, []loyalty.Points{100, 100, 1}, 2}, // pages add up
		{1000, 500, []loyalty.Points{500}, -1},
		{1000, 500, []loyalty.Points{500, 1}, 1},
		{0, 0, []loyalty.Points{1}, 0},
		{0, 10, []loyalty.Points{10}, -1},
	} {
		g := &Guard{MaxPercent: dec("20"), MinPoints: c.least, Base: c.base}
		stopped := -1
		for i, r := range c.reversals {
			if g.judge(r) != nil {
				stopped = i
				break
			}
			g.committed(r)
		}
		if stopped != c.stopsAt {
			t.Errorf("%+v: stopped at %d", c, stopped)
		}
		if approved := (&Guard{Approved: true}); approved.judge(1_000_000) != nil {
			t.Error("an approved run was stopped")
		}
	}
}

func TestSortedKeys(t *testing.T) {
	points := map[key]int{{2, 1}: 0, {1, 2}: 0, {1, 1}: 0}
	if got := sortedKeys(points); !slices.Equal(got, []key{{1, 1}, {1, 2}, {2, 1}}) || len(got) != len(slices.Collect(maps.Keys(points))) {
		t.Errorf("keys %v", got)
	}
}
