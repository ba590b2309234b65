package main

import (
	"context"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/panel"
)

// explanations answer the panel by what the command explain says.
type explanations struct{ app *app }

// Explain explains a document by its number in the store.
func (e explanations) Explain(ctx context.Context, document int64) (panel.Explained, error) {
	d, err := e.app.store.Document(ctx, document)
	if err != nil {
		return panel.Explained{}, err
	}
	programs, err := e.app.programs(ctx)
	if err != nil {
		return panel.Explained{}, err
	}
	x, err := e.app.explanation(ctx, d, programs[d.Program])
	if err != nil {
		return panel.Explained{}, err
	}
	out := panel.Explained{
		Document: d, Program: x.program, Contractor: x.buyer, Account: x.account, RuleSet: x.RuleSet, RulesFrom: x.validFrom, Elsewhere: !x.rulesHere,
	}
	for i := range x.Chain {
		m := &x.Chain[i]
		told := panel.ExplainedDocument{Document: m.Document, Active: m.Active, Pending: m.Pending, Expected: m.Expected, Waits: m.Waits, Reason: m.Reason}
		if m.Rules != nil {
			told.Rules = m.Rules
		}
		if m.Before != nil {
			told.Before = m.Before
		}
		for _, l := range x.matchedLines(m) {
			told.Matches = append(told.Matches, panel.Matched{Sale: l.Sale, Item: l.ItemCode, Quantity: l.Quantity, Points: l.sum})
		}
		for _, n := range x.entries {
			if n.Document == m.Document.ID {
				told.Movements = append(told.Movements, x.movement(m.Document, n))
			}
		}
		out.Chain = append(out.Chain, told)
	}
	return out, nil
}

func (x *explained) movement(d loyalty.StoredDocument, e loyalty.PostedEntry) panel.Movement {
	return panel.Movement{
		At: e.PostedAt, Kind: e.Kind.String(), State: e.Side().String(), Points: e.Amount,
		Rule: x.rules[e.Rule], Item: x.lineOf(&d, e.Line).Code, By: e.Actor, ValidUntil: validUntil(e.Entry),
	}
}
