package main

import (
	"strings"
	"testing"
	"time"
)

// TestClosedPeriod: what is taken back after a period was closed changes neither it nor its
// statement; it counts in the next, which names the day.
func TestClosedPeriod(t *testing.T) {
	w := spendingWorld(t)
	w.must("redemptions", "reserve", "K010", "--points", "10", "--post", "--document", "PA/1")
	w.play(t, []scenario{
		{line: "ledger periods", has: []string{"no period of program main is closed"}},
		{line: "ledger periods --json", has: []string{"[]"}},
		{line: "ledger close", code: exitInput, has: []string{"--through 2026-10-31"}},
		{line: "ledger close --through soon", code: exitInput, has: []string{"--through: "}},
		{line: "ledger close --through " + time.Now().AddDate(0, 0, 2).Format(time.DateOnly), code: exitInput, has: []string{"the day is not over"}},
		{line: "ledger close --through 2026-06-30 --program other", code: exitInput},
		{line: "ledger close --through 2026-06-30 --dry-run", has: []string{"this would be frozen:", "THROUGH", "30 Jun 2026"}, lacks: []string{"hash"}},
		{line: "ledger periods --json", has: []string{"[]"}},
	})
	var closed periodResult
	decode(t, w.must("ledger", "close", "--through", "2026-06-30", "--reason", "first half", "--json"), &closed)
	if closed.Number != 1 || closed.Hash == "" || closed.Spent != "0" || closed.Reason != "first half" || closed.Outstanding == "0" || closed.Earned != "614" || closed.Reversed != "-1" || closed.Worth != "306.50" {
		t.Errorf("%+v", closed)
	}
	const asked = "statement K010 --from 2020-01-01 --to 2026-06-30 --json"
	before := w.must(strings.Fields(asked)...)
	number := w.query(`SELECT d.number FROM document d JOIN contractor c ON c.id = d.account_id WHERE c.code = 'K010' AND d.active > 0 AND d.corrects = '' ORDER BY d.id DESC LIMIT 1`)[0]
	w.erp(`UPDATE dokumenty SET stan = 2, zmieniono = strftime('%Y-%m-%d %H:%M:%S', 'now') WHERE numer = ?`, number)
	w.edited(`guard: {max_reversed: 20%, min_points: "1"}`, `guard: {max_reversed: 90%, min_points: "1"}`)
	w.must("run", "points")
	if after := w.must(strings.Fields(asked)...); after != before {
		t.Errorf("the statement of a closed period was\n%s\nand is\n%s", before, after)
	}
	var again []periodResult
	decode(t, w.must("ledger", "periods", "--json"), &again)
	if len(again) != 1 || again[0].Outstanding != closed.Outstanding || again[0].Hash != closed.Hash {
		t.Errorf("%+v, want %+v", again, closed)
	}
	w.play(t, []scenario{
		{line: "statement K010 --from 2026-07-01", has: []string{"taken back", number + " (of ", ", a closed period)"}},
		{line: "statement K010 --from 2026-07-01 --lang pl", has: []string{number + " (z dnia ", ", okres zamknięty)"}},
		{line: "statement K010 --from 2026-07-01 --out -", has: []string{"2026-07-01,taken back," + number + ",\"(of "}},
		{line: "explain " + number, has: []string{"taken back, after the period through 30 Jun 2026 was closed: counts in the next"}},
		{line: "explain " + number + " --json --lang pl", has: []string{`"closed_through": "2026-06-30"`}},
		{line: "ledger close --through 2026-06-30", code: exitFailed, has: []string{"2026-06-30 is in a period that is closed", "hint: "}},
		{line: "ledger close --through 2026-07-31 --lang pl", has: []string{"okres zamknięty:", "COFNIĘTE", "31.07.2026", "skrót łańcucha zapisów: "}},
		{line: "ledger periods", has: []string{"31 Jul 2026", "30 Jun 2026", "PLN"}},
		{line: "ledger verify", has: []string{"ok: blocks, balances and lots agree with the entries, closed periods too"}},
	})
	var verified proofResult
	decode(t, w.must("ledger", "verify", "--json"), &verified)
	if hash := verified.Programs[0].Hash; !strings.Contains(w.must("ledger", "periods", "--json"), hash) {
		t.Errorf("the hash %s is not that of the last period", hash)
	}
}

// TestLiability: what is owed is what the balances are together, worth what points are
// worth, and lapses when they do.
func TestLiability(t *testing.T) {
	w := lapsingWorld(t, "{after: 3y}")
	w.edited("    rules_from:", `    redemption: {point_worth: "0.25"}`+"\n    rules_from:")
	var l liabilityResult
	decode(t, w.must("liability", "--json"), &l)
	available := w.query(`SELECT CAST(sum(active) AS TEXT) FROM account`)[0]
	if l.Available != available || l.Breakage != nil || len(l.Lapses) == 0 && l.Later.Points == "0" || l.Contractors == 0 {
		t.Errorf("%+v, want %s available", l, available)
	}
	worth := l.Worth
	w.must("redemptions", "reserve", "K010", "--points", "8", "--post", "--document", "PA/1")
	decode(t, w.must("liability", "--json"), &l)
	if l.Breakage == nil || *l.Breakage != "0" || l.Spent != "8" || l.Worth == worth || l.ToBeSpent != l.Worth {
		t.Errorf("after spending: %+v", l)
	}
	w.play(t, []scenario{
		{line: "liability", has: []string{"program main, as of ", "worth of both", "PLN", "breakage", "0 %", "VALID UNTIL"}},
		{line: "liability --lang pl", has: []string{"zobowiązanie wobec kontrahentów", "zł", "niewykorzystane"}},
		{line: "liability --program other", code: exitInput},
	})
}
