package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// gathering collects the chains that a page touches.
type gathering struct {
	ledger  *Ledger
	page    Page
	version int64
	today   loyalty.Date
	docs    map[loyalty.Key]*loyalty.StoredDocument // the page's over the stored ones
	before  map[loyalty.Key]loyalty.StoredDocument  // as stored
	posted  map[int64][]loyalty.PostedLine          // by document
	changed map[loyalty.Key]bool                    // documents of the page to be scored
	seen    []loyalty.StoredDocument                // unchanged but for digest and stamp
	asked   map[loyalty.Key]bool                    // loaded, with what corrects them
	fetched map[loyalty.Key]bool                    // read from the ERP by key, whether there or not
	// Returns that were matched with sales and no longer are so, and sales on which
	// what returns took was noted or taken off.
	unmark []loyalty.StoredDocument
	marks  map[loyalty.Key]*loyalty.StoredDocument
}

// maxLinks bounds a chain of corrections of corrections, and cycles.
const maxLinks = 32

func (l *Ledger) gather(ctx context.Context, p Page) (*gathering, error) {
	g := &gathering{
		ledger: l, page: p, version: unversioned, today: l.today(),
		docs: make(map[loyalty.Key]*loyalty.StoredDocument, len(p.Documents)), before: make(map[loyalty.Key]loyalty.StoredDocument),
		posted: make(map[int64][]loyalty.PostedLine), changed: make(map[loyalty.Key]bool, len(p.Documents)),
		asked: make(map[loyalty.Key]bool), fetched: make(map[loyalty.Key]bool), marks: make(map[loyalty.Key]*loyalty.StoredDocument),
	}
	if p.Recompute != nil {
		p.Recompute.changed = g.changed
	}
	incoming := p.Documents
	for range maxLinks {
		if err := g.load(ctx, incoming); err != nil {
			return nil, err
		}
		for i := range incoming {
			g.take(&incoming[i])
		}
		want := g.incomplete()
		if len(want) == 0 {
			if g.reroot() {
				incoming = nil
				continue // other corrections may belong to what is now the original
			}
			return g, nil
		}
		fetched, err := g.fetch(ctx, want)
		if err != nil {
			return nil, err
		}
		incoming = fetched
	}
	return nil, &loyalty.Error{
		Code: loyalty.CodeInvalid, Message: fmt.Sprintf("corrections of %s correct each other in a circle, or over more than %d links", l.cfg.Feed.Name(), maxLinks),
		Hint: "correct the links in the ERP, or the connector's settings",
	}
}

// load reads the stored side of documents, of what they correct, and of what
// corrects them.
func (g *gathering) load(ctx context.Context, incoming []loyalty.Document) error {
	var keys []loyalty.Key
	ask := func(k loyalty.Key) {
		if k.ID != "" && !g.asked[k] {
			g.asked[k] = true
			keys = append(keys, k)
		}
	}
	for i := range incoming {
		ask(incoming[i].Key)
		ask(incoming[i].Original())
	}
	for _, d := range g.docs {
		ask(d.Original())
		ask(d.RootKey())
	}
	for _, d := range g.before { // the chains that members leave
		ask(d.RootKey())
	}
	if len(keys) == 0 {
		return nil
	}
	state, err := g.ledger.cfg.Store.PageState(ctx, g.ledger.cfg.Feed, keys)
	if err != nil {
		return fmt.Errorf("load the chains of a page: %w", err)
	}
	if g.version == unversioned {
		g.version = state.Version
	} else if g.version != state.Version {
		return fmt.Errorf("load the chains of a page: %w", loyalty.ErrStale)
	}
	fresh := make(map[int64]bool)
	for i := range state.Documents {
		d := &state.Documents[i]
		if _, known := g.before[d.Key]; !known {
			g.before[d.Key] = *d
			g.docs[d.Key] = d
			fresh[d.ID] = true
		}
	}
	for _, p := range state.Posted {
		if !fresh[p.Document] {
			continue // loaded before
		}
		g.posted[p.Document] = append(g.posted[p.Document], p)
	}
	return nil
}

// take lays a document as it stands now over the stored one.
func (g *gathering) take(d *loyalty.Document) {
	old, stored := g.before[d.Key]
	switch {
	case d.OutOfScope != "" && !stored:
		return
	case d.OutOfScope != "": // reported; its points stay
		old.Reason, old.OutOfScope = loyalty.ReasonOutOfScope, d.OutOfScope
		g.seen = append(g.seen, old)
		return
	case stored && !g.page.Force && unchanged(&old, d) && !old.Waits.Over(g.today) && (old.HasBody || !g.fetched[d.Key]):
		if old.Digest != d.Digest || old.Modified != d.Modified {
			old.Digest, old.Modified = d.Digest, d.Modified
			g.seen = append(g.seen, old)
		}
		return
	}
	doc := loyalty.StoredDocument{Document: *d, HasBody: true, Root: d.Key.ID}
	if stored {
		doc.ID, doc.Account, doc.Pending, doc.Active, doc.Root = old.ID, old.Account, old.Pending, old.Active, old.Root
		if old.Date == d.Date && (old.Corrects == "") == (d.Corrects == "") { // else another document decides, or this one does now
			doc.RuleSet = old.RuleSet
			if old.Party == d.Party {
				doc.Inputs = old.Inputs
			}
		}
		g.page.Recompute.repin(&doc)
	}
	g.docs[d.Key] = &doc
	g.changed[d.Key] = true
}

// unchanged says whether nothing of a document that matters has changed.
func unchanged(old *loyalty.StoredDocument, d *loyalty.Document) bool {
	return old.Hash == d.Hash && old.State == d.State && old.Date == d.Date && old.Party == d.Party &&
		old.Corrects == d.Corrects && old.Reason != loyalty.ReasonOutOfScope
}

// movedOn says whether the ERP has given a document to another contractor, as a merge of
// the two does with all of them: the one that it was of stands nowhere in it any more, and
// the other stood nowhere before. So a mapping that takes another party of the same
// document moves nothing.
func movedOn(old, now *loyalty.StoredDocument) bool {
	return old.Party != "" && now.Party != "" && !now.Names(old.Party) && !old.Names(now.Party)
}

// incomplete lists documents that must be read from the ERP before the chains of
// the page can be scored: originals never read, and members kept without lines.
func (g *gathering) incomplete() []loyalty.Key {
	want := make(map[loyalty.Key]bool)
	for k := range g.changed {
		original := g.docs[k].Original()
		if original.ID != "" && g.docs[original] == nil && !g.fetched[original] {
			want[original] = true
		}
	}
	if len(want) == 0 {
		touched := g.touched()
		for k, d := range g.docs {
			if !d.HasBody && !g.fetched[k] && touched[g.rootOf(d)] && d.State != loyalty.Deleted {
				want[k] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(want), loyalty.Key.Compare)
}

// fetch reads documents by key and remembers that they were asked for.
func (g *gathering) fetch(ctx context.Context, keys []loyalty.Key) ([]loyalty.Document, error) {
	for _, k := range keys {
		g.fetched[k] = true
	}
	if g.page.Fetch == nil {
		return nil, nil
	}
	docs, err := g.page.Fetch(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("read documents that others correct: %w", err)
	}
	return docs, nil
}

// rootOf follows the links of a document to the original, or to the key of the
// original that is not there.
func (g *gathering) rootOf(d *loyalty.StoredDocument) loyalty.Key {
	k := d.Key
	for range maxLinks {
		if d.Corrects == "" {
			return k
		}
		k = d.Original()
		if d = g.docs[k]; d == nil {
			return k
		}
	}
	return k
}

// reroot gives every document its root and says whether corrections of a root
// are still to be loaded.
func (g *gathering) reroot() bool {
	more := false
	for _, d := range g.docs {
		root := g.rootOf(d)
		d.Root = root.ID
		more = more || !g.asked[root]
	}
	for _, d := range g.before {
		more = more || !g.asked[d.RootKey()]
	}
	return more
}

// touched are the roots of the chains that the page changes.
func (g *gathering) touched() map[loyalty.Key]bool {
	roots := make(map[loyalty.Key]bool, len(g.changed))
	for k := range g.changed {
		roots[g.rootOf(g.docs[k])] = true
		if old, stored := g.before[k]; stored {
			roots[old.RootKey()] = true // the chain it stood in before
		}
	}
	return roots
}

// chains returns the touched chains in a fixed order.
func (g *gathering) chains() []chain {
	touched := g.touched()
	members := make(map[loyalty.Key][]*loyalty.StoredDocument, len(touched))
	for _, d := range g.docs {
		if k := d.RootKey(); touched[k] {
			members[k] = append(members[k], d)
		}
	}
	chains := make([]chain, 0, len(members))
	for _, root := range slices.SortedFunc(maps.Keys(members), loyalty.Key.Compare) {
		chains = append(chains, newChain(root.ID, members[root]))
	}
	return chains
}
