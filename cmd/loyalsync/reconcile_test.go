package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
)

// reconciled runs a reconciliation of everything there ever was.
func (w world) reconciled(code int, args ...string) reconcileResult {
	w.t.Helper()
	r := w.do(append([]string{"reconcile", "demo", "--since", "2020-01-01", "--json"}, args...)...)
	if r.code != code {
		w.t.Fatalf("%v: exit %d, want %d\n%s%s", args, r.code, code, r.out, r.err)
	}
	var all []reconcileResult
	decode(w.t, r.out, &all)
	if len(all) != 1 {
		w.t.Fatalf("%d results", len(all))
	}
	return all[0]
}

// kinds are the kinds of differences that a result counts, in order.
func (r reconcileResult) kinds() []loyalty.DifferenceKind { return slices.Sorted(maps.Keys(r.Counts)) }

// scoredKey is a document of the ERP with points, which nothing corrects.
func (w world) scoredKey() string {
	w.t.Helper()
	keys := w.query(`SELECT d.erp_key FROM document d WHERE d.active > 0 AND d.corrects = ''
		AND NOT EXISTS (SELECT 1 FROM document c WHERE c.corrects = d.erp_key) ORDER BY d.id LIMIT 1`)
	if len(keys) != 1 {
		w.t.Fatal("no document has points: the test tests nothing")
	}
	return keys[0]
}

const newDocument = "990001"

// behindTheBack are the differences between ERP and ledger that a run of the points job
// does not see, by kind.
var behindTheBack = []struct {
	name   string
	change func(w world, key string)
	kinds  []loyalty.DifferenceKind
	of     string // the document that differs, "" for the one changed
}{
	{"a document changed behind its stamp", func(w world, key string) {
		w.erp(`UPDATE pozycje SET netto = netto + 100000, brutto = brutto + 123000 WHERE dokument_id = ?`, key)
	}, []loyalty.DifferenceKind{loyalty.LineDifferent}, ""},
	{"one cancelled behind its stamp", func(w world, key string) {
		w.erp(`UPDATE dokumenty SET stan = 2 WHERE id = ?`, key)
	}, []loyalty.DifferenceKind{loyalty.LineExtra}, ""},
	{"one deleted", func(w world, key string) {
		w.erp(`DELETE FROM pozycje WHERE dokument_id = ?`, key)
		w.erp(`DELETE FROM dokumenty WHERE id = ?`, key)
	}, []loyalty.DifferenceKind{loyalty.DocumentGone, loyalty.LineExtra}, ""},
	{"one never read", func(w world, key string) {
		w.erp(`INSERT INTO dokumenty SELECT `+newDocument+`, typ, 'NEW/1', stan, '2024-02-01 10:00:00.000', wystawiono, sprzedano, nabywca_id, odbiorca_id,
			waluta, kurs, netto, brutto, magazyn, platnosc, zaplacono, NULL FROM dokumenty WHERE id = ?`, key)
		w.erp(`INSERT INTO pozycje SELECT 990000 + id, `+newDocument+`, lp, towar_id, ilosc, netto, brutto, NULL FROM pozycje WHERE dokument_id = ?`, key)
	}, []loyalty.DifferenceKind{loyalty.LineMissing}, newDocument},
}

// TestReconcile makes each kind of difference between ERP and ledger: it is named, and
// nothing else is; one run posts it, and afterwards everything agrees.
func TestReconcile(t *testing.T) {
	for _, c := range behindTheBack {
		t.Run(c.name, func(t *testing.T) {
			w := synced(t)
			w.edited("max_reversed: 20%", "max_reversed: 90%")
			if r := w.reconciled(exitDone); !r.OK || len(r.Counts) > 0 || r.Documents == 0 {
				t.Fatalf("before anything differs: %+v", r)
			}
			key := w.scoredKey()
			c.change(w, key)
			if c.of != "" {
				key = c.of
			}
			before := w.query(ledgerQueries["entries"])
			found := w.reconciled(exitNo)
			if !slices.Equal(found.kinds(), c.kinds) || found.OK || len(found.Differences) == 0 {
				t.Errorf("found %v, want %v\n%+v", found.Counts, c.kinds, found.Differences)
			}
			for _, d := range found.Differences {
				if d.Document != key {
					t.Errorf("names document %s, want %s: %+v", d.Document, key, d)
				}
			}
			if diff := cmp.Diff(before, w.query(ledgerQueries["entries"])); diff != "" {
				t.Errorf("comparing posted entries: %s", diff)
			}
			mended := w.reconciled(exitDone, "--fix")
			if mended.Mended == nil || mended.Mended.Entries == 0 || mended.Mended.Balances != 0 {
				t.Errorf("mended %+v", mended.Mended)
			}
			sum := fmt.Sprintf(`SELECT coalesce(sum(CASE WHEN to_bucket = 1 THEN -amount WHEN from_bucket = 1 THEN amount ELSE 0 END), 0), count(DISTINCT b.reason), min(b.reason)
				FROM entry e JOIN batch b ON b.id = e.batch_id WHERE b.run_id = %s`, mended.Run)
			want := fmt.Sprintf("%d|1|reconcile", lacking(t, found))
			if got := w.query(sum); got[0] != want {
				t.Errorf("posted by the run: %s, want %s", got[0], want)
			}
			if r := w.reconciled(exitDone); !r.OK || len(r.Counts) > 0 {
				t.Errorf("afterwards %+v", r)
			}
			if out := w.must("run", "points"); !strings.Contains(out, "nothing has changed") {
				t.Errorf("a run afterwards: %s", out)
			}
		})
	}
}

// lacking is what the differences of lines come to.
func lacking(t *testing.T, r reconcileResult) loyalty.Points {
	t.Helper()
	posted, err := loyalty.ParsePoints(r.Posted, 0)
	if err != nil {
		t.Fatal(err)
	}
	desired, err := loyalty.ParsePoints(r.Desired, 0)
	if err != nil {
		t.Fatal(err)
	}
	return desired - posted
}

// TestReconcile_Balances: a balance that somebody edited is computed anew; lots that do
// not add up are told of, and left.
func TestReconcile_Balances(t *testing.T) {
	w := synced(t)
	const edited = `UPDATE account SET active = active + 7 WHERE id = (SELECT id FROM contractor WHERE code = 'K010')`
	sums := w.query(perContractor)
	w.store(edited)
	found := w.reconciled(exitNo)
	if want := []loyalty.DifferenceKind{loyalty.BalanceDifferent, loyalty.LotsDifferent}; !slices.Equal(found.kinds(), want) || found.Differences[0].Contractor != "K010" {
		t.Errorf("found %+v", found)
	}
	mended := w.reconciled(exitDone, "--fix")
	if mended.Mended.Balances != 1 || mended.Mended.Entries != 0 {
		t.Errorf("mended %+v", mended.Mended)
	}
	if diff := cmp.Diff(sums, w.query(perContractor)); diff != "" {
		t.Error(diff)
	}
	w.reconciled(exitDone)
	w.store(edited)
	w.play(t, []scenario{
		{line: "reconcile --fix", has: []string{"balances computed anew from their entries, which is no entry: 1", "WHAT", "K010"}},
		{line: "reconcile", has: []string{"ok: ERP, ledger and platforms agree"}, lacks: []string{"WHAT"}},
		{line: "reconcile --lang pl", has: []string{"w porządku: ERP, księga punktów"}},
	})
	w.store(`UPDATE lot SET active = active + 1 WHERE document_id = (SELECT min(document_id) FROM lot WHERE active > 0)`)
	if r := w.reconciled(exitNo, "--fix"); !slices.Equal(r.kinds(), []loyalty.DifferenceKind{loyalty.LotsDifferent}) {
		t.Errorf("lots: %+v", r)
	}
}

// TestReconcile_ForgedEntry: an entry that nobody posted is found, though the document is
// as it was read.
func TestReconcile_ForgedEntry(t *testing.T) {
	w := synced(t)
	key := w.scoredKey()
	w.store(`INSERT INTO entry (id, account_id, document_id, line, rule_id, revision, kind, from_bucket, to_bucket, amount, effective_on, rule_set_id, batch_id)
		SELECT (SELECT max(id) + 1 FROM entry), account_id, document_id, line, rule_id, 99, kind, from_bucket, to_bucket, 5, effective_on, rule_set_id, batch_id
		FROM entry WHERE id = (SELECT min(e.id) FROM entry e JOIN document d ON d.id = e.document_id WHERE d.erp_key = '` + key + `')`)
	r := w.reconciled(exitNo)
	at := slices.IndexFunc(r.Differences, func(d differenceResult) bool { return d.Kind == loyalty.LineDifferent })
	if r.Counts[loyalty.LineDifferent] != 1 || at < 0 || r.Differences[at].Document != key || r.Differences[at].Difference != "-5" || r.Counts[loyalty.BalanceDifferent] != 1 {
		t.Errorf("%+v", r)
	}
}

// TestReconcile_Guard: what would take back too much waits for a person, who can let it
// go on; and a look alone never does.
func TestReconcile_Guard(t *testing.T) {
	w := synced(t)
	w.erp(`UPDATE dokumenty SET stan = 2 WHERE koryguje_id IS NULL AND id NOT IN (SELECT koryguje_id FROM dokumenty WHERE koryguje_id IS NOT NULL)`)
	before := w.query(ledgerQueries["entries"])
	w.play(t, []scenario{
		{line: "reconcile --since 2020-01-01", code: exitNo, has: []string{"points too many", "and ", " more", "loyalsync reconcile demo --program main --fix"}},
		{line: "reconcile --since 2020-01-01 --lang pl", code: exitNo, has: []string{"punkty nienależne", "i jeszcze ", "RÓŻNICA"}},
	})
	r := w.do("reconcile", "demo", "--since", "2020-01-01", "--fix")
	approve := regexp.MustCompile(`runs approve (\d+)`).FindStringSubmatch(r.err)
	if r.code != exitAct || approve == nil {
		t.Fatalf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	if got := w.query(ledgerQueries["entries"]); len(got) == len(before)*2 {
		t.Errorf("%d entries, before %d", len(got), len(before))
	}
	w.must("runs", "approve", approve[1])
	w.reconciled(exitDone)
}

// TestReconcile_Window compares the days asked for, and refuses what makes no sense.
func TestReconcile_Window(t *testing.T) {
	w := synced(t)
	key := w.scoredKey()
	day := w.query(`SELECT date FROM document WHERE erp_key = '` + key + `'`)[0]
	var on loyalty.Date
	if _, err := fmt.Sscan(day, (*int32)(&on)); err != nil {
		t.Fatal(err)
	}
	w.erp(`UPDATE dokumenty SET stan = 2 WHERE id = ?`, key)
	w.play(t, []scenario{
		{line: "reconcile --since 2020-01-01 --until " + (on - 1).String(), has: []string{"ok:"}},
		{line: "reconcile --since " + on.String() + " --until " + on.String(), code: exitNo, has: []string{"points too many"}},
		{line: "reconcile nobody", code: exitInput, has: []string{`there is no source "nobody"`}},
		{line: "reconcile --platform panel", code: exitInput, has: []string{"of kind http"}},
		{line: "reconcile --since 2026-02-02 --until 2026-01-01", code: exitInput, has: []string{"--until is before --since"}},
		{line: "reconcile --until never", code: exitInput, has: []string{"--until"}},
	})
}

// TestReconcile_Job: a difference fails the run of the job, and mends nothing unless the
// job says so.
func TestReconcile_Job(t *testing.T) {
	w := synced(t)
	w.edited("jobs:\n", "jobs:\n  - {name: proof, kind: reconcile, source: demo, program: main, window: 4000d, every: 1d, retries: 0}\n")
	w.must("run", "proof")
	w.erp(`UPDATE dokumenty SET stan = 2 WHERE id = ?`, w.scoredKey())
	before := w.query(ledgerQueries["entries"])
	for range 2 {
		w.play(t, []scenario{{line: "run proof", code: exitFailed, has: []string{"do not agree", "loyalsync reconcile demo --program main"}}})
	}
	if diff := cmp.Diff(before, w.query(ledgerQueries["entries"])); diff != "" {
		t.Errorf("mended unasked: %s", diff)
	}
	w.edited("window: 4000d", "window: 4000d, fix: true")
	w.must("run", "proof")
	w.edited("window: 4000d, fix: true", "window: 4000d")
	w.must("run", "proof")
}

// TestReconcile_Platform: a platform that lost items gets them again, one that has an
// item more takes it back, and all are named before; other content under one ID is named
// and stays.
func TestReconcile_Platform(t *testing.T) {
	p := newPushed(t, 80, 50, 20)
	p.receiver.set(func(r *receiver) { r.tells = true })
	p.must("run", "contractors")
	p.must("run", "points")
	if r := p.reconciled(exitDone); len(r.Platforms) != 1 || r.Platforms[0].Items != int64(len(p.receiver.ids())) || !r.OK {
		t.Fatalf("at first %+v", r)
	}
	ids := p.receiver.ids()
	var extra string
	p.receiver.set(func(r *receiver) {
		points := r.items["points"]
		for _, id := range []string{ids[1], ids[len(ids)-1]} {
			delete(points, id)
		}
		body := maps.Clone(points[ids[3]].body)
		extra = regexp.MustCompile(`/[^/]+$`).ReplaceAllString(ids[3], "/99")
		body["id"], body["points"] = extra, "1"
		points[extra] = item{id: extra, body: body}
	})
	items := func(r reconcileResult) (out []string) {
		for _, d := range r.Differences {
			out = append(out, string(d.Kind)+" "+d.Item)
		}
		slices.Sort(out)
		return out
	}
	want := []string{"item_extra " + extra, "item_missing " + ids[1], "item_missing " + ids[len(ids)-1]}
	slices.Sort(want)
	if diff := cmp.Diff(want, items(p.reconciled(exitNo, "--platform", "hosted"))); diff != "" {
		t.Errorf("named: %s", diff)
	}
	if r := p.reconciled(exitDone, "--fix"); r.Mended.Items != 3 || r.Mended.Entries != 0 {
		t.Errorf("mended %+v", r.Mended)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(append(slices.Clone(ids), extra, extra+"-1"))), p.receiver.ids()); diff != "" {
		t.Errorf("the platform has %s", diff)
	}
	p.reconciled(exitDone)
	p.receiver.set(func(r *receiver) { r.items["points"][ids[2]].body["points"] = "12345" })
	for _, args := range [][]string{nil, {"--fix"}} {
		if diff := cmp.Diff([]string{"item_different " + ids[2]}, items(p.reconciled(exitNo, args...))); diff != "" {
			t.Errorf("%v: %s", args, diff)
		}
	}
	p.receiver.set(func(r *receiver) { r.tells = false })
	if r := p.reconciled(exitDone); !r.Platforms[0].Untold {
		t.Errorf("a platform that does not tell: %+v", r)
	}
}

// TestReconcile_PlatformGuard: a platform whose items are mostly not of this ledger is
// not cleared without a person.
func TestReconcile_PlatformGuard(t *testing.T) {
	p := newPushed(t, 80, 50, 20)
	p.receiver.set(func(r *receiver) { r.tells = true })
	p.must("run", "points")
	ids := p.receiver.ids()
	p.receiver.set(func(r *receiver) {
		for _, id := range ids {
			other := item{id: id + "9", body: maps.Clone(r.items["points"][id].body)}
			other.body["id"], other.body["points"] = other.id, "1000"
			r.items["points"][other.id] = other
		}
	})
	r := p.do("reconcile", "--fix")
	if r.code != exitAct || !strings.Contains(r.err, "runs approve") {
		t.Errorf("exit %d\n%s", r.code, r.err)
	}
	if got := len(p.receiver.ids()); got != 2*len(ids) {
		t.Errorf("%d items, want none taken back beside %d", got, 2*len(ids))
	}
}

// TestReconcile_BesideAService runs here though somebody serves the store, and not while
// a job reads the same source for the same program.
func TestReconcile_BesideAService(t *testing.T) {
	w := synced(t)
	soon := time.Now().Add(20 * time.Second).UnixMicro()
	w.store(fmt.Sprintf(`INSERT INTO lease (name, owner, token, expires_at) VALUES ('serve', 'another process', 1, %d)`, soon))
	w.reconciled(exitDone)
	w.store(fmt.Sprintf(`UPDATE lease SET owner = 'another process', expires_at = %d WHERE name = 'feed/main/demo'`, soon))
	w.play(t, []scenario{{line: "reconcile", code: exitAct, has: []string{"another run of feed/main/demo is going on"}}})
}
