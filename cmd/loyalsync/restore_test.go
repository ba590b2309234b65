package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/connectors/sqlerp/sample"
	"github.com/loyalsync/loyalsync/loyalty/store/storetest"
)

// homed is an agent whose program lives in a panel of another store.
type homed struct {
	pushed
	home world
	// calls that the home still answers; it breaks down after them. Below 0: all.
	left atomic.Int64
}

func newHomed(t *testing.T) *homed {
	t.Helper()
	h := &homed{pushed: emptyPushed(t, 50, 20), home: newWorld(t)}
	h.file()
	t.Chdir(h.dir)
	h.left.Store(-1)
	if err := sample.Create(t.Context(), h.path("erp.db"), sample.Config{Rows: 80, Now: sampleEnd}); err != nil {
		t.Fatal(err)
	}
	h.home.edited("platforms:\n", "http: {accept: [{name: agent, program: main, token: "+pushToken+", signing_key: k3y}]}\nplatforms:\n",
		"name: demo", "name: own", "source: demo", "source: own", "source: demo", "source: own")
	panel := h.home.serving()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.left.Load() == 0 {
			w.WriteHeader(http.StatusGone) // not tried again
			return
		}
		h.left.Add(-1)
		panel.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	h.edited(h.receiver.url, server.URL+"/api", "batch: 20}", "batch: 20, signing_key: k3y}", "    currency: PLN\n", "    currency: PLN\n    home: hosted\n")
	return h
}

// states puts documents of the ERP into states: of those whose key has a remainder of
// 7, one in the buffer, one released and one cancelled.
func (h *homed) states(buffered, released, cancelled int) {
	h.t.Helper()
	h.erp(`UPDATE dokumenty SET zmieniono = $1, stan = CASE id % 7 WHEN $2 THEN 0 WHEN $3 THEN 1 ELSE 2 END
		WHERE koryguje_id IS NULL AND id % 7 IN ($2, $3, $4) AND id NOT IN (SELECT koryguje_id FROM dokumenty WHERE koryguje_id IS NOT NULL)`,
		demoClock().Format("2006-01-02 15:04:05.000"), buffered, released, cancelled)
}

const perContractor = `SELECT c.erp_key, a.pending, a.active - a.debt FROM account a JOIN contractor c ON c.id = a.id
	WHERE a.pending <> 0 OR a.active <> a.debt ORDER BY 1`

// agree checks that the home has what the ledger has, and that both are sound.
func (h *homed) agree(when string) {
	h.t.Helper()
	ledger := h.query(perContractor)
	if diff := cmp.Diff(ledger, h.home.query(perContractor)); diff != "" || len(ledger) == 0 {
		h.t.Errorf("%s: the home has other points than the ledger (-ledger +home):\n%s", when, diff)
	}
	for _, w := range []world{h.world, h.home} {
		if out := w.must("ledger", "verify"); !strings.Contains(out, "ok:") {
			h.t.Error(out)
		}
	}
}

// TestRestore puts an older copy back after more was pushed; the ERP has moved on, too.
// After the next run the home has what the ledger has, and running or restoring once
// more changes nothing; nor does it to put the later store back, or to break off
// anywhere between.
func TestRestore(t *testing.T) {
	h := newHomed(t)
	h.states(1, 2, 3)
	h.must("run", "contractors")
	h.must("run", "points")
	h.agree("before")
	if out := h.must("backup", "first.db"); !strings.Contains(out, "ok:") || !strings.Contains(out, "copy of ") {
		t.Errorf("backup says\n%s", out)
	}
	h.states(3, 1, 2) // released, taken back, given anew as pending: each kind of movement
	h.must("run", "points")
	h.agree("after the backup")
	atHome := h.home.query(perContractor)

	restore := func(file string) string {
		t.Helper()
		out := h.must("restore", file)
		before, err := filepath.Glob(h.path("data/*.before-restore-*"))
		if err != nil || len(before) == 0 || !strings.Contains(out, filepath.Base(slices.Max(before))) {
			t.Errorf("the store that was there is not named: %v\n%s", before, out)
		}
		return slices.Max(before)
	}
	later := restore("first.db")
	if diff := cmp.Diff(atHome, h.home.query(perContractor)); diff != "" {
		t.Errorf("restoring alone changed the home: %s", diff)
	}
	h.states(2, 3, 1)
	for _, when := range []string{"restored", "run again"} {
		h.must("run", "points")
		h.agree(when)
	}
	items := h.home.query(`SELECT count(*) FROM received_item`)
	h.must("run", "points")
	if got := h.home.query(`SELECT count(*) FROM received_item`); got[0] != items[0] {
		t.Errorf("a run without changes sent %s items, before %s", got, items)
	}
	restore("first.db")
	h.must("run", "points")
	h.agree("restored a second time")
	restore(later)
	h.must("run", "points")
	h.agree("the later store put back")
	if r := h.do("deliveries", "resend", "none"); r.code != exitInput || !strings.Contains(r.err, "there is no platform none") {
		t.Errorf("resend to nobody: exit %d, %s", r.code, r.err)
	}
	h.home.store(`DELETE FROM received_version`)
	h.must("deliveries", "resend", "hosted")
	if sent, out := h.home.query(`SELECT count(*) FROM received_version`), h.must("run", "points"); strings.Contains(out, " 0 delivered") || sent[0] != "0" {
		t.Errorf("everything was to be sent again: %s", out)
	}
	if got := h.home.query(`SELECT count(*) FROM received_version`); got[0] == "0" {
		t.Error("nobody was sent again")
	}
	h.agree("everything sent again")
	epochs := h.query(`SELECT epoch FROM store_epoch ORDER BY epoch`)
	if sent := h.query(`SELECT max(epoch) FROM store_meta`); len(epochs) != 2 || epochs[1] != sent[0] {
		t.Errorf("epochs %v, now %v", epochs, sent)
	}
}

// TestRestoreBrokenOff lets the home break down after each number of calls: nothing is
// sent that the comparison does not allow, and the next run goes on.
func TestRestoreBrokenOff(t *testing.T) {
	h := newHomed(t)
	h.states(1, 2, 3)
	h.must("run", "contractors")
	h.must("run", "points")
	h.must("backup", "first.db")
	h.states(3, 1, 2)
	h.must("run", "points")
	h.must("restore", "first.db")
	h.states(2, 3, 1)
	broken := 0
	for calls := int64(0); calls < 12; calls++ {
		h.left.Store(calls)
		r := h.do("run", "points")
		h.left.Store(-1)
		if r.code == exitDone {
			break
		}
		broken++
	}
	if broken < 4 {
		t.Errorf("broken off %d times: the test tests too little", broken)
	}
	h.must("run", "points")
	h.agree("after it was broken off")
	h.must("run", "points")
	h.agree("run again")
}

// TestRestoreWithoutAnswers: a platform that does not tell what it has gets nothing
// until a person accepts that.
func TestRestoreWithoutAnswers(t *testing.T) {
	p := newPushed(t, 80, 50, 20)
	p.file()
	t.Chdir(p.dir)
	p.must("run", "points")
	p.must("backup", "first.db")
	p.must("restore", "first.db")
	calls := len(p.receiver.ids())
	r := p.do("run", "points")
	if r.code != exitFailed || !strings.Contains(r.err, "does not tell which points it has") || !strings.Contains(r.err, "loyalsync deliveries accept hosted") {
		t.Errorf("exit %d\n%s", r.code, r.err)
	}
	if out := p.must("deliveries", "accept", "hosted"); !strings.Contains(out, "as it is") || p.do("deliveries", "accept", "nobody").code != exitInput {
		t.Error(out)
	}
	p.must("run", "points")
	if len(p.receiver.ids()) != calls {
		t.Errorf("%d items, before %d", len(p.receiver.ids()), calls)
	}
	p.consistent(true)
}

// TestRestoreRefuses: files that are no sound store of a known schema, and a store that
// is at work; nothing changes then.
func TestRestoreRefuses(t *testing.T) {
	w := synced(t)
	file := w.file()
	t.Chdir(w.dir)
	w.must("backup", "good.db")
	copied, err := os.ReadFile(w.path("good.db"))
	if err != nil {
		t.Fatal(err)
	}
	damaged := slices.Clone(copied)
	for i := len(damaged) / 3; i < len(damaged)/2; i++ {
		damaged[i] = 0xAA
	}
	w.write("damaged.db", string(damaged))
	w.write("text.db", strings.Repeat("not a store ", 1000))
	for name, statement := range map[string]string{
		"newer.db":   `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, 1)`,
		"changed.db": `UPDATE account SET active = active + 1 WHERE active > 0`,
	} {
		w.write(name, string(copied))
		changeFile(t, w.path(name), statement)
	}
	before, points := w.answers(), w.query(perContractor)
	w.play(t, []scenario{
		{line: "backup good.db", code: exitInput, has: []string{"exists already"}},
		{line: "restore nothing.db", code: exitInput, has: []string{"nothing.db cannot be read"}},
		{line: "restore damaged.db", code: exitInput, has: []string{"damaged"}},
		{line: "restore text.db", code: exitInput, has: []string{"restore text.db: ", "damaged or not a store"}},
		{line: "restore erp.db", code: exitInput, has: []string{"a database of something else"}},
		{line: "restore newer.db", code: exitInput, has: []string{"has schema 9000", "use the newer loyalsync"}},
		{line: "restore changed.db", code: exitInput, has: []string{"does not agree with itself", "balance_wrong"}},
		{line: "restore data/loyalsync.db", code: exitInput, has: []string{"is the store itself"}},
	})
	w.store(fmt.Sprintf(`INSERT INTO lease (name, token, owner, expires_at) VALUES ('service', 1, 'host/1', %d)`, demoClock().AddDate(1, 0, 0).UnixMicro()))
	w.play(t, []scenario{{line: "restore good.db", code: exitAct, has: []string{"somebody works with", "stop the service"}}})
	w.timePasses()
	if diff := cmp.Diff(before, w.answers()); diff != "" {
		t.Errorf("a refused restore changed something: %s", diff)
	}
	if left, err := filepath.Glob(file + "*restor*"); err != nil || len(left) > 0 {
		t.Errorf("beside the store: %v, %v", left, err)
	}
	w.write("data/loyalsync.db", strings.Repeat("rubbish ", 999))
	asRoot := os.Geteuid() == 0
	if asRoot {
		if err := os.Chown(file, 12345, 12345); err != nil {
			t.Fatal(err)
		}
	}
	if out := w.must("restore", "good.db"); !strings.Contains(out, "ok:") {
		t.Error(out)
	}
	if info, err := os.Stat(file); asRoot && (err != nil || !strings.Contains(fmt.Sprintf("%+v", info.Sys()), "Uid:12345")) {
		t.Errorf("the store belongs to somebody else than before: %v", err)
	}
	if got := w.query(perContractor); !cmp.Equal(points, got) {
		t.Errorf("in place of a damaged store: %v, want %v", got, points)
	}
	if after, err := os.ReadFile(w.path("good.db")); err != nil || !slices.Equal(after, copied) {
		t.Errorf("the file was changed: %v", err)
	}
}

// TestServer_Restore: a store in PostgreSQL is copied to a file, and put back into an
// empty database alone.
func TestServer_Restore(t *testing.T) {
	w := onServer(t)
	t.Chdir(w.dir)
	past := func(place storetest.Place) func() *sql.DB {
		return sync.OnceValue(func() *sql.DB { return place.DB(t) })
	}
	w.server = past(storetest.Place{URL: w.url})
	w.must("run", "points")
	points := w.query(perContractor)
	w.must("backup", "first.db")
	w.play(t, []scenario{{line: "restore first.db", code: exitAct, has: []string{"the store is not empty", "CREATE DATABASE"}}})
	fresh := storetest.Postgres(t)
	w.edited("url: \""+w.url+"\"}", "url: \""+fresh.URL+"\"}")
	w.server = past(fresh)
	if out := w.must("restore", "first.db"); !strings.Contains(out, "in place of PostgreSQL") {
		t.Error(out)
	}
	if got := w.query(perContractor); !cmp.Equal(points, got) || len(points) == 0 {
		t.Errorf("%v, want %v", got, points)
	}
	w.must("run", "points")
	if got := w.query(`SELECT count(*), max(epoch) > 300 FROM store_epoch`); got[0] != "2|true" {
		t.Errorf("epochs: %v", got)
	}
	if out := w.must("ledger", "verify"); !strings.Contains(out, "ok:") {
		t.Error(out)
	}
}

// TestBackupJobProves: a copy of a ledger that does not agree with itself fails the run, is
// kept apart, and pushes no proved one out.
func TestBackupJobProves(t *testing.T) {
	w := newWorld(t)
	w.write("loyalsync.yaml", read(t, w.path("loyalsync.yaml"))+"  - {name: copy, kind: backup, to: copies, keep: 1, daily: [\"23:00\"]}\n")
	w.must("run", "points")
	copies := func() (names []string) {
		t.Helper()
		found, err := filepath.Glob(w.path("copies/*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			names = append(names, filepath.Base(path))
		}
		return names
	}
	w.must("run", "copy")
	proved := copies()
	if len(proved) != 1 || !strings.HasSuffix(proved[0], "Z.db") {
		t.Fatalf("copies %v", proved)
	}
	w.store(`UPDATE account SET active = active + 1 WHERE id = (SELECT id FROM contractor WHERE code = 'K010')`)
	for range 2 {
		w.play(t, []scenario{{line: "run copy", code: exitInput, has: []string{"loyalsync-last.db.unproved", "does not agree"}}})
	}
	if got, want := copies(), []string{proved[0], "loyalsync-last.db.unproved"}; !slices.Equal(got, want) {
		t.Errorf("copies %v, want %v", got, want)
	}
	w.store(`UPDATE account SET active = active - 1 WHERE id = (SELECT id FROM contractor WHERE code = 'K010')`)
	w.must("run", "copy")
	if got := copies(); len(got) != 2 || got[0] == proved[0] {
		t.Errorf("copies %v: the old one is to go", got)
	}
}
