package storetest

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// toDeliver is a store with contractors of versions 1 and 2, representatives of
// 3 and 4, and nine entries: those of feed 1 are all but 4, which is feed 2's,
// and 9, which is an adjustment.
func (on Checks) toDeliver(t *testing.T) (*store.Store, *sql.DB) {
	t.Helper()
	place := on.Fresh(t)
	s, db := place.Open(t), place.DB(t)
	const i, p, a, d = loyalty.Issued, loyalty.Pending, loyalty.Active, loyalty.Debt
	day := loyalty.NewDate(2026, 1, 10)
	document := func(id, feed int, key, corrects, root, number string, state loyalty.State, body string) string {
		return fmt.Sprintf(`INSERT INTO document (id, feed_id, erp_key, type, corrects, root, number, state, date, issued_on, party, account_id, hash, digest, modified, body)
			VALUES (%d, %d, '%s', 'F/S', '%s', '%s', '%s', %d, %d, %d, '101', 1, '', '', '', %s)`, id, feed, key, corrects, root, number, state, day, day, body)
	}
	entry := func(id, account, document int, line int64, revision int, kind loyalty.EntryKind, from, to loyalty.Bucket, amount, of int) string {
		return fmt.Sprintf(`INSERT INTO entry (id, account_id, document_id, line, rule_id, revision, kind, from_bucket, to_bucket, amount, effective_on, rule_set_id, of_id, batch_id)
			VALUES (%d, %d, %d, %d, 1, %d, %d, %d, %d, %d, %d, 1, nullif(%d, 0), 1)`, id, account, document, line, revision, kind, from, to, amount, day, of)
	}
	line := func(id, corrects, code string) string {
		return fmt.Sprintf(`{"id":"%s","corrects":"%s","no":1,"kind":"goods","code":"%s","name":"Wino","group":"ALKO/WINA","quantity":"2","unit":"szt","net":"100.10","gross":"123"}`, id, corrects, code)
	}
	body := func(lines ...string) string {
		return `'{"currency":"PLN","store":"MAG1","lines":[` + strings.Join(lines, ",") + `]}'`
	}
	for _, statement := range slices.Concat(people()[:len(people())-4], []string{
		`UPDATE contractor SET version = id, attributes = CASE id WHEN 1 THEN '{"VIP":"TAK"}' ELSE 'null' END WHERE id < 3`,
		`INSERT INTO representative (feed_id, erp_key, contractor_key, name, email, phone, active, hash, version) VALUES
			(1, '1', '101', 'Zofia', 'z@example.com', '1', 1, '', 3), (1, '2', '101', 'Adam', '', '', 0, '', 4), (2, '3', '101', 'Cudza', '', '', 1, '', 5)`,
		`INSERT INTO account (id, program_id, pending, active, debt, scored, seq) VALUES (1, 1, 0, 155, 0, 3, 8), (2, 1, 1, 2, 3, 1, 8), (4, 1, 0, 9, 0, 1, 2), (5, 1, 0, 7, 0, 1, 8), (3, 1, 0, 1, 0, 1, 9)`,
		`INSERT INTO rule (id, program_id, name) VALUES (1, 1, 'base')`,
		`INSERT INTO rule_set (id, program_id, valid_from, hash, body, created_at) VALUES (1, 1, 0, 'h', '{}', 0)`,
		`INSERT INTO batch (id, actor, reason, posted_at) VALUES (1, 'run', '', 1000000)`,
		document(1, 1, "1", "", "1", "FS/1", loyalty.Released, body(line("11", "", "WINE"), line("a-12", "", "CORK"))),
		document(2, 1, "2", "1", "1", "FK/1", loyalty.Released, body(line("21", "11", "WINE-K"))),
		document(3, 1, "3", "", "3", "FS/3", loyalty.Buffered, "NULL"),
		document(4, 2, "1", "", "1", "SHOP", loyalty.Released, body(line("11", "", "SHOP"))),
		fmt.Sprintf(`INSERT INTO lot (account_id, document_id, earned_on, lapses_on, pending, active) VALUES (1, 1, 0, %d, 0, 12), (1, 3, 0, NULL, 5, 0)`, day.AddMonths(36)),
		entry(1, 1, 1, 11, 1, loyalty.Earn, i, p, 10, 0), entry(2, 1, 1, 11, 2, loyalty.Activate, p, a, 10, 1),
		entry(3, 1, 1, loyalty.LineID("a-12"), 1, loyalty.Earn, i, d, 5, 0),
		entry(4, 5, 4, 11, 1, loyalty.Earn, i, a, 7, 0),
		entry(5, 1, 2, 11, 1, loyalty.Reverse, a, i, 3, 0), entry(6, 1, 2, 99, 1, loyalty.Reverse, d, i, 1, 0),
		entry(7, 1, 3, 31, 1, loyalty.Earn, i, p, 5, 0), entry(8, 1, 3, 31, 2, loyalty.Reverse, p, i, 5, 7),
		entry(9, 1, 1, 11, 3, loyalty.Adjustment, a, loyalty.Adjust, 1, 0),
	}) {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%v\n%s", err, statement)
		}
	}
	return s, db
}

func queue(kind wire.Kind) wire.Queue {
	return wire.Queue{Platform: "hosted", Kind: kind, Feed: loyalty.Feed{ID: 1, Program: 1, Source: 1, ProgramName: "main", SourceName: "optima", Decimals: 1}}
}

func next(t *testing.T, s *store.Store, q wire.Queue, limit int) wire.Batch {
	t.Helper()
	b, err := s.NextDeliveries(t.Context(), q, 0, limit)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func record(t *testing.T, s *store.Store, q wire.Queue, p wire.Progress) {
	t.Helper()
	if err := s.RecordDeliveries(t.Context(), q, p); err != nil {
		t.Fatal(err)
	}
}

func positions(b wire.Batch) (out []int64) {
	for _, it := range b.Items {
		out = append(out, it.Position)
	}
	return out
}

func (on Checks) testPointsToDeliver(t *testing.T) {
	s, _ := on.toDeliver(t)
	b := next(t, s, queue(wire.Points), 100)
	if !slices.Equal(positions(b), []int64{1, 2, 3, 5, 6, 7, 8}) || b.Through != 9 {
		t.Fatalf("%v through %d", positions(b), b.Through)
	}
	day := loyalty.NewDate(2026, 1, 10)
	released := wire.Document{ID: "F%2FS/1", Number: "FS/1", Date: day}
	correction := wire.Document{ID: "F%2FS/2", Corrects: "F%2FS/1", Number: "FK/1", Date: day}
	buffered := wire.Document{ID: "F%2FS/3", Number: "FS/3", Date: day, Buffered: true}
	item := func(code string) wire.Item {
		return wire.Item{Code: code, Name: "Wino", Group: "ALKO/WINA", Quantity: "2", Unit: "szt", Net: "100.1", Gross: "123", Currency: "PLN"}
	}
	cork := fmt.Sprint(loyalty.LineID("a-12"))
	for i, want := range []wire.Movement{
		{ID: "1/main/optima/F%2FS/1/11/base/1", Kind: "earn", State: "pending", Points: "1.0", Document: released, Item: item("WINE"), Store: "MAG1", LapsesOn: day.AddMonths(36)},
		{ID: "1/main/optima/F%2FS/1/11/base/2", Kind: "activate", State: "active", Points: "1.0", Document: released, Item: item("WINE"), Store: "MAG1", LapsesOn: day.AddMonths(36), Of: "1/main/optima/F%2FS/1/11/base/1"},
		{ID: "1/main/optima/F%2FS/1/" + cork + "/base/1", Kind: "earn", State: "active", Points: "0.5", Document: released, Item: item("CORK"), Store: "MAG1", LapsesOn: day.AddMonths(36)},
		{ID: "1/main/optima/F%2FS/2/11/base/1", Kind: "reverse", State: "active", Points: "0.3", Document: correction, Item: item("WINE-K"), Store: "MAG1", LapsesOn: day.AddMonths(36)},
		{ID: "1/main/optima/F%2FS/2/99/base/1", Kind: "reverse", State: "active", Points: "0.1", Document: correction, Store: "MAG1", LapsesOn: day.AddMonths(36)},
		{ID: "1/main/optima/F%2FS/3/31/base/1", Kind: "earn", State: "pending", Points: "0.5", Document: buffered, LapsesOn: loyalty.NoDate},
		{ID: "1/main/optima/F%2FS/3/31/base/2", Kind: "reverse", State: "pending", Points: "0.5", Document: buffered, LapsesOn: loyalty.NoDate, Of: "1/main/optima/F%2FS/3/31/base/1"},
	} {
		want.Contractor, want.Rule, want.RuleSet, want.EffectiveOn = "101", "base", "h", day
		got := b.Items[i]
		if diff := cmp.Diff(want, got.Body); diff != "" {
			t.Errorf("item %d: %s", i, diff)
		}
		if got.ID != want.ID || got.Account != 1 || got.Ref != got.Position {
			t.Errorf("item %d: %+v", i, got)
		}
	}
}

func (on Checks) testPointsInBatches(t *testing.T) {
	s, _ := on.toDeliver(t)
	q := queue(wire.Points)
	var got []int64
	for range 10 {
		b := next(t, s, q, 3)
		if b.Through == 0 {
			break
		}
		got = append(got, positions(b)...)
		record(t, s, q, wire.Progress{Through: b.Through, Delivered: b.Items})
	}
	if !slices.Equal(got, []int64{1, 2, 3, 5, 6, 7, 8}) {
		t.Errorf("%v", got)
	}
	other := q
	other.Platform = "mirror"
	if b := next(t, s, other, 1); len(b.Items) != 1 || b.Items[0].Position != 1 {
		t.Error("platforms share a position")
	}
}

func (on Checks) testPositionNeverGoesBack(t *testing.T) {
	s, _ := on.toDeliver(t)
	q := queue(wire.Points)
	record(t, s, q, wire.Progress{Through: 5})
	record(t, s, q, wire.Progress{Through: 2})
	if b := next(t, s, q, 1); b.Items[0].Position != 6 {
		t.Errorf("goes on at %d", b.Items[0].Position)
	}
}

func (on Checks) testPeopleToDeliver(t *testing.T) {
	s, db := on.toDeliver(t)
	b := next(t, s, queue(wire.Contractors), 100)
	if !slices.Equal(positions(b), []int64{1, 2}) || b.Through != 2 {
		t.Fatalf("%+v", b)
	}
	want := wire.Contractor{
		ID: "101", Version: wire.Version(1, 1), Code: "K001", Name: "Żółw i Synowie", TaxID: "525-224-84-81", Email: "a@example.com", Phone: "600",
		Card: "C-77", Active: true, JoinedOn: loyalty.NewDate(2026, 1, 2), Attributes: loyalty.Attributes{"VIP": "TAK"},
	}
	if diff := cmp.Diff(want, b.Items[0].Body); diff != "" {
		t.Error(diff)
	}
	if c := b.Items[1].Body.(wire.Contractor); c.Attributes == nil {
		t.Error("no attributes are null")
	}
	if _, err := db.ExecContext(t.Context(), `UPDATE store_meta SET epoch = 2`); err != nil {
		t.Fatal(err)
	}
	if b = next(t, s, queue(wire.Contractors), 1); b.Items[0].Version != wire.Version(2, 1) {
		t.Error("the version does not begin with the epoch")
	}
	b = next(t, s, queue(wire.Representatives), 1)
	if diff := cmp.Diff(wire.Representative{ID: "1", Version: wire.Version(2, 3), Contractor: "101", Name: "Zofia", Email: "z@example.com", Phone: "1", Active: true, Consents: []loyalty.Consent{}, Attributes: loyalty.Attributes{}}, b.Items[0].Body); diff != "" {
		t.Error(diff)
	}
}

// testAccountsShareASequence: all accounts that a page changed have one sequence;
// a batch never ends between them.
func (on Checks) testAccountsShareASequence(t *testing.T) {
	s, _ := on.toDeliver(t)
	q := queue(wire.Accounts)
	b := next(t, s, q, 2)
	if !slices.Equal(positions(b), []int64{2, 8, 8}) || b.Through != 8 {
		t.Fatalf("%v through %d", positions(b), b.Through)
	}
	want := wire.Account{
		ID: "102", Contractor: "102", Version: wire.Version(1, 8), AsOfSeq: 8, Available: "0.2", Pending: "0.1", Held: "0.0", Debt: "0.3", Spent: "0.0", Lapsed: "0.0", ScoredDocuments: 1,
	}
	if diff := cmp.Diff(want, b.Items[2].Body); diff != "" {
		t.Error(diff)
	}
	record(t, s, q, wire.Progress{Through: b.Through, Delivered: b.Items})
	b = next(t, s, q, 2)
	if !slices.Equal(positions(b), []int64{9}) {
		t.Errorf("%+v", b)
	}
	record(t, s, q, wire.Progress{Through: b.Through, Delivered: b.Items})
	if b := next(t, s, q, 2); len(b.Items) != 0 || b.Through != 0 {
		t.Errorf("%+v", b)
	}
}

func (on Checks) testAcknowledge(t *testing.T) {
	s, _ := on.toDeliver(t)
	for kind, want := range map[wire.Kind]int{wire.Contractors: 2, wire.Representatives: 2, wire.Points: 7, wire.Accounts: 4} {
		q := queue(kind)
		for _, n := range []int{want, 0} {
			if got, err := s.AcknowledgeDeliveries(t.Context(), q); err != nil || got != n {
				t.Errorf("%s: %d, %v, want %d", kind, got, err, n)
			}
		}
		if b := next(t, s, q, 10); len(b.Items) != 0 {
			t.Errorf("%s: %d left", kind, len(b.Items))
		}
	}
}

func (on Checks) testDeadLetters(t *testing.T) {
	s, _ := on.toDeliver(t)
	q := queue(wire.Points)
	b := next(t, s, q, 100)
	bad := wire.Letter{Item: b.Items[1], Code: "conflict", Message: "seen otherwise"}
	record(t, s, q, wire.Progress{Through: b.Through, Delivered: slices.Delete(slices.Clone(b.Items), 1, 2), Dead: []wire.Letter{bad}})

	letters := deadLetters(t, s, "")
	if len(letters) != 1 || letters[0].Item != bad.Item.ID || letters[0].Contractor != "101" || letters[0].Attempts != 1 || letters[0].Requeued ||
		letters[0].Program != "main" || letters[0].Source != "optima" || letters[0].FirstAt.IsZero() {
		t.Fatalf("%+v", letters)
	}
	incomplete, err := s.IncompleteAccounts(t.Context())
	if diff := cmp.Diff([]store.IncompleteAccount{{Platform: "hosted", Account: 1, Letters: 1}}, incomplete); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if len(deadLetters(t, s, "mirror")) != 0 || len(requeued(t, s, q)) != 0 {
		t.Error("told of another platform, or sent without being asked")
	}

	if err := s.Requeue(t.Context(), letters[0].ID+1); loyalty.CodeOf(err) != loyalty.CodeNotFound {
		t.Errorf("%v", err)
	}
	if err := s.Requeue(t.Context(), letters[0].ID); err != nil {
		t.Fatal(err)
	}
	again := requeued(t, s, q)
	if diff := cmp.Diff([]wire.Outgoing{bad.Item}, again); diff != "" {
		t.Error("law 10: another item is sent again:", diff)
	}

	record(t, s, q, wire.Progress{Dead: []wire.Letter{{Item: again[0], Code: "other"}}})
	if letters = deadLetters(t, s, "hosted"); len(letters) != 1 || letters[0].Attempts != 2 || letters[0].Code != "other" || letters[0].Requeued {
		t.Fatalf("%+v", letters)
	}
	if n, err := s.RequeueAll(t.Context()); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	record(t, s, q, wire.Progress{Delivered: requeued(t, s, q)})
	if len(deadLetters(t, s, "")) != 0 {
		t.Error("a delivered letter stays")
	}
	if n, err := s.RequeueAll(t.Context()); err != nil || n != 0 {
		t.Error(n, err)
	}
}

// testANewerVersionSettlesALetter: a contractor refused once and taken later,
// after it changed, is no dead letter any more.
func (on Checks) testANewerVersionSettlesALetter(t *testing.T) {
	s, db := on.toDeliver(t)
	q := queue(wire.Contractors)
	b := next(t, s, q, 100)
	record(t, s, q, wire.Progress{Through: b.Through, Delivered: b.Items[1:], Dead: []wire.Letter{{Item: b.Items[0], Code: "invalid"}}})
	if _, err := db.ExecContext(t.Context(), `UPDATE contractor SET version = 9 WHERE id = 1`); err != nil {
		t.Fatal(err)
	}
	b = next(t, s, q, 100)
	record(t, s, q, wire.Progress{Through: b.Through, Delivered: b.Items})
	if letters := deadLetters(t, s, ""); len(letters) != 0 {
		t.Errorf("%+v", letters)
	}
}

// testLaw10IDsOutliveARestore: what was posted before a restore keeps its ID.
func (on Checks) testLaw10IDsOutliveARestore(t *testing.T) {
	s, db := on.toDeliver(t)
	if _, err := db.ExecContext(t.Context(), `INSERT INTO store_epoch (epoch, first_entry) VALUES (2, 8)`); err != nil {
		t.Fatal(err)
	}
	b := next(t, s, queue(wire.Points), 100)
	before, after := b.Items[5].Body.(wire.Movement), b.Items[6].Body.(wire.Movement)
	if !strings.HasPrefix(before.ID, "1/") || !strings.HasPrefix(after.ID, "2/") || after.Of != before.ID {
		t.Errorf("%s, %s of %s", before.ID, after.ID, after.Of)
	}
}

func (on Checks) testBlockedPlatforms(t *testing.T) {
	s, _ := on.toDeliver(t)
	q := queue(wire.Points)
	for _, reason := range []string{"401", "403"} {
		if err := s.BlockPlatform(t.Context(), "hosted", reason); err != nil {
			t.Fatal(err)
		}
	}
	blocked, err := s.BlockedPlatforms(t.Context())
	if err != nil || len(blocked) != 1 || blocked[0].Platform != "hosted" || blocked[0].Reason != "403" || blocked[0].Since.IsZero() {
		t.Fatalf("%+v, %v", blocked, err)
	}
	record(t, s, q, wire.Progress{Through: 4}) // nothing was taken
	if blocked, _ = s.BlockedPlatforms(t.Context()); len(blocked) != 1 {
		t.Error("unblocked by nothing")
	}
	record(t, s, q, wire.Progress{Delivered: next(t, s, q, 1).Items})
	if blocked, _ = s.BlockedPlatforms(t.Context()); len(blocked) != 0 {
		t.Error("still blocked")
	}
}

func (on Checks) testDeliveries(t *testing.T) {
	s, _ := on.toDeliver(t)
	q := queue(wire.Points)
	b := next(t, s, q, 2)
	record(t, s, q, wire.Progress{Through: b.Through, Delivered: b.Items[:1], Dead: []wire.Letter{{Item: b.Items[1], Code: "x"}}})
	people := queue(wire.Contractors)
	record(t, s, people, wire.Progress{Through: 2})
	got, err := s.Deliveries(t.Context())
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	points := got[1]
	if got[0].Kind != wire.Contractors || got[0].Waiting != 0 || got[0].Oldest != nil {
		t.Errorf("%+v", got[0])
	}
	if points.Waiting != 5 || points.Dead != 1 || points.Oldest == nil || points.Oldest.UnixMicro() != 1000000 {
		t.Errorf("%+v", points)
	}
}

func deadLetters(t *testing.T, s *store.Store, platform string) []store.DeadLetter {
	t.Helper()
	letters, err := s.DeadLetters(t.Context(), platform)
	if err != nil {
		t.Fatal(err)
	}
	return letters
}

func requeued(t *testing.T, s *store.Store, q wire.Queue) []wire.Outgoing {
	t.Helper()
	items, err := s.RequeuedDeliveries(t.Context(), q, 10)
	if err != nil {
		t.Fatal(err)
	}
	return items
}
