package platform

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// Restored is what is kept about platforms after a backup was put back.
type Restored interface {
	// Unreconciled says in which epoch the ledger is and after which item the
	// comparison goes on; false when there is nothing to compare.
	Unreconciled(ctx context.Context, feed loyalty.Feed, platform string) (epoch int64, after string, due bool, err error)
	// KnownPoints says which entries are in the ledger.
	KnownPoints(ctx context.Context, feed loyalty.Feed, keys []wire.EntryKey) ([]bool, error)
	// RecordReconciled keeps how far the comparison has come.
	RecordReconciled(ctx context.Context, feed loyalty.Feed, platform, after string, done bool) error
}

// Caller makes calls to a platform, and asks what it has.
type Caller interface {
	Sender
	// Held returns a page of the items that the platform has of a feed, after an ID.
	// Errors are those of Send.
	Held(ctx context.Context, feed loyalty.Feed, after string) (wire.Held, error)
}

// Reconciler makes a platform agree with a ledger that was put back from a backup,
// before anything else is sent: items that were sent after the backup are no longer
// in the ledger, and are taken back; those that a repair of an earlier restore took
// back and that are in the ledger again are given again. It compares states, so it
// may be stopped anywhere and repeated: a page at a time is kept.
type Reconciler struct{ ledger Restored }

// NewReconciler returns a reconciler of a ledger.
func NewReconciler(ledger Restored) *Reconciler { return &Reconciler{ledger: ledger} }

// Reconcile returns how many items were sent. On an error nothing else may be sent
// to the platform.
func (r *Reconciler) Reconcile(ctx context.Context, feed loyalty.Feed, t Target, caller Caller) (sent int, err error) {
	epoch, after, due, err := r.ledger.Unreconciled(ctx, feed, t.Name)
	if err != nil || !due {
		return 0, err
	}
	c := comparison{ledger: r.ledger, caller: caller, feed: feed, target: t, epoch: epoch}
	err = walk(ctx, feed, caller, after, func(groups []group, through string, done bool) error {
		if err := c.compare(ctx, groups); err != nil {
			return err
		}
		return r.ledger.RecordReconciled(ctx, feed, t.Name, through, done)
	})
	if ask, ok := errors.AsType[*askError](err); ok {
		err = untold(t.Name, ask.err)
	}
	return c.sent, err
}

// askError is a platform's failure to say what it has.
type askError struct{ err error }

func (e *askError) Error() string { return e.err.Error() }
func (e *askError) Unwrap() error { return e.err }

// walk hands over what a platform has, a page at a time, each item with all of its
// repairs, and after which ID it goes on: "" when it is done.
func walk(ctx context.Context, feed loyalty.Feed, caller Caller, after string, each func(groups []group, through string, done bool) error) error {
	var items []wire.Movement // whose last item's repairs may not all be there yet
	for {
		page, err := caller.Held(ctx, feed, after)
		if err != nil {
			return &askError{err}
		}
		items = append(items, page.Items...)
		groups := grouped(items)
		if page.Next == "" {
			return each(groups, "", true)
		}
		after = page.Next
		if len(groups) < 2 {
			continue
		}
		left := groups[len(groups)-1].items
		through := items[len(items)-left-1].ID
		items = append(items[:0:0], items[len(items)-left:]...)
		if err := each(groups[:len(groups)-1], through, false); err != nil {
			return err
		}
	}
}

// group is an item with its repairs, which follow it.
type group struct {
	wire.Repaired
	items int
}

func grouped(items []wire.Movement) (groups []group) {
	for _, m := range items {
		item, number, part := wire.RepairOf(m.ID)
		if n := len(groups); number > 0 && n > 0 && groups[n-1].Item.ID == item {
			g := &groups[n-1]
			g.items++
			switch {
			case number > g.Last:
				g.Last, g.Parts = number, part
			case number == g.Last:
				g.Parts += part
			}
			continue
		}
		groups = append(groups, group{wire.Repaired{Item: m}, 1})
	}
	return groups
}

// comparison is one platform with one feed.
type comparison struct {
	ledger Restored
	caller Caller
	feed   loyalty.Feed
	target Target
	epoch  int64
	sent   int
}

func (c *comparison) compare(ctx context.Context, groups []group) error {
	keys, of := make([]wire.EntryKey, 0, len(groups)), make([]int, 0, len(groups))
	for i, g := range groups {
		// what another program has made is not ours to take back
		if k, ok := wire.ParsePointsID(g.Item.ID); ok && k.Program == c.feed.ProgramName && k.Source == c.feed.SourceName {
			keys, of = append(keys, k), append(of, i)
		}
	}
	known, err := c.ledger.KnownPoints(ctx, c.feed, keys)
	if err != nil {
		return err
	}
	var repairs []wire.Outgoing
	for i, k := range keys {
		if !known[i] && k.Epoch >= c.epoch {
			return &loyalty.Error{
				Code: loyalty.CodeAction, Message: fmt.Sprintf("platform %s has points of the store's epoch %d, and this store is in %d", c.target.Name, k.Epoch, c.epoch),
				Hint: "another store has sent them: if this is the right one, loyalsync restore FILE once more begins a later epoch; nothing was sent",
			}
		}
		for _, m := range groups[of[i]].Repairs(known[i]) {
			repairs = append(repairs, wire.Outgoing{ID: m.ID, Body: m})
		}
	}
	return c.send(ctx, repairs)
}

func (c *comparison) send(ctx context.Context, repairs []wire.Outgoing) error {
	sent, dead, err := sendAll(ctx, c.feed, c.target, c.caller, repairs)
	c.sent += sent
	if err == nil && len(dead) > 0 {
		err = &loyalty.Error{
			Code: loyalty.CodeAction, Message: fmt.Sprintf("platform %s does not take back what is not in the ledger any more (%s)", c.target.Name, dead[0].Code),
			Hint: "ask its administrator; nothing else is sent until it does, or until somebody accepts what it has: loyalsync deliveries accept " + c.target.Name,
		}
	}
	return err
}

// sendAll sends points in batches, and tells how many were taken and which were refused.
func sendAll(ctx context.Context, feed loyalty.Feed, t Target, sender Sender, items []wire.Outgoing) (sent int, dead []wire.Letter, err error) {
	batch := t.Batch
	if batch <= 0 {
		batch = wire.MaxItems
	}
	one := delivery{queue: wire.Queue{Platform: t.Name, Feed: feed, Kind: wire.Points}, sender: sender, batch: batch}
	err = one.send(ctx, items)
	return len(one.progress.Delivered), one.progress.Dead, err
}

// untold says what to do about a platform that does not tell what it has.
func untold(name string, err error) error {
	if tellsNothing(err) {
		return &loyalty.Error{
			Code: loyalty.CodeForbidden, Message: "platform " + name + " does not tell which points it has, and a backup was put back here", Err: err,
			Hint: "check its url; if it cannot tell, take back there what was given since the backup, then: loyalsync deliveries accept " + name,
		}
	}
	return err
}

// tellsNothing says that a platform has no answer to the question what it has.
func tellsNothing(err error) bool {
	status, ok := errors.AsType[*StatusError](err)
	return ok && (status.Status == http.StatusNotFound || status.Status == http.StatusMethodNotAllowed)
}
