package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// Inbox is where a home remembers what other ledgers sent to it.
type Inbox interface {
	// PrepareReceiving returns the rows that movements refer to and makes those
	// that are missing.
	PrepareReceiving(ctx context.Context, feed loyalty.Feed, contractors, rules []string) (loyalty.ReceivingIDs, error)
	// Received returns the items with these IDs that came before, and those that
	// wait for one of them or move points of one of the contractors.
	Received(ctx context.Context, feed loyalty.Feed, ids, contractors []string) ([]loyalty.ReceivedItem, error)
	// PendingLots returns the lots of accounts that hold pending points.
	PendingLots(ctx context.Context, accounts []int64) ([]loyalty.Lot, error)
	// PostReceived commits a page with the items it came from; loyalty.ErrStale
	// when anything was received for the feed meanwhile.
	PostReceived(ctx context.Context, page loyalty.PageWrite, items []loyalty.ReceivedItem) error
}

// Receiver posts movements that another ledger made: this store is the home of
// the program and the other only scores. Nothing is scored here.
//
// Every item counts once, whenever and however often it arrives. An item that is
// about another waits for it, and points leave pending only after they have
// entered it; so the order of arrival changes no final balance.
type Receiver struct {
	Store Store
	Inbox Inbox
	Now   func() time.Time
	Zone  *time.Location // of business days; nil is UTC
	// Debts are the policies of programs, by name; without one contractors may owe.
	Debts map[string]loyalty.DebtPolicy
}

// ReceivePoints posts a call's movements in one transaction and answers for each
// of them. A known ID with the same content is a duplicate, with other content
// rejected with the code "conflict"; a malformed item is rejected with the code
// "invalid". An error means that nothing of the call was kept.
func (r *Receiver) ReceivePoints(ctx context.Context, feed loyalty.Feed, items []wire.Movement) ([]wire.Result, error) {
	results := make([]wire.Result, len(items))
	valid := make([]int, 0, len(items))
	for i, m := range items {
		results[i] = wire.Result{ID: m.ID, Status: wire.Accepted}
		if fault := m.Fault(feed.Decimals); fault != "" {
			results[i] = wire.Result{ID: m.ID, Status: wire.Rejected, Code: "invalid", Message: fault}
			continue
		}
		valid = append(valid, i)
	}
	if len(valid) == 0 {
		return results, nil
	}
	var err error
	for range attempts {
		c := receiving{receiver: r, feed: feed, at: r.Now(), items: items, results: results}
		if err = c.run(ctx, valid); !errors.Is(err, loyalty.ErrStale) {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("receive points of %s: %w", feed.Name(), err)
	}
	return results, nil
}

// arrival is a movement to be posted, or to wait.
type arrival struct {
	item loyalty.ReceivedItem
	move wire.Movement
}

// receiving works on one call.
type receiving struct {
	receiver *Receiver
	feed     loyalty.Feed
	at       time.Time
	items    []wire.Movement
	results  []wire.Result

	entryOf   map[string]int64 // of posted items; negative for this call's
	arrivals  []arrival
	ids       loyalty.ReceivingIDs
	version   int64
	docs      map[string]*loyalty.StoredDocument // by document ID on the wire
	before    map[string]loyalty.StoredDocument
	order     []string                   // documents in the order of writing
	posted    map[int64]map[int64]amount // by document and account
	lines     []loyalty.PostedLine
	revisions map[entryKey]*int
	book      *book
}

type entryKey struct {
	document int64
	key
}

func (c *receiving) run(ctx context.Context, valid []int) error {
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return c.sift(ctx, valid) }, c.load, c.open,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if len(c.arrivals) == 0 {
		return nil
	}
	before := make(map[int64]loyalty.Balance, len(c.book.accounts))
	for id, balance := range c.book.accounts {
		before[id] = *balance
	}
	items := c.post()
	c.settle()
	return c.receiver.Inbox.PostReceived(ctx, c.page(before), items)
}

// sift tells new items from known ones, and adds those that wait.
func (c *receiving) sift(ctx context.Context, valid []int) error {
	ids, contractors := make(map[string]bool), make(map[string]bool)
	for _, i := range valid {
		ids[c.items[i].ID], contractors[c.items[i].Contractor] = true, true
		if of := c.items[i].Of; of != "" {
			ids[of] = true
		}
	}
	known, err := c.wake(ctx, ids, contractors)
	if err != nil {
		return err
	}
	waiting := len(c.arrivals)
	for _, i := range valid {
		if err := c.take(i, known); err != nil {
			return err
		}
	}
	if len(c.arrivals) == waiting { // nothing new, so nothing to wait for came
		c.arrivals = nil
	}
	return nil
}

// wake reads what is known of items, and adds those that wait for one of them or
// for pending points of one of the contractors. An item that is woken may wake
// others, of other contractors too, so it goes on until nothing is added. It
// returns the fingerprints by ID.
func (c *receiving) wake(ctx context.Context, ids, contractors map[string]bool) (map[string]string, error) {
	for {
		asked := len(ids) + len(contractors)
		received, err := c.receiver.Inbox.Received(ctx, c.feed, slices.Sorted(maps.Keys(ids)), slices.Sorted(maps.Keys(contractors)))
		if err != nil {
			return nil, err
		}
		known := make(map[string]string, len(received))
		c.entryOf, c.arrivals = make(map[string]int64, len(received)), nil
		for _, it := range received {
			known[it.ID] = it.Fingerprint
			if it.Entry != 0 {
				c.entryOf[it.ID] = it.Entry
				continue
			}
			var m wire.Movement
			if err := json.Unmarshal([]byte(it.Body), &m); err != nil {
				return nil, fmt.Errorf("read a waiting item: %w", err)
			}
			c.arrivals = append(c.arrivals, arrival{it, m})
			ids[it.ID], contractors[m.Contractor] = true, true
			if m.Of != "" {
				ids[m.Of] = true
			}
		}
		if len(ids)+len(contractors) == asked {
			return known, nil
		}
	}
}

// documentID brings a document's ID into the one form it has here.
func documentID(id string) string { return wire.DocumentID(wire.ParseDocumentID(id)) }

// take compares one item with what is known by its ID.
func (c *receiving) take(i int, known map[string]string) error {
	m := c.items[i]
	// of what never changes: names, numbers and the document's state may differ when it
	// is sent again
	mark, err := fingerprintOf(m.Contractor, m.Kind, m.State, m.Points, m.Document.ID, m.Rule, m.EffectiveOn.String(), m.Of)
	if err != nil {
		return err
	}
	c.results[i] = wire.Result{ID: m.ID, Status: wire.Accepted}
	switch old, seen := known[m.ID]; {
	case seen && old == mark:
		c.results[i].Status = wire.Duplicate
		return nil
	case seen:
		c.results[i] = wire.Result{ID: m.ID, Status: wire.Rejected, Code: "conflict", Message: "the same id came before with other content"}
		return nil
	}
	known[m.ID] = mark
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("keep an item: %w", err)
	}
	c.arrivals = append(c.arrivals, arrival{
		loyalty.ReceivedItem{ID: m.ID, Fingerprint: mark, Document: documentID(m.Document.ID), Of: m.Of, Body: string(body), Points: c.points(m)}, m,
	})
	return nil
}

// load reads the documents of the arrivals and what was posted for them.
func (c *receiving) load(ctx context.Context) error {
	if len(c.arrivals) == 0 {
		return nil
	}
	contractors, rules := make(map[string]bool), make(map[string]bool)
	ids := make(map[string]bool)
	for _, a := range c.arrivals {
		contractors[a.move.Contractor], rules[a.move.Rule], ids[documentID(a.move.Document.ID)] = true, true, true
	}
	var err error
	c.ids, err = c.receiver.Inbox.PrepareReceiving(ctx, c.feed, slices.Sorted(maps.Keys(contractors)), slices.Sorted(maps.Keys(rules)))
	if err != nil {
		return err
	}
	c.order = slices.Sorted(maps.Keys(ids))
	keys := make([]loyalty.Key, 0, len(ids))
	for _, id := range c.order {
		keys = append(keys, wire.ParseDocumentID(id))
	}
	for _, a := range c.arrivals {
		if a.move.Document.Corrects != "" {
			keys = append(keys, wire.ParseDocumentID(a.move.Document.Corrects))
		}
	}
	state, err := c.receiver.Store.PageState(ctx, c.feed, keys)
	if err != nil {
		return err
	}
	c.version = state.Version
	c.docs, c.before = make(map[string]*loyalty.StoredDocument), make(map[string]loyalty.StoredDocument)
	for i := range state.Documents {
		d := &state.Documents[i]
		id := wire.DocumentID(d.Key)
		c.docs[id], c.before[id] = d, *d
	}
	c.posted, c.revisions, c.lines = make(map[int64]map[int64]amount), make(map[entryKey]*int), state.Posted
	for _, p := range state.Posted {
		c.add(p.Document, p.Account, p.Pending, p.Active)
		revision := c.revision(p.Document, key{p.Line, p.Rule})
		*revision = max(*revision, p.Revision)
	}
	return nil
}

func (c *receiving) add(document, account int64, pending, active loyalty.Points) {
	if c.posted[document] == nil {
		c.posted[document] = make(map[int64]amount)
	}
	a := c.posted[document][account]
	c.posted[document][account] = amount{a.pending + pending, a.active + active}
}

func (c *receiving) revision(document int64, k key) *int {
	at := entryKey{document, k}
	if c.revisions[at] == nil {
		c.revisions[at] = new(int)
	}
	return c.revisions[at]
}

// open makes missing documents, and loads balances and lots.
func (c *receiving) open(ctx context.Context) error {
	if len(c.arrivals) == 0 {
		return nil
	}
	for _, a := range c.arrivals {
		c.describe(a.move)
	}
	for i, id := range c.order {
		if c.docs[id].ID == 0 {
			c.docs[id].ID = firstNew - int64(i)
		}
	}
	accounts, documents := make(map[int64]bool), make(map[int64]bool)
	groups, err := c.receiver.Store.Groups(ctx, slices.Sorted(maps.Values(c.ids.Accounts)))
	if err != nil {
		return err
	}
	active, pending := make(map[int64]loyalty.Points), make(map[int64]loyalty.Points) // that are to be taken out of lots
	for _, a := range c.arrivals {
		account := c.ids.Accounts[a.move.Contractor]
		accounts[account], accounts[groups.Holder(account)] = true, true
		switch points := c.points(a.move); {
		case takesPending(a.move):
			pending[account] += points
		case a.move.Kind == loyalty.Reverse.String():
			active[groups.Holder(account)] += points
		case a.move.State == wire.StatePending: // comes before those who take it
			pending[account] -= points
		}
	}
	for _, d := range c.docs {
		if d.ID > 0 {
			documents[d.ID] = true
		}
		if d.Account != 0 {
			accounts[d.Account] = true
		}
		for account := range c.posted[d.ID] {
			accounts[account] = true
		}
	}
	balances, err := c.receiver.Store.Balances(ctx, slices.Sorted(maps.Keys(accounts)))
	if err != nil {
		return err
	}
	lots, err := c.lots(ctx, slices.Sorted(maps.Keys(documents)), active, pending)
	c.book = newBook(c.today(), c.receiver.Debts[c.feed.ProgramName], groups, balances, lots)
	c.book.know(c.lines)
	return err
}

// lots reads the lots of documents and, of each account, others until they cover
// what is to be taken. Pending points lie outside of the documents' lots when a
// document stood in another chain as they came.
func (c *receiving) lots(ctx context.Context, documents []int64, active, pending map[int64]loyalty.Points) ([]loyalty.Lot, error) {
	lots, err := c.receiver.Store.Lots(ctx, documents, active, c.today())
	if err != nil {
		return nil, err
	}
	counted := make(map[int64]bool, len(lots)) // a lot may be there twice
	for _, l := range lots {
		if !counted[l.ID] {
			counted[l.ID] = true
			pending[l.Account] -= l.Pending
		}
	}
	maps.DeleteFunc(pending, func(_ int64, missing loyalty.Points) bool { return missing <= 0 })
	if len(pending) == 0 {
		return lots, nil
	}
	others, err := c.receiver.Inbox.PendingLots(ctx, slices.Sorted(maps.Keys(pending)))
	if err != nil {
		return nil, err
	}
	return append(lots, others...), nil
}

func (c *receiving) points(m wire.Movement) loyalty.Points {
	p, err := loyalty.ParsePoints(m.Points, c.feed.Decimals)
	if err != nil { // checked when it came
		return 0
	}
	return p
}

// lineKey is the key of a movement's line: the one in an ID of our own making,
// else the item that first spoke of it.
func lineKey(m wire.Movement) string {
	if parts := strings.Split(m.ID, "/"); len(parts) == wire.PointsIDParts {
		return parts[wire.PointsIDLine]
	}
	if m.Of != "" {
		return m.Of
	}
	return m.ID
}
