package jobs

import (
	"context"
	"fmt"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
)

// ahead reads and maps the pages of a pass while others are posted. It is never more
// than one page further, so that two are held at most.
type ahead struct {
	pages  chan readPage
	cancel context.CancelFunc
	ended  chan struct{}
}

// readPage is a page as it came from the source.
type readPage struct {
	asked   connectors.Range
	page    connectors.Page[connectors.Invoice] // without items once they are mapped
	docs    []loyalty.Document                  // what they are mapped to, unless codes are to be found first
	err     error
	fetches int64 // of documents by key, before it was read
}

// readAhead begins to read. A request to stop lets the page at hand finish.
func (s *feedRun) readAhead(ctx context.Context, r connectors.Range) *ahead {
	a := &ahead{pages: make(chan readPage), ended: make(chan struct{})}
	closed, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a.cancel = cancel
	go func() {
		defer close(a.ended)
		for {
			read, done := finishing(ctx)
			unhook := context.AfterFunc(closed, done)
			p := s.readPage(read, r)
			unhook()
			done()
			select {
			case a.pages <- p:
			case <-closed.Done():
				return
			}
			if r.After = p.page.Next; p.err != nil || p.page.Done {
				return
			}
		}
	}()
	return a
}

// close ends reading at once and waits for that.
func (a *ahead) close() {
	a.cancel()
	<-a.ended
}

// next is the next page. One that was read before documents were fetched by key is
// read again: what was fetched may be newer, and must not be undone by it.
func (s *feedRun) next(ctx context.Context, a *ahead) readPage {
	p := <-a.pages
	for p.err == nil && p.fetches != s.fetches.Load() {
		a.close()
		*a = *s.readAhead(ctx, p.asked)
		p = <-a.pages
	}
	return p
}

func (s *feedRun) readPage(ctx context.Context, r connectors.Range) readPage {
	p := readPage{asked: r, fetches: s.fetches.Load()}
	if p.page, p.err = s.source.Invoices(ctx, r, s.cfg.Page); p.err != nil {
		p.err = fmt.Errorf("source %s: %w", s.cfg.Source, p.err)
		return p
	}
	if !s.asksCodes() {
		p.docs, p.err = s.mapped(ctx, p.page.Items)
		p.page.Items = nil
	}
	return p
}

// documents are the documents of the page, their contractors known.
func (p readPage) documents(ctx context.Context, s *feedRun) ([]loyalty.Document, error) {
	if s.asksCodes() {
		return s.documents(ctx, p.page.Items)
	}
	return p.docs, s.know(ctx, p.docs)
}
