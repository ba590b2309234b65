package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// lapsedAsOf is what of an account's points, as they were, was past its last day.
func lapsedAsOf(ctx context.Context, q querier, account int64, at loyalty.AsOf) (lapsed loyalty.Points, err error) {
	days, err := lapsedByDay(ctx, q, account, at)
	for _, points := range days {
		lapsed += points
	}
	return lapsed, err
}

// lapsedByDay is the same by the last day. It follows the entries through the lots as
// they were posted, but for those of lapsing:
// those of an operation name a lot, or open one of their own, as those that receive a
// transfer; of others, first the lot of the entry's own chain, also that of an account
// whose points the entry's had, then the others in spend order.
func lapsedByDay(ctx context.Context, q querier, account int64, at loyalty.AsOf) (days map[loyalty.Date]loyalty.Points, err error) {
	rows, err := q.QueryContext(ctx, `
		SELECT e.from_bucket, e.to_bucket, e.amount, b.posted_at, l.id, l.earned_on, l.lapses_on
		FROM entry e JOIN batch b ON b.id = e.batch_id LEFT JOIN document d ON d.id = e.document_id
		LEFT JOIN document o ON o.feed_id = d.feed_id AND o.erp_key = d.root AND o.type = d.type
		LEFT JOIN operation t ON e.document_id < 0 AND e.kind = 10 AND e.from_bucket = 8 AND t.id = -e.document_id AND t.kind = 3
		LEFT JOIN lot n ON e.document_id < 0 AND n.id = e.line
		LEFT JOIN lot l ON l.id = CASE WHEN n.id IS NOT NULL AND t.id IS NULL THEN n.id ELSE (
			SELECT x.id FROM lot x WHERE x.document_id = coalesce(o.id, d.id, n.document_id, e.document_id) AND (x.account_id = e.account_id
				OR x.account_id = d.account_id AND EXISTS (SELECT 1 FROM account_merge m WHERE m.from_id = d.account_id AND m.into_id = e.account_id))
			ORDER BY CASE WHEN x.account_id = d.account_id THEN 0 ELSE 1 END LIMIT 1) END
		WHERE e.kind <> 5 AND (e.to_bucket IN (3, 6) OR e.from_bucket IN (3, 6)) AND `+entriesAsOf(at)+` ORDER BY e.id`, asOfArgs(account, at)...)
	if err != nil {
		return nil, storeError("follow the entries", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	f := pursuit{zone: at.Zone, lots: make(map[int64]*loyalty.Lot)}
	if f.zone == nil {
		f.zone = time.UTC
	}
	for rows.Next() {
		var e loyalty.Entry
		var posted int64
		var id sql.NullInt64
		var earned, lapses sql.Null[loyalty.Date]
		if err := rows.Scan(&e.From, &e.To, &e.Amount, &posted, &id, &earned, &lapses); err != nil {
			return nil, storeError("follow the entries", err)
		}
		e.PostedAt = instant(posted)
		f.follow(e, f.lot(id.Int64, dateOr(earned), dateOr(lapses)))
	}
	if err := rows.Err(); err != nil {
		return nil, storeError("follow the entries", err)
	}
	days = make(map[loyalty.Date]loyalty.Points)
	for _, l := range f.order {
		if l.Past(at.Today) {
			days[l.LapsesOn] += l.Active
		}
	}
	return days, nil
}

// pursuit is the points of lots while entries are followed. A lot with the
// ID 0 stands for those that are not known any more.
type pursuit struct {
	zone  *time.Location
	lots  map[int64]*loyalty.Lot
	order []*loyalty.Lot // in spend order
}

func (f *pursuit) lot(id int64, earned, lapses loyalty.Date) *loyalty.Lot {
	if l := f.lots[id]; l != nil {
		return l
	}
	l := &loyalty.Lot{ID: id, EarnedOn: earned, LapsesOn: lapses}
	f.lots[id] = l
	at, _ := slices.BinarySearchFunc(f.order, l, func(a, b *loyalty.Lot) int {
		if a.Before(*b) {
			return -1
		}
		return 1
	})
	f.order = slices.Insert(f.order, at, l)
	return l
}

// follow moves the points of one entry, whose chain's lot is own.
func (f *pursuit) follow(e loyalty.Entry, own *loyalty.Lot) {
	if e.To == loyalty.Active || e.To == loyalty.Lapsed { // lapsed ones as if they had not
		own.Active += e.Amount
		return
	}
	left := e.Amount
	take := func(l *loyalty.Lot) {
		taken := min(max(l.Active, 0), left)
		l.Active -= taken
		left -= taken
	}
	take(own)
	if left == 0 {
		return
	}
	day := loyalty.DateIn(e.PostedAt, f.zone)
	for _, l := range f.order {
		if !l.Past(day) {
			take(l)
		}
	}
}
