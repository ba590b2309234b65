package main

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/connectors/sqlerp/sample"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// TestLaw10_RefusedAndRequeued pushes to a receiver that refuses the token, then
// one item, then nothing more: the points are posted all along, nothing is given
// up that a person can mend, and the item arrives under the ID it always had.
func TestLaw10_RefusedAndRequeued(t *testing.T) {
	p := newPushed(t, 80, 50, 20)
	p.receiver.set(func(r *receiver) { r.fault = func(string, []string) int { return http.StatusUnauthorized } })
	r := p.do("run", "points")
	if r.code != exitFailed || !strings.Contains(r.err, "error: platform hosted: ") || !strings.Contains(r.err, "hint: the token or the signature is refused") {
		t.Errorf("a refused token: exit %d\n%s", r.code, r.err)
	}
	posted := p.query(ledgerQueries["entries"])
	if len(posted) == 0 || len(p.receiver.ids()) > 0 {
		t.Fatalf("%d entries posted, %d received", len(posted), len(p.receiver.ids()))
	}
	var d deliveriesResult
	decode(t, p.must("deliveries", "--json"), &d)
	if len(d.Blocked) != 1 || d.Blocked[0].Platform != "hosted" || p.letters() != nil {
		t.Errorf("blocked %v, dead letters %v", d.Blocked, p.letters())
	}

	bad := ""
	p.receiver.set(func(r *receiver) {
		r.fault = func(kind string, ids []string) int {
			if kind == string(wire.Points) && bad == "" {
				bad = ids[len(ids)/2]
			}
			if slices.Contains(ids, bad) {
				return http.StatusBadRequest
			}
			return 0
		}
	})
	if out := p.must("run", "points", "--json"); !strings.Contains(out, `"rejected": 1`) {
		t.Errorf("a refused item: %s", out)
	}
	letters := p.letters()
	if len(letters) != 1 || letters[0].Item != bad || letters[0].Kind != wire.Points || letters[0].Requeued || letters[0].Code == "" {
		t.Fatalf("dead letters %+v, want %s", letters, bad)
	}
	if got := len(p.receiver.ids()); got != len(posted)-1 {
		t.Errorf("%d of %d items arrived beside the refused one", got, len(posted))
	}

	p.must("run", "points") // a letter does not go again by itself
	if got := p.letters(); len(got) != 1 || got[0].Attempts != 1 {
		t.Errorf("after another run %+v", got)
	}
	p.must("deliveries", "requeue", "--all")
	p.receiver.set(func(r *receiver) { r.fault = nil })
	p.must("run", "points")
	if p.letters() != nil || !slices.Contains(p.receiver.ids(), bad) || len(p.receiver.ids()) != len(posted) {
		t.Errorf("after the requeue: letters %v, %d of %d items", p.letters(), len(p.receiver.ids()), len(posted))
	}
	p.consistent(true)
	if diff := cmp.Diff(posted, p.query(ledgerQueries["entries"])); diff != "" {
		t.Errorf("delivering changed the ledger:\n%s", diff)
	}
}

func (p pushed) letters() (letters []store.DeadLetter) {
	p.t.Helper()
	decode(p.t, p.must("deliveries", "--dead", "--json"), &letters)
	if len(letters) == 0 {
		return nil
	}
	return letters
}

// TestLaw10_Unsteady loses every third answer after the items were taken, with
// the whole history read twice: the receiver has every item once.
func TestLaw10_Unsteady(t *testing.T) {
	p := newPushed(t, 40, 50, 50)
	p.receiver.unsteady(3)
	p.must("run", "points")
	p.must("run", "points", "--since", "2024-01-01")
	p.consistent(true)
	if got := p.receiver.state()["received with other content"]; len(got) > 0 {
		t.Errorf("one ID with two contents: %v", got)
	}
}

// TestChangedIdentity points the source's URL at another database: nothing is
// read, the command that accepts it is named, and it does.
func TestChangedIdentity(t *testing.T) {
	w := synced(t)
	if err := sample.Create(t.Context(), w.path("other.db"), sample.Config{Rows: 120, Seed: 2, Now: sampleEnd}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(w.path("loyalsync.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	before := w.query(ledgerQueries["documents"])
	w.write("loyalsync.yaml", strings.Replace(string(text), "sqlite:erp.db", "sqlite:other.db", 1))
	for range 2 {
		r := w.do("run", "points")
		if r.code != exitAct || !strings.Contains(r.err, "loyalsync source accept demo") {
			t.Fatalf("another database: exit %d\n%s", r.code, r.err)
		}
	}
	if diff := cmp.Diff(before, w.query(ledgerQueries["documents"])); diff != "" {
		t.Errorf("another database was read:\n%s", diff)
	}
	const identity = `SELECT identity FROM source`
	first := w.query(identity)
	w.must("source", "accept", "demo")
	// the same keys are other documents there: the guard asks before it believes that
	r := w.do("run", "points")
	approve := regexp.MustCompile(`runs approve (\d+)`).FindStringSubmatch(r.err)
	if r.code != exitAct || approve == nil {
		t.Fatalf("the accepted database: exit %d\n%s", r.code, r.err)
	}
	w.must("runs", "approve", approve[1])
	if got := w.query(identity); got[0] == "" || got[0] == first[0] {
		t.Errorf("accepted, and the identity is %v after %v", got, first)
	}
	w.write("loyalsync.yaml", string(text)) // back again is another database, too
	if r := w.do("run", "points"); r.code != exitAct {
		t.Errorf("back at the first database: exit %d", r.code)
	}
}

// TestLaw5_KeysNotNumbers: two documents may be printed with one number, and a
// document may change its number; points follow the ERP's key.
func TestLaw5_KeysNotNumbers(t *testing.T) {
	w := newWorld(t)
	w.erp(`UPDATE dokumenty SET numer = 'FS/1/01/2026' WHERE koryguje_id IS NULL`)
	w.must("run", "points")
	other := newWorld(t)
	other.must("run", "points")
	const byKey = `SELECT d.erp_key, e.line, e.kind, e.amount, e.effective_on FROM entry e JOIN document d ON d.id = e.document_id ORDER BY 1, 2, 3`
	points := w.query(byKey)
	if len(points) == 0 {
		t.Fatal("no points: the test tests nothing")
	}
	if diff := cmp.Diff(other.query(byKey), points); diff != "" {
		t.Errorf("one number for all documents (-numbers of their own +one number):\n%s", diff)
	}
	w.erp(fmt.Sprintf(`UPDATE dokumenty SET numer = 'NEW/' || id, zmieniono = '%s'`, demoClock().Format("2006-01-02 15:04:05.000")))
	w.must("run", "points")
	if diff := cmp.Diff(points, w.query(byKey)); diff != "" {
		t.Errorf("new numbers changed the points:\n%s", diff)
	}
	if got := w.query(`SELECT count(*) FROM document WHERE number <> 'NEW/' || erp_key`); got[0] != "0" {
		t.Errorf("%s documents keep their old number", got[0])
	}
}
