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
	// Last days of the points, by the policy of the rules that gave them and of the
	// simulated ones; NoDate is never.
	LapsesBefore, LapsesAfter loyalty.Date
}

// Simulation scores stored documents of a program under other rules, by the function
// that posts points (law 12), and writes nothing. It counts what is used of caps, and
// finds first purchases, from nothing, in the order in which documents are given to it.
type Simulation struct {
	set   *rules.Set
	lapse *loyalty.Lapse
	ids   []int64
	used  *usage
	same  map[int64]bool // by version: whether its rules are the same
	// bought are the accounts that an original has given points to.
	bought map[int64]bool
}

// NewSimulation begins a simulation. lapse is the policy of the rules, nil is the program's.
func NewSimulation(set *rules.Set, lapse *loyalty.Lapse) *Simulation {
	s := &Simulation{set: set, lapse: lapse, used: newUsage(make(map[string]int64)), same: make(map[int64]bool), bought: make(map[int64]bool)}
	for i, name := range set.Names() {
		s.ids = append(s.ids, int64(i))
		s.used.rules[name] = int64(i) + 1
	}
	return s
}

// Score scores the chains of originals of the ledger's feed. Facts about contractors
// are those pinned with a chain, as far as they were; the others are as they are
// now; a return without an original is scored by itself. Under the rules that it was scored by, a chain keeps its share of caps, and
// such a return what it was matched with. Keys
// of corrections and of documents that are not stored are left out.
func (s *Simulation) Score(ctx context.Context, l *Ledger, originals []loyalty.Key) ([]Simulated, error) {
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
	known, err := l.members(ctx, chains, unversioned)
	if err != nil {
		return nil, err
	}
	var bills loyalty.PaidBills
	if !s.set.EarnsOnRedeemed() {
		if bills, err = l.bills(ctx, chains); err != nil {
			return nil, err
		}
	}
	out := make([]Simulated, 0, len(chains))
	for _, c := range chains {
		one, err := s.score(ctx, l, c, known, bills.Paid)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

func (s *Simulation) score(ctx context.Context, l *Ledger, c chain, members map[string]loyalty.Member, paid []loyalty.PaidBill) (Simulated, error) {
	t := l.party(c, members)
	t.account = beneficiary(t.member, members).ID
	facts := t.member.Facts
	facts.Tier = loyalty.TierOn(t.member.Tiers, c.original.Date)
	facts.First = !t.returned(c.original) && !s.bought[t.account]
	var err error
	var shares []loyalty.Share
	var matches []loyalty.Match
	if pinned := c.original.Inputs; pinned != nil {
		v, err := l.rulesFor(ctx, c.original)
		if err != nil {
			return Simulated{}, err
		}
		if v.set != nil {
			facts = v.set.Over(*pinned, facts)
		}
		if len(pinned.Shares)+len(pinned.Matches) > 0 && s.sameAs(v) {
			shares, matches = pinned.Shares, pinned.Matches
		}
	}
	t.set, t.ruleIDs, t.inputs = s.set, s.ids, s.set.Needed(facts)
	for _, share := range shares {
		s.used.add(share.Rule, share.Account, c.original.Date, share.Points)
	}
	t.paid = t.paidOf(c.original, paid)
	t.keep(shares)
	t.matches = matches
	s.used.take(c, &t)
	out := Simulated{Original: *c.original, Account: beneficiary(t.member, members)}
	if out.LapsesBefore, out.LapsesAfter, err = s.lastDays(ctx, l, c.original); err != nil {
		return Simulated{}, err
	}
	if t.inputs != nil {
		out.Facts = *t.inputs
	}
	for _, m := range c.members {
		out.Before += m.Pending + m.Active
	}
	for _, score := range desired(c, t) {
		for _, a := range score.points {
			out.After += a.pending + a.active
			s.bought[t.account] = s.bought[t.account] || score.doc == c.original && a.pending+a.active > 0
		}
	}
	return out, nil
}

// lastDays are those of a chain's points, under its rules and under the simulated ones.
func (s *Simulation) lastDays(ctx context.Context, l *Ledger, original *loyalty.StoredDocument) (before, after loyalty.Date, err error) {
	v, err := l.rulesFor(ctx, original)
	if err != nil {
		return before, after, err
	}
	then, now := l.cfg.Lapse, l.cfg.Lapse
	if v.body.Lapse != nil {
		then = *v.body.Lapse
	}
	if s.lapse != nil {
		now = *s.lapse
	}
	return then.LastDay(original.Date), now.LastDay(original.Date), nil
}

// sameAs says whether a version has the rules that are simulated.
func (s *Simulation) sameAs(v *version) bool {
	same, known := s.same[v.id]
	if !known {
		same = v.set != nil && s.set.Same(v.set)
		s.same[v.id] = same
	}
	return same
}
