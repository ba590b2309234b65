package platform

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// delivery is one batch on its way, and what came of it so far.
type delivery struct {
	queue    wire.Queue
	sender   Sender
	batch    int // most items of a call
	progress wire.Progress
}

// send delivers items in their order. A call that the platform finds malformed
// is halved until the bad item stands alone. On an error the progress holds what
// came before it.
func (d *delivery) send(ctx context.Context, items []wire.Outgoing) error {
	if len(items) == 0 {
		return nil
	}
	if len(items) > d.batch {
		return d.halves(ctx, items)
	}
	results, err := d.results(ctx, items)
	switch {
	case errors.Is(err, ErrBadBatch) && len(items) == 1:
		d.note(items[0], refusal(err))
		return nil
	case errors.Is(err, ErrBadBatch):
		return d.halves(ctx, items)
	case err != nil:
		return err
	}
	for _, it := range items {
		r, ok := results[it.ID]
		if !ok {
			return failure(d.queue.Platform, ErrUnavailable,
				fmt.Errorf("answered 200 without a result for %d of %d items", len(items)-len(results), len(items)))
		}
		d.note(it, r)
	}
	return nil
}

func (d *delivery) halves(ctx context.Context, items []wire.Outgoing) error {
	half := len(items) / 2
	if err := d.send(ctx, items[:half]); err != nil {
		return err
	}
	return d.send(ctx, items[half:])
}

// noted is how many items are done, from the first on.
func (d *delivery) noted() int { return len(d.progress.Delivered) + len(d.progress.Dead) }

// results calls the platform; if an item has no result it calls once more.
func (d *delivery) results(ctx context.Context, items []wire.Outgoing) (map[string]wire.Result, error) {
	asked := make(map[string]bool, len(items))
	for _, it := range items {
		asked[it.ID] = true
	}
	known := make(map[string]wire.Result, len(items))
	for range 2 {
		answer, err := d.sender.Send(ctx, d.queue, items)
		if err != nil {
			return nil, err
		}
		for _, r := range answer {
			switch r.Status {
			case wire.Accepted, wire.Duplicate, wire.Rejected:
				if asked[r.ID] {
					known[r.ID] = r
				}
			}
		}
		if len(known) == len(asked) {
			break
		}
	}
	return known, nil
}

// note keeps what came of one item.
func (d *delivery) note(it wire.Outgoing, r wire.Result) {
	if r.Status != wire.Rejected {
		d.progress.Delivered = append(d.progress.Delivered, it)
		return
	}
	d.progress.Dead = append(d.progress.Dead, wire.Letter{
		Item: it, Code: cmp.Or(safeCode(r.Code), "rejected"), Message: clean(r.Message, it.Body),
	})
}

// refusal makes a result of an answer that refused a call of one item.
func refusal(err error) wire.Result {
	r := wire.Result{Status: wire.Rejected, Message: "the platform refuses the call with this item"}
	if status, ok := errors.AsType[*StatusError](err); ok {
		r.Code, r.Message = cmp.Or(status.Code, fmt.Sprintf("http_%d", status.Status)), "the platform "+status.Error()
	}
	return r
}

const maxMessage = 200 // characters of a platform's words that are kept

// clean makes a platform's words fit to be kept and shown: without control
// characters, without personal values of the item (law 11), and not too long.
func clean(message string, body any) string {
	if p, ok := body.(interface{ Personal() []string }); ok {
		values := p.Personal()
		slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) }) // a longer one may hold a shorter
		for _, v := range values {
			if len(v) > 2 { // shorter ones tell nothing and would tear words apart
				message = strings.ReplaceAll(message, v, "…")
			}
		}
	}
	message = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(message, "?"), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	if r := []rune(message); len(r) > maxMessage {
		message = string(r[:maxMessage-1]) + "…"
	}
	return message
}
