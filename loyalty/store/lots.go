package store

import (
	"context"
	"database/sql"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

const lotColumns = `id, account_id, document_id, earned_on, lapses_on, pending, active, lapsed, ` + lotHolder

func scanLot(rows *sql.Rows) (loyalty.Lot, error) { return lotOf(rows) }

func lotOf(r row) (l loyalty.Lot, err error) {
	var lapses sql.NullInt64
	err = r.Scan(&l.ID, &l.Account, &l.Document, &l.EarnedOn, &lapses, &l.Pending, &l.Active, &l.Lapsed, &l.Holder)
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
		accounts, err := collect(ctx, s.readers, "read merges", heldByAccount, scanID, account)
		if err != nil {
			return nil, err
		}
		more, err := spendable(ctx, s.readers, accounts, points, today, nil)
		if err != nil {
			return nil, err
		}
		lots = append(lots, more...)
	}
	return lots, nil
}

// spendable reads lots of accounts that one has, its own and those merged into it, in
// spend order until they cover points. The first ones of the account ahead is of may have
// been read already.
func spendable(ctx context.Context, q querier, accounts []int64, points loyalty.Points, today loyalty.Date, ahead *accountRead) ([]loyalty.Lot, error) {
	if points <= 0 {
		return nil, nil
	}
	var out []loyalty.Lot
	for _, id := range accounts {
		var first []loyalty.Lot
		if ahead != nil && ahead.id == id {
			first = ahead.lots
		}
		lots, err := spendableOf(ctx, q, id, points, today, first)
		if err != nil {
			return nil, err
		}
		out = append(out, lots...)
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

// Lots of an account are read so many at first, each of which lies on a page of its own.
const usualLots = 8

// selectSpendable reads lots of an account with a last day, from today on, and of those
// without, in spend order, a limit of each after the first skip: each out of the index as
// they lie there.
func selectSpendable(account, limit, skip, today string) string {
	part := func(lapses string) string {
		return `SELECT * FROM (SELECT ` + lotColumns + ` FROM lot WHERE account_id = ` + account + ` AND active > 0 AND lapses_on ` + lapses +
			` ORDER BY lapses_on, earned_on, id LIMIT CAST(` + limit + ` AS BIGINT) OFFSET ` + skip + `) `
	}
	return part(`>= `+today) + `dated UNION ALL ` + part(`IS NULL`) + `undated`
}

// spendableOf reads an account's own lots that cover points; first are those of the first
// batch where they are read already, else nil.
func spendableOf(ctx context.Context, q querier, account int64, points loyalty.Points, today loyalty.Date, first []loyalty.Lot) ([]loyalty.Lot, error) {
	var out []loyalty.Lot
	var dated, sum loyalty.Points
	for skip, batch := 0, usualLots; ; skip, batch = skip+batch, 2*batch {
		lots := first
		if skip > 0 || first == nil {
			var err error
			if lots, err = collect(ctx, q, "read lots", selectSpendable("$1", "$2", "$3", "$4"), scanLot, account, batch, skip, int64(today)); err != nil {
				return nil, err
			}
		}
		n := 0 // of them with a last day: all of these come before all others
		for _, l := range lots {
			if sum += l.Active; l.LapsesOn != loyalty.NoDate {
				dated += l.Active
				n++
			}
		}
		out = append(out, lots...)
		if dated >= points || n < batch && (sum >= points || len(lots)-n < batch) {
			return out, nil
		}
	}
}
