package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Fingerprints returns what the feed's documents and contractors were last
// mapped by.
func (s *Store) Fingerprints(ctx context.Context, feed loyalty.Feed) (people, documents string, err error) {
	err = s.readers.QueryRowContext(ctx, `SELECT people_fp, documents_fp FROM feed WHERE id = $1`, feed.ID).Scan(&people, &documents)
	if err != nil {
		return "", "", storeError("read the feed", err)
	}
	return people, documents, nil
}

// SavePeopleFingerprint notes that every contractor was decided by this mapping.
func (s *Store) SavePeopleFingerprint(ctx context.Context, feed loyalty.Feed, lease loyalty.Lease, fp string) error {
	return s.inTx(ctx, func(tx *txn) error {
		if err := checkLease(ctx, tx, lease); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE feed SET people_fp = $1 WHERE id = $2`, fp, feed.ID); err != nil {
			return storeError("note the mapping", err)
		}
		return nil
	})
}

// SaveDocumentsFingerprint notes how documents are mapped from now on; when
// that differs from before, every document is put on the re-evaluate queue, in
// the same transaction.
func (s *Store) SaveDocumentsFingerprint(ctx context.Context, feed loyalty.Feed, lease loyalty.Lease, fp string) (queued int, err error) {
	err = s.inTx(ctx, func(tx *txn) error {
		if err := checkLease(ctx, tx, lease); err != nil {
			return err
		}
		var stored string
		if err := tx.QueryRowContext(ctx, `SELECT documents_fp FROM feed WHERE id = $1`, feed.ID).Scan(&stored); err != nil {
			return storeError("read the feed", err)
		}
		if stored == fp {
			return nil
		}
		if _, err := tx.ExecContext(ctx, `UPDATE feed SET documents_fp = $1, version = version + 1 WHERE id = $2`, fp, feed.ID); err != nil {
			return storeError("note the mapping", err)
		}
		if stored == "" { // the first run: nothing was mapped in another way
			return nil
		}
		result, err := tx.ExecContext(ctx, `INSERT INTO reevaluate (feed_id, document_id)
			SELECT feed_id, id FROM document WHERE feed_id = $1 ON CONFLICT DO NOTHING`, feed.ID)
		if err != nil {
			return storeError("queue documents", err)
		}
		n, err := result.RowsAffected()
		queued = int(n)
		return err
	})
	return queued, err
}

// Queued returns documents on the re-evaluate queue, oldest first.
func (s *Store) Queued(ctx context.Context, feed loyalty.Feed, limit int) ([]loyalty.StoredDocument, error) {
	return collect(ctx, s.readers, "read the queue", `SELECT `+documentColumns+` FROM reevaluate r JOIN document d ON d.id = r.document_id
		WHERE r.feed_id = $1 ORDER BY r.document_id LIMIT CAST($2 AS BIGINT)`, scanDocument, feed.ID, limit)
}

// QueueWithoutParty puts documents that name nobody the store knows on the
// re-evaluate queue: a contractor whose code they carry may be known now.
func (s *Store) QueueWithoutParty(ctx context.Context, feed loyalty.Feed, lease loyalty.Lease) error {
	if err := s.EndFill(ctx); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *txn) error {
		if err := checkLease(ctx, tx, lease); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO reevaluate (feed_id, document_id)
			SELECT feed_id, id FROM document WHERE feed_id = $1 AND party = '' AND reason = $2 ON CONFLICT DO NOTHING`,
			feed.ID, string(loyalty.ReasonNoContractor))
		if err != nil {
			return storeError("queue documents", err)
		}
		return bumpFeed(ctx, tx, feed.ID)
	})
}

// QueueLength counts documents on the re-evaluate queue.
func (s *Store) QueueLength(ctx context.Context, feed loyalty.Feed) (n int, err error) {
	if err = s.readers.QueryRowContext(ctx, `SELECT count(*) FROM reevaluate WHERE feed_id = $1`, feed.ID).Scan(&n); err != nil {
		return 0, storeError("read the queue", err)
	}
	return n, nil
}

// StoredKeys returns the stored documents with these keys, as a sweep compares
// them.
func (s *Store) StoredKeys(ctx context.Context, feed loyalty.Feed, keys []loyalty.Key) (map[loyalty.Key]loyalty.StoredKey, error) {
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
	}
	rows, err := collect(ctx, s.readers, "read documents", `SELECT id, type, erp_key, digest, state, reason FROM document
		WHERE feed_id = $1 AND erp_key `+s.in("$2"), scanKey, feed.ID, s.list(ids))
	if err != nil {
		return nil, err
	}
	out := make(map[loyalty.Key]loyalty.StoredKey, len(rows))
	for _, r := range rows {
		out[r.Key] = r
	}
	return out, nil
}

func scanKey(rows *sql.Rows) (k loyalty.StoredKey, err error) {
	err = rows.Scan(&k.ID, &k.Key.Type, &k.Key.ID, &k.Digest, &k.State, &k.Reason)
	return k, err
}

// SweepKeys returns documents that a sweep of a window has to account for:
// issued on from or later, or in the buffer, and not known as deleted; after an
// ID, in its order.
func (s *Store) SweepKeys(ctx context.Context, feed loyalty.Feed, from loyalty.Date, after int64, limit int) ([]loyalty.StoredKey, error) {
	return collect(ctx, s.readers, "read documents", `SELECT id, type, erp_key, digest, state, reason FROM document
		WHERE feed_id = $1 AND id > $2 AND (issued_on >= $3 OR state = 1) AND state <> 4 ORDER BY id LIMIT CAST($4 AS BIGINT)`,
		scanKey, feed.ID, after, int64(from), limit)
}

// Documents returns stored documents by ID.
func (s *Store) Documents(ctx context.Context, ids []int64) ([]loyalty.StoredDocument, error) {
	return collect(ctx, s.readers, "read documents", `SELECT `+documentColumns+` FROM document d
		WHERE d.id `+s.in("$1")+` ORDER BY d.id`, scanDocument, s.list(ids))
}

// Outstanding sums a program's pending and active points: what a guard compares
// reversals with.
func (s *Store) Outstanding(ctx context.Context, program int64) (p loyalty.Points, err error) {
	err = s.readers.QueryRowContext(ctx, `SELECT coalesce(sum(pending + active), 0) FROM account WHERE program_id = $1`, program).Scan(&p)
	if err != nil {
		return 0, storeError("read the points outstanding", err)
	}
	return p, nil
}

// WaitingRun is a run over a feed that was stopped by the guard and waits for a
// person; 0 when there is none.
func (s *Store) WaitingRun(ctx context.Context, feed loyalty.Feed) (id int64, err error) {
	err = s.readers.QueryRowContext(ctx, `SELECT coalesce(max(r.id), 0) FROM job_state j JOIN run r ON r.id = j.guarded
		WHERE j.guarded <> 0 AND r.source = $1 AND r.program = $2`, feed.SourceName, feed.ProgramName).Scan(&id)
	if err != nil {
		return 0, storeError("read the jobs that wait", err)
	}
	return id, nil
}

// SetCursor moves the cursor without a page, for a pass that found nothing.
func (s *Store) SetCursor(ctx context.Context, feed loyalty.Feed, lease loyalty.Lease, c loyalty.Cursor) error {
	return s.inTx(ctx, func(tx *txn) error {
		if err := checkLease(ctx, tx, lease); err != nil {
			return err
		}
		if err := saveCursor(ctx, tx, feed.ID, c); err != nil {
			return fmt.Errorf("move the cursor: %w", err)
		}
		return nil
	})
}
