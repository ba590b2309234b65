package ledger

import (
	"context"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
)

// Explanation tells why a document and its chain have the points they have. It
// is computed by the function that posts them (law 12), from what is stored.
type Explanation struct {
	Chain   []ExplainedDocument
	Member  loyalty.Member // whose taking part decided
	Account loyalty.Member // whose points they are
	RuleSet int64          // the pinned version; 0 when the chain was not scored
}

// ExplainedDocument is one member of a chain.
type ExplainedDocument struct {
	Document loyalty.StoredDocument
	Pending  loyalty.Points // what it should have; posted is in Document
	Active   loyalty.Points
	Reason   loyalty.Reason // why it has none
	Expected loyalty.Points // what a correction in the buffer will take back
	Waits    loyalty.Wait   // what pending points of a released document wait for
	// Rules say how the rules see the chain with this document, Before how they
	// see it without. Before is nil for the original, both are when the rules
	// were not asked.
	Rules, Before *rules.Explanation
	// Matches are what a return without an original takes back of earlier sales; the
	// rules look at what is left of it.
	Matches []loyalty.Match
	Posted  []loyalty.PostedLine
}

// Explain explains the chain of a stored document. A document that is not
// stored is an error with CodeNotFound.
func (l *Ledger) Explain(ctx context.Context, k loyalty.Key) (Explanation, error) {
	state, err := l.cfg.Store.PageState(ctx, l.cfg.Feed, []loyalty.Key{k})
	if err != nil {
		return Explanation{}, err
	}
	i := slices.IndexFunc(state.Documents, func(d loyalty.StoredDocument) bool { return d.Key == k })
	if i < 0 {
		return Explanation{}, &loyalty.Error{
			Code: loyalty.CodeNotFound, Message: "document " + k.Type + " " + k.ID + " was never read",
			Hint: "it is read by the next points run if its class is among the source's documents",
		}
	}
	root := state.Documents[i].RootKey()
	if root != k {
		if state, err = l.cfg.Store.PageState(ctx, l.cfg.Feed, []loyalty.Key{root, k}); err != nil {
			return Explanation{}, err
		}
	}
	var members []*loyalty.StoredDocument
	for i := range state.Documents {
		if d := &state.Documents[i]; d.RootKey() == root {
			members = append(members, d)
		}
	}
	c := newChain(root.ID, members)
	known, err := l.members(ctx, []chain{c}, unversioned)
	if err != nil {
		return Explanation{}, err
	}
	all, _, err := l.termsOf(ctx, []chain{c}, known, nil, nil)
	if err != nil {
		return Explanation{}, err
	}
	// nothing of it is written
	g := &gathering{version: state.Version, before: make(map[loyalty.Key]loyalty.StoredDocument), marks: make(map[loyalty.Key]*loyalty.StoredDocument)}
	for i := range state.Documents {
		g.before[state.Documents[i].Key] = state.Documents[i]
	}
	if _, err := l.desired(ctx, g, []chain{c}, all); err != nil {
		return Explanation{}, err
	}
	t := all[0]
	out := Explanation{Member: t.member, Account: beneficiary(t.member, known)}
	if c.original != nil && refusal(c, t) == loyalty.ReasonNone {
		out.RuleSet = t.version
	}
	out.Chain = explainChain(c, t)
	for i := range out.Chain {
		for _, p := range state.Posted {
			if p.Document == out.Chain[i].Document.ID {
				out.Chain[i].Posted = append(out.Chain[i].Posted, p)
			}
		}
	}
	return out, nil
}

// explainChain scores a chain as posting does and asks the rules to tell how.
func explainChain(c chain, t terms) []ExplainedDocument {
	out := make([]ExplainedDocument, 0, len(c.members))
	var lines netted
	asked := refusal(c, t) == loyalty.ReasonNone
	if asked {
		lines.lines = c.original.Lines
	}
	for _, s := range desired(c, t) {
		d := ExplainedDocument{Document: *s.doc, Reason: s.reason, Expected: s.expected}
		for _, a := range s.points {
			d.Pending += a.pending
			d.Active += a.active
		}
		if d.Pending != 0 && s.doc.State == loyalty.Released {
			d.Waits = t.wait
		}
		switch {
		case !asked || !t.counts(c.original, s.doc):
		case s.doc == c.original:
			after := t.explain(c.original, c.original.Lines)
			d.Rules, d.Matches = &after, t.matches
		case c.original.State != loyalty.Buffered:
			with := lines.with(s.doc, t.linesOf(c.original, s.doc))
			before, after := t.explain(c.original, lines.lines), t.explain(c.original, with.lines)
			d.Before, d.Rules = &before, &after
			if s.doc.State == loyalty.Released {
				lines = with
			}
		}
		out = append(out, d)
	}
	return out
}
