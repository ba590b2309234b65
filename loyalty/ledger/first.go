package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// purchases are what accounts have of originals with points, in the order of posting:
// the first of an account is found by them. What a chain was found to be is pinned
// with it, so nothing that comes or goes later changes it.
type purchases map[int64]purchased

// purchased counts originals with active points, and sums pending ones.
type purchased struct {
	scored  int64
	pending loyalty.Points
}

// purchases loads, in one read, what is to be known about the accounts of chains that
// a rule asks it of for the first time.
func (l *Ledger) purchases(ctx context.Context, chains []chain, all []terms) (purchases, error) {
	p := make(purchases)
	for i, c := range chains {
		if t := &all[i]; t.set != nil && t.set.AsksFirst() && c.original.Inputs == nil {
			p[t.account] = purchased{}
		}
	}
	if len(p) == 0 {
		return p, nil
	}
	balances, err := l.cfg.Store.Balances(ctx, slices.Sorted(maps.Keys(p)))
	if err != nil {
		return nil, fmt.Errorf("load what was bought before: %w", err)
	}
	for id, b := range balances {
		p[id] = purchased{scored: b.Scored, pending: b.Pending}
	}
	return p, nil
}

// of is what a chain has of an account, as posted.
func (c chain) of(account int64) (has purchased) {
	for _, m := range c.members {
		if m.Account == account {
			has.pending += m.Pending
			has.scored += scored(m)
		}
	}
	return has
}

// scored is 1 for an original with active points.
func scored(d *loyalty.StoredDocument) int64 {
	if d.Account != 0 && d.Corrects == "" && d.Active > 0 {
		return 1
	}
	return 0
}

// decide says whether a chain that is scored for the first time is a first purchase:
// no other original of the account has points. One that is scored anew because its date
// has changed stays what it was; the rest is found for the new date.
func (p purchases) decide(c chain, t *terms, before map[loyalty.Key]loyalty.StoredDocument) {
	if t.set == nil || !t.set.AsksFirst() || c.original.Inputs != nil {
		return
	}
	own, old := c.of(t.account), before[c.original.Key]
	others := p[t.account].scored > own.scored || p[t.account].pending > own.pending
	stays := old.Inputs != nil && old.Inputs.First && old.Party == c.original.Party
	t.inputs.First = stays || !others && !t.returned(c.original)
}

// note takes over what a chain will have instead of what it has.
func (p purchases) note(c chain, t terms) {
	if len(p) == 0 {
		return
	}
	for _, m := range c.members {
		if has, asked := p[m.Account]; asked {
			p[m.Account] = purchased{has.scored - scored(m), has.pending - m.Pending}
		}
	}
	has, asked := p[t.account]
	if !asked {
		return
	}
	for _, s := range desired(c, t) {
		var active loyalty.Points
		for _, a := range s.points {
			active += a.active
			has.pending += a.pending
		}
		if s.doc == c.original && active > 0 {
			has.scored++
		}
	}
	p[t.account] = has
}
