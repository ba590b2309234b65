package storetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// testHeld tells what came from a source: posted, of a correction, and waiting.
func (on Checks) testHeld(t *testing.T) {
	s, db := on.seeded(t)
	if _, err := db.ExecContext(t.Context(), `INSERT INTO received_item (feed_id, id, fingerprint, document, of_item, entry_id, points, body) VALUES
		(1, 'a', '', 'FS/1', '', 1, 10, NULL), (1, 'a-1', '', 'FS/1', 'a', 2, 10, NULL), (2, 'b', '', 'FS/1', '', 3, 5, NULL), (1, 'd', '', 'FS/4', '', 7, 3, NULL),
		(1, 'c', '', 'FS/9', 'z', 0, 4, '{"id":"c","contractor":"101","kind":"reverse","state":"pending","points":"4","document":{"id":"FS/9"},"effective_on":"2026-02-01","of":"z"}')`); err != nil {
		t.Fatal(err)
	}
	feed := loyalty.Feed{ProgramName: "main", SourceName: "optima"}
	var told []string
	after := ""
	for range 3 {
		held, err := s.ReceivedPoints(t.Context(), feed, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range held.Items {
			told = append(told, m.ID+" "+m.Contractor+" "+m.Kind+" "+m.State+" "+m.Points+" "+m.Document.ID+" "+m.Document.Corrects+" "+m.Rule+" "+m.EffectiveOn.String()+" "+m.Of)
		}
		if after = held.Next; after == "" {
			break
		}
	}
	want := []string{
		"a 101 earn pending 10 FS/1  base 2026-01-10 ", "a-1 101 earn active 10 FS/1  base 2026-01-10 a",
		"c 101 reverse pending 4 FS/9   2026-02-01 z", "d 101 earn active 3 FS/4 FS/1 base 2026-04-01 ",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

// testKnownPoints: an entry is known under the epoch in which it was posted.
func (on Checks) testKnownPoints(t *testing.T) {
	s, db := on.seeded(t)
	if _, err := db.ExecContext(t.Context(), `INSERT INTO store_epoch (epoch, first_entry) VALUES (3, 7)`); err != nil {
		t.Fatal(err)
	}
	key := func(epoch int64, document string, line int64, rule string, revision int) wire.EntryKey {
		return wire.EntryKey{Epoch: epoch, Document: loyalty.Key{Type: "FS", ID: document}, Line: line, Rule: rule, Revision: revision}
	}
	known, err := s.KnownPoints(t.Context(), loyalty.Feed{ID: 1, Program: 1}, []wire.EntryKey{
		key(1, "1", 11, "base", 1), key(1, "1", 11, "base", 2), key(1, "1", 11, "wine", 1), key(3, "4", loyalty.LineID("a-12"), "base", 1),
		key(3, "1", 11, "base", 1), key(1, "4", loyalty.LineID("a-12"), "base", 1), key(1, "1", 11, "base", 3), key(1, "99", 11, "base", 1), key(1, "1", 11, "x", 1),
	})
	if diff := cmp.Diff([]bool{true, true, true, true, false, false, false, false, false}, known); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// testUnreconciled: platforms are compared once an epoch, and not in the first.
func (on Checks) testUnreconciled(t *testing.T) {
	s, db := on.seeded(t)
	feed := loyalty.Feed{ID: 1, Program: 1}
	check := func(when string, wantEpoch int64, wantAfter string, wantDue bool) {
		t.Helper()
		epoch, after, due, err := s.Unreconciled(t.Context(), feed, "hosted")
		if err != nil || epoch != wantEpoch || due != wantDue || after != wantAfter {
			t.Errorf("%s: epoch %d, after %q, due %t, %v", when, epoch, after, due, err)
		}
	}
	record := func(after string, done bool) {
		t.Helper()
		if err := s.RecordReconciled(t.Context(), feed, "hosted", after, done); err != nil {
			t.Fatal(err)
		}
	}
	epoch := func(statements ...string) {
		t.Helper()
		for _, statement := range statements {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
	}
	check("never restored", 1, "", false)
	epoch(`UPDATE store_meta SET epoch = 2`, `INSERT INTO store_epoch (epoch, first_entry) VALUES (2, 5)`)
	check("restored", 2, "", true)
	record("x", false)
	check("begun", 2, "x", true)
	record("", true)
	check("done", 2, "", false)
	epoch(`UPDATE store_meta SET epoch = 3`, `INSERT INTO store_epoch (epoch, first_entry) VALUES (3, 5)`)
	check("restored again", 3, "", true)
	if err := s.AcceptHeld(t.Context(), "hosted"); err != nil {
		t.Fatal(err)
	}
	check("accepted", 3, "", false)
}
