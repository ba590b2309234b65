package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Recomputing says how the documents of a page are pinned anew. Facts about contractors
// that the version they were pinned to asked for stay; others are taken as they are now.
// What was taken of caps is given back and taken anew; returns stay matched as they are.
type Recomputing struct {
	Step loyalty.RecomputeStep
	// To is the version to pin originals to; 0 puts Pins back.
	To   int64
	Pins map[loyalty.Key]loyalty.Pin

	changed map[loyalty.Key]bool // the page's documents
}

// repin lays what a recompute pins an original to over what it is pinned to.
func (r *Recomputing) repin(d *loyalty.StoredDocument) {
	if r == nil || d.Corrects != "" {
		return
	}
	if r.To == 0 {
		if pin, kept := r.Pins[d.Key]; kept && pin.Date == d.Date { // else its new date has pinned it
			if d.RuleSet = pin.RuleSet; pin.Party == d.Party {
				d.Inputs = pin.Inputs
			}
		}
		return
	}
	var kept *loyalty.Inputs
	if d.Inputs != nil && len(d.Inputs.Matches)+len(d.Inputs.Returned) > 0 {
		kept = &loyalty.Inputs{Matches: d.Inputs.Matches, Returned: d.Inputs.Returned}
	}
	d.RuleSet, d.Inputs = r.To, kept
}

// restores says whether what the points of a document waited for is put back.
func (r *Recomputing) restores(d *loyalty.StoredDocument) bool {
	if r == nil || r.To != 0 || d == nil {
		return false
	}
	pin, kept := r.Pins[d.Key]
	return kept && pin.Date == d.Date && pin.Waits != loyalty.WaitNothing
}

// refacts are the facts of a chain that a recompute pins to another version.
func (l *Ledger) refacts(ctx context.Context, t *terms, c chain, old loyalty.StoredDocument) error {
	facts := t.member.Facts
	facts.Tier = loyalty.TierOn(t.member.Tiers, c.original.Date)
	if old.Inputs != nil && old.Party == c.original.Party {
		before, err := l.rulesFor(ctx, &old)
		if err != nil {
			return err
		}
		if before.set != nil {
			facts = before.set.Over(*old.Inputs, facts)
		}
	}
	kept := c.original.Inputs
	if t.inputs = t.set.Needed(facts); kept != nil {
		var inputs loyalty.Inputs
		if t.inputs != nil {
			inputs = *t.inputs
		}
		inputs.Matches, inputs.Returned = kept.Matches, kept.Returned
		t.inputs = &inputs
	}
	return nil
}

// step is what a page of a recompute keeps: the pins that were replaced.
func (r *Recomputing) step(g *gathering) *loyalty.RecomputeStep {
	if r == nil {
		return nil
	}
	step := r.Step
	if r.To == 0 {
		return &step
	}
	for k := range g.changed {
		if old, stored := g.before[k]; stored && old.Corrects == "" {
			step.Pins = append(step.Pins, loyalty.Pin{
				Document: old.ID, Key: k, RuleSet: old.RuleSet, Inputs: old.Inputs, Date: old.Date, Party: old.Party, Waits: old.Waits,
			})
		}
	}
	slices.SortFunc(step.Pins, func(a, b loyalty.Pin) int { return int(a.Document - b.Document) })
	return &step
}

// gains are what entries give to accounts, or take from them: of points that can be spent,
// of what is owed, and of what was written off.
func gains(entries []loyalty.Entry) map[int64]loyalty.Points {
	own := func(b loyalty.Bucket, points loyalty.Points) loyalty.Points {
		if b == loyalty.Active || b == loyalty.Debt || b == loyalty.Adjust {
			return points
		}
		return 0
	}
	out := make(map[int64]loyalty.Points)
	for _, e := range entries {
		out[e.Account] += own(e.To, e.Amount) - own(e.From, e.Amount)
	}
	return out
}

// RecomputeStore gives a recompute its documents.
type RecomputeStore interface {
	// RecomputePage returns originals of a recompute's period after its position.
	RecomputePage(ctx context.Context, r loyalty.Recompute, limit int) ([]loyalty.StoredDocument, error)
	// RecomputePins returns what originals were pinned to before a recompute, after its
	// position, and the documents as they are now.
	RecomputePins(ctx context.Context, r loyalty.Recompute, limit int) ([]loyalty.Pin, []loyalty.StoredDocument, error)
}

// Recomputer posts a recompute, or undoes it, page by page. What is committed stays: whoever
// goes on begins at the recompute's position.
type Recomputer struct {
	Store  RecomputeStore
	Ledger *Ledger
	Limit  int // originals a page, at most
	Lease  loyalty.Lease
	Run    int64
	Actor  string
}

// Page does the next page of a recompute and returns how far it has come then; its state
// tells whether it is finished. Undoing takes back what was spent as a return does, see
// Shortages.
func (c Recomputer) Page(ctx context.Context, r loyalty.Recompute) (loyalty.Recompute, Result, error) {
	page, next, err := c.page(ctx, r)
	if err != nil {
		return r, Result{}, err
	}
	result, err := c.Ledger.Page(ctx, page)
	if err != nil {
		return r, Result{}, err
	}
	return next, result, nil
}

// Shortages says which accounts have less than undoing a recompute would take back, over
// all that is left to be undone, and by how much: they have spent it, or moved it. It writes
// nothing.
func (c Recomputer) Shortages(ctx context.Context, r loyalty.Recompute) ([]loyalty.Shortage, error) {
	sum := make(map[int64]loyalty.Points)
	for r.State == loyalty.UndoingRecompute {
		page, next, err := c.page(ctx, r)
		if err != nil {
			return nil, err
		}
		plan, err := c.Ledger.plan(ctx, page)
		if err != nil {
			return nil, fmt.Errorf("look for what was spent: %w", err)
		}
		for account, points := range gains(plan.write.Entries) {
			sum[account] += points
		}
		if err := c.overdue(ctx, plan.write.Documents, sum); err != nil {
			return nil, err
		}
		r = next
	}
	maps.DeleteFunc(sum, func(_ int64, gained loyalty.Points) bool { return gained >= 0 })
	need := make(map[int64]loyalty.Points, len(sum))
	for account, gained := range sum {
		need[account] = -gained
	}
	lots, err := c.Ledger.cfg.Store.Lots(ctx, nil, need, c.Ledger.today())
	if err != nil {
		return nil, fmt.Errorf("look for what was spent: %w", err)
	}
	for _, l := range lots {
		need[l.HeldBy()] -= l.Active
	}
	var out []loyalty.Shortage
	for _, account := range slices.Sorted(maps.Keys(need)) {
		if short := need[account]; short > 0 {
			out = append(out, loyalty.Shortage{Account: account, Points: short})
		}
	}
	return out, nil
}

// overdue adds what lots of documents have of points past their last day: they may not be
// spent, but are taken back with their own chain.
func (c Recomputer) overdue(ctx context.Context, docs []loyalty.StoredDocument, sum map[int64]loyalty.Points) error {
	ids := make([]int64, 0, len(docs))
	for i := range docs {
		ids = append(ids, docs[i].ID)
	}
	lots, err := c.Ledger.cfg.Store.Lots(ctx, ids, nil, c.Ledger.today())
	if err != nil {
		return fmt.Errorf("look for what was spent: %w", err)
	}
	for _, l := range lots {
		if l.Past(c.Ledger.today()) {
			sum[l.HeldBy()] += l.Active
		}
	}
	return nil
}

func (c Recomputer) page(ctx context.Context, r loyalty.Recompute) (p Page, next loyalty.Recompute, err error) {
	next = r
	how := &Recomputing{To: r.RuleSet}
	var docs []loyalty.StoredDocument
	if r.State == loyalty.Recomputing {
		docs, err = c.Store.RecomputePage(ctx, r, c.Limit)
		if len(docs) < c.Limit {
			next.State = loyalty.Recomputed
		}
	} else {
		var pins []loyalty.Pin
		pins, docs, err = c.Store.RecomputePins(ctx, r, c.Limit)
		how.To, how.Pins = 0, make(map[loyalty.Key]loyalty.Pin, len(pins))
		for _, pin := range pins {
			how.Pins[pin.Key] = pin
		}
		if len(docs) < c.Limit {
			next.State = loyalty.RecomputeUndone
		}
	}
	if err != nil {
		return p, next, err
	}
	p = Page{Force: true, Lease: c.Lease, Run: c.Run, Actor: c.Actor, Reason: fmt.Sprintf("recompute %d: %s", r.ID, r.Reason), Recompute: how}
	if how.To == 0 {
		p.Reason = fmt.Sprintf("undo recompute %d: %s", r.ID, r.UndoReason)
	}
	for i := range docs {
		p.Documents = append(p.Documents, docs[i].Document)
		next.Position = max(next.Position, docs[i].ID)
	}
	how.Step = loyalty.RecomputeStep{ID: r.ID, Was: r.State, State: next.State, Position: next.Position}
	return p, next, nil
}
