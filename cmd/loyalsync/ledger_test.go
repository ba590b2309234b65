package main

import (
	"strings"
	"testing"
)

// TestLedgerVerify: a ledger agrees with itself until somebody changes it past the
// program.
func TestLedgerVerify(t *testing.T) {
	w := synced(t)
	var good proofResult
	decode(t, w.must("ledger", "verify", "--json"), &good)
	if p := good.Programs; !good.OK || len(good.Breaches) != 0 || len(p) != 1 || p[0].Entries == 0 || p[0].Accounts == 0 || p[0].Points["active"] == "0" {
		t.Errorf("%+v", good)
	}
	w.play(t, []scenario{
		{line: "ledger verify", has: []string{"PROGRAM", "main", "ok: blocks, balances and lots agree"}},
		{line: "ledger verify --lang pl", has: []string{"ZAPISY", "w porządku: "}},
	})
	w.store(`UPDATE account SET active = active + 1 WHERE id = (SELECT id FROM contractor WHERE code = 'K010')`)
	w.play(t, []scenario{
		{line: "ledger verify", code: exitNo, has: []string{"(contractor K010): the balance is not the sum of its entries", "K010): its lots do not add up"}, lacks: []string{"ok:", "error:"}},
		{line: "ledger verify --lang pl", code: exitNo, has: []string{"(kontrahent K010): saldo nie jest sumą zapisów"}},
		{line: "ledger verify --json", code: exitNo, has: []string{`"ok": false`, `"kind": "balance_wrong"`, `"contractor": "K010"`}},
	})
}

// TestRunsSeal: a run on the next day seals what was posted.
func TestRunsSeal(t *testing.T) {
	w := synced(t)
	blocks := func(want int) []string {
		t.Helper()
		found := w.query(`SELECT hash FROM ledger_block`)
		if len(found) != want {
			t.Errorf("blocks %v, want %d", found, want)
		}
		return found
	}
	blocks(0) // the day is not over
	w.store(`UPDATE batch SET posted_at = posted_at - 86400000000`)
	w.must("run", "points", "--dry-run")
	blocks(0)
	w.must("run", "points")
	if hash := blocks(1); !strings.Contains(w.must("ledger", "verify"), hash[0]) {
		t.Error("the hash of the last block is not told")
	}
}

// TestLedgerVerify_Redemptions: points on hold, spent and given back agree with their
// entries and lots.
func TestLedgerVerify_Redemptions(t *testing.T) {
	w := spendingWorld(t)
	for _, line := range []string{
		"redemptions reserve K010 --points 10 --document PA/1", "redemptions post 1", "redemptions undo 1", "redemptions reserve K010 --points 10", "redemptions void 2",
	} {
		w.must(strings.Fields(line)...)
		var p proofResult
		decode(t, w.must("ledger", "verify", "--json"), &p)
		points := p.Programs[0].Points
		if reserved := strings.Contains(line, "reserve"); !p.OK || (points["held"] == "10") != reserved || (points["spent"] == "10") != strings.Contains(line, "post") {
			t.Errorf("%s: %+v", line, p)
		}
	}
}
