package store

import (
	"context"
	"database/sql"
	"slices"
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
	return s.merges(ctx, `f.program_id = $1 AND ($2 = 1 OR m.undone_at IS NULL) ORDER BY m.operation_id DESC LIMIT CAST($3 AS BIGINT)`, program, undone, limit)
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

// MergeProposals returns pairs of contractors of a program that look like one firm, each
// pair once, by its surest sign: first those that the ERP has merged, then those whose
// documents it moved, then those with the same tax number. Pairs that somebody dismissed
// or that wait for a second person, and contractors that are merged, are not among them:
// into one that is merged means into the one that has its points.
func (s *Store) MergeProposals(ctx context.Context, program int64, limit int) ([]loyalty.MergeProposal, error) {
	list, err := s.mergedInERP(ctx, program, limit)
	if err != nil {
		return nil, err
	}
	alike, err := s.sameTaxID(ctx, program, limit)
	if err != nil {
		return nil, err
	}
	pair := func(p loyalty.MergeProposal) [2]int64 {
		return [2]int64{min(p.From.ID, p.Into.ID), max(p.From.ID, p.Into.ID)}
	}
	told := make(map[[2]int64]bool, len(list)+len(alike))
	list = slices.DeleteFunc(append(list, alike...), func(p loyalty.MergeProposal) bool {
		again := told[pair(p)]
		told[pair(p)] = true
		return again
	})
	return list[:min(len(list), limit)], nil
}

// notDecided is a condition on a pair of contractors: nobody dismissed it, and no merge
// of it waits for a second person in the program $1.
func notDecided(a, b string) string {
	pair := `(` + a + `, ` + b + `)`
	return `NOT EXISTS (SELECT 1 FROM merge_dismissed d WHERE d.low_id IN ` + pair + ` AND d.high_id IN ` + pair + `)
		AND NOT EXISTS (SELECT 1 FROM operation o WHERE o.program_id = $1 AND o.state = 6 AND o.kind = 5 AND o.account_id IN ` + pair + ` AND o.other_id IN ` + pair + `)`
}

// mergedInERP returns contractors with points, each with the one that the ERP tells or
// shows to have replaced it. It tells by erp_merge. It shows by documents: originals of
// one that are another's now, most of them that one's, when two or more moved or the one
// is not active or gone in the ERP, and none stays with it of the same days or later. A
// buyer that was put right on one invoice is thus no merge.
func (s *Store) mergedInERP(ctx context.Context, program int64, limit int) ([]loyalty.MergeProposal, error) {
	const several = 2
	return collect(ctx, s.readers, "look for contractors that the ERP has merged", `WITH moved AS (
			SELECT d.feed_id, v.from_key, d.party AS into_key, count(*) AS documents, min(d.date) AS since
			FROM document_moved v JOIN document d ON d.id = v.document_id JOIN feed f ON f.id = d.feed_id
			WHERE f.program_id = $1 AND d.party NOT IN ('', v.from_key) AND d.corrects = '' GROUP BY d.feed_id, v.from_key, d.party),
		shown AS (
			SELECT m.feed_id, m.from_key, m.into_key, m.documents, m.since, row_number() OVER (PARTITION BY m.feed_id, m.from_key ORDER BY m.documents DESC, m.into_key) AS place FROM moved m),
		sign AS (
			SELECT m.feed_id, m.from_key, m.into_key, 1 AS rank FROM erp_merge m JOIN feed f ON f.id = m.feed_id WHERE f.program_id = $1
			UNION ALL SELECT m.feed_id, m.from_key, m.into_key, 2 FROM shown m JOIN contractor c ON c.feed_id = m.feed_id AND c.erp_key = m.from_key
			WHERE m.place = 1 AND (m.documents >= $3 OR c.active = 0)
				AND NOT EXISTS (SELECT 1 FROM document d WHERE d.feed_id = m.feed_id AND d.party = m.from_key AND d.date >= m.since AND d.state <> 4)),
		pair AS (
			SELECT a.id AS from_id, coalesce((SELECT m.into_id FROM account_merge m WHERE m.from_id = b.id AND m.undone_at IS NULL), b.id) AS into_id, x.rank
			FROM sign x JOIN contractor a ON a.feed_id = x.feed_id AND a.erp_key = x.from_key JOIN account h ON h.id = a.id
			JOIN contractor b ON b.feed_id = x.feed_id AND b.erp_key = x.into_key AND b.version > 0
			WHERE NOT EXISTS (SELECT 1 FROM account_merge m WHERE m.from_id = a.id AND m.undone_at IS NULL))
		SELECT p.rank, `+party("a", "s")+`, `+party("b", "t")+` FROM pair p
		JOIN contractor a ON a.id = p.from_id JOIN feed f ON f.id = a.feed_id JOIN source s ON s.id = f.source_id
		JOIN contractor b ON b.id = p.into_id JOIN feed g ON g.id = b.feed_id JOIN source t ON t.id = g.source_id
		WHERE p.from_id <> p.into_id AND `+notDecided("p.from_id", "p.into_id")+`
		ORDER BY p.rank, p.from_id LIMIT CAST($2 AS BIGINT)`,
		func(rows *sql.Rows) (p loyalty.MergeProposal, err error) {
			var rank int
			err = rows.Scan(append(append([]any{&rank}, partyOf(&p.From)...), partyOf(&p.Into)...)...)
			if p.Sign = loyalty.MergedInERP; rank > 1 {
				p.Sign = loyalty.MovedDocuments
			}
			return p, err
		}, program, 2*limit, several)
}

// sameTaxID returns contractors with the same tax number, each with the one of that
// number which the others would be merged into: that has others merged into it, is
// active, or is known longest. It reads the contractors with a tax number, and no points.
func (s *Store) sameTaxID(ctx context.Context, program int64, limit int) ([]loyalty.MergeProposal, error) {
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
			AND `+notDecided("p.id", "p.head")+`
		ORDER BY p.tax, p.id LIMIT CAST($2 AS BIGINT)`,
		func(rows *sql.Rows) (p loyalty.MergeProposal, err error) {
			p.Sign = loyalty.SameTaxID
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
