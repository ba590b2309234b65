package store

import (
	"context"
	"errors"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Balance returns an account's balance, now or as it was. Now is one row; as of
// another moment is the sum of the account's entries, which reads all of them. An
// account without entries has a balance of zero.
func (s *Store) Balance(ctx context.Context, account int64, at loyalty.AsOf) (loyalty.BalanceOverview, error) {
	if at.Date == loyalty.NoDate && at.PostedAt.IsZero() {
		c, err := s.Contractor(ctx, account, at.Today)
		if err != nil {
			return loyalty.BalanceOverview{}, err
		}
		b := loyalty.BalanceOverview{Balance: c.Balance, Available: c.Available, Rewards: c.Rewards}
		b.Lapsed = c.Lapsed
		return b, nil
	}
	var b loyalty.BalanceOverview
	err := s.inRead(ctx, func(tx *txn) (err error) {
		b, err = balanceAsOf(ctx, tx, account, at)
		return err
	})
	return b, err
}

// balanceAsOf sums entries by document, and follows them through the lots to tell
// the points that may be spent from those past their last day: whether their lapse
// was posted, and when, does not matter. Active are both.
func balanceAsOf(ctx context.Context, q querier, account int64, at loyalty.AsOf) (loyalty.BalanceOverview, error) {
	sum, err := entriesSum(ctx, q, account, at)
	if err != nil {
		return sum, err
	}
	sum.Lapsed, err = lapsedAsOf(ctx, q, account, at)
	sum.Available = sum.Active - sum.Lapsed
	return sum, err
}

// entriesSum is a balance by entries alone.
func entriesSum(ctx context.Context, q querier, account int64, at loyalty.AsOf) (sum loyalty.BalanceOverview, err error) {
	rows, err := q.QueryContext(ctx, `
		SELECT t.document_id, d.id IS NOT NULL AND d.corrects = '', t.from_bucket, t.to_bucket, t.amount, t.seq
		FROM (
		  SELECT e.document_id, e.from_bucket, e.to_bucket, sum(e.amount) AS amount, max(e.id) AS seq
		  FROM entry e JOIN batch b ON b.id = e.batch_id WHERE `+entriesAsOf(at)+`
		  GROUP BY e.document_id, e.from_bucket, e.to_bucket
		) t LEFT JOIN document d ON d.id = t.document_id ORDER BY t.document_id`, asOfArgs(account, at)...)
	if err != nil {
		return sum, storeError("sum the entries", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var total asOfTotal
	for rows.Next() {
		var m asOfMovement
		var seq int64
		if err := rows.Scan(&m.document, &m.original, &m.from, &m.to, &m.amount, &seq); err != nil {
			return sum, storeError("sum the entries", err)
		}
		total.add(m)
		sum.Seq = max(sum.Seq, seq)
	}
	if err := rows.Err(); err != nil {
		return sum, storeError("sum the entries", err)
	}
	total.finish(&sum)
	return sum, nil
}

// entriesAsOf is the condition on entries e of batches b that count for a moment,
// asOfArgs its arguments.
func entriesAsOf(at loyalty.AsOf) string {
	day := `e.effective_on`
	if at.Booked {
		day = bookedOn
	}
	return ofAccount + ` AND (CAST($2 AS BIGINT) IS NULL OR ` + day + ` <= $2)
	AND (CAST($3 AS BIGINT) IS NULL OR b.posted_at <= $3)`
}

func asOfArgs(account int64, at loyalty.AsOf) []any {
	args := []any{account, nil, nil}
	if at.Date != loyalty.NoDate {
		args[1] = at.Date
	}
	if !at.PostedAt.IsZero() {
		args[2] = micros(at.PostedAt)
	}
	return args
}

// asOfMovement is the sum of a document's entries between two buckets.
type asOfMovement struct {
	document int64
	original bool // a document, and not a correction
	from, to loyalty.Bucket
	amount   loyalty.Points
}

// asOfTotal adds movements up, documents one after another.
type asOfTotal struct {
	buckets [loyalty.Adjust + 1]loyalty.Points
	scored  int64
	last    asOfMovement
	points  loyalty.Points // of the last document, without pending ones
}

func (t *asOfTotal) add(m asOfMovement) {
	if m.document != t.last.document {
		t.closeDocument()
	}
	t.last = m
	t.move(m.from, -m.amount)
	t.move(m.to, m.amount)
}

func (t *asOfTotal) move(bucket loyalty.Bucket, points loyalty.Points) {
	t.buckets[bucket] += points
	if bucket == loyalty.Issued || bucket == loyalty.Pending {
		t.points -= points
	}
}

// closeDocument counts an original that has points which are not pending.
func (t *asOfTotal) closeDocument() {
	if t.last.original && t.points > 0 {
		t.scored++
	}
	t.points = 0
}

func (t *asOfTotal) finish(sum *loyalty.BalanceOverview) {
	t.closeDocument()
	sum.Pending, sum.Held = t.buckets[loyalty.Pending], t.buckets[loyalty.Held]
	sum.Active = t.buckets[loyalty.Active] + t.buckets[loyalty.Lapsed]
	sum.Spent, sum.Debt = t.buckets[loyalty.Spent], -t.buckets[loyalty.Debt]
	sum.Scored = t.scored
}
