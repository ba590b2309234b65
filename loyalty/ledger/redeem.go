package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

// RedemptionStore is what redeeming needs of the place a ledger is kept in.
type RedemptionStore interface {
	OperationStore
	// ExpiredHolds returns reserved operations that have expired, of one account of a
	// program, or of all with 0.
	ExpiredHolds(ctx context.Context, program int64, now time.Time, account int64, limit int) ([]int64, error)
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
	// Document is the number of the bill that is paid, Total what it comes to, Lines what
	// is on it; as far as the policy asks for them.
	Document string
	Total    decimal.Decimal
	Lines    []loyalty.BillLine
	Post     bool // spend at once, hold nothing
	Actor    string
	Reason   string
}

func (r Redeemer) operator() operator { return operator{r.Store, r.Program, r.Zone, r.Now} }

// Reserve holds points until they are posted, voided or time out, or spends them at
// once. A *loyalty.Refused says why not; then nothing is held.
func (r Redeemer) Reserve(ctx context.Context, q RedemptionRequest) (loyalty.Operation, error) {
	now := r.Now()
	o, err := r.reserve(ctx, q, now, true)
	if errors.Is(err, errExpired) || err == nil && o.State == loyalty.Reserved && o.Expired(now) { // the latter is sent again
		if err = r.timeOut(ctx, q.Account, now); err == nil {
			o, err = r.reserve(ctx, q, now, false)
		}
	}
	return o, err
}

// errExpired is why nothing is decided before holds that have timed out are let go.
var errExpired = errors.New("points are held that nobody resolved in time")

func (r Redeemer) reserve(ctx context.Context, q RedemptionRequest, now time.Time, first bool) (loyalty.Operation, error) {
	today := dayIn(now, r.Zone)
	o := loyalty.Operation{
		Program: r.Program.ID, Account: q.Account, Kind: loyalty.Redemption, State: loyalty.Reserved, Key: q.Key, Points: q.Points,
		Currency: r.Program.Currency, Document: q.Document, On: today, Actor: q.Actor, Reason: q.Reason,
		CreatedAt: now, ExpiresAt: now.Add(r.Policy.Hold), LapsesOn: loyalty.NoDate,
	}
	var err error
	o.Fingerprint, err = fingerprintOf(q.Account, q.Points, q.Amount.String(), q.Document, q.Total.String(), q.Lines, q.Post, q.Reason)
	if err != nil {
		return o, err
	}
	call := loyalty.OperationCall{New: o, Today: today, Complete: func(o *loyalty.Operation, who loyalty.AccountState) error {
		if who.Expired && first {
			return errExpired
		}
		o.Rate = r.Policy.RateOf(who.Group, who.Card)
		return r.price(o, q)
	}}
	if r.Policy.PerDay > 0 || r.Policy.PerMonth > 0 {
		call.Since = []loyalty.Date{today, today.AddDays(1 - today.Time().Day())}
	}
	return r.operator().operate(ctx, call, q.Actor, func(a *act) error {
		if err := r.withinBill(a, q, a.Feed.SourceName); err != nil {
			return err
		}
		return r.take(a, q.Post)
	})
}

// price sets how many points are asked for and what they are worth, within the policy.
func (r Redeemer) price(o *loyalty.Operation, q RedemptionRequest) error {
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
	return nil
}

// withinBill holds a redemption to what of its bill may be paid with points, and is not
// yet.
func (r Redeemer) withinBill(a *act, q RedemptionRequest, source string) error {
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
	o := a.done
	payable = decimal.Max(payable.Sub(a.Paid), decimal.Zero)
	if o.Worth.GreaterThan(payable) {
		return loyalty.Refuse(loyalty.NotPayable, fmt.Sprintf("%s %s of the bill may be paid with points", payable.StringFixed(loyalty.MoneyDecimals), o.Currency), "")
	}
	return nil
}

// take takes points out of lots in spend order.
func (r Redeemer) take(a *act, post bool) error {
	o, d := &a.done, r.Program.Decimals
	kind, to := loyalty.Hold, loyalty.Held
	if post {
		kind, to = loyalty.Spend, loyalty.Spent
		o.State, o.Spent, o.ResolvedAt, o.ResolvedBy, o.ExpiresAt = loyalty.Posted, o.Points, o.CreatedAt, o.Actor, time.Time{}
	}
	if _, err := a.take(o.Points, kind, to, d); err != nil {
		return err
	}
	if len(a.Redeemed) == 0 {
		return nil // there are no limits
	}
	switch p, day, month := r.Policy, a.Redeemed[0]+o.Points, a.Redeemed[1]+o.Points; {
	case p.PerDay > 0 && day > p.PerDay:
		return loyalty.Refuse(loyalty.AboveDay, "at most "+p.PerDay.Format(d)+" points may be spent a day", "")
	case p.PerMonth > 0 && month > p.PerMonth:
		return loyalty.Refuse(loyalty.AboveMonth, "at most "+p.PerMonth.Format(d)+" points may be spent a month", "")
	}
	return nil
}

func (r Redeemer) resolve(ctx context.Context, id int64, actor string, decide func(*act) error) (loyalty.Operation, error) {
	return r.operator().resolve(ctx, loyalty.OperationCall{ID: id}, loyalty.Redemption, actor, decide)
}

// Post spends what is held, or a part of it and lets go of the rest; 0 is all. Doing
// it again changes nothing.
func (r Redeemer) Post(ctx context.Context, id int64, points loyalty.Points, actor string) (loyalty.Operation, error) {
	var expired bool
	o, err := r.resolve(ctx, id, actor, func(a *act) error { // once more, where others beside it fail
		expired = false
		o, d := &a.done, r.Program.Decimals
		spent := points
		if spent == 0 {
			spent = o.Points
		}
		switch {
		case o.State == loyalty.Posted && o.Spent == spent:
			return nil
		case o.State != loyalty.Reserved:
			return decided(*o)
		case spent < 0 || spent > o.Points:
			return &loyalty.Error{Code: loyalty.CodeInvalid, Message: fmt.Sprintf("%s points are held", o.Points.Format(d)), Hint: "post as many or fewer"}
		case !r.Now().Before(o.ExpiresAt):
			expired = true
			a.letGo(loyalty.TimedOut)
			return nil
		}
		a.spend(spent)
		if spent < o.Points {
			a.giveBack(loyalty.Release, loyalty.Held)
			o.Worth = decimal.Min(spent.Worth(o.Rate, d), o.Worth)
		}
		o.State, o.Spent = loyalty.Posted, spent
		return nil
	})
	if err == nil && expired {
		return o, loyalty.Refuse(loyalty.HoldExpired, "the reservation has timed out", "reserve the points again")
	}
	return o, err
}

// Void lets what is held go. Doing it again, or after it timed out, changes nothing.
func (r Redeemer) Void(ctx context.Context, id int64, actor string) (loyalty.Operation, error) {
	return r.resolve(ctx, id, actor, func(a *act) error {
		switch s := a.done.State; {
		case s == loyalty.Voided || s == loyalty.TimedOut:
			return nil
		case s != loyalty.Reserved:
			return decided(a.done)
		}
		a.letGo(loyalty.Voided)
		return nil
	})
}

// Undo gives the points of a posted redemption back to the lots they came from; what
// is owed is repaid first. Points whose last day is over come back as such. Doing it
// again changes nothing.
func (r Redeemer) Undo(ctx context.Context, id int64, actor string) (loyalty.Operation, error) {
	return r.resolve(ctx, id, actor, func(a *act) error {
		switch {
		case a.done.State == loyalty.Undone:
			return nil
		case a.done.State != loyalty.Posted:
			return decided(a.done)
		}
		a.done.State, a.done.Spent = loyalty.Undone, 0
		a.giveBack(loyalty.Undo, loyalty.Spent)
		return nil
	})
}

// TimeOut lets go of points that nobody has resolved in time, of at most so many
// redemptions, and returns of how many.
func (r Redeemer) TimeOut(ctx context.Context, limit int) (int, error) {
	now := r.Now()
	ids, err := r.Store.ExpiredHolds(ctx, r.Program.ID, now, 0, limit)
	if err != nil {
		return 0, err
	}
	return len(ids), r.letGoOf(ctx, ids, now)
}

// timeOut does so for an account whose points are asked for.
func (r Redeemer) timeOut(ctx context.Context, account int64, now time.Time) error {
	const most = 100
	ids, err := r.Store.ExpiredHolds(ctx, r.Program.ID, now, account, most)
	if err != nil {
		return err
	}
	return r.letGoOf(ctx, ids, now)
}

func (r Redeemer) letGoOf(ctx context.Context, ids []int64, now time.Time) error {
	for _, id := range ids {
		_, err := r.resolve(ctx, id, "time", func(a *act) error {
			if a.done.State == loyalty.Reserved && a.done.Expired(now) { // else somebody was faster
				a.letGo(loyalty.TimedOut)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// letGo releases all that is held.
func (a *act) letGo(state loyalty.OperationState) {
	a.done.State = state
	a.giveBack(loyalty.Release, loyalty.Held)
}

// spend turns held points into spent ones, in the order they were taken.
func (a *act) spend(points loyalty.Points) {
	for i := range a.Taken {
		t := &a.Taken[i]
		part := min(t.Held, points)
		t.Held -= part
		points -= part
		a.post(a.done.Account, t.Lot, loyalty.Spend, loyalty.Held, loyalty.Spent, part, t.Entry)
	}
}

// giveBack returns points to the lots they came from, after what is owed.
func (a *act) giveBack(kind loyalty.EntryKind, from loyalty.Bucket) {
	for i, t := range a.Taken {
		points := t.Held
		if from == loyalty.Spent {
			points = t.Spent
		}
		a.letBack(&a.Lots[i], t.Lot, kind, from, points, t.Entry)
	}
}

// letBack returns points to a lot that another account may have by now: a merge has been
// made, or undone, since they were taken.
func (a *act) letBack(l *loyalty.Lot, line int64, kind loyalty.EntryKind, from loyalty.Bucket, points loyalty.Points, of int64) {
	account := a.done.Account
	if l.HeldBy() == account {
		a.receive(l, line, kind, from, points, of)
		return
	}
	repaid := min(a.balance(account).Debt, points)
	a.post(account, line, kind, from, loyalty.Debt, repaid, of)
	a.post(account, line, kind, from, loyalty.Adjust, points-repaid, of)
	a.receive(l, line, kind, loyalty.Adjust, points-repaid, of)
}
