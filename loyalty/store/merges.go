package store

import (
	"context"
	"database/sql"

	"github.com/loyalsync/loyalsync/loyalty"
)

// heldByContractor and heldByAccount are queries for the accounts whose points that of a
// contractor c, or the account $1, has: those merged into it, and itself unless it is merged.
const (
	heldByContractor = `SELECT c.id WHERE NOT EXISTS (SELECT 1 FROM account_merge m WHERE m.from_id = c.id AND m.undone_at IS NULL)
		UNION ALL SELECT m.from_id FROM account_merge m WHERE m.into_id = c.id AND m.undone_at IS NULL`
	heldByAccount = `SELECT CAST($1 AS BIGINT) WHERE NOT EXISTS (SELECT 1 FROM account_merge m WHERE m.from_id = $1 AND m.undone_at IS NULL)
		UNION ALL SELECT m.from_id FROM account_merge m WHERE m.into_id = $1 AND m.undone_at IS NULL`
	// entryOwner is whose the points of an entry e of a document d are: those who take them
	// over elsewhere know of no merges.
	// Of a document that has gone to a third one since, the lot of its chain tells.
	entryOwner = `CASE WHEN e.account_id = d.account_id THEN e.account_id ELSE coalesce((SELECT m.from_id FROM account_merge m
		WHERE m.from_id = d.account_id AND m.into_id = e.account_id LIMIT 1), (SELECT min(m.from_id) FROM account_merge m
		JOIN lot ON lot.account_id = m.from_id WHERE m.into_id = e.account_id AND lot.document_id IN (d.id,
			(SELECT o.id FROM document o WHERE o.feed_id = d.feed_id AND o.erp_key = d.root AND o.type = d.type))), e.account_id) END`
	// lotHolder is the account that has the points of a row of lot.
	lotHolder = `coalesce((SELECT m.into_id FROM account_merge m WHERE m.from_id = lot.account_id AND m.undone_at IS NULL), lot.account_id)`
)

// Groups returns those of accounts that are merged with others, with all that are held
// together with them.
func (s *Store) Groups(ctx context.Context, accounts []int64) (loyalty.Groups, error) {
	pairs, err := collect(ctx, s.readers, "read merges", `SELECT m.from_id, m.into_id FROM account_merge m WHERE m.undone_at IS NULL AND m.into_id IN (
			SELECT x.into_id FROM account_merge x WHERE x.undone_at IS NULL AND (x.from_id `+s.in("$1")+` OR x.into_id `+s.in("$1")+`))
		ORDER BY m.into_id, m.from_id`, scanPair, s.list(accounts))
	if err != nil || len(pairs) == 0 {
		return nil, err
	}
	byHolder := make(map[int64][]int64)
	for _, p := range pairs {
		if byHolder[p[1]] == nil {
			byHolder[p[1]] = []int64{p[1]}
		}
		byHolder[p[1]] = append(byHolder[p[1]], p[0])
	}
	groups := make(loyalty.Groups)
	for _, group := range byHolder {
		for _, account := range group {
			groups[account] = group
		}
	}
	return groups, nil
}

func scanPair(rows *sql.Rows) (p [2]int64, err error) { return p, rows.Scan(&p[0], &p[1]) }

// Merged is how an account stands to others.
func (s *Store) Merged(ctx context.Context, account int64) (loyalty.Merged, error) {
	return mergedWith(ctx, s.readers, account)
}

func mergedWith(ctx context.Context, q querier, account int64) (out loyalty.Merged, err error) {
	pairs, err := collect(ctx, q, "read merges", `SELECT from_id, into_id FROM account_merge WHERE undone_at IS NULL AND (from_id = $1 OR into_id = $1)
		ORDER BY from_id`, scanPair, account)
	for _, p := range pairs {
		if p[0] == account {
			out.Into = p[1]
		} else {
			out.From = append(out.From, p[0])
		}
	}
	return out, err
}

// attribute gives lines that were posted for another account than that of the document,
// because the two are or were merged with each other, to that one: whoever has the points,
// they are posted for it. Those of another firm, which had the document before, are given
// to one account of it, so that what was posted for one and taken back from the other is
// nothing.
func attribute(ctx context.Context, q querier, docs []loyalty.StoredDocument, lines []loyalty.PostedLine) ([]loyalty.PostedLine, error) {
	own := make(map[int64]int64, len(docs))
	for i := range docs {
		own[docs[i].ID] = docs[i].Account
	}
	var accounts []int64
	for _, l := range lines {
		if owner := own[l.Document]; owner != l.Account {
			accounts = append(accounts, owner, l.Account)
		}
	}
	if len(accounts) == 0 {
		return lines, nil
	}
	firm, err := firms(ctx, q, accounts)
	if err != nil {
		return nil, err
	}
	out := lines[:0]
	places := make(map[loyalty.PostedLine]int, len(lines))
	for _, l := range lines {
		switch owner, of := own[l.Document], firm[l.Account]; {
		case owner == l.Account || of == 0:
		case of == firm[owner]:
			l.Account = owner
		default:
			l.Account = of
		}
		k := loyalty.PostedLine{Document: l.Document, Line: l.Line, Rule: l.Rule, Account: l.Account, EffectiveOn: l.EffectiveOn}
		if at, known := places[k]; known {
			out[at].Add(l)
			continue
		}
		places[k] = len(out)
		out = append(out, l)
	}
	return out, nil
}

// firms numbers accounts that are or were merged: those with one number were so with each
// other, if by way of others. One that never was has none.
func firms(ctx context.Context, q querier, accounts []int64) (map[int64]int64, error) {
	firm := make(map[int64]int64)
	for frontier := accounts; len(frontier) > 0; {
		pairs, err := collect(ctx, q, "read merges", `SELECT DISTINCT from_id, into_id FROM account_merge
			WHERE from_id `+q.speaks().in("$1")+` OR into_id `+q.speaks().in("$1"), scanPair, q.speaks().list(frontier))
		if err != nil {
			return nil, err
		}
		frontier = nil
		for _, p := range pairs {
			for _, account := range p {
				if firm[account] == 0 {
					firm[account] = account
					frontier = append(frontier, account)
				}
			}
			for account, number := range firm {
				if number == firm[p[0]] && account != p[0] {
					firm[account] = firm[p[1]]
				}
			}
			firm[p[0]] = firm[p[1]]
		}
	}
	return firm, nil
}

// loadMerge reads what a merge works on: all lots of the account that have anything, and
// those of the other one that would repay what the account owes, or of one to be undone
// what the other took over.
func loadMerge(ctx context.Context, tx *txn, call loyalty.OperationCall, base *loyalty.OperationBase) error {
	o := base.Operation
	var err error
	base.Lots, err = collect(ctx, tx, "read lots", `SELECT `+lotColumns+` FROM lot WHERE id IN (
			SELECT id FROM lot WHERE account_id = $1 AND pending > 0 UNION SELECT id FROM lot WHERE account_id = $1 AND active > 0
			UNION SELECT id FROM lot WHERE account_id = $1 AND lapsed > 0)`, scanLot, o.Account)
	if err != nil {
		return err
	}
	if call.ID == 0 || call.Anew {
		base.Other.Lots, err = spendable(ctx, tx, base.Other.Merged.Holds(o.Other), base.Balance.Debt, call.Today, nil)
		return err
	}
	base.Taken, err = collect(ctx, tx, "read what a merge moved", `SELECT line, max(revision) FROM entry WHERE document_id = $1 GROUP BY line`,
		func(rows *sql.Rows) (t loyalty.Taken, err error) { return t, rows.Scan(&t.Lot, &t.Revision) }, -o.ID)
	if err != nil {
		return err
	}
	err = tx.QueryRowContext(ctx, `SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM entry WHERE document_id = $1 AND account_id = $2 AND from_bucket = 7`,
		-o.ID, o.Other).Scan(&base.Owed)
	if err != nil {
		return storeError("read what a merge moved", err)
	}
	return nil
}

// writeMerge puts a merge into force, or ends it, and makes pages under computation
// stale: where points of the two go has changed.
func writeMerge(ctx context.Context, tx *txn, o loyalty.Operation) error {
	tx.touch(o.Account)
	tx.touch(o.Other)
	var err error
	switch o.State {
	case loyalty.Posted:
		_, err = tx.ExecContext(ctx, `INSERT INTO account_merge (operation_id, from_id, into_id, actor, reason, merged_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			o.ID, o.Account, o.Other, o.ResolvedBy, o.Reason, micros(o.ResolvedAt))
	case loyalty.Undone:
		_, err = tx.ExecContext(ctx, `UPDATE account_merge SET undone_at = $2, undone_by = $3 WHERE operation_id = $1`, o.ID, micros(o.ResolvedAt), o.ResolvedBy)
	default:
		return nil
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, `UPDATE feed SET version = version + 1 WHERE program_id = $1`, o.Program)
	}
	if err != nil {
		return storeError("write a merge", err)
	}
	return nil
}
