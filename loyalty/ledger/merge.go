package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/loyalsync/loyalsync/loyalty"
)

// MergePreview is what a merge would move, or has moved.
type MergePreview struct {
	Lots     int
	Active   loyalty.Points // what of it repays a debt too
	Pending  loyalty.Points
	Lapsed   loyalty.Points
	Debt     loyalty.Points // that the other contractor takes over
	Repaid   loyalty.Points // of the debts of both
	Proposed bool           // a second person has to approve it
}

// Merge makes two contractors of the program one firm: q.To gets what is left of the
// points of q.Account, and all that its documents give from now on. What is owed moves
// too and is repaid from what there is. With more points than one person may move
// alone it is only proposed. A *loyalty.Refused says why it cannot be.
func (r Adjuster) Merge(ctx context.Context, q AdjustmentRequest) (loyalty.Operation, error) {
	o, err := r.mergeOf(q)
	if err != nil {
		return o, err
	}
	call := loyalty.OperationCall{New: o, Today: o.On}
	return r.operator().operate(ctx, call, q.Actor, func(a *act) error { return r.beginMerge(a, o.On) })
}

// errPreview ends a transaction that only looks.
var errPreview = errors.New("nothing is written")

// PreviewMerge tells what Merge would do, and writes nothing.
func (r Adjuster) PreviewMerge(ctx context.Context, q AdjustmentRequest) (out MergePreview, err error) {
	o, err := r.mergeOf(q)
	if err != nil {
		return out, err
	}
	o.Key = ""
	_, err = r.operator().operate(ctx, loyalty.OperationCall{New: o, Today: o.On}, q.Actor, func(a *act) error {
		from := a.Balance
		out = MergePreview{Lots: len(a.Lots), Active: from.Active, Pending: from.Pending, Lapsed: from.Lapsed, Debt: from.Debt}
		if err := r.beginMerge(a, o.On); err != nil {
			return err
		}
		if out.Proposed = a.done.State == loyalty.Proposed; out.Proposed {
			if err := r.carryOut(a, o.On); err != nil {
				return err
			}
		}
		out.Repaid = from.Debt + a.Other.Balance.Debt - a.balance(o.Other).Debt
		return errPreview
	})
	if errors.Is(err, errPreview) {
		err = nil
	}
	return out, err
}

// mergeOf is the operation that is asked for.
func (r Adjuster) mergeOf(q AdjustmentRequest) (o loyalty.Operation, err error) {
	now := r.Now()
	o = loyalty.Operation{
		Program: r.Program.ID, Account: q.Account, Other: q.To, Kind: loyalty.Merging, State: loyalty.Posted, Key: q.Key, Currency: r.Program.Currency,
		LapsesOn: loyalty.NoDate, On: dayIn(now, r.Zone), Actor: q.Actor, Reason: strings.TrimSpace(q.Reason), CreatedAt: now,
	}
	switch {
	case q.To == 0 || q.To == q.Account:
		return o, &loyalty.Error{Code: loyalty.CodeInvalid, Message: "a contractor is merged into another one", Hint: "name two contractors"}
	case o.Reason == "":
		return o, &loyalty.Error{Code: loyalty.CodeInvalid, Message: "contractors are merged for a reason", Hint: "say why: it is shown with the merge"}
	}
	o.Fingerprint, err = fingerprintOf(o.Kind, q.Account, q.To, o.Reason)
	return o, err
}

func (r Adjuster) beginMerge(a *act, today loyalty.Date) error {
	o := &a.done
	o.Points = a.worth(today)
	if moves := max(o.Points+a.Balance.Debt, a.Balance.Debt); r.ApproveAbove > 0 && moves > r.ApproveAbove {
		o.State = loyalty.Proposed
		return nil
	}
	o.ResolvedAt, o.ResolvedBy = o.CreatedAt, o.Actor
	return r.carryOut(a, today)
}

// worth is what an account that is merged has, less what it owes. Points past their last
// day are none, whether their lapse was posted or not.
func (a *act) worth(today loyalty.Date) loyalty.Points {
	sum := a.Balance.Pending - a.Balance.Debt
	for _, l := range a.Lots {
		if !l.Past(today) {
			sum += l.Active
		}
	}
	return sum
}

// apart refuses an operation on contractors that are merged, so that whose points it
// means is never in doubt, and a merge that would make a chain of them.
func (a *act) apart() error {
	merges := a.done.Kind == loyalty.Merging
	switch {
	case a.Merged.Into != 0:
		return loyalty.Refuse(loyalty.IsMerged, "the contractor is merged into another", "name the one that it is merged into, or take the merge back first")
	case a.Other != nil && a.Other.Merged.Into != 0:
		return loyalty.Refuse(loyalty.IsMerged, "the contractor that gets the points is merged into another", "name the one that it is merged into")
	case merges && len(a.Merged.From) > 0:
		return loyalty.Refuse(loyalty.HasMerged, "others are merged into the contractor", "merge the other way round, or take those merges back first")
	case merges && a.Balance.Held > 0:
		return loyalty.Refuse(loyalty.PointsHeld, "points of the contractor are reserved", "post or void its open reservation first: loyalsync redemptions lists it")
	}
	return nil
}

// merge moves all that an account has. The lots stay whose they are: the other account
// has them from now on.
func (r Adjuster) merge(a *act, today loyalty.Date) error {
	from, to := a.done.Account, a.done.Other
	a.done.Points = a.worth(today)
	slices.SortFunc(a.Lots, loyalty.Lot.Compare)
	for _, l := range a.Lots {
		a.hand(l, from, to, today)
	}
	owed := a.balance(from).Debt
	a.post(from, 0, loyalty.Transferring, loyalty.Adjust, loyalty.Debt, owed, 0)
	for _, l := range a.Other.Lots { // those with a last day that is to come
		repaid := min(owed, l.Active)
		if repaid > 0 {
			a.post(to, l.ID, loyalty.Transferring, loyalty.Active, loyalty.Adjust, repaid, 0)
			owed -= repaid
			l.Active -= repaid
			a.keep(l)
		}
	}
	a.post(to, 0, loyalty.Transferring, loyalty.Debt, loyalty.Adjust, owed, 0)
	return nil
}

// hand gives what is left of a lot to another account, which repays what it owes from
// points that it may spend.
func (a *act) hand(l loyalty.Lot, from, to int64, today loyalty.Date) {
	for _, part := range []struct {
		bucket loyalty.Bucket
		points loyalty.Points
	}{{loyalty.Pending, l.Pending}, {loyalty.Lapsed, l.Lapsed}, {loyalty.Active, l.Active}} {
		a.post(from, l.ID, loyalty.Transferring, part.bucket, loyalty.Adjust, part.points, 0)
		kept := part.points
		if part.bucket == loyalty.Active && !l.Past(today) {
			repaid := min(a.balance(to).Debt, kept)
			a.post(to, l.ID, loyalty.Transferring, loyalty.Adjust, loyalty.Debt, repaid, 0)
			if kept -= repaid; repaid > 0 {
				l.Active = kept
				a.keep(l)
			}
		}
		a.post(to, l.ID, loyalty.Transferring, loyalty.Adjust, part.bucket, kept, 0)
	}
}

// Unmerge takes a merge back: the contractor gets what is left of its lots, those that
// its documents got meanwhile too, and its documents give it points again. What was spent
// stays spent. What it owed before, and is still owed, it owes again. Doing it again
// changes nothing.
func (r Adjuster) Unmerge(ctx context.Context, id int64, actor string) (loyalty.Operation, error) {
	today := dayIn(r.Now(), r.Zone)
	return r.operator().resolve(ctx, loyalty.OperationCall{ID: id, Today: today}, loyalty.Merging, actor, func(a *act) error {
		switch o := &a.done; {
		case o.State == loyalty.Undone:
			return nil
		case o.State != loyalty.Posted:
			return decided(*o)
		}
		a.done.State = loyalty.Undone
		from, to := a.done.Account, a.done.Other
		slices.SortFunc(a.Lots, loyalty.Lot.Compare)
		for _, l := range a.Lots {
			a.hand(l, to, from, today)
		}
		owed := min(a.Owed, a.balance(to).Debt)
		a.post(to, 0, loyalty.Transferring, loyalty.Adjust, loyalty.Debt, owed, 0)
		a.post(from, 0, loyalty.Transferring, loyalty.Debt, loyalty.Adjust, owed, 0)
		return nil
	})
}

// MergeOf is the merge in force of a contractor that is merged into another.
func MergeOf(merges []loyalty.Merge, account int64) (loyalty.Merge, error) {
	for _, m := range merges {
		if m.From.ID == account && m.UndoneAt.IsZero() {
			return m, nil
		}
	}
	return loyalty.Merge{}, &loyalty.Error{
		Code: loyalty.CodeNotFound, Message: fmt.Sprintf("contractor %d is not merged into another", account), Hint: "loyalsync contractors merges lists the merges",
	}
}
