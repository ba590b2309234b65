package rules_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
)

// amount draws a decimal: mostly like an invoice's, now and then far larger or
// finer, so that machine words do not suffice.
func amount(t *rapid.T, label string, positive bool) decimal.Decimal {
	low, limit, scale := int64(-300_000), int64(1_000_000), rapid.Int32Range(0, 4).Draw(t, label+" scale")
	switch rapid.IntRange(0, 19).Draw(t, label+" size") {
	case 0:
		low, limit, scale = -1<<62, 1<<62, rapid.Int32Range(0, 20).Draw(t, label+" fine scale")
	case 1:
		scale = -rapid.Int32Range(0, 6).Draw(t, label+" coarse scale")
	}
	if positive {
		low = 1
	}
	return decimal.New(rapid.Int64Range(low, limit).Draw(t, label), -scale)
}

func setting(t *rapid.T, label string) decimal.Decimal {
	return decimal.New(rapid.Int64Range(1, 100_000).Draw(t, label), -rapid.Int32Range(0, 4).Draw(t, label+" scale"))
}

func drawRule(t *rapid.T, i int) loyalty.Rule {
	setting := func(label string) decimal.Decimal { return setting(t, label) }
	r := loyalty.Rule{
		Name: fmt.Sprint("r", i), From: loyalty.NoDate, To: loyalty.NoDate,
		BasedOn:     rapid.SampledFrom([]loyalty.Basis{loyalty.OnBill, loyalty.OnItem, loyalty.OnItemGroup}).Draw(t, "basis"),
		CalculateOn: rapid.SampledFrom([]loyalty.Measure{loyalty.Gross, loyalty.Net, loyalty.Quantity}).Draw(t, "measure"),
		Per:         setting("per"), Points: setting("points"),
	}
	switch r.BasedOn {
	case loyalty.OnItem:
		r.Items = rapid.SliceOfN(rapid.SampledFrom([]string{"WINE-*", "BEER", "*"}), 1, 2).Draw(t, "items")
	case loyalty.OnItemGroup:
		r.ItemGroup = "Wine"
	default: // a bill has neither
	}
	for range rapid.IntRange(-3, 2).Draw(t, "multipliers") {
		r.Multiply = append(r.Multiply, loyalty.Multiplier{When: rapid.SampledFrom([]string{"yes", "no", "fails"}).Draw(t, "when"), By: setting("by")})
	}
	if rapid.IntRange(0, 4).Draw(t, "has a limit") == 0 {
		r.Max = decimal.NewFromInt(rapid.Int64Range(1, 1000).Draw(t, "limit"))
	}
	if rapid.IntRange(0, 4).Draw(t, "has caps") == 0 {
		r.Caps = drawCaps(t)
	}
	if rapid.IntRange(0, 4).Draw(t, "has where") == 0 {
		r.Where = rapid.SampledFrom([]string{"yes", "no", "fails", "code BEER"}).Draw(t, "where")
	}
	if rapid.IntRange(0, 2).Draw(t, "has slabs") == 0 {
		r.CalculateOn, r.Per, r.Points = loyalty.QuantitySlab, decimal.Decimal{}, decimal.Decimal{}
		r.SlabMode = rapid.SampledFrom([]loyalty.SlabMode{loyalty.Graduated, loyalty.Flat}).Draw(t, "slab mode")
		r.SlabOver = rapid.SampledFrom([]loyalty.RoundedPer{loyalty.PerLine, loyalty.PerDocument}).Draw(t, "slab over")
		from := decimal.NewFromInt(rapid.Int64Range(0, 1).Draw(t, "first slab"))
		for range rapid.IntRange(1, 4).Draw(t, "slabs") {
			r.Slabs = append(r.Slabs, loyalty.Slab{From: from, Points: setting("slab points")})
			from = from.Add(setting("next slab"))
		}
	}
	if rapid.IntRange(0, 4).Draw(t, "has a table") == 0 {
		r.BasedOn, r.ItemGroup, r.Slabs, r.SlabMode, r.SlabOver = loyalty.OnItem, "", nil, "", ""
		r.CalculateOn = rapid.SampledFrom([]loyalty.Measure{loyalty.Gross, loyalty.Quantity}).Draw(t, "by item")
		r.Table, r.Points, r.Per = "prices", decimal.Decimal{}, setting("per of items")
	}
	if rapid.IntRange(0, 3).Draw(t, "has minimum") == 0 {
		r.MinDocument = setting("minimum")
		r.MinOn = rapid.SampledFrom([]loyalty.Measure{"", loyalty.Gross, loyalty.Net}).Draw(t, "minimum on")
		r.MinOf = rapid.SampledFrom([]loyalty.MinimumOf{"", loyalty.WholeDocument, loyalty.EligibleLines}).Draw(t, "minimum of")
	}
	if rapid.IntRange(0, 3).Draw(t, "has dates") == 0 {
		r.From = loyalty.Date(rapid.Int32Range(20000, 20010).Draw(t, "from"))
		r.To = r.From + loyalty.Date(rapid.Int32Range(0, 5).Draw(t, "days"))
	}
	return r
}

func drawCaps(t *rapid.T) (c loyalty.Caps) {
	for _, limit := range []*decimal.Decimal{&c.Day, &c.Month, &c.Year, &c.Budget} {
		*limit = decimal.NewFromInt(max(0, rapid.Int64Range(-1000, 1000).Draw(t, "cap")))
	}
	return c
}

func drawSet(t *rapid.T) loyalty.RuleSet {
	var drawn []loyalty.Rule
	for i := range rapid.IntRange(1, 4).Draw(t, "rules") {
		drawn = append(drawn, drawRule(t, i))
	}
	def := program(drawn...)
	if rapid.IntRange(0, 3).Draw(t, "excludes") == 0 {
		def.Exclude = loyalty.Exclude{
			Items: []string{"BREAD"}, Kinds: []loyalty.LineKind{loyalty.Charge}, Discounted: rapid.Bool().Draw(t, "discounted"),
			Where: rapid.SampledFrom([]string{"", "no", "code BEER"}).Draw(t, "excluded where"),
		}
	}
	def.Tables = map[string]loyalty.ItemTable{"prices": {
		{Code: "WINE-1", Points: setting(t, "wine"), Per: setting(t, "per wine"), From: loyalty.NoDate, To: 20005},
		{Code: "WINE-1", Points: setting(t, "wine later"), From: 20006, To: loyalty.NoDate},
		{Code: "BEER", Points: setting(t, "beer"), Per: setting(t, "per beer"), From: loyalty.NoDate, To: loyalty.NoDate},
	}}
	def.OtherCurrency = rapid.SampledFrom([]loyalty.OtherCurrency{"", loyalty.RejectOther, loyalty.ERPRate}).Draw(t, "other currency")
	if rapid.IntRange(0, 3).Draw(t, "has caps") == 0 {
		def.Caps = drawCaps(t)
		def.Caps.Document = decimal.NewFromInt(rapid.Int64Range(0, 1000).Draw(t, "cap of a document"))
	}
	def.Decimals = rapid.IntRange(0, 3).Draw(t, "decimals")
	def.Rounding = rapid.SampledFrom([]loyalty.Rounding{loyalty.Floor, loyalty.HalfUp, loyalty.HalfEven, loyalty.Ceil}).Draw(t, "rounding")
	def.RoundedPer = rapid.SampledFrom([]loyalty.RoundedPer{loyalty.PerDocument, loyalty.PerLine}).Draw(t, "rounded per")
	def.Stacking = rapid.SampledFrom([]loyalty.Stacking{loyalty.Sum, loyalty.Best, loyalty.First, loyalty.Exclusive}).Draw(t, "stacking")
	return def
}

func drawSale(t *rapid.T) rules.Sale {
	s := rules.Sale{
		Source: rapid.SampledFrom([]string{"erp", "other"}).Draw(t, "source"), Currency: "PLN",
		Date:   loyalty.Date(rapid.Int32Range(19998, 20016).Draw(t, "date")),
		Return: rapid.IntRange(0, 3).Draw(t, "return") == 0,
	}
	if rapid.IntRange(0, 3).Draw(t, "another currency") == 0 {
		s.Currency, s.Rate = "EUR", decimal.New(rapid.Int64Range(0, 50_000).Draw(t, "rate"), -rapid.Int32Range(0, 6).Draw(t, "rate scale"))
	}
	if rapid.IntRange(0, 2).Draw(t, "paid with points") == 0 {
		s.Paid = rules.Paid{Amount: amount(t, "paid", false), Of: amount(t, "paid of", false)}
	}
	for i := range rapid.IntRange(0, 12).Draw(t, "lines") {
		s.Lines = append(s.Lines, loyalty.Line{
			ID: fmt.Sprint(i), No: i + 1,
			Discounted: rapid.Bool().Draw(t, "line discounted"),
			Kind:       rapid.SampledFrom([]loyalty.LineKind{loyalty.Goods, loyalty.Service, loyalty.Deposit, loyalty.Charge, loyalty.Component}).Draw(t, "kind"),
			Code:       rapid.SampledFrom([]string{"WINE-1", "BEER", "BREAD", ""}).Draw(t, "code"),
			Group:      rapid.SampledFrom([]string{"", "ALKO/WINA", "FOOD"}).Draw(t, "group"),
			Net:        amount(t, "net", false),
			Gross:      amount(t, "gross", false),
			Quantity:   amount(t, "quantity", false),
		})
	}
	return s
}

func mustCompile(t *rapid.T, def loyalty.RuleSet) *rules.Set {
	set, faults := rules.Compile(def, spoken{})
	if len(faults) > 0 {
		t.Fatalf("faults: %v", faults)
	}
	return set
}

// likeReference: the engine gives what plain fractions give, whether the
// numbers fit machine words or not.
func likeReference(t *rapid.T) {
	def, s := drawSet(t), drawSale(t)
	got, want := mustCompile(t, def).Score(s), reference(def, s)
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
}

func TestScoreLikeReference(t *testing.T) { rapid.Check(t, likeReference) }

func FuzzScore(f *testing.F) { f.Fuzz(rapid.MakeFuzz(likeReference)) }

// TestLaw12ExplanationIsTheScore: what is explained is what is posted, rule by
// rule, line by line and in total.
func TestLaw12ExplanationIsTheScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		def, s := drawSet(t), drawSale(t)
		set := mustCompile(t, def)
		x := set.Explain(s)
		if len(x.Rules) != len(def.Rules) {
			t.Fatalf("%d of %d rules are explained", len(x.Rules), len(def.Rules))
		}
		points := func(text string) loyalty.Points {
			p, err := loyalty.ParsePoints(text, def.Decimals)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		var told []rules.Award
		var total loyalty.Points
		for r, rule := range x.Rules {
			var sum loyalty.Points
			for l, line := range rule.Lines {
				if p := points(line.Points); p != 0 {
					told = append(told, rules.Award{Line: l, Rule: r, Points: p})
					sum += p
				}
			}
			if sum != points(rule.Rounded) {
				t.Fatalf("rule %d: lines add up to %d, rounded is %s", r, sum, rule.Rounded)
			}
			if rule.Fired != (rule.Reason == loyalty.ReasonNone) || rule.Fired != (sum != 0) {
				t.Fatalf("rule %d: fired %v, reason %q, %d points", r, rule.Fired, rule.Reason, sum)
			}
			total += sum
		}
		if d := cmp.Diff(set.Score(s), told); d != "" {
			t.Fatal(d)
		}
		if total != points(x.Points) || (total == 0) != (x.Reason != loyalty.ReasonNone) {
			t.Fatalf("total %s, reason %q, rules give %d", x.Points, x.Reason, total)
		}
	})
}

// TestLaw2OrderOfLines: a sale's lines may come in any order.
func TestLaw2OrderOfLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, s := mustCompile(t, drawSet(t)), drawSale(t)
		byID := func(s rules.Sale) map[string]loyalty.Points {
			sum := map[string]loyalty.Points{}
			for _, a := range set.Score(s) {
				sum[fmt.Sprint(s.Lines[a.Line].ID, "/", a.Rule)] += a.Points
			}
			return sum
		}
		want := byID(s)
		s.Lines = rapid.Permutation(s.Lines).Draw(t, "order")
		if d := cmp.Diff(want, byID(s)); d != "" {
			t.Fatal(d)
		}
	})
}

// TestFullReturnLeavesNothing: a chain netted to zero scores zero.
func TestFullReturnLeavesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, s := mustCompile(t, drawSet(t)), drawSale(t)
		for i := range s.Lines {
			l := s.Lines[i]
			l.Net, l.Gross, l.Quantity = l.Net.Sub(l.Net), l.Gross.Sub(l.Gross), l.Quantity.Sub(l.Quantity)
			s.Lines[i] = l
		}
		if got := set.Score(s); len(got) != 0 {
			t.Fatalf("nothing was kept, and it gives %v", got)
		}
	})
}

// TestNeverBelowZero: a sale never gives less than nothing under any rule, and
// an unlinked return never more.
func TestNeverBelowZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		def, s := drawSet(t), drawSale(t)
		sums := make([]loyalty.Points, len(def.Rules))
		for _, a := range mustCompile(t, def).Score(s) {
			sums[a.Rule] += a.Points
		}
		for r, sum := range sums {
			if (s.Return && sum > 0) || (!s.Return && sum < 0) {
				t.Fatalf("rule %d gives %d, return %v", r, sum, s.Return)
			}
		}
	})
}

// TestMoreBoughtIsNeverLess: with a bill rule, more net never gives fewer
// points, whatever the rounding.
func TestMoreBoughtIsNeverLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := drawRule(t, 0)
		rule.BasedOn, rule.CalculateOn, rule.Items, rule.ItemGroup = loyalty.OnBill, loyalty.Net, nil, ""
		rule.Slabs, rule.Per, rule.Points = nil, setting(t, "per"), setting(t, "points")
		rule.Where, rule.MinOn, rule.MinOf, rule.Table = "", "", "", ""
		def := drawSet(t)
		def.Exclude = loyalty.Exclude{}
		def.RoundedPer, def.Rules = loyalty.PerDocument, []loyalty.Rule{rule}
		set, s := mustCompile(t, def), drawSale(t)
		s.Return = false
		total := func() (sum loyalty.Points) {
			for _, a := range set.Score(s) {
				sum += a.Points
			}
			return sum
		}
		before := total()
		more := decimal.New(rapid.Int64Range(0, 10_000_000).Draw(t, "more"), -2)
		s.Lines = append(s.Lines, loyalty.Line{ID: "more", No: 99, Kind: loyalty.Goods, Net: more})
		if after := total(); after < before && set.Explain(s).Rules[0].Reason != loyalty.ReasonTooLarge {
			t.Fatalf("%d points, and %d after buying for %s more", before, after, more)
		}
	})
}
