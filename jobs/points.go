package jobs

import (
	"context"
	"errors"
	"fmt"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// NewPoints returns the task of jobs of the kind points: it turns changed
// invoices into points and sends them.
func NewPoints(cfg FeedConfig) Task { return feedTask{cfg, (*feedRun).points} }

// points brings the points up to date with the ERP.
func (s *feedRun) points(ctx context.Context) error {
	var undecided error
	if undecided = s.decided(ctx); undecided != nil && loyalty.CodeOf(undecided) != loyalty.CodeInvalid {
		return undecided
	}
	for _, step := range []func(context.Context) error{s.reevaluate, s.passes} {
		if err := step(ctx); err != nil {
			return errors.Join(err, undecided)
		}
	}
	return undecided
}

// decided makes sure that who takes part, and how documents are mapped, was
// decided by the present configuration before anything is scored by it (law 2).
func (s *feedRun) decided(ctx context.Context) error {
	people, documents := s.cfg.Mapping.Fingerprints()
	if s.cfg.IgnoreBuffered { // decides about documents in the buffer
		documents += " ignore buffered"
	}
	stored, _, err := s.cfg.Store.Fingerprints(ctx, s.feed)
	if err != nil {
		return err
	}
	if _, err := s.cfg.Store.SaveDocumentsFingerprint(ctx, s.feed, s.run.Lease(), documents); err != nil {
		return err
	}
	if stored == people {
		return s.findBeneficiaries(ctx)
	}
	return s.people(ctx)
}

// passes finishes an interrupted pass, then reads up to the database's now.
func (s *feedRun) passes(ctx context.Context) error {
	now, err := s.source.Now(ctx)
	if err != nil {
		return fmt.Errorf("source %s: %w", s.cfg.Source, err)
	}
	if since := s.run.Options.Since; since > 0 {
		return s.pass(ctx, loyalty.Cursor{Floor: string(connectors.NewStamp(since.Time())), Ceiling: string(now)}, false)
	}
	cursor, err := s.cfg.Store.LoadCursor(ctx, s.feed)
	if err != nil {
		return err
	}
	if cursor.Ceiling != "" {
		s.log.InfoContext(ctx, "going on where an earlier run stopped")
		if err := s.pass(ctx, cursor, true); err != nil || s.guarded != nil {
			return err
		}
		if cursor, err = s.cfg.Store.LoadCursor(ctx, s.feed); err != nil {
			return err
		}
	}
	cursor.Position, cursor.Ceiling = "", string(now)
	if s.run.Scheduled {
		cursor.Ceiling = string(now.Add(-s.cfg.Lag))
	}
	if cursor.Ceiling < cursor.Floor {
		return nil // the database's clock was set back; the sweep sees what changes meanwhile
	}
	if err := s.late(ctx, &cursor); err != nil {
		return err
	}
	return s.pass(ctx, cursor, true)
}

// pass reads everything stamped from floor to ceiling. Only its end moves the
// floor: an interrupted pass goes on from its position.
func (s *feedRun) pass(ctx context.Context, c loyalty.Cursor, keep bool) (err error) {
	defer func() { err = errors.Join(err, s.cfg.Store.EndFill(context.WithoutCancel(ctx))) }()
	reading := s.readAhead(ctx, connectors.Range{Floor: connectors.Stamp(c.Floor), Ceiling: connectors.Stamp(c.Ceiling), After: connectors.Position(c.Position)})
	defer reading.close()
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		done, err := s.passPage(ctx, reading, &c, keep)
		if err != nil || done {
			return err
		}
	}
}

func (s *feedRun) passPage(ctx context.Context, reading *ahead, c *loyalty.Cursor, keep bool) (done bool, err error) {
	read := s.next(ctx, reading)
	if read.err != nil {
		return false, read.err
	}
	ctx, cancel := finishing(ctx)
	defer cancel()
	page := read.page
	c.Position = string(page.Next)
	if page.Done {
		// stamps are wall clock: the overlap is what makes the repeated hour of
		// autumn, and rows committed late, harmless
		floor := string(connectors.Stamp(c.Ceiling).Add(-s.cfg.Overlap))
		*c = loyalty.Cursor{Floor: max(c.Floor, floor), Snapshot: c.Taken}
	}
	docs, err := read.documents(ctx, s)
	if err != nil {
		return false, err
	}
	if len(docs) > 0 && !page.Done {
		if err := s.beginFill(ctx); err != nil {
			return false, err
		}
	}
	out := ledger.Page{Documents: docs}
	if keep {
		out.Cursor = c
	}
	return page.Done, s.post(ctx, out)
}

// beginFill tells the store, once, that there is more to come.
func (s *feedRun) beginFill(ctx context.Context) error {
	if s.filling {
		return nil
	}
	s.filling = true
	return s.cfg.Store.BeginFill(ctx)
}

// documents maps invoices and makes their contractors known.
func (s *feedRun) documents(ctx context.Context, invoices []connectors.Invoice) ([]loyalty.Document, error) {
	if err := s.findCodes(ctx, invoices); err != nil {
		return nil, err
	}
	docs, err := s.mapped(ctx, invoices)
	if err != nil {
		return nil, err
	}
	return docs, s.know(ctx, docs)
}

// mapped maps invoices, and looks at nothing else unless [feedRun.asksCodes].
func (s *feedRun) mapped(ctx context.Context, invoices []connectors.Invoice) ([]loyalty.Document, error) {
	docs := make([]loyalty.Document, 0, len(invoices))
	for _, inv := range invoices {
		doc, warnings, err := s.cfg.Mapping.Document(inv, s.resolve)
		if err != nil {
			return nil, err
		}
		for _, w := range warnings {
			s.log.WarnContext(ctx, "remark about a document", "document", inv.Key.ID, "warning", w.Message)
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

// asksCodes says whether documents name contractors by codes, which the pages before
// may have made known.
func (s *feedRun) asksCodes() bool { return s.cfg.AttributeCodes != "" }

// findCodes finds the keys of contractors that document attributes name by code.
func (s *feedRun) findCodes(ctx context.Context, invoices []connectors.Invoice) error {
	if !s.asksCodes() {
		return nil
	}
	var codes []string
	for _, inv := range invoices {
		if code := inv.Attributes[s.cfg.AttributeCodes]; code != "" {
			if _, known := s.codes[code]; !known {
				codes = append(codes, code)
			}
		}
	}
	if len(codes) == 0 {
		return nil
	}
	keys, err := s.cfg.Store.ContractorKeys(ctx, s.feed, codes)
	for code, key := range keys {
		s.codes[code] = key
	}
	return err
}

// maxMet bounds how many contractors a run remembers to have looked up.
const maxMet = 20_000

// know reads the parties of documents that no contractors job has met yet, so that the
// order of jobs does not matter.
func (s *feedRun) know(ctx context.Context, docs []loyalty.Document) error {
	if len(s.met) > maxMet {
		clear(s.met)
	}
	var keys []string
	for i := range docs {
		if key := docs[i].Party; key != "" && !s.met[key] {
			s.met[key] = true
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	known, err := s.cfg.Store.KnownContractors(ctx, s.feed, keys)
	if err != nil {
		return err
	}
	unknown := keys[:0]
	for _, key := range keys {
		if _, ok := known[key]; !ok {
			unknown = append(unknown, key)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	found, err := s.source.ContractorsByKey(ctx, unknown)
	if err != nil {
		return fmt.Errorf("source %s: %w", s.cfg.Source, err)
	}
	var faulty undecided
	if err := s.decide(ctx, found, false, make(map[string]bool), &faulty); err != nil {
		return err
	}
	if err := faulty.err(); err != nil {
		s.log.WarnContext(ctx, "contractors could not be decided, the contractors job tells more", "contractors", faulty.count)
	}
	return nil
}

// fetch reads documents by key, for the ledger.
func (s *feedRun) fetch(ctx context.Context, keys []loyalty.Key) ([]loyalty.Document, error) {
	s.fetches.Add(1)
	invoices, err := s.source.InvoicesByKey(ctx, sourceKeys(keys))
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", s.cfg.Source, err)
	}
	return s.documents(ctx, invoices)
}

func sourceKeys(keys []loyalty.Key) []connectors.InvoiceKey {
	out := make([]connectors.InvoiceKey, len(keys))
	for i, k := range keys {
		out[i] = connectors.InvoiceKey{Type: k.Type, ID: k.ID}
	}
	return out
}

// reevaluate computes documents again whose contractor joined, left, moved its
// first day or sends its points elsewhere now. They are read from the ERP again;
// one that is not there is taken as it was stored.
func (s *feedRun) reevaluate(ctx context.Context) error {
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		queued, err := s.cfg.Store.Queued(ctx, s.feed, s.cfg.Page)
		if err != nil || len(queued) == 0 {
			return err
		}
		if err := s.reevaluatePage(ctx, queued); err != nil {
			return err
		}
	}
}

func (s *feedRun) reevaluatePage(ctx context.Context, queued []loyalty.StoredDocument) error {
	ctx, cancel := finishing(ctx)
	defer cancel()
	keys := make([]loyalty.Key, len(queued))
	done := make([]int64, len(queued))
	for i := range queued {
		keys[i], done[i] = queued[i].Key, queued[i].ID
	}
	docs, err := s.fetch(ctx, keys)
	if err != nil {
		return err
	}
	there := make(map[loyalty.Key]bool, len(docs))
	for i := range docs {
		there[docs[i].Key] = true
	}
	for i := range queued {
		if !there[queued[i].Key] && queued[i].HasBody {
			docs = append(docs, queued[i].Document)
		}
	}
	return s.post(ctx, ledger.Page{Documents: docs, Force: true, Done: done, Reason: "participation"})
}
