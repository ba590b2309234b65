package rules

import (
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
	minScale int32          // decimals needed by minimums and slabs
	measured [measures]bool // what has to be read from a line
	tallies  sync.Pool      // of *tally, so that scoring needs no new memory
}

// rule is one rule with its factor and its items at hand.
type rule struct {
	loyalty.Rule
	measure int
	factor  num              // smallest units for one of the measure, times den
	slabs   *slabs           // instead of factor, or nil
	items   items            // for item
	groups  map[string]items // by source, for item_group
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
// Paths are those of a program in the configuration: "currency", "stacking",
// "points.decimals", "rules[2].per". The rule set must not be changed afterwards.
func Compile(def loyalty.RuleSet) (*Set, []loyalty.Fault) {
	if faults := check(def); len(faults) > 0 {
		return nil, faults
	}
	s := &Set{def: def, rules: make([]rule, len(def.Rules)), den: num{i: 1}}
	for i, r := range def.Rules {
		s.rules[i] = rule{Rule: r, measure: measureOf(r.CalculateOn), slabs: newSlabs(r), items: newItems(loyalty.ItemGroup{Items: r.Items}), groups: itemsOf(def.ItemGroups, r.ItemGroup)}
		s.measured[s.rules[i].measure] = true
		if !r.MinDocument.IsZero() {
			s.measured[gross] = true
			scale, _ := scaleOf(r.MinDocument)
			s.minScale = max(s.minScale, scale)
		}
		if slabs := s.rules[i].slabs; slabs != nil {
			s.minScale = max(s.minScale, slabs.scale())
		}
	}
	s.weigh()
	s.tallies.New = func() any { return &tally{set: s} }
	return s, nil
}

// weigh brings what the rules give for one of their measure to one denominator.
func (s *Set) weigh() {
	smallest := func(points decimal.Decimal) *big.Rat { return points.Shift(int32(s.def.Decimals)).Rat() } //nolint:gosec // decimals are 0-3
	factors := make(map[*num]*big.Rat)
	for i := range s.rules {
		r := &s.rules[i]
		if r.slabs == nil {
			factors[&r.factor] = new(big.Rat).Quo(smallest(r.Points), r.Per.Rat())
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

// matches says whether a rule looks at a line. Deposits and components
// earn under no rule.
func (r *rule) matches(source string, l *loyalty.Line) bool {
	switch {
	case l.Kind == loyalty.Deposit, l.Kind == loyalty.Component:
		return false
	case r.BasedOn == loyalty.OnItem:
		return r.items.has(l)
	case r.BasedOn == loyalty.OnItemGroup:
		return r.groups[source].has(l)
	default:
		return true
	}
}
