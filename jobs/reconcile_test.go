package jobs

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// reconcile compares the bench's ERP with its ledger.
func (b *bench) reconcile(opts Options) (sum loyalty.Reconciliation, found []loyalty.Difference, err error) {
	b.tb.Helper()
	copied := func(ctx context.Context) (CopiedStore, func() error, error) {
		path := filepath.Join(b.tb.TempDir(), "copy.db")
		if err := b.store.CopyTo(ctx, path); err != nil {
			return nil, nil, err
		}
		s, err := store.Open(ctx, store.Config{Path: path, Now: b.feed.Now})
		if err != nil {
			return nil, nil, err
		}
		return s, s.Close, s.Detach(ctx)
	}
	task := NewReconcile(ReconcileConfig{
		Feed: b.configured(), Copy: copied, Balances: b.store,
		Found: func(d loyalty.Difference) { found = append(found, d) }, Done: func(s loyalty.Reconciliation) { sum = s },
	})
	err = task.Run(b.tb.Context(), NewRun(1, Definition{Name: KindReconcile, Kind: KindReconcile}, opts, b.lease, slog.New(slog.DiscardHandler)))
	return sum, found, err
}

// agrees checks that a reconciliation finds nothing.
func (b *bench) agrees(when string) {
	b.tb.Helper()
	before := b.query(`SELECT (SELECT max(id) FROM entry), (SELECT count(*) FROM document), (SELECT max(id) FROM batch)`)
	sum, found, err := b.reconcile(Options{})
	if err != nil || len(found) > 0 || !sum.Complete {
		b.tb.Errorf("%s: %+v, %v\n%+v", when, sum.Counts, err, found)
	}
	if after := b.query(`SELECT (SELECT max(id) FROM entry), (SELECT count(*) FROM document), (SELECT max(id) FROM batch)`); after != before {
		b.tb.Errorf("%s: comparing changed the store from %s to %s", when, before, after)
	}
}

// behind writes a document without a new stamp, and with one that no pass looks at.
func (e *erp) behind(inv connectors.Invoice) {
	e.mu.Lock()
	defer e.mu.Unlock()
	inv.Modified = connectors.NewStamp(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	e.write(inv)
}

// TestReconcile_Waiting: what the points job would read by itself is no difference, and
// is not posted by one that mends.
func TestReconcile_Waiting(t *testing.T) {
	e := newERP()
	firms(e, 1)
	e.put(invoice("1", "1", "2026-02-01", released, "A 500"))
	b := newBench(t, e)
	b.run(KindPoints)
	e.put(invoice("2", "1", "2026-02-02", released, "A 700"))
	for _, fix := range []bool{false, true} {
		sum, found, err := b.reconcile(Options{Fix: fix})
		if err != nil || len(found) > 0 || sum.Waiting != 1 || sum.Documents != 2 {
			t.Errorf("fix %t: %+v, %v, %v", fix, sum, found, err)
		}
	}
	if got := b.balances(); got != "1|0|5|0|1" {
		t.Errorf("balance %q", got)
	}
	b.run(KindPoints)
	b.agrees("read")
}

// TestReconcile_OneBatch mends lines of several documents, one gone and one new, in the
// batches of one run: each line is named once with what it had and should have.
func TestReconcile_OneBatch(t *testing.T) {
	e := newERP()
	firms(e, 2)
	for i, lines := range [][]string{{"A 500", "B 300"}, {"A 1000"}, {"A 800"}, {"A 900"}} {
		e.put(invoice(string(rune('1'+i)), "1", "2026-02-01", released, lines...))
	}
	e.put(invoice("6", "1", "2026-02-01", buffered, "A 400"))
	b := newBench(t, e)
	b.run(KindPoints)
	e.now = e.now.Add(24 * time.Hour)
	b.run(KindPoints)
	e.behind(invoice("1", "1", "2026-02-01", released, "A 700", "B 300"))
	e.behind(invoice("2", "2", "2026-02-01", released, "A 1000"))
	e.remove("3")
	e.behind(invoice("5", "2", "2026-02-01", released, "A 600"))
	e.behind(invoice("6", "1", "2026-02-01", released, "A 400"))
	e.behind(invoice("4", "1", "2026-02-03", released, "A 900")) // another day alone
	sum, found, err := b.reconcile(Options{})
	if loyalty.CodeOf(err) != loyalty.CodeConflict || !strings.Contains(err.Error(), "do not agree") {
		t.Errorf("error %v", err)
	}
	want := []string{
		"document_gone 3 8>0", "line_different 1 5>7", "line_different 4 9>9", "line_different 6 4>4",
		"line_extra 2 10>0", "line_extra 3 8>0", "line_missing 2 0>10", "line_missing 5 0>6",
	}
	var got []string
	for _, d := range found {
		got = append(got, string(d.Kind)+" "+d.Document.ID+" "+d.Posted.Format(0)+">"+d.Desired.Format(0))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("found\n%q\nwant\n%q", got, want)
	}
	if sum.Posted != 36 || sum.Desired != 36 {
		t.Errorf("%d points posted, %d desired", sum.Posted, sum.Desired)
	}
	if _, _, err := b.reconcile(Options{Fix: true}); err != nil {
		t.Fatal(err)
	}
	b.agrees("mended")
	b.sameAsFresh("mended")
	b.consistent()
	if got := b.query(`SELECT count(DISTINCT actor), min(actor), min(coalesce(run_id, 0)) FROM batch WHERE reason = 'reconcile'`); got != "1|job reconcile|1" {
		t.Errorf("batches %q", got)
	}
}

// TestReconcile_Guard stops before what would take back too much, and posts it when a
// person has approved.
func TestReconcile_Guard(t *testing.T) {
	e := newERP()
	firms(e, 1)
	e.put(invoice("1", "1", "2026-02-01", released, "A 5000"))
	b := newBench(t, e)
	b.feed.MaxReversed = amount("20")
	b.run(KindPoints)
	e.remove("1")
	var guard *GuardError
	if _, _, err := b.reconcile(Options{Fix: true}); !errors.As(err, &guard) {
		t.Fatalf("error %v", err)
	}
	if got := b.balances(); got != "1|0|50|0|1" {
		t.Errorf("balance %q", got)
	}
	if _, _, err := b.reconcile(Options{Fix: true, Approved: true}); err != nil {
		t.Fatal(err)
	}
	b.agrees("approved")
}

// TestLaw12_ReconcileHistory changes a random history behind its stamps: mending leaves
// what a store says that reads the ERP for the first time, and then nothing differs.
func TestLaw12_ReconcileHistory(t *testing.T) {
	playHistories(t)
	rapid.Check(t, func(rt *rapid.T) {
		e := newERP()
		firms(e, 3)
		b := newBench(t, e)
		defer func() { _ = b.store.Close() }() // a server has so many connections, and histories are many
		b.feed.Page = rapid.IntRange(1, 5).Draw(rt, "page")
		for range rapid.IntRange(1, 15).Draw(rt, "events") {
			event(rt, e)
		}
		b.run(KindPoints)
		e.now = e.now.Add(24 * time.Hour)
		b.run(KindPoints)
		b.run(KindSweep)
		stamps := make(map[string]connectors.Stamp)
		for id, inv := range e.invoices {
			stamps[id] = inv.Modified
		}
		for range rapid.IntRange(1, 8).Draw(rt, "changes") {
			event(rt, e)
		}
		for _, id := range slices.Sorted(maps.Keys(e.invoices)) {
			inv := e.invoices[id]
			if inv.Modified = stamps[id]; inv.Modified == "" {
				inv.Modified = connectors.NewStamp(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
			}
			e.invoices[id] = inv
		}
		if _, _, err := b.reconcile(Options{Fix: true}); err != nil {
			rt.Fatal(err)
		}
		b.agrees("mended")
		b.sameAsFresh("mended")
		if t.Failed() {
			rt.FailNow()
		}
	})
}
