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
	if err := read.fault(o); err != nil {
		return nil, err
	}
	tx.last = &read.last
	if read.merged {
		read.Merged, err = mergedWith(ctx, tx, id)
	}
	return read, err
}

// fields are where the columns of selectAccount go.
func (a *accountRead) fields() []any {
	f, b := &a.Feed, &a.Balance
	return append([]any{
		&f.ID, &f.Program, &f.Source, &f.ProgramName, &f.SourceName, &f.Currency, &f.Decimals, &a.Group, &a.Card, &a.Exists,
		&b.Pending, &b.Active, &b.Held, &b.Spent, &b.Lapsed, &b.Debt, &b.Scored, &b.Seq, &a.merged, &a.Expired, &a.known,
	}, a.last.fields()...)
}

// selectAccount reads an account, and finds the operation of a program that was begun with
// a key. It is given the SQL of each: of program and key, of the present instant, and of the
// latest one that a clock may tell without being ahead.
func selectAccount(program, key, now, ahead string) string {
	return `f.id, f.program_id, f.source_id, p.name, s.name, p.currency, p.decimals, c.erp_group, c.card, a.id IS NOT NULL,
			coalesce(a.pending, 0), coalesce(a.active, 0), coalesce(a.held, 0), coalesce(a.spent, 0), coalesce(a.lapsed, 0), coalesce(a.debt, 0),
			coalesce(a.scored, 0), coalesce(a.seq, 0),
			EXISTS (SELECT 1 FROM account_merge m WHERE m.from_id = c.id AND m.undone_at IS NULL)
				OR EXISTS (SELECT 1 FROM account_merge m WHERE m.into_id = c.id AND m.undone_at IS NULL),
			EXISTS (SELECT 1 FROM operation o WHERE o.account_id = c.id AND o.state = 1
				AND (o.expires_at <= ` + now + ` OR o.created_at > ` + ahead + `) AND o.program_id = f.program_id),
			coalesce((SELECT o.id FROM operation o WHERE o.program_id = ` + program + ` AND o.client_key = ` + key + ` AND o.client_key <> ''), 0), ` + selectLastIDs
}

// ofContractor are the tables of selectAccount beside that of a contractor c.
const ofContractor = ` JOIN feed f ON f.id = c.feed_id JOIN program p ON p.id = f.program_id JOIN source s ON s.id = f.source_id
		LEFT JOIN account a ON a.id = c.id`

// askAccount asks for an account; it is there after the next flush.
func askAccount(ctx context.Context, tx *txn, o loyalty.Operation, id int64) (*accountRead, error) {
	a, now := &accountRead{id: id}, o.CreatedAt
	err := tx.ask(ctx, "read an account", `SELECT `+selectAccount("$2", "$3", "$4", "$5")+` FROM contractor c`+ofContractor+` WHERE c.id = $1`,
		func(r row) error { a.found = true; return r.Scan(a.fields()...) },
		id, o.Program, o.Key, micros(now), micros(now.Add(loyalty.ClockAhead)))
	return a, err
}

// askLots asks for lots that the account can spend from a day on.
func (a *accountRead) askLots(ctx context.Context, tx *txn, today loyalty.Date) error {
	a.lots = []loyalty.Lot{}
	return tx.ask(ctx, "read lots", selectSpendable("$1", "$2", "$3", "$4"), func(r row) error {
		lot, err := lotOf(r)
		a.lots = append(a.lots, lot)
		return err
	}, a.id, usualLots, 0, int64(today))
}

// askAccounts asks for the accounts of new operations, and for lots of each that it can
// spend, in two questions to PostgreSQL.
func askAccounts(ctx context.Context, tx *txn, calls []loyalty.OperationCall) ([]*accountRead, error) {
	reads := make([]*accountRead, len(calls))
	ids, programs, keys := make([]int64, len(calls)), make([]int64, len(calls)), make([]string, len(calls))
	now, ahead, today := make([]int64, len(calls)), make([]int64, len(calls)), make([]int64, len(calls))
	for i, c := range calls {
		reads[i] = &accountRead{id: c.New.Account, lots: []loyalty.Lot{}}
		ids[i], programs[i], keys[i], today[i] = c.New.Account, c.New.Program, c.New.Key, int64(c.Today)
		now[i], ahead[i] = micros(c.New.CreatedAt), micros(c.New.CreatedAt.Add(loyalty.ClockAhead))
	}
	err := tx.ask(ctx, "read accounts", `SELECT t.n, `+selectAccount("t.program", "t.key", "t.now", "t.ahead")+`
		FROM unnest(CAST($1 AS BIGINT[]), CAST($2 AS BIGINT[]), CAST($3 AS TEXT[]), CAST($4 AS BIGINT[]), CAST($5 AS BIGINT[]))
			WITH ORDINALITY t (id, program, key, now, ahead, n) JOIN contractor c ON c.id = t.id`+ofContractor,
		func(r row) error {
			var n int64
			var one accountRead
			if err := r.Scan(append([]any{&n}, one.fields()...)...); err != nil {
				return err
			}
			one.id, one.found, one.lots = reads[n-1].id, true, reads[n-1].lots
			*reads[n-1] = one
			return nil
		}, ids, programs, keys, now, ahead)
	if err != nil {
		return nil, err
	}
	err = tx.ask(ctx, "read lots", `SELECT t.n, l.* FROM unnest(CAST($1 AS BIGINT[]), CAST($2 AS BIGINT[])) WITH ORDINALITY t (id, today, n)
		CROSS JOIN LATERAL (`+selectSpendable("t.id", "$3", "0", "t.today")+`) l`,
		func(r row) error {
			var n int64
			lot, err := lotOf(numbered{r, &n})
			if err == nil {
				reads[n-1].lots = append(reads[n-1].lots, lot)
			}
			return err
		}, ids, today, usualLots)
	return reads, err
}

// numbered is a row with a number before what is asked for.
type numbered struct {
	row
	n *int64
}

// Scan reads the number too.
func (r numbered) Scan(to ...any) error { return r.row.Scan(append([]any{r.n}, to...)...) }

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
	places, calls := make([]int, 0, len(group)), make([]loyalty.OperationCall, 0, len(group))
	asked := make(map[int64]bool, len(group))
	for i, p := range group {
		if account := p.call.New.Account; p.call.ID == 0 && p.call.New.Kind != loyalty.Merging && !asked[account] {
			asked[account] = true
			places, calls = append(places, i), append(calls, p.call)
		}
	}
	reads, err := askAhead(ctx, tx, calls)
	if err == nil {
		err = tx.flush(ctx)
	}
	if err != nil {
		return nil, err
	}
	for i, a := range reads {
		if a.merged || a.fault(calls[i].New) != nil {
			continue // is read again, with what it has to do with
		}
		ahead[places[i]], tx.last = a, &a.last
	}
	return ahead, nil
}

func askAhead(ctx context.Context, tx *txn, calls []loyalty.OperationCall) ([]*accountRead, error) {
	if len(calls) > 1 {
		return askAccounts(ctx, tx, calls)
	}
	var reads []*accountRead
	for _, c := range calls {
		a, err := askAccount(ctx, tx, c.New, c.New.Account)
		if err == nil {
			err = a.askLots(ctx, tx, c.Today)
		}
		if err != nil {
			return nil, err
		}
		reads = append(reads, a)
	}
	return reads, nil
}
