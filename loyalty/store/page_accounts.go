package store

import (
	"context"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// accounts writes balances, each only over the one it was computed from. Operations have
// read theirs in the transaction: there is one writer, so they stay so until the commit.
func (w *pageWriter) accounts(ctx context.Context) error {
	for i := range w.page.Accounts {
		w.tx.touch(w.page.Accounts[i].ID)
	}
	if w.operation == 0 {
		known, fresh := split(len(w.page.Accounts), func(i int) bool { return w.page.Accounts[i].Exists })
		if err := w.overUnmoved(ctx, known); err != nil {
			return err
		}
		return w.whereNone(ctx, fresh)
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

// overUnmoved writes balances over those that are still what they were computed from, and
// tells when one is not.
func (w *pageWriter) overUnmoved(ctx context.Context, places []int) error {
	return w.allOf(ctx, places, `UPDATE`+w.tx.orRollback()+` account SET pending = v.pending, active = v.active, held = v.held, spent = v.spent, lapsed = v.lapsed,
		debt = v.debt, scored = v.scored, seq = v.seq FROM v WHERE account.id = v.id AND account.program_id = v.program_id AND account.seq = v.before`)
}

// whereNone writes the first balances of accounts, and tells when there is one already.
func (w *pageWriter) whereNone(ctx context.Context, places []int) error {
	return w.allOf(ctx, places, w.tx.insert("account", accountFields)+`SELECT `+accountFields+` FROM v WHERE true ON CONFLICT DO NOTHING`)
}

// allOf runs a statement over balances as a table v, and tells when it did not write all.
func (w *pageWriter) allOf(ctx context.Context, places []int, statement string) error {
	const width = 11
	for chunk := range slices.Chunk(places, w.tx.rowsAtOnce()) {
		rows, args, err := w.tx.table(width, len(chunk), func(i int, to []any) error {
			a := &w.page.Accounts[chunk[i]]
			w.accountRow(to, a)
			to[width-1] = a.Before.Seq
			return nil
		})
		if err != nil {
			return err
		}
		result, err := w.tx.ExecContext(ctx, `WITH v (`+accountFields+`, before) AS (`+rows+`) `+statement, args...)
		if err != nil {
			return storeError("write balances", err)
		}
		if n, err := result.RowsAffected(); err != nil {
			return storeError("write balances", err)
		} else if n != int64(len(chunk)) {
			return loyalty.ErrStale
		}
	}
	return nil
}
