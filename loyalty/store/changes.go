package store

import (
	"context"
	"database/sql"

	"github.com/loyalsync/loyalsync/loyalty"
)

// LastEntry is the number of the newest entry, 0 for none.
func (s *Store) LastEntry(ctx context.Context) (id int64, err error) {
	if err = s.readers.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM entry`).Scan(&id); err != nil {
		return 0, storeError("read the entries", err)
	}
	return id, nil
}

// Changes sums the entries after one of them by contractor, in code order: what
// a dry run would have done.
func (s *Store) Changes(ctx context.Context, after int64) ([]loyalty.AccountChange, error) {
	return collect(ctx, s.readers, "read the entries", `SELECT c.code, c.name, count(DISTINCT e.document_id),
			sum(CASE WHEN e.to_bucket = 2 THEN e.amount WHEN e.from_bucket = 2 THEN -e.amount ELSE 0 END),
			sum(CASE WHEN e.kind = 5 THEN 0 WHEN e.to_bucket = 3 THEN e.amount WHEN e.from_bucket = 3 THEN -e.amount ELSE 0 END),
			sum(CASE WHEN e.from_bucket = 7 THEN e.amount WHEN e.to_bucket = 7 THEN -e.amount ELSE 0 END),
			sum(CASE WHEN e.to_bucket = 6 THEN e.amount WHEN e.from_bucket = 6 THEN -e.amount ELSE 0 END), p.decimals
		FROM entry e JOIN contractor c ON c.id = e.account_id JOIN feed f ON f.id = c.feed_id JOIN program p ON p.id = f.program_id
		WHERE e.id > $1 GROUP BY c.id, p.id ORDER BY c.code, c.id`,
		func(rows *sql.Rows) (c loyalty.AccountChange, err error) {
			err = rows.Scan(&c.Code, &c.Name, &c.Documents, &c.Pending, &c.Active, &c.Debt, &c.Lapsed, &c.Decimals)
			return c, err
		}, after)
}

// Unscored counts the documents of a feed that give no points, by reason, the most
// frequent first. It reads all documents: it is for a dry run.
func (s *Store) Unscored(ctx context.Context, source, program string) ([]loyalty.ReasonCount, error) {
	return collect(ctx, s.readers, "count the documents", `SELECT d.reason, count(*) FROM document d
		JOIN feed f ON f.id = d.feed_id JOIN source s ON s.id = f.source_id JOIN program p ON p.id = f.program_id
		WHERE s.name = $1 AND p.name = $2 AND d.reason <> '' GROUP BY d.reason ORDER BY count(*) DESC, d.reason`,
		func(rows *sql.Rows) (r loyalty.ReasonCount, err error) { return r, rows.Scan(&r.Reason, &r.Documents) }, source, program)
}

// Detach makes a copy of a store independent of the processes that work on the
// original: their leases and unfinished runs are none of its own.
func (s *Store) Detach(ctx context.Context) error {
	return s.inTx(ctx, func(tx *txn) error {
		for _, query := range []string{
			`DELETE FROM lease`,
			`UPDATE run SET state = 'interrupted' WHERE state IN ('queued', 'running')`,
		} {
			if _, err := tx.ExecContext(ctx, query); err != nil {
				return storeError("detach the copy", err)
			}
		}
		return nil
	})
}

// DocumentEntries returns the entries of documents, in the order of posting.
func (s *Store) DocumentEntries(ctx context.Context, documents []int64) ([]loyalty.PostedEntry, error) {
	return collect(ctx, s.readers, "read the entries", `SELECT e.id, e.account_id, e.document_id, e.line, e.rule_id, e.revision, e.kind,
			e.from_bucket, e.to_bucket, e.amount, e.effective_on, coalesce(e.rule_set_id, 0), coalesce(e.of_id, 0), e.batch_id,
			b.posted_at, coalesce(b.run_id, 0), b.actor, b.reason,
			(SELECT max(p.through_on) FROM period p WHERE p.program_id = a.program_id AND p.last_entry < e.id AND p.through_on >= e.effective_on)
		FROM entry e JOIN batch b ON b.id = e.batch_id JOIN account a ON a.id = e.account_id
		WHERE e.document_id `+s.in("$1")+` ORDER BY e.id`,
		func(rows *sql.Rows) (e loyalty.PostedEntry, err error) {
			var at int64
			var closed sql.NullInt64
			err = rows.Scan(&e.ID, &e.Account, &e.Document, &e.Line, &e.Rule, &e.Revision, &e.Kind, &e.From, &e.To, &e.Amount,
				&e.EffectiveOn, &e.RuleSet, &e.Of, &e.Batch, &at, &e.Run, &e.Actor, &e.Reason, &closed)
			e.PostedAt, e.Closed = instant(at), dateOf(closed)
			return e, err
		}, s.list(documents))
}
