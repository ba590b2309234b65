package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

const operationColumns = `o.id, o.program_id, o.account_id, o.kind, o.state, o.client_key, o.fingerprint, coalesce(o.other_id, 0),
	o.points, o.spent, o.rate, o.worth, p.currency, o.document, o.lapses_on, o.on_date, o.actor, o.reason, o.created_at, o.expires_at, o.resolved_at,
	o.resolved_by FROM operation o JOIN program p ON p.id = o.program_id`

func scanOperation(rows *sql.Rows) (o loyalty.Operation, err error) {
	var created int64
	var lapses, expires, resolved sql.NullInt64
	err = rows.Scan(&o.ID, &o.Program, &o.Account, &o.Kind, &o.State, &o.Key, &o.Fingerprint, &o.Other, &o.Points, &o.Spent, &o.Rate, &o.Worth,
		&o.Currency, &o.Document, &lapses, &o.On, &o.Actor, &o.Reason, &created, &expires, &resolved, &o.ResolvedBy)
	o.LapsesOn = dateOf(lapses)
	o.CreatedAt, o.ExpiresAt, o.ResolvedAt = instant(created), instantOr(expires), instantOr(resolved)
	return o, err
}

// instantOr reads an instant that may be NULL, which is the zero one.
func instantOr(v sql.NullInt64) time.Time {
	if !v.Valid {
		return time.Time{}
	}
	return instant(v.Int64)
}

func nullInstant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return micros(t)
}

// decide says what becomes of an operation, and what it writes.
type decide = func(loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error)

// Operate begins or resolves an operation in one transaction of the only writer: what
// decide is given stays so until what it returns is committed. It computes, and waits
// for nothing. Its error, and ErrStale, leave nothing behind. Operations that wait for the
// writer at the same time are committed together; see operationQueue.
//
// A new one with a key that was used before is not decided again: the operation of
// that key is returned as it is now; if something else was asked for with it, the error
// is a loyalty.Refused. One that decide leaves without entries and in its state is
// returned as it is. CodeNotFound is for an account or operation that is not there.
func (s *Store) Operate(ctx context.Context, call loyalty.OperationCall, decide decide) (loyalty.Operation, error) {
	own := &pendingOperation{call: call, decide: decide, err: notRun(), ready: make(chan bool, 1)}
	leads, err := s.operations.join(ctx, own)
	if err != nil {
		return loyalty.Operation{}, err
	}
	if !leads {
		return own.done, own.err
	}
	group := s.operations.group(own)
	defer s.operations.leave(group)
	s.operateTogether(ctx, group)
	return own.done, own.err
}

// OperateAll begins several operations, all of them or none, each as Operate does.
func (s *Store) OperateAll(ctx context.Context, calls []loyalty.OperationCall,
	decide func(i int, b loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error),
) error {
	return s.inShortTx(ctx, func(tx *txn) error {
		for i, call := range calls {
			_, _, err := operate(ctx, tx, call, nil, func(b loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error) { return decide(i, b) })
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// operate does so inside a transaction. It says whether an error is about what is asked
// for: then nothing is written, and the transaction may go on. What it begins with may have
// been read ahead.
func operate(ctx context.Context, tx *txn, call loyalty.OperationCall, ahead *accountRead, decide decide) (done loyalty.Operation, refused bool, err error) {
	base := loyalty.OperationBase{Operation: call.New}
	if call.ID != 0 {
		if base.Operation, err = operation(ctx, tx, call.ID); err != nil {
			return done, loyalty.CodeOf(err) == loyalty.CodeNotFound, err
		}
	}
	if ahead == nil {
		if ahead, err = loadAccount(ctx, tx, base.Operation, base.Operation.Account); err != nil {
			return done, loyalty.CodeOf(err) == loyalty.CodeNotFound, err
		}
	}
	base.AccountState = ahead.AccountState
	if call.ID == 0 && ahead.known != 0 {
		if done, err = operation(ctx, tx, ahead.known); err != nil {
			return done, false, err
		}
		return done, true, sameRequest(done, call.New)
	}
	if call.Complete != nil {
		if err := call.Complete(&base.Operation, base.AccountState); err != nil {
			return done, true, err
		}
	}
	if err := loadBase(ctx, tx, call, ahead, &base); err != nil {
		return done, loyalty.CodeOf(err) == loyalty.CodeNotFound, err
	}
	done, page, err := decide(base)
	if err != nil || len(page.Entries) == 0 && done.ID != 0 && done.State == base.Operation.State {
		return done, true, err
	}
	err = writeOperation(ctx, tx, &done, page)
	return done, false, err
}

// sameRequest refuses a key that was used for something else.
func sameRequest(known, asked loyalty.Operation) error {
	if known.Fingerprint == asked.Fingerprint && known.Account == asked.Account {
		return nil
	}
	return loyalty.Refuse(loyalty.OtherRequest, "the key was used for another request", "use a new key for every request, the same only to send it again")
}

// operation reads one.
func operation(ctx context.Context, q querier, id int64) (loyalty.Operation, error) {
	found, err := collect(ctx, q, "read an operation", `SELECT `+operationColumns+` WHERE o.id = $1`, scanOperation, id)
	if err != nil {
		return loyalty.Operation{}, err
	}
	if len(found) == 0 {
		return loyalty.Operation{}, &loyalty.Error{Code: loyalty.CodeNotFound, Message: "there is no such operation", Hint: "check its number, and the program"}
	}
	return found[0], nil
}

// loadBase reads what else an operation works on.
func loadBase(ctx context.Context, tx *txn, call loyalty.OperationCall, ahead *accountRead, base *loyalty.OperationBase) (err error) {
	account := base.Operation.Account
	for _, from := range call.Since {
		sum, err := redeemed(ctx, tx, account, from)
		if err != nil {
			return err
		}
		base.Redeemed = append(base.Redeemed, sum)
	}
	if call.ID == 0 {
		if base.Paid, err = paidAlready(ctx, tx, base.Operation); err != nil {
			return err
		}
	}
	if base.Operation.Kind == loyalty.Merging {
		if err := loadOther(ctx, tx, base); err != nil {
			return err
		}
		return loadMerge(ctx, tx, call, base)
	}
	if call.ID == 0 || call.Anew {
		base.Lots, err = spendable(ctx, tx, base.Merged.Holds(account), max(base.Operation.Points, -base.Operation.Points), call.Today, ahead)
	} else {
		err = loadTaken(ctx, tx, base)
	}
	if err != nil {
		return err
	}
	if base.Operation.Other != 0 {
		if err := loadOther(ctx, tx, base); err != nil {
			return err
		}
	}
	return loadHolders(ctx, tx, base)
}

// loadHolders reads the balances of the accounts that have the lots by now.
func loadHolders(ctx context.Context, tx *txn, base *loyalty.OperationBase) (err error) {
	var others []int64
	for _, l := range base.Lots {
		if l.Holder != base.Operation.Account && l.Holder != base.Operation.Other {
			others = append(others, l.Holder)
		}
	}
	if len(others) > 0 {
		base.Holders, err = balances(ctx, tx, others)
	}
	return err
}

// loadOther reads the account that points go to.
func loadOther(ctx context.Context, tx *txn, base *loyalty.OperationBase) error {
	id := base.Operation.Other
	read, err := loadAccount(ctx, tx, base.Operation, id)
	if err != nil {
		return err
	}
	other := &loyalty.OtherAccount{AccountState: read.AccountState}
	documents := make([]int64, len(base.Lots))
	for i, l := range base.Lots {
		documents[i] = l.Document
	}
	other.Lots, err = collect(ctx, tx, "read lots", `SELECT `+lotColumns+` FROM lot WHERE account_id = $1 AND document_id `+tx.in("$2"), scanLot, id, tx.list(documents))
	base.Other = other
	return err
}

// paidAlready is what of the bill of an operation is paid with points, or about to be,
// by whomever.
func paidAlready(ctx context.Context, tx *txn, o loyalty.Operation) (sum decimal.Decimal, err error) {
	if o.Document == "" {
		return sum, nil
	}
	worths, err := collect(ctx, tx, "sum up redemptions", `SELECT worth FROM operation WHERE program_id = $1 AND document = $2 AND document <> ''
		AND state IN (1, 2) AND on_date >= $3`, func(rows *sql.Rows) (d decimal.Decimal, err error) { err = rows.Scan(&d); return d, err },
		o.Program, o.Document, int64(o.On.AddDays(-loyalty.PaysWithin)))
	for _, w := range worths {
		sum = sum.Add(w)
	}
	return sum, err
}

// redeemed sums up what an account and those merged into it have redeemed, and hold for
// it, since a day.
func redeemed(ctx context.Context, tx *txn, account int64, from loyalty.Date) (sum loyalty.Points, err error) {
	err = tx.QueryRowContext(ctx, `SELECT CAST(coalesce(sum(CASE state WHEN 1 THEN points ELSE spent END), 0) AS BIGINT) FROM operation
		WHERE account_id IN (`+heldByAccount+`) AND kind = 1 AND on_date >= $2`, account, int64(from)).Scan(&sum)
	if err != nil {
		return 0, storeError("sum up redemptions", err)
	}
	return sum, nil
}

// loadTaken reads the lots that an operation took from, and what it has of each.
func loadTaken(ctx context.Context, tx *txn, base *loyalty.OperationBase) error {
	var err error
	base.Taken, err = collect(ctx, tx, "read what an operation took", `SELECT e.line,
			CAST(sum(CASE 4 WHEN e.to_bucket THEN e.amount WHEN e.from_bucket THEN -e.amount ELSE 0 END) AS BIGINT),
			CAST(sum(CASE 5 WHEN e.to_bucket THEN e.amount WHEN e.from_bucket THEN -e.amount ELSE 0 END) AS BIGINT), max(e.revision), min(e.id)
		FROM entry e WHERE e.document_id = $1 GROUP BY e.line ORDER BY min(e.id)`,
		func(rows *sql.Rows) (t loyalty.Taken, err error) {
			err = rows.Scan(&t.Lot, &t.Held, &t.Spent, &t.Revision, &t.Entry)
			return t, err
		}, -base.Operation.ID)
	if err != nil {
		return err
	}
	ids := make([]int64, len(base.Taken))
	for i, t := range base.Taken {
		ids[i] = t.Lot
	}
	lots, err := collect(ctx, tx, "read lots", `SELECT `+lotColumns+` FROM lot WHERE id `+tx.in("$1"), scanLot, tx.list(ids))
	byID := make(map[int64]loyalty.Lot, len(lots))
	for _, l := range lots {
		byID[l.ID] = l
	}
	for _, id := range ids { // in the order they were taken from
		base.Lots = append(base.Lots, byID[id])
	}
	return err
}

// writeOperation writes an operation and what it does, and gives a new one its ID.
func writeOperation(ctx context.Context, tx *txn, o *loyalty.Operation, page loyalty.PageWrite) error {
	w, err := writerOf(page)
	if err != nil {
		return err
	}
	if o.ID == 0 {
		tx.last.operation++
		o.ID = tx.last.operation
		err = insertOperation(ctx, tx, *o)
	} else {
		err = tx.execute(ctx, "write an operation", `UPDATE operation SET state = $2, spent = $3, worth = $4, resolved_at = $5, resolved_by = $6, points = $7 WHERE id = $1`,
			[]any{o.ID, int64(o.State), int64(o.Spent), o.Worth.String(), nullInstant(o.ResolvedAt), o.ResolvedBy, int64(o.Points)})
	}
	if err != nil {
		return err
	}
	if o.State == loyalty.Posted || o.State == loyalty.Undone {
		if err := queueBill(ctx, tx, *o); err != nil {
			return err
		}
	}
	if o.Kind == loyalty.Merging {
		if err := writeMerge(ctx, tx, *o); err != nil {
			return err
		}
	}
	w.operation, w.account = o.ID, o.Account
	return w.run(ctx, tx)
}

func insertOperation(ctx context.Context, tx *txn, o loyalty.Operation) error {
	return tx.execute(ctx, "write an operation", `INSERT INTO operation (id, program_id, account_id, kind, state, client_key, fingerprint, other_id, points, spent,
			rate, worth, document, lapses_on, on_date, actor, reason, created_at, expires_at, resolved_at, resolved_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`, []any{
		o.ID, o.Program, o.Account, int64(o.Kind), int64(o.State), o.Key, o.Fingerprint, nullID(o.Other), int64(o.Points), int64(o.Spent),
		o.Rate.String(), o.Worth.String(), o.Document, nullDate(o.LapsesOn), int64(o.On), o.Actor, o.Reason,
		micros(o.CreatedAt), nullInstant(o.ExpiresAt), nullInstant(o.ResolvedAt), o.ResolvedBy,
	})
}

// LastOperation is when the newest operation was begun; zero for none.
func (s *Store) LastOperation(ctx context.Context) (time.Time, error) {
	var at sql.NullInt64
	if err := s.readers.QueryRowContext(ctx, `SELECT (SELECT created_at FROM operation ORDER BY id DESC LIMIT 1)`).Scan(&at); err != nil {
		return time.Time{}, storeError("read the newest operation", err)
	}
	return instantOr(at), nil
}

// Operation returns an operation; CodeNotFound for none.
func (s *Store) Operation(ctx context.Context, id int64) (loyalty.Operation, error) {
	return operation(ctx, s.readers, id)
}

// Operations returns those of an account, of a kind or of all with 0, the newest first,
// that come before one of them: 0 begins with the newest.
func (s *Store) Operations(ctx context.Context, account int64, kind loyalty.OperationKind, before int64, limit int) ([]loyalty.Operation, error) {
	return collect(ctx, s.readers, "read operations", `SELECT `+operationColumns+` WHERE o.account_id = $1 AND ($4 = 0 OR o.kind = $4)
		AND ($2 = 0 OR (o.on_date, o.id) < ((SELECT on_date FROM operation WHERE id = $2), $2))
		ORDER BY o.on_date DESC, o.id DESC LIMIT CAST($3 AS BIGINT)`, scanOperation, account, before, limit, int64(kind))
}

// Redemptions returns those Operations that are redemptions.
func (s *Store) Redemptions(ctx context.Context, account, before int64, limit int) ([]loyalty.Operation, error) {
	return s.Operations(ctx, account, loyalty.Redemption, before, limit)
}

// KnownKeys are those of keys that operations of a program were begun with.
func (s *Store) KnownKeys(ctx context.Context, program int64, keys []string) (map[string]bool, error) {
	found, err := collect(ctx, s.readers, "read operations", `SELECT client_key FROM operation WHERE program_id = $1 AND client_key <> ''
		AND client_key `+s.in("$2"), func(rows *sql.Rows) (key string, err error) { err = rows.Scan(&key); return key, err }, program, s.list(keys))
	known := make(map[string]bool, len(found))
	for _, key := range found {
		known[key] = true
	}
	return known, err
}

// Proposed returns what waits for a second person in a program, the oldest first.
func (s *Store) Proposed(ctx context.Context, program int64, limit int) ([]loyalty.Operation, error) {
	return collect(ctx, s.readers, "read operations", `SELECT `+operationColumns+` WHERE o.state = 6 AND o.program_id = $1 ORDER BY o.id LIMIT CAST($2 AS BIGINT)`,
		scanOperation, program, limit)
}

// ExpiredHolds returns reserved operations of a program that have expired, the oldest
// first, of one account or of all with 0; those of a clock that was ahead are among them.
func (s *Store) ExpiredHolds(ctx context.Context, program int64, now time.Time, account int64, limit int) ([]int64, error) {
	const of = ` AND ($2 = 0 OR account_id = $2) AND program_id = $4`
	return collect(ctx, s.readers, "read what has timed out", `SELECT id FROM (
			SELECT id, expires_at FROM operation WHERE state = 1 AND expires_at <= $1`+of+`
			UNION ALL SELECT id, expires_at FROM operation WHERE state = 1 AND expires_at > $5 AND created_at > $5`+of+`) o
		ORDER BY expires_at, id LIMIT CAST($3 AS BIGINT)`,
		scanID, micros(now), account, limit, program, micros(now.Add(loyalty.ClockAhead)))
}
