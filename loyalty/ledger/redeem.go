package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

// RedemptionStore is what redeeming needs of the place a ledger is kept in.
type RedemptionStore interface {
	// Operate begins or resolves an operation in one transaction of the only writer:
	// what decide is given stays so until what it returns is committed. A new one with
	// a known key is not decided again.
	Operate(ctx context.Context, call loyalty.OperationCall,
		decide func(loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error)) (loyalty.Operation, error)
	// Contractor returns a contractor; CodeNotFound for none.
	Contractor(ctx context.Context, id int64, today loyalty.Date) (loyalty.ContractorDetail, error)
	// ExpiredHolds returns reserved operations that nobody resolved in time, of one
	// account, or of all with 0.
	ExpiredHolds(ctx context.Context, now time.Time, account int64, limit int) ([]int64, error)
}

// Redeemer holds and spends the points of one program, at its home alone.
type Redeemer struct {
	Store   RedemptionStore
	Program loyalty.ProgramOverview
	Policy  loyalty.RedemptionPolicy
	Zone    *time.Location // of business days; nil is UTC
	Now     func() time.Time
}

// RedemptionRequest asks for points to be held or spent.
type RedemptionRequest struct {
	Account int64
	// Key is the caller's, new for every request and the same when it is sent again;
	// "" for none.
	Key    string
	Points loyalty.Points  // or
	Amount decimal.Decimal // money to be covered, where Points are 0
	// Document is the number of the bill that is paid, Total what is to be paid, Lines
	// what is on it; as far as the policy asks for them.
	Document string
	Total    decimal.Decimal
	Lines    []loyalty.BillLine
	Post     bool // spend at once, hold nothing
	Actor    string
	Reason   string
}

// fingerprint sums up what is asked for, whoever asks.
func (q RedemptionRequest) fingerprint() (string, error) {
	text, err := json.Marshal([]any{q.Account, q.Points, q.Amount.String(), q.Document, q.Total.String(), q.Lines, q.Post, q.Reason})
	if err != nil {
		return "", fmt.Errorf("sum up a request: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// Reserve holds points until they are posted, voided or time out, or spends them at
// once. A *loyalty.Refused says why not; then nothing is held.
func (r Redeemer) Reserve(ctx context.Context, q RedemptionRequest) (loyalty.Operation, error) {
	now := r.Now()
	today := dayIn(now, r.Zone)
	who, err := r.Store.Contractor(ctx, q.Account, today)
	if err != nil {
		return loyalty.Operation{}, err
	}
	if err := r.timeOut(ctx, q.Account, now); err != nil {
		return loyalty.Operation{}, err
	}
	o := loyalty.Operation{
		Program: r.Program.ID, Account: q.Account, Kind: loyalty.Redemption, State: loyalty.Reserved, Key: q.Key, Points: q.Points,
		Rate: r.Policy.RateOf(who.Contractor), Currency: r.Program.Currency, Document: q.Document, On: today, Actor: q.Actor, Reason: q.Reason,
		CreatedAt: now, ExpiresAt: now.Add(r.Policy.Hold),
	}
	if o.Fingerprint, err = q.fingerprint(); err != nil {
		return o, err
	}
	if err := r.price(&o, q, who.Source); err != nil {
		return o, err
	}
	call := loyalty.OperationCall{New: o, Today: today, Since: []loyalty.Date{today, today.AddDays(1 - today.Time().Day())}}
	return r.operate(ctx, call, q.Actor, func(b loyalty.OperationBase) (loyalty.Operation, []loyalty.Entry, error) {
		return r.reserve(b, q.Post, now)
	})
}

// price sets how many points are asked for and what they are worth, within the policy.
func (r Redeemer) price(o *loyalty.Operation, q RedemptionRequest, source string) error {
	d := r.Program.Decimals
	if o.Points < 0 || o.Points == 0 && !q.Amount.IsPositive() {
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: "it is not said how many points are to be spent", Hint: "tell points, or an amount of money that they are to cover"}
	}
	if o.Points == 0 {
		points, ok := loyalty.PointsFor(q.Amount, o.Rate, d)
		if !ok {
			return loyalty.Refuse(loyalty.NoWorth, "no number of points is worth that amount", "ask for points, or set redemption.point_worth of the program")
		}
		o.Points = points
	}
	o.Worth = o.Points.Worth(o.Rate, d)
	if q.Points == 0 {
		o.Worth = q.Amount // the points may be worth a fraction more
	}
	switch p := r.Policy; {
	case o.Points < p.Minimum:
		return loyalty.Refuse(loyalty.BelowMinimum, "at least "+p.Minimum.Format(d)+" points have to be spent at once", "")
	case p.Maximum > 0 && o.Points > p.Maximum:
		return loyalty.Refuse(loyalty.AboveMaximum, "at most "+p.Maximum.Format(d)+" points may be spent at once", "")
	}
	return r.withinBill(*o, q, source)
}

// withinBill holds a redemption to what of its bill may be paid with points.
func (r Redeemer) withinBill(o loyalty.Operation, q RedemptionRequest, source string) error {
	payable := q.Total
	if r.Policy.NeedsLines() || len(q.Lines) > 0 {
		payable = r.Policy.Payable(source, q.Lines)
		if q.Total.IsPositive() {
			payable = decimal.Min(payable, q.Total)
		}
	}
	switch share := r.Policy.MaxShare; {
	case r.Policy.NeedsLines() && len(q.Lines) == 0:
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: "not every item may be paid with points", Hint: "tell the lines of the bill: code, group and amount of each"}
	case share.IsPositive() && !payable.IsPositive() && len(q.Lines) == 0:
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: "only a part of a bill may be paid with points", Hint: "tell what is to be paid"}
	case share.IsPositive():
		payable = payable.Mul(share).Truncate(loyalty.MoneyDecimals)
	case len(q.Lines) == 0 && !q.Total.IsPositive():
		return nil // nothing is known of a bill, and nothing is asked of it
	}
	if o.Worth.GreaterThan(payable) {
		return loyalty.Refuse(loyalty.NotPayable, fmt.Sprintf("%s %s of the bill may be paid with points", payable.StringFixed(loyalty.MoneyDecimals), o.Currency), "")
	}
	return nil
}

// reserve takes points out of lots in spend order.
func (r Redeemer) reserve(b loyalty.OperationBase, post bool, now time.Time) (loyalty.Operation, []loyalty.Entry, error) {
	o, d := b.Operation, r.Program.Decimals
	var available loyalty.Points
	for _, l := range b.Lots {
		available += l.Active
	}
	switch p, day, month := r.Policy, b.Redeemed[0]+o.Points, b.Redeemed[1]+o.Points; {
	case available < o.Points:
		return o, nil, loyalty.Refuse(loyalty.Insufficient, fmt.Sprintf("%s points are asked for, %s are available", o.Points.Format(d), available.Format(d)), "")
	case p.PerDay > 0 && day > p.PerDay:
		return o, nil, loyalty.Refuse(loyalty.AboveDay, "at most "+p.PerDay.Format(d)+" points may be spent a day", "")
	case p.PerMonth > 0 && month > p.PerMonth:
		return o, nil, loyalty.Refuse(loyalty.AboveMonth, "at most "+p.PerMonth.Format(d)+" points may be spent a month", "")
	}
	kind, to := loyalty.Hold, loyalty.Held
	if post {
		kind, to = loyalty.Spend, loyalty.Spent
		o.State, o.Spent, o.ResolvedAt, o.ExpiresAt = loyalty.Posted, o.Points, now, time.Time{}
	}
	var entries []loyalty.Entry
	left := o.Points
	for i := range b.Lots {
		l := &b.Lots[i]
		if take := min(l.Active, left); take > 0 {
			l.Active -= take
			left -= take
			entries = append(entries, loyalty.Entry{Line: l.ID, Revision: 1, Kind: kind, From: loyalty.Active, To: to, Amount: take})
		}
	}
	return o, entries, nil
}

// Post spends what is held, or a part of it and lets go of the rest; 0 is all. Doing
// it again changes nothing.
func (r Redeemer) Post(ctx context.Context, id int64, points loyalty.Points, actor string) (loyalty.Operation, error) {
	expired := false
	o, err := r.resolve(ctx, id, actor, func(b loyalty.OperationBase) (loyalty.Operation, []loyalty.Entry, error) {
		o, d := b.Operation, r.Program.Decimals
		spent := points
		if spent == 0 {
			spent = o.Points
		}
		switch {
		case o.State == loyalty.Posted && o.Spent == spent:
			return o, nil, nil
		case o.State != loyalty.Reserved:
			return o, nil, decided(o)
		case spent < 0 || spent > o.Points:
			return o, nil, &loyalty.Error{Code: loyalty.CodeInvalid, Message: fmt.Sprintf("%s points are held", o.Points.Format(d)), Hint: "post as many or fewer"}
		case !r.Now().Before(o.ExpiresAt):
			expired = true
			return letGo(b, loyalty.TimedOut)
		}
		entries := spend(&b, spent)
		if rest := o.Points - spent; rest > 0 {
			entries = append(entries, giveBack(&b, loyalty.Release, loyalty.Held)...)
			o.Worth = decimal.Min(spent.Worth(o.Rate, d), o.Worth)
		}
		o.State, o.Spent = loyalty.Posted, spent
		return o, entries, nil
	})
	if err == nil && expired {
		return o, loyalty.Refuse(loyalty.HoldExpired, "the reservation has timed out", "reserve the points again")
	}
	return o, err
}

// Void lets what is held go. Doing it again, or after it timed out, changes nothing.
func (r Redeemer) Void(ctx context.Context, id int64, actor string) (loyalty.Operation, error) {
	return r.resolve(ctx, id, actor, func(b loyalty.OperationBase) (loyalty.Operation, []loyalty.Entry, error) {
		switch s := b.Operation.State; {
		case s == loyalty.Voided || s == loyalty.TimedOut:
			return b.Operation, nil, nil
		case s != loyalty.Reserved:
			return b.Operation, nil, decided(b.Operation)
		}
		return letGo(b, loyalty.Voided)
	})
}

// Undo gives the points of a posted redemption back to the lots they came from; what
// is owed is repaid first. Points whose last day is over come back as such. Doing it
// again changes nothing.
func (r Redeemer) Undo(ctx context.Context, id int64, actor string) (loyalty.Operation, error) {
	return r.resolve(ctx, id, actor, func(b loyalty.OperationBase) (loyalty.Operation, []loyalty.Entry, error) {
		o := b.Operation
		switch {
		case o.State == loyalty.Undone:
			return o, nil, nil
		case o.State != loyalty.Posted:
			return o, nil, decided(o)
		}
		o.State, o.Spent = loyalty.Undone, 0
		return o, giveBack(&b, loyalty.Undo, loyalty.Spent), nil
	})
}

// decided refuses what an operation has no way to any more.
func decided(o loyalty.Operation) error {
	return loyalty.Refuse(loyalty.AlreadyDecided, fmt.Sprintf("operation %d is %s", o.ID, o.State), "")
}

// TimeOut lets go of points that nobody has resolved in time, of at most so many
// redemptions, and returns of how many.
func (r Redeemer) TimeOut(ctx context.Context, limit int) (int, error) {
	now := r.Now()
	ids, err := r.Store.ExpiredHolds(ctx, now, 0, limit)
	if err != nil {
		return 0, err
	}
	return len(ids), r.letGoOf(ctx, ids, now)
}

// timeOut does so for an account whose points are asked for.
func (r Redeemer) timeOut(ctx context.Context, account int64, now time.Time) error {
	const most = 100
	ids, err := r.Store.ExpiredHolds(ctx, now, account, most)
	if err != nil {
		return err
	}
	return r.letGoOf(ctx, ids, now)
}

func (r Redeemer) letGoOf(ctx context.Context, ids []int64, now time.Time) error {
	for _, id := range ids {
		_, err := r.resolve(ctx, id, "time", func(b loyalty.OperationBase) (loyalty.Operation, []loyalty.Entry, error) {
			if b.Operation.State != loyalty.Reserved || now.Before(b.Operation.ExpiresAt) {
				return b.Operation, nil, nil // somebody was faster
			}
			return letGo(b, loyalty.TimedOut)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// letGo releases all that is held.
func letGo(b loyalty.OperationBase, state loyalty.OperationState) (loyalty.Operation, []loyalty.Entry, error) {
	o := b.Operation
	o.State = state
	return o, giveBack(&b, loyalty.Release, loyalty.Held), nil
}

// spend turns held points into spent ones, in the order they were taken.
func spend(b *loyalty.OperationBase, points loyalty.Points) (entries []loyalty.Entry) {
	for i := range b.Taken {
		t := &b.Taken[i]
		if take := min(t.Held, points); take > 0 {
			t.Held -= take
			points -= take
			t.Revision++
			entries = append(entries, loyalty.Entry{
				Line: t.Lot, Revision: t.Revision, Kind: loyalty.Spend, From: loyalty.Held, To: loyalty.Spent, Amount: take, Of: t.Entry,
			})
		}
	}
	return entries
}

// giveBack returns points to the lots they came from, after what is owed. Debt and
// points that may be spent never stand side by side.
func giveBack(b *loyalty.OperationBase, kind loyalty.EntryKind, from loyalty.Bucket) (entries []loyalty.Entry) {
	debt := b.Balance.Debt
	for i := range b.Taken {
		t, l := &b.Taken[i], &b.Lots[i]
		points := t.Held
		if from == loyalty.Spent {
			points = t.Spent
		}
		repaid := min(debt, points)
		debt -= repaid
		l.Active += points - repaid
		for _, part := range []struct {
			to     loyalty.Bucket
			points loyalty.Points
		}{{loyalty.Debt, repaid}, {loyalty.Active, points - repaid}} {
			if part.points > 0 {
				t.Revision++
				entries = append(entries, loyalty.Entry{Line: t.Lot, Revision: t.Revision, Kind: kind, From: from, To: part.to, Amount: part.points, Of: t.Entry})
			}
		}
	}
	return entries
}

// resolve changes an operation of the program.
func (r Redeemer) resolve(ctx context.Context, id int64, actor string, decide decision) (loyalty.Operation, error) {
	return r.operate(ctx, loyalty.OperationCall{ID: id}, actor, func(b loyalty.OperationBase) (loyalty.Operation, []loyalty.Entry, error) {
		if b.Operation.Program != r.Program.ID || b.Operation.Kind != loyalty.Redemption {
			return b.Operation, nil, &loyalty.Error{Code: loyalty.CodeNotFound, Message: "there is no such redemption in the program", Hint: "check its number"}
		}
		was := b.Operation.State
		o, entries, err := decide(b)
		if o.State != was {
			o.ResolvedAt = r.Now()
		}
		return o, entries, err
	})
}

// decision says what becomes of an operation, with the entries that do it. It changes
// the lots of the base.
type decision func(loyalty.OperationBase) (loyalty.Operation, []loyalty.Entry, error)

// operate runs a decision and turns its entries into what is written.
func (r Redeemer) operate(ctx context.Context, call loyalty.OperationCall, actor string, decide decision) (loyalty.Operation, error) {
	o, err := r.Store.Operate(ctx, call, func(b loyalty.OperationBase) (loyalty.Operation, loyalty.PageWrite, error) {
		o, entries, err := decide(b)
		if err != nil || len(entries) == 0 {
			return o, loyalty.PageWrite{}, err
		}
		return o, r.write(b, o, entries, actor), nil
	})
	if _, refused := errors.AsType[*loyalty.Refused](err); err != nil && !refused {
		err = fmt.Errorf("redeem points of %s: %w", r.Program.Name, err)
	}
	return o, err
}

// write makes a page of entries of one account.
func (r Redeemer) write(b loyalty.OperationBase, o loyalty.Operation, entries []loyalty.Entry, actor string) loyalty.PageWrite {
	at := r.Now()
	page := loyalty.PageWrite{Feed: b.Feed, Version: -1, Actor: actor, Reason: "redemption", At: at, Entries: entries}
	after := b.Balance
	moved := make(map[int64]bool, len(entries))
	for i := range entries {
		e := &entries[i]
		e.Account, e.Document, e.EffectiveOn = o.Account, -o.ID, dayIn(at, r.Zone)
		move(&after, e.From, -e.Amount)
		move(&after, e.To, e.Amount)
		moved[e.Line] = true
	}
	for _, l := range b.Lots {
		if moved[l.ID] {
			page.Lots = append(page.Lots, l)
		}
	}
	page.Accounts = []loyalty.AccountWrite{{ID: o.Account, Before: b.Balance, After: after, Exists: b.Exists}}
	return page
}
