package ledger

import (
	"cmp"
	"maps"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// movement is points of one line and rule that are to be added, activated or
// taken back.
type movement struct {
	doc         *loyalty.StoredDocument
	root        int64 // the chain's original, whose lot it is
	key         key
	account     int64        // whose points they are; another may hold them
	effectiveOn loyalty.Date // of the document
	earnedOn    loyalty.Date // of the chain's original
	lapsesOn    loyalty.Date // last day of a lot that the movement opens
	ruleSet     int64
	kind        loyalty.EntryKind
	pending     bool // earn into, or reverse from, pending
	points      loyalty.Points
	of          int64
	revision    *int // shared by the movements of one document, line and rule
}

// owned is a line of a document under a rule, of one account.
type owned struct {
	document, account int64
	key
}

// lotKey names a chain's lot of an account.
type lotKey struct{ document, account int64 }

// book holds the balances and lots that a page works on, and the entries it
// makes.
type book struct {
	today    loyalty.Date // lots past it pay for no other chain, whether their lapse is posted or not
	debts    loyalty.DebtPolicy
	groups   loyalty.Groups // of accounts that are merged: one has the points of all
	accounts map[int64]*loyalty.Balance
	lots     map[lotKey]*loyalty.Lot
	touched  map[lotKey]bool
	others   map[int64][]*loyalty.Lot // spendable lots by holder, in spend order
	entries  []loyalty.Entry
	// writtenOff is what was taken back and lost by nobody.
	writtenOff map[owned]loyalty.Points
	// short is what was taken out of pending that the lot of a chain did not have yet.
	short map[lotKey]loyalty.Points
}

func newBook(today loyalty.Date, debts loyalty.DebtPolicy, groups loyalty.Groups, balances map[int64]loyalty.Balance, lots []loyalty.Lot) *book {
	b := &book{
		today: today, debts: debts, groups: groups, accounts: make(map[int64]*loyalty.Balance, len(balances)),
		lots: make(map[lotKey]*loyalty.Lot, len(lots)), touched: make(map[lotKey]bool), others: make(map[int64][]*loyalty.Lot),
		writtenOff: make(map[owned]loyalty.Points), short: make(map[lotKey]loyalty.Points),
	}
	for id, balance := range balances {
		b.accounts[id] = &balance
	}
	for _, l := range lots {
		k := lotKey{l.Document, l.Account}
		if b.lots[k] == nil {
			b.lots[k] = &l
			b.others[l.HeldBy()] = append(b.others[l.HeldBy()], &l)
		}
	}
	for _, list := range b.others {
		slices.SortFunc(list, func(x, y *loyalty.Lot) int { return x.Compare(*y) })
	}
	return b
}

// know takes over what was posted for documents and written off.
func (b *book) know(posted []loyalty.PostedLine) {
	for _, p := range posted {
		if p.WrittenOff != 0 {
			b.writtenOff[owned{p.Document, p.Account, key{p.Line, p.Rule}}] += p.WrittenOff
		}
	}
}

func (b *book) account(id int64) *loyalty.Balance {
	if b.accounts[id] == nil {
		b.accounts[id] = &loyalty.Balance{}
	}
	return b.accounts[id]
}

// held is the balance that has the points of an account.
func (b *book) held(account int64) *loyalty.Balance { return b.account(b.groups.Holder(account)) }

// lot returns the chain's lot of the movement's account, opening it if needed.
func (b *book) lot(m movement) *loyalty.Lot {
	k := lotKey{m.root, m.account}
	if b.lots[k] == nil {
		l := &loyalty.Lot{Account: m.account, Holder: b.groups.Holder(m.account), Document: m.root, EarnedOn: m.earnedOn, LapsesOn: m.lapsesOn}
		b.lots[k] = l
		b.others[l.Holder] = append(b.others[l.Holder], l)
	}
	if l := b.lots[k]; l.Pending == 0 && l.Active == 0 && l.Lapsed == 0 && l.EarnedOn != m.earnedOn { // the document's date has changed
		l.EarnedOn, l.LapsesOn = m.earnedOn, m.lapsesOn
	}
	b.touched[k] = true
	return b.lots[k]
}

// apply posts one movement.
func (b *book) apply(m movement) {
	switch {
	case m.kind == loyalty.Earn && m.pending:
		b.lot(m).Pending += m.points
		b.post(m, loyalty.Issued, loyalty.Pending, m.points)
	case m.kind == loyalty.Earn:
		b.gain(m, loyalty.Issued)
	case m.kind == loyalty.Activate:
		b.takePending(m)
		b.gain(m, loyalty.Pending)
	case m.pending:
		b.takePending(m)
		b.post(m, loyalty.Pending, loyalty.Issued, m.points)
	default:
		b.takeBack(m)
	}
}

// gain makes points active. What was written off when they were taken back comes back to
// nobody; what is owed is repaid next, also by points that are past their last day:
// cancelling all that happened leaves nothing.
func (b *book) gain(m movement, from loyalty.Bucket) {
	of := owned{m.doc.ID, m.account, m.key}
	forgiven := min(b.writtenOff[of], m.points)
	if forgiven > 0 {
		b.writtenOff[of] -= forgiven
		b.post(m, from, loyalty.Adjust, forgiven)
	}
	repaid := min(b.held(m.account).Debt, m.points-forgiven)
	b.post(m, from, loyalty.Debt, repaid)
	if kept := m.points - forgiven - repaid; kept > 0 {
		b.lot(m).Active += kept
		b.post(m, from, loyalty.Active, kept)
	}
}

// takePending takes pending points out of the chain's lot. What it does not have comes
// with a later movement of the chain: while it waits, its documents give and take of
// the same points. See cover for the rest.
func (b *book) takePending(m movement) {
	left := m.points
	for _, document := range []int64{m.root, m.doc.ID} {
		if l := b.lots[lotKey{document, m.account}]; l != nil {
			left -= b.takeFrom(l, left)
		}
	}
	if left > 0 {
		b.short[lotKey{m.root, m.account}] += left
	}
}

// takeFrom takes pending points out of a lot, as far as it has them.
func (b *book) takeFrom(l *loyalty.Lot, points loyalty.Points) loyalty.Points {
	taken := max(0, min(l.Pending, points))
	if taken > 0 {
		l.Pending -= taken
		b.touched[lotKey{l.Document, l.Account}] = true
	}
	return taken
}

// cover takes the pending points that chains' own lots did not have out of them now, and
// what is missing out of others of the account: it lies there only if a document stood in another chain
// when it was posted.
func (b *book) cover() {
	keys := slices.SortedFunc(maps.Keys(b.short), func(x, y lotKey) int {
		return cmp.Or(cmp.Compare(x.account, y.account), cmp.Compare(x.document, y.document))
	})
	for _, k := range keys {
		missing := b.short[k]
		if own := b.lots[k]; own != nil {
			missing -= b.takeFrom(own, missing)
		}
		for _, l := range b.others[b.groups.Holder(k.account)] {
			if l.Account == k.account {
				missing -= b.takeFrom(l, missing)
			}
		}
	}
	clear(b.short)
}

// takeBack reverses active points: the chain's own lot, also what of it has lapsed,
// then, as the policy has it, the account's other lots in spend order, and debt; the
// rest is written off. It is never refused. A lapsed point taken back costs the member nothing more, and one of another lot
// pays for nothing.
func (b *book) takeBack(m movement) {
	left, lapsed := m.points, loyalty.Points(0)
	take := func(l *loyalty.Lot, points *loyalty.Points) (taken loyalty.Points) {
		if taken = min(*points, left); taken > 0 {
			*points -= taken
			left -= taken
			b.touched[lotKey{l.Document, l.Account}] = true
		}
		return taken
	}
	if own := b.lots[lotKey{m.root, m.account}]; own != nil {
		take(own, &own.Active)
		lapsed = take(own, &own.Lapsed)
	}
	for _, l := range b.others[b.groups.Holder(m.account)] {
		if !l.Past(b.today) && b.debts != loyalty.DebtPendingOnly {
			take(l, &l.Active)
		}
	}
	b.post(m, loyalty.Active, loyalty.Issued, m.points-lapsed-left)
	b.post(m, loyalty.Lapsed, loyalty.Issued, lapsed)
	if b.debts == loyalty.DebtUnlimited || b.debts == "" {
		b.post(m, loyalty.Debt, loyalty.Issued, left)
		return
	}
	b.post(m, loyalty.Adjust, loyalty.Issued, left)
	b.writtenOff[owned{m.doc.ID, m.account, m.key}] += left
}

// post writes one entry and moves it between the balance's buckets.
func (b *book) post(m movement, from, to loyalty.Bucket, points loyalty.Points) {
	if points == 0 {
		return
	}
	balance := b.held(m.account)
	move(balance, from, -points)
	move(balance, to, points)
	*m.revision++
	b.entries = append(b.entries, loyalty.Entry{
		Account: b.groups.Holder(m.account), Document: m.doc.ID, Line: m.key.line, Rule: m.key.rule, Revision: *m.revision,
		Kind: m.kind, From: from, To: to, Amount: points, EffectiveOn: m.effectiveOn, RuleSet: m.ruleSet, Of: m.of,
	})
}

// move changes one bucket of a balance. Debt is what is owed: points that come
// out of it raise it, points that go in repay it.
func move(b *loyalty.Balance, bucket loyalty.Bucket, points loyalty.Points) {
	switch bucket {
	case loyalty.Pending:
		b.Pending += points
	case loyalty.Active:
		b.Active += points
	case loyalty.Held:
		b.Held += points
	case loyalty.Spent:
		b.Spent += points
	case loyalty.Lapsed:
		b.Lapsed += points
	case loyalty.Debt:
		b.Debt -= points
	case loyalty.Issued, loyalty.Adjust: // outside of every balance
	}
}

// changedLots are the lots to write, in a fixed order.
func (b *book) changedLots() []loyalty.Lot {
	out := make([]loyalty.Lot, 0, len(b.touched))
	for k := range b.touched {
		out = append(out, *b.lots[k])
	}
	slices.SortFunc(out, func(x, y loyalty.Lot) int {
		if c := cmp.Compare(y.Document, x.Document); c != 0 {
			return c
		}
		return cmp.Compare(x.Account, y.Account)
	})
	return out
}

// sortedKeys returns the keys of points by line, then rule.
func sortedKeys[V any](points map[key]V) []key {
	keys := make([]key, 0, len(points))
	for k := range points {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int {
		if c := cmp.Compare(a.line, b.line); c != 0 {
			return c
		}
		return cmp.Compare(a.rule, b.rule)
	})
	return keys
}
