package store

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Statement tells what happened to an account's points in a period of document dates,
// from its entries; zone is that of business days. Points lapse in it whether their lapse
// was posted or not.
func (s *Store) Statement(ctx context.Context, account int64, from, to loyalty.Date, zone *time.Location) (out loyalty.Statement, err error) {
	err = s.inRead(ctx, func(tx *txn) error {
		out, err = statementOf(ctx, tx, account, from, to, zone)
		return err
	})
	return out, err
}

func statementOf(ctx context.Context, q querier, account int64, from, to loyalty.Date, zone *time.Location) (loyalty.Statement, error) {
	out := loyalty.Statement{From: from, To: to}
	before := loyalty.AsOf{Date: from.AddDays(-1), Today: from.AddDays(-1), Zone: zone, Booked: true}
	after := loyalty.AsOf{Date: to, Today: to, Zone: zone, Booked: true}
	for _, end := range []struct {
		at  loyalty.AsOf
		sum *loyalty.Points
	}{{before, &out.Opening}, {after, &out.Closing}} {
		b, err := balanceAsOf(ctx, q, account, end.at)
		if err != nil {
			return out, err
		}
		*end.sum = b.Available + b.Held - b.Debt
	}
	lines, err := statementLines(ctx, q, account, from, to)
	if err != nil {
		return out, err
	}
	lapsed, err := statementLapses(ctx, q, account, before, after)
	if err != nil {
		return out, err
	}
	lines = append(lines, lapsed...)
	slices.SortStableFunc(lines, func(a, b loyalty.StatementLine) int { return cmp.Compare(a.On, b.On) })
	for _, l := range lines {
		out.Add(l)
	}
	if out.Opening+out.Totals.Sum() != out.Closing {
		return out, &loyalty.Error{Code: loyalty.CodeInternal, Message: "a statement does not add up", Hint: "loyalsync ledger verify looks for what is wrong"}
	}
	return out, nil
}

// statementEntries sums entries by day, document and way, in the order of posting.
// Those of lapsing are left out.
const statementEntries = `SELECT e.booked_on, e.effective_on, e.kind, e.from_bucket, e.to_bucket, CAST(sum(e.amount) AS BIGINT), e.document_id,
		coalesce(d.number, o.document, ''), coalesce(o.reason, ''), min(e.id)
	FROM (SELECT e.*, ` + bookedOn + ` AS booked_on FROM entry e WHERE ` + ofAccount + ` AND e.kind <> 5) e
	LEFT JOIN document d ON d.id = e.document_id LEFT JOIN operation o ON o.id = -e.document_id
	WHERE e.booked_on >= $2 AND e.booked_on <= $3
	GROUP BY e.booked_on, e.effective_on, e.document_id, e.kind, e.from_bucket, e.to_bucket, d.number, o.document, o.reason
	ORDER BY e.booked_on, min(e.id)`

// bookedOn is the day on which an entry e of the account $1 counts in the books: its own,
// or the first after the last closed period that it came too late for.
const bookedOn = `coalesce((SELECT max(p.through_on) + 1 FROM period p
	WHERE p.program_id = (SELECT program_id FROM account WHERE id = $1) AND p.last_entry < e.id AND p.through_on >= e.effective_on), e.effective_on)`

// statementLines are those of documents and operations.
func statementLines(ctx context.Context, q querier, account int64, from, to loyalty.Date) ([]loyalty.StatementLine, error) {
	type row struct {
		loyalty.StatementLine
		document int64
	}
	rows, err := collect(ctx, q, "read a statement", statementEntries, func(rows *sql.Rows) (r row, err error) {
		var e loyalty.Entry
		err = rows.Scan(&r.On, &r.Concerns, &e.Kind, &e.From, &e.To, &e.Amount, &r.document, &r.Number, &r.Reason, &e.ID)
		if r.Concerns == r.On {
			r.Concerns = loyalty.NoDate
		}
		r.Kind, r.Points = e.Kind.Statement(), owned(e.To, e.Amount)-owned(e.From, e.Amount)
		return r, err
	}, account, int64(from), int64(to))
	var lines []loyalty.StatementLine
	var last int64
	for _, r := range rows {
		n := len(lines)
		if n > 0 && last == r.document && lines[n-1].On == r.On && lines[n-1].Concerns == r.Concerns && lines[n-1].Kind == r.Kind {
			lines[n-1].Points += r.Points
			continue
		}
		lines, last = append(lines, r.StatementLine), r.document
	}
	return slices.DeleteFunc(lines, func(l loyalty.StatementLine) bool { return l.Points == 0 }), err
}

// owned is what points in a bucket are to a contractor, lapsed ones as if they had not.
func owned(b loyalty.Bucket, points loyalty.Points) loyalty.Points {
	switch b {
	case loyalty.Active, loyalty.Held, loyalty.Lapsed, loyalty.Debt: // what enters debt repays it
		return points
	case loyalty.Issued, loyalty.Pending, loyalty.Spent, loyalty.Adjust:
	}
	return 0
}

// statementLapses are the days between two moments on which points lapsed. Points that
// had lapsed and were taken back since stand on the first day.
func statementLapses(ctx context.Context, q querier, account int64, before, after loyalty.AsOf) ([]loyalty.StatementLine, error) {
	had, err := lapsedByDay(ctx, q, account, before)
	if err != nil {
		return nil, err
	}
	days, err := lapsedByDay(ctx, q, account, after)
	if err != nil {
		return nil, err
	}
	for day, points := range had {
		days[day] -= points
	}
	var lines []loyalty.StatementLine
	for _, day := range slices.Sorted(maps.Keys(days)) {
		if days[day] != 0 {
			lines = append(lines, loyalty.StatementLine{On: max(day.AddDays(1), before.Date.AddDays(1)), Concerns: loyalty.NoDate, Kind: loyalty.StatementLapsed, Points: -days[day]})
		}
	}
	return lines, nil
}
