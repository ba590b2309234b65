package jobs

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// heartbeat keeps a run's lease, saves its progress, and cancels it when the
// lease is lost or a person asks it to stop. Law 9: whoever cannot prove the
// lease must not go on.
type heartbeat struct {
	runner  *Runner
	cancel  context.CancelCauseFunc
	excerpt *tail
	base    loyalty.Run
	done    chan struct{}
	wg      sync.WaitGroup

	mu  sync.Mutex
	try int
}

func (r *Runner) startHeartbeat(ctx context.Context, row loyalty.Run, run *Run, excerpt *tail, cancel context.CancelCauseFunc) *heartbeat {
	h := &heartbeat{runner: r, cancel: cancel, excerpt: excerpt, base: row, done: make(chan struct{})}
	h.wg.Go(func() { h.loop(ctx, run) })
	return h
}

// stop ends the heartbeat and waits for its last write.
func (h *heartbeat) stop() {
	close(h.done)
	h.wg.Wait()
}

func (h *heartbeat) attempt(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.try = n
}

// row is the run as it stands now.
func (h *heartbeat) row(run *Run) loyalty.Run {
	row := h.base
	row.Counts, row.Progress = run.Snapshot()
	row.Log = h.excerpt.String()
	h.mu.Lock()
	defer h.mu.Unlock()
	row.Attempt = h.try
	return row
}

func (h *heartbeat) loop(ctx context.Context, run *Run) {
	cfg := h.runner.cfg
	ticker := time.NewTicker(min(cfg.ReportEvery, cfg.LeaseTTL/3))
	defer ticker.Stop()
	renewed, saved := cfg.Now(), loyalty.Run{}
	for {
		select {
		case <-h.done:
			return
		case <-ticker.C:
		}
		if since := cfg.Now().Sub(renewed); since >= cfg.LeaseTTL/3 || since < 0 {
			err := cfg.Store.RenewLease(ctx, run.lease, cfg.LeaseTTL)
			switch {
			case err == nil:
				renewed = cfg.Now()
			case errors.Is(err, loyalty.ErrLeaseLost), since > cfg.LeaseTTL:
				h.cancel(loyalty.ErrLeaseLost)
				return
			default:
				run.Logger.WarnContext(ctx, "the lease could not be renewed yet", "error", err)
			}
		}
		saved = h.report(ctx, run, saved)
	}
}

// report saves what changed since the last time, and looks for a wish to stop.
func (h *heartbeat) report(ctx context.Context, run *Run, saved loyalty.Run) loyalty.Run {
	store := h.runner.cfg.Store
	row := h.row(run)
	if row.Counts == saved.Counts && row.Progress == saved.Progress && row.Attempt == saved.Attempt && row.Log == saved.Log {
		if stored, err := store.Run(ctx, run.ID); err == nil && stored.Stop {
			h.cancel(errCancelled)
		}
		return saved
	}
	stop, err := store.ReportRun(ctx, row)
	switch {
	case errors.Is(err, loyalty.ErrLeaseLost):
		h.cancel(loyalty.ErrLeaseLost)
	case err != nil:
		run.Logger.WarnContext(ctx, "progress could not be saved yet", "error", err)
		return saved
	case stop:
		h.cancel(errCancelled)
	}
	return row
}
