package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// OperationStore is what operations need of the place a ledger is kept in.
type OperationStore interface {
	// Operate begins or resolves an operation in one transaction of the only writer:
	// what decide is given stays so until what it returns is committed. A new one with
	// a known key is not decided again.
	Operate(ctx context.Context, call loyalty.OperationCall,
		decide func(loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error)) (loyalty.Operation, error)
}

// operator begins and resolves operations of one program.
type operator struct {
	store   OperationStore
	program loyalty.ProgramOverview
	zone    *time.Location
	now     func() time.Time
}

// act is an operation while it is decided: what becomes of it, and what it moves.
type act struct {
	loyalty.OperationBase
	done      loyalty.Operation
	entries   []loyalty.Entry
	lots      []loyalty.Lot // as they become, each once
	places    map[lotKey]int
	balances  map[int64]*loyalty.Balance
	before    map[int64]loyalty.Balance // of those that exist
	revisions map[int64]int             // by line
}

func newAct(b loyalty.OperationBase) *act {
	a := &act{
		OperationBase: b, done: b.Operation, places: make(map[lotKey]int), balances: make(map[int64]*loyalty.Balance),
		before: make(map[int64]loyalty.Balance), revisions: make(map[int64]int),
	}
	maps.Copy(a.before, b.Holders)
	if b.Exists {
		a.before[b.Operation.Account] = b.Balance
	}
	if b.Other != nil && b.Other.Exists {
		a.before[b.Operation.Other] = b.Other.Balance
	}
	for _, t := range b.Taken {
		a.revisions[t.Lot] = t.Revision
	}
	return a
}

// balance is that of an account, as it becomes.
func (a *act) balance(account int64) *loyalty.Balance {
	if a.balances[account] == nil {
		balance := a.before[account]
		a.balances[account] = &balance
	}
	return a.balances[account]
}

// keep notes what becomes of a lot.
func (a *act) keep(l loyalty.Lot) {
	k := lotKey{l.Document, l.Account}
	if at, known := a.places[k]; known {
		a.lots[at] = l
		return
	}
	a.places[k] = len(a.lots)
	a.lots = append(a.lots, l)
}

// post moves points of an account. Entries of one line follow one another.
func (a *act) post(account, line int64, kind loyalty.EntryKind, from, to loyalty.Bucket, points loyalty.Points, of int64) {
	if points == 0 {
		return
	}
	a.revisions[line]++
	move(a.balance(account), from, -points)
	move(a.balance(account), to, points)
	a.entries = append(a.entries, loyalty.Entry{
		Account: account, Document: -a.done.ID, Line: line, Revision: a.revisions[line], Kind: kind, From: from, To: to, Amount: points, Of: of,
	})
}

// receive makes points active in a lot, after what is owed is repaid: debt and points
// that may be spent never stand side by side.
func (a *act) receive(l *loyalty.Lot, line int64, kind loyalty.EntryKind, from loyalty.Bucket, points loyalty.Points, of int64) {
	account := l.HeldBy()
	repaid := min(a.balance(account).Debt, points)
	a.post(account, line, kind, from, loyalty.Debt, repaid, of)
	if kept := points - repaid; kept > 0 {
		a.post(account, line, kind, from, loyalty.Active, kept, of)
		l.Active += kept
		a.keep(*l)
	}
}

// take takes points out of the lots of the account, in spend order, and says what of
// each. Too few are refused.
func (a *act) take(points loyalty.Points, kind loyalty.EntryKind, to loyalty.Bucket, decimals int) ([]loyalty.Taken, error) {
	var available loyalty.Points
	for _, l := range a.Lots {
		available += l.Active
	}
	if available < points {
		return nil, loyalty.Refuse(loyalty.Insufficient, fmt.Sprintf("%s points are asked for, %s are available", points.Format(decimals), available.Format(decimals)), "")
	}
	var taken []loyalty.Taken
	for _, l := range a.Lots {
		if part := min(l.Active, points); part > 0 {
			points -= part
			l.Active -= part
			a.post(a.done.Account, l.ID, kind, loyalty.Active, to, part, 0)
			a.keep(l)
			taken = append(taken, loyalty.Taken{Lot: l.ID, Held: part})
		}
	}
	return taken, nil
}

// operate runs a decision and turns what it moves into what is written.
func (o operator) operate(ctx context.Context, call loyalty.OperationCall, actor string, decide func(*act) error) (loyalty.Operation, error) {
	done, err := o.store.Operate(ctx, call, func(b loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error) {
		a := newAct(b)
		if call.ID == 0 {
			if err := a.apart(); err != nil {
				return b.Operation, loyalty.PageWrite{}, err
			}
		}
		if err := decide(a); err != nil {
			return b.Operation, loyalty.PageWrite{}, err
		}
		return a.done, o.page(a, actor), nil
	})
	if _, refused := errors.AsType[*loyalty.Refused](err); err != nil && !refused {
		err = fmt.Errorf("points of %s: %w", o.program.Name, err)
	}
	return done, err
}

// resolve changes an operation of the program, of one kind.
func (o operator) resolve(ctx context.Context, call loyalty.OperationCall, kind loyalty.OperationKind, actor string, decide func(*act) error) (loyalty.Operation, error) {
	return o.operate(ctx, call, actor, func(a *act) error {
		if a.Operation.Program != o.program.ID || a.Operation.Kind != kind {
			return &loyalty.Error{Code: loyalty.CodeNotFound, Message: "there is no such " + kind.String() + " in the program", Hint: "check its number"}
		}
		err := decide(a)
		if a.done.State != a.Operation.State {
			a.done.ResolvedAt, a.done.ResolvedBy = o.now(), actor
		}
		return err
	})
}

// page is what an operation writes beside itself.
func (o operator) page(a *act, actor string) loyalty.PageWrite {
	at := o.now()
	p := loyalty.PageWrite{Feed: a.Feed, Version: -1, Actor: actor, Reason: a.done.Kind.String(), At: at, Entries: a.entries, Lots: a.lots}
	for i := range p.Entries {
		p.Entries[i].EffectiveOn = dayIn(at, o.zone)
	}
	for _, id := range slices.Sorted(maps.Keys(a.balances)) {
		before, exists := a.before[id]
		if slices.ContainsFunc(p.Entries, func(e loyalty.Entry) bool { return e.Account == id }) {
			p.Accounts = append(p.Accounts, loyalty.AccountWrite{ID: id, Before: before, After: *a.balances[id], Exists: exists})
		}
	}
	return p
}

// decided refuses what an operation has no way to any more.
func decided(o loyalty.Operation) error {
	return loyalty.Refuse(loyalty.AlreadyDecided, fmt.Sprintf("operation %d is %s", o.ID, o.State), "")
}

// fingerprintOf sums up what is asked for, whoever asks.
func fingerprintOf(parts ...any) (string, error) {
	text, err := json.Marshal(parts)
	if err != nil {
		return "", fmt.Errorf("sum up a request: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
