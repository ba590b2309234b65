package store

import (
	"context"
	"database/sql"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

const lotColumns = `id, account_id, document_id, earned_on, lapses_on, pending, active, lapsed, ` + lotHolder

func scanLot(rows *sql.Rows) (l loyalty.Lot, err error) {
	var lapses sql.NullInt64
	err = rows.Scan(&l.ID, &l.Account, &l.Document, &l.EarnedOn, &lapses, &l.Pending, &l.Active, &l.Lapsed, &l.Holder)
	l.LapsesOn = dateOf(lapses)
	return l, err
}

// Lots returns the lots of these documents and, of each account in need, other
// lots with points that may be spent today, in spend order until the need is covered.
func (s *Store) Lots(ctx context.Context, documents []int64, need map[int64]loyalty.Points, today loyalty.Date) ([]loyalty.Lot, error) {
	lots, err := collect(ctx, s.readers, "read lots", `SELECT `+lotColumns+` FROM lot
		WHERE document_id `+s.in("$1"), scanLot, s.list(documents))
	if err != nil {
		return nil, err
	}
	have := make(map[int64]loyalty.Points)
	for _, l := range lots {
		if !l.Past(today) {
			have[l.Holder] += l.Active
		}
	}
	for account, points := range need {
		if have[account] >= points {
			continue
		}
		more, err := spendable(ctx, s.readers, account, points, today)
		if err != nil {
			return nil, err
		}
		lots = append(lots, more...)
	}
	return lots, nil
}

// spendable reads lots that an account has, its own and those of accounts merged into it,
// in spend order until they cover points.
func spendable(ctx context.Context, q querier, account int64, points loyalty.Points, today loyalty.Date) ([]loyalty.Lot, error) {
	if points <= 0 {
		return nil, nil
	}
	accounts, err := collect(ctx, q, "read merges", heldByAccount, scanID, account)
	if err != nil {
		return nil, err
	}
	var out []loyalty.Lot
	for _, id := range accounts {
		lots, err := spendableOf(ctx, q, id, points, today)
		if err != nil {
			return nil, err
		}
		out = append(out, lots...)
	}
	if len(accounts) == 1 {
		return out, nil
	}
	slices.SortFunc(out, loyalty.Lot.Compare)
	covered := loyalty.Points(0)
	for i, l := range out {
		if covered += l.Active; covered >= points {
			return out[:i+1], nil
		}
	}
	return out, nil
}

// spendableOf reads an account's own lots in spend order until they cover points: those
// with a last day by that day, then those without, each out of the index as they lie there.
func spendableOf(ctx context.Context, q querier, account int64, points loyalty.Points, today loyalty.Date) ([]loyalty.Lot, error) {
	var out []loyalty.Lot
	for _, part := range []struct {
		lots string
		args []any
	}{{`lapses_on >= $4`, []any{int64(today)}}, {`lapses_on IS NULL`, nil}} {
		lots, err := lotsUntil(ctx, q, points, part.lots, account, part.args...)
		if err != nil {
			return nil, err
		}
		out = append(out, lots...)
		for _, l := range lots {
			points -= l.Active
		}
	}
	return out, nil
}

// lotsUntil reads lots with active points until they cover points; where says which of
// the account's, with its values from $4 on.
func lotsUntil(ctx context.Context, q querier, points loyalty.Points, where string, account int64, values ...any) ([]loyalty.Lot, error) {
	const usual = 8 // lots are enough; each lies on a page of its own
	var out []loyalty.Lot
	for batch, sum := usual, loyalty.Points(0); sum < points; batch *= 2 {
		lots, err := collect(ctx, q, "read lots", `SELECT `+lotColumns+` FROM lot WHERE account_id = $1 AND active > 0
			AND `+where+` ORDER BY lapses_on, earned_on, id LIMIT $2 OFFSET $3`,
			scanLot, append([]any{account, batch, len(out)}, values...)...)
		if err != nil {
			return nil, err
		}
		out = append(out, lots...)
		for _, l := range lots {
			sum += l.Active
		}
		if len(lots) < batch {
			break
		}
	}
	return out, nil
}
