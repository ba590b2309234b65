package store

import (
	"context"

	"github.com/loyalsync/loyalsync/loyalty"
)

// accountRead is an account as an operation finds it.
type accountRead struct {
	loyalty.AccountState
	id     int64
	found  bool
	merged bool          // with others, which AccountState names once they are read
	known  int64         // the operation that was begun with the key of the one asked for; 0 for none
	lots   []loyalty.Lot // its own first spendable ones; nil when they were not asked for
	last   lastIDs
}

// loadAccount reads an account of an operation's program. CodeNotFound is for one that is
// not there.
func loadAccount(ctx context.Context, tx *txn, o loyalty.Operation, id int64) (*accountRead, error) {
	read, err := askAccount(ctx, tx, o, id)
	if err == nil {
		err = tx.flush(ctx)
	}
	if err != nil {
		return nil, err
	}
	tx.last = &read.last
	if err := read.fault(o); err != nil {
		return nil, err
	}
	if read.merged {
		read.Merged, err = mergedWith(ctx, tx, id)
	}
	return read, err
}

// askAccount asks for an account; it is there after the next flush.
func askAccount(ctx context.Context, tx *txn, o loyalty.Operation, id int64) (*accountRead, error) {
	a := &accountRead{id: id}
	now, f, b := o.CreatedAt, &a.Feed, &a.Balance
	to := append([]any{
		&f.ID, &f.Program, &f.Source, &f.ProgramName, &f.SourceName, &f.Currency, &f.Decimals, &a.Group, &a.Card, &a.Exists,
		&b.Pending, &b.Active, &b.Held, &b.Spent, &b.Lapsed, &b.Debt, &b.Scored, &b.Seq, &a.merged, &a.Expired, &a.known,
	}, a.last.fields()...)
	err := tx.ask(ctx, "read an account", `SELECT f.id, f.program_id, f.source_id, p.name, s.name, p.currency, p.decimals, c.erp_group, c.card, a.id IS NOT NULL,
			coalesce(a.pending, 0), coalesce(a.active, 0), coalesce(a.held, 0), coalesce(a.spent, 0), coalesce(a.lapsed, 0), coalesce(a.debt, 0),
			coalesce(a.scored, 0), coalesce(a.seq, 0),
			EXISTS (SELECT 1 FROM account_merge m WHERE m.from_id = c.id AND m.undone_at IS NULL)
				OR EXISTS (SELECT 1 FROM account_merge m WHERE m.into_id = c.id AND m.undone_at IS NULL),
			EXISTS (SELECT 1 FROM operation o WHERE o.account_id = c.id AND o.state = 1
				AND (o.expires_at <= $4 OR o.created_at > $5) AND o.program_id = f.program_id),
			coalesce((SELECT o.id FROM operation o WHERE o.program_id = $2 AND o.client_key = $3 AND o.client_key <> ''), 0), `+selectLastIDs+`
		FROM contractor c JOIN feed f ON f.id = c.feed_id JOIN program p ON p.id = f.program_id JOIN source s ON s.id = f.source_id
		LEFT JOIN account a ON a.id = c.id WHERE c.id = $1`, func(r row) error { a.found = true; return r.Scan(to...) },
		id, o.Program, o.Key, micros(now), micros(now.Add(loyalty.ClockAhead)))
	return a, err
}

// askLots asks for lots that the account can spend from a day on.
func (a *accountRead) askLots(ctx context.Context, tx *txn, today loyalty.Date) error {
	a.lots = []loyalty.Lot{}
	return tx.ask(ctx, "read lots", selectSpendable, func(r row) error {
		lot, err := lotOf(r)
		a.lots = append(a.lots, lot)
		return err
	}, a.id, usualLots, 0, int64(today))
}

// fault is that the account is not of an operation's program.
func (a *accountRead) fault(o loyalty.Operation) error {
	if a.found && a.Feed.Program == o.Program {
		return nil
	}
	return &loyalty.Error{
		Code: loyalty.CodeNotFound, Message: "there is no such account in the program",
		Hint: "look it up by code, name, tax number or card",
	}
}

// readAhead reads what new operations begin with, from PostgreSQL in one turn for all of
// them: nil where each reads it when it comes to it.
func readAhead(ctx context.Context, tx *txn, group []*pendingOperation) ([]*accountRead, error) {
	ahead := make([]*accountRead, len(group))
	if tx.dialect == onSQLite {
		return ahead, nil
	}
	asked := make(map[int64]bool, len(group))
	for i, p := range group {
		o := p.call.New
		if p.call.ID != 0 || o.Kind == loyalty.Merging || asked[o.Account] {
			continue
		}
		asked[o.Account] = true
		a, err := askAccount(ctx, tx, o, o.Account)
		if err == nil {
			err = a.askLots(ctx, tx, p.call.Today)
		}
		if err != nil {
			return nil, err
		}
		ahead[i] = a
	}
	if err := tx.flush(ctx); err != nil {
		return nil, err
	}
	for i, a := range ahead {
		switch {
		case a == nil:
		case a.merged || a.fault(group[i].call.New) != nil:
			ahead[i] = nil // read again, with what it has to do with
		default:
			tx.last = &lastIDs{}
			*tx.last = a.last
		}
	}
	return ahead, nil
}
