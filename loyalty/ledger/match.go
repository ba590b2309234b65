package ledger

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
)

// Sales of a contractor are looked through for the items of a return in steps, the
// newest first, and no further than maxSales: a return of what was bought before is
// scored by itself.
const (
	firstSales = 20
	moreSales  = 200
	maxSales   = 1000
)

// matched splits the lines of a return without an original: what of them the rules
// look at, and what matches take back by line and rule. A line that a correction made
// smaller than what was matched takes its part.
func (t terms) matched(lines []loyalty.Line) (rest []loyalty.Line, taken map[key]loyalty.Points) {
	if len(t.matches) == 0 {
		return lines, nil
	}
	sums := make(map[string]decimal.Decimal)
	for _, m := range t.matches {
		sums[m.Line] = sums[m.Line].Add(m.Quantity)
	}
	rest, taken = slices.Clone(lines), make(map[key]loyalty.Points)
	for i := range rest {
		l := &rest[i]
		sum, back := sums[l.ID], l.Quantity.Neg()
		if !sum.IsPositive() {
			continue
		}
		used := decimal.Max(decimal.Zero, decimal.Min(sum, back))
		for _, m := range t.matches {
			if m.Line == l.ID {
				for _, p := range m.Points {
					taken[key{loyalty.LineID(l.ID), p.Rule}] += portion(p.Points, used, sum)
				}
			}
		}
		*l = without(*l, used)
	}
	return rest, taken
}

// without is a returned line less a part of its quantity.
func without(l loyalty.Line, quantity decimal.Decimal) loyalty.Line {
	back := l.Quantity.Neg()
	left := back.Sub(quantity)
	if !left.IsPositive() {
		l.Quantity, l.Net, l.Gross = decimal.Zero, decimal.Zero, decimal.Zero
		return l
	}
	const places = 4 // finer than any currency
	l.Net = l.Net.Mul(left).DivRound(back, places)
	l.Gross = l.Gross.Mul(left).DivRound(back, places)
	l.Quantity = left.Neg()
	return l
}

// portion is part/whole of points, rounded down: the last part takes what is left.
func portion(points loyalty.Points, part, whole decimal.Decimal) loyalty.Points {
	if part.Equal(whole) {
		return points
	}
	share := decimal.NewFromInt(int64(points)).Mul(part)
	quotient, _ := share.QuoRem(whole, 0)
	return loyalty.Points(quotient.IntPart())
}

// explain tells how the rules come to what award gives.
func (t terms) explain(original *loyalty.StoredDocument, lines []loyalty.Line) rules.Explanation {
	rest, _ := t.matched(lines)
	return t.set.Explain(t.sale(original, rest))
}

// desired scores chains: first those that returns may be matched with.
func (l *Ledger) desired(ctx context.Context, g *gathering, chains []chain, all []terms) ([][]score, error) {
	wanted := make([][]score, len(chains))
	m := matcher{ledger: l, g: g, sales: make(map[loyalty.Key]*sale), own: make(map[loyalty.Key]bool, len(chains))}
	matching := slices.ContainsFunc(all, func(t terms) bool { return t.set != nil && t.set.Matches() })
	for i, c := range chains {
		t := &all[i]
		m.own[loyalty.Key{Type: c.members[0].Key.Type, ID: c.root}] = true
		m.release(c, t)
		if m.asks(c, *t) {
			m.returns = append(m.returns, &returning{chain: c, terms: t, place: i})
			continue
		}
		wanted[i] = desired(c, *t)
		if matching {
			m.offer(c, t, wanted[i])
		}
	}
	if len(m.returns)+len(g.unmark) == 0 {
		return wanted, nil
	}
	if err := m.run(ctx); err != nil {
		return nil, err
	}
	for _, r := range m.returns {
		wanted[r.place] = desired(r.chain, *r.terms)
	}
	return wanted, nil
}

// returning is a return that looks for its sales.
type returning struct {
	chain
	terms *terms
	place int
	found []loyalty.Match
	need  map[string]decimal.Decimal // quantity still to be found, by line
}

// satisfied says whether nothing is left to look for.
func (r *returning) satisfied() bool { return len(r.need) == 0 }

// sale is a chain that a return may be matched with.
type sale struct {
	original *loyalty.StoredDocument
	lines    []loyalty.Line
	points   map[key]loyalty.Points
	terms    *terms // of a chain of the page, else nil
}

// matcher finds the sales of a page's returns.
type matcher struct {
	ledger  *Ledger
	g       *gathering
	sales   map[loyalty.Key]*sale
	own     map[loyalty.Key]bool // the originals of the page's chains
	returns []*returning
}

// asks says whether a chain is a return to be matched now.
func (m *matcher) asks(c chain, t terms) bool {
	if t.set == nil || !t.set.Matches() || refusal(c, t) != loyalty.ReasonNone || !t.returned(c.original) {
		return false
	}
	return c.original.RuleSet == 0 || m.g.before[c.original.Key].Hash != c.original.Hash
}

// release forgets what a return was matched with, if it changed or no longer counts,
// and takes the marks off the sales.
func (m *matcher) release(c chain, t *terms) {
	for _, d := range c.members {
		old := m.g.before[d.Key]
		if old.Inputs == nil || len(old.Inputs.Matches) == 0 {
			continue
		}
		if d == c.original && refusal(c, *t) == loyalty.ReasonNone && !m.asks(c, *t) {
			continue
		}
		m.g.unmark = append(m.g.unmark, old)
		if d == c.original && d.Inputs != nil {
			without := *d.Inputs
			without.Matches = nil
			d.Inputs, t.inputs, t.matches = &without, &without, nil
		}
	}
}

// offer makes a chain of the page known as a sale.
func (m *matcher) offer(c chain, t *terms, scores []score) {
	if c.original == nil || c.original.State != loyalty.Released || t.returned(c.original) {
		return
	}
	s := &sale{original: c.original, lines: t.released(c).lines, points: make(map[key]loyalty.Points), terms: t}
	if !slices.ContainsFunc(scores, func(sc score) bool { return sc.points != nil }) {
		return // never scored, as those that Store.Sales leaves out
	}
	for _, sc := range scores {
		for k, p := range sc.points {
			s.points[k] += p.active
			if sc.doc.State == loyalty.Released { // they wait
				s.points[k] += p.pending
			}
		}
	}
	m.sales[c.original.Key] = s
}

// released are the lines of a chain with its released corrections.
func (t terms) released(c chain) netted {
	lines := netted{lines: c.original.Lines}
	for _, d := range c.members {
		if d != c.original && t.counts(c.original, d) && d.State == loyalty.Released {
			lines = lines.with(d, t.linesOf(c.original, d))
		}
	}
	return lines
}

func (m *matcher) run(ctx context.Context) error {
	if err := m.takeMarksOff(ctx); err != nil {
		return err
	}
	slices.SortFunc(m.returns, func(a, b *returning) int { return loyalty.ChainOrder(a.original, b.original) })
	for _, r := range m.returns {
		r.need = make(map[string]decimal.Decimal)
		for _, l := range r.original.Lines {
			if l.Code != "" && l.Quantity.IsNegative() {
				r.need[l.ID] = l.Quantity.Neg()
			}
		}
	}
	if err := m.load(ctx); err != nil {
		return err
	}
	for _, r := range m.returns {
		m.match(r)
		r.terms.matches = r.found
		if len(r.found) == 0 {
			continue
		}
		var inputs loyalty.Inputs
		if r.terms.inputs != nil {
			inputs = *r.terms.inputs
		}
		inputs.Matches = r.found
		r.terms.inputs = &inputs
		if r.original.State == loyalty.Released {
			m.mark(r)
		}
	}
	return nil
}

// load reads sales of the contractors of returns until every item is found in as
// large a quantity as is returned.
func (m *matcher) load(ctx context.Context) error {
	for skip, limit := 0, firstSales; skip < maxSales; skip, limit = skip+limit, moreSales {
		until := make(map[string]loyalty.Date)
		for _, r := range m.returns {
			if party := r.original.Party; !m.covered(r) {
				until[party] = max(until[party], r.original.Date)
			}
		}
		of := make([]loyalty.SalesOf, 0, len(until))
		for _, party := range slices.Sorted(maps.Keys(until)) {
			of = append(of, loyalty.SalesOf{Party: party, Until: until[party]})
		}
		if len(of) == 0 {
			return nil
		}
		keys, err := m.ledger.cfg.Store.Sales(ctx, m.ledger.cfg.Feed, of, skip, limit)
		if err != nil {
			return fmt.Errorf("look for the sales of returns: %w", err)
		}
		if len(keys) == 0 {
			return nil
		}
		if err := m.read(ctx, keys); err != nil {
			return err
		}
	}
	return nil
}

// read loads stored sales that the page does not change.
func (m *matcher) read(ctx context.Context, keys []loyalty.Key) error {
	g := m.g
	keys = slices.DeleteFunc(keys, func(k loyalty.Key) bool { return m.sales[k] != nil })
	state, err := m.ledger.cfg.Store.PageState(ctx, m.ledger.cfg.Feed, keys)
	if err != nil {
		return fmt.Errorf("load the sales of returns: %w", err)
	}
	if state.Version != g.version {
		return fmt.Errorf("load the sales of returns: %w", loyalty.ErrStale)
	}
	members := make(map[loyalty.Key][]*loyalty.StoredDocument)
	for i := range state.Documents {
		d := &state.Documents[i]
		if !m.own[d.RootKey()] { // else the page scores its chain, which was offered
			members[d.RootKey()] = append(members[d.RootKey()], d)
		}
	}
	for _, k := range keys {
		c := newChain(k.ID, members[k])
		if c.original == nil || c.original.Key != k || !c.original.HasBody {
			continue
		}
		t, err := m.ledger.terms(ctx, c, nil)
		if err != nil {
			return err
		}
		s := &sale{original: c.original, lines: t.released(c).lines, points: make(map[key]loyalty.Points)}
		states := make(map[int64]loyalty.State)
		for _, d := range c.members {
			states[d.ID] = d.State
		}
		for _, p := range state.Posted {
			switch states[p.Document] {
			case loyalty.Released: // also those that wait
				s.points[key{p.Line, p.Rule}] += p.Active + p.Pending
			case loyalty.Buffered, loyalty.Cancelled, loyalty.Deleted:
				s.points[key{p.Line, p.Rule}] += p.Active
			}
		}
		m.sales[k] = s
	}
	return nil
}

// newest are the sales that a return may be of, the newest first.
func (m *matcher) newest(r *returning) (list []*sale) {
	for _, s := range m.sales {
		if s.original.Party == r.original.Party && s.original.Date <= r.original.Date {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b *sale) int { return loyalty.ChainOrder(b.original, a.original) })
	return list
}

// covered says whether the sales that are loaded have what a return brings back.
func (m *matcher) covered(r *returning) bool {
	need := make(map[string]decimal.Decimal)
	for _, l := range r.original.Lines {
		if q, asked := r.need[l.ID]; asked {
			need[l.Code] = need[l.Code].Add(q)
		}
	}
	for _, s := range m.newest(r) {
		for _, l := range s.lines {
			if q, asked := need[l.Code]; asked {
				if q = q.Sub(s.left(l)); q.IsPositive() {
					need[l.Code] = q
				} else {
					delete(need, l.Code)
				}
			}
		}
	}
	return len(need) == 0
}

// left is what of a sale's line was not returned yet.
func (s *sale) left(l loyalty.Line) decimal.Decimal {
	left := l.Quantity
	for _, back := range s.returned() {
		if back.Line == l.ID {
			left = left.Sub(back.Quantity)
		}
	}
	return decimal.Max(decimal.Zero, left)
}

// match finds the sales of one return.
func (m *matcher) match(r *returning) {
	for _, s := range m.newest(r) {
		for _, back := range r.original.Lines {
			for _, l := range s.lines {
				need := r.need[back.ID]
				if q := decimal.Min(need, s.left(l).Sub(r.foundOf(s, l))); l.Code == back.Code && q.IsPositive() {
					r.take(s, back, l, q)
				}
			}
		}
		if r.satisfied() {
			return
		}
	}
}

// foundOf is what the return has found of a sale's line already.
func (r *returning) foundOf(s *sale, l loyalty.Line) (sum decimal.Decimal) {
	for _, f := range r.found {
		if f.Sale == s.original.Key && f.SaleLine == l.ID {
			sum = sum.Add(f.Quantity)
		}
	}
	return sum
}

// take matches a quantity of a returned line with a line of a sale, which gives back
// as large a part of the points that are left of it.
func (r *returning) take(s *sale, back, l loyalty.Line, quantity decimal.Decimal) {
	match := loyalty.Match{Line: back.ID, Sale: s.original.Key, Number: s.original.Number, SaleLine: l.ID, Quantity: quantity}
	left := s.left(l).Sub(r.foundOf(s, l))
	for _, k := range sortedKeys(s.points) {
		if k.line != loyalty.LineID(l.ID) {
			continue
		}
		points := s.points[k] - r.pointsOf(s, l, k.rule)
		if p := portion(points, quantity, left); p > 0 {
			match.Points = append(match.Points, loyalty.RulePoints{Rule: k.rule, Points: p})
		}
	}
	r.found = append(r.found, match)
	if need := r.need[back.ID].Sub(quantity); need.IsPositive() {
		r.need[back.ID] = need
	} else {
		delete(r.need, back.ID)
	}
}

// pointsOf is what was taken back of a line's points already, by this return and by
// others.
func (r *returning) pointsOf(s *sale, l loyalty.Line, rule int64) (sum loyalty.Points) {
	add := func(points []loyalty.RulePoints) {
		for _, p := range points {
			if p.Rule == rule {
				sum += p.Points
			}
		}
	}
	for _, f := range r.found {
		if f.Sale == s.original.Key && f.SaleLine == l.ID {
			add(f.Points)
		}
	}
	for _, back := range s.returned() {
		if back.Line == l.ID {
			add(back.Points)
		}
	}
	return sum
}

// mark notes on the sales what a return took.
func (m *matcher) mark(r *returning) {
	for _, f := range r.found {
		s := m.sales[f.Sale]
		m.note(s, append(slices.Clone(s.returned()), loyalty.Returned{
			By: r.original.Key, Line: f.SaleLine, Quantity: f.Quantity, Points: f.Points,
		}))
	}
}

// note writes on a sale what returns took of it.
func (m *matcher) note(s *sale, returned []loyalty.Returned) {
	var inputs loyalty.Inputs
	if s.original.Inputs != nil {
		inputs = *s.original.Inputs
	}
	if s.terms != nil && s.terms.inputs != nil {
		inputs = *s.terms.inputs
	}
	inputs.Returned = returned
	s.original.Inputs = &inputs
	if s.terms != nil {
		s.terms.inputs = &inputs
	}
	m.g.marks[s.original.Key] = s.original
}

// returned is what returns took of a sale.
func (s *sale) returned() []loyalty.Returned {
	if s.original.Inputs == nil {
		return nil
	}
	return s.original.Inputs.Returned
}

// takeMarksOff takes off what returns had taken that are matched anew or count no more.
func (m *matcher) takeMarksOff(ctx context.Context) error {
	var keys []loyalty.Key
	for _, old := range m.g.unmark {
		for _, f := range old.Inputs.Matches {
			keys = append(keys, f.Sale)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	if err := m.read(ctx, keys); err != nil {
		return err
	}
	for _, old := range m.g.unmark {
		for _, f := range old.Inputs.Matches {
			s := m.sales[f.Sale]
			if s == nil || !slices.ContainsFunc(s.returned(), func(r loyalty.Returned) bool { return r.By == old.Key }) {
				continue
			}
			m.note(s, slices.DeleteFunc(slices.Clone(s.returned()), func(r loyalty.Returned) bool { return r.By == old.Key }))
		}
	}
	return nil
}

// marked are the sales to write that are none of the page's own chains.
func (g *gathering) marked(scores []score) (out []*loyalty.StoredDocument) {
	own := make(map[loyalty.Key]bool, len(scores))
	for _, s := range scores {
		own[s.doc.Key] = true
	}
	for _, d := range g.marks {
		if !own[d.Key] {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b *loyalty.StoredDocument) int { return cmp.Compare(a.ID, b.ID) })
	return out
}
