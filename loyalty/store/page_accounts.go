package store

import (
	"context"
	"database/sql"

	"github.com/loyalsync/loyalsync/loyalty"
)

// accounts writes balances, each only over the one it was computed from.
func (w *pageWriter) accounts(ctx context.Context) error {
	for i := range w.page.Accounts {
		w.tx.touch(w.page.Accounts[i].ID)
	}
	if w.tx.dialect == onPostgres && w.operation == 0 && len(w.page.Accounts) > rowsToQueue {
		return w.accountsAtOnce(ctx)
	}
	if err := w.unmoved(ctx); err != nil {
		return err
	}
	const tail = `ON CONFLICT (id) DO UPDATE SET pending = excluded.pending, active = excluded.active, held = excluded.held, spent = excluded.spent,
		 lapsed = excluded.lapsed, debt = excluded.debt, scored = excluded.scored, seq = excluded.seq`
	return insertNumbers(ctx, w.tx, "write balances", "account", accountFields, tail, len(w.page.Accounts), func(i int, to []any) error {
		w.accountRow(to, &w.page.Accounts[i])
		return nil
	})
}

const accountFields = `id, program_id, pending, active, held, spent, lapsed, debt, scored, seq`

// accountRow fills in the accountFields of a balance.
func (w *pageWriter) accountRow(to []any, a *loyalty.AccountWrite) {
	b, seq := a.After, w.entry+int64(len(w.page.Entries))
	to[0], to[1], to[2], to[3], to[4] = a.ID, w.page.Feed.Program, int64(b.Pending), int64(b.Active), int64(b.Held)
	to[5], to[6], to[7], to[8], to[9] = int64(b.Spent), int64(b.Lapsed), int64(b.Debt), b.Scored, seq
}

// accountsAtOnce writes many balances to PostgreSQL: it tells how many were still what they
// were computed from.
func (w *pageWriter) accountsAtOnce(ctx context.Context) error {
	known, fresh := split(len(w.page.Accounts), func(i int) bool { return w.page.Accounts[i].Exists })
	for _, of := range []struct {
		places       []int
		before, tail string
	}{
		{known, `UPDATE account a SET pending = v.pending, active = v.active, held = v.held, spent = v.spent, lapsed = v.lapsed, debt = v.debt,
			scored = v.scored, seq = v.seq FROM `, ` v (` + accountFields + `, before) WHERE a.id = v.id AND a.program_id = v.program_id AND a.seq = v.before`},
		{fresh, `INSERT INTO account (` + accountFields + `) SELECT ` + accountFields + ` FROM `, ` v (` + accountFields + `, before) ON CONFLICT DO NOTHING`},
	} {
		if len(of.places) == 0 {
			continue
		}
		const width = 11
		from, args, err := unnest(width, len(of.places), func(i int, to []any) error {
			a := &w.page.Accounts[of.places[i]]
			w.accountRow(to, a)
			to[width-1] = a.Before.Seq
			return nil
		})
		if err != nil {
			return err
		}
		result, err := w.tx.ExecContext(ctx, of.before+from+of.tail, args...)
		if err != nil {
			return storeError("write balances", err)
		}
		if n, err := result.RowsAffected(); err != nil {
			return storeError("write balances", err)
		} else if n != int64(len(of.places)) {
			return loyalty.ErrStale
		}
	}
	return nil
}

// unmoved compares the balances with those that the page was computed from: operations
// have read theirs in the transaction. There is one writer, so they stay so until the commit.
func (w *pageWriter) unmoved(ctx context.Context) error {
	if len(w.page.Accounts) == 0 || w.operation != 0 {
		return nil
	}
	ids := make([]int64, len(w.page.Accounts))
	for i, a := range w.page.Accounts {
		ids[i] = a.ID
	}
	type row struct{ id, program, seq int64 }
	rows, err := collect(ctx, w.tx, "read balances", `SELECT id, program_id, seq FROM account WHERE id `+w.tx.in("$1"),
		func(rows *sql.Rows) (r row, err error) { err = rows.Scan(&r.id, &r.program, &r.seq); return r, err }, w.tx.list(ids))
	if err != nil {
		return err
	}
	now := make(map[int64]row, len(rows))
	for _, r := range rows {
		now[r.id] = r
	}
	for _, a := range w.page.Accounts {
		r, exists := now[a.ID]
		if exists != a.Exists || exists && (r.seq != a.Before.Seq || r.program != w.page.Feed.Program) {
			return loyalty.ErrStale
		}
	}
	return nil
}
