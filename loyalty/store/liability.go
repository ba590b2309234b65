package store

import (
	"context"
	"errors"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Liability tells what a program owes its contractors on a day. It reads every account of
// the program once, and the lots that are past their last day; it does not grow with the
// history.
func (s *Store) Liability(ctx context.Context, program loyalty.ProgramOverview, policy loyalty.RedemptionPolicy, today loyalty.Date) (l loyalty.Liability, err error) {
	err = s.inRead(ctx, func(tx *txn) error {
		l, err = liability(ctx, tx, program, policy, today, nil)
		return err
	})
	return l, err
}

// cut is what of the entries does not count: those from an entry on that are of days after
// through, or come after last.
type cut struct {
	from, last int64
	through    loyalty.Date
}

// liabilityNow are the accounts of a program, and what of them is overdue.
const liabilityNow = `SELECT c.erp_group, c.card, a.pending, a.active, a.held, a.spent, a.lapsed, a.debt, coalesce(l.overdue, 0)
	FROM account a JOIN contractor c ON c.id = a.id
	LEFT JOIN (SELECT ` + lotHolder + ` AS account_id, CAST(sum(active) AS BIGINT) AS overdue FROM lot WHERE active > 0 AND lapses_on IS NOT NULL AND lapses_on < $2
		AND feed_id IN (SELECT id FROM feed WHERE program_id = $1) GROUP BY 1) l ON l.account_id = a.id
	WHERE a.program_id = $1`

// liabilityThen are the same without what entries of a cut have moved.
const liabilityThen = `SELECT c.erp_group, c.card, a.pending - coalesce(m.pending, 0), a.active - coalesce(m.active, 0), a.held - coalesce(m.held, 0),
		a.spent - coalesce(m.spent, 0), a.lapsed - coalesce(m.lapsed, 0), a.debt - coalesce(m.debt, 0), 0
	FROM account a JOIN contractor c ON c.id = a.id
	LEFT JOIN (` + accountSums + ` WHERE id >= $2 AND (effective_on > $3 OR id > $4) GROUP BY account_id) m ON m.account_id = a.id
	WHERE a.program_id = $1`

// liability is what is owed, of everything that was posted, or without a cut of it.
func liability(ctx context.Context, q querier, program loyalty.ProgramOverview, policy loyalty.RedemptionPolicy, day loyalty.Date, c *cut) (sum loyalty.Liability, err error) {
	query, args := liabilityNow, []any{program.ID, int64(day)}
	if c != nil {
		query, args = liabilityThen, []any{program.ID, c.from, int64(c.through), c.last}
	}
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return sum, storeError("sum up the accounts", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	places := int32(-program.Decimals) //nolint:gosec // 0 to 3
	for rows.Next() {
		var a loyalty.Liability
		var who loyalty.Contractor
		if err := rows.Scan(&who.Group, &who.Card, &a.Pending, &a.Active, &a.Held, &a.Spent, &a.Lapsed, &a.Debt, &a.Overdue); err != nil {
			return sum, storeError("sum up the accounts", err)
		}
		rate := policy.RateOf(who.Group, who.Card)
		sum.Accounts++
		sum.Pending, sum.Active, sum.Held = sum.Pending+a.Pending, sum.Active+a.Active, sum.Held+a.Held
		sum.Spent, sum.Lapsed, sum.Debt, sum.Overdue = sum.Spent+a.Spent, sum.Lapsed+a.Lapsed, sum.Debt+a.Debt, sum.Overdue+a.Overdue
		sum.Worth = sum.Worth.Add(rate.Mul(decimal.New(int64(a.Outstanding()), places)))
		sum.PendingWorth = sum.PendingWorth.Add(rate.Mul(decimal.New(int64(a.Pending), places)))
	}
	if err := rows.Err(); err != nil {
		return sum, storeError("sum up the accounts", err)
	}
	sum.Worth, sum.PendingWorth = sum.Worth.Truncate(loyalty.MoneyDecimals), sum.PendingWorth.Truncate(loyalty.MoneyDecimals)
	return sum, nil
}

// overdue says whether a program has points past their last day whose lapse is not posted.
func overdue(ctx context.Context, q querier, program int64, day loyalty.Date) (found bool, err error) {
	err = q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM lot WHERE feed_id IN (SELECT id FROM feed WHERE program_id = $1)
		AND active > 0 AND lapses_on IS NOT NULL AND lapses_on < $2)`, program, int64(day)).Scan(&found)
	if err != nil {
		return false, storeError("look for points past their last day", err)
	}
	return found, nil
}
