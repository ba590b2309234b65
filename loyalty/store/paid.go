package store

import (
	"context"
	"database/sql"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// PaidBills returns what redemptions, posted and not undone, paid of bills with these
// numbers, by number, account and day. Where no redemption names a bill, that is found
// without looking for any.
func (s *Store) PaidBills(ctx context.Context, program int64, numbers []string) ([]loyalty.PaidBill, error) {
	return paidBills(ctx, s.readers, program, numbers)
}

func paidBills(ctx context.Context, q querier, program int64, numbers []string) (out []loyalty.PaidBill, err error) {
	var some bool
	err = q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM operation WHERE program_id = $1 AND document <> '')`, program).Scan(&some)
	switch {
	case err != nil:
		return nil, storeError("read what was paid", err)
	case !some:
		return nil, nil
	}
	rows, err := collect(ctx, q, "read what was paid", `SELECT document, account_id, on_date, worth FROM operation
		WHERE program_id = $1 AND document <> '' AND document `+q.speaks().in("$2")+` AND state = 2 ORDER BY document, account_id, on_date`,
		func(rows *sql.Rows) (p loyalty.PaidBill, err error) {
			err = rows.Scan(&p.Document, &p.Account, &p.On, &p.Worth)
			return p, err
		}, program, q.speaks().list(numbers))
	for _, p := range rows {
		if n := len(out); n > 0 && out[n-1].Document == p.Document && out[n-1].Account == p.Account && out[n-1].On == p.On {
			out[n-1].Worth = out[n-1].Worth.Add(p.Worth)
			continue
		}
		out = append(out, p)
	}
	return out, err
}

// bills compares what was paid with what the page was computed from.
func (w *pageWriter) bills(ctx context.Context) error {
	if len(w.page.Bills.Numbers) == 0 {
		return nil
	}
	now, err := paidBills(ctx, w.tx, w.page.Feed.Program, w.page.Bills.Numbers)
	if err != nil {
		return err
	}
	same := func(a, b loyalty.PaidBill) bool {
		return a.Document == b.Document && a.Account == b.Account && a.On == b.On && a.Worth.Equal(b.Worth)
	}
	if !slices.EqualFunc(now, w.page.Bills.Paid, same) {
		return loyalty.ErrStale
	}
	return nil
}

// queueBill puts the documents that an operation paid on the re-evaluate queue. Those
// that others score are not computed here.
func queueBill(ctx context.Context, tx *txn, o loyalty.Operation) error {
	if o.Document == "" {
		return nil
	}
	return tx.execute(ctx, "queue documents", `INSERT INTO reevaluate (feed_id, document_id) SELECT d.feed_id, d.id FROM document d
		JOIN feed f ON f.id = d.feed_id WHERE f.program_id = $1 AND d.number = $2 AND `+tx.anyCase("d.number")+` = `+tx.anyCase("$2")+`
		AND d.corrects = '' AND d.date >= $3 AND d.date <= $4
		AND NOT EXISTS (SELECT 1 FROM received_item r WHERE r.feed_id = f.id) ON CONFLICT DO NOTHING`,
		[]any{o.Program, o.Document, int64(o.On.AddDays(-loyalty.PaysWithin)), int64(o.On.AddDays(loyalty.PaysWithin))})
}
