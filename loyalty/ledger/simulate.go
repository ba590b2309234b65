package ledger

import (
	"context"
	"fmt"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
)

// Simulated is a chain under other rules than those it was scored by.
type Simulated struct {
	Original loyalty.StoredDocument
	Account  loyalty.Member // whose points they are
	Facts    loyalty.Inputs // the contractor's, as far as the rules ask for them
	Before   loyalty.Points // posted for the whole chain, pending ones too
	After    loyalty.Points
}

// Simulate scores the chains of stored originals under other rules, by the
// function that posts points (law 12), and writes nothing. Facts about contractors
// are those pinned with a chain, as far as they were; the others are as they are
// now. Keys of corrections and of documents that are not stored are left out.
func (l *Ledger) Simulate(ctx context.Context, set *rules.Set, originals []loyalty.Key) ([]Simulated, error) {
	state, err := l.cfg.Store.PageState(ctx, l.cfg.Feed, originals)
	if err != nil {
		return nil, fmt.Errorf("load chains: %w", err)
	}
	members := make(map[loyalty.Key][]*loyalty.StoredDocument)
	for i := range state.Documents {
		d := &state.Documents[i]
		members[d.RootKey()] = append(members[d.RootKey()], d)
	}
	var chains []chain
	for _, k := range originals {
		if c := newChain(k.ID, members[k]); c.original != nil && c.original.Key == k {
			chains = append(chains, c)
		}
	}
	known, err := l.members(ctx, chains)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, set.Len())
	for i := range ids {
		ids[i] = int64(i)
	}
	out := make([]Simulated, 0, len(chains))
	for _, c := range chains {
		s, err := l.simulate(ctx, set, ids, c, known)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func (l *Ledger) simulate(ctx context.Context, set *rules.Set, ids []int64, c chain, members map[string]loyalty.Member) (Simulated, error) {
	t := l.party(c, members)
	facts := t.member.Facts
	if pinned := c.original.Inputs; pinned != nil {
		v, err := l.rulesFor(ctx, c.original)
		if err != nil {
			return Simulated{}, err
		}
		if v.set != nil {
			facts = v.set.Over(*pinned, facts)
		}
	}
	t.set, t.ruleIDs, t.inputs = set, ids, set.Needed(facts)
	s := Simulated{Original: *c.original, Account: beneficiary(t.member, members)}
	if t.inputs != nil {
		s.Facts = *t.inputs
	}
	for _, m := range c.members {
		s.Before += m.Pending + m.Active
	}
	for _, score := range desired(c, t) {
		for _, a := range score.points {
			s.After += a.pending + a.active
		}
	}
	return s, nil
}
