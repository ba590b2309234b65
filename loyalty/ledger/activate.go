package ledger

import "github.com/loyalsync/loyalsync/loyalty"

// await finds what the released points of a chain wait for today. What has become
// active stays so on whatever day a clock shows, as long as the original keeps its
// date; the payment of a document may be taken back. before are the documents as they
// were stored; nil when only stored ones are looked at. What an undone recompute lets
// wait again does.
//
// A return without an original takes points of others back, and never waits.
func (t *terms) await(c chain, before map[loyalty.Key]loyalty.StoredDocument, today loyalty.Date, again bool) {
	t.wait = loyalty.WaitNothing
	if c.original == nil || t.set == nil || c.original.State != loyalty.Released || t.returned(c.original) {
		return
	}
	t.wait = t.activate.Wait(&c.original.Document, today)
	if t.wait.Day() != loyalty.NoDate && !again && c.wasActive(before) {
		t.wait = loyalty.WaitNothing
	}
}

// wasActive says whether a chain has active points already, earned on the date that its
// original has now.
func (c chain) wasActive(before map[loyalty.Key]loyalty.StoredDocument) bool {
	active := false
	for _, m := range c.members {
		old := *m
		if before != nil {
			old = before[m.Key] // of a new document nothing
		}
		if m == c.original && old.Date != m.Date {
			return false
		}
		active = active || old.Root == c.root && old.Active != 0
	}
	return active
}

// note keeps with the original what the points of its chain wait for, so that they are
// found when it comes.
func (t terms) note(c chain, scores []score) {
	var waits bool
	for _, s := range scores {
		s.doc.Waits = loyalty.WaitNothing
		if s.doc.State != loyalty.Released {
			continue
		}
		for _, a := range s.points {
			waits = waits || a.pending != 0
		}
	}
	if waits {
		c.original.Waits = t.wait
	}
}
