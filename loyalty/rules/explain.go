package rules

import (
	"maps"
	"math/big"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Explanation is how a sale came to its points, or to none: every rule of the
// set, fired or not. It is data with stable names; amounts and points are
// strings of decimal digits, points with the program's decimals.
type Explanation struct {
	Source   string       `json:"source"`
	Date     loyalty.Date `json:"date"`
	Currency string       `json:"currency"`
	Rate     string       `json:"rate,omitempty"` // by which amounts came into the program's currency
	Return   bool         `json:"return"`
	Gross    string       `json:"gross"` // of the document, deposits included
	// Paid is what of PaidOf was paid with points: that part earns nothing.
	Paid       string             `json:"paid_with_points,omitempty"`
	PaidOf     string             `json:"paid_of,omitempty"`
	Decimals   int                `json:"decimals"`
	Rounding   loyalty.Rounding   `json:"rounding"`
	RoundedPer loyalty.RoundedPer `json:"rounded_per"`
	Stacking   loyalty.Stacking   `json:"stacking"`
	Expected   string             `json:"program_currency"`
	Reason     loyalty.Reason     `json:"reason,omitempty"` // why there are no points at all
	Points     string             `json:"points"`
	// Facts are what the conditions asked for, by the names they use.
	Facts map[string]string `json:"facts,omitempty"`
	Rules []RuleExplanation `json:"rules"`
}

// RuleExplanation is what one rule did with a sale.
type RuleExplanation struct {
	Rule      string            `json:"rule"`
	Title     loyalty.Title     `json:"title,omitempty"`
	Fired     bool              `json:"fired"`
	Reason    loyalty.Reason    `json:"reason,omitempty"` // why it gave nothing
	Failed    string            `json:"failed,omitempty"` // the condition that cannot be evaluated for the sale
	Limit     Limit             `json:"limit"`
	BasedOn   loyalty.Basis     `json:"based_on"`
	ItemGroup string            `json:"item_group,omitempty"`
	Measure   loyalty.Measure   `json:"measure"`
	Base      string            `json:"base"`  // sum of the measure over the lines that count
	Per       string            `json:"per"`   // one step of the measure
	Value     string            `json:"value"` // points for one step; "0" with slabs
	Slabs     *Slabs            `json:"slabs,omitempty"`
	ByItem    bool              `json:"by_item,omitempty"` // each line says what its item earns
	Multiply  []MultiplierTold  `json:"multiply,omitempty"`
	Max       string            `json:"max,omitempty"`     // points that a document may get; "" is no limit
	Limited   bool              `json:"limited,omitempty"` // Max is less than the rounded points would have been
	Capped    []CapTold         `json:"capped,omitempty"`  // the caps that left less
	Raw       string            `json:"raw"`               // points before rounding, exact: "41.5", or "124/3"
	Rounded   string            `json:"rounded"`           // points given
	Lines     []LineExplanation `json:"lines,omitempty"`
}

// MultiplierTold is one multiplier of a rule, and whether its condition held.
type MultiplierTold struct {
	When   string `json:"when"`
	By     string `json:"by"`
	Holds  bool   `json:"holds"`
	Failed bool   `json:"failed,omitempty"` // it cannot be evaluated for this sale, and multiplied nothing
	// Reason says why it failed: rule_failed or rule_no_time.
	Reason loyalty.Reason `json:"reason,omitempty"`
}

// CapTold is a cap that left less than a rule would have given.
type CapTold struct {
	All   bool              `json:"all_rules"`       // of all rules together, not of this rule
	By    loyalty.CapPeriod `json:"by"`              // what it is counted over
	Limit string            `json:"limit,omitempty"` // points
	Left  string            `json:"left"`            // of them to this document
}

// Slabs are what a rule gives by quantity.
type Slabs struct {
	Mode  loyalty.SlabMode   `json:"mode"`
	Over  loyalty.RoundedPer `json:"over"`
	Steps []Step             `json:"steps"`
}

// Step is one slab and the units that it gave for.
type Step struct {
	From   string `json:"from"`
	Points string `json:"points"` // for each unit
	Units  string `json:"units"`
}

// Limit is what a rule asks of a document before it looks at its lines. "" is
// no limit.
type Limit struct {
	From        loyalty.Date `json:"from"`
	To          loyalty.Date `json:"to"`
	MinDocument string       `json:"min_document"`
	// MinOn and MinOf say what the minimum is compared with, Compared what that was.
	MinOn    loyalty.Measure   `json:"min_on,omitempty"`
	MinOf    loyalty.MinimumOf `json:"min_of,omitempty"`
	Compared string            `json:"compared,omitempty"`
	When     string            `json:"when,omitempty"`
	Where    string            `json:"where,omitempty"` // of lines
}

// LineExplanation is what one line brought to one rule.
type LineExplanation struct {
	Line    string         `json:"line"` // the line's ID
	No      int            `json:"no"`
	Code    string         `json:"code,omitempty"`
	Name    string         `json:"name,omitempty"`
	Base    string         `json:"base"`
	Each    string         `json:"each,omitempty"` // points of the item for Per, where items have points of their own
	Per     string         `json:"per,omitempty"`
	Points  string         `json:"points"`
	Reason  loyalty.Reason `json:"reason,omitempty"`   // why it does not count
	TakenBy string         `json:"taken_by,omitempty"` // the rule that has the line, under best and first
}

// Explain tells how Score comes to the awards of a sale.
func (s *Set) Explain(sale Sale) Explanation {
	rec := &recorder{x: Explanation{
		Source: sale.Source, Date: sale.Date, Currency: sale.Currency, Return: sale.Return,
		Decimals: s.def.Decimals, Rounding: s.def.Rounding, RoundedPer: s.def.RoundedPer, Stacking: s.def.Stacking,
		Expected: s.def.Currency,
		Rules:    make([]RuleExplanation, len(s.rules)),
	}}
	for i := range s.rules {
		rec.x.Rules[i] = s.rules[i].explanation(s.def.Decimals)
	}
	var total loyalty.Points
	for _, a := range s.score(nil, sale, rec) {
		total += a.Points
	}
	rec.x.Points = total.Format(s.def.Decimals)
	if total == 0 && rec.x.Reason == loyalty.ReasonNone {
		rec.x.Reason = loyalty.ReasonNothing
	}
	return rec.x
}

// explanation is what there is to say about a rule before any sale.
func (r *rule) explanation(decimals int) RuleExplanation {
	zero := loyalty.Points(0).Format(decimals)
	x := RuleExplanation{
		Rule: r.Name, Title: r.Title, BasedOn: r.BasedOn, ItemGroup: r.ItemGroup, Measure: r.CalculateOn,
		Limit: Limit{From: r.From, To: r.To, MinOn: r.MinOn, MinOf: r.MinOf, When: r.When, Where: r.Where},
		Base:  "0", Per: r.Per.String(), Value: r.Points.String(), Raw: "0", Rounded: zero,
	}
	x.ByItem = r.byItem()
	for _, m := range r.Multiply {
		x.Multiply = append(x.Multiply, MultiplierTold{When: m.When, By: m.By.String()})
	}
	if r.Max.IsPositive() {
		x.Max = r.Max.String()
	}
	if r.slabs != nil {
		x.Slabs = &Slabs{Mode: r.SlabMode, Over: r.SlabOver}
		for _, s := range r.Slabs {
			x.Slabs.Steps = append(x.Slabs.Steps, Step{From: s.From.String(), Points: s.Points.String(), Units: "0"})
		}
	}
	if !r.MinDocument.IsZero() {
		x.Limit.MinDocument = r.MinDocument.String()
	}
	return x
}

// recorder writes down what the scoring does. A nil recorder writes nothing.
type recorder struct{ x Explanation }

// refuse notes that no rule looked at the sale.
func (rec *recorder) refuse(reason loyalty.Reason) {
	if rec == nil {
		return
	}
	rec.x.Reason = reason
	for i := range rec.x.Rules {
		rec.x.Rules[i].Reason = reason
	}
}

// loaded notes the document's gross, read or not by any rule.
func (rec *recorder) loaded(t *tally) {
	if rec == nil {
		return
	}
	var sum decimal.Decimal
	for i := range t.sale.Lines {
		sum = sum.Add(t.sale.Lines[i].Gross)
	}
	rec.x.Gross = sum.String()
	if p := t.sale.Paid; p.Amount.IsPositive() && p.Of.IsPositive() {
		rec.x.Paid, rec.x.PaidOf = p.Amount.String(), p.Of.String()
	}
	if t.sale.Currency != t.set.def.Currency {
		rec.x.Rate = t.sale.Rate.String()
	}
}

// asked notes what the conditions asked for and which multipliers held.
func (rec *recorder) asked(t *tally) {
	if rec == nil {
		return
	}
	rec.x.Facts = make(map[string]string)
	note := func(c SaleCondition) {
		if c != nil {
			maps.Copy(rec.x.Facts, c.Values(t.sale.Date, &t.sale.Facts))
		}
	}
	for r := range t.set.rules {
		rule := &t.set.rules[r]
		note(rule.when)
		for i, m := range rule.multiply {
			note(m.when)
			holds, err := m.when.Holds(t.sale.Date, &t.sale.Facts)
			told := &rec.x.Rules[r].Multiply[i]
			told.Holds, told.Failed = holds && err == nil, err != nil
			if err != nil {
				told.Reason = failure(err)
			}
		}
		if !rule.MinDocument.IsZero() {
			rec.x.Rules[r].Limit.Compared = t.amountText(t.compared(r))
		}
	}
}

// ruled notes what a rule did: its lines are in t.parts when it got so far.
func (rec *recorder) ruled(t *tally, r int, total num, reason loyalty.Reason) {
	if rec == nil {
		return
	}
	x := &rec.x.Rules[r]
	x.Reason, x.Fired, x.Failed = reason, reason == loyalty.ReasonNone, t.verdicts[r].failed
	x.Limited = x.Fired && t.limited
	rec.cut(t, x)
	if t.verdicts[r].reason != loyalty.ReasonNone {
		return
	}
	var base num
	x.Lines = make([]LineExplanation, len(t.lines))
	next := 0
	for l := range t.lines {
		line := rec.line(t, r, l)
		if next < len(t.parts) && t.parts[next].line == l {
			base = base.add(t.parts[next].amount)
			if x.Fired {
				line.Points = t.pointsText(num{i: t.parts[next].points})
			}
			next++
		}
		x.Lines[l] = line
	}
	x.Base = t.amountText(base)
	x.Raw = t.rawText()
	rec.stepped(t, r)
	x.Rounded = t.pointsText(total)
}

// cut notes the caps that made the points of the rule at hand less.
func (rec *recorder) cut(t *tally, x *RuleExplanation) {
	for _, i := range t.cut {
		c := &t.set.caps[i]
		told := CapTold{All: c.index == len(t.set.rules), By: t.allowed[i].By}
		left := t.allowed[i].Points
		if told.All { // what the rule got of it is off already
			for p := range t.parts {
				left += loyalty.Points(t.parts[p].points)
			}
		}
		told.Left = left.Format(t.set.def.Decimals)
		if limit, limited := c.Of(told.By); limited {
			told.Limit = limit.Format(t.set.def.Decimals)
		}
		x.Capped = append(x.Capped, told)
	}
}

// stepped tells how many units each slab gave for, over all lines of the rule.
func (rec *recorder) stepped(t *tally, r int) {
	slabs := t.set.rules[r].slabs
	if slabs == nil {
		return
	}
	for i := range slabs.steps {
		var units, amount num
		for _, p := range t.parts {
			amount = amount.add(p.amount)
			units = units.add(slabs.within(i, p.amount, t.scale))
		}
		if slabs.document {
			units = slabs.within(i, amount, t.scale)
		}
		rec.x.Rules[r].Slabs.Steps[i].Units = t.amountText(units)
	}
}

func (rec *recorder) line(t *tally, r, l int) LineExplanation {
	line := &t.sale.Lines[l]
	x := LineExplanation{
		Line: line.ID, No: line.No, Code: line.Code, Name: line.Name,
		Base:   t.amountText(t.lines[l][t.set.rules[r].measure]),
		Points: t.pointsText(num{}),
		Reason: t.excluded(r, l),
	}
	if t.set.rules[r].worth != nil && (x.Reason == loyalty.ReasonNone || x.Reason == loyalty.ReasonRuleStacking) {
		item := t.price(r, l)
		x.Each, x.Per = worthText(item.points), worthText(item.per)
	}
	if x.Reason == loyalty.ReasonRuleStacking {
		x.TakenBy = t.set.rules[t.owner[l]].Name
	}
	return x
}

func worthText(n num) string { return decimal.NewFromBigInt(n.big(), -worthScale).String() }

// amountText writes an amount of a line as the document has it.
func (t *tally) amountText(n num) string {
	return decimal.NewFromBigInt(t.signed(n).big(), -t.scale).String()
}

// pointsText writes points, negative for a return.
func (t *tally) pointsText(n num) string {
	p, _ := t.signed(n).small()
	return loyalty.Points(p).Format(t.set.def.Decimals)
}

// rawText writes the exact points of the rule at hand: decimals where they end, a
// fraction in lowest terms where they do not.
func (t *tally) rawText() string {
	unit := t.exact.d.mul(pow10(int32(t.set.def.Decimals))) //nolint:gosec // decimals are 0-3
	raw := new(big.Rat).SetFrac(t.signed(t.exact.n).big(), unit.big())
	if digits, ends := raw.FloatPrec(); ends {
		return raw.FloatString(digits)
	}
	return raw.String()
}
