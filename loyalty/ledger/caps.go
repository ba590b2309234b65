package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
)

// usage is what chains stand on beside documents and contractors: how much of caps is
// used, as far as a page asks, and what was paid with points.
type usage struct {
	bills       loyalty.PaidBills
	rules       map[string]int64 // what counts call a rule, by its name
	before, now map[loyalty.CapUse]loyalty.Points
}

func newUsage(rules map[string]int64) *usage {
	return &usage{rules: rules, now: make(map[loyalty.CapUse]loyalty.Points)}
}

// add counts points of a rule, given to an account for a date, or gives them back.
func (u *usage) add(rule string, account int64, on loyalty.Date, points loyalty.Points) {
	if points == 0 {
		return
	}
	for _, use := range loyalty.CapUses(u.rules[rule], account, on) {
		u.now[use] += points
	}
}

// left is what a cap leaves, and by which period; without counted limits it is
// everything.
func (u *usage) left(c rules.Cap, account int64, on loyalty.Date, everything loyalty.Points) (loyalty.Points, loyalty.CapPeriod) {
	least, by := everything, loyalty.CapPeriod("")
	for _, use := range loyalty.CapUses(u.rules[c.Rule], account, on) {
		if limit, limited := c.Of(use.Period); limited {
			if left := max(0, limit-u.now[use]); left < least {
				least, by = left, use.Period
			}
		}
	}
	return least, by
}

// writes are the counts that have changed, in a fixed order.
func (u *usage) writes() (out []loyalty.CapWrite) {
	for use, points := range u.now {
		if points != u.before[use] {
			out = append(out, loyalty.CapWrite{CapUse: use, Before: u.before[use], After: points})
		}
	}
	slices.SortFunc(out, func(a, b loyalty.CapWrite) int { return a.Compare(b.CapUse) })
	return out
}

// usage loads the counts that chains may take from or give back to.
func (l *Ledger) usage(ctx context.Context, chains []chain, all []terms, before map[loyalty.Key]loyalty.StoredDocument) (*usage, error) {
	u := newUsage(l.cfg.RuleIDs)
	asked := make(map[loyalty.CapUse]bool)
	ask := func(rule string, account int64, on loyalty.Date) {
		for _, use := range loyalty.CapUses(u.rules[rule], account, on) {
			asked[use] = true
		}
	}
	for i, c := range chains {
		for _, m := range c.members {
			old := before[m.Key]
			for _, s := range sharesOf(&old) {
				ask(s.Rule, s.Account, old.Date)
			}
		}
		if c.original != nil { // pinned with a share again
			for _, s := range sharesOf(c.original) {
				ask(s.Rule, s.Account, c.original.Date)
			}
		}
		if t := &all[i]; t.set != nil {
			for _, limit := range t.set.Caps() {
				ask(limit.Rule, t.holder(), c.original.Date)
			}
		}
	}
	if len(asked) == 0 {
		return u, nil
	}
	var err error
	u.before, err = l.cfg.Store.CapUses(ctx, l.cfg.Feed.Program, slices.SortedFunc(maps.Keys(asked), loyalty.CapUse.Compare))
	if err != nil {
		return nil, fmt.Errorf("load what is used of caps: %w", err)
	}
	u.now = maps.Clone(u.before)
	return u, nil
}

func sharesOf(d *loyalty.StoredDocument) []loyalty.Share {
	if d.Inputs == nil {
		return nil
	}
	return d.Inputs.Shares
}

// giveBack takes the shares out of the counts that documents of a chain had and
// have no more: they do not count, or another day, party or original decides.
func (u *usage) giveBack(c chain, t *terms, before map[loyalty.Key]loyalty.StoredDocument) {
	if c.original != nil && len(sharesOf(c.original)) > 0 && refusal(c, *t) != loyalty.ReasonNone {
		without := *c.original.Inputs
		without.Shares = nil
		c.original.Inputs, t.inputs = &without, &without
	}
	if before == nil { // nothing is posted
		return
	}
	for _, m := range c.members {
		old := before[m.Key]
		if m == c.original {
			if m.Inputs == old.Inputs {
				continue
			}
			for _, s := range sharesOf(m) { // what an undone recompute pins again
				u.add(s.Rule, s.Account, m.Date, s.Points)
			}
		}
		for _, s := range sharesOf(&old) {
			u.add(s.Rule, s.Account, old.Date, -s.Points)
		}
	}
}

// take decides what a chain may get of the points that caps leave. What it was
// given before stays; only what it asks for beyond that is taken anew.
func (u *usage) take(c chain, t *terms) {
	if t.set == nil || len(t.set.Caps()) == 0 || refusal(c, *t) != loyalty.ReasonNone || t.returned(c.original) {
		return
	}
	old := make(map[string]loyalty.Share)
	if t.inputs != nil {
		for _, s := range t.inputs.Shares {
			old[s.Rule] = s
		}
	}
	t.allowed = t.set.Unlimited()
	states := t.uncapped(c)
	shares := make([]loyalty.Share, 0, len(t.allowed))
	for i, limit := range t.set.Caps() {
		s, known := old[limit.Rule]
		if !known {
			s = loyalty.Share{Rule: limit.Rule, Account: t.holder()}
		}
		wanted := s.Wanted
		for _, awards := range states {
			wanted = max(wanted, t.set.Wanted(awards, t.allowed[:i])[i])
		}
		if more := wanted - s.Wanted; more > 0 {
			left, by := u.left(limit, s.Account, c.original.Date, more)
			if by != "" {
				s.By = by
			}
			s.Wanted, s.Points = wanted, s.Points+left
			u.add(limit.Rule, s.Account, c.original.Date, left)
		}
		t.allowed[i] = rules.Allowance{Points: s.Points, By: s.By}
		shares = append(shares, s)
	}
	t.keep(shares)
}

// uncapped are the awards of every state of a chain, without caps.
func (t *terms) uncapped(c chain) (states [][]rules.Award) {
	lines := netted{lines: c.original.Lines}
	for _, m := range c.members {
		switch {
		case m == c.original:
			states = append(states, t.set.Score(t.sale(c.original, lines.lines)))
		case !t.counts(c.original, m) || c.original.State == loyalty.Buffered:
		default:
			after := lines.with(m, t.linesOf(c.original, m))
			states = append(states, t.set.Score(t.sale(c.original, after.lines)))
			if m.State == loyalty.Released {
				lines = after
			}
		}
	}
	return states
}

// keep makes shares part of what is pinned. Unchanged ones leave it untouched.
func (t *terms) keep(shares []loyalty.Share) {
	shares = slices.DeleteFunc(shares, func(s loyalty.Share) bool { return s.Wanted == 0 })
	var inputs loyalty.Inputs
	if t.inputs != nil {
		inputs = *t.inputs
	}
	if slices.Equal(inputs.Shares, shares) {
		return
	}
	inputs.Shares = shares
	t.inputs = &inputs
}

// short says whether caps left a chain less than it asked for.
func (t *terms) short() bool {
	if t.inputs == nil {
		return false
	}
	return slices.ContainsFunc(t.inputs.Shares, func(s loyalty.Share) bool { return s.Points < s.Wanted })
}
