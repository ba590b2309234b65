package ledger

import (
	"cmp"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// posting is where points of a document belong: whose, and of which date.
type posting struct {
	account int64
	on      loyalty.Date
}

// deltas compares what a document should have with what was posted for it, and
// returns the movements between the two: none when they agree (law 2).
//
// Points posted for another account, date or chain are taken back whole; left is
// the original of the chain that the document stood in before, 0 for the same
// one. At the right place, pending points that are now active are activated;
// only the difference is earned or reversed.
func deltas(s score, to posting, left int64, original *loyalty.StoredDocument, lapsesOn loyalty.Date, posted []loyalty.PostedLine) []movement {
	most := len(posted) + len(s.points)
	d := differ{
		doc: s.doc, root: original.ID, original: original, lapsesOn: lapsesOn,
		revisions: make(map[key]*int, most), earned: make(map[key]int64, len(posted)), movements: make([]movement, 0, most),
	}
	here := make(map[key]amount, most)
	for _, p := range posted {
		k := key{p.Line, p.Rule}
		d.seen(k, p)
		if left == 0 && (posting{p.Account, p.EffectiveOn}) == to {
			a := here[k]
			here[k] = amount{a.pending + p.Pending, a.active + p.Active}
			continue
		}
		if left != 0 {
			d.root = left
		}
		d.move(k, posting{p.Account, p.EffectiveOn}, amount{-p.Pending, -p.Active})
		d.root = original.ID
	}
	for k := range s.points {
		if _, known := here[k]; !known {
			here[k] = amount{}
		}
	}
	for _, k := range sortedKeys(here) {
		want, have := s.points[k], here[k]
		d.move(k, to, amount{want.pending - have.pending, want.active - have.active})
	}
	// what is taken back comes first, so that it may be repaid by what is earned
	slices.SortStableFunc(d.movements, func(a, b movement) int { return cmp.Compare(order(a), order(b)) })
	return d.movements
}

func order(m movement) int {
	if m.kind == loyalty.Reverse {
		return 0
	}
	return 1
}

// differ collects the movements of one document.
type differ struct {
	doc, original *loyalty.StoredDocument
	root          int64 // whose lot it is
	lapsesOn      loyalty.Date
	revisions     map[key]*int
	earned        map[key]int64
	movements     []movement
}

// seen remembers the highest revision of a key, and its last earning entry.
func (d *differ) seen(k key, p loyalty.PostedLine) {
	r := d.revision(k)
	*r = max(*r, p.Revision)
	d.earned[k] = max(d.earned[k], p.Earned)
}

func (d *differ) revision(k key) *int {
	if d.revisions[k] == nil {
		d.revisions[k] = new(int)
	}
	return d.revisions[k]
}

// move turns one difference into movements.
func (d *differ) move(k key, at posting, by amount) {
	if by.pending < 0 && by.active > 0 && d.earned[k] != 0 { // an activation names what was earned
		x := min(-by.pending, by.active)
		d.add(k, at, loyalty.Activate, false, x)
		by.pending += x
		by.active -= x
	}
	d.side(k, at, true, by.pending)
	d.side(k, at, false, by.active)
}

func (d *differ) side(k key, at posting, pending bool, points loyalty.Points) {
	switch {
	case points > 0:
		d.add(k, at, loyalty.Earn, pending, points)
	case points < 0:
		d.add(k, at, loyalty.Reverse, pending, -points)
	}
}

func (d *differ) add(k key, at posting, kind loyalty.EntryKind, pending bool, points loyalty.Points) {
	m := movement{
		doc: d.doc, root: d.root, key: k, account: at.account, effectiveOn: at.on, earnedOn: d.original.Date,
		lapsesOn: d.lapsesOn, ruleSet: d.doc.RuleSet, kind: kind, pending: pending, points: points, revision: d.revision(k),
	}
	if kind != loyalty.Earn {
		m.of = d.earned[k]
	}
	d.movements = append(d.movements, m)
}
