package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// NextDeliveries returns about limit items after a position, 0 for the queue's
// recorded one, in order: more only when several share the last position. No items
// and Through 0 is the end.
func (s *Store) NextDeliveries(ctx context.Context, q wire.Queue, after int64, limit int) (wire.Batch, error) {
	var err error
	if after == 0 {
		if after, err = s.position(ctx, q); err != nil {
			return wire.Batch{}, err
		}
	}
	var end int64 // known before the items are read: what is posted later has a larger number
	if q.Kind == wire.Points {
		if end, err = s.lastEntry(ctx); err != nil || end <= after {
			return wire.Batch{}, err
		}
	}
	items, err := s.outgoing(ctx, q, following(after, limit))
	if err != nil {
		return wire.Batch{}, err
	}
	batch := wire.Batch{Items: items}
	if len(items) > 0 {
		batch.Through = items[len(items)-1].Position
	}
	if q.Kind == wire.Points && len(items) < limit { // entries beyond are other feeds'
		batch.Through = max(batch.Through, end)
	}
	return batch, nil
}

// RequeuedDeliveries returns at most limit dead letters that were asked to be
// sent again, as they would be sent today, under the IDs they always had
// (law 10).
func (s *Store) RequeuedDeliveries(ctx context.Context, q wire.Queue, limit int) ([]wire.Outgoing, error) {
	refs, err := collect(ctx, s.readers, "read the dead letters", `SELECT ref FROM dead_letter
		WHERE platform = $1 AND feed_id = $2 AND kind = $3 AND state = 'requeued' ORDER BY ref LIMIT CAST($4 AS BIGINT)`,
		func(rows *sql.Rows) (ref int64, err error) { err = rows.Scan(&ref); return ref, err },
		q.Platform, q.Feed.ID, string(q.Kind), limit)
	if err != nil || len(refs) == 0 {
		return nil, err
	}
	return s.outgoing(ctx, q, s.byRef(refs))
}

// RecordDeliveries commits what a batch came to in one transaction: the position
// forward, letters for what was refused, no more letters for what was delivered.
// Who takes something is not blocked any more.
func (s *Store) RecordDeliveries(ctx context.Context, q wire.Queue, p wire.Progress) error {
	return s.inTx(ctx, func(tx *txn) error {
		if err := movePosition(ctx, tx, q, p.Through); err != nil {
			return err
		}
		if len(p.Delivered) > 0 || len(p.Dead) > 0 {
			if _, err := tx.ExecContext(ctx, `DELETE FROM platform_state WHERE platform = $1`, q.Platform); err != nil {
				return storeError("unblock the platform", err)
			}
		}
		if err := buryLetters(ctx, tx, q, p.Dead, micros(s.cfg.Now())); err != nil {
			return err
		}
		return dropLetters(ctx, tx, q, p.Delivered)
	})
}

// movePosition never goes back: a process that slept may come late.
func movePosition(ctx context.Context, tx *txn, q wire.Queue, through int64) error {
	if through == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO delivery_position (platform, feed_id, kind, position) VALUES ($1, $2, $3, $4)
		ON CONFLICT (platform, feed_id, kind) DO UPDATE SET position = excluded.position
		WHERE excluded.position > delivery_position.position`, q.Platform, q.Feed.ID, string(q.Kind), through)
	if err != nil {
		return storeError("move the position of deliveries", err)
	}
	return nil
}

func buryLetters(ctx context.Context, tx *txn, q wire.Queue, letters []wire.Letter, now int64) error {
	for _, l := range letters {
		_, err := tx.ExecContext(ctx, `INSERT INTO dead_letter
			(platform, feed_id, kind, item, ref, account_id, code, message, attempts, first_at, last_at, state)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9, 'dead')
			ON CONFLICT (platform, feed_id, kind, item) DO UPDATE SET code = excluded.code, message = excluded.message,
				attempts = dead_letter.attempts + 1, last_at = excluded.last_at, state = 'dead'`,
			q.Platform, q.Feed.ID, string(q.Kind), l.Item.ID, l.Item.Ref, l.Item.Account, l.Code, l.Message, now)
		if err != nil {
			return storeError("keep a dead letter", err)
		}
	}
	return nil
}

func dropLetters(ctx context.Context, tx *txn, q wire.Queue, delivered []wire.Outgoing) error {
	var letters bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM dead_letter WHERE platform = $1 AND feed_id = $2 AND kind = $3)`,
		q.Platform, q.Feed.ID, string(q.Kind)).Scan(&letters)
	if err != nil {
		return storeError("read the dead letters", err)
	}
	if !letters || len(delivered) == 0 {
		return nil
	}
	ids := make([]string, len(delivered))
	for i, it := range delivered {
		ids[i] = it.ID
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM dead_letter WHERE platform = $1 AND feed_id = $2 AND kind = $3
		AND item `+tx.in("$4"), q.Platform, q.Feed.ID, string(q.Kind), tx.list(ids))
	if err != nil {
		return storeError("drop the delivered dead letters", err)
	}
	return nil
}

// OpenQueues notes that a feed is delivered to a platform, so that what waits is
// seen before the platform has taken anything.
func (s *Store) OpenQueues(ctx context.Context, feed loyalty.Feed, platform string, kinds []wire.Kind) error {
	var open int
	err := s.readers.QueryRowContext(ctx, `SELECT count(*) FROM delivery_position WHERE platform = $1 AND feed_id = $2`, platform, feed.ID).Scan(&open)
	if err != nil {
		return storeError("open the deliveries", err)
	}
	if open >= len(kinds) {
		return nil
	}
	return s.inTx(ctx, func(tx *txn) error {
		for _, kind := range kinds {
			if _, err := tx.ExecContext(ctx, `INSERT INTO delivery_position (platform, feed_id, kind, position) VALUES ($1, $2, $3, 0)
				ON CONFLICT DO NOTHING`, platform, feed.ID, string(kind)); err != nil {
				return storeError("open the deliveries", err)
			}
		}
		return nil
	})
}

// AcknowledgeDeliveries moves a queue to its end without sending anything and
// returns how many items that were: the embedded panel reads these tables.
func (s *Store) AcknowledgeDeliveries(ctx context.Context, q wire.Queue) (int, error) {
	var count int
	err := s.inTx(ctx, func(tx *txn) error {
		var after int64
		if err := scanPosition(tx.QueryRowContext(ctx, positionQuery, q.Platform, q.Feed.ID, string(q.Kind)), &after); err != nil {
			return err
		}
		var end sql.NullInt64
		from, column := waiting(q.Kind)
		err := tx.QueryRowContext(ctx, `SELECT count(*), max(`+column+`) `+from, after, q.Feed.ID).Scan(&count, &end)
		if err != nil {
			return storeError("count what is not delivered", err)
		}
		if q.Kind == wire.Points { // beyond are other feeds' entries, not to be counted again
			err = tx.QueryRowContext(ctx, `SELECT max(id) FROM entry`).Scan(&end)
		}
		if err != nil {
			return storeError("read the last entry", err)
		}
		return movePosition(ctx, tx, q, end.Int64)
	})
	if err != nil {
		return 0, err
	}
	return count, nil
}

// waiting is what a queue holds after position $1 of feed $2, and the column
// that positions count over. The + keeps the reading in the order of entries.
func waiting(kind wire.Kind) (from, column string) {
	switch kind {
	case wire.Contractors:
		return `FROM contractor c WHERE c.version > $1 AND c.feed_id = $2`, "c.version"
	case wire.Representatives:
		return `FROM representative r WHERE r.version > $1 AND r.feed_id = $2`, "r.version"
	case wire.Accounts:
		return `FROM account a JOIN contractor c ON c.id = a.id WHERE a.seq > $1 AND c.feed_id = $2`, "a.seq"
	case wire.Points:
	}
	return `FROM entry e JOIN document d ON d.id = e.document_id WHERE e.id > $1 AND +d.feed_id = $2 AND e.kind IN (1, 2, 3)`, "e.id"
}

// BlockPlatform remembers why a platform refuses everything. A platform that is
// blocked already keeps the instant it was first seen so.
func (s *Store) BlockPlatform(ctx context.Context, platform, reason string) error {
	return s.inTx(ctx, func(tx *txn) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO platform_state (platform, blocked_since, reason) VALUES ($1, $2, $3)
			ON CONFLICT (platform) DO UPDATE SET reason = excluded.reason`, platform, micros(s.cfg.Now()), reason)
		if err != nil {
			return storeError("block the platform", err)
		}
		return nil
	})
}

const positionQuery = `SELECT position FROM delivery_position WHERE platform = $1 AND feed_id = $2 AND kind = $3`

func (s *Store) position(ctx context.Context, q wire.Queue) (after int64, err error) {
	err = scanPosition(s.readers.QueryRowContext(ctx, positionQuery, q.Platform, q.Feed.ID, string(q.Kind)), &after)
	return after, err
}

func scanPosition(row *sql.Row, after *int64) error {
	if err := row.Scan(after); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return storeError("read the position of deliveries", err)
	}
	return nil
}

func (s *Store) lastEntry(ctx context.Context) (last int64, err error) {
	if err := s.readers.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM entry`).Scan(&last); err != nil {
		return 0, storeError("read the last entry", err)
	}
	return last, nil
}
