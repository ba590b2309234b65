package platform

import (
	"context"
	"errors"
	"fmt"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// Taken is what the ledger says a platform has.
type Taken interface {
	// Delivered says up to which entry a platform has taken points, how many wait
	// behind it, and how many it refused for good.
	Delivered(ctx context.Context, q wire.Queue) (through, waiting, refused int64, err error)
	// TakenPoints lists the entries that a platform has taken, after one and up to
	// another one, without what it refused.
	TakenPoints(ctx context.Context, q wire.Queue, after, through int64, limit int) ([]int64, error)
	// PointsByKey returns items as they are sent from here; Ref is 0 where there is none.
	PointsByKey(ctx context.Context, q wire.Queue, keys []wire.EntryKey) ([]wire.Outgoing, error)
	// PointsByRef returns entries as they are sent.
	PointsByRef(ctx context.Context, q wire.Queue, refs []int64) ([]wire.Outgoing, error)
	// Unreconciled says in which epoch the ledger is.
	Unreconciled(ctx context.Context, feed loyalty.Feed, platform string) (epoch int64, after string, due bool, err error)
}

// Comparer compares what a platform has of a feed with what it was sent, and mends it by
// the repairs of a [Reconciler]: it takes back what the ledger has not, and sends again
// what the platform has lost. Its memory is a bit for each entry of the ledger.
type Comparer struct{ ledger Taken }

// NewComparer returns a comparer of a ledger.
func NewComparer(ledger Taken) *Comparer { return &Comparer{ledger} }

// Comparison is what a comparer is asked.
type Comparison struct {
	Feed   loyalty.Feed
	Target Target
	Caller Caller
	// Found is told every difference.
	Found func(loyalty.Difference)
	// Mend sends what makes the platform agree.
	Mend bool
	// Allow is asked before points are taken back that the ledger does not have.
	Allow func(points loyalty.Points) error
}

// Compare returns what the platform has, and how many items were sent to it. When an
// error ends it, what was sent before stays.
func (c *Comparer) Compare(ctx context.Context, what Comparison) (a loyalty.PlatformAgreement, sent int64, err error) {
	run := comparing{Comparison: what, ledger: c.ledger, queue: wire.Queue{Platform: what.Target.Name, Feed: what.Feed, Kind: wire.Points}}
	run.told.Platform = what.Target.Name
	err = run.compare(ctx)
	return run.told, run.sent, err
}

// comparing is one comparison.
type comparing struct {
	Comparison
	ledger Taken
	queue  wire.Queue
	epoch  int64
	seen   loyalty.IDSet
	told   loyalty.PlatformAgreement
	sent   int64
	back   loyalty.Points // taken back so far
}

func (c *comparing) compare(ctx context.Context) error {
	// what was recorded before the platform is asked has arrived there
	through, waiting, refused, err := c.ledger.Delivered(ctx, c.queue)
	if err != nil {
		return err
	}
	c.told.Waiting, c.told.Refused = waiting, refused
	if c.epoch, _, _, err = c.ledger.Unreconciled(ctx, c.Feed, c.Target.Name); err != nil {
		return err
	}
	err = walk(ctx, c.Feed, c.Caller, "", func(groups []group, _ string, _ bool) error { return c.held(ctx, groups) })
	if ask, ok := errors.AsType[*askError](err); ok && tellsNothing(ask.err) {
		c.told.Untold = true
		return nil
	}
	if err != nil {
		return err
	}
	return c.lost(ctx, through)
}

// held compares what a page of the platform has.
func (c *comparing) held(ctx context.Context, groups []group) error {
	keys, of := make([]wire.EntryKey, 0, len(groups)), make([]group, 0, len(groups))
	for _, g := range groups {
		if k, ok := wire.ParsePointsID(g.Item.ID); ok && k.Program == c.Feed.ProgramName && k.Source == c.Feed.SourceName {
			keys, of = append(keys, k), append(of, g)
		}
	}
	ours, err := c.ledger.PointsByKey(ctx, c.queue, keys)
	if err != nil {
		return err
	}
	c.told.Items += int64(len(keys))
	var repairs []wire.Outgoing
	var back loyalty.Points
	for i, g := range of {
		known := ours[i].Ref != 0
		d := c.difference(g, ours[i], known)
		if known {
			c.seen.Add(ours[i].Ref)
		}
		if d.Kind == "" {
			continue
		}
		c.Found(d)
		if d.Kind == loyalty.ItemExtra {
			back += d.Posted
			if c.Mend && keys[i].Epoch > c.epoch {
				return c.foreign(keys[i].Epoch)
			}
		}
		for _, m := range g.Repairs(known) {
			repairs = append(repairs, wire.Outgoing{ID: m.ID, Body: m})
		}
	}
	if !c.Mend || len(repairs) == 0 {
		return nil
	}
	if c.back += back; c.back > 0 {
		if err := c.Allow(c.back); err != nil {
			return err
		}
	}
	return c.send(ctx, repairs)
}

// difference compares an item with the ledger's; its kind is "" when they agree.
func (c *comparing) difference(g group, ours wire.Outgoing, known bool) loyalty.Difference {
	d := loyalty.Difference{Platform: c.Target.Name, Item: g.Item.ID, Contractor: g.Item.Contractor, Number: g.Item.Document.Number, Rule: g.Item.Rule}
	if k, ok := wire.ParsePointsID(g.Item.ID); ok {
		d.Document, d.Line = k.Document, k.Line
	}
	theirs, err := loyalty.ParsePoints(g.Item.Points, c.Feed.Decimals)
	d.Posted = theirs
	if !known {
		if len(g.Repairs(false)) > 0 {
			d.Kind = loyalty.ItemExtra
		}
		return d
	}
	m, _ := ours.Body.(wire.Movement)
	d.Desired, _ = loyalty.ParsePoints(m.Points, c.Feed.Decimals)
	switch {
	case len(g.Repairs(true)) > 0:
		d.Kind, d.Posted = loyalty.ItemMissing, 0
	case err != nil || d.Posted != d.Desired || g.Item.Kind != m.Kind || g.Item.Contractor != m.Contractor:
		d.Kind = loyalty.ItemDifferent
	}
	return d
}

// foreign refuses to take back what a later epoch has sent.
func (c *comparing) foreign(epoch int64) error {
	return &loyalty.Error{
		Code: loyalty.CodeAction, Message: fmt.Sprintf("platform %s has points of the store's epoch %d, and this store is in %d", c.Target.Name, epoch, c.epoch),
		Hint: "another store has sent them: if this is the right one, loyalsync restore FILE once more begins a later epoch",
	}
}

// lost finds what the platform took and has no more, a page at a time.
func (c *comparing) lost(ctx context.Context, through int64) error {
	for after := int64(0); ; {
		taken, err := c.ledger.TakenPoints(ctx, c.queue, after, through, wire.MaxItems)
		if err != nil || len(taken) == 0 {
			return err
		}
		after = taken[len(taken)-1]
		missing := taken[:0]
		for _, id := range taken {
			if !c.seen.Has(id) {
				missing = append(missing, id)
			}
		}
		if len(missing) == 0 {
			continue
		}
		items, err := c.ledger.PointsByRef(ctx, c.queue, missing)
		if err != nil {
			return err
		}
		for _, it := range items {
			c.Found(c.gone(it))
		}
		if c.Mend {
			if err := c.send(ctx, items); err != nil {
				return err
			}
		}
	}
}

// gone is an item that the platform has no more.
func (c *comparing) gone(it wire.Outgoing) loyalty.Difference {
	m, _ := it.Body.(wire.Movement)
	k, _ := wire.ParsePointsID(it.ID)
	points, _ := loyalty.ParsePoints(m.Points, c.Feed.Decimals)
	return loyalty.Difference{
		Kind: loyalty.ItemMissing, Platform: c.Target.Name, Item: it.ID, Document: k.Document, Number: m.Document.Number, Line: k.Line,
		Rule: m.Rule, Contractor: m.Contractor, Desired: points,
	}
}

// send sends repairs and lost items; a refusal is somebody's to mend.
func (c *comparing) send(ctx context.Context, items []wire.Outgoing) error {
	sent, dead, err := sendAll(ctx, c.Feed, c.Target, c.Caller, items)
	c.sent += int64(sent)
	if err == nil && len(dead) > 0 {
		err = &loyalty.Error{
			Code: loyalty.CodeAction, Message: fmt.Sprintf("platform %s refuses what would make it agree with the ledger (%s)", c.Target.Name, dead[0].Code),
			Hint: "ask its administrator, then reconcile again",
		}
	}
	return err
}
