package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lapsingWorld is a world whose points lapse by a policy, after a first run.
func lapsingWorld(t *testing.T, policy string) world {
	t.Helper()
	w := newWorld(t)
	yaml := read(t, w.path("loyalsync.yaml"))
	w.write("loyalsync.yaml", strings.Replace(yaml, "    rules_from:", "    lapse: "+policy+"\n    rules_from:", 1)+
		"  - {name: lapse, kind: lapse, platforms: [panel], daily: [\"00:15\"]}\n")
	w.must("run", "points")
	return w
}

// sound checks that entries and lots make balances.
func (w world) sound() {
	w.t.Helper()
	for name, query := range consistency {
		if got := w.query(query); len(got) > 0 {
			w.t.Errorf("not true: %s: %v", name, got)
		}
	}
}

// TestLapseJob: balances are the same before the job, after it and after it ran again;
// a dry run says what it posts, and explain tells of it.
func TestLapseJob(t *testing.T) {
	w := lapsingWorld(t, "{after: 1d}")
	balance := func() (b balanceResult) {
		t.Helper()
		decode(t, w.must("balance", "K010", "--json"), &b)
		return b
	}
	before := balance()
	if before.Available != "0" || before.Lapsed != "43" {
		t.Errorf("before the job: %+v", before)
	}
	var forecast lapseResult
	decode(t, w.must("lapse", "--forecast", "--json"), &forecast)
	total := forecast.Overdue.Points
	if total == "0" || len(forecast.Days) != 0 {
		t.Errorf("before the job: %+v", forecast)
	}
	if out := w.must("run", "lapse", "--dry-run"); !strings.Contains(out, "dry run of lapse") || !strings.Contains(out, total+"\u00a0points lapsed") || !strings.Contains(out, "+43") {
		t.Errorf("a dry run:\n%s", out)
	}
	var dry struct{ Changes []change }
	decode(t, w.must("run", "lapse", "--dry-run", "--json"), &dry)
	for _, c := range dry.Changes { // what had lapsed was not available before
		if c.Available != "0" || c.Debt != "0" {
			t.Errorf("a dry run changes %+v", c)
		}
	}
	var first dryRunResult
	decode(t, w.must("run", "lapse", "--json"), &first)
	if got := first.Points.Lapsed.Format(0); got != total || first.Entries == 0 {
		t.Errorf("lapsed %s of %s in %d entries", got, total, first.Entries)
	}
	w.sound()
	if out := w.must("run", "lapse"); !strings.Contains(out, "nothing has changed") {
		t.Errorf("twice is not once: %s", out)
	}
	if diff := cmp.Diff(before, balance()); diff != "" {
		t.Errorf("before the job, and afterwards:\n%s", diff)
	}
	decode(t, w.must("lapse", "--forecast", "--json"), &forecast)
	if forecast.Overdue.Points != "0" {
		t.Errorf("afterwards: %+v", forecast)
	}
	document := w.query(`SELECT d.number FROM entry e JOIN document d ON d.id = e.document_id WHERE e.kind = 5 AND d.corrects = '' ORDER BY d.id LIMIT 1`)[0]
	for lang, want := range map[string]string{"en": "lapsed, valid until ", "pl": "wygasły, ważne do "} {
		if out := w.must("explain", document, "--lang", lang); !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	w.erp(`UPDATE dokumenty SET stan = 2, zmieniono = ?`, demoClock().Format("2006-01-02 15:04:05.000"))
	w.write("loyalsync.yaml", strings.Replace(read(t, w.path("loyalsync.yaml")), `min_points: "1"`, `min_points: "1000000"`, 1))
	w.must("run", "points")
	w.sound()
	if left := w.query(`SELECT sum(pending + active + lapsed + debt) FROM account`)[0]; left != "0" {
		t.Errorf("every document is cancelled, and %s points are left", left)
	}
}

// TestLapseForecast tells what lapses when, in words and as data.
func TestLapseForecast(t *testing.T) {
	w := lapsingWorld(t, `{date: 2199-12-31}`)
	w.play(t, []scenario{
		{line: "lapse --forecast --until 2199-12-31", has: []string{"program main, as of ", "VALID UNTIL", "31 Dec 2199", "without end"}, lacks: []string{"later"}},
		{line: "lapse --forecast", has: []string{"later, from 31 Dec 2199"}},
		{line: "lapse --forecast --lang pl --until 2200-01-01", has: []string{"WAŻNE DO (WŁĄCZNIE)", "31.12.2199", "bezterminowo"}},
		{line: "lapse --forecast --json --until 2200-01-01 --program main", has: []string{`"lapses_on": "2199-12-31"`, `"contractors": `, `"later"`, `"never"`}},
		{line: "balance K010", has: []string{"valid until 31 Dec 2199: 43\u00a0points"}},
		{line: "balance K010 --lang pl", has: []string{"ważne do 31.12.2199 (włącznie): 43\u00a0punkty"}},
		{line: "balance K010 --json", has: []string{`"lapses": [`}},
		{line: "balance K010 --at 2026-06-30 --json", lacks: []string{`"lapses": [`}},
		{line: "lapse", code: exitInput, has: []string{"say --forecast"}},
		{line: "lapse --forecast --until tomorrow", code: exitInput, has: []string{"--until"}},
		{line: "lapse --forecast --program none", code: exitInput, has: []string{`there is no program "none"`}},
	})
}
