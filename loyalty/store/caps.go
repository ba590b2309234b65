package store

import (
	"context"
	"database/sql"

	"github.com/loyalsync/loyalsync/loyalty"
)

// CapUses returns what is used of caps, as far as anything is.
func (s *Store) CapUses(ctx context.Context, program int64, uses []loyalty.CapUse) (map[loyalty.CapUse]loyalty.Points, error) {
	return capUses(ctx, s.readers, program, uses)
}

func capUses(ctx context.Context, q querier, program int64, uses []loyalty.CapUse) (map[loyalty.CapUse]loyalty.Points, error) {
	type row struct {
		loyalty.CapUse
		used loyalty.Points
	}
	keys := make([][4]any, len(uses))
	for i, u := range uses {
		keys[i] = [4]any{u.Rule, u.Account, u.Period, int64(u.StartsOn)}
	}
	d := q.speaks()
	rows, err := collect(ctx, q, "read what is used of caps", `SELECT c.rule_id, c.account_id, c.period, c.starts_on, c.used
		FROM `+d.tuples("$2")+` JOIN cap_use c ON c.program_id = $1 AND c.rule_id = `+d.part(0, "BIGINT")+`
			AND c.account_id = `+d.part(1, "BIGINT")+` AND c.period = `+d.part(2, "TEXT")+` AND c.starts_on = `+d.part(3, "BIGINT"),
		func(rows *sql.Rows) (r row, err error) {
			err = rows.Scan(&r.Rule, &r.Account, &r.Period, &r.StartsOn, &r.used)
			return r, err
		}, program, jsonList(keys))
	if err != nil {
		return nil, err
	}
	out := make(map[loyalty.CapUse]loyalty.Points, len(rows))
	for _, r := range rows {
		out[r.CapUse] = r.used
	}
	return out, nil
}

// caps writes what is used of caps, each count only over the one that the page was
// computed from.
func (w *pageWriter) caps(ctx context.Context) error {
	if len(w.page.Caps) == 0 {
		return nil
	}
	uses := make([]loyalty.CapUse, len(w.page.Caps))
	rows := make([][]any, len(w.page.Caps))
	for i, c := range w.page.Caps {
		uses[i] = c.CapUse
		rows[i] = []any{w.page.Feed.Program, c.Rule, c.Account, string(c.Period), int64(c.StartsOn), int64(c.After)}
	}
	stored, err := capUses(ctx, w.tx, w.page.Feed.Program, uses)
	if err != nil {
		return err
	}
	for _, c := range w.page.Caps {
		if stored[c.CapUse] != c.Before {
			return loyalty.ErrStale
		}
	}
	return insert(ctx, w.tx, "write what is used of caps", "cap_use", "program_id, rule_id, account_id, period, starts_on, used",
		`ON CONFLICT (program_id, rule_id, account_id, period, starts_on) DO UPDATE SET used = excluded.used`, rows)
}
