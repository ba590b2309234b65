package jobs

import (
	"context"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// RecomputeConfig says which recompute is posted, or undone.
type RecomputeConfig struct {
	Feed      FeedConfig // whose ERP is not asked
	Store     ledger.RecomputeStore
	Recompute loyalty.Recompute
	Page      int // originals a page, at most; defaults to 500
}

const originalsOnPage = 500

// NewRecompute returns the task of a run that posts a recompute, or undoes it, from where
// it stands.
func NewRecompute(cfg RecomputeConfig) Task {
	if cfg.Page <= 0 {
		cfg.Page = originalsOnPage
	}
	return recomputeTask{cfg}
}

type recomputeTask struct{ cfg RecomputeConfig }

// Run does page by page. What is committed stays; whoever goes on begins there.
func (t recomputeTask) Run(ctx context.Context, r *Run) error {
	do := t.cfg.Recompute
	r.Count(func(c *Counts) { c.Points.Decimals = do.Feed.Decimals })
	book, err := t.cfg.Feed.Ledger(ctx, do.Feed)
	if err != nil {
		return err
	}
	actor := do.Actor
	if do.State == loyalty.UndoingRecompute {
		actor = do.UndoneBy
	}
	poster := ledger.Recomputer{Store: t.cfg.Store, Ledger: book, Limit: t.cfg.Page, Lease: r.Lease(), Run: r.ID, Actor: actor}
	for pages := 1; do.State == loyalty.Recomputing || do.State == loyalty.UndoingRecompute; pages++ {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		page, cancel := finishing(ctx)
		next, result, err := poster.Page(page, do)
		cancel()
		if err != nil {
			return err
		}
		do = next
		r.Count(func(c *Counts) {
			c.Changed += int64(result.Changed)
			c.Entries += int64(result.Entries)
			c.Points.Earned += result.Earned
			c.Points.Pending += result.Pending
			c.Points.Reversed += result.Reversed
		})
		r.Progress(pages, do.Position, "documents")
	}
	return nil
}
