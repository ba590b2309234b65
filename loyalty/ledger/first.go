package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// purchases are what accounts, and those that are merged with them, have of originals
// with points, in the order of posting: the first is found by them. What a chain was found
// to be is pinned with it, so nothing that comes or goes later changes it.
type purchases struct {
	holders map[int64]int64 // by account, as far as it is asked about
	of      map[int64]purchased
}

// purchased counts originals with active points, and sums pending ones.
type purchased struct {
	scored  int64
	pending loyalty.Points
}

// purchases loads, in one read, what is to be known about the accounts of chains that
// a rule asks it of for the first time.
func (l *Ledger) purchases(ctx context.Context, chains []chain, all []terms) (purchases, error) {
	p := purchases{holders: make(map[int64]int64), of: make(map[int64]purchased)}
	for i, c := range chains {
		if t := &all[i]; t.set != nil && t.set.AsksFirst() && c.original.Inputs == nil {
			for _, account := range t.group {
				p.holders[account] = t.holder()
			}
		}
	}
	if len(p.holders) == 0 {
		return p, nil
	}
	balances, err := l.cfg.Store.Balances(ctx, slices.Sorted(maps.Keys(p.holders)))
	if err != nil {
		return p, fmt.Errorf("load what was bought before: %w", err)
	}
	for id, b := range balances {
		has := p.of[p.holders[id]]
		p.of[p.holders[id]] = purchased{has.scored + b.Scored, has.pending + b.Pending}
	}
	return p, nil
}

// has is what a chain has of an account and those merged with it, as posted.
func (p purchases) has(c chain, holder int64) (has purchased) {
	for _, m := range c.members {
		if p.holders[m.Account] == holder {
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
	own, old, all := p.has(c, t.holder()), before[c.original.Key], p.of[t.holder()]
	others := all.scored > own.scored || all.pending > own.pending
	stays := old.Inputs != nil && old.Inputs.First && old.Party == c.original.Party
	t.inputs.First = stays || !others && !t.returned(c.original)
}

// note takes over what a chain will have instead of what it has.
func (p purchases) note(c chain, t terms) {
	for _, m := range c.members {
		if holder, asked := p.holders[m.Account]; asked {
			has := p.of[holder]
			p.of[holder] = purchased{has.scored - scored(m), has.pending - m.Pending}
		}
	}
	holder, asked := p.holders[t.account]
	if !asked {
		return
	}
	has := p.of[holder]
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
	p.of[holder] = has
}
