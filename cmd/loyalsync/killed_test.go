//go:build unix

package main

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/connectors/sqlerp/sample"
)

// slowly lets rows of the ledger take their time, so that a kill falls between two of one
// transaction.
func (w world) slowly() {
	w.t.Helper()
	sleep := `EXECUTE FUNCTION take_time()`
	if w.server == nil {
		w.store(fmt.Sprintf(`CREATE VIEW take_time AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < %d) SELECT max(n) AS n FROM c`, slowness))
		sleep = `BEGIN SELECT n FROM take_time; END`
	} else {
		w.store(`CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.005); RETURN NEW; END'`)
	}
	for table, when := range map[string]string{
		"batch": "", "operation": "", "account_merge": "", "ledger_block": "", "period": "", "period_total": "",
		"entry": "WHEN (NEW.id % 16 = 0)", "lot": "WHEN (NEW.document_id % 16 = 0)",
	} {
		w.store(fmt.Sprintf(`CREATE TRIGGER %s_takes_time AFTER INSERT ON %[1]s FOR EACH ROW %s %s`, table, when, sleep))
	}
	w.store(`CREATE TRIGGER account_takes_time AFTER UPDATE ON account FOR EACH ROW ` + sleep)
}

// writer says whether a process is in the middle of a transaction that writes.
func (w world) writer() func() bool {
	w.t.Helper()
	if w.server != nil {
		return func() bool {
			return len(w.query(`SELECT 1 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE l.mode = 'RowExclusiveLock' AND l.granted
				AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
				AND c.relname IN ('batch', 'entry', 'account', 'lot', 'operation', 'ledger_block', 'period', 'period_total', 'account_merge')`)) > 0
		}
	}
	db, err := sql.Open("sqlite", "file:"+w.path("data/loyalsync.db")+"?_pragma=busy_timeout(0)&_txlock=immediate")
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = db.Close() })
	return func() bool {
		tx, err := db.BeginTx(w.t.Context(), nil)
		if err != nil {
			return strings.Contains(err.Error(), "locked")
		}
		_ = tx.Rollback()
		return false
	}
}

// hunt kills commands in the middle of what they write.
type hunt struct {
	world
	writing func() bool
	random  *rand.Rand
	window  time.Duration // of the moments at which a command is killed
	inside  int           // how many kills fell into a transaction
	half    string        // a query: what must be there before the first kill
}

func (w world) hunt() *hunt {
	return &hunt{world: w, writing: w.writer(), random: rand.New(rand.NewPCG(5, 1)), window: 5 * time.Millisecond}
}

// kill starts a command and kills it, most often in a transaction. It says whether the
// command ended before.
func (h *hunt) kill(line string) (done bool) {
	h.t.Helper()
	c := h.start(0, scenario{line: line}.args()...)
	anyMoment := h.inside > 0 && h.random.IntN(6) == 0
	for waits := 0; waits < 2; { // for its first write, and for one at a later moment
		select {
		case <-c.ended:
			h.window = max(h.window/3, 5*time.Millisecond)
			if code := c.wait(); code != exitDone {
				h.t.Fatalf("%s: exit %d\n%s%s", line, code, c.out.String(), c.err.String())
			}
			return true
		case <-time.After(500 * time.Microsecond):
		}
		if !anyMoment && (!h.halfDone() || !h.writing()) {
			continue
		}
		if waits++; waits == 1 {
			time.Sleep(h.window/2 + time.Duration(h.random.Int64N(int64(h.window/2))))
		}
	}
	c.signal(h.t, syscall.SIGKILL)
	if c.wait() == -1 && !anyMoment {
		h.inside++
		h.window = min(h.window*4, 400*time.Millisecond)
	}
	h.timePasses()
	return false
}

func (h *hunt) halfDone() bool {
	if h.half == "" {
		return true
	}
	rows, err := h.tryQuery(h.half)
	if err != nil || len(rows) == 0 {
		return false
	}
	h.half = ""
	return true
}

// proven fails unless the ledger agrees with itself.
func (w world) proven(when string) {
	w.t.Helper()
	if r := w.do("ledger", "verify"); r.code != exitDone {
		w.t.Fatalf("%s: exit %d\n%s%s", when, r.code, r.out, r.err)
	}
	w.sound()
}

// outcomes are what a ledger holds, without the moments and numbers of how it came about.
func (w world) outcomes() map[string][]string {
	w.t.Helper()
	out := map[string][]string{}
	for name, query := range map[string]string{
		"entries": `SELECT c.code, e.kind, e.from_bucket, e.to_bucket, sum(e.amount), count(*) FROM entry e JOIN contractor c ON c.id = e.account_id
			GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
		"balances":   ledgerQueries["balances"],
		"documents":  `SELECT type, erp_key, rule_set_id, pending, active FROM document ORDER BY 1, 2`,
		"operations": `SELECT kind, state, client_key, points, spent FROM operation ORDER BY 3, 1, 2`,
		"merges":     `SELECT from_id, into_id, reason FROM account_merge ORDER BY 1, 2`,
		"periods":    `SELECT number, through_on, active, pending, spent, lapsed, worth FROM period ORDER BY 1`,
		"totals":     `SELECT number, kind, from_bucket, to_bucket, points, entries FROM period_total ORDER BY 1, 2, 3, 4`,
		"blocks":     `SELECT number, entries, active, pending FROM ledger_block ORDER BY 1`,
		"recomputes": `SELECT r.id, r.state, r.reason, count(p.document_id) FROM recompute r LEFT JOIN recompute_pin p ON p.recompute_id = r.id GROUP BY 1, 2, 3`,
	} {
		out[name] = w.query(query)
	}
	return out
}

// recomputeWorld has so many documents that a recompute takes several pages, and other
// rules for the later ones.
func recomputeWorld(t *testing.T) world {
	t.Helper()
	w := inFolder(t)
	if err := sample.Create(t.Context(), w.path("erp.db"), sample.Config{Rows: 800, Now: sampleEnd}); err != nil {
		t.Fatal(err)
	}
	w.write("loyalsync.yaml", strings.NewReplacer("SQL\n", underSource(sample.YAML()), "sqlite:data/loyalsync.db", w.url).Replace(worldYAML))
	w.must("run", "points")
	w.edited("    rules_from: 2024-01-01", "    rules_from: 2026-07-01")
	w.edited(`per: "100", points: "1"}`, `per: "100", points: "3"}`)
	w.must("run", "points")
	return w
}

// unless repeats a line until a query finds that it was done.
func unless(query, line string) func(world) string {
	return func(w world) string {
		if len(w.query(query)) > 0 {
			return ""
		}
		return line
	}
}

// TestLaw1_KilledWrites kills every command that writes points while it does, and says it
// again as a person or the schedule does: in the end everything was done once, as without
// a kill, and the ledger agrees with itself after every kill.
func TestLaw1_KilledWrites(t *testing.T) {
	const recompute = "recompute --rules-from 2026-07-01 --post --reason board"
	for _, c := range []struct {
		name  string
		world func(*testing.T) world
		lines []string
		again func(world) string // what is said after a kill, "" nothing; nil the same
		half  string             // a query: what is there when it is half done
	}{
		{"adjustments", synced, []string{
			"adjustments give K010 7 --reason sorry --key g1", "adjustments take K010 9 --reason slip --key g2", "adjustments transfer K010 K001 15 --reason gift --key g3",
		}, nil, ""},
		{"lapse", func(t *testing.T) world { return lapsingWorld(t, "{after: 1d}") }, []string{"run lapse"}, nil, ""},
		{"activate", func(t *testing.T) world {
			w := waitingWorld(t, "paid")
			w.erp(`UPDATE dokumenty SET zaplacono = 0`)
			w.must("run", "points")
			w.erp(`UPDATE dokumenty SET zaplacono = 1`)
			return w
		}, []string{"run activate"}, nil, ""},
		{"recompute", recomputeWorld, []string{recompute}, func(w world) string {
			if state := w.query(`SELECT state FROM recompute`); len(state) == 0 {
				return recompute
			}
			return unless(`SELECT 1 FROM recompute WHERE state = 2`, "recompute continue 1")(w)
		}, `SELECT 1 FROM recompute WHERE state = 1 AND position > 0`},
		{"recompute undone", func(t *testing.T) world {
			w := recomputeWorld(t)
			w.must(scenario{line: recompute}.args()...)
			return w
		}, []string{"recompute undo 1 --reason wrong"}, unless(`SELECT 1 FROM recompute WHERE state = 4`, "recompute undo 1 --reason wrong"), `SELECT 1 FROM recompute WHERE state = 3 AND position > 0`},
		{
			"merge", synced,
			[]string{"contractors merge K010 K001 --reason one~firm"},
			unless(`SELECT 1 FROM account_merge`, "contractors merge K010 K001 --reason one~firm"),
			"",
		},
		{
			"close", synced,
			[]string{"ledger close --through 2026-06-30 --reason half"},
			unless(`SELECT 1 FROM period`, "ledger close --through 2026-06-30 --reason half"),
			"",
		},
		{"seal", func(t *testing.T) world {
			w := synced(t)
			w.store(`UPDATE batch SET posted_at = posted_at - 86400000000`)
			return w
		}, []string{"run points"}, nil, ""},
	} {
		if racing && c.name != "adjustments" && c.name != "recompute" {
			continue // the command's own tests look for races there; each kill takes seconds
		}
		t.Run(c.name, func(t *testing.T) {
			calm, w := c.world(t), c.world(t)
			before := w.outcomes()
			w.slowly()
			h := w.hunt()
			h.half = c.half
			for _, line := range c.lines {
				calm.must(scenario{line: line}.args()...)
				h.until(line, c.again)
			}
			t.Logf("%d kills fell into a write", h.inside)
			if (h.inside == 0 || h.half != "") && !racing { // there a write may be over before it is seen
				t.Error("no kill fell into a write: the test tests too little")
			}
			got, want := w.outcomes(), calm.outcomes()
			if cmp.Equal(before, got) {
				t.Error("nothing was written: the test tests too little")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-undisturbed +killed):\n%s", diff)
			}
		})
	}
}

// until kills a line a few times, and lets it end then.
func (h *hunt) until(line string, again func(world) string) {
	h.t.Helper()
	kills := 5
	if racing {
		kills = 2
	}
	for range kills {
		done := h.kill(line)
		h.proven("after a kill of " + line)
		if again != nil {
			line = again(h.world)
		}
		if done || line == "" {
			return
		}
	}
	h.must(scenario{line: line}.args()...)
	h.proven("after " + line)
}
