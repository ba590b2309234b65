package main

import (
	"strings"
	"testing"
)

// TestMerges: two contractors with one tax number are proposed, merged by two people,
// told everywhere, and parted again; points jobs between find nothing to correct.
func TestMerges(t *testing.T) {
	w := newWorld(t)
	w.edited("    rules_from:", "    approve_above: \"100\"\n    rules_from:")
	w.erp(`UPDATE kontrahenci SET nip = 'PL ' || (SELECT nip FROM kontrahenci WHERE kod = 'K010') WHERE kod = 'K001'`)
	w.must("run", "points")
	for _, name := range []string{"anna", "bartek"} {
		w.write(name, name+"-hunter2-long")
		w.must("user", "add", name, "--password-file", w.path(name))
	}
	anna, bartek := " --as anna --password-file "+w.path("anna"), " --as bartek --password-file "+w.path("bartek")
	w.play(t, []scenario{
		{line: "contractors merges", has: []string{"no contractors are merged", "the same tax number", "K001", "K010"}},
		{line: "contractors merges --json", has: []string{`"merges": []`, `"reason": "tax_id"`}},
		{line: "contractors merge K010 K010 --reason x", code: exitInput},
		{line: "contractors merge K010 K001", code: exitInput, has: []string{"for a reason"}},
		{line: "contractors unmerge K010", code: exitInput, has: []string{"is not merged"}},
		{line: "contractors merge K010 K001 --reason x --dry-run", has: []string{"K010 → K001", "43", "nothing was written"}},
		{line: "contractors merge K010 K001 --reason x --dry-run --json", has: []string{`"active": "43"`, `"needs_approval": false`}},
		{line: "balance K010 --json", has: []string{`"available": "43"`}},
		{line: "adjustments give K010 60 --reason gift"},
		{line: "contractors merge K010 K001 --reason x", code: exitInput, has: []string{"--as"}},
		{line: "contractors merge K010 K001 --reason one~firm" + anna, has: []string{"waits for a second person", "merge"}},
		{line: "contractors merges", has: []string{"no contractors are merged"}, lacks: []string{"tax number"}},
		{line: "adjustments approve 2" + anna, code: exitNo},
		{line: "adjustments approve 2" + bartek, has: []string{"K010 → K001", "103", "posted"}},
		{line: "contractors merges", has: []string{"K010 (demo", "one firm", "bartek"}, lacks: []string{"tax number"}},
		{line: "contractors merges --lang pl", has: []string{"POŁĄCZONY"}},
		{line: "balance K010", has: []string{"merged into K001 on", "by bartek", "one firm"}},
		{line: "balance K010 --json", has: []string{`"available": "0"`, `"merged_into": "K001"`}},
		{line: "balance K001 --json", has: []string{`"merged": [`, `"K010"`}},
		{line: "history K010 --lang pl", has: []string{"połączony z K001"}},
		{line: "statement K001", has: []string{"with the points of K010", "one firm"}},
		{line: "adjustments give K010 5 --reason gift", code: exitNo, has: []string{"merged into another"}},
		{line: "adjustments transfer K001 K010 5 --reason gift", code: exitNo},
		{line: "contractors merge K001 K010 --reason x", code: exitNo, has: []string{"merged"}},
		{line: "liability", has: []string{"673\u00a0points", "to 34 contractors"}},
		{line: "redemptions reserve K010 --points 1 --post", has: []string{"1"}},
		{line: "ledger verify"},
	})
	w.sound()
	before := w.must("balance", "K001", "--json")
	w.store(`UPDATE feed SET documents_fp = 'another'`) // everything is evaluated again
	w.must("run", "points")
	if after := w.must("balance", "K001", "--json"); after != before {
		t.Errorf("the points job moved points:\n%s\nbefore\n%s", after, before)
	}
	w.play(t, []scenario{
		{line: "contractors unmerge K010" + anna, has: []string{"taken back"}},
		{line: "contractors unmerge K010", code: exitInput},
		{line: "balance K010", lacks: []string{"merged"}},
		{line: "contractors merges", has: []string{"no contractors are merged", "the same tax number"}},
		{line: "contractors merges --all --json", has: []string{`"undone_by": "anna"`}},
		{line: "contractors dismiss K010 K001", code: exitInput},
		{line: "contractors dismiss K010 K001 --reason branches", has: []string{"not proposed any more"}},
		{line: "contractors merges", has: []string{"no contractors are merged"}, lacks: []string{"tax number"}},
		{line: "ledger verify"},
	})
	w.sound()
	a, b := w.must("balance", "K010", "--json"), w.must("balance", "K001", "--json")
	if !strings.Contains(a+b, `"spent": "1"`) || strings.Contains(a, `"spent": "1"`) {
		t.Errorf("what was spent while they were merged stays with the one that spent it:\n%s%s", a, b)
	}
}

// TestMergesOfTheERP: what the ERP has merged, by its word or by the documents that it
// moved, is proposed after the next runs, with why, until it is merged or dismissed; more
// runs change nothing about that. A buyer that was put right is no merge.
func TestMergesOfTheERP(t *testing.T) {
	w := newWorld(t)
	w.erp(`ALTER TABLE kontrahenci ADD COLUMN merged_into INTEGER`)
	w.edited("max_reversed: 20%", "max_reversed: 100%", "jobs:\n", `jobs:
  - {name: people, kind: contractors, source: demo, program: main, platforms: [panel], every: 1h}
  - {name: sweep, kind: sweep, source: demo, program: main, platforms: [panel], every: 1d}
`, `    url: "sqlite:erp.db"`, "    url: \"sqlite:erp.db\"\n    window: 9000d")
	runs := func() {
		t.Helper()
		for _, job := range []string{"people", "points", "sweep"} {
			w.must("run", job)
		}
	}
	runs()
	told := func(from, into string) {
		t.Helper()
		w.erp(`UPDATE kontrahenci SET aktywny = 0, merged_into = (SELECT id FROM kontrahenci WHERE kod = ?) WHERE kod = ?`, into, from)
	}
	moved := func(from, into string, documents int) {
		t.Helper()
		w.erp(`UPDATE dokumenty SET odbiorca_id = b.id, nabywca_id = b.id FROM kontrahenci a, kontrahenci b
			WHERE a.kod = ? AND b.kod = ? AND dokumenty.id IN (SELECT d.id FROM dokumenty d WHERE d.nabywca_id = a.id ORDER BY d.sprzedano, d.id LIMIT ?)`, from, into, documents)
	}
	proposed := func(when, want string) {
		t.Helper()
		if got := w.proposed(); got != want {
			t.Errorf("%s: proposed %q, want %q", when, got, want)
		}
	}
	proposed("before", "")
	told("K010", "K001")
	told("K014", "K015")
	told("K015", "K018")
	moved("K004", "K005", 100)
	moved("K009", "K006", 100) // its only one
	moved("K002", "K006", 1)   // the first of five
	runs()
	all := "K010>K001 erp; K014>K018 erp; K015>K018 erp; K004>K005 documents"
	proposed("after the runs", all)
	runs()
	proposed("and after others", all)
	w.erp(`UPDATE kontrahenci SET aktywny = 0 WHERE kod IN ('K009', 'K002')`)
	runs()
	proposed("two were made inactive", all+"; K009>K006 documents")
	w.play(t, []scenario{
		{line: "contractors merges", has: []string{"merged in the ERP", "its documents are the other's now"}, lacks: []string{"tax number"}},
		{line: "contractors merges --lang pl", has: []string{"połączeni w systemie ERP", "jego dokumenty ma teraz ten drugi"}},
		{line: "doctor", has: []string{"look like one firm: 5", "loyalsync contractors merges"}},
		{line: "contractors merge K010 K001 --reason one~firm", has: []string{"posted"}},
		{line: "contractors merge K018 K006 --reason one~firm", has: []string{"posted"}},
		{line: "contractors dismiss K005 K004 --reason branches"},
	})
	runs()
	rest := "K014>K006 erp; K015>K006 erp; K009>K006 documents"
	proposed("one was merged, one dismissed, and one that others went to was merged too", rest)
	w.must("contractors", "unmerge", "K010")
	proposed("taken back", "K010>K001 erp; "+rest)
	w.erp(`UPDATE kontrahenci SET merged_into = NULL WHERE kod IN ('K010', 'K014')`)
	runs()
	proposed("the ERP says so no more", "K015>K006 erp; K009>K006 documents")
	w.must("ledger", "verify")
	w.sound()
}
