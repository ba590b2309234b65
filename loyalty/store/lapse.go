package store

import (
	"context"
	"database/sql"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Lapsing returns lots of a feed with active points whose last day is before a day,
// the soonest first, the balances of their accounts, and how many lapses were posted
// for their documents, all of one instant. Lots that have lapsed, and those that
// never will, are not in the index that it reads.
func (s *Store) Lapsing(ctx context.Context, feed loyalty.Feed, before loyalty.Date, limit int) (loyalty.LapseState, error) {
	state := loyalty.LapseState{Revisions: make(map[int64]int)}
	err := s.inRead(ctx, func(tx *txn) (err error) {
		state.Lots, err = collect(ctx, tx, "read lots", `SELECT `+lotColumns+` FROM lot WHERE feed_id = $1 AND active > 0
			AND lapses_on IS NOT NULL AND lapses_on < $2 ORDER BY lapses_on, id LIMIT CAST($3 AS BIGINT)`, scanLot, feed.ID, int64(before), limit)
		if err != nil || len(state.Lots) == 0 {
			return err
		}
		var accounts, documents []int64
		for _, l := range state.Lots {
			accounts, documents = append(accounts, l.Holder), append(documents, l.Document)
		}
		if state.Balances, err = balances(ctx, tx, accounts); err != nil {
			return err
		}
		_, err = collect(ctx, tx, "read entries", `SELECT document_id, max(revision) FROM entry
			WHERE line = 0 AND rule_id = 0 AND document_id `+tx.in("$1")+` GROUP BY document_id`,
			func(rows *sql.Rows) (struct{}, error) {
				var document int64
				var revision int
				err := rows.Scan(&document, &revision)
				state.Revisions[document] = revision
				return struct{}{}, err
			}, tx.list(documents))
		return err
	})
	return state, err
}

// LapsingOf returns what of an account's points lapses on the next days, today
// included: at most so many days.
func (s *Store) LapsingOf(ctx context.Context, account int64, today loyalty.Date, days int) ([]loyalty.LapsingPoints, error) {
	return collect(ctx, s.readers, "read lots", `SELECT lapses_on, sum(active), 1 FROM lot
		WHERE account_id IN (`+heldByAccount+`) AND active > 0 AND lapses_on >= $2 GROUP BY lapses_on ORDER BY lapses_on LIMIT CAST($3 AS BIGINT)`, scanLapsing,
		account, int64(today), days)
}

func scanLapsing(rows *sql.Rows) (p loyalty.LapsingPoints, err error) {
	var on sql.NullInt64
	err = rows.Scan(&on, &p.Points, &p.Contractors)
	p.On = dateOf(on)
	return p, err
}

// LapseForecast tells what of a program's points lapses when, day by day until one.
// It reads the lots that still have points.
func (s *Store) LapseForecast(ctx context.Context, program int64, today, until loyalty.Date) (loyalty.LapseForecast, error) {
	var f loyalty.LapseForecast
	until = max(until, today.AddDays(-1))
	const sums = `, coalesce(sum(active), 0), count(DISTINCT ` + lotHolder + `) FROM lot
		WHERE feed_id IN (SELECT id FROM feed WHERE program_id = $1) AND active > 0 AND `
	err := s.inRead(ctx, func(tx *txn) (err error) {
		f.Days, err = collect(ctx, tx, "read lots", `SELECT lapses_on`+sums+`lapses_on >= $2 AND lapses_on <= $3
			GROUP BY lapses_on ORDER BY lapses_on`, scanLapsing, program, int64(today), int64(until))
		for _, rest := range []struct {
			to        *loyalty.LapsingPoints
			condition string
			args      []any
		}{
			{&f.Overdue, `lapses_on < $2`, []any{program, int64(today)}},
			{&f.Later, `lapses_on > $2`, []any{program, int64(until)}},
			{&f.Never, `lapses_on IS NULL`, []any{program}},
		} {
			var found []loyalty.LapsingPoints
			if err == nil {
				found, err = collect(ctx, tx, "read lots", `SELECT min(lapses_on)`+sums+rest.condition, scanLapsing, rest.args...)
			}
			if err != nil {
				return err
			}
			*rest.to = found[0]
		}
		return nil
	})
	return f, err
}

// Feeds returns the feeds of a program by their source; none for one that is not
// known.
func (s *Store) Feeds(ctx context.Context, program string) ([]loyalty.Feed, error) {
	return collect(ctx, s.readers, "list the feeds", `SELECT f.id, f.program_id, f.source_id, p.name, s.name, p.currency, p.decimals
		FROM feed f JOIN program p ON p.id = f.program_id JOIN source s ON s.id = f.source_id WHERE p.name = $1 ORDER BY s.name`,
		func(rows *sql.Rows) (f loyalty.Feed, err error) {
			err = rows.Scan(&f.ID, &f.Program, &f.Source, &f.ProgramName, &f.SourceName, &f.Currency, &f.Decimals)
			return f, err
		}, program)
}
