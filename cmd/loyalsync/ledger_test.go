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
