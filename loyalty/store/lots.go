package store

import (
	"context"
	"database/sql"

	"github.com/loyalsync/loyalsync/loyalty"
)

const lotColumns = `id, account_id, document_id, earned_on, lapses_on, pending, active, lapsed`

func scanLot(rows *sql.Rows) (l loyalty.Lot, err error) {
	var lapses sql.NullInt64
	err = rows.Scan(&l.ID, &l.Account, &l.Document, &l.EarnedOn, &lapses, &l.Pending, &l.Active, &l.Lapsed)
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
			have[l.Account] += l.Active
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

// spendable reads an account's lots in spend order until they cover points.
func spendable(ctx context.Context, q querier, account int64, points loyalty.Points, today loyalty.Date) ([]loyalty.Lot, error) {
	const batch = 200
	var out []loyalty.Lot
	for sum := loyalty.Points(0); sum < points; {
		lots, err := collect(ctx, q, "read lots", `SELECT `+lotColumns+` FROM lot WHERE account_id = $1 AND active > 0
			AND (lapses_on IS NULL OR lapses_on >= $4) ORDER BY lapses_on IS NULL, lapses_on, earned_on, id LIMIT $2 OFFSET $3`,
			scanLot, account, batch, len(out), int64(today))
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
