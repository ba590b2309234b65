package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

// checker collects the faults of one rule set.
type checker struct{ faults []loyalty.Fault }

func (c *checker) fault(path, message, hint string) {
	c.faults = append(c.faults, loyalty.Fault{Path: path, Message: message, Hint: hint})
}

// check lists everything that is wrong with a rule set but for its conditions, in
// reading order.
func (c *checker) check(def loyalty.RuleSet) {
	if !isCurrency(def.Currency) {
		c.fault("currency", fmt.Sprintf("%q is not a currency", def.Currency), "three capital letters, for example PLN")
	}
	if def.Decimals < 0 || def.Decimals > loyalty.MaxDecimals {
		c.fault("points.decimals", fmt.Sprintf("points cannot have %d decimals", def.Decimals), fmt.Sprintf("0 to %d", loyalty.MaxDecimals))
	}
	if def.OtherCurrency != "" {
		oneOf(c, "other_currency", def.OtherCurrency, loyalty.RejectOther, loyalty.ERPRate)
	}
	oneOf(c, "points.rounding", def.Rounding, loyalty.Floor, loyalty.HalfUp, loyalty.HalfEven, loyalty.Ceil)
	oneOf(c, "points.rounded_per", def.RoundedPer, loyalty.PerDocument, loyalty.PerLine)
	oneOf(c, "stacking", def.Stacking, loyalty.Sum, loyalty.Best, loyalty.First, loyalty.Exclusive)
	oneOf(c, "unlinked_returns", def.UnlinkedReturns, loyalty.ScoreReturns, loyalty.MatchReturns)
	c.caps("caps.", def.Caps, def.Decimals)
	if len(def.Rules) == 0 {
		c.fault("rules", "there is no rule, so nothing would ever earn points", "add a rule; to end a program give its rules a last day (to)")
	}
	groups := groupNames(def.ItemGroups)
	c.exclude(def.Exclude, groups)
	named := make(map[string]int, len(def.Rules))
	for i, r := range def.Rules {
		path := fmt.Sprintf("rules[%d].", i)
		c.name(path, r.Name, i, named)
		c.basis(path, r, groups)
		oneOf(c, path+"calculate_on", r.CalculateOn, loyalty.Gross, loyalty.Net, loyalty.Quantity, loyalty.QuantitySlab)
		switch {
		case r.Table != "" || r.PointsFrom != "":
			c.byItem(path, r)
		case r.CalculateOn == loyalty.QuantitySlab:
			c.slabs(path, r)
		default:
			c.positive(path+"per", r.Per)
			c.positive(path+"points", r.Points)
			if len(r.Slabs) > 0 {
				c.fault(path+"slabs", "only a rule with calculate_on: quantity_slab has slabs", "write that, or per and points without slabs")
			}
		}
		if r.From != loyalty.NoDate && r.To != loyalty.NoDate && r.From > r.To {
			c.fault(path+"to", fmt.Sprintf("the last day %s is before the first, %s", r.To, r.From), "both days count; swap them or correct one")
		}
		c.minimum(path, r)
		c.limits(path, r, def.Decimals)
	}
}

// name checks that a rule has a name of its own: entries refer to it for ever.
func (c *checker) name(path, name string, i int, named map[string]int) {
	path += "name"
	first, twice := named[name]
	switch {
	case strings.TrimSpace(name) == "":
		c.fault(path, "the rule has no name", "give each rule a short name; points are kept under it")
	case strings.TrimSpace(name) != name:
		c.fault(path, fmt.Sprintf("the name %q starts or ends with a space", name), "remove the space")
	case twice:
		c.fault(path, fmt.Sprintf("rules[%d] is called %q too", first, name), "names are unique in a rule set")
	default:
		named[name] = i
	}
}

// basis checks what a rule looks at, and that it says so only once.
func (c *checker) basis(path string, r loyalty.Rule, groups []string) {
	oneOf(c, path+"based_on", r.BasedOn, loyalty.OnBill, loyalty.OnItem, loyalty.OnItemGroup)
	switch {
	case r.BasedOn == loyalty.OnItem && len(r.Items) == 0 && r.Table == "" && r.PointsFrom == "":
		c.fault(path+"items", "the rule is based on item and names none", `list item codes, * and ? stand for any letters: items: ["WINE-*"]`)
	case r.BasedOn != loyalty.OnItem && len(r.Items) > 0:
		c.fault(path+"items", fmt.Sprintf("a rule based on %s has no items", r.BasedOn), "remove items, or write based_on: item")
	}
	for i, p := range r.Items {
		if f, bad := loyalty.PatternFault(p); bad {
			c.fault(fmt.Sprintf("%sitems[%d]", path, i), f.Message, f.Hint)
		}
	}
	switch {
	case r.BasedOn == loyalty.OnItemGroup && r.ItemGroup == "":
		c.fault(path+"item_group", "the rule is based on item_group and names none", known(groups))
	case r.BasedOn == loyalty.OnItemGroup:
		c.group(path+"item_group", r.ItemGroup, groups)
	case r.ItemGroup != "":
		c.fault(path+"item_group", fmt.Sprintf("a rule based on %s has no item group", r.BasedOn), "remove item_group, or write based_on: item_group")
	}
}

// minimum checks what a rule asks of the size of a document.
func (c *checker) minimum(path string, r loyalty.Rule) {
	c.amount(path+"min_document", r.MinDocument)
	if r.MinDocument.IsNegative() {
		c.fault(path+"min_document", "a minimum cannot be negative", "leave it out for no minimum")
	}
	if r.MinOn != "" {
		oneOf(c, path+"min_document_on", r.MinOn, loyalty.Gross, loyalty.Net)
	}
	if r.MinOf != "" {
		oneOf(c, path+"min_document_of", r.MinOf, loyalty.WholeDocument, loyalty.EligibleLines)
	}
}

// limits checks multipliers and the most that a document may get.
func (c *checker) limits(path string, r loyalty.Rule, decimals int) {
	for i, m := range r.Multiply {
		at := fmt.Sprintf("%smultiply[%d].", path, i)
		c.positive(at+"by", m.By)
		if strings.TrimSpace(m.When) == "" {
			c.fault(at+"when", "the multiplier has no condition", "write when it multiplies, or multiply points of the rule itself")
		}
	}
	c.limit(path+"max_points", r.Max, decimals)
	c.caps(path+"caps.", r.Caps, decimals)
	if !r.Caps.Document.IsZero() {
		c.fault(path+"caps.document", "a rule says in max_points what a document may get", "write max_points")
	}
}

// exclude checks what earns under no rule.
func (c *checker) exclude(e loyalty.Exclude, groups []string) {
	for i, p := range e.Items {
		if f, bad := loyalty.PatternFault(p); bad {
			c.fault(fmt.Sprintf("exclude.items[%d]", i), f.Message, f.Hint)
		}
	}
	for i, name := range e.ItemGroups {
		c.group(fmt.Sprintf("exclude.item_groups[%d]", i), name, groups)
	}
	for i, kind := range e.Kinds {
		oneOf(c, fmt.Sprintf("exclude.kinds[%d]", i), kind, loyalty.Service, loyalty.Charge, loyalty.Goods)
	}
}

// group checks that an item group exists.
func (c *checker) group(path, name string, groups []string) {
	if slices.Contains(groups, name) {
		return
	}
	hint := known(groups)
	if near := closest(name, groups); near != "" {
		hint = fmt.Sprintf("did you mean %q? %s", near, hint)
	}
	c.fault(path, fmt.Sprintf("there is no item group %q", name), hint)
}

// byItem checks a rule whose points stand with each item.
func (c *checker) byItem(path string, r loyalty.Rule) {
	if r.Table != "" && r.PointsFrom != "" {
		c.fault(path+"points_from", "the points stand in a table too", "keep table or points_from")
	}
	if r.BasedOn != loyalty.OnItem {
		c.fault(path+"based_on", "points by item are for rules based on item", "write based_on: item")
	}
	if r.CalculateOn == loyalty.QuantitySlab {
		c.fault(path+"calculate_on", "slabs and points by item do not go together", "write quantity, net or gross")
	}
	if !r.Points.IsZero() {
		c.fault(path+"points", "each item has points of its own", "remove points")
	}
	if !fits(r.Per) || !r.Per.IsPositive() {
		c.fault(path+"per", "the number has to be above zero, with at most 6 decimals", "leave it out for the points of one")
	}
}

// slabs checks that the slabs of a rule leave no quantity out and mean one thing.
func (c *checker) slabs(path string, r loyalty.Rule) {
	oneOf(c, path+"slab_mode", r.SlabMode, loyalty.Graduated, loyalty.Flat)
	oneOf(c, path+"slab_over", r.SlabOver, loyalty.PerLine, loyalty.PerDocument)
	if !r.Points.IsZero() {
		c.fault(path+"points", "slabs say the points", "remove points, they stand in the slabs")
	}
	one := decimal.NewFromInt(1)
	if !r.Per.IsZero() && !r.Per.Equal(one) {
		c.fault(path+"per", "slabs give points for each unit", "remove per")
	}
	if len(r.Slabs) == 0 {
		c.fault(path+"slabs", "the rule has no slabs", `for example slabs: [{from: "1", points: "1"}, {from: "6", points: "3"}]`)
		return
	}
	some := false
	for i, slab := range r.Slabs {
		at := fmt.Sprintf("%sslabs[%d].", path, i)
		c.amount(at+"from", slab.From)
		c.amount(at+"points", slab.Points)
		switch {
		case i == 0 && !slab.From.IsZero() && !slab.From.Equal(one):
			c.fault(at+"from", fmt.Sprintf("there is a gap: no slab says what less than %s gives", slab.From),
				`begin with {from: "1", points: "0"}, or with from "0" where quantities have decimals`)
		case i > 0 && slab.From.LessThanOrEqual(r.Slabs[i-1].From):
			c.fault(at+"from", fmt.Sprintf("%s does not come after %s", slab.From, r.Slabs[i-1].From), "list the slabs in the order of their quantities")
		}
		if slab.Points.IsNegative() {
			c.fault(at+"points", "points cannot be negative", `write "0" for units that earn nothing`)
		}
		some = some || slab.Points.IsPositive()
	}
	if !some {
		c.fault(path+"slabs", "no slab gives any points", "give points to one of them, or remove the rule")
	}
}

func known(groups []string) string {
	if len(groups) == 0 {
		return "add it to item_groups of a mapping of this program"
	}
	return "item groups of this program: " + strings.Join(groups, ", ")
}

// positive checks a number that has to be above zero.
func (c *checker) positive(path string, d decimal.Decimal) {
	if d.Sign() <= 0 {
		c.fault(path, "the number has to be above zero", `write it as text, for example "100"`)
		return
	}
	c.amount(path, d)
}

// amount checks that a number is of a size that somebody means: at most 12
// digits before the decimal point and 12 behind it.
func (c *checker) amount(path string, d decimal.Decimal) {
	const digits = 12
	scale, ok := scaleOf(d)
	if !ok || scale > digits || d.Abs().GreaterThan(decimal.New(1, digits)) {
		c.fault(path, "the number is too large or has too many decimals", fmt.Sprintf("at most %d digits before and %d behind the decimal point", digits, digits))
	}
}

// oneOf checks a word against its list.
func oneOf[T ~string](c *checker, path string, got T, allowed ...T) {
	if slices.Contains(allowed, got) {
		return
	}
	words := make([]string, len(allowed))
	for i, a := range allowed {
		words[i] = string(a)
	}
	hint := "one of: " + strings.Join(words, ", ")
	if got == "" {
		c.fault(path, "a value is missing", hint)
		return
	}
	if near := closest(string(got), words); near != "" {
		hint = fmt.Sprintf("did you mean %s? %s", near, hint)
	}
	c.fault(path, fmt.Sprintf("%q is not known here", got), hint)
}

func isCurrency(s string) bool {
	return len(s) == 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func groupNames(bySource map[string][]loyalty.ItemGroup) []string {
	var names []string
	for _, groups := range bySource {
		for _, g := range groups {
			names = append(names, g.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// closest returns the word nearest to got, or "" when none is near: at most a
// third of its letters wrong, case aside.
func closest(got string, words []string) string {
	best, near := "", len([]rune(got))/3+1
	for _, w := range words {
		if d := loyalty.EditDistance(strings.ToLower(got), strings.ToLower(w)); d < near {
			best, near = w, d
		}
	}
	return best
}
