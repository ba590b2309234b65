package ledger

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
)

// chain is an original with its corrections, in chain order.
type chain struct {
	root    string
	members []*loyalty.StoredDocument
	// original is nil when the document that the others correct is not there.
	original *loyalty.StoredDocument
}

// newChain puts members in order and finds the original.
func newChain(root string, members []*loyalty.StoredDocument) chain {
	slices.SortFunc(members, loyalty.ChainOrder)
	c := chain{root: root, members: members}
	for _, m := range members {
		if m.Key.ID == root && m.Corrects == "" {
			c.original = m
		}
	}
	return c
}

// key is one line under one rule.
type key struct{ line, rule int64 }

// amount is what a line and rule should have.
type amount struct{ pending, active loyalty.Points }

// score is what one document of a chain should have.
type score struct {
	doc    *loyalty.StoredDocument
	points map[key]amount
	reason loyalty.Reason
	// expected is what a document in the buffer will take back once released.
	expected loyalty.Points
	// bare documents are kept without lines: nobody of the program bought.
	bare bool
	// moved says that the points it has go to another account.
	moved bool
}

// terms are everything that decides a chain's points beside its documents.
type terms struct {
	source         string
	member         loyalty.Member // the original's party
	set            *rules.Set     // nil when none is valid on the original's date
	version        int64          // of the set
	ruleIDs        []int64        // of the set's rules, by index
	ignoreBuffered bool
	lapse          loyalty.Lapse
	inputs         *loyalty.Inputs // pinned, or the member's as they are now; nil when no condition asks
	account        int64           // of the beneficiary
	group          []int64         // of accounts that are merged, with account: the first has the points
	allowed        []rules.Allowance
	matches        []loyalty.Match // of a return without an original
	paid           rules.Paid      // with points
	activate       loyalty.Activation
	wait           loyalty.Wait // of released points, on the day of scoring
}

// holder is the account that has the points.
func (t terms) holder() int64 {
	if len(t.group) > 0 {
		return t.group[0]
	}
	return t.account
}

// desired says what each member of a chain should have (law 12: posting,
// explaining and dry runs all come through here).
func desired(c chain, t terms) []score {
	scores := make([]score, len(c.members))
	for i, m := range c.members {
		scores[i] = score{doc: m}
	}
	reason := refusal(c, t)
	if reason != loyalty.ReasonNone {
		for i := range scores {
			scores[i].reason, scores[i].bare = reason, withoutBody(reason)
			if scores[i].doc != c.original {
				scores[i].reason = ofOriginal(reason)
			}
		}
		return scores
	}
	lines := netted{lines: c.original.Lines}
	whole := t.award(c.original, lines.lines)
	before := whole
	for i := range scores {
		s := &scores[i]
		switch {
		case s.doc == c.original:
			s.correct(whole, t.wait) // what it adds to nothing, also behind a correction of an earlier date
		case !t.counts(c.original, s.doc):
			s.reason = t.uncounted(c.original, s.doc)
		case c.original.State == loyalty.Buffered:
			s.reason = loyalty.ReasonWaitsOriginal
		default:
			after := lines.with(s.doc, t.linesOf(c.original, s.doc))
			awards := t.award(c.original, after.lines)
			s.correct(minus(awards, before), t.wait)
			if s.doc.State == loyalty.Released {
				lines, before = after, awards
			}
		}
	}
	for i := range scores {
		switch nothing := scores[i].reason == loyalty.ReasonNothing; {
		case nothing && t.paid.All():
			scores[i].reason = loyalty.ReasonPaidWithPoints
		case nothing && t.short():
			scores[i].reason = loyalty.ReasonCapped
		}
	}
	return scores
}

// counts says whether a correction changes what its chain is.
func (t terms) counts(original, d *loyalty.StoredDocument) bool {
	return t.uncounted(original, d) == loyalty.ReasonNone
}

func (t terms) uncounted(original, d *loyalty.StoredDocument) loyalty.Reason {
	switch {
	case d.State == loyalty.Cancelled:
		return loyalty.ReasonCancelled
	case d.State == loyalty.Deleted:
		return loyalty.ReasonDeleted
	case d.NotCounted != "":
		return loyalty.ReasonNotCounted
	}
	if _, known := t.exchange(original, d); !known {
		return loyalty.ReasonNoRate
	}
	return loyalty.ReasonNone
}

// exchange is what one unit of a correction's currency is worth in that of its
// original, by the rates of the two.
func (t terms) exchange(original, d *loyalty.StoredDocument) (factor decimal.Decimal, known bool) {
	one := decimal.NewFromInt(1)
	if d.Currency == original.Currency {
		return one, true
	}
	rate := func(d *loyalty.StoredDocument) decimal.Decimal {
		switch {
		case d.Currency == t.set.InCurrency():
			return one
		case d.Rate.Equal(one): // ERPs give it to documents in their own currency
			return decimal.Zero
		}
		return d.Rate
	}
	from, to := rate(d), rate(original)
	if !from.IsPositive() || !to.IsPositive() {
		return decimal.Zero, false
	}
	const places = 12 // of a rate
	return from.DivRound(to, places), true
}

// linesOf are the lines of a correction in the currency of its original.
func (t terms) linesOf(original, d *loyalty.StoredDocument) []loyalty.Line {
	factor, known := t.exchange(original, d)
	if !known || d.Currency == original.Currency {
		return d.Lines
	}
	const places = 4 // finer than any currency
	lines := slices.Clone(d.Lines)
	for i := range lines {
		lines[i].Net, lines[i].Gross = lines[i].Net.Mul(factor).Round(places), lines[i].Gross.Mul(factor).Round(places)
	}
	return lines
}

// refusal says why nothing of a chain has points.
func refusal(c chain, t terms) loyalty.Reason {
	switch o := c.original; {
	case o == nil:
		return loyalty.ReasonNoOriginal
	case o.State == loyalty.Cancelled:
		return loyalty.ReasonCancelled
	case o.State == loyalty.Deleted:
		return loyalty.ReasonDeleted
	case o.Party == "":
		return loyalty.ReasonNoContractor
	case t.member.Covers(o.Date) != loyalty.ReasonNone:
		return t.member.Covers(o.Date)
	case o.NotCounted != "": // of those who take part: of others not even lines are kept
		return loyalty.ReasonNotCounted
	case o.State == loyalty.Buffered && t.ignoreBuffered:
		return loyalty.ReasonBufferedIgnored
	case t.set == nil:
		return loyalty.ReasonNoRules
	}
	return t.set.Currency(c.original.Currency, c.original.Rate)
}

// ofOriginal is the reason of a correction whose original has no points.
func ofOriginal(reason loyalty.Reason) loyalty.Reason {
	switch reason {
	case loyalty.ReasonNoOriginal:
		return reason
	case loyalty.ReasonBufferedIgnored:
		return loyalty.ReasonWaitsOriginal
	default:
		return loyalty.ReasonOriginalZero
	}
}

// returned says whether a document without an original takes value back: the
// source says so, or its total is negative.
func (t terms) returned(d *loyalty.StoredDocument) bool { return d.Return || d.Gross.IsNegative() }

// sale is what the rules see of a chain: the original with netted lines.
func (t terms) sale(original *loyalty.StoredDocument, lines []loyalty.Line) rules.Sale {
	s := rules.Sale{
		Source: t.source, Date: original.Date, Currency: original.Currency, Rate: original.Rate,
		Return: t.returned(original), Lines: lines, Allowed: t.allowed, Paid: t.paid,
		Facts: rules.Facts{Class: original.Class, Store: original.Store, Channel: original.Channel, PaymentForm: original.PaymentForm, Time: original.Time},
	}
	if t.inputs != nil {
		s.Facts.Contractor = *t.inputs
	}
	return s
}

// award is R of ledger and rules: points by line and rule.
func (t terms) award(original *loyalty.StoredDocument, lines []loyalty.Line) map[key]loyalty.Points {
	rest, taken := t.matched(lines)
	awards := t.set.Score(t.sale(original, rest))
	points := make(map[key]loyalty.Points, len(awards)+len(taken))
	for _, a := range awards {
		points[key{loyalty.LineID(lines[a.Line].ID), t.ruleIDs[a.Rule]}] += a.Points
	}
	for k, p := range taken {
		points[k] -= p
	}
	return points
}

// active makes all points active.
func active(points map[key]loyalty.Points) map[key]amount {
	out := make(map[key]amount, len(points))
	for k, p := range points {
		out[k] = amount{active: p}
	}
	return out
}

// waiting makes all points pending, also those that a correction takes back.
func waiting(points map[key]loyalty.Points) map[key]amount {
	out := make(map[key]amount, len(points))
	for k, p := range points {
		out[k] = amount{pending: p}
	}
	return out
}

// correct sets what a document changes: an original what there was not before. What
// released documents change waits with the whole chain.
func (s *score) correct(delta map[key]loyalty.Points, wait loyalty.Wait) {
	sum := total(delta)
	switch {
	case len(delta) == 0:
		s.reason = loyalty.ReasonNothing
	case s.doc.State == loyalty.Released && wait != loyalty.WaitNothing:
		s.points = waiting(delta)
	case s.doc.State == loyalty.Released:
		s.points = active(delta)
	case sum <= 0:
		s.reason, s.expected = loyalty.ReasonWaitsRelease, -sum
	default:
		s.points = pendingOf(delta, sum)
	}
}

// pendingOf spreads the positive sum of a buffered document over the lines it
// adds points to, in the order of their keys: pending points of a line are
// never negative.
func pendingOf(delta map[key]loyalty.Points, sum loyalty.Points) map[key]amount {
	out := make(map[key]amount, len(delta))
	for _, k := range sortedKeys(delta) {
		if p := min(delta[k], sum); p > 0 {
			out[k] = amount{pending: p}
			sum -= p
		}
	}
	return out
}

func total(points map[key]loyalty.Points) (sum loyalty.Points) {
	for _, p := range points {
		sum += p
	}
	return sum
}

// minus returns a - b without zeros.
func minus(a, b map[key]loyalty.Points) map[key]loyalty.Points {
	out := make(map[key]loyalty.Points)
	for k, p := range a {
		if d := p - b[k]; d != 0 {
			out[k] = d
		}
	}
	for k, p := range b {
		if _, both := a[k]; !both && p != 0 {
			out[k] = -p
		}
	}
	return out
}

// netted are an original's lines with corrections taken into account.
type netted struct{ lines []loyalty.Line }

// with returns the lines after one more correction; the receiver stays as it is.
func (n netted) with(correction *loyalty.StoredDocument, lines []loyalty.Line) netted {
	out := netted{lines: slices.Clone(n.lines)}
	for _, l := range lines {
		i := out.target(l)
		if i < 0 {
			l.ID = out.free(l.ID, correction.Key.ID)
			out.lines = append(out.lines, l)
			continue
		}
		t := &out.lines[i]
		t.Quantity, t.Net, t.Gross = add(t.Quantity, l.Quantity), add(t.Net, l.Net), add(t.Gross, l.Gross)
	}
	return out
}

// target finds the line that a correction's line changes, -1 for none.
func (n netted) target(l loyalty.Line) int {
	if l.Corrects != "" {
		if i := slices.IndexFunc(n.lines, func(o loyalty.Line) bool { return o.ID == l.Corrects }); i >= 0 {
			return i
		}
	}
	if l.Code == "" {
		return -1
	}
	return slices.IndexFunc(n.lines, func(o loyalty.Line) bool { return o.Code == l.Code && o.Kind == l.Kind })
}

// free gives a line that stands beside the original's a key of its own: some
// ERPs number lines within a document.
func (n netted) free(id, document string) string {
	if !slices.ContainsFunc(n.lines, func(o loyalty.Line) bool { return o.ID == id }) {
		return id
	}
	return document + ":" + id
}

func add(a, b decimal.Decimal) decimal.Decimal {
	if b.IsZero() {
		return a
	}
	return a.Add(b)
}
