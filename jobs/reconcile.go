package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// ReconcileConfig is what comparing ERP, ledger and platforms needs.
type ReconcileConfig struct {
	Feed FeedConfig
	// Copy makes a throw-away copy of the store, for documents to be scored on, and
	// gives it back.
	Copy func(ctx context.Context) (scored CopiedStore, discard func() error, err error)
	// Balances is the store that Feed is kept in.
	Balances BalanceStore
	// Platforms compares what platforms have: those named, or all that the feed is sent to.
	Platforms PlatformComparer
	// Found is told every difference, Done what it all came to, also when an error ended
	// the run. Either may be nil.
	Found func(loyalty.Difference)
	Done  func(loyalty.Reconciliation)
}

// CopiedStore is a copy of the store that a reconciliation works on.
type CopiedStore interface {
	FeedStore
	BalanceStore
	LastEntry(ctx context.Context) (int64, error)
	LineDifferences(ctx context.Context, feed loyalty.Feed, mark, after int64, limit int) ([]loyalty.Difference, int64, error)
}

// BalanceStore compares balances with their entries.
type BalanceStore interface {
	CompareBalances(ctx context.Context, program int64) ([]loyalty.Breach, map[loyalty.BreachKind]int64, error)
	RebuildBalances(ctx context.Context, lease loyalty.Lease, program int64) (int64, error)
}

// PlatformComparer compares what platforms have with what they were sent.
type PlatformComparer interface {
	// ComparedPlatforms are the platforms that can be asked what they have of a feed.
	ComparedPlatforms(ctx context.Context, feed loyalty.Feed) ([]string, error)
	// ComparePlatform asks one; with mend it is made to agree, and allow is asked before
	// points are taken back.
	ComparePlatform(ctx context.Context, feed loyalty.Feed, name string, mend bool, found func(loyalty.Difference), allow func(loyalty.Points) error) (loyalty.PlatformAgreement, int64, error)
}

// reconcileTask is a job of the kind reconcile.
type reconcileTask struct{ cfg ReconcileConfig }

// NewReconcile returns the task of jobs of the kind reconcile: it proves that the ledger
// says what the ERP says, and platforms what the ledger says. Documents are read and
// scored anew by the code that posts (law 12), on a copy of the store: what is posted
// there is the difference. A difference is an error, unless the run is asked to mend it.
func NewReconcile(cfg ReconcileConfig) Task {
	if cfg.Found == nil {
		cfg.Found = func(loyalty.Difference) {}
	}
	if cfg.Done == nil {
		cfg.Done = func(loyalty.Reconciliation) {}
	}
	return reconcileTask{cfg}
}

// Run compares, and mends when asked.
func (t reconcileTask) Run(ctx context.Context, r *Run) (err error) {
	s, err := t.cfg.Feed.start(ctx, r)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.source.Close()) }()
	c := &reconciling{cfg: t.cfg, live: s, run: r, fix: r.Options.Fix || r.Definition.Fix}
	c.from, c.until = r.Options.Since, r.Options.Until
	if c.from <= 0 {
		c.from = loyalty.DateIn(s.cfg.Now().Add(-r.Definition.window(s.cfg.Window)), s.cfg.Zone)
	}
	if c.until <= 0 {
		c.until = loyalty.NoDate
	}
	c.sum = loyalty.Reconciliation{
		Source: s.cfg.Source, Program: s.cfg.Program, Decimals: s.feed.Decimals, From: c.from, Until: c.until,
		Counts: make(map[loyalty.DifferenceKind]int64), Mended: loyalty.Mended{Asked: c.fix},
	}
	defer func() { c.cfg.Done(c.sum) }()
	for _, step := range []func(context.Context) error{c.balances, c.ledger} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if err := c.platforms(ctx); err != nil {
		return errors.Join(err, c.verdict())
	}
	c.sum.Complete = true
	return c.verdict()
}

// reconciling is one run.
type reconciling struct {
	cfg         ReconcileConfig
	run         *Run
	live        *feedRun
	fix         bool
	from, until loyalty.Date  // of the documents compared
	seen        loyalty.IDSet // documents that the ERP lists
	sum         loyalty.Reconciliation
	told        int
}

// toldInLog is how many differences the log of a run names.
const toldInLog = 30

// found counts a difference; the log names the first ones, without names of people
// (law 11).
func (c *reconciling) found(d loyalty.Difference) {
	c.sum.Counts[d.Kind]++
	switch d.Kind {
	case loyalty.LineMissing, loyalty.LineExtra, loyalty.LineDifferent:
		c.sum.Posted += d.Posted
		c.sum.Desired += d.Desired
	default:
	}
	if c.told++; c.told <= toldInLog {
		c.live.log.Warn("a difference", "kind", string(d.Kind), "document", d.Document.ID, "line", d.Line, "rule", d.Rule, "account", d.Account,
			"posted", d.Posted.Format(c.sum.Decimals), "desired", d.Desired.Format(c.sum.Decimals), "platform", d.Platform, "item", d.Item)
	}
	c.cfg.Found(d)
}

// balances compares balances and lots with entries; balances are computed anew when the
// run is to mend.
func (c *reconciling) balances(ctx context.Context) error {
	breaches, counts, err := c.cfg.Balances.CompareBalances(ctx, c.live.feed.Program)
	if err != nil {
		return err
	}
	wrong := counts[loyalty.BalanceWrong] > 0
	if wrong && c.fix {
		if c.sum.Mended.Balances, err = c.cfg.Balances.RebuildBalances(ctx, c.run.Lease(), c.live.feed.Program); err != nil {
			return err
		}
		// lots that only a wrong balance differed from are right now
		rest, left, err := c.cfg.Balances.CompareBalances(ctx, c.live.feed.Program)
		if err != nil {
			return err
		}
		breaches, counts[loyalty.LotsWrong] = append(only(breaches, loyalty.BalanceWrong), only(rest, loyalty.LotsWrong)...), left[loyalty.LotsWrong]
	}
	for _, b := range breaches {
		kind := loyalty.BalanceDifferent
		if b.Kind == loyalty.LotsWrong {
			kind = loyalty.LotsDifferent
		}
		c.found(loyalty.Difference{Kind: kind, Account: b.Account, Contractor: b.Contractor})
	}
	c.sum.Counts[loyalty.BalanceDifferent], c.sum.Counts[loyalty.LotsDifferent] = counts[loyalty.BalanceWrong], counts[loyalty.LotsWrong]
	return nil
}

func only(breaches []loyalty.Breach, kind loyalty.BreachKind) (out []loyalty.Breach) {
	for _, b := range breaches {
		if b.Kind == kind {
			out = append(out, b)
		}
	}
	return out
}

// ledger compares the ledger with the ERP on a copy, and mends it.
func (c *reconciling) ledger(ctx context.Context) (err error) {
	scored, discard, err := c.cfg.Copy(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, discard()) }()
	// scoring must not stumble over balances that are told of already
	if _, err := scored.RebuildBalances(ctx, loyalty.Lease{}, c.live.feed.Program); err != nil {
		return err
	}
	mark, err := c.rescore(ctx, scored)
	if err != nil {
		return err
	}
	for after := int64(0); ; {
		found, last, err := scored.LineDifferences(ctx, c.live.feed, mark, after, c.live.cfg.Page)
		if err != nil {
			return err
		}
		if last == 0 {
			break
		}
		after = last
		for _, d := range found {
			c.found(d)
		}
		if err := c.mend(ctx, scored, found); err != nil {
			return err
		}
	}
	if !c.fix {
		return nil
	}
	if err := c.live.unseen(ctx, c.from, &c.seen, c.mendKeys); err != nil {
		return err
	}
	return c.mended()
}

// rescore reads the documents again and posts them on the copy; it returns the last entry
// of what was posted before.
func (c *reconciling) rescore(ctx context.Context, scored CopiedStore) (mark int64, err error) {
	on := &feedRun{cfg: c.live.cfg, log: slog.New(slog.DiscardHandler), source: c.live.source, feed: c.live.feed, codes: make(map[string]string), met: make(map[string]bool)}
	on.cfg.Store = scored
	on.run = NewRun(c.run.ID, c.run.Definition, Options{Since: loyalty.NoDate, Approved: true}, loyalty.Lease{}, on.log)
	if err := on.openLedger(ctx); err != nil {
		return 0, err
	}
	now, err := on.source.Now(ctx)
	if err != nil {
		return 0, fmt.Errorf("source %s: %w", c.live.cfg.Source, err)
	}
	// what a run of the points job would find by itself is no difference
	undecided := on.points(ctx)
	if undecided != nil && loyalty.CodeOf(undecided) != loyalty.CodeInvalid {
		return 0, undecided
	}
	counts, _ := on.run.Snapshot()
	c.sum.Waiting = counts.Changed
	if mark, err = scored.LastEntry(ctx); err != nil {
		return 0, err
	}
	if err := c.listed(ctx, on, now); err != nil {
		return 0, err
	}
	lookUp := func(ctx context.Context, missing []loyalty.StoredKey) error { return c.lookedUp(ctx, on, missing) }
	return mark, on.unseen(ctx, c.from, &c.seen, lookUp)
}

// listed scores what the ERP lists. A document stamped after the points were read waits
// for their next run.
func (c *reconciling) listed(ctx context.Context, on *feedRun, read connectors.Stamp) error {
	for after := connectors.Position(""); ; {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		page, err := on.source.Keys(ctx, connectors.Date(c.from.String()), after, on.cfg.Page)
		if err != nil {
			return fmt.Errorf("source %s: %w", on.cfg.Source, err)
		}
		if err := c.scorePage(ctx, on, page.Items, read); err != nil {
			return err
		}
		if page.Done {
			return nil
		}
		after = page.Next
	}
}

func (c *reconciling) scorePage(ctx context.Context, on *feedRun, items []connectors.KeyDigest, read connectors.Stamp) error {
	keys := make([]loyalty.Key, len(items))
	for i, it := range items {
		keys[i] = loyalty.Key{Type: it.Key.Type, ID: it.Key.ID}
	}
	stored, err := on.cfg.Store.StoredKeys(ctx, on.feed, keys)
	if err != nil || len(keys) == 0 {
		return err
	}
	for _, k := range stored {
		c.seen.Add(k.ID)
	}
	docs, err := on.fetch(ctx, keys)
	if err != nil {
		return err
	}
	now, err := on.source.Now(ctx)
	if err != nil {
		return fmt.Errorf("source %s: %w", on.cfg.Source, err)
	}
	compared := docs[:0]
	for i := range docs {
		switch d := &docs[i]; {
		case !c.within(d):
		case d.Modified > string(read) && d.Modified <= string(now):
			c.sum.Waiting++
		default:
			compared = append(compared, *d)
		}
	}
	return c.score(ctx, on, compared)
}

// within says whether a document is one of those to be compared.
func (c *reconciling) within(d *loyalty.Document) bool {
	return c.until == loyalty.NoDate || d.Date <= c.until
}

// lookedUp scores what the ERP does not list, as it stands by its key.
func (c *reconciling) lookedUp(ctx context.Context, on *feedRun, missing []loyalty.StoredKey) error {
	if len(missing) == 0 {
		return nil
	}
	docs, gone, err := c.standing(ctx, on, missing)
	if err != nil {
		return err
	}
	keys := make([]loyalty.Key, len(gone))
	for i := range gone {
		keys[i] = gone[i].Key
	}
	state, err := on.cfg.Store.PageState(ctx, on.feed, keys)
	if err != nil {
		return err
	}
	posted := make(map[loyalty.Key]loyalty.Points, len(gone))
	for i := range state.Documents {
		posted[state.Documents[i].Key] = state.Documents[i].Pending + state.Documents[i].Active
	}
	for i := range gone {
		c.found(loyalty.Difference{Kind: loyalty.DocumentGone, Document: gone[i].Key, Number: gone[i].Number, Posted: posted[gone[i].Key]})
	}
	return c.score(ctx, on, append(docs, gone...))
}

// standing reads documents by key, and leaves out those that are not to be compared.
func (c *reconciling) standing(ctx context.Context, on *feedRun, stored []loyalty.StoredKey) (docs, gone []loyalty.Document, err error) {
	if docs, gone, err = on.asTheyStand(ctx, stored); err != nil {
		return nil, nil, err
	}
	in := func(all []loyalty.Document) []loyalty.Document {
		kept := all[:0]
		for i := range all {
			if c.within(&all[i]) {
				kept = append(kept, all[i])
			}
		}
		return kept
	}
	return in(docs), in(gone), nil
}

// score posts documents on the copy, whatever is stored of them.
func (c *reconciling) score(ctx context.Context, on *feedRun, docs []loyalty.Document) error {
	if err := on.post(ctx, ledger.Page{Documents: docs, Force: true, Reason: KindReconcile}); err != nil {
		return err
	}
	c.sum.Documents += int64(len(docs))
	lines := 0
	for i := range docs {
		lines += len(docs[i].Lines)
	}
	c.run.Count(func(n *Counts) {
		n.Read.Invoices += int64(len(docs))
		n.Read.Lines += int64(lines)
	})
	c.run.Progress(on.page, c.sum.Documents, "documents")
	return nil
}

// verdict is an error when something differs that was not mended.
func (c *reconciling) verdict() error {
	left := c.sum.Left()
	if left == 0 {
		return nil
	}
	hint := fmt.Sprintf("see each: loyalsync reconcile %s --program %s; mend them in one batch: the same with --fix", c.sum.Source, c.sum.Program)
	if c.fix {
		hint = "lots and items with other content are not mended by themselves: loyalsync ledger verify names accounts; compare with a backup"
	}
	return &loyalty.Error{Code: loyalty.CodeConflict, Message: c.words(), Hint: hint}
}

// words sums up in one line.
func (c *reconciling) words() string {
	lines := c.sum.Counts[loyalty.LineMissing] + c.sum.Counts[loyalty.LineExtra] + c.sum.Counts[loyalty.LineDifferent]
	items := c.sum.Counts[loyalty.ItemMissing] + c.sum.Counts[loyalty.ItemExtra] + c.sum.Counts[loyalty.ItemDifferent]
	return fmt.Sprintf("source %s and program %s do not agree: %d lines (%s points posted, %s by the ERP), %d documents gone, %d balances, %d accounts' lots, %d items on platforms",
		c.sum.Source, c.sum.Program, lines, c.sum.Posted.Format(c.sum.Decimals), c.sum.Desired.Format(c.sum.Decimals),
		c.sum.Counts[loyalty.DocumentGone], c.sum.Counts[loyalty.BalanceDifferent], c.sum.Counts[loyalty.LotsDifferent], items)
}
