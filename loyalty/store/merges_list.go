package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// party are the columns of a contractor c, and of its source s, that tell who it is.
func party(c, s string) string {
	return c + `.id, ` + s + `.name, ` + c + `.erp_key, ` + c + `.code, ` + c + `.name, ` + c + `.tax_id, ` + c + `.active`
}

func partyOf(o *loyalty.ContractorOverview) []any {
	return []any{&o.ID, &o.Source, &o.Key, &o.Code, &o.Name, &o.TaxID, &o.Active}
}

// Merges returns the merges of a program, the newest first: those in force, or those that
// were taken back too.
func (s *Store) Merges(ctx context.Context, program int64, undone bool, limit int) ([]loyalty.Merge, error) {
	return s.merges(ctx, `f.program_id = $1 AND ($2 = 1 OR m.undone_at IS NULL) ORDER BY m.operation_id DESC LIMIT $3 + 0`, program, undone, limit)
}

// MergesOf returns the merges in force of an account: into another, or of others into it.
func (s *Store) MergesOf(ctx context.Context, account int64) ([]loyalty.Merge, error) {
	return s.merges(ctx, `(m.from_id = $1 OR m.into_id = $1) AND m.undone_at IS NULL ORDER BY m.operation_id`, account)
}

func (s *Store) merges(ctx context.Context, condition string, args ...any) ([]loyalty.Merge, error) {
	return collect(ctx, s.readers, "list merges", `SELECT m.operation_id, m.actor, m.reason, m.merged_at, m.undone_by, m.undone_at,
			`+party("a", "s")+`, `+party("b", "t")+` FROM account_merge m
		JOIN contractor a ON a.id = m.from_id JOIN feed f ON f.id = a.feed_id JOIN source s ON s.id = f.source_id
		JOIN contractor b ON b.id = m.into_id JOIN feed g ON g.id = b.feed_id JOIN source t ON t.id = g.source_id WHERE `+condition,
		func(rows *sql.Rows) (m loyalty.Merge, err error) {
			var at int64
			var undone sql.NullInt64
			to := append([]any{&m.Operation, &m.Actor, &m.Reason, &at, &m.UndoneBy, &undone}, partyOf(&m.From)...)
			err = rows.Scan(append(to, partyOf(&m.Into)...)...)
			m.MergedAt, m.UndoneAt = instant(at), instantOr(undone)
			return m, err
		}, args...)
}

// MergeProposals returns contractors of a program with the same tax number, each with the
// one of that number which the others would be merged into: that has others merged into
// it, is active, or is known longest. Pairs that somebody dismissed or that wait for a
// second person, and contractors that are merged, are not among them. It reads the
// contractors with a tax number, and no points.
func (s *Store) MergeProposals(ctx context.Context, program int64, limit int) ([]loyalty.MergeProposal, error) {
	const leastDigits = 6 // fewer are no tax number
	return collect(ctx, s.readers, "look for contractors that are one", `SELECT p.tax, `+party("a", "s")+`, `+party("b", "t")+` FROM (
			SELECT k.id, k.tax, first_value(k.id) OVER (PARTITION BY k.tax ORDER BY k.has DESC, k.active DESC, k.id) AS head FROM (
				SELECT c.id, c.active, replace(replace(replace(upper(c.tax_id), '-', ''), ' ', ''), 'PL', '') AS tax,
					CASE WHEN EXISTS (SELECT 1 FROM account_merge m WHERE m.into_id = c.id AND m.undone_at IS NULL) THEN 1 ELSE 0 END AS has
				FROM contractor c JOIN feed f ON f.id = c.feed_id
				WHERE f.program_id = $1 AND c.tax_id <> '' AND c.version > 0
					AND NOT EXISTS (SELECT 1 FROM account_merge m WHERE m.from_id = c.id AND m.undone_at IS NULL)) k
			WHERE length(k.tax) >= $3 AND trim(k.tax, '0') <> '') p
		JOIN contractor a ON a.id = p.id JOIN feed f ON f.id = a.feed_id JOIN source s ON s.id = f.source_id
		JOIN contractor b ON b.id = p.head JOIN feed g ON g.id = b.feed_id JOIN source t ON t.id = g.source_id
		WHERE p.id <> p.head
			AND NOT EXISTS (SELECT 1 FROM merge_dismissed d WHERE d.low_id IN (p.id, p.head) AND d.high_id IN (p.id, p.head))
			AND NOT EXISTS (SELECT 1 FROM operation o WHERE o.program_id = $1 AND o.state = 6 AND o.kind = 5
				AND o.account_id IN (p.id, p.head) AND o.other_id IN (p.id, p.head))
		ORDER BY p.tax, p.id LIMIT $2 + 0`,
		func(rows *sql.Rows) (p loyalty.MergeProposal, err error) {
			err = rows.Scan(append(append([]any{&p.TaxID}, partyOf(&p.From)...), partyOf(&p.Into)...)...)
			return p, err
		}, program, limit, leastDigits)
}

// DismissMerge remembers that two contractors are not one firm: they are not proposed any
// more. Doing it again changes nothing.
func (s *Store) DismissMerge(ctx context.Context, a, b int64, actor, reason string, at time.Time) error {
	return s.inTx(ctx, func(tx *txn) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO merge_dismissed (low_id, high_id, actor, reason, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			min(a, b), max(a, b), actor, reason, micros(at))
		if err != nil {
			return storeError("dismiss a merge", err)
		}
		return nil
	})
}
