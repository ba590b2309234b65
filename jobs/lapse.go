package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// LapseStore is where points lapse.
type LapseStore interface {
	ledger.LapseStore
	// Feeds returns the feeds of a program, also of sources that are read no more.
	Feeds(ctx context.Context, program string) ([]loyalty.Feed, error)
}

// LapseConfig says whose points lapse, and where that is posted.
type LapseConfig struct {
	Programs []string // whose home is this store
	Store    LapseStore
	Deliver  Deliverer
	Zone     *time.Location // of business dates
	Now      func() time.Time
	Page     int // lots a page, at most; defaults to 500
}

// lapseTask posts what has lapsed.
type lapseTask struct{ cfg LapseConfig }

// NewLapse returns the task of jobs of the kind lapse: it posts that points are
// past their last day. Balances are right without it; it tells the history and the
// platforms.
func NewLapse(cfg LapseConfig) Task {
	if cfg.Page <= 0 {
		cfg.Page = lotsOnPage
	}
	return lapseTask{cfg}
}

const lotsOnPage = 500

// Run posts page by page and sends the balances to the job's platforms. What is
// committed stays; the next run goes on from there.
func (t lapseTask) Run(ctx context.Context, r *Run) error {
	var feeds []loyalty.Feed
	for _, program := range t.cfg.Programs {
		of, err := t.cfg.Store.Feeds(ctx, program)
		if err != nil {
			return err
		}
		feeds = append(feeds, of...)
	}
	for _, f := range feeds {
		r.Count(func(c *Counts) { c.Points.Decimals = max(c.Points.Decimals, f.Decimals) })
	}
	today, pages := loyalty.DateIn(t.cfg.Now(), t.cfg.Zone), 0
	for _, f := range feeds {
		if err := t.feed(ctx, r, f, today, &pages); err != nil {
			return err
		}
	}
	return t.deliver(ctx, r, feeds)
}

// feed lapses the points of one feed.
func (t lapseTask) feed(ctx context.Context, r *Run, f loyalty.Feed, today loyalty.Date, pages *int) error {
	lapser := ledger.Lapser{
		Store: t.cfg.Store, Feed: f, Today: today, Limit: t.cfg.Page, Lease: r.Lease(), Run: r.ID, Actor: "job " + r.Definition.Name, Now: t.cfg.Now,
	}
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		page, cancel := finishing(ctx)
		done, err := lapser.Page(page)
		cancel()
		if err != nil || done.Lots == 0 {
			return err
		}
		*pages++
		r.Count(func(c *Counts) {
			c.Changed += int64(done.Lots)
			c.Entries += int64(done.Lots)
			c.Points.Lapsed += scaled(done.Points, c.Points.Decimals-f.Decimals)
		})
		r.Progress(*pages, 0, "lapse")
	}
}

// scaled writes points with so many more decimals: programs of one run may differ.
func scaled(p loyalty.Points, decimals int) loyalty.Points {
	for range decimals {
		p *= 10
	}
	return p
}

// deliver sends the balances, each feed's to each platform.
func (t lapseTask) deliver(ctx context.Context, r *Run, feeds []loyalty.Feed) error {
	var errs []error
	for _, f := range feeds {
		for _, platform := range r.Definition.Platforms {
			delivered, rejected, err := t.cfg.Deliver.Deliver(ctx, f, platform)
			r.Count(func(c *Counts) {
				c.Delivered += int64(delivered)
				c.Rejected += int64(rejected)
			})
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return &DeliveryError{Err: err}
	}
	return nil
}
