package main

import (
	"slices"
	"strconv"
	"testing"
)

// TestExplainContractor: what a contractor's points are made of comes to the balance, in the
// order in which they are spent.
func TestExplainContractor(t *testing.T) {
	w := spendingWorld(t)
	w.must("adjustments", "give", "K010", "7", "--reason", "sorry", "--lapses-on", "2099-12-31")
	w.must("redemptions", "reserve", "K010", "--points", "10", "--post", "--document", "PA/1")
	var told contractorLots
	decode(t, w.must("explain", "--contractor", "K010", "--json"), &told)
	sum := 0
	for _, l := range told.Lots {
		n, err := strconv.Atoi(l.Active)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	if strconv.Itoa(sum) != told.Available || told.Available != "40" || told.More || len(told.Lots) < 2 {
		t.Errorf("%+v", told)
	}
	if slices.ContainsFunc(told.Lots, func(l lotResult) bool { return l.What == "adjustment" }) { // it lapses first, and was spent first
		t.Errorf("the points given are still there: %+v", told.Lots)
	}
	w.play(t, []scenario{
		{line: "explain --contractor K010", has: []string{"K010", "made of, in the order", "without end", "FS/"}},
		{line: "explain --contractor K010 --lang pl", has: []string{"składają się na nie", "bezterminowo", "DOSTĘPNE"}},
		{line: "explain --contractor NOBODY", code: exitInput, has: []string{"there is no contractor"}},
		{line: "explain --contractor --entry 1", code: exitInput},
	})
}

// TestExplainEntry: an entry tells its document and rule, or its operation, its lot, and the
// block that proves it.
func TestExplainEntry(t *testing.T) {
	w := spendingWorld(t)
	w.must("redemptions", "reserve", "K010", "--points", "10", "--document", "PA/1")
	w.must("redemptions", "void", "1")
	last := func(kind string) string {
		t.Helper()
		return w.query(`SELECT CAST(max(id) AS TEXT) FROM entry WHERE kind = ` + kind)[0]
	}
	w.play(t, []scenario{
		{line: "explain --entry 1", has: []string{"entry", "rule", "base", "version 1", "lot", "not sealed yet", "posted"}, lacks: []string{"operation"}},
		{line: "explain --entry " + last("6"), has: []string{"operation", "1", "followed by entry", "reserved", "lot", "K010"}, lacks: []string{"rule"}},
		{line: "explain --entry " + last("7") + " --lang pl", has: []string{"dotyczy zapisu", "partia", "zostało: "}},
		{line: "explain --entry 99999", code: exitInput, has: []string{"there is no entry 99999"}},
		{line: "explain --entry x", code: exitInput},
	})
	w.must("ledger", "close", "--through", "2026-06-30")
	var e entryResult
	decode(t, w.must("explain", "--entry", "1", "--json"), &e)
	if e.Block != 1 || e.Hash == "" || e.Kind != "earn" || e.Rule != "base" || e.Lot == nil || e.RulesFrom != "2024-01-01" || e.Document == "" {
		t.Errorf("%+v", e)
	}
}
