package rules

import (
	"encoding/json"
	"fmt"
	"math/big"
	"sync"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Set is a rule set made ready for scoring. It never changes and may be used by
// many goroutines at once.
type Set struct {
	def   loyalty.RuleSet
	rules []rule
	// den is the common denominator of all rules' factors: with it, shares of
	// different rules compare as whole numbers.
	den      num
	exclude  *exclusion     // nil when nothing is
	asked    asked          // about the contractor
	priced   bool           // some rule says points by item
	minScale int32          // decimals needed by minimums and slabs
	measured [measures]bool // what has to be read from a line
	caps     []Cap
	tallies  sync.Pool // of *tally, so that scoring needs no new memory
}

// rule is one rule with its factor and its items at hand.
type rule struct {
	loyalty.Rule
	measure int
	factor  num              // smallest units for one of the measure, times den
	slabs   *slabs           // instead of factor, or nil
	items   items            // for item
	groups  map[string]items // by source, for item_group

	worth    *worth // where points of single items are found, or nil
	minimum  int    // the measure that min_document is compared with
	max      num    // smallest units; 0 is no limit
	when     SaleCondition
	where    LineCondition
	multiply []multiplier
}

// multiplier is num/den where a condition holds.
type multiplier struct {
	when     SaleCondition
	num, den num
}

// What a line is measured by.
const (
	gross = iota
	net
	quantity
	measures
)

func measureOf(m loyalty.Measure) int {
	switch m {
	case loyalty.Gross:
		return gross
	case loyalty.Net:
		return net
	default:
		return quantity
	}
}

// Compile checks a rule set and makes it ready. With any fault the Set is nil.
// Conditions may be nil for rule sets without any.
// Paths are those of a program in the configuration: "currency", "stacking",
// "points.decimals", "rules[2].per". The rule set must not be changed afterwards.
func Compile(def loyalty.RuleSet, conditions Conditions) (*Set, []loyalty.Fault) {
	c := &checker{}
	c.check(def)
	s := &Set{def: def, rules: make([]rule, len(def.Rules)), den: num{i: 1}, exclude: newExclusion(def)}
	for i := range def.Rules {
		s.rules[i] = s.ready(def.Rules[i])
	}
	s.compile(c, conditions)
	if len(c.faults) > 0 {
		return nil, c.faults
	}
	s.weigh()
	s.caps = newCaps(def)
	s.asked = s.asks()
	s.tallies.New = func() any { return &tally{set: s} }
	return s, nil
}

// Len is how many rules the set has.
func (s *Set) Len() int { return len(s.rules) }

// Names are the names of the rules, in their order.
func (s *Set) Names() []string {
	names := make([]string, len(s.rules))
	for i := range s.rules {
		names[i] = s.rules[i].Name
	}
	return names
}

// InCurrency is the currency of the program.
func (s *Set) InCurrency() string { return s.def.Currency }

// Matches says whether returns that name no original are matched with sales.
func (s *Set) Matches() bool { return s.def.UnlinkedReturns == loyalty.MatchReturns }

// Same says whether two sets say the same, whenever they are valid.
func (s *Set) Same(other *Set) bool {
	text := func(def loyalty.RuleSet) string {
		def.ValidFrom = loyalty.NoDate
		body, err := json.Marshal(def)
		if err != nil { // plain data always marshals
			return ""
		}
		return string(body)
	}
	return text(s.def) == text(other.def)
}

// ready makes one rule ready but for its conditions, and notes what it has to
// read of a line.
func (s *Set) ready(r loyalty.Rule) rule {
	ready := rule{
		Rule: r, measure: measureOf(r.CalculateOn), minimum: gross, slabs: newSlabs(r),
		items: newItems(loyalty.ItemGroup{Items: r.Items}), groups: itemsOf(s.def.ItemGroups, r.ItemGroup),
	}
	s.measured[ready.measure] = true
	if !r.MinDocument.IsZero() {
		if r.MinOn != "" {
			ready.minimum = measureOf(r.MinOn)
		}
		s.measured[ready.minimum] = true
		scale, _ := scaleOf(r.MinDocument)
		s.minScale = max(s.minScale, scale)
	}
	if ready.slabs != nil {
		s.minScale = max(s.minScale, ready.slabs.scale())
	}
	return ready
}

// compile compiles the conditions, each fault under its path.
func (s *Set) compile(c *checker, conditions Conditions) {
	if s.def.Exclude.Where != "" {
		s.exclude.where = condition(c, "exclude.where", s.def.Exclude.Where, conditions, Conditions.Line)
	}
	for i := range s.rules {
		r, path := &s.rules[i], fmt.Sprintf("rules[%d].", i)
		if r.byItem() {
			r.worth, s.priced = newWorth(c, path, s.def, r.Rule, conditions), true
		}
		r.when = condition(c, path+"when", r.When, conditions, Conditions.Sale)
		r.where = condition(c, path+"where", r.Where, conditions, Conditions.Line)
		for j, m := range r.Multiply {
			at := fmt.Sprintf("%smultiply[%d].", path, j)
			r.multiply = append(r.multiply, multiplier{when: condition(c, at+"when", m.When, conditions, Conditions.Sale)})
		}
	}
}

// condition compiles one condition; the zero value stands for none.
func condition[T any](c *checker, path, source string, conditions Conditions, with func(Conditions, string) (T, []loyalty.Fault)) (none T) {
	if source == "" {
		return none
	}
	if conditions == nil {
		c.fault(path, "conditions cannot be used here", "remove it")
		return none
	}
	compiled, faults := with(conditions, source)
	for _, f := range faults {
		f.Path = path
		c.faults = append(c.faults, f)
	}
	if len(faults) > 0 {
		return none
	}
	return compiled
}

// weigh brings what the rules give for one of their measure to one denominator,
// and reads multipliers and limits.
func (s *Set) weigh() {
	smallest := func(points decimal.Decimal) *big.Rat { return points.Shift(int32(s.def.Decimals)).Rat() } //nolint:gosec // decimals are 0-3
	factors := make(map[*num]*big.Rat)
	for i := range s.rules {
		r := &s.rules[i]
		r.max = fit(smallest(r.Max).Num()) // whole, as checked
		for j, m := range r.Multiply {
			by := m.By.Rat()
			r.multiply[j].num, r.multiply[j].den = fit(by.Num()), fit(by.Denom())
		}
		if r.slabs == nil {
			if factors[&r.factor] = new(big.Rat).Quo(smallest(r.Points), r.Per.Rat()); r.worth != nil {
				factors[&r.factor] = smallest(decimal.NewFromInt(1))
			}
			continue
		}
		for j, slab := range r.Slabs {
			factors[&r.slabs.steps[j].factor] = smallest(slab.Points)
		}
	}
	den := big.NewInt(1)
	for _, f := range factors {
		den = lcm(den, f.Denom())
	}
	s.den = fit(den)
	for to, f := range factors {
		*to = fit(new(big.Int).Mul(f.Num(), new(big.Int).Quo(den, f.Denom())))
	}
}

func lcm(a, b *big.Int) *big.Int {
	gcd := new(big.Int).GCD(nil, nil, a, b)
	return gcd.Mul(new(big.Int).Quo(a, gcd), b)
}

func fit(b *big.Int) num {
	if b.IsInt64() {
		return num{i: b.Int64()}
	}
	return num{b: b}
}

// byItem says whether each item has points of its own.
func (r *rule) byItem() bool { return r.Table != "" || r.PointsFrom != "" }

// matches says whether a line is of the items that a rule is about.
func (r *rule) matches(group items, l *loyalty.Line) bool {
	switch r.BasedOn {
	case loyalty.OnItem:
		return r.items.has(l) || r.byItem() && len(r.Items) == 0 && l.Code != ""
	case loyalty.OnItemGroup:
		return group.has(l)
	default:
		return true
	}
}

// EarnsOnRedeemed says whether the part of a sale that was paid with points earns.
func (s *Set) EarnsOnRedeemed() bool { return s.def.EarnOnRedeemed }
