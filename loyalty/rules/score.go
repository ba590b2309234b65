package rules

import (
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Sale is what is scored: one document, or a chain netted line by line.
type Sale struct {
	Source   string // decides which definitions of item groups hold
	Date     loyalty.Date
	Currency string // ISO 4217
	// Rate is the program's currency for one unit of Currency; asked for when the
	// two differ and the rule set goes by it.
	Rate decimal.Decimal
	// Return marks a document that takes value back and names no original. Its
	// amounts are negative, and so are its awards.
	Return bool
	// Paid is the part that was paid with points and earns nothing.
	Paid  Paid
	Facts Facts // what conditions may ask for
	// Allowed is what caps leave to the sale, as Set.Caps lists them; nil when nothing
	// was given before.
	Allowed []Allowance
	// Lines are all lines of the document, deposits too: their gross sum is
	// what min_document is compared with.
	Lines []loyalty.Line
}

// Paid is a part of a sale: Amount of a gross of Of, both in the program's currency.
// Every line has the same part, whatever a rule counts; minimums and steps look at the
// whole. The zero value is nothing.
type Paid struct{ Amount, Of decimal.Decimal }

// All says whether nothing is left that earns.
func (p Paid) All() bool {
	return p.Amount.IsPositive() && p.Of.IsPositive() && p.Amount.GreaterThanOrEqual(p.Of)
}

// kept is the share that is left.
func (p Paid) kept() share {
	switch {
	case !p.Amount.IsPositive() || !p.Of.IsPositive():
		return share{num{i: 1}, num{i: 1}}
	case p.All():
		return share{num{}, num{i: 1}}
	}
	scale := max(-p.Amount.Exponent(), -p.Of.Exponent(), 0)
	return share{scaled(p.Of.Sub(p.Amount), scale), scaled(p.Of, scale)}
}

// Award is what one rule gives one line.
type Award struct {
	Line   int            // index into Sale.Lines
	Rule   int            // index into RuleSet.Rules
	Points loyalty.Points // in smallest units, never 0
}

// maxPoints bounds what one rule gives one sale, in smallest units. More than
// that is a slip in the ERP, not a sale, and sums of many stay within int64.
const maxPoints = 1_000_000_000_000_000

// Score returns the awards of a sale, by rule, then by line. A line and a rule
// without award give 0.
func (s *Set) Score(sale Sale) []Award { return s.score(nil, sale, nil) }

// ScoreInto appends the awards of a sale to dst, as Score returns them.
func (s *Set) ScoreInto(dst []Award, sale Sale) []Award { return s.score(dst, sale, nil) }

// tally is the state of scoring one sale. Its slices are used again for the
// next one.
type tally struct {
	set   *Set
	sale  Sale
	rec   *recorder // nil unless an explanation is asked for
	scale int32     // decimals of all amounts
	unit  num       // amount * factor / unit is in smallest units
	whole amounts   // of the document
	kept  share     // of it, that was not paid with points
	lines []amounts
	// verdicts are about the rules and the sale, kinds about each rule's lines.
	verdicts []verdict
	kinds    []loyalty.Reason
	prices   []price // as kinds, in sets with rules that say points by item
	owner    []int   // under best, first and exclusive: the rule that has the line, or nobody; else empty
	most     []share // as owner: that rule's share of the line
	order    []int   // of the parts, when units are handed out

	// Of the rule at hand: its parts in the order of lines, and how they turn into
	// points: weight * mul / div is in smallest units, sum is that of all weights.
	parts         []part
	mul, div, sum num
	exact         share // before any limit and rounding
	limited       bool  // more than the rule may give
	cut           []int // the caps that made it less

	allowed []Allowance // what caps leave; that of all rules together shrinks as they give
}

// share is a fraction of points.
type share struct{ n, d num }

func (s share) cmp(other share) int { return s.n.mul(other.d).cmp(other.n.mul(s.d)) }

// amounts are a line's measures in units of 10^-scale, positive for what was
// bought and, in a Return, for what comes back.
type amounts [measures]num

// part is what one line brings to one rule.
type part struct {
	line        int
	amount      num
	weight      num // the amount, or what it brings by its slabs
	whole, rest num // of its exact share: whole smallest units, and rest/div more
	points      int64
}

const nobody = -1

// score is the one way from a sale to points (law 12): with a recorder it also
// tells how.
func (s *Set) score(dst []Award, sale Sale, rec *recorder) []Award {
	if why := s.Currency(sale.Currency, sale.Rate); why != loyalty.ReasonNone {
		rec.refuse(why)
		return dst
	}
	t := s.tallies.Get().(*tally)
	t.sale, t.rec, t.allowed = sale, rec, append(t.allowed[:0], sale.Allowed...)
	if sale.Allowed == nil {
		t.allowed = append(t.allowed, s.fresh()...)
	}
	defer func() {
		t.sale, t.rec = Sale{}, nil // hold on to nothing of the caller's
		s.tallies.Put(t)
	}()
	if !t.load() {
		rec.refuse(loyalty.ReasonTooLarge)
		return dst
	}
	rec.loaded(t)
	if t.kept = sale.Paid.kept(); t.kept.n.sign() == 0 {
		rec.refuse(loyalty.ReasonPaidWithPoints)
		return dst
	}
	t.sort()
	t.judge()
	rec.asked(t)
	t.claim()
	for r := range s.rules {
		dst = t.apply(dst, r)
	}
	return dst
}

// Currency says why documents in a currency, with such a rate, get nothing. A rate
// of exactly 1 is none: ERPs give it to documents in their own currency, which is
// then another than the program's.
func (s *Set) Currency(currency string, rate decimal.Decimal) loyalty.Reason {
	scale, ok := scaleOf(rate)
	switch {
	case currency == s.def.Currency:
		return loyalty.ReasonNone
	case s.def.OtherCurrency != loyalty.ERPRate:
		return loyalty.ReasonCurrency
	case !rate.IsPositive() || !ok || scale > maxRateScale, rate.Equal(decimal.NewFromInt(1)):
		return loyalty.ReasonNoRate
	}
	return loyalty.ReasonNone
}

// maxRateScale is how many decimals a rate may have; more is a mistake.
const maxRateScale = 12

// rate is what money is multiplied by, as a whole number of 10^-scale.
func (t *tally) rate() (rate num, scale int32) {
	if t.sale.Currency == t.set.def.Currency {
		return num{i: 1}, 0
	}
	scale, _ = scaleOf(t.sale.Rate)
	return scaled(t.sale.Rate, scale), scale
}

// load reads the amounts of the lines at one scale. It is false for amounts
// beyond reason.
func (t *tally) load() bool {
	t.scale, t.whole = t.set.minScale, amounts{}
	measured := &t.set.measured
	for i := range t.sale.Lines {
		l := &t.sale.Lines[i]
		for m, d := range [measures]*decimal.Decimal{gross: &l.Gross, net: &l.Net, quantity: &l.Quantity} {
			scale, ok := scaleOf(*d)
			if !ok {
				return false
			}
			if measured[m] {
				t.scale = max(t.scale, scale)
			}
		}
	}
	rate, rateScale := t.rate()
	plain := t.scale
	t.scale += rateScale
	t.lines = t.lines[:0]
	for i := range t.sale.Lines {
		l := &t.sale.Lines[i]
		var a amounts
		for m, d := range [measures]*decimal.Decimal{gross: &l.Gross, net: &l.Net, quantity: &l.Quantity} {
			switch {
			case !measured[m]:
			case m == quantity:
				a[m] = t.signed(scaled(*d, t.scale))
			default:
				a[m] = t.signed(scaled(*d, plain).mul(rate))
			}
		}
		for m := range a {
			t.whole[m] = t.whole[m].add(a[m])
		}
		t.lines = append(t.lines, a)
	}
	t.unit = t.set.den.mul(pow10(t.scale))
	return true
}

// signed turns the amounts of a Return into positive ones, and back.
func (t *tally) signed(n num) num {
	if t.sale.Return {
		return n.neg()
	}
	return n
}

// refusal says why a rule does not look at the sale at all. Both dates count;
// a return is taken back whatever the document's size.
func (t *tally) refusal(i int) loyalty.Reason {
	r, d := &t.set.rules[i], t.sale.Date
	if r.From != loyalty.NoDate && d < r.From || r.To != loyalty.NoDate && d > r.To {
		return loyalty.ReasonRuleDates
	}
	if r.when != nil {
		holds, err := r.when.Holds(d, &t.sale.Facts)
		switch {
		case err != nil:
			return failure(err)
		case !holds:
			return loyalty.ReasonRuleWhen
		}
	}
	if !t.sale.Return && !r.MinDocument.IsZero() && t.compared(i).cmp(scaled(r.MinDocument, t.scale)) < 0 {
		return loyalty.ReasonRuleMinimum
	}
	return loyalty.ReasonNone
}

// compared is what a rule's minimum is compared with.
func (t *tally) compared(i int) num {
	r := &t.set.rules[i]
	if r.MinOf != loyalty.EligibleLines {
		return t.whole[r.minimum]
	}
	var sum num
	for l := range t.lines {
		if t.about(i, l) == loyalty.ReasonNone {
			sum = sum.add(t.lines[l][r.minimum])
		}
	}
	return sum
}

// claim gives each line to one rule, under exclusive all lines to the same; else by
// the exact share before any rounding: under best to the rule with the largest,
// under first to the first with any. Equal shares go to the earlier rule. The size decides, not the sign: the rule
// that gave for a purchase is the one that takes for its return.
func (t *tally) claim() {
	t.owner, t.most = t.owner[:0], t.most[:0]
	if t.set.def.Stacking == loyalty.Sum {
		return
	}
	for range t.lines {
		t.owner, t.most = append(t.owner, nobody), append(t.most, share{d: num{i: 1}})
	}
	if t.set.def.Stacking == loyalty.Exclusive {
		t.claimWhole()
		return
	}
	for r := range t.set.rules {
		rule := &t.set.rules[r]
		if t.verdicts[r].reason != loyalty.ReasonNone {
			continue
		}
		t.parts = t.parts[:0]
		for l := range t.lines {
			if t.about(r, l) == loyalty.ReasonNone {
				t.parts = append(t.parts, part{line: l, amount: t.lines[l][rule.measure]})
			}
		}
		t.weigh(r)
		for i := range t.parts {
			p := &t.parts[i]
			if t.owner[p.line] != nobody && t.set.def.Stacking == loyalty.First {
				continue
			}
			if s := (share{p.weight.abs().mul(t.mul), t.div}); s.cmp(t.most[p.line]) > 0 {
				t.owner[p.line], t.most[p.line] = r, s
			}
		}
	}
}

// claimWhole gives all lines to the rule that gives the document the most points,
// after rounding and limits; to the earlier of equals.
func (t *tally) claimWhole() {
	winner, most := nobody, num{}
	for r := range t.set.rules {
		if t.verdicts[r].reason != loyalty.ReasonNone || t.collect(r) != loyalty.ReasonNone {
			continue
		}
		if total, reason := t.points(r); reason == loyalty.ReasonNone && total.cmp(most) > 0 {
			winner, most = r, total
		}
	}
	for l := range t.owner {
		t.owner[l] = winner
	}
}

// weigh says what the parts of a rule bring, before any rounding. Slabs over a
// document are found for the sum of the parts, which share what it brings by
// their amounts.
func (t *tally) weigh(r int) {
	rule := &t.set.rules[r]
	t.mul, t.div, t.sum = rule.factor, t.unit, num{}
	for i := range t.parts {
		p := &t.parts[i]
		p.weight = p.amount
		if rule.slabs != nil && !rule.slabs.document {
			p.weight = rule.slabs.value(p.amount, t.scale)
		}
		t.sum = t.sum.add(p.weight)
	}
	switch {
	case rule.worth != nil:
		t.div = t.unit.mul(t.weighItems(r))
		t.sum = num{}
		for i := range t.parts {
			t.sum = t.sum.add(t.parts[i].weight)
		}
	case rule.slabs == nil:
	case !rule.slabs.document:
		t.mul = num{i: 1}
	default:
		t.mul = rule.slabs.value(t.sum.abs(), t.scale)
		if t.sum.sign() != 0 {
			t.div = t.unit.mul(t.sum.abs())
		}
	}
	t.mul, t.div = t.mul.mul(t.verdicts[r].mul), t.div.mul(t.verdicts[r].div)
}

// apply appends the awards of one rule.
func (t *tally) apply(dst []Award, r int) []Award {
	reason := t.verdicts[r].reason
	if reason == loyalty.ReasonNone {
		reason = t.collect(r)
	}
	var total num
	if reason == loyalty.ReasonNone {
		total, reason = t.points(r)
	}
	if t.cut = t.cut[:0]; reason == loyalty.ReasonNone && len(t.set.caps) > 0 {
		total, reason = t.capped(r, total)
	}
	t.rec.ruled(t, r, total, reason)
	if reason != loyalty.ReasonNone {
		return dst
	}
	for i := range t.parts {
		if p := t.parts[i].points; p != 0 {
			if t.sale.Return {
				p = -p
			}
			dst = append(dst, Award{Line: t.parts[i].line, Rule: r, Points: loyalty.Points(p)})
		}
	}
	return dst
}

// collect finds the lines of a rule.
func (t *tally) collect(r int) loyalty.Reason {
	rule := &t.set.rules[r]
	t.parts, t.exact = t.parts[:0], share{d: num{i: 1}}
	why := loyalty.ReasonRuleNoLine
	for l := range t.lines {
		switch t.excluded(r, l) {
		case loyalty.ReasonNone:
			t.parts = append(t.parts, part{line: l, amount: t.lines[l][rule.measure]})
		case loyalty.ReasonRuleStacking:
			why = loyalty.ReasonRuleStacking
		default: // an item the rule is not about
		}
	}
	if len(t.parts) > 0 {
		why = loyalty.ReasonNone
	}
	return why
}

// excluded says why a line gives nothing under a rule.
func (t *tally) excluded(r, l int) loyalty.Reason {
	why := t.about(r, l)
	if why == loyalty.ReasonNone && len(t.owner) > 0 && t.owner[l] != r && t.owner[l] != nobody {
		return loyalty.ReasonRuleStacking
	}
	return why
}
