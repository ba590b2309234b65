package rules

import (
	"cmp"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// points rounds what the collected lines bring, and says why it is nothing.
func (t *tally) points(r int) (total num, reason loyalty.Reason) {
	t.weigh(r)
	t.exact, t.limited = share{t.sum.mul(t.mul), t.div}, false
	if t.set.def.RoundedPer == loyalty.PerLine {
		total = t.perLine()
	} else {
		total = t.perDocument()
	}
	switch limit := t.set.rules[r].max; {
	case total.sign() < 0:
		return num{}, loyalty.ReasonRuleNegative
	case !t.inBounds(total):
		return num{}, loyalty.ReasonTooLarge
	case total.sign() == 0:
		return num{}, loyalty.ReasonRuleZero
	case limit.sign() > 0 && !t.sale.Return && total.cmp(limit) > 0:
		t.limited = true
		return t.limit(total, limit), loyalty.ReasonNone
	}
	return total, loyalty.ReasonNone
}

// limit lets the lines share a limit as they would have shared the whole.
func (t *tally) limit(total, limit num) num {
	for i := range t.parts {
		t.parts[i].weight = num{i: t.parts[i].points}
	}
	t.mul, t.div, t.sum = limit, total, total
	return t.perDocument()
}

// inBounds says whether every line and the total are of a size that is meant.
func (t *tally) inBounds(total num) bool {
	limit := num{i: maxPoints}
	for i := range t.parts {
		if t.parts[i].whole.abs().cmp(limit) > 0 {
			return false
		}
	}
	return total.cmp(limit) <= 0
}

// perLine rounds each line by itself and returns the sum.
func (t *tally) perLine() num {
	var total num
	for i := range t.parts {
		p := &t.parts[i]
		whole, rest := p.weight.abs().mulDiv(t.mul, t.div)
		points := t.round(whole, rest)
		if p.weight.sign() < 0 {
			points = points.neg()
		}
		p.whole = points
		p.points, _ = points.small()
		total = total.add(points)
	}
	return total
}

// perDocument rounds the sum of the lines once, and spreads it over the lines by
// largest remainder: each line gets its exact share rounded down, and the units
// left over go one each to the lines that lost most, ties by line number. A
// negative line's share is rounded down too, so the lines always add up.
func (t *tally) perDocument() num {
	var spread num
	for i := range t.parts {
		p := &t.parts[i]
		p.whole, p.rest = p.weight.mulDiv(t.mul, t.div)
		p.points, _ = p.whole.small()
		spread = spread.add(p.whole)
	}
	total := t.round(t.sum.abs().mulDiv(t.mul, t.div))
	if t.sum.sign() < 0 {
		return total.neg()
	}
	if over, ok := total.add(spread.neg()).small(); ok && over > 0 {
		t.handOut(over)
	}
	return total
}

// handOut gives one unit more to the lines with the largest rests.
func (t *tally) handOut(units int64) {
	t.order = t.order[:0]
	for i := range t.parts {
		t.order = append(t.order, i)
	}
	slices.SortFunc(t.order, func(i, j int) int {
		a, b := &t.parts[i], &t.parts[j]
		if c := b.rest.cmp(a.rest); c != 0 {
			return c
		}
		x, y := &t.sale.Lines[a.line], &t.sale.Lines[b.line]
		return cmp.Or(cmp.Compare(x.No, y.No), cmp.Compare(x.ID, y.ID), cmp.Compare(i, j))
	})
	for _, i := range t.order[:units] {
		t.parts[i].points++
	}
}

// round makes a magnitude whole: rest of div is what it has beyond whole. An
// unlinked return is never rounded up: it takes back at most what was given.
func (t *tally) round(whole, rest num) num {
	mode := t.set.def.Rounding
	if t.sale.Return {
		mode = loyalty.Floor
	}
	up := false // as floor has it
	switch half := rest.add(rest).cmp(t.div); mode {
	case loyalty.Ceil:
		up = rest.sign() > 0
	case loyalty.HalfUp:
		up = half >= 0
	case loyalty.HalfEven:
		up = half > 0 || half == 0 && whole.odd()
	default:
	}
	if up {
		return whole.add(num{i: 1})
	}
	return whole
}
