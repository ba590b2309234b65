package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestRecompute: other rules for old documents are shown first, then posted, listed,
// explained and undone; what somebody has spent of it is not undone.
func TestRecompute(t *testing.T) {
	w := spendingWorld(t)
	balance := func() string {
		t.Helper()
		var b balanceResult
		decode(t, w.must("balance", "K010", "--json"), &b)
		return b.Available
	}
	w.edited("    rules_from: 2024-01-01", "    rules_from: 2026-07-01")
	w.edited(`per: "100", points: "1"}`, `per: "100", points: "3"}`)
	w.must("run", "points")
	w.play(t, []scenario{
		{line: "recompute", code: exitInput, has: []string{"--rules-from 2026-01-01"}},
		{line: "recompute --rules-from 2026-07-01 --post", code: exitInput, has: []string{"--reason"}},
		{line: "recompute --rules-from 2025-01-01", code: exitInput, has: []string{"valid from 2025-01-01; there are those of: 2024-01-01 2026-07-01"}},
		{line: "recompute --rules-from 2026-07-01 --from 2026-02-01 --to 2026-01-01", code: exitInput, has: []string{"--from is after --to"}},
		{line: "recompute --rules-from 2026-07-01 --source other", code: exitInput},
		{line: "recompute list", has: []string{"nothing of program main was recomputed"}},
		{line: "recompute --rules-from 2026-07-01", has: []string{"dry run of recompute", "nothing was written or sent", "K010", "--post and --reason"}},
		{line: "recompute list --json", has: []string{"[]"}},
		{line: "recompute undo 1 --reason x", code: exitInput, has: []string{"there is no recompute 1"}},
		{line: "recompute undo x --reason x", code: exitInput},
	})
	if b := balance(); b != "43" {
		t.Errorf("shown only, but %s available", b)
	}
	var done struct {
		DryRun    bool `json:"dry_run"`
		Recompute recomputeRow
		Changes   []change
	}
	decode(t, w.must("recompute", "--rules-from", "2026-07-01", "--post", "--reason", "agreed with the board", "--json"), &done)
	if done.DryRun || done.Recompute.State != "posted" || done.Recompute.Documents == 0 || len(done.Changes) == 0 {
		t.Errorf("%+v", done)
	}
	more := balance()
	if more == "43" {
		t.Error("nothing was posted")
	}
	number := w.query(`SELECT d.number FROM document d JOIN contractor c ON c.id = d.account_id WHERE c.code = 'K010' AND d.active > 0 AND d.corrects = '' ORDER BY d.id LIMIT 1`)[0]
	w.must("run", "points", "--since", "2024-01-01")
	if b := balance(); b != more {
		t.Errorf("read again %s available, before %s", b, more)
	}
	w.play(t, []scenario{
		{line: "recompute list", has: []string{"posted", "1 Jul 2026", "agreed with the board"}, lacks: []string{"["}},
		{line: "recompute list --lang pl", has: []string{"zapisane", "ZASADY OD"}},
		{line: "explain " + number + " --json", has: []string{`"reason": "recompute 1: agreed with the board"`, `"rules_from": "2026-07-01"`}},
		{line: "recompute continue 1", code: exitFailed, has: []string{"recompute 1 is finished"}},
		{line: "recompute undo 1", code: exitInput, has: []string{"--reason"}},
		{line: "recompute undo 1 --dry-run", has: []string{"dry run of recompute", "K010"}},
		{line: "runs", has: []string{"recompute", "succeeded"}},
		{line: "ledger verify", has: []string{"ok: "}},
	})
	w.edited(`max_per_day: "30", `, "")
	w.must("redemptions", "reserve", "K010", "--points", "60", "--post")
	w.play(t, []scenario{
		{line: "recompute undo 1 --reason wrong", code: exitFailed, has: []string{"K010  ", "too few", "1 contractors have spent points", "hint: "}},
		{line: "redemptions undo 1", has: []string{"given back"}},
		{line: "recompute undo 1 --reason wrong --lang pl", has: []string{"przeliczenie 1: wycofane", "K010"}},
		{line: "recompute undo 1 --reason wrong", code: exitFailed, has: []string{"undone already"}},
		{line: "ledger verify", has: []string{"ok: "}},
	})
	if b := balance(); b != "43" {
		t.Errorf("undone, %s available", b)
	}
	if out := w.must("explain", number, "--json"); !strings.Contains(out, `"reason": "undo recompute 1: wrong"`) {
		t.Error(fmt.Sprint("no trace of it in ", out))
	}
}
