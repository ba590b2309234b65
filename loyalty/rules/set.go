package rules

import (
	"math/big"
	"sync"

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
	minScale int32          // decimals needed by the minimums
	measured [measures]bool // what has to be read from a line
	tallies  sync.Pool      // of *tally, so that scoring needs no new memory
}

// rule is one rule with its factor and its items at hand.
type rule struct {
	loyalty.Rule
	measure int
	factor  num              // smallest units for one of the measure, times den
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
	factors := make([]*big.Rat, len(def.Rules))
	den := big.NewInt(1)
	for i, r := range def.Rules {
		s.rules[i] = rule{Rule: r, measure: measureOf(r.CalculateOn), items: newItems(loyalty.ItemGroup{Items: r.Items}), groups: itemsOf(def.ItemGroups, r.ItemGroup)}
		s.measured[s.rules[i].measure] = true
		if !r.MinDocument.IsZero() {
			s.measured[gross] = true
			scale, _ := scaleOf(r.MinDocument)
			s.minScale = max(s.minScale, scale)
		}
		factors[i] = new(big.Rat).Quo(r.Points.Shift(int32(def.Decimals)).Rat(), r.Per.Rat()) //nolint:gosec // decimals are 0-3
		den = lcm(den, factors[i].Denom())
	}
	s.den = fit(den)
	for i, f := range factors {
		s.rules[i].factor = fit(new(big.Int).Mul(f.Num(), new(big.Int).Quo(den, f.Denom())))
	}
	s.tallies.New = func() any { return &tally{set: s} }
	return s, nil
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
