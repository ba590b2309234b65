package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

// ClosePeriod seals all entries and freezes the period from the day after the last closed
// one, or from the beginning. It reads the entries that were posted since that one was
// closed. CodeConflict for a day that is in a closed period, and while points that lapsed
// in the period are not posted as such.
func (s *Store) ClosePeriod(ctx context.Context, to loyalty.PeriodToClose) (p loyalty.Period, err error) {
	if err := s.sealAll(ctx); err != nil {
		return p, err
	}
	if p, err = s.periodToClose(ctx, to, lastSealed); err != nil {
		return p, err
	}
	end := p.End
	row := []any{
		to.Program.ID, p.Number, int64(p.Through), p.LastEntry, p.AheadOfClose, p.Block, p.Hash, int64(end.Pending), int64(end.Active), int64(end.Held),
		int64(end.Spent), int64(end.Lapsed), int64(end.Debt), p.Currency, end.Worth.String(), end.PendingWorth.String(), p.Actor, p.Reason, micros(p.ClosedAt),
	}
	totals := make([][]any, len(p.Totals))
	for i, t := range p.Totals {
		totals[i] = []any{to.Program.ID, p.Number, int64(t.Kind), int64(t.From), int64(t.To), int64(t.Points), t.Entries}
	}
	return p, s.inTx(ctx, func(tx *txn) error {
		last, err := lastPeriod(ctx, tx, to.Program.ID)
		if err != nil {
			return err
		}
		if last.Number >= p.Number {
			return periodClosed(to.Through, last)
		}
		if err := insert(ctx, tx, "close the period", "period", periodColumns, "", [][]any{row}); err != nil {
			return err
		}
		return insert(ctx, tx, "close the period", "period_total", "program_id, number, kind, from_bucket, to_bucket, points, entries", "", totals)
	})
}

// PreviewPeriod is what ClosePeriod would freeze now, without a hash; nothing is written.
func (s *Store) PreviewPeriod(ctx context.Context, to loyalty.PeriodToClose) (loyalty.Period, error) {
	return s.periodToClose(ctx, to, lastPosted)
}

// endOf tells the last entry that counts in a period, and the chain up to it.
type endOf func(ctx context.Context, tx *txn, program int64, p *loyalty.Period) error

func (s *Store) periodToClose(ctx context.Context, to loyalty.PeriodToClose, end endOf) (p loyalty.Period, err error) {
	p = loyalty.Period{
		Through: to.Through, From: loyalty.NoDate, Currency: to.Program.Currency, Actor: to.Actor, Reason: to.Reason, ClosedAt: s.cfg.Now(),
	}
	err = s.inRead(ctx, func(tx *txn) error {
		before, err := lastPeriod(ctx, tx, to.Program.ID)
		if err != nil {
			return err
		}
		p.Number = before.Number + 1
		if before.Number > 0 {
			p.From = before.Through.AddDays(1)
			if to.Through <= before.Through {
				return periodClosed(to.Through, before)
			}
		}
		late, err := overdue(ctx, tx, to.Program.ID, to.Through)
		if err != nil {
			return err
		}
		if late {
			return &loyalty.Error{
				Code: loyalty.CodeConflict, Message: "points that lapsed in the period are not posted as lapsed",
				Hint: "run a job of the kind lapse first: loyalsync run JOB",
			}
		}
		if err := end(ctx, tx, to.Program.ID, &p); err != nil {
			return err
		}
		return fillPeriod(ctx, tx, to, before, &p)
	})
	return p, err
}

func periodClosed(through loyalty.Date, last loyalty.Period) error {
	return &loyalty.Error{
		Code: loyalty.CodeConflict, Message: fmt.Sprintf("%s is in a period that is closed: the last one ends on %s", through, last.Through),
		Hint: "name a later day; the closed periods: loyalsync ledger periods",
	}
}

// fillPeriod sums up what counts in a period: of entries since the one before was closed
// those of days up to its end, and of entries before that those of days after the end of
// the one before.
func fillPeriod(ctx context.Context, tx *txn, to loyalty.PeriodToClose, before loyalty.Period, p *loyalty.Period) error {
	p.AheadOfClose = p.LastEntry + 1
	rows, err := collect(ctx, tx, "sum up the period", `
		SELECT e.effective_on > $2 AS ahead, e.kind, e.from_bucket, e.to_bucket, CAST(sum(e.amount) AS BIGINT), count(*), min(e.id)
		FROM entry e JOIN account a ON a.id = e.account_id AND a.program_id = $1
		WHERE e.id >= $3 AND e.id <= $4 AND (e.id > $5 OR e.effective_on > $6)
		GROUP BY ahead, e.kind, e.from_bucket, e.to_bucket ORDER BY ahead, e.kind, e.from_bucket, e.to_bucket`,
		func(rows *sql.Rows) (r struct {
			loyalty.PeriodTotal
			ahead bool
			first int64
		}, err error,
		) {
			err = rows.Scan(&r.ahead, &r.Kind, &r.From, &r.To, &r.Points, &r.Entries, &r.first)
			return r, err
		}, to.Program.ID, int64(to.Through), before.AheadOfClose, p.LastEntry, before.LastEntry, int64(before.Through))
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.ahead {
			p.AheadOfClose = min(p.AheadOfClose, r.first)
		} else {
			p.Totals = append(p.Totals, r.PeriodTotal)
		}
	}
	through := cut{from: p.AheadOfClose, last: p.LastEntry, through: to.Through}
	p.End, err = liability(ctx, tx, to.Program, to.Policy, to.Through, &through)
	return err
}

// lastSealed is the last entry that any block has, and the last block of the program.
func lastSealed(ctx context.Context, tx *txn, program int64, p *loyalty.Period) error {
	head, err := headOf(ctx, tx, program)
	if err != nil {
		return err
	}
	p.Block, p.Hash = head.number, head.hash
	var posted int64
	if err := tx.QueryRowContext(ctx, sealedAndLast).Scan(&p.LastEntry, &posted); err != nil {
		return storeError("look for sealed entries", err)
	}
	return nil
}

// lastPosted is the last entry of all.
func lastPosted(ctx context.Context, tx *txn, _ int64, p *loyalty.Period) error {
	var sealed int64
	if err := tx.QueryRowContext(ctx, sealedAndLast).Scan(&sealed, &p.LastEntry); err != nil {
		return storeError("look for the last entry", err)
	}
	return nil
}

const periodColumns = `program_id, number, through_on, last_entry, ahead_entry, block, hash, pending, active, held, spent, lapsed, debt,
	currency, worth, pending_worth, actor, reason, closed_at`

// lastPeriod is the last closed period of a program without its totals; its Number is 0
// when there is none.
func lastPeriod(ctx context.Context, q querier, program int64) (loyalty.Period, error) {
	found, err := periods(ctx, q, program, 1)
	if err != nil || len(found) == 0 {
		return loyalty.Period{Through: loyalty.NoDate}, err
	}
	return found[0], nil
}

// periods are closed periods without their totals, the last first.
func periods(ctx context.Context, q querier, program int64, limit int) ([]loyalty.Period, error) {
	found, err := collect(ctx, q, "read closed periods", `SELECT `+periodColumns+` FROM period WHERE program_id = $1
		ORDER BY number DESC LIMIT CAST($2 AS BIGINT)`, scanPeriod, program, limit+1)
	for i := range found {
		found[i].From = loyalty.NoDate
		if i+1 < len(found) {
			found[i].From = found[i+1].Through.AddDays(1)
		}
	}
	return found[:min(len(found), limit)], err
}

func scanPeriod(rows *sql.Rows) (p loyalty.Period, err error) {
	var program, closed int64
	var worth, pending string
	end := &p.End
	err = rows.Scan(&program, &p.Number, &p.Through, &p.LastEntry, &p.AheadOfClose, &p.Block, &p.Hash, &end.Pending, &end.Active, &end.Held,
		&end.Spent, &end.Lapsed, &end.Debt, &p.Currency, &worth, &pending, &p.Actor, &p.Reason, &closed)
	if err != nil {
		return p, err
	}
	p.ClosedAt = instant(closed)
	var errs [2]error
	end.Worth, errs[0] = decimal.NewFromString(worth)
	end.PendingWorth, errs[1] = decimal.NewFromString(pending)
	return p, errors.Join(errs[:]...)
}

// Periods returns closed periods of a program with their totals, the last first.
func (s *Store) Periods(ctx context.Context, program int64, limit int) (found []loyalty.Period, err error) {
	err = s.inRead(ctx, func(tx *txn) error {
		if found, err = periods(ctx, tx, program, limit); err != nil || len(found) == 0 {
			return err
		}
		return periodTotals(ctx, tx, program, found)
	})
	return found, err
}

// periodTotals adds the totals to periods of a program, the last of which is first.
func periodTotals(ctx context.Context, q querier, program int64, found []loyalty.Period) error {
	byNumber := make(map[int64]*loyalty.Period, len(found))
	for i := range found {
		byNumber[found[i].Number] = &found[i]
	}
	_, err := collect(ctx, q, "read closed periods", `SELECT number, kind, from_bucket, to_bucket, points, entries FROM period_total
		WHERE program_id = $1 AND number >= $2 ORDER BY number, kind, from_bucket, to_bucket`, func(rows *sql.Rows) (struct{}, error) {
		var number int64
		var t loyalty.PeriodTotal
		err := rows.Scan(&number, &t.Kind, &t.From, &t.To, &t.Points, &t.Entries)
		if p := byNumber[number]; p != nil {
			p.Totals = append(p.Totals, t)
		}
		return struct{}{}, err
	}, program, found[len(found)-1].Number)
	return err
}
