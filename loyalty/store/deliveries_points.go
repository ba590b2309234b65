package store

import (
	"context"
	"database/sql"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// pointsColumns are an entry with everything about it that is not in the
// document's body. The lot is the chain's, that is the original's. Adjustments
// belong to a program's home and do not travel.
const pointsColumns = `SELECT e.id, e.account_id, e.document_id, e.line, e.revision, e.kind, e.from_bucket, e.to_bucket, e.amount, e.effective_on,
		c.erp_key, r.name, coalesce(v.hash, ''), d.type, d.erp_key, d.root, d.number, d.date, d.state,
		(SELECT max(x.epoch) FROM store_epoch x WHERE x.first_entry <= e.id),
		(SELECT l.lapses_on FROM document o JOIN lot l ON l.document_id = o.id AND l.account_id = e.account_id
			WHERE o.feed_id = d.feed_id AND o.erp_key = d.root AND o.type = d.type),
		coalesce(e.of_id, 0), p.line, p.revision, pr.name, pd.type, pd.erp_key,
		(SELECT max(x.epoch) FROM store_epoch x WHERE x.first_entry <= p.id)
	FROM entry e
	JOIN document d ON d.id = e.document_id
	JOIN contractor c ON c.id = e.account_id
	JOIN rule r ON r.id = e.rule_id
	LEFT JOIN rule_set v ON v.id = e.rule_set_id
	LEFT JOIN entry p ON p.id = e.of_id
	LEFT JOIN document pd ON pd.id = p.document_id
	LEFT JOIN rule pr ON pr.id = p.rule_id
	WHERE +d.feed_id = $1 AND e.kind IN (1, 2, 3) AND ` // + reads in the order of entries

// entryRow is one row of pointsColumns.
type entryRow struct {
	entry      loyalty.Entry
	key        wire.EntryKey
	document   wire.Document
	root       string // key of the chain's original
	state      loyalty.State
	contractor string // key
	ruleSet    string
	lapsesOn   sql.NullInt64
	ofLine     sql.NullInt64
	ofRevision sql.NullInt64
	ofRule     sql.NullString
	ofType     sql.NullString
	ofKey      sql.NullString
	ofEpoch    sql.NullInt64
}

func scanEntryRow(rows *sql.Rows) (r entryRow, err error) {
	e := &r.entry
	err = rows.Scan(&e.ID, &e.Account, &e.Document, &e.Line, &e.Revision, &e.Kind, &e.From, &e.To, &e.Amount, &e.EffectiveOn,
		&r.contractor, &r.key.Rule, &r.ruleSet, &r.key.Document.Type, &r.key.Document.ID, &r.root, &r.document.Number, &r.document.Date, &r.state,
		&r.key.Epoch, &r.lapsesOn, &e.Of, &r.ofLine, &r.ofRevision, &r.ofRule, &r.ofType, &r.ofKey, &r.ofEpoch)
	r.key.Line, r.key.Revision = e.Line, e.Revision
	return r, err
}

// outgoingPoints reads the entries with one query, the documents' bodies with
// another, and those of corrected documents with a third.
func (s *Store) outgoingPoints(ctx context.Context, q wire.Queue, pick selection) ([]wire.Outgoing, error) {
	rows, err := collect(ctx, s.readers, "read points to deliver", pointsColumns+pick.where("e.id", "e.id")+` ORDER BY e.id LIMIT $3`,
		scanEntryRow, pick.of(q.Feed.ID)...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	bodies, err := s.bodies(ctx, rows)
	if err != nil {
		return nil, err
	}
	corrections := make([]int64, 0, len(rows))
	for _, r := range rows {
		if r.root != r.key.Document.ID {
			corrections = append(corrections, r.entry.Document)
		}
	}
	originals, err := s.originals(ctx, corrections)
	if err != nil {
		return nil, err
	}
	items := make([]wire.Outgoing, len(rows))
	for i, r := range rows {
		m := r.movement(q.Feed, bodies[r.entry.Document], originals[r.entry.Document])
		items[i] = wire.Outgoing{ID: m.ID, Position: r.entry.ID, Ref: r.entry.ID, Account: r.entry.Account, Body: m}
	}
	return items, nil
}

// bodies reads the documents of entries, decoded once each.
func (s *Store) bodies(ctx context.Context, rows []entryRow) (map[int64]*loyalty.Document, error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.entry.Document
	}
	slices.Sort(ids)
	type body struct {
		id  int64
		doc loyalty.Document
	}
	read, err := collect(ctx, s.readers, "read documents to deliver",
		`SELECT id, type, erp_key, body FROM document WHERE body IS NOT NULL AND id `+s.in("$1"),
		func(rows *sql.Rows) (b body, err error) {
			var text string
			if err = rows.Scan(&b.id, &b.doc.Key.Type, &b.doc.Key.ID, &text); err == nil {
				_, err = decodeBody(text, &b.doc)
			}
			return b, err
		}, s.list(slices.Compact(ids)))
	if err != nil {
		return nil, err
	}
	out := make(map[int64]*loyalty.Document, len(read))
	for i := range read {
		out[read[i].id] = &read[i].doc
	}
	return out, nil
}

// movement is the entry as it travels. doc is nil when the document is kept
// without a body, original when it corrects none.
func (r entryRow) movement(feed loyalty.Feed, doc, original *loyalty.Document) wire.Movement {
	r.key.Program, r.key.Source = feed.ProgramName, feed.SourceName
	m := wire.Movement{
		ID: wire.PointsID(r.key), Contractor: r.contractor, Kind: r.entry.Kind.String(), State: wire.StateActive,
		Points: r.entry.Amount.Format(feed.Decimals), Document: r.document, Rule: r.key.Rule, RuleSet: r.ruleSet,
		EffectiveOn: r.entry.EffectiveOn, LapsesOn: dateOf(r.lapsesOn),
	}
	if r.entry.To == loyalty.Pending || r.entry.Kind == loyalty.Reverse && r.entry.From == loyalty.Pending {
		m.State = wire.StatePending
	}
	m.Document.ID = wire.DocumentID(r.key.Document)
	if r.root != r.key.Document.ID {
		m.Document.Corrects = wire.DocumentID(loyalty.Key{Type: r.key.Document.Type, ID: r.root})
	}
	m.Document.Buffered = r.state == loyalty.Buffered
	if r.ofKey.Valid {
		m.Of = wire.PointsID(wire.EntryKey{
			Epoch: r.ofEpoch.Int64, Program: feed.ProgramName, Source: feed.SourceName,
			Document: loyalty.Key{Type: r.ofType.String, ID: r.ofKey.String},
			Line:     r.ofLine.Int64, Rule: r.ofRule.String, Revision: int(r.ofRevision.Int64),
		})
	}
	if doc != nil {
		m.Store = doc.Store
		m.Item = itemOf(doc.LineByKey(r.entry.Line, original), doc.Currency)
	}
	return m
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
