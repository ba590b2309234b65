package ledger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Adjuster gives and takes points of one program beside documents, and moves them
// between contractors: at its home alone.
type Adjuster struct {
	Store   OperationStore
	Program loyalty.ProgramOverview
	Lapse   loyalty.Lapse // of points that are given
	// ApproveAbove is the most points that one person may give, take or move alone; 0 is
	// no limit.
	ApproveAbove loyalty.Points
	Zone         *time.Location // of business days; nil is UTC
	Now          func() time.Time
}

// AdjustmentRequest asks for points to be given or taken, for a reason that is kept.
type AdjustmentRequest struct {
	Account int64
	Key     string // the caller's, new for every request; "" for none
	Points  loyalty.Points
	To      int64 // the account that points are transferred to; 0 for an adjustment
	// LapsesOn is the last day of points that are given: 0 for that of the policy.
	LapsesOn loyalty.Date
	Actor    string
	Reason   string
}

func (r Adjuster) operator() operator { return operator{r.Store, r.Program, r.Zone, r.Now} }

// Adjust gives points to an account, or takes some that it has: those that lapse first.
// More than one person may give alone are only proposed.
func (r Adjuster) Adjust(ctx context.Context, q AdjustmentRequest) (loyalty.Operation, error) {
	if q.Points == 0 {
		return loyalty.Operation{}, &loyalty.Error{Code: loyalty.CodeInvalid, Message: "no points are to be given or taken", Hint: "say how many; fewer than none are taken"}
	}
	q.To = 0
	return r.begin(ctx, q, loyalty.PointAdjustment)
}

// Transfer moves points to another contractor of the program: those that lapse first,
// which keep their last days. More than one person may move alone are only proposed.
func (r Adjuster) Transfer(ctx context.Context, q AdjustmentRequest) (loyalty.Operation, error) {
	if q.Points <= 0 || q.To == 0 || q.To == q.Account {
		return loyalty.Operation{}, &loyalty.Error{Code: loyalty.CodeInvalid, Message: "points are moved from one contractor to another", Hint: "say how many, and two contractors"}
	}
	return r.begin(ctx, q, loyalty.Transfer)
}

func (r Adjuster) begin(ctx context.Context, q AdjustmentRequest, kind loyalty.OperationKind) (loyalty.Operation, error) {
	now := r.Now()
	today := dayIn(now, r.Zone)
	o := loyalty.Operation{
		Program: r.Program.ID, Account: q.Account, Other: q.To, Kind: kind, State: loyalty.Posted, Key: q.Key, Points: q.Points,
		Currency: r.Program.Currency, LapsesOn: loyalty.NoDate, On: today, Actor: q.Actor, Reason: strings.TrimSpace(q.Reason), CreatedAt: now,
	}
	if o.Reason == "" {
		return o, &loyalty.Error{Code: loyalty.CodeInvalid, Message: "points move for a reason", Hint: "say why: it is shown with them"}
	}
	if kind == loyalty.PointAdjustment && q.Points > 0 {
		if o.LapsesOn = q.LapsesOn; q.LapsesOn == 0 {
			o.LapsesOn = r.Lapse.LastDay(today)
		}
	}
	var err error
	if o.Fingerprint, err = fingerprintOf(kind, q.Account, q.To, q.Points, q.LapsesOn, o.Reason); err != nil {
		return o, err
	}
	if magnitude := max(q.Points, -q.Points); r.ApproveAbove > 0 && magnitude > r.ApproveAbove {
		o.State = loyalty.Proposed
	}
	return r.operator().operate(ctx, loyalty.OperationCall{New: o, Today: today}, q.Actor, func(a *act) error {
		if a.done.State == loyalty.Proposed {
			return nil
		}
		a.done.ResolvedAt, a.done.ResolvedBy = now, q.Actor
		return r.carryOut(a, today)
	})
}

// carryOut moves the points.
func (r Adjuster) carryOut(a *act, today loyalty.Date) error {
	o := a.done
	if err := a.apart(); err != nil {
		return err
	}
	switch {
	case o.Kind == loyalty.Merging:
		return r.merge(a, today)
	case o.Kind == loyalty.Transfer:
		return r.transfer(a)
	case o.Points < 0:
		_, err := a.take(-o.Points, loyalty.Adjustment, loyalty.Adjust, r.Program.Decimals)
		return err
	}
	if o.LapsesOn != loyalty.NoDate && o.LapsesOn < today {
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: "the points would have lapsed on " + o.LapsesOn.String(), Hint: "give points with a last day that is to come; a proposal of others is to be rejected"}
	}
	a.receive(&loyalty.Lot{Account: o.Account, Document: -o.ID, EarnedOn: today, LapsesOn: o.LapsesOn}, 0, loyalty.Adjustment, loyalty.Adjust, o.Points, 0)
	return nil
}

// transfer takes points and gives them to the other account, lot by lot: what is of a
// document stays so.
func (r Adjuster) transfer(a *act) error {
	taken, err := a.take(a.done.Points, loyalty.Transferring, loyalty.Adjust, r.Program.Decimals)
	if err != nil {
		return err
	}
	own := make(map[int64]loyalty.Lot, len(a.Other.Lots))
	for _, l := range a.Other.Lots {
		own[l.Document] = l
	}
	from := make(map[int64]loyalty.Lot, len(a.Lots))
	for _, l := range a.Lots {
		from[l.ID] = l
	}
	for _, t := range taken {
		source := from[t.Lot]
		l, known := own[source.Document]
		if !known {
			l = loyalty.Lot{Account: a.done.Other, Document: source.Document, EarnedOn: source.EarnedOn, LapsesOn: source.LapsesOn, Feed: a.Other.Feed.ID}
		}
		a.receive(&l, t.Lot, loyalty.Transferring, loyalty.Adjust, t.Held, 0)
		own[source.Document] = l
	}
	return nil
}

// Approve carries out what somebody else has proposed. Doing it again changes nothing.
func (r Adjuster) Approve(ctx context.Context, id int64, kind loyalty.OperationKind, actor string) (loyalty.Operation, error) {
	today := dayIn(r.Now(), r.Zone)
	return r.operator().resolve(ctx, loyalty.OperationCall{ID: id, Today: today, Anew: true}, kind, actor, func(a *act) error {
		switch o := &a.done; {
		case o.State == loyalty.Posted:
			return nil
		case o.State != loyalty.Proposed:
			return decided(*o)
		case o.Actor == actor:
			return loyalty.Refuse(loyalty.SamePerson, fmt.Sprintf("%s proposed it, and somebody else has to approve it", actor), "ask a second person")
		}
		a.done.State = loyalty.Posted
		return r.carryOut(a, today)
	})
}

// Reject drops what was proposed; who proposed it may too. Doing it again changes
// nothing.
func (r Adjuster) Reject(ctx context.Context, id int64, kind loyalty.OperationKind, actor string) (loyalty.Operation, error) {
	return r.operator().resolve(ctx, loyalty.OperationCall{ID: id, Anew: true}, kind, actor, func(a *act) error {
		switch s := a.done.State; {
		case s == loyalty.Voided:
			return nil
		case s != loyalty.Proposed:
			return decided(a.done)
		}
		a.done.State = loyalty.Voided
		return nil
	})
}
