package store

import (
	"context"
	"database/sql"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// entriesToDeliver are entries alone: what they stand on is shared by many, and
// read once a batch. Adjustments belong to a program's home and do not travel.
const entriesToDeliver = `SELECT e.id, e.account_id, e.document_id, e.line, e.rule_id, e.revision, e.kind, e.from_bucket, e.to_bucket,
		e.amount, e.effective_on, coalesce(e.rule_set_id, 0), coalesce(e.of_id, 0)
	FROM entry e JOIN document d ON d.id = e.document_id
	WHERE +d.feed_id = $1 AND e.kind IN (1, 2, 3) AND ` // + reads in the order of entries

// outgoingPoints reads entries, and then what all of them stand on.
func (s *Store) outgoingPoints(ctx context.Context, q wire.Queue, pick selection) ([]wire.Outgoing, error) {
	var e loyalty.Entry
	entries, err := collect(ctx, s.readers, "read points to deliver", entriesToDeliver+pick.where("e.id", "e.id")+` ORDER BY e.id LIMIT $3`,
		func(rows *sql.Rows) (loyalty.Entry, error) {
			err := rows.Scan(&e.ID, &e.Account, &e.Document, &e.Line, &e.Rule, &e.Revision, &e.Kind, &e.From, &e.To,
				&e.Amount, &e.EffectiveOn, &e.RuleSet, &e.Of)
			return e, err
		}, pick.of(q.Feed.ID)...)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	basis, err := s.basisOf(ctx, q.Feed, entries)
	if err != nil {
		return nil, err
	}
	items := make([]wire.Outgoing, len(entries))
	for i := range entries {
		e := &entries[i]
		m := basis.movement(e)
		items[i] = wire.Outgoing{ID: m.ID, Position: e.ID, Ref: e.ID, Account: e.Account, Body: m}
	}
	return items, nil
}

// movement is an entry as it travels.
func (b *basis) movement(e *loyalty.Entry) wire.Movement {
	doc := b.documents[e.Document]
	m := wire.Movement{
		ID: wire.PointsID(b.key(e, doc.Key)), Contractor: b.contractors[e.Account], Kind: e.Kind.String(), State: wire.StateActive,
		Points: e.Amount.Format(b.feed.Decimals), Document: doc.wire, Store: doc.Store, Rule: b.rules[e.Rule], RuleSet: b.ruleSets[e.RuleSet],
		EffectiveOn: e.EffectiveOn, LapsesOn: b.lapse(e),
	}
	if e.To == loyalty.Pending || e.Kind == loyalty.Reverse && e.From == loyalty.Pending {
		m.State = wire.StatePending
	}
	if of, ok := b.of[e.Of]; ok {
		m.Of = wire.PointsID(b.key(&of.entry, of.document))
	}
	m.Item = itemOf(doc.LineByKey(e.Line, b.originals[e.Document]), doc.Currency)
	return m
}

// key is the natural key of an entry of a document.
func (b *basis) key(e *loyalty.Entry, document loyalty.Key) wire.EntryKey {
	return wire.EntryKey{
		Epoch: b.epoch(e.ID), Program: b.feed.ProgramName, Source: b.feed.SourceName,
		Document: document, Line: e.Line, Rule: b.rules[e.Rule], Revision: e.Revision,
	}
}

// itemOf writes a line as it travels.
func itemOf(l *loyalty.Line, currency string) wire.Item {
	if l == nil {
		return wire.Item{}
	}
	return wire.Item{
		Code: l.Code, Name: l.Name, Group: l.Group, Quantity: l.Quantity.String(), Unit: l.Unit,
		Net: l.Net.String(), Gross: l.Gross.String(), Currency: currency,
	}
}
