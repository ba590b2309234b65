package rules

import (
	"math/big"
	"slices"

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
	minScale int32              // decimals needed by the minimums
	measured [measures]bool     // what has to be read from a line
	reads    [measures]selector // nil where measured is false
}

// rule is one rule with its factor and its items at hand.
type rule struct {
	loyalty.Rule
	measure int
	factor  num                            // smallest units for one of the measure, times den
	groups  map[string][]loyalty.ItemGroup // by source, for item groups
}

// What a line is measured by.
const (
	gross = iota
	net
	quantity
	measures
)

type selector func(*loyalty.Line) decimal.Decimal

func selectors() [measures]selector {
	return [measures]selector{
		gross:    func(l *loyalty.Line) decimal.Decimal { return l.Gross },
		net:      func(l *loyalty.Line) decimal.Decimal { return l.Net },
		quantity: func(l *loyalty.Line) decimal.Decimal { return l.Quantity },
	}
}

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
		s.rules[i] = rule{Rule: r, measure: measureOf(r.CalculateOn), groups: groupsNamed(def.ItemGroups, r.ItemGroup)}
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
	for m, read := range selectors() {
		if s.measured[m] {
			s.reads[m] = read
		}
	}
	return s, nil
}

// groupsNamed picks the definitions of one item group, by source.
func groupsNamed(bySource map[string][]loyalty.ItemGroup, name string) map[string][]loyalty.ItemGroup {
	if name == "" {
		return nil
	}
	found := make(map[string][]loyalty.ItemGroup, len(bySource))
	for source, groups := range bySource {
		for _, g := range groups {
			if g.Name == name {
				found[source] = append(found[source], g)
			}
		}
	}
	return found
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

// matches says whether a rule looks at a line. Deposits earn under no rule.
func (r *rule) matches(source string, l *loyalty.Line) bool {
	if l.Kind == loyalty.Deposit {
		return false
	}
	switch r.BasedOn {
	case loyalty.OnItem:
		return slices.ContainsFunc(r.Items, func(p string) bool { return loyalty.MatchPattern(p, l.Code) })
	case loyalty.OnItemGroup:
		return slices.ContainsFunc(r.groups[source], func(g loyalty.ItemGroup) bool { return g.Matches(l.Code, l.Group) })
	default:
		return true
	}
}
