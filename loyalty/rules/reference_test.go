package rules_test

import (
	"math/big"
	"slices"
	"sort"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
)

// reference scores a sale slowly and plainly, with fractions of big integers
// and without a thought for speed. The engine is tested against it.
func reference(def loyalty.RuleSet, s rules.Sale) []rules.Award {
	if s.Currency != def.Currency {
		if def.OtherCurrency != loyalty.ERPRate || !s.Rate.IsPositive() || s.Rate.Equal(decimal.NewFromInt(1)) {
			return nil
		}
		s.Lines = slices.Clone(s.Lines)
		for i := range s.Lines {
			s.Lines[i].Net, s.Lines[i].Gross = s.Lines[i].Net.Mul(s.Rate), s.Lines[i].Gross.Mul(s.Rate)
		}
	}
	kept := big.NewRat(1, 1)
	if p := s.Paid; p.Amount.IsPositive() && p.Of.IsPositive() {
		kept.Sub(kept, new(big.Rat).Quo(p.Amount.Rat(), p.Of.Rat()))
		if kept.Sign() <= 0 {
			return nil
		}
	}
	shares := make([]map[int]*big.Rat, len(def.Rules)) // by rule, then line
	for r, rule := range def.Rules {
		shares[r] = map[int]*big.Rat{}
		if s.Date < rule.From || (rule.To != loyalty.NoDate && s.Date > rule.To) {
			continue
		}
		if !s.Return && !rule.MinDocument.IsZero() && refCompared(def, rule, s).Cmp(rule.MinDocument.Rat()) < 0 {
			continue
		}
		for i, l := range s.Lines {
			if refMatches(def, rule, s.Source, l) {
				shares[r][i] = refShare(def, rule, l, s)
			}
			if rule.Table != "" && refItem(def, rule, l, s) == nil {
				delete(shares[r], i)
			}
		}
		refSlabs(def, rule, shares[r])
	}
	refMultiply(def, shares)
	refKeep(shares, kept)
	if def.Stacking == loyalty.Exclusive {
		refExclusive(def, s, shares)
	} else {
		refStack(def.Stacking, shares, len(s.Lines))
	}
	refAgain(def, s, shares, kept)

	var all []rules.Award
	var given refLeft
	for r := range def.Rules {
		points := refLimit(def, rule(def, r), refRound(def, shares[r], s), s)
		points = refCap(def, refCaps(def.Rules[r].Caps, s, &refLeft{}), points, s)
		points = refCap(def, refCaps(def.Caps, s, &given), points, s)
		for _, p := range points {
			given.points += p
		}
		for i := range s.Lines {
			if p := points[i]; p != 0 {
				if s.Return {
					p = -p
				}
				all = append(all, rules.Award{Line: i, Rule: r, Points: loyalty.Points(p)})
			}
		}
	}
	return all
}

func refMatches(def loyalty.RuleSet, rule loyalty.Rule, source string, l loyalty.Line) bool {
	if l.Kind == loyalty.Deposit || l.Kind == loyalty.Component {
		return false
	}
	e := def.Exclude
	if len(e.Items) > 0 && (l.Code == "BREAD" || l.Kind == loyalty.Charge || e.Where == "code "+l.Code) {
		return false
	}
	if e.Discounted && l.Discounted {
		return false
	}
	if rule.Where == "no" || rule.Where == "fails" || rule.Where == "code BEER" && l.Code != "BEER" {
		return false
	}
	switch rule.BasedOn {
	case loyalty.OnItem:
		if rule.Table != "" && len(rule.Items) == 0 {
			return l.Code != ""
		}
		return loyalty.ItemGroup{Items: rule.Items}.Matches(l.Code, "")
	case loyalty.OnItemGroup:
		for _, g := range def.ItemGroups[source] {
			if g.Name == rule.ItemGroup && g.Matches(l.Code, l.Group) {
				return true
			}
		}
		return false
	default:
		return true
	}
}

// refShare is the exact number of smallest units.
func refShare(def loyalty.RuleSet, rule loyalty.Rule, l loyalty.Line, s rules.Sale) *big.Rat {
	flip := s.Return
	if item := refItem(def, rule, l, s); item != nil {
		rule.Points, rule.Per = item.Points, item.Per
	}
	if rule.CalculateOn == loyalty.QuantitySlab { // the quantity, which refSlabs turns into points
		if flip {
			return l.Quantity.Neg().Rat()
		}
		return l.Quantity.Rat()
	}
	measure := map[loyalty.Measure]decimal.Decimal{loyalty.Gross: l.Gross, loyalty.Net: l.Net, loyalty.Quantity: l.Quantity}[rule.CalculateOn]
	x := new(big.Rat).Mul(measure.Rat(), rule.Points.Rat())
	x.Quo(x, rule.Per.Rat())
	for range def.Decimals {
		x.Mul(x, big.NewRat(10, 1))
	}
	if flip {
		x.Neg(x)
	}
	return x
}

// refItem is what the table of a rule says about a line, nil for nothing.
func refItem(def loyalty.RuleSet, rule loyalty.Rule, l loyalty.Line, s rules.Sale) *loyalty.ItemPoints {
	for _, row := range def.Tables[rule.Table] {
		if row.Code == l.Code && s.Date >= row.From && (row.To == loyalty.NoDate || s.Date <= row.To) {
			if row.Per.IsZero() {
				row.Per = rule.Per
			}
			return &row
		}
	}
	return nil
}

// refSlabs turns the quantities of a rule's lines into smallest units.
func refSlabs(def loyalty.RuleSet, rule loyalty.Rule, shares map[int]*big.Rat) {
	if rule.CalculateOn != loyalty.QuantitySlab {
		return
	}
	sum := new(big.Rat)
	for _, q := range shares {
		sum.Add(sum, q)
	}
	all := refSlab(def, rule, sum)
	for i, q := range shares {
		switch {
		case rule.SlabOver == loyalty.PerLine:
			shares[i] = refSlab(def, rule, q)
		case sum.Sign() == 0:
			shares[i] = new(big.Rat)
		default:
			shares[i] = new(big.Rat).Mul(all, new(big.Rat).Quo(q, sum))
		}
	}
}

// refSlab is what one quantity gives, unit by unit where it can be counted so.
func refSlab(def loyalty.RuleSet, rule loyalty.Rule, q *big.Rat) *big.Rat {
	size, points, last := new(big.Rat).Abs(q), new(big.Rat), 0
	for i, slab := range rule.Slabs {
		if size.Cmp(slab.From.Rat()) >= 0 {
			last = i
		}
		above := new(big.Rat).Sub(size, slab.From.Sub(rule.Slabs[0].From).Rat())
		if i+1 < len(rule.Slabs) {
			if width := rule.Slabs[i+1].From.Sub(slab.From).Rat(); above.Cmp(width) > 0 {
				above = width
			}
		}
		if above.Sign() > 0 && rule.SlabMode == loyalty.Graduated {
			points.Add(points, above.Mul(above, slab.Points.Rat()))
		}
	}
	if rule.SlabMode == loyalty.Flat {
		points.Mul(size, rule.Slabs[last].Points.Rat())
	}
	for range def.Decimals {
		points.Mul(points, big.NewRat(10, 1))
	}
	if q.Sign() < 0 {
		points.Neg(points)
	}
	return points
}

// refAgain finds slabs over a document for the lines that the rule was left with.
func refAgain(def loyalty.RuleSet, s rules.Sale, shares []map[int]*big.Rat, kept *big.Rat) {
	for r, rule := range def.Rules {
		if rule.CalculateOn == loyalty.QuantitySlab {
			for i := range shares[r] {
				shares[r][i] = refShare(def, rule, s.Lines[i], s)
			}
			refSlabs(def, rule, shares[r])
			refTimes(rule, shares[r])
			refKeep(shares[r:r+1], kept)
		}
	}
}

func rule(def loyalty.RuleSet, r int) loyalty.Rule { return def.Rules[r] }

// refCompared is what a rule's minimum is compared with.
func refCompared(def loyalty.RuleSet, rule loyalty.Rule, s rules.Sale) *big.Rat {
	sum := new(big.Rat)
	for _, l := range s.Lines {
		eligible := refMatches(def, rule, s.Source, l) && (rule.Table == "" || refItem(def, rule, l, s) != nil)
		if rule.MinOf == loyalty.EligibleLines && !eligible {
			continue
		}
		if rule.MinOn == loyalty.Net {
			sum.Add(sum, l.Net.Rat())
		} else {
			sum.Add(sum, l.Gross.Rat())
		}
	}
	return sum
}

func refMultiply(def loyalty.RuleSet, shares []map[int]*big.Rat) {
	for r, rule := range def.Rules {
		refTimes(rule, shares[r])
	}
}

// refKeep leaves the share of a sale that was not paid with points.
func refKeep(shares []map[int]*big.Rat, kept *big.Rat) {
	for _, lines := range shares {
		for _, x := range lines {
			x.Mul(x, kept)
		}
	}
}

func refTimes(rule loyalty.Rule, shares map[int]*big.Rat) {
	for _, m := range rule.Multiply {
		for _, x := range shares {
			if m.When == "yes" {
				x.Mul(x, m.By.Rat())
			}
		}
	}
}

// refExclusive leaves the shares of the rule that gives the most.
func refExclusive(def loyalty.RuleSet, s rules.Sale, shares []map[int]*big.Rat) {
	winner, most := -1, int64(0)
	for r := range def.Rules {
		var total int64
		for _, p := range refLimit(def, rule(def, r), refRound(def, shares[r], s), s) {
			total += p
		}
		if total > most {
			winner, most = r, total
		}
	}
	for r := range shares {
		if winner >= 0 && r != winner {
			shares[r] = nil
		}
	}
}

// refLimit cuts points down to a rule's limit, spread as they were.
func refLimit(def loyalty.RuleSet, rule loyalty.Rule, points map[int]int64, s rules.Sale) map[int]int64 {
	var total int64
	for _, p := range points {
		total += p
	}
	limit := rule.Max.Shift(int32(def.Decimals)).IntPart()
	if s.Return || limit == 0 || total <= limit {
		return points
	}
	shares := map[int]*big.Rat{}
	for i, p := range points {
		shares[i] = new(big.Rat).Mul(new(big.Rat).SetInt64(p), big.NewRat(limit, total))
	}
	def.RoundedPer = loyalty.PerDocument
	return refRound(def, shares, s)
}

// refLeft is what earlier rules were given of a cap.
type refLeft struct{ points int64 }

// refCaps is the smallest of caps, in smallest units but for decimals, and what of it
// is given already; nil for none.
func refCaps(c loyalty.Caps, s rules.Sale, given *refLeft) func(decimals int32) (int64, bool) {
	return func(decimals int32) (least int64, some bool) {
		for _, limit := range []decimal.Decimal{c.Document, c.Day, c.Month, c.Year, c.Budget} {
			if whole := limit.Shift(decimals).IntPart(); whole > 0 && (!some || whole < least) {
				least, some = whole, true
			}
		}
		return least - given.points, some && !s.Return
	}
}

// refCap cuts points down to what a cap leaves, spread as they were.
func refCap(def loyalty.RuleSet, left func(int32) (int64, bool), points map[int]int64, s rules.Sale) map[int]int64 {
	most, limited := left(int32(def.Decimals))
	var total int64
	for _, p := range points {
		total += p
	}
	switch {
	case !limited || total <= most:
		return points
	case most == 0:
		return nil
	}
	return refLimit(def, loyalty.Rule{Max: decimal.New(most, -int32(def.Decimals))}, points, s)
}

// refStack takes lines away from the rules that lose them.
func refStack(stacking loyalty.Stacking, shares []map[int]*big.Rat, lines int) {
	if stacking == loyalty.Sum {
		return
	}
	for i := range lines {
		owner := -1
		for r := range shares {
			x, has := shares[r][i]
			if !has || x.Sign() == 0 {
				continue
			}
			if owner < 0 || stacking == loyalty.Best && new(big.Rat).Abs(x).Cmp(new(big.Rat).Abs(shares[owner][i])) > 0 {
				owner = r
			}
		}
		for r := range shares {
			if owner >= 0 && r != owner {
				delete(shares[r], i)
			}
		}
	}
}

func refRound(def loyalty.RuleSet, shares map[int]*big.Rat, s rules.Sale) map[int]int64 {
	mode := def.Rounding
	if s.Return {
		mode = loyalty.Floor
	}
	points, total := map[int]*big.Int{}, new(big.Int)
	if def.RoundedPer == loyalty.PerLine {
		for i, x := range shares {
			points[i] = refWhole(x, mode)
			total.Add(total, points[i])
		}
	} else {
		sum := new(big.Rat)
		for _, x := range shares {
			sum.Add(sum, x)
		}
		total = refWhole(sum, mode)
		left := new(big.Int).Set(total)
		var order []int
		for i, x := range shares {
			points[i] = refDown(x)
			left.Sub(left, points[i])
			order = append(order, i)
		}
		sort.Slice(order, func(a, b int) bool {
			x, y := refRest(shares[order[a]]), refRest(shares[order[b]])
			if c := x.Cmp(y); c != 0 {
				return c > 0
			}
			return s.Lines[order[a]].No < s.Lines[order[b]].No
		})
		for k := int64(0); total.Sign() > 0 && k < left.Int64(); k++ {
			i := order[k]
			points[i].Add(points[i], big.NewInt(1))
		}
	}
	limit := big.NewInt(1_000_000_000_000_000)
	given := map[int]int64{}
	if total.Sign() <= 0 || total.Cmp(limit) > 0 {
		return given
	}
	for i, p := range points {
		x := p
		if def.RoundedPer == loyalty.PerDocument {
			x = refDown(shares[i])
		}
		if new(big.Int).Abs(x).Cmp(limit) > 0 {
			return map[int]int64{}
		}
		given[i] = p.Int64()
	}
	return given
}

func refDown(x *big.Rat) *big.Int {
	return new(big.Int).Div(x.Num(), x.Denom()) // Euclidean: down
}

func refRest(x *big.Rat) *big.Rat {
	return new(big.Rat).Sub(x, new(big.Rat).SetInt(refDown(x)))
}

// refWhole rounds the size of x and puts the sign back.
func refWhole(x *big.Rat, mode loyalty.Rounding) *big.Int {
	size := new(big.Rat).Abs(x)
	whole := refDown(size)
	half := refRest(size).Cmp(big.NewRat(1, 2))
	switch {
	case mode == loyalty.Ceil && refRest(size).Sign() > 0,
		mode == loyalty.HalfUp && half >= 0,
		mode == loyalty.HalfEven && (half > 0 || half == 0 && whole.Bit(0) == 1):
		whole.Add(whole, big.NewInt(1))
	}
	if x.Sign() < 0 {
		whole.Neg(whole)
	}
	return whole
}
