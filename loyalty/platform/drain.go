package platform

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// Outbox is what is still to be delivered, and how far deliveries have come. One
// batch is read while another is recorded.
type Outbox interface {
	// NextDeliveries returns about limit items after a position, 0 for the queue's
	// recorded one: more only when several share the last position. No items and
	// Through 0 is the end.
	NextDeliveries(ctx context.Context, q wire.Queue, after int64, limit int) (wire.Batch, error)
	// RequeuedDeliveries returns at most limit dead letters that someone asked to
	// be sent again, in their order, as they would be sent today.
	RequeuedDeliveries(ctx context.Context, q wire.Queue, limit int) ([]wire.Outgoing, error)
	// RecordDeliveries commits a batch's progress in one transaction. The letters
	// of delivered items are gone with it, and so is the platform's block.
	RecordDeliveries(ctx context.Context, q wire.Queue, p wire.Progress) error
	// AcknowledgeDeliveries moves a queue to its end without sending anything,
	// and returns how many items that were.
	AcknowledgeDeliveries(ctx context.Context, q wire.Queue) (int, error)
	// BlockPlatform remembers why a platform refuses everything, and since when.
	BlockPlatform(ctx context.Context, platform, reason string) error
}

// Sender makes one call. Its error matches ErrBlocked, ErrUnavailable or
// ErrBadBatch, or is the context's.
type Sender interface {
	Send(ctx context.Context, q wire.Queue, items []wire.Outgoing) ([]wire.Result, error)
}

// Target is a platform to deliver to.
type Target struct {
	Name string
	// Sender reaches it. Nil is the embedded panel, which reads the ledger's own
	// tables: everything counts as delivered.
	Sender Sender
	// Home says that the program's points are held and spent there; it needs no
	// balances from here.
	Home bool
	// Batch is the most items of one call. Defaults to wire.MaxItems, which is
	// also the most.
	Batch int
}

// Kinds are what the target is sent, in the order of sending.
func (t Target) Kinds() []wire.Kind {
	return slices.DeleteFunc(wire.Kinds(), func(k wire.Kind) bool { return k == wire.Accounts && (t.Home || t.Sender == nil) })
}

// Report counts what a drain did.
type Report struct {
	Delivered int // accepted, or known there already
	Rejected  int // became dead letters
}

// Drainer delivers what is due. One drain of a feed to a platform runs at a
// time: the feed's lease sees to that.
type Drainer struct{ outbox Outbox }

// NewDrainer returns a drainer of an outbox.
func NewDrainer(outbox Outbox) *Drainer { return &Drainer{outbox: outbox} }

// Drain delivers everything a feed has for a platform, and says how far it came
// also beside an error. ErrBlocked and ErrUnavailable lose nothing: the next
// drain goes on where this one stopped.
func (d *Drainer) Drain(ctx context.Context, feed loyalty.Feed, t Target) (Report, error) {
	var report Report
	if t.Batch == 0 {
		t.Batch = wire.MaxItems
	}
	if t.Batch < 1 || t.Batch > wire.MaxItems {
		return report, &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: fmt.Sprintf("platform %s: a batch of %d items", t.Name, t.Batch),
			Hint: fmt.Sprintf("write a batch from 1 to %d", wire.MaxItems),
		}
	}
	for _, kind := range t.Kinds() {
		err := d.drainQueue(ctx, wire.Queue{Platform: t.Name, Feed: feed, Kind: kind}, t, &report)
		if errors.Is(err, ErrBlocked) {
			err = errors.Join(err, d.outbox.BlockPlatform(context.WithoutCancel(ctx), t.Name, err.Error()))
		}
		if err != nil {
			return report, err
		}
	}
	return report, nil
}

func (d *Drainer) drainQueue(ctx context.Context, q wire.Queue, t Target, report *Report) error {
	if t.Sender == nil {
		n, err := d.outbox.AcknowledgeDeliveries(ctx, q)
		report.Delivered += n
		return err
	}
	if err := d.drainRequeued(ctx, q, t, report); err != nil {
		return err
	}
	ahead, cancel := context.WithCancel(ctx)
	next := d.readAhead(ahead, q, t.Batch)
	defer func() {
		cancel()
		for range next { // nothing reads the store any more when this ends
		}
	}()
	recorded := make(chan error, 1) // what came of the batch before
	recorded <- nil
	for {
		read, more := <-next
		if !more {
			return errors.Join(<-recorded, ctx.Err())
		}
		if read.err != nil {
			return errors.Join(<-recorded, read.err)
		}
		progress, sent := deliver(ctx, q, t, read.batch)
		err := <-recorded
		if err == nil && sent == nil {
			go func() { recorded <- d.record(ctx, q, progress, report) }()
			continue
		}
		if err == nil {
			err = d.record(ctx, q, progress, report)
		}
		return errors.Join(sent, err)
	}
}

// nextBatch is what comes after a batch.
type nextBatch struct {
	batch wire.Batch
	err   error
}

// readAhead reads and encodes batches while others are on their way: one waits and
// one is read, so that neither side waits for a slow one of the other. The channel
// is closed at the end of the queue, and when the context ends.
func (d *Drainer) readAhead(ctx context.Context, q wire.Queue, limit int) <-chan nextBatch {
	next := make(chan nextBatch, 1)
	go func() {
		defer close(next)
		var after int64
		for ctx.Err() == nil {
			batch, err := d.outbox.NextDeliveries(ctx, q, after, limit)
			if err == nil {
				err = wire.Encode(batch.Items)
			}
			if err == nil && len(batch.Items) == 0 && batch.Through == 0 {
				return
			}
			select {
			case next <- nextBatch{batch, err}:
			case <-ctx.Done():
			}
			if err != nil {
				return
			}
			after = batch.Through
		}
	}()
	return next
}

// deliver sends a batch and says what came of it, also beside an error.
func deliver(ctx context.Context, q wire.Queue, t Target, batch wire.Batch) (wire.Progress, error) {
	one := delivery{queue: q, sender: t.Sender, batch: t.Batch}
	err := one.send(ctx, batch.Items)
	if err == nil {
		one.progress.Through = batch.Through
	} else {
		one.progress.Through = complete(batch.Items, one.noted())
	}
	return one.progress, err
}

// drainRequeued sends dead letters again, each in a call of its own: its key is
// then the same however often it is asked for (law 10), and a letter that is
// refused again cannot hold back another.
func (d *Drainer) drainRequeued(ctx context.Context, q wire.Queue, t Target, report *Report) error {
	for {
		items, err := d.outbox.RequeuedDeliveries(ctx, q, t.Batch)
		if err != nil || len(items) == 0 {
			return err
		}
		for _, it := range items {
			one := delivery{queue: q, sender: t.Sender, batch: t.Batch}
			sent := one.send(ctx, []wire.Outgoing{it})
			if err := errors.Join(sent, d.record(ctx, q, one.progress, report)); err != nil {
				return err
			}
		}
	}
}

// record commits what is known even when the caller stops now: what the platform
// has accepted need not be sent again.
func (d *Drainer) record(ctx context.Context, q wire.Queue, p wire.Progress, report *Report) error {
	if p.Through == 0 && len(p.Delivered) == 0 && len(p.Dead) == 0 {
		return nil
	}
	if err := d.outbox.RecordDeliveries(context.WithoutCancel(ctx), q, p); err != nil {
		return fmt.Errorf("record deliveries to platform %s: %w", q.Platform, err)
	}
	report.Delivered += len(p.Delivered)
	report.Rejected += len(p.Dead)
	return nil
}

// complete is the last position of which all items are among the first n. Items
// may share a position; one that is cut must not count as passed.
func complete(items []wire.Outgoing, n int) int64 {
	for n > 0 && n < len(items) && items[n-1].Position == items[n].Position {
		n--
	}
	if n == 0 {
		return 0
	}
	return items[n-1].Position
}
