package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// waitingWorld is a world whose points wait, with a job that activates them; nothing has
// run.
func waitingWorld(t *testing.T, way string) world {
	t.Helper()
	w := newWorld(t)
	yaml := read(t, w.path("loyalsync.yaml"))
	w.write("loyalsync.yaml", strings.Replace(yaml, "    rules_from:", "    activate: "+way+"\n    rules_from:", 1)+
		"  - {name: activate, kind: activate, source: demo, program: main, platforms: [panel], daily: [\"00:05\"]}\n")
	return w
}

// balance is what a contractor of a world has.
func (w world) balance(code string) (b balanceResult) {
	w.t.Helper()
	decode(w.t, w.must("balance", code, "--json"), &b)
	return b
}

// TestActivateOnPayment: points are pending until the ERP says that their document is
// paid, though nothing else of it tells; explain says so, and the job ends it, once.
func TestActivateOnPayment(t *testing.T) {
	w := waitingWorld(t, "paid")
	w.erp(`UPDATE dokumenty SET zaplacono = 0`)
	w.must("run", "points")
	if b := w.balance("K010"); b.Available != "0" || b.Pending != "43" {
		t.Errorf("nothing is paid: %+v", b)
	}
	document := w.query(`SELECT d.number FROM document d WHERE d.waits > 0 AND d.pending > 0 ORDER BY d.id LIMIT 1`)[0]
	w.play(t, []scenario{
		{line: "explain " + document, has: []string{"available 0\u00a0points, pending ", "pending until the document is paid"}},
		{line: "explain --lang pl " + document, has: []string{"oczekują do zapłaty za dokument"}},
		{line: "explain --json " + document, has: []string{`"for": "payment"`}, lacks: []string{`"until"`}},
		{line: "run activate", has: []string{"nothing has changed"}},
	})
	w.erp(`UPDATE dokumenty SET zaplacono = 1`)
	if out := w.must("run", "activate", "--dry-run"); !strings.Contains(out, "dry run of activate") || !strings.Contains(out, "+43") {
		t.Errorf("a dry run:\n%s", out)
	}
	w.must("run", "activate")
	if b := w.balance("K010"); b.Available != "43" || b.Pending != "0" {
		t.Errorf("all is paid: %+v", b)
	}
	w.sound()
	w.play(t, []scenario{
		{line: "run activate", has: []string{"nothing has changed"}},
		{line: "explain " + document, has: []string{"earned, pending", "available"}, lacks: []string{"until the document"}},
	})
	other := newWorld(t)
	other.must("run", "points")
	if diff := cmp.Diff(other.balance("K010").Available, w.balance("K010").Available); diff != "" {
		t.Errorf("without waiting, and with it:\n%s", diff)
	}
}

// TestActivateAfter: points wait for a day, which explain tells; a change of the way is
// refused under points that were given, and doctor misses the job.
func TestActivateAfter(t *testing.T) {
	w := waitingWorld(t, "{after: 100y}")
	w.must("run", "points")
	if b := w.balance("K010"); b.Available != "0" || b.Pending != "43" {
		t.Errorf("it is not the next century yet: %+v", b)
	}
	document := w.query(`SELECT d.number FROM document d WHERE d.waits > 0 AND d.pending > 0 ORDER BY d.id LIMIT 1`)[0]
	missing := "no job of kind activate makes points of source demo in program main available"
	w.play(t, []scenario{
		{line: "explain " + document, has: []string{"pending until ", " 2125"}},
		{line: "explain --lang pl " + document, has: []string{"oczekują do ", ".2125"}},
		{line: "explain --json " + document, has: []string{`"for": "day"`, `"until": "2125-`}},
		{line: "run activate", has: []string{"nothing has changed"}},
		{line: "config check", has: []string{"ok: "}},
		{line: "doctor", code: w.do("doctor").code, lacks: []string{missing}},
	})
	w.edited("    activate: {after: 100y}", "    activate: released")
	if got := w.do("run", "points"); got.code == 0 || !strings.Contains(got.err, "rules_from") {
		t.Errorf("another way under the points that were given: %d %s", got.code, got.err)
	}
	w.edited("    activate: released", "    activate: {after: 100y}", "kind: activate, source: demo, program: main", "kind: sweep, source: demo, program: main")
	w.play(t, []scenario{{line: "doctor", code: w.do("doctor").code, has: []string{missing}}})
}
