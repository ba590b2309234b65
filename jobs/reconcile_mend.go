package jobs

import (
	"context"
	"errors"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// mend posts the chains of documents that differ as the ERP has them now: what decides
// the points of one may be that another has changed, which has none itself.
func (c *reconciling) mend(ctx context.Context, scored CopiedStore, found []loyalty.Difference) error {
	if !c.fix || len(found) == 0 {
		return nil
	}
	keys := make([]loyalty.Key, 0, len(found))
	for _, d := range found {
		keys = append(keys, d.Document)
	}
	state, err := scored.PageState(ctx, c.live.feed, distinct(keys))
	if err != nil {
		return err
	}
	for i := range state.Documents {
		keys = append(keys, state.Documents[i].RootKey())
	}
	if state, err = scored.PageState(ctx, c.live.feed, distinct(keys)); err != nil {
		return err
	}
	keys = keys[:0]
	for i := range state.Documents {
		keys = append(keys, state.Documents[i].Key)
	}
	known, err := c.live.cfg.Store.StoredKeys(ctx, c.live.feed, keys)
	if err != nil {
		return err
	}
	stored := make([]loyalty.StoredKey, len(keys)) // ID 0: the ledger has not read it yet
	for i, k := range keys {
		stored[i] = loyalty.StoredKey{ID: known[k].ID, Key: k}
	}
	return c.mendKeys(ctx, stored)
}

func distinct(keys []loyalty.Key) []loyalty.Key {
	sorted := slices.Clone(keys)
	slices.SortFunc(sorted, loyalty.Key.Compare)
	return slices.Compact(sorted)
}

// mendKeys posts documents as they stand, those that are gone as deleted.
func (c *reconciling) mendKeys(ctx context.Context, stored []loyalty.StoredKey) error {
	if len(stored) == 0 {
		return nil
	}
	ctx, cancel := finishing(ctx)
	defer cancel()
	docs, gone, err := c.standing(ctx, c.live, stored)
	if err != nil {
		return err
	}
	return c.live.post(ctx, ledger.Page{Documents: append(docs, gone...), Force: true, Reason: KindReconcile})
}

// mended tells what was posted, or that the guard asks first.
func (c *reconciling) mended() error {
	counts, _ := c.run.Snapshot()
	c.sum.Mended.Entries = counts.Entries
	if c.live.guarded != nil {
		return &GuardError{Err: c.live.guarded}
	}
	return nil
}

// platforms compares what platforms have; one that is to be mended is sent what waits
// first.
func (c *reconciling) platforms(ctx context.Context) error {
	names, err := c.asked(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range names {
		if c.fix {
			delivered, rejected, err := c.live.cfg.Deliver.Deliver(ctx, c.live.feed, name)
			c.run.Count(func(n *Counts) {
				n.Delivered += int64(delivered)
				n.Rejected += int64(rejected)
			})
			if err != nil {
				errs = append(errs, &DeliveryError{Err: err})
				continue
			}
		}
		told, sent, err := c.cfg.Platforms.ComparePlatform(ctx, c.live.feed, name, c.fix, c.found, c.live.guard.Allow)
		c.sum.Platforms = append(c.sum.Platforms, told)
		c.sum.Mended.Items += sent
		c.run.Count(func(n *Counts) { n.Delivered += sent })
		if guarded, ok := errors.AsType[*ledger.Guarded](err); ok {
			err = &GuardError{Err: guarded}
		} else if err != nil {
			err = &DeliveryError{Err: err}
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// asked are the platforms to compare.
func (c *reconciling) asked(ctx context.Context) ([]string, error) {
	if c.cfg.Platforms == nil {
		return nil, nil
	}
	if c.run.Options.Platform != "" {
		return []string{c.run.Options.Platform}, nil
	}
	if len(c.run.Definition.Platforms) > 0 {
		return c.run.Definition.Platforms, nil
	}
	return c.cfg.Platforms.ComparedPlatforms(ctx, c.live.feed)
}
