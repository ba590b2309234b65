package jobs

import (
	"context"
	"fmt"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// NewSweep returns the task of jobs of the kind sweep: it finds what a pass
// cannot, which is deleted documents, changes without a new stamp, rows
// committed after the overlap, and stamps in the future.
func NewSweep(cfg FeedConfig) Task { return feedTask{cfg, (*feedRun).sweep} }

// sweep lists the whole window first. Only when that listing is complete is a
// stored document that it did not have looked up by key, and only one that is
// not there either counts as deleted (law 6).
func (s *feedRun) sweep(ctx context.Context) error {
	if err := s.decided(ctx); err != nil && loyalty.CodeOf(err) != loyalty.CodeInvalid {
		return err
	}
	if err := s.reevaluate(ctx); err != nil {
		return err
	}
	from := loyalty.DateIn(s.cfg.Now().Add(-s.cfg.Window), s.cfg.Zone)
	var seen loyalty.IDSet
	for after := connectors.Position(""); ; {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		page, err := s.source.Keys(ctx, connectors.Date(from.String()), after, s.cfg.Page)
		if err != nil {
			return fmt.Errorf("source %s: %w", s.cfg.Source, err)
		}
		if err := s.compare(ctx, page.Items, &seen); err != nil {
			return err
		}
		s.page++
		s.read += int64(len(page.Items))
		s.run.Count(func(c *Counts) { c.Read.Invoices += int64(len(page.Items)) })
		s.run.Progress(s.page, s.read, "keys")
		if page.Done {
			break
		}
		after = page.Next
	}
	return s.unseen(ctx, from, &seen, s.lookUp)
}

// compare reads documents again whose digest is not the stored one.
func (s *feedRun) compare(ctx context.Context, items []connectors.KeyDigest, seen *loyalty.IDSet) error {
	keys := make([]loyalty.Key, len(items))
	for i, it := range items {
		keys[i] = loyalty.Key{Type: it.Key.Type, ID: it.Key.ID}
	}
	stored, err := s.cfg.Store.StoredKeys(ctx, s.feed, keys)
	if err != nil {
		return err
	}
	var differ []loyalty.Key
	for i, it := range items {
		k, ok := stored[keys[i]]
		if ok {
			seen.Add(k.ID)
		}
		if !ok || k.Digest != it.Digest || k.State == loyalty.Deleted || k.Reason == loyalty.ReasonOutOfScope {
			differ = append(differ, keys[i])
		}
	}
	return s.reread(ctx, differ)
}

// reread takes documents as they stand now.
func (s *feedRun) reread(ctx context.Context, keys []loyalty.Key) error {
	if len(keys) == 0 {
		return nil
	}
	ctx, cancel := finishing(ctx)
	defer cancel()
	docs, err := s.fetch(ctx, keys)
	if err != nil {
		return err
	}
	return s.post(ctx, ledger.Page{Documents: docs})
}

// unseen hands over, page by page, what the listing did not have.
func (s *feedRun) unseen(ctx context.Context, from loyalty.Date, seen *loyalty.IDSet, lookUp func(context.Context, []loyalty.StoredKey) error) error {
	for after := int64(0); ; {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		stored, err := s.cfg.Store.SweepKeys(ctx, s.feed, from, after, s.cfg.Page)
		if err != nil || len(stored) == 0 {
			return err
		}
		after = stored[len(stored)-1].ID
		var missing []loyalty.StoredKey
		for _, k := range stored {
			if !seen.Has(k.ID) {
				missing = append(missing, k)
			}
		}
		if err := lookUp(ctx, missing); err != nil {
			return err
		}
	}
}

// lookUp takes documents that are there as they stand now, and the others as
// deleted.
func (s *feedRun) lookUp(ctx context.Context, missing []loyalty.StoredKey) error {
	if len(missing) == 0 {
		return nil
	}
	ctx, cancel := finishing(ctx)
	defer cancel()
	docs, gone, err := s.asTheyStand(ctx, missing)
	if err != nil {
		return err
	}
	if len(gone) > 0 {
		s.log.InfoContext(ctx, "documents gone from the ERP", "documents", len(gone))
	}
	return s.post(ctx, ledger.Page{Documents: append(docs, gone...)})
}

// asTheyStand reads stored documents by key: those that the ERP has, and those that it
// has no more (law 6), as they are kept and deleted.
func (s *feedRun) asTheyStand(ctx context.Context, stored []loyalty.StoredKey) (docs, gone []loyalty.Document, err error) {
	keys := make([]loyalty.Key, len(stored))
	for i, k := range stored {
		keys[i] = k.Key
	}
	if docs, err = s.fetch(ctx, keys); err != nil {
		return nil, nil, err
	}
	there := make(map[loyalty.Key]bool, len(docs))
	for i := range docs {
		there[docs[i].Key] = true
	}
	var ids []int64
	for _, k := range stored {
		if !there[k.Key] {
			ids = append(ids, k.ID)
		}
	}
	if len(ids) == 0 {
		return docs, nil, nil
	}
	kept, err := s.cfg.Store.Documents(ctx, ids)
	for i := range kept {
		d := kept[i].Document
		d.State, d.Digest = loyalty.Deleted, ""
		gone = append(gone, d)
	}
	return docs, gone, err
}
