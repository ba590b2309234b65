package rules_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
)

func TestCompileFaults(t *testing.T) {
	rule := func(change func(*loyalty.Rule)) func(*loyalty.RuleSet) {
		return func(d *loyalty.RuleSet) { change(&d.Rules[0]) }
	}
	tests := []struct {
		name   string
		change func(*loyalty.RuleSet)
		path   string
		say    string // part of the message or the hint
	}{
		{"no currency", func(d *loyalty.RuleSet) { d.Currency = "" }, "currency", "three capital letters"},
		{"a currency in words", func(d *loyalty.RuleSet) { d.Currency = "złoty" }, "currency", "złoty"},
		{"too many decimals", func(d *loyalty.RuleSet) { d.Decimals = 4 }, "points.decimals", "0 to 3"},
		{"negative decimals", func(d *loyalty.RuleSet) { d.Decimals = -1 }, "points.decimals", "0 to 3"},
		{"misspelt rounding", func(d *loyalty.RuleSet) { d.Rounding = "flor" }, "points.rounding", "did you mean floor?"},
		{"no rounding stage", func(d *loyalty.RuleSet) { d.RoundedPer = "" }, "points.rounded_per", "one of: document, line"},
		{"unknown stacking", func(d *loyalty.RuleSet) { d.Stacking = "maximum" }, "stacking", "one of: sum, best, first, exclusive"},
		{"unknown returns", func(d *loyalty.RuleSet) { d.UnlinkedReturns = "x" }, "unlinked_returns", "one of: score, match"},
		{"no rules", func(d *loyalty.RuleSet) { d.Rules = nil }, "rules", "no rule"},
		{"no name", rule(func(r *loyalty.Rule) { r.Name = "" }), "rules[0].name", "no name"},
		{"a name with a space", rule(func(r *loyalty.Rule) { r.Name = "a " }), "rules[0].name", "space"},
		{"the same name twice", rule(func(r *loyalty.Rule) { r.Name = "b" }), "rules[1].name", "rules[0]"},
		{"unknown basis", rule(func(r *loyalty.Rule) { r.BasedOn = "bil" }), "rules[0].based_on", "did you mean bill?"},
		{"unknown measure", rule(func(r *loyalty.Rule) { r.CalculateOn = "weight" }), "rules[0].calculate_on", "one of: gross, net, quantity, quantity_slab"},
		{"per zero", rule(func(r *loyalty.Rule) { r.Per = dec("0") }), "rules[0].per", "above zero"},
		{"per below zero", rule(func(r *loyalty.Rule) { r.Per = dec("-1") }), "rules[0].per", "above zero"},
		{"points zero", rule(func(r *loyalty.Rule) { r.Points = decimal.Decimal{} }), "rules[0].points", "above zero"},
		{"points beyond reason", rule(func(r *loyalty.Rule) { r.Points = decimal.New(1, 2_000_000_000) }), "rules[0].points", "too large"},
		{"too many decimals of per", rule(func(r *loyalty.Rule) { r.Per = decimal.New(1, -13) }), "rules[0].per", "behind the decimal point"},
		{"slabs without the word", rule(func(r *loyalty.Rule) { r.Slabs = []loyalty.Slab{{From: dec("1"), Points: dec("1")}} }), "rules[0].slabs", "quantity_slab"},
		{"no slabs", rule(slabs(loyalty.Graduated, loyalty.PerLine)), "rules[0].slabs", "no slabs"},
		{"a gap before the first slab", rule(slabs(loyalty.Graduated, loyalty.PerLine, "6", "3")), "rules[0].slabs[0].from", "gap"},
		{"slabs out of order", rule(slabs(loyalty.Graduated, loyalty.PerLine, "1", "1", "6", "3", "6", "4")), "rules[0].slabs[2].from", "does not come after 6"},
		{"a slab that takes points", rule(slabs(loyalty.Flat, loyalty.PerLine, "1", "1", "6", "-3")), "rules[0].slabs[1].points", "negative"},
		{"slabs that give nothing", rule(slabs(loyalty.Flat, loyalty.PerLine, "0", "0")), "rules[0].slabs", "any points"},
		{"slabs and points", rule(func(r *loyalty.Rule) { slabs(loyalty.Flat, loyalty.PerLine, "1", "1")(r); r.Points = dec("1") }), "rules[0].points", "slabs say"},
		{"slabs and per", rule(func(r *loyalty.Rule) { slabs(loyalty.Flat, loyalty.PerLine, "1", "1")(r); r.Per = dec("2") }), "rules[0].per", "each unit"},
		{"unknown slab mode", rule(slabs("stepped", loyalty.PerLine, "1", "1")), "rules[0].slab_mode", "graduated, flat"},
		{"unknown slab over", rule(slabs(loyalty.Flat, "month", "1", "1")), "rules[0].slab_over", "line, document"},
		{"a condition of nonsense", rule(func(r *loyalty.Rule) { r.When = "nonsense" }), "rules[0].when", "makes no sense"},
		{"a line condition of nonsense", rule(func(r *loyalty.Rule) { r.Where = "nonsense" }), "rules[0].where", "makes no sense"},
		{"an exclusion of nonsense", func(d *loyalty.RuleSet) { d.Exclude.Where = "nonsense" }, "exclude.where", "makes no sense"},
		{"a multiplier of nonsense", rule(func(r *loyalty.Rule) { r.Multiply = []loyalty.Multiplier{{When: "nonsense", By: dec("2")}} }), "rules[0].multiply[0].when", "makes no sense"},
		{"a multiplier of nothing", rule(func(r *loyalty.Rule) { r.Multiply = []loyalty.Multiplier{{When: "yes"}} }), "rules[0].multiply[0].by", "above zero"},
		{"a multiplier beyond reason", rule(func(r *loyalty.Rule) { r.Multiply = []loyalty.Multiplier{{When: "yes", By: decimal.New(1, 1<<30)}} }), "rules[0].multiply[0].by", "too large"},
		{"a multiplier without a condition", rule(func(r *loyalty.Rule) { r.Multiply = []loyalty.Multiplier{{By: dec("2")}} }), "rules[0].multiply[0].when", "no condition"},
		{"a negative limit", rule(func(r *loyalty.Rule) { r.Max = dec("-1") }), "rules[0].max_points", "negative"},
		{"a limit of half a point", rule(func(r *loyalty.Rule) { r.Max = dec("0.5") }), "rules[0].max_points", "more decimals"},
		{"a limit beyond reason", rule(func(r *loyalty.Rule) { r.Max = decimal.New(1, 1<<30) }), "rules[0].max_points", "too large"},
		{"a negative cap", rule(func(r *loyalty.Rule) { r.Caps.Day = dec("-1") }), "rules[0].caps.day", "negative"},
		{"a cap of half a point", func(d *loyalty.RuleSet) { d.Caps.Budget = dec("0.5") }, "caps.budget", "more decimals"},
		{"a cap beyond reason", func(d *loyalty.RuleSet) { d.Caps.Month = decimal.New(1, 1<<30) }, "caps.month", "too large"},
		{"a cap of a document in a rule", rule(func(r *loyalty.Rule) { r.Caps.Document = dec("5") }), "rules[0].caps.document", "max_points"},
		{"a minimum on quantity", rule(func(r *loyalty.Rule) { r.MinOn = loyalty.Quantity }), "rules[0].min_document_on", "gross, net"},
		{"a minimum of some lines", rule(func(r *loyalty.Rule) { r.MinOf = "some" }), "rules[0].min_document_of", "document, eligible"},
		{"an unknown group excluded", func(d *loyalty.RuleSet) { d.Exclude.ItemGroups = []string{"Wines"} }, "exclude.item_groups[0]", `did you mean "Wine"?`},
		{"an unknown kind excluded", func(d *loyalty.RuleSet) { d.Exclude.Kinds = []loyalty.LineKind{"servise"} }, "exclude.kinds[0]", "did you mean service?"},
		{"an empty item excluded", func(d *loyalty.RuleSet) { d.Exclude.Items = []string{""} }, "exclude.items[0]", "empty"},
		{"a table that is not there", rule(byItem("none", "")), "rules[0].table", "not there"},
		{"a table with a negative row", func(d *loyalty.RuleSet) {
			byItem("t", "")(&d.Rules[0])
			d.Tables = map[string]loyalty.ItemTable{"t": {{Code: "A", Points: dec("-1"), From: loyalty.NoDate, To: loyalty.NoDate}}}
		}, "rules[0].table", `item "A"`},
		{"table and attribute", func(d *loyalty.RuleSet) {
			byItem("t", "P")(&d.Rules[0])
			d.Tables = map[string]loyalty.ItemTable{"t": {}}
		}, "rules[0].points_from", "keep table or"},
		{"points from nonsense", rule(byItem("", "nonsense")), "rules[0].points_from", "makes no sense"},
		{"by item on a bill", rule(func(r *loyalty.Rule) { byItem("", "P")(r); r.BasedOn = loyalty.OnBill }), "rules[0].based_on", "based_on: item"},
		{"by item and slabs", rule(func(r *loyalty.Rule) { byItem("", "P")(r); r.CalculateOn = loyalty.QuantitySlab }), "rules[0].calculate_on", "slabs"},
		{"by item and points", rule(func(r *loyalty.Rule) { byItem("", "P")(r); r.Points = dec("1") }), "rules[0].points", "of its own"},
		{"by item, per nothing", rule(func(r *loyalty.Rule) { byItem("", "P")(r); r.Per = dec("0") }), "rules[0].per", "above zero"},
		{"to before from", rule(func(r *loyalty.Rule) { r.From, r.To = 10, 9 }), "rules[0].to", "1970-01-10 is before the first, 1970-01-11"},
		{"a minimum below zero", rule(func(r *loyalty.Rule) { r.MinDocument = dec("-1") }), "rules[0].min_document", "negative"},
		{"a minimum beyond reason", rule(func(r *loyalty.Rule) { r.MinDocument = decimal.New(1, 13) }), "rules[0].min_document", "too large"},
		{"items without any", rule(onItems()), "rules[0].items", "names none"},
		{"an empty item", rule(onItems("A", "")), "rules[0].items[1]", "empty"},
		{"items on a bill", rule(func(r *loyalty.Rule) { r.Items = []string{"A"} }), "rules[0].items", "based on bill has no items"},
		{"no group", rule(onGroup("")), "rules[0].item_group", "item groups of this program: Wine"},
		{"unknown group", rule(onGroup("wines")), "rules[0].item_group", `did you mean "Wine"?`},
		{"a group far from any", rule(onGroup("Tobacco")), "rules[0].item_group", `no item group "Tobacco"`},
		{"a group on a bill", rule(func(r *loyalty.Rule) { r.ItemGroup = "Wine" }), "rules[0].item_group", "based on bill has no item group"},
		{"no groups at all", func(d *loyalty.RuleSet) { d.ItemGroups = nil; onGroup("Wine")(&d.Rules[0]) }, "rules[0].item_group", "item_groups of a mapping"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			def := program(bill("a", "100", "1"), bill("b", "100", "1"))
			tt.change(&def)
			set, faults := rules.Compile(def, spoken{})
			if set != nil || len(faults) != 1 {
				t.Fatalf("set %v, faults %v; want one fault and no set", set, faults)
			}
			f := faults[0]
			if f.Path != tt.path || !strings.Contains(f.Message+"\n"+f.Hint, tt.say) {
				t.Errorf("%s: %s (%s); want %s: …%s…", f.Path, f.Message, f.Hint, tt.path, tt.say)
			}
			if f.Message == "" || f.Hint == "" {
				t.Error("a fault says what is wrong and what to do")
			}
		})
	}
}

func TestCompileListsEveryFault(t *testing.T) {
	_, faults := rules.Compile(loyalty.RuleSet{Rules: []loyalty.Rule{{}, {}}}, nil)
	var paths []string
	for _, f := range faults {
		paths = append(paths, f.Path)
	}
	want := []string{
		"currency", "points.rounding", "points.rounded_per", "stacking", "unlinked_returns",
		"rules[0].name", "rules[0].based_on", "rules[0].calculate_on", "rules[0].per", "rules[0].points",
		"rules[1].name", "rules[1].based_on", "rules[1].calculate_on", "rules[1].per", "rules[1].points",
	}
	if d := cmp.Diff(want, paths); d != "" {
		t.Error(d)
	}
}
