package jobs

import (
	"context"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// NewActivate returns the task of jobs of the kind activate: it makes points active
// whose waiting is over, that of days by the ledger's own documents, that for payment by
// what the ERP says of those that have not been paid.
func NewActivate(cfg FeedConfig) Task { return feedTask{cfg, (*feedRun).activate} }

type waitingStore interface {
	Waiting(ctx context.Context, feed loyalty.Feed, after loyalty.Wait, id int64, until loyalty.Wait, limit int) ([]loyalty.StoredDocument, error)
}

// activate looks at documents that wait and at no others. What it posts waits no more,
// so doing it again does nothing.
func (s *feedRun) activate(ctx context.Context) error {
	if err := s.decided(ctx); err != nil && loyalty.CodeOf(err) != loyalty.CodeInvalid {
		return err
	}
	due := func(_ context.Context, waiting []loyalty.StoredDocument) ([]loyalty.Document, error) {
		docs := make([]loyalty.Document, len(waiting))
		for i := range waiting {
			docs[i] = waiting[i].Document
		}
		return docs, nil
	}
	if err := s.awaited(ctx, loyalty.WaitNothing, loyalty.Wait(s.today()), due); err != nil {
		return err
	}
	return s.awaited(ctx, loyalty.WaitPayment, loyalty.WaitPayment, func(ctx context.Context, waiting []loyalty.StoredDocument) ([]loyalty.Document, error) {
		keys := make([]loyalty.Key, len(waiting))
		for i := range waiting {
			keys[i] = waiting[i].Key
		}
		return s.fetch(ctx, keys) // a payment need not touch the stamp of a document
	})
}

// awaited posts documents that wait, page by page, as read says that they stand now.
func (s *feedRun) awaited(ctx context.Context, after, until loyalty.Wait, read func(context.Context, []loyalty.StoredDocument) ([]loyalty.Document, error)) error {
	for id := int64(0); ; {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		waiting, err := s.cfg.Store.Waiting(ctx, s.feed, after, id, until, s.cfg.Page)
		if err != nil || len(waiting) == 0 {
			return err
		}
		last := waiting[len(waiting)-1]
		after, id = last.Waits, last.ID
		if err := s.awaitedPage(ctx, waiting, read); err != nil {
			return err
		}
	}
}

func (s *feedRun) awaitedPage(ctx context.Context, waiting []loyalty.StoredDocument, read func(context.Context, []loyalty.StoredDocument) ([]loyalty.Document, error)) error {
	ctx, cancel := finishing(ctx)
	defer cancel()
	docs, err := read(ctx, waiting)
	if err != nil {
		return err
	}
	return s.post(ctx, ledger.Page{Documents: docs})
}
