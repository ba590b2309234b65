package store

import (
	"context"
	"database/sql"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// ReceivedPoints returns the items of points that came from a source of a program,
// applied or waiting, after an ID and in the order of IDs: at most limit. Feed names
// the two; one that is not known has sent nothing.
func (s *Store) ReceivedPoints(ctx context.Context, feed loyalty.Feed, after string, limit int) (wire.Held, error) {
	items, err := collect(ctx, s.readers, "list what was received", `
		SELECT i.id, i.document, i.of_item, i.points, coalesce(i.body, ''), coalesce(e.kind, 0), coalesce(e.from_bucket, 0), coalesce(e.to_bucket, 0),
			coalesce(e.effective_on, 0), coalesce(c.erp_key, ''), coalesce(r.name, ''), coalesce(d.type, ''), coalesce(d.erp_key, ''),
			coalesce(d.root, ''), coalesce(d.number, ''), coalesce(d.date, 0), l.lapses_on
		FROM (SELECT i.* FROM received_item i JOIN feed f ON f.id = i.feed_id JOIN program p ON p.id = f.program_id JOIN source s ON s.id = f.source_id
			WHERE p.name = $1 AND s.name = $2 AND i.id > $3 ORDER BY i.id LIMIT CAST($4 AS BIGINT)) i
		LEFT JOIN entry e ON e.id = i.entry_id LEFT JOIN rule r ON r.id = e.rule_id LEFT JOIN document d ON d.id = e.document_id
		LEFT JOIN contractor c ON c.id = `+entryOwner+` LEFT JOIN lot l ON l.document_id = d.id AND l.account_id = c.id
		ORDER BY i.id`, func(rows *sql.Rows) (wire.Movement, error) { return scanHeld(rows, feed.Decimals) },
		feed.ProgramName, feed.SourceName, after, limit)
	held := wire.Held{Items: items}
	if len(items) == limit {
		held.Next = items[limit-1].ID
	}
	return held, err
}

// scanHeld puts an item together again: out of its first entry, or as it came while
// it waits.
func scanHeld(rows *sql.Rows, decimals int) (m wire.Movement, err error) {
	var body, root string
	var key loyalty.Key
	var points loyalty.Points
	var e loyalty.Entry
	var lapses sql.NullInt64
	err = rows.Scan(&m.ID, &m.Document.ID, &m.Of, &points, &body, &e.Kind, &e.From, &e.To, &e.EffectiveOn, &m.Contractor, &m.Rule,
		&key.Type, &key.ID, &root, &m.Document.Number, &m.Document.Date, &lapses)
	if err != nil {
		return m, err
	}
	if body != "" {
		return wire.DecodeMovement(body)
	}
	m.Kind, m.State, m.Points = e.Kind.String(), wire.StateActive, points.Format(decimals)
	if e.To == loyalty.Pending || e.Kind == loyalty.Reverse && e.From == loyalty.Pending {
		m.State = wire.StatePending
	}
	if root != key.ID {
		m.Document.Corrects = wire.DocumentID(loyalty.Key{Type: key.Type, ID: root})
	}
	m.EffectiveOn, m.LapsesOn = e.EffectiveOn, dateOf(lapses)
	return m, nil
}

// Unreconciled says in which epoch the store is and after which item the comparison
// of a platform with a feed goes on; false when nothing has to be compared: no backup
// was put back, or the platform agrees since.
func (s *Store) Unreconciled(ctx context.Context, feed loyalty.Feed, platform string) (epoch int64, after string, due bool, err error) {
	var epochs, compared int64
	var done bool
	err = s.readers.QueryRowContext(ctx, `SELECT m.epoch, (SELECT count(*) FROM store_epoch), coalesce(r.epoch, 0), coalesce(r.after, ''), coalesce(r.done, 0)
		FROM store_meta m LEFT JOIN reconciled r ON r.platform = $1 AND r.feed_id = $2`, platform, feed.ID).Scan(&epoch, &epochs, &compared, &after, &done)
	if err != nil {
		return 0, "", false, storeError("look how far a platform is compared", err)
	}
	if compared != epoch {
		return epoch, "", epochs > 1, nil
	}
	return epoch, after, !done, nil
}

// RecordReconciled keeps how far the comparison of a platform has come.
func (s *Store) RecordReconciled(ctx context.Context, feed loyalty.Feed, platform, after string, done bool) error {
	_, err := s.exec(ctx, `INSERT INTO reconciled (platform, feed_id, epoch, after, done) SELECT $1, $2, epoch, $3, $4 FROM store_meta WHERE id = 1
		ON CONFLICT (platform, feed_id) DO UPDATE SET epoch = excluded.epoch, after = excluded.after, done = excluded.done`, platform, feed.ID, after, done)
	if err != nil {
		return storeError("note how far a platform is compared", err)
	}
	return nil
}

// AcceptHeld takes what a platform has as it is: nothing is compared in this epoch of
// the store.
func (s *Store) AcceptHeld(ctx context.Context, platform string) error {
	_, err := s.exec(ctx, `INSERT INTO reconciled (platform, feed_id, epoch, after, done) SELECT $1, f.id, m.epoch, '', 1 FROM feed f, store_meta m WHERE true
		ON CONFLICT (platform, feed_id) DO UPDATE SET epoch = excluded.epoch, after = excluded.after, done = excluded.done`, platform)
	if err != nil {
		return storeError("accept what a platform has", err)
	}
	return nil
}

// Resend begins the queues of a platform anew: everything is sent to it again.
func (s *Store) Resend(ctx context.Context, platform string) error {
	if _, err := s.exec(ctx, `DELETE FROM delivery_position WHERE platform = $1`, platform); err != nil {
		return storeError("begin deliveries anew", err)
	}
	return nil
}

// KnownPoints says which of the keys are of entries that are here, posted in the
// epoch that the key names.
func (s *Store) KnownPoints(ctx context.Context, feed loyalty.Feed, keys []wire.EntryKey) ([]bool, error) {
	entries, err := s.entriesByKey(ctx, feed, keys)
	if err != nil {
		return nil, err
	}
	known := make([]bool, len(keys))
	for i, id := range entries {
		known[i] = id != 0
	}
	return known, nil
}

// entriesByKey finds entries by their keys and epochs; 0 for those that are not here.
func (s *Store) entriesByKey(ctx context.Context, feed loyalty.Feed, keys []wire.EntryKey) ([]int64, error) {
	b := &basis{}
	if err := b.readEpochs(ctx, s, nil); err != nil {
		return nil, err
	}
	asked := make([][6]any, len(keys))
	for i, k := range keys {
		asked[i] = [6]any{i, k.Document.Type, k.Document.ID, k.Line, k.Rule, k.Revision}
	}
	type found struct {
		at    int
		entry int64
	}
	rows, err := collect(ctx, s.readers, "look for entries", `SELECT `+s.part(0, "BIGINT")+`, e.id FROM `+s.tuples("$3")+`
		JOIN document d ON d.feed_id = $1 AND d.erp_key = `+s.part(2, "TEXT")+` AND d.type = `+s.part(1, "TEXT")+`
		JOIN rule r ON r.program_id = $2 AND r.name = `+s.part(4, "TEXT")+`
		JOIN entry e ON e.document_id = d.id AND e.line = `+s.part(3, "BIGINT")+` AND e.rule_id = r.id AND e.revision = `+s.part(5, "BIGINT"),
		func(rows *sql.Rows) (f found, err error) {
			err = rows.Scan(&f.at, &f.entry)
			return f, err
		}, feed.ID, feed.Program, jsonList(asked))
	if err != nil {
		return nil, err
	}
	entries := make([]int64, len(keys))
	for _, f := range rows {
		if b.epoch(f.entry) == keys[f.at].Epoch {
			entries[f.at] = f.entry
		}
	}
	return entries, nil
}

// PointsByKey returns, for each key, the item as it is sent from here; one with Ref 0
// where the ledger has no such entry.
func (s *Store) PointsByKey(ctx context.Context, q wire.Queue, keys []wire.EntryKey) ([]wire.Outgoing, error) {
	entries, err := s.entriesByKey(ctx, q.Feed, keys)
	if err != nil {
		return nil, err
	}
	items, err := s.PointsByRef(ctx, q, entries)
	if err != nil {
		return nil, err
	}
	by := make(map[int64]wire.Outgoing, len(items))
	for _, it := range items {
		by[it.Ref] = it
	}
	out := make([]wire.Outgoing, len(keys))
	for i, id := range entries {
		out[i] = by[id]
	}
	return out, nil
}

// PointsByRef returns entries as they are sent, by number; those of other kinds, which
// do not travel, are left out.
func (s *Store) PointsByRef(ctx context.Context, q wire.Queue, refs []int64) ([]wire.Outgoing, error) {
	return s.outgoing(ctx, q, s.byRef(refs))
}

// TakenPoints returns the numbers of entries that a platform has taken by what is
// recorded here, after one and up to another one, in order: at most limit. What it
// refused for good is left out.
func (s *Store) TakenPoints(ctx context.Context, q wire.Queue, after, through int64, limit int) ([]int64, error) {
	return collect(ctx, s.readers, "read what was delivered", `SELECT e.id FROM entry e JOIN document d ON d.id = e.document_id
		WHERE +d.feed_id = $1 AND e.kind IN (1, 2, 3) AND e.id > $2 AND e.id <= $3
		AND NOT EXISTS (SELECT 1 FROM dead_letter l WHERE l.platform = $5 AND l.feed_id = $1 AND l.kind = $6 AND l.ref = e.id)
		ORDER BY e.id LIMIT CAST($4 AS BIGINT)`, func(rows *sql.Rows) (id int64, err error) { err = rows.Scan(&id); return id, err },
		q.Feed.ID, after, through, limit, q.Platform, string(q.Kind))
}

// Delivered says up to which entry a platform has taken points, how many of the feed
// wait behind it, and how many it refused for good.
func (s *Store) Delivered(ctx context.Context, q wire.Queue) (through, waiting, refused int64, err error) {
	if through, err = s.position(ctx, q); err != nil {
		return 0, 0, 0, err
	}
	err = s.readers.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM entry e JOIN document d ON d.id = e.document_id
			WHERE +d.feed_id = $1 AND e.kind IN (1, 2, 3) AND e.id > $2),
		(SELECT count(*) FROM dead_letter WHERE platform = $3 AND feed_id = $1 AND kind = $4)`, q.Feed.ID, through, q.Platform, string(q.Kind)).Scan(&waiting, &refused)
	if err != nil {
		err = storeError("read what was delivered", err)
	}
	return through, waiting, refused, err
}

// FeedPlatforms are the names of the platforms that a feed was ever sent to.
func (s *Store) FeedPlatforms(ctx context.Context, feed loyalty.Feed) ([]string, error) {
	return collect(ctx, s.readers, "read the deliveries", `SELECT DISTINCT platform FROM delivery_position WHERE feed_id = $1 ORDER BY platform`,
		func(rows *sql.Rows) (name string, err error) { err = rows.Scan(&name); return name, err }, feed.ID)
}
