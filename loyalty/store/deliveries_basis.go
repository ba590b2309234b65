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
	documents   map[int64]*basisDocument // also the originals of corrections
	lapses      map[basisLot]loyalty.Date
	contractors map[int64]string // keys
	rules       map[int64]string // names
	ruleSets    map[int64]string // hashes
	epochs      []basisEpoch     // the newest first
	of          map[int64]basisEntry
}

// basisDocument has no store and no lines when it is kept without a body.
type basisDocument struct {
	id       int64
	key      loyalty.Key
	original int64 // of the chain: itself unless it is a correction, 0 when not kept
	wire     wire.Document
	sold
}

// basisLot names a lot: it is an account's, and the original's of a chain.
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

// readDocuments reads documents, and the originals of those that are corrections.
func (b *basis) readDocuments(ctx context.Context, s *Store, entries []loyalty.Entry) error {
	b.documents = make(map[int64]*basisDocument)
	if err := b.addDocuments(ctx, s, distinct(entries, func(e *loyalty.Entry) int64 { return e.Document })); err != nil {
		return err
	}
	var originals []int64
	for _, d := range b.documents {
		if b.documents[d.original] == nil && d.original != 0 {
			originals = append(originals, d.original)
		}
	}
	if len(originals) == 0 {
		return nil
	}
	return b.addDocuments(ctx, s, originals)
}

func (b *basis) addDocuments(ctx context.Context, s *Store, ids []int64) error {
	documents, err := collect(ctx, s.readers, "read documents to deliver",
		`SELECT d.id, d.type, d.erp_key, d.root, d.number, d.date, d.state, d.body, CASE WHEN d.root = d.erp_key THEN d.id
			ELSE (SELECT o.id FROM document o WHERE o.feed_id = d.feed_id AND o.erp_key = d.root AND o.type = d.type) END
		FROM document d WHERE d.id `+s.in("$1"), scanBasisDocument, s.list(ids))
	for _, d := range documents {
		b.documents[d.id] = d
	}
	return err
}

func scanBasisDocument(rows *sql.Rows) (*basisDocument, error) {
	var d basisDocument
	var root string
	var state loyalty.State
	var body sql.NullString
	var original sql.NullInt64
	err := rows.Scan(&d.id, &d.key.Type, &d.key.ID, &root, &d.wire.Number, &d.wire.Date, &state, &body, &original)
	if err != nil {
		return nil, err
	}
	d.original, d.wire.ID, d.wire.Buffered = original.Int64, wire.DocumentID(d.key), state == loyalty.Buffered
	if root != d.key.ID {
		d.wire.Corrects = wire.DocumentID(loyalty.Key{Type: d.key.Type, ID: root})
	}
	if body.Valid {
		d.sold, err = decodeSold(body.String, d.key)
	}
	return &d, err
}

// readLapses reads the lots of all documents there are, after these.
func (b *basis) readLapses(ctx context.Context, s *Store, _ []loyalty.Entry) error {
	type row struct {
		lot    basisLot
		lapses sql.NullInt64
	}
	documents := make([]int64, 0, len(b.documents))
	for id := range b.documents {
		documents = append(documents, id)
	}
	slices.Sort(documents)
	rows, err := collect(ctx, s.readers, "read when points to deliver lapse",
		`SELECT document_id, account_id, lapses_on FROM lot WHERE document_id `+s.in("$1"),
		func(rows *sql.Rows) (r row, err error) {
			err = rows.Scan(&r.lot.document, &r.lot.account, &r.lapses)
			return r, err
		}, s.list(documents))
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

// lapse is the last day of an account's points of a chain, NoDate for never.
func (b *basis) lapse(account, original int64) loyalty.Date {
	if on, ok := b.lapses[basisLot{account: account, document: original}]; ok {
		return on
	}
	return loyalty.NoDate
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
