package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// entriesToDeliver are entries alone: what they stand on is shared by many, and
// read once a batch. Adjustments and merges belong to a program's home and do not travel.
const entriesToDeliver = `SELECT e.id, ` + entryOwner + `, e.document_id, e.line, e.rule_id, e.revision, e.kind, e.from_bucket, e.to_bucket,
		e.amount, e.effective_on, coalesce(e.rule_set_id, 0), coalesce(e.of_id, 0)
	FROM entry e JOIN document d ON d.id = e.document_id
	WHERE +d.feed_id = $1 AND e.kind IN (1, 2, 3) AND ` // + reads in the order of entries

// outgoingPoints reads entries, and then what all of them stand on.
func (s *Store) outgoingPoints(ctx context.Context, q wire.Queue, pick selection) ([]wire.Outgoing, error) {
	var e loyalty.Entry
	row := []any{
		whole(&e.ID), whole(&e.Account), whole(&e.Document), whole(&e.Line), whole(&e.Rule), whole(&e.Revision), whole(&e.Kind),
		whole(&e.From), whole(&e.To), whole(&e.Amount), whole(&e.EffectiveOn), whole(&e.RuleSet), whole(&e.Of),
	}
	entries, err := collect(ctx, s.readers, "read points to deliver", entriesToDeliver+pick.where("e.id", "e.id")+` ORDER BY e.id LIMIT CAST($3 AS BIGINT)`,
		func(rows *sql.Rows) (loyalty.Entry, error) {
			err := rows.Scan(row...)
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
		ID: wire.PointsID(b.key(e, doc.key)), Contractor: b.contractors[e.Account], Kind: e.Kind.String(), State: wire.StateActive,
		Points: e.Amount.Format(b.feed.Decimals), Document: doc.wire, Store: doc.store, Rule: b.rules[e.Rule], RuleSet: b.ruleSets[e.RuleSet],
		EffectiveOn: e.EffectiveOn, LapsesOn: b.lapse(e.Account, doc.original),
	}
	if e.To == loyalty.Pending || e.Kind == loyalty.Reverse && e.From == loyalty.Pending {
		m.State = wire.StatePending
	}
	if of, ok := b.of[e.Of]; ok {
		m.Of = wire.PointsID(b.key(&of.entry, of.document))
	}
	var original []soldLine
	if o := b.documents[doc.original]; o != nil && o != doc {
		original = o.lines
	}
	if l := loyalty.FindLine(e.Line, doc.key.ID, doc.lines, original, (*soldLine).keys); l != nil {
		m.Item = l.item
	}
	return m
}

// key is the natural key of an entry of a document.
func (b *basis) key(e *loyalty.Entry, document loyalty.Key) wire.EntryKey {
	return wire.EntryKey{
		Epoch: b.epoch(e.ID), Program: b.feed.ProgramName, Source: b.feed.SourceName,
		Document: document, Line: e.Line, Rule: b.rules[e.Rule], Revision: e.Revision,
	}
}

// number takes a whole number of a row as it is: database/sql alone goes by way of
// text.
type number[T ~int | ~int32 | ~int64 | ~uint8] struct{ to *T }

func whole[T ~int | ~int32 | ~int64 | ~uint8](to *T) *number[T] { return &number[T]{to} }

// Scan is for database/sql.
func (n *number[T]) Scan(value any) error {
	v, ok := value.(int64)
	if !ok {
		return fmt.Errorf("%T is no whole number", value)
	}
	*n.to = T(v)
	return nil
}
