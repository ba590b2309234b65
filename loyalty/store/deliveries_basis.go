package store

import (
	"context"
	"database/sql"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// basis is what a batch of entries stands on: everything that has to be told about
// them and is not in their rows, by its ID.
type basis struct {
	feed        loyalty.Feed
	documents   map[int64]*basisDocument
	originals   map[int64]*loyalty.Document // of corrections, by the correction
	lapses      map[basisLot]loyalty.Date
	contractors map[int64]string // keys
	rules       map[int64]string // names
	ruleSets    map[int64]string // hashes
	epochs      []basisEpoch     // the newest first
	of          map[int64]basisEntry
}

// basisDocument has no store and no lines when it is kept without a body.
type basisDocument struct {
	loyalty.Document
	wire wire.Document
}

// basisLot is a lot by the entries that it is told to: those of an account and a
// document. The lot is the chain's, that is the original's.
type basisLot struct{ account, document int64 }

// basisEpoch is an epoch of the store and the first entry posted in it.
type basisEpoch struct{ epoch, first int64 }

// basisEntry is an entry that another one is about.
type basisEntry struct {
	entry    loyalty.Entry
	document loyalty.Key
}

// basisOf reads what entries stand on, with a few queries whatever their number.
func (s *Store) basisOf(ctx context.Context, feed loyalty.Feed, entries []loyalty.Entry) (*basis, error) {
	b := &basis{feed: feed}
	for _, read := range []func(context.Context, *Store, []loyalty.Entry) error{
		b.readDocuments, b.readLapses, b.readOf, b.readTexts, b.readEpochs,
	} {
		if err := read(ctx, s, entries); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// readDocuments decodes the documents once each, and the originals of those that
// are corrections.
func (b *basis) readDocuments(ctx context.Context, s *Store, entries []loyalty.Entry) error {
	type row struct {
		id   int64
		root string
		doc  *basisDocument
	}
	rows, err := collect(ctx, s.readers, "read documents to deliver",
		`SELECT id, type, erp_key, root, number, date, state, body FROM document WHERE id `+s.in("$1"),
		func(rows *sql.Rows) (row, error) {
			r := row{doc: new(basisDocument)}
			d := r.doc
			var body sql.NullString
			err := rows.Scan(&r.id, &d.Key.Type, &d.Key.ID, &r.root, &d.wire.Number, &d.wire.Date, &d.State, &body)
			if err == nil && body.Valid {
				err = decodeSold(body.String, &d.Document)
			}
			return r, err
		}, s.list(documentsOf(entries)))
	if err != nil {
		return err
	}
	b.documents = make(map[int64]*basisDocument, len(rows))
	var corrections []int64
	for _, r := range rows {
		d := r.doc
		b.documents[r.id] = d
		d.wire.ID, d.wire.Buffered = wire.DocumentID(d.Key), d.State == loyalty.Buffered
		if r.root != d.Key.ID {
			d.wire.Corrects = wire.DocumentID(loyalty.Key{Type: d.Key.Type, ID: r.root})
			corrections = append(corrections, r.id)
		}
	}
	if len(corrections) > 0 {
		b.originals, err = s.originals(ctx, corrections)
	}
	return err
}

func (b *basis) readLapses(ctx context.Context, s *Store, entries []loyalty.Entry) error {
	type row struct {
		lot    basisLot
		lapses sql.NullInt64
	}
	rows, err := collect(ctx, s.readers, "read when points to deliver lapse", `SELECT d.id, l.account_id, l.lapses_on FROM document d
		JOIN lot l ON l.document_id = CASE WHEN d.root = d.erp_key THEN d.id
			ELSE (SELECT o.id FROM document o WHERE o.feed_id = d.feed_id AND o.erp_key = d.root AND o.type = d.type) END
		WHERE d.id `+s.in("$1"),
		func(rows *sql.Rows) (r row, err error) {
			err = rows.Scan(&r.lot.document, &r.lot.account, &r.lapses)
			return r, err
		}, s.list(documentsOf(entries)))
	if err != nil {
		return err
	}
	b.lapses = make(map[basisLot]loyalty.Date, len(rows))
	for _, r := range rows {
		b.lapses[r.lot] = dateOf(r.lapses)
	}
	return nil
}

// readOf reads the entries that others are about.
func (b *basis) readOf(ctx context.Context, s *Store, entries []loyalty.Entry) error {
	ids := distinct(entries, func(e *loyalty.Entry) int64 { return e.Of })
	if len(ids) == 0 {
		return nil
	}
	rows, err := collect(ctx, s.readers, "read what points to deliver are about", `SELECT e.id, e.line, e.rule_id, e.revision, d.type, d.erp_key
		FROM entry e JOIN document d ON d.id = e.document_id WHERE e.id `+s.in("$1"),
		func(rows *sql.Rows) (o basisEntry, err error) {
			err = rows.Scan(&o.entry.ID, &o.entry.Line, &o.entry.Rule, &o.entry.Revision, &o.document.Type, &o.document.ID)
			return o, err
		}, s.list(ids))
	if err != nil {
		return err
	}
	b.of = make(map[int64]basisEntry, len(rows))
	for _, o := range rows {
		b.of[o.entry.ID] = o
	}
	return nil
}

// readTexts reads the keys of contractors, the names of rules, also of those that
// posted what others are about, and the hashes of rule sets.
func (b *basis) readTexts(ctx context.Context, s *Store, entries []loyalty.Entry) (err error) {
	contractors := distinct(entries, func(e *loyalty.Entry) int64 { return e.Account })
	b.contractors, err = s.texts(ctx, "read whose points are to deliver", `SELECT id, erp_key FROM contractor WHERE id `, contractors)
	if err != nil {
		return err
	}
	rules := distinct(entries, func(e *loyalty.Entry) int64 { return e.Rule })
	for _, o := range b.of {
		if !slices.Contains(rules, o.entry.Rule) {
			rules = append(rules, o.entry.Rule)
		}
	}
	b.rules, err = s.texts(ctx, "read the rules of points to deliver", `SELECT id, name FROM rule WHERE id `, rules)
	if err != nil {
		return err
	}
	ruleSets := distinct(entries, func(e *loyalty.Entry) int64 { return e.RuleSet })
	b.ruleSets, err = s.texts(ctx, "read the rule sets of points to deliver", `SELECT id, hash FROM rule_set WHERE id `, ruleSets)
	return err
}

// texts reads a text for each ID; a query ends where the condition on the ID comes.
func (s *Store) texts(ctx context.Context, op, query string, ids []int64) (map[int64]string, error) {
	type row struct {
		id   int64
		text string
	}
	rows, err := collect(ctx, s.readers, op, query+s.in("$1"), func(rows *sql.Rows) (r row, err error) {
		err = rows.Scan(&r.id, &r.text)
		return r, err
	}, s.list(ids))
	if err != nil {
		return nil, err
	}
	out := make(map[int64]string, len(rows))
	for _, r := range rows {
		out[r.id] = r.text
	}
	return out, nil
}

// readEpochs reads all epochs: there is one for every time a backup was put back.
func (b *basis) readEpochs(ctx context.Context, s *Store, _ []loyalty.Entry) (err error) {
	b.epochs, err = collect(ctx, s.readers, "read the epochs of the store", `SELECT epoch, first_entry FROM store_epoch ORDER BY epoch DESC`,
		func(rows *sql.Rows) (e basisEpoch, err error) {
			err = rows.Scan(&e.epoch, &e.first)
			return e, err
		})
	return err
}

// epoch is the one in which an entry was posted.
func (b *basis) epoch(entry int64) int64 {
	for _, e := range b.epochs {
		if e.first <= entry {
			return e.epoch
		}
	}
	return 0
}

// lapse is the last day of an entry's points, NoDate for never.
func (b *basis) lapse(e *loyalty.Entry) loyalty.Date {
	if on, ok := b.lapses[basisLot{account: e.Account, document: e.Document}]; ok {
		return on
	}
	return loyalty.NoDate
}

func documentsOf(entries []loyalty.Entry) []int64 {
	return distinct(entries, func(e *loyalty.Entry) int64 { return e.Document })
}

// distinct are the IDs that entries name, without 0, in order.
func distinct(entries []loyalty.Entry, of func(*loyalty.Entry) int64) []int64 {
	ids := make([]int64, 0, len(entries))
	for i := range entries {
		if id := of(&entries[i]); id != 0 {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
