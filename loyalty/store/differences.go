package store

import (
	"context"
	"database/sql"

	"github.com/loyalsync/loyalsync/loyalty"
)

// LineDifferences tells what entries after one of them, mark, change of what was posted
// before: by document, line, rule and account. It takes the documents of at most limit
// entries after another one, each where its first entry is, and returns the last of
// those entries; 0 is the end. This is for a copy on which documents were scored anew.
func (s *Store) LineDifferences(ctx context.Context, feed loyalty.Feed, mark, after int64, limit int) ([]loyalty.Difference, int64, error) {
	after = max(after, mark)
	var last int64
	err := s.readers.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM (SELECT id FROM entry WHERE id > $1 ORDER BY id LIMIT CAST($2 AS BIGINT)) e`, after, limit).Scan(&last)
	if err != nil {
		return nil, 0, storeError("read the entries", err)
	}
	if last == 0 {
		return nil, 0, nil
	}
	found, err := collect(ctx, s.readers, "compare the entries", lineDifferences, func(rows *sql.Rows) (d loyalty.Difference, err error) {
		var before, now [2]loyalty.Points // pending, active
		var moved int64
		err = rows.Scan(&d.Document.Type, &d.Document.ID, &d.Number, &d.Line, &d.Rule, &d.Account, &d.Contractor,
			&before[0], &before[1], &now[0], &now[1], &moved)
		d.Posted, d.Desired, d.Kind = before[0]+before[1], now[0]+now[1], loyalty.LineDifferent
		switch {
		case before == now && moved == 0:
			d.Kind = "" // taken back and given again, as it was
		case before == [2]loyalty.Points{}:
			d.Kind = loyalty.LineMissing
		case now == [2]loyalty.Points{}:
			d.Kind = loyalty.LineExtra
		}
		return d, err
	}, feed.ID, mark, after, last)
	kept := found[:0]
	for _, d := range found {
		if d.Kind != "" {
			kept = append(kept, d)
		}
	}
	return kept, last, err
}

// lineDifferences sums as postedLines does, up to an entry and altogether. What is posted
// of another day than before is a difference, though the points be the same.
const lineDifferences = `WITH changed AS (SELECT DISTINCT e.document_id AS id FROM entry e JOIN document d ON d.id = e.document_id
		WHERE e.id > $3 AND e.id <= $4 AND e.kind IN (1, 2, 3) AND d.feed_id = $1
		AND NOT EXISTS (SELECT 1 FROM entry o WHERE o.document_id = e.document_id AND o.id > $2 AND o.id <= $3 AND o.kind IN (1, 2, 3))),
	parts AS (SELECT e.document_id, e.line, e.rule_id, ` + entryOwner + ` AS account_id, e.effective_on, e.id <= $2 AS posted, e.id > $2 AS fresh,
			CASE WHEN e.to_bucket = 2 THEN e.amount WHEN e.from_bucket = 2 THEN -e.amount ELSE 0 END AS pending,
			CASE WHEN e.from_bucket IN (1, 2) AND e.to_bucket NOT IN (1, 2) THEN e.amount
				WHEN e.to_bucket = 1 AND e.from_bucket <> 2 THEN -e.amount ELSE 0 END AS active
		FROM entry e JOIN changed c ON c.id = e.document_id JOIN document d ON d.id = e.document_id WHERE e.kind <> 5),
	days AS (SELECT document_id, line, rule_id, account_id, effective_on,
			sum(CASE WHEN posted THEN pending ELSE 0 END) AS was_pending, sum(CASE WHEN posted THEN active ELSE 0 END) AS was_active,
			sum(pending) AS pending, sum(active) AS active, max(CASE WHEN fresh THEN 1 ELSE 0 END) AS fresh
		FROM parts GROUP BY 1, 2, 3, 4, 5)
	SELECT d.type, d.erp_key, d.number, x.line, coalesce(r.name, ''), x.account_id, c.code, sum(x.was_pending), sum(x.was_active), sum(x.pending), sum(x.active),
		max(CASE WHEN x.was_pending <> x.pending OR x.was_active <> x.active THEN 1 ELSE 0 END)
	FROM days x JOIN document d ON d.id = x.document_id JOIN contractor c ON c.id = x.account_id LEFT JOIN rule r ON r.id = x.rule_id
	GROUP BY d.id, d.type, d.erp_key, d.number, x.line, x.rule_id, r.name, x.account_id, c.code HAVING max(x.fresh) = 1
	ORDER BY d.id, x.line, r.name, x.account_id`

// CompareBalances compares the balances of a program with its entries and lots, of one
// instant: the first breaches, and how many there are of each kind.
func (s *Store) CompareBalances(ctx context.Context, program int64) ([]loyalty.Breach, map[loyalty.BreachKind]int64, error) {
	v := verification{counts: make(map[loyalty.BreachKind]int64)}
	err := s.inRead(ctx, func(tx *txn) error {
		v.tx = tx
		return v.accounts(ctx, program)
	})
	return v.proof.Breaches, v.counts, err
}

// rebuilt is how many balances one transaction computes anew.
const rebuilt = 500

// RebuildBalances computes the balances of a program anew that are not the sums of their
// entries, and returns how many. Entries, which are the truth, stay as they are; so do
// lots.
func (s *Store) RebuildBalances(ctx context.Context, lease loyalty.Lease, program int64) (n int64, err error) {
	after, through := sql.NullInt64{}, sql.NullInt64{}
	for {
		if after, through, err = nextAccounts(ctx, s.readers, through.Int64); err != nil || !after.Valid {
			return n, err
		}
		for {
			var changed int64
			err := s.inTx(ctx, func(tx *txn) (err error) {
				if err := checkLease(ctx, tx, lease); err != nil {
					return err
				}
				changed, err = rebuild(ctx, tx, after.Int64, through.Int64, program)
				return err
			})
			if n += changed; err != nil {
				return n, err
			}
			if changed < rebuilt {
				break
			}
		}
	}
}

func rebuild(ctx context.Context, tx *txn, from, through, program int64) (int64, error) {
	wrong, err := collect(ctx, tx, "compare balances", balancesWrong, func(rows *sql.Rows) (id int64, err error) {
		var code, name string
		var all int64
		err = rows.Scan(&id, &code, &name, &all)
		return id, err
	}, from, through, rebuilt, program)
	if err != nil || len(wrong) == 0 {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE account SET pending = coalesce(e.pending, 0), active = coalesce(e.active, 0), held = coalesce(e.held, 0),
			spent = coalesce(e.spent, 0), lapsed = coalesce(e.lapsed, 0), debt = coalesce(e.debt, 0), seq = (SELECT coalesce(max(id), 0) FROM entry)
		FROM (SELECT a.id, b.pending, b.active, b.held, b.spent, b.lapsed, b.debt FROM account a LEFT JOIN `+entriesOf+` b ON b.account_id = a.id
			WHERE a.id `+tx.in("$3")+`) e
		WHERE account.id = e.id`, from, through, tx.list(wrong))
	if err != nil {
		return 0, storeError("compute balances anew", err)
	}
	return int64(len(wrong)), nil
}
