package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// plan is what a page will write, and what is said about it.
type plan struct {
	write  loyalty.PageWrite
	result Result
	lost   []Loss // for the guard
}

// plan computes a page without writing anything.
func (l *Ledger) plan(ctx context.Context, p Page) (plan, error) {
	g, err := l.gather(ctx, p)
	if err != nil {
		return plan{}, err
	}
	at := l.cfg.Now()
	out := plan{write: loyalty.PageWrite{
		Feed: l.cfg.Feed, Version: g.version, Lease: p.Lease, Run: p.Run, Actor: p.Actor, Reason: p.Reason,
		At: at, Cursor: p.Cursor, Seen: g.seen, Done: p.Done, Recompute: p.Recompute.step(g),
	}}
	if len(g.changed) == 0 {
		return out, nil
	}
	scores, movements, used, err := l.score(ctx, g)
	if err != nil {
		return plan{}, err
	}
	out.write.Bills = used.bills
	book, err := l.open(ctx, scores, movements, l.cfg.day(at))
	if err != nil {
		return plan{}, err
	}
	for _, lines := range g.posted {
		book.know(lines)
	}
	before := make(map[int64]loyalty.Balance, len(book.accounts))
	for id, balance := range book.accounts {
		before[id] = *balance
	}
	for _, m := range movements {
		book.apply(m)
	}
	book.cover()
	out.lost = losses(scores)
	l.settle(g, scores, book)
	out.collect(g, scores, book, before)
	out.write.Caps = used.writes()
	return out, nil
}

// score scores the touched chains and compares them with what was posted.
func (l *Ledger) score(ctx context.Context, g *gathering) ([]score, []movement, *usage, error) {
	chains := g.chains()
	members, err := l.members(ctx, chains, g.version)
	if err != nil {
		return nil, nil, nil, err
	}
	g.number(chains)
	all, used, err := l.termsOf(ctx, chains, members, g.before, g.page.Recompute)
	if err != nil {
		return nil, nil, nil, err
	}
	desired, err := l.desired(ctx, g, chains, all)
	if err != nil {
		return nil, nil, nil, err
	}
	documents := 0
	for _, c := range chains {
		documents += len(c.members)
	}
	const usual = 6 // movements of a document: a rule or two over a handful of lines
	scores, movements := make([]score, 0, documents), make([]movement, 0, usual*documents)
	for i, c := range chains {
		t, wanted := all[i], desired[i]
		t.pin(c, wanted)
		t.note(c, wanted)
		for _, s := range wanted {
			to := posting{on: s.doc.Date}
			original := c.original
			if original == nil {
				original = s.doc
			}
			if s.points != nil {
				to.account = t.account
			}
			moves := deltas(s, to, g.left(s.doc), original, t.lapse.LastDay(original.Date), g.posted[s.doc.ID])
			movements = append(movements, moves...)
			if s.points != nil {
				s.moved = s.doc.Account != 0 && s.doc.Account != to.account
				s.doc.Account = to.account
			}
			scores = append(scores, s)
		}
	}
	return scores, movements, used, nil
}

// pin keeps what gave points with every member that has any, and with the original
// as soon as one has, or caps left it none, or a
// return is matched: the next scoring of the chain begins there.
func (t terms) pin(c chain, scores []score) {
	if t.short() || len(t.matches) > 0 && c.original.State == loyalty.Released {
		c.original.RuleSet, c.original.Inputs = t.version, t.inputs
	}
	for _, s := range scores {
		if s.points != nil {
			s.doc.RuleSet = t.version
			c.original.RuleSet, c.original.Inputs = t.version, t.inputs
		}
	}
}

// left is the original of the chain that a document stood in when its points
// were posted, 0 when it is the same one.
func (g *gathering) left(d *loyalty.StoredDocument) int64 {
	old, stored := g.before[d.Key]
	if !stored || old.Root == d.Root {
		return 0
	}
	return g.before[old.RootKey()].ID
}

// party is what decides a chain's points beside rules: who bought.
func (l *Ledger) party(c chain, members map[string]loyalty.Member) terms {
	t := terms{source: l.cfg.Feed.SourceName, ignoreBuffered: l.cfg.IgnoreBuffered, lapse: l.cfg.Lapse}
	if c.original == nil {
		return t
	}
	t.member = loyalty.Member{Key: c.original.Party, To: loyalty.NoDate} // nobody knows it
	if m, known := members[c.original.Party]; known {
		t.member = m
	}
	return t
}

// termsOf gathers what decides the points of chains, in their order: also what caps
// leave to each, and what is used of them then. before are the documents as they were
// stored; nil when only stored ones are looked at.
func (l *Ledger) termsOf(ctx context.Context, chains []chain, members map[string]loyalty.Member, before map[loyalty.Key]loyalty.StoredDocument, r *Recomputing) ([]terms, *usage, error) {
	all := make([]terms, len(chains))
	var err error
	for i, c := range chains {
		if all[i], err = l.terms(ctx, c, members); err != nil {
			return nil, nil, err
		}
		if r != nil && r.To != 0 && c.original != nil && all[i].set != nil && c.original.RuleSet == r.To && r.changed[c.original.Key] {
			if err := l.refacts(ctx, &all[i], c, before[c.original.Key]); err != nil {
				return nil, nil, err
			}
		}
	}
	if err := l.grouped(ctx, all); err != nil {
		return nil, nil, err
	}
	bills, err := l.paid(ctx, chains, all)
	if err != nil {
		return nil, nil, err
	}
	used, err := l.usage(ctx, chains, all, before)
	if err != nil {
		return nil, nil, err
	}
	used.bills = bills
	bought, err := l.purchases(ctx, chains, all)
	if err != nil {
		return nil, nil, err
	}
	today := l.today()
	for i, c := range chains {
		all[i].await(c, before, today, r.restores(c.original))
		used.giveBack(c, &all[i], before)
		bought.decide(c, &all[i], before)
		used.take(c, &all[i])
		bought.note(c, all[i])
	}
	return all, used, nil
}

// grouped finds the accounts that those of chains are held together with.
func (l *Ledger) grouped(ctx context.Context, all []terms) error {
	accounts := make(map[int64]bool, len(all))
	for i := range all {
		accounts[all[i].account] = true
	}
	groups, err := l.cfg.Store.Groups(ctx, slices.Sorted(maps.Keys(accounts)))
	if err != nil {
		return fmt.Errorf("load which accounts are merged: %w", err)
	}
	for i := range all {
		all[i].group = groups.Of(all[i].account)
	}
	return nil
}

// terms gathers what decides a chain's points, but for caps.
func (l *Ledger) terms(ctx context.Context, c chain, members map[string]loyalty.Member) (terms, error) {
	t := l.party(c, members)
	if c.original == nil {
		return t, nil
	}
	v, err := l.rulesFor(ctx, c.original)
	if err != nil {
		return t, err
	}
	t.set, t.version, t.ruleIDs = v.set, v.id, v.ruleIDs
	if v.body.Lapse != nil {
		t.lapse = *v.body.Lapse
	}
	t.activate = v.body.Activate
	if t.inputs = c.original.Inputs; t.inputs == nil && v.set != nil {
		facts := t.member.Facts
		facts.Tier = loyalty.TierOn(t.member.Tiers, c.original.Date)
		t.inputs = v.set.Needed(facts)
	}
	if t.inputs != nil {
		t.matches = t.inputs.Matches
	}
	t.account = beneficiary(t.member, members).ID
	return t, nil
}

// beneficiary is the contractor who gets a member's points.
func beneficiary(m loyalty.Member, members map[string]loyalty.Member) loyalty.Member {
	if m.Beneficiary == "" {
		return m
	}
	return members[m.Beneficiary]
}

// firstNew is the number of the first document of a page that is not stored yet; those
// after it have the next ones below. Operations have negative numbers too, far above.
const firstNew = int64(-1) << 40

// number gives documents that are not stored yet their places in the page.
func (g *gathering) number(chains []chain) {
	next := firstNew
	for _, c := range chains {
		for _, d := range c.members {
			if d.ID == 0 {
				d.ID = next
				next--
			}
		}
	}
}

// open loads the balances and lots that the movements work on.
func (l *Ledger) open(ctx context.Context, scores []score, movements []movement, today loyalty.Date) (*book, error) {
	owners := make(map[int64]bool)
	for _, m := range movements {
		owners[m.account] = true
	}
	groups, err := l.cfg.Store.Groups(ctx, slices.Sorted(maps.Keys(owners)))
	if err != nil {
		return nil, fmt.Errorf("load which accounts are merged: %w", err)
	}
	accounts := make(map[int64]bool)
	documents := make(map[int64]bool)
	need := make(map[int64]loyalty.Points)
	for _, m := range movements {
		accounts[m.account], accounts[groups.Holder(m.account)] = true, true
		for _, id := range []int64{m.root, m.doc.ID} {
			if id > 0 {
				documents[id] = true
			}
		}
		if m.kind == loyalty.Reverse && !m.pending {
			need[groups.Holder(m.account)] += m.points
		}
	}
	for _, s := range scores { // the count of scored documents may move without points
		if s.doc.Account != 0 {
			accounts[s.doc.Account] = true
		}
	}
	balances, err := l.cfg.Store.Balances(ctx, slices.Sorted(maps.Keys(accounts)))
	if err != nil {
		return nil, fmt.Errorf("load balances: %w", err)
	}
	var lots []loyalty.Lot
	if len(documents) > 0 || len(need) > 0 {
		if lots, err = l.cfg.Store.Lots(ctx, slices.Sorted(maps.Keys(documents)), need, today); err != nil {
			return nil, fmt.Errorf("load lots: %w", err)
		}
	}
	b := newBook(today, l.cfg.Debts, groups, balances, lots)
	b.entries = make([]loyalty.Entry, 0, len(movements))
	return b, nil
}

// settle notes on every document what is now posted for it and why it has no
// points, and counts scored documents per account.
func (l *Ledger) settle(g *gathering, scores []score, b *book) {
	for _, s := range scores {
		old := g.before[s.doc.Key]
		b.scored(&old, -1)
		s.doc.Pending, s.doc.Active, s.doc.Reason = 0, 0, s.reason
		for _, a := range s.points {
			s.doc.Pending += a.pending
			s.doc.Active += a.active
		}
		if s.points == nil && s.doc.Account != 0 && s.doc.Pending == 0 && s.doc.Active == 0 && len(g.posted[s.doc.ID]) == 0 {
			s.doc.Account = 0 // never had any: not in anybody's history
		}
		b.scored(s.doc, +1)
		if s.bare {
			s.doc.HasBody = false
		}
	}
}

// scored counts a document for its account when it is an original with active
// points.
func (b *book) scored(d *loyalty.StoredDocument, by int64) {
	if n := scored(d); n > 0 {
		b.account(d.Account).Scored += n * by
	}
}

// withoutBody says whether lines and parties are not kept: the contractor does
// not take part (law 11).
func withoutBody(r loyalty.Reason) bool {
	switch r {
	case loyalty.ReasonNotInProgram, loyalty.ReasonNoContractor, loyalty.ReasonAnonymous, loyalty.ReasonInactive, loyalty.ReasonErased:
		return true
	default:
		return false
	}
}

// collect puts together what is written.
func (p *plan) collect(g *gathering, scores []score, b *book, before map[int64]loyalty.Balance) {
	places := make(map[int64]int64, len(scores)) // of new documents, in the order of writing
	p.write.Documents = make([]loyalty.StoredDocument, 0, len(scores))
	for _, s := range scores {
		old, stored := g.before[s.doc.Key]
		if stored && !g.changed[s.doc.Key] && same(&old, s.doc) {
			continue
		}
		if s.doc.ID < 0 {
			places[s.doc.ID] = -1 - int64(len(p.write.Documents))
			s.doc.ID = places[s.doc.ID]
		}
		p.write.Documents = append(p.write.Documents, *s.doc)
		if stored && movedOn(&old, s.doc) {
			p.write.Moved = append(p.write.Moved, loyalty.MovedDocument{Document: old.ID, From: old.Party})
		}
	}
	p.result.Changed = len(p.write.Documents)
	for _, d := range g.marked(scores) {
		p.write.Documents = append(p.write.Documents, *d)
	}
	place := func(id int64) int64 {
		if id < 0 {
			return places[id]
		}
		return id
	}
	p.write.Entries = b.entries
	for i := range p.write.Entries {
		p.write.Entries[i].Document = place(p.write.Entries[i].Document)
	}
	p.write.Lots = b.changedLots()
	for i := range p.write.Lots {
		if l := &p.write.Lots[i]; l.ID == 0 {
			l.Document = place(l.Document)
		}
	}
	moved := make(map[int64]bool) // their lots may differ where the balance does not
	for _, e := range p.write.Entries {
		moved[e.Account] = true
	}
	for _, id := range slices.Sorted(maps.Keys(b.accounts)) {
		if after := *b.accounts[id]; moved[id] || after != before[id] {
			_, exists := before[id]
			p.write.Accounts = append(p.write.Accounts, loyalty.AccountWrite{ID: id, Before: before[id], After: after, Exists: exists})
		}
	}
	p.count()
}

// same says whether a stored member of a touched chain stays as it is.
func same(old, now *loyalty.StoredDocument) bool {
	return old.Account == now.Account && old.RuleSet == now.RuleSet && old.Inputs == now.Inputs && old.Reason == now.Reason && old.Root == now.Root && old.Waits == now.Waits &&
		old.Pending == now.Pending && old.Active == now.Active && old.HasBody == now.HasBody
}

func (p *plan) count() {
	p.result.Entries = len(p.write.Entries)
	for _, e := range p.write.Entries {
		switch e.To {
		case loyalty.Issued:
			p.result.Reversed += e.Amount
		case loyalty.Pending:
			p.result.Pending += e.Amount
		default:
			p.result.Earned += e.Amount
		}
	}
}
