package jobs

import (
	"context"
	"fmt"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// lateCommits is a source that knows what was committed since a moment, whatever
// stamp it carries: a transaction stamps its rows when it writes them, and may
// commit them long after a pass has gone by that stamp.
type lateCommits interface {
	// Snapshot names this moment, as text that survives being stored; last, an earlier
	// one or "", when nothing is known to have been written since; "" when the server
	// cannot tell.
	Snapshot(ctx context.Context, last string) (string, error)
	// Late returns at most limit documents, in key order, that were not yet
	// committed at the moment since and are stamped before below. A moment of
	// another server, or one too long ago to be known, has none.
	Late(ctx context.Context, since string, below connectors.Stamp, after connectors.Position, limit int) (connectors.Page[connectors.Invoice], error)
}

// late reads what was committed behind the floor since the last completed pass,
// and notes the moment from which the pass that begins now will have seen
// everything. Only the end of that pass makes the moment count (law 1): an
// interrupted one looks again. Where nothing was written the moment stays, and is what
// the next run looks back to. The server counts what was written a while afterwards: a
// run that a person asks for does not rely on that, and looks.
func (s *feedRun) late(ctx context.Context, c *loyalty.Cursor) error {
	source, ok := s.source.(lateCommits)
	if !ok {
		return nil
	}
	last := c.Snapshot
	if !s.run.Scheduled {
		last = ""
	}
	var err error
	if c.Taken, err = source.Snapshot(ctx, last); err != nil {
		return fmt.Errorf("source %s: %w", s.cfg.Source, err)
	}
	if c.Taken == "" || c.Taken == c.Snapshot || c.Snapshot == "" || c.Floor == "" {
		return nil
	}
	var after connectors.Position
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		done, err := s.latePage(ctx, source, *c, &after)
		if err != nil || done {
			return err
		}
	}
}

func (s *feedRun) latePage(ctx context.Context, source lateCommits, c loyalty.Cursor, after *connectors.Position) (done bool, err error) {
	ctx, cancel := finishing(ctx)
	defer cancel()
	page, err := source.Late(ctx, c.Snapshot, connectors.Stamp(c.Floor), *after, s.cfg.Page)
	if err != nil {
		return false, fmt.Errorf("source %s: %w", s.cfg.Source, err)
	}
	*after = page.Next
	if len(page.Items) == 0 {
		return page.Done, nil
	}
	s.log.InfoContext(ctx, "documents committed after the pass that went by their stamps", "documents", len(page.Items))
	docs, err := s.documents(ctx, page.Items)
	if err != nil {
		return false, err
	}
	return page.Done, s.post(ctx, ledger.Page{Documents: docs})
}
