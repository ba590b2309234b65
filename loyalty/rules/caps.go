package rules

import (
	"fmt"
	"math"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Cap is what a rule, or the whole set, may give in a time.
type Cap struct {
	Rule   string // its name; "" is all rules together
	index  int    // of the rule; len(rules) for all together
	limits map[loyalty.CapPeriod]loyalty.Points
}

// Of is the limit of a period in smallest units, and whether there is one.
func (c Cap) Of(p loyalty.CapPeriod) (loyalty.Points, bool) {
	limit, limited := c.limits[p]
	return limit, limited
}

// Allowance is what caps leave to one sale, in smallest units.
type Allowance struct {
	Points loyalty.Points
	By     loyalty.CapPeriod // the cap that leaves the least
}

// Caps lists the caps of single rules in the order of rules, then that of all rules
// together. Empty when nothing is limited.
func (s *Set) Caps() []Cap { return s.caps }

// Unlimited are allowances under which Caps limit nothing: what a sale would get
// without them.
func (s *Set) Unlimited() []Allowance {
	all := make([]Allowance, len(s.caps))
	for i := range all {
		all[i].Points = math.MaxInt64
	}
	return all
}

// Wanted is what awards of a sale, scored with Unlimited, ask of each of Caps, when
// the rules before have the allowances that are known already.
func (s *Set) Wanted(awards []Award, known []Allowance) []loyalty.Points {
	sums := make([]loyalty.Points, len(s.rules)+1)
	for _, a := range awards {
		sums[a.Rule] += a.Points
	}
	wanted := make([]loyalty.Points, len(s.caps))
	for i, c := range s.caps {
		if c.index < len(s.rules) {
			wanted[i] = sums[c.index]
			if i < len(known) {
				sums[c.index] = min(sums[c.index], known[i].Points)
			}
			continue
		}
		for _, sum := range sums[:len(s.rules)] {
			wanted[i] += sum
		}
		if most, limited := c.Of(loyalty.CapDocument); limited {
			wanted[i] = min(wanted[i], most)
		}
	}
	return wanted
}

// fresh are the allowances of a sale before which nothing was given.
func (s *Set) fresh() []Allowance {
	all := s.Unlimited()
	for i, c := range s.caps {
		for _, p := range append([]loyalty.CapPeriod{loyalty.CapDocument}, loyalty.CountedPeriods()...) {
			if limit, limited := c.Of(p); limited && limit < all[i].Points {
				all[i] = Allowance{limit, p}
			}
		}
	}
	return all
}

// newCaps reads the caps of a checked rule set.
func newCaps(def loyalty.RuleSet) (caps []Cap) {
	add := func(name string, index int, of loyalty.Caps) {
		c := Cap{Rule: name, index: index, limits: make(map[loyalty.CapPeriod]loyalty.Points)}
		for _, p := range append([]loyalty.CapPeriod{loyalty.CapDocument}, loyalty.CountedPeriods()...) {
			if limit := of.Of(p); limit.IsPositive() {
				c.limits[p] = loyalty.Points(limit.Shift(int32(def.Decimals)).IntPart()) //nolint:gosec // decimals are 0-3
			}
		}
		if len(c.limits) > 0 {
			caps = append(caps, c)
		}
	}
	for i, r := range def.Rules {
		add(r.Name, i, r.Caps)
	}
	add("", len(def.Rules), def.Caps)
	return caps
}

// caps checks the caps of a rule, or of the whole set.
func (c *checker) caps(path string, caps loyalty.Caps, decimals int) {
	for _, p := range append([]loyalty.CapPeriod{loyalty.CapDocument}, loyalty.CountedPeriods()...) {
		c.limit(path+string(p), caps.Of(p), decimals)
	}
}

// limit checks one limit of points; zero is none.
func (c *checker) limit(path string, limit decimal.Decimal, decimals int) {
	scale, _ := scaleOf(limit)
	switch {
	case limit.IsZero():
	case limit.IsNegative():
		c.fault(path, "a limit cannot be negative", "leave it out for no limit")
	case scale > int32(decimals): //nolint:gosec // decimals are 0-3
		c.fault(path, fmt.Sprintf("%s has more decimals than points have, which is %d", limit, decimals), "write fewer decimals")
	default:
		c.amount(path, limit)
	}
}

// capped lets a rule give no more than caps leave: its own, then those of all rules
// together, which rules use up in their order. A return without an original takes
// back whatever was given.
func (t *tally) capped(r int, total num) (num, loyalty.Reason) {
	if t.sale.Return {
		return total, loyalty.ReasonNone
	}
	for i := range t.set.caps {
		c := &t.set.caps[i]
		if c.index != r && c.index < len(t.set.rules) {
			continue
		}
		if left := (num{i: int64(t.allowed[i].Points)}); total.cmp(left) > 0 {
			total = t.limit(total, left)
			t.cut = append(t.cut, i)
		}
		if c.index == len(t.set.rules) {
			given, _ := total.small()
			t.allowed[i].Points -= loyalty.Points(given)
		}
	}
	if total.sign() == 0 {
		return total, loyalty.ReasonRuleCapped
	}
	return total, loyalty.ReasonNone
}
