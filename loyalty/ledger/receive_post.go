package ledger

import (
	"cmp"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// post applies the arrivals until none can be applied any more, and returns all
// of them: applied with their entry, or waiting.
//
// The result does not depend on the order. Earnings never wait. Pending points
// are taken only when the account has them, wherever they lie: which chain a
// document stands in may change, and may be known later than its points. As the
// sender never took more than there was, all who take find theirs once every
// earning has arrived. Active points and debt of an account are one signed sum, as long
// as a program lets contractors owe: what is written off depends on what there was.
func (c *receiving) post() []loyalty.ReceivedItem {
	waiting := c.arrivals
	items := make([]loyalty.ReceivedItem, 0, len(waiting))
	for progress := true; progress; {
		progress = false
		var still []arrival
		for _, a := range waiting {
			if !c.apply(a.move) {
				still = append(still, a)
				continue
			}
			a.item.Entry = c.entryOf[a.item.ID]
			items = append(items, a.item)
			progress = true
		}
		waiting = still
	}
	for _, a := range waiting {
		items = append(items, a.item)
	}
	return items
}

// apply posts a movement, or says that it has to wait.
func (c *receiving) apply(m wire.Movement) bool {
	doc := c.docs[documentID(m.Document.ID)]
	account, points := c.ids.Accounts[m.Contractor], c.points(m)
	of, known := c.entryOf[m.Of]
	if m.Of != "" && !known {
		return false
	}
	pending := m.State == wire.StatePending
	if takesPending(m) && !c.pendingThere(account, points) {
		return false
	}
	k := key{loyalty.LineID(lineKey(m)), c.ids.Rules[m.Rule]}
	move := movement{
		doc: doc, root: c.root(doc, m), key: k, account: account, effectiveOn: m.EffectiveOn, earnedOn: m.EffectiveOn,
		lapsesOn: m.LapsesOn, // by the sender's policy
		pending:  pending, points: points, of: of, revision: c.revision(doc.ID, k),
	}
	switch m.Kind {
	case loyalty.Earn.String():
		move.kind = loyalty.Earn
	case loyalty.Activate.String():
		move.kind = loyalty.Activate
	default:
		move.kind = loyalty.Reverse
	}
	c.entryOf[m.ID] = -1 - int64(len(c.book.entries))
	c.book.apply(move)
	c.book.cover()
	c.sum(move)
	return true
}

// today is the business day of the call.
func (c *receiving) today() loyalty.Date { return dayIn(c.at, c.receiver.Zone) }

// root is the document whose lot a movement works on: the original's, when it
// is here.
func (c *receiving) root(doc *loyalty.StoredDocument, m wire.Movement) int64 {
	if m.Document.Corrects != "" {
		if original := c.docs[documentID(m.Document.Corrects)]; original != nil && original.ID != 0 {
			return original.ID
		}
	}
	return doc.ID
}

// takesPending says whether a movement takes points out of pending.
func takesPending(m wire.Movement) bool {
	return m.Kind == loyalty.Activate.String() || m.Kind == loyalty.Reverse.String() && m.State == wire.StatePending
}

// pendingThere says whether the lots of an account hold so many pending points:
// the book takes them from the chain's lot first, then from its others.
func (c *receiving) pendingThere(account int64, points loyalty.Points) bool {
	var sum loyalty.Points
	for _, l := range c.book.others[c.book.groups.Holder(account)] {
		if l.Account == account {
			sum += l.Pending
		}
	}
	return sum >= points
}

// sum adds a movement to what is posted for its document.
func (c *receiving) sum(m movement) {
	switch {
	case m.kind == loyalty.Earn && m.pending:
		c.add(m.doc.ID, m.account, m.points, 0)
	case m.kind == loyalty.Earn:
		c.add(m.doc.ID, m.account, 0, m.points)
	case m.kind == loyalty.Activate:
		c.add(m.doc.ID, m.account, -m.points, m.points)
	case m.pending:
		c.add(m.doc.ID, m.account, -m.points, 0)
	default:
		c.add(m.doc.ID, m.account, 0, -m.points)
	}
}

// describe makes or completes the document that a movement belongs to, for the
// history.
func (c *receiving) describe(m wire.Movement) {
	k := wire.ParseDocumentID(m.Document.ID)
	id := wire.DocumentID(k)
	d := c.docs[id]
	if d == nil {
		d = &loyalty.StoredDocument{Root: k.ID, HasBody: true, Document: loyalty.Document{
			Key: k, Number: m.Document.Number, State: loyalty.Released, Date: m.Document.Date, IssuedOn: m.Document.Date,
			SoldOn: m.Document.Date, Party: m.Contractor, Buyer: m.Contractor, Currency: m.Item.Currency, Store: m.Store,
		}}
		if d.Date == loyalty.NoDate {
			d.Date, d.IssuedOn, d.SoldOn = m.EffectiveOn, m.EffectiveOn, m.EffectiveOn
		}
		c.docs[id] = d
	}
	if d.Corrects == "" && m.Document.Corrects != "" {
		// that it is a correction may be known later, and counts from then on:
		// so it does not matter which of its movements came first
		d.Corrects = wire.ParseDocumentID(m.Document.Corrects).ID
		d.Root = d.Corrects
	}
	line := lineKey(m)
	if (m.Item.Code == "" && m.Item.Name == "") || slices.ContainsFunc(d.Lines, func(l loyalty.Line) bool { return l.ID == line }) {
		return
	}
	number := func(text string) decimal.Decimal {
		n, err := decimal.NewFromString(cmp.Or(text, "0"))
		if err != nil { // checked when it came
			return decimal.Zero
		}
		return n
	}
	d.Currency = cmp.Or(d.Currency, m.Item.Currency)
	d.Lines = append(d.Lines, loyalty.Line{
		ID: line, No: len(d.Lines) + 1, Kind: loyalty.Goods, Code: m.Item.Code, Name: m.Item.Name, Group: m.Item.Group,
		Quantity: number(m.Item.Quantity), Unit: m.Item.Unit, Net: number(m.Item.Net), Gross: number(m.Item.Gross),
	})
}

// settle notes on every document what is now posted for it, and whose it is.
func (c *receiving) settle() {
	for _, id := range c.order {
		d := c.docs[id]
		if old, stored := c.before[id]; stored {
			c.book.scored(&old, -1)
		}
		d.Pending, d.Active, d.Account, d.State = 0, 0, 0, loyalty.Released
		var most loyalty.Points
		for account, a := range c.posted[d.ID] {
			d.Pending += a.pending
			d.Active += a.active
			sum := max(a.pending+a.active, -a.pending-a.active)
			if d.Account == 0 || sum > most || sum == most && account < d.Account {
				d.Account, most = account, sum
			}
		}
		if d.Pending > 0 {
			d.State = loyalty.Buffered
		}
		c.book.scored(d, +1)
	}
}

// page puts together what is written.
func (c *receiving) page(before map[int64]loyalty.Balance) loyalty.PageWrite {
	p := loyalty.PageWrite{
		Feed: c.feed, Version: c.version, Actor: "platform", Reason: "received", At: c.at,
		Entries: c.book.entries, Lots: c.book.changedLots(),
	}
	place := func(id int64) int64 {
		if id <= firstNew {
			return id - firstNew - 1
		}
		return id
	}
	for _, id := range c.order {
		d := *c.docs[id]
		d.ID = place(d.ID)
		p.Documents = append(p.Documents, d)
	}
	for i := range p.Entries {
		p.Entries[i].Document = place(p.Entries[i].Document)
	}
	for i := range p.Lots {
		p.Lots[i].Document = place(p.Lots[i].Document)
	}
	moved := make(map[int64]bool) // their lots may differ where the balance does not
	for _, e := range p.Entries {
		moved[e.Account] = true
	}
	for _, id := range slices.Sorted(maps.Keys(c.book.accounts)) {
		_, exists := before[id]
		if after := *c.book.accounts[id]; moved[id] || after != before[id] || !exists {
			p.Accounts = append(p.Accounts, loyalty.AccountWrite{ID: id, Before: before[id], After: after, Exists: exists})
		}
	}
	return p
}
