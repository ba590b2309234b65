package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/loyalsync/loyalsync/loyalty"
)

// spendingWorld is a synced world whose points are worth something: K010 has 43.
func spendingWorld(t *testing.T) world {
	t.Helper()
	w := newWorld(t)
	w.edited("    rules_from:", `    redemption: {point_worth: "0.50", minimum: "5", max_per_day: "45", hold: 15m}`+"\n    rules_from:")
	w.edited("sources:", "http: {accept: [{name: till, program: main, may: [redeem], token: tok-till-77}, {name: agent, program: main, token: tok-agent-88}]}\nsources:")
	w.must("run", "points")
	return w
}

// TestRedemptions plays redemptions of K010 by hand, in both languages, and what balance
// and history say meanwhile.
func TestRedemptions(t *testing.T) {
	w := spendingWorld(t)
	history := w.must("history", "K010", "--json")
	before := time.Now()
	w.play(t, []scenario{
		{line: "redemptions K010", has: []string{"no points were spent yet"}},
		{line: "redemptions K010 --json", has: []string{`"redemptions": []`, `"more": false`}},
		{line: "redemptions NOBODY", code: exitInput, has: []string{"there is no contractor"}},
		{line: "redemptions K010 --limit 0", code: exitInput},
		{line: "redemptions reserve K010", code: exitInput, has: []string{"--points or --amount"}},
		{line: "redemptions reserve K010 --points 5 --amount 5", code: exitInput},
		{line: "redemptions reserve K010 --points 5.5", code: exitInput, has: []string{"--points"}},
		{line: "redemptions reserve K010 --points 0", code: exitInput, has: []string{"--points"}},
		{line: "redemptions reserve K010 --amount 5,50", code: exitInput, has: []string{"--amount", "12.50"}},
		{line: "redemptions reserve K010 --amount 5.555", code: exitInput},
		{line: "redemptions reserve K010 --points 10 --total -1", code: exitInput, has: []string{"--total"}},
		{line: "redemptions reserve K010 --points 44", code: exitNo, has: []string{"error: 44 points are asked for, 43 are available"}},
		{line: "redemptions reserve K010 --points 44 --lang pl", code: exitNo, has: []string{"error: nie ma tylu dostępnych punktów"}},
		{line: "redemptions reserve K010 --points 44 --json", code: exitNo, has: []string{`"code": "insufficient"`}},
		{line: "redemptions reserve K010 --points 4 --lang pl", code: exitNo, has: []string{"jednorazowo: 5\u00a0punktów"}},
		{line: "redemptions reserve K010 --points 46", code: exitNo, has: []string{"at most 45 points may be spent a day"}},
		{line: "redemptions reserve K010 --amount 50 --total 40", code: exitNo, has: []string{"40.00 PLN of the bill"}},
		{line: "redemptions reserve K010 --points 10 --program none", code: exitInput},
		{line: "redemptions reserve K010 --amount 4.90 --document PA/1 --key k1 --reason birthday --total 40", has: []string{"NUMBER", "PA/1", "10", "4.90\u00a0PLN", "reserved until "}},
		{line: "redemptions reserve K010 --amount 4.90 --document PA/1 --key k1 --reason birthday --total 40 --json", has: []string{`"id": "1"`, `"reason": "birthday"`, `"state": "reserved"`}},
		{line: "redemptions reserve K010 --points 11 --key k1", code: exitNo, has: []string{"another request"}},
		{line: "balance K010 --json", has: []string{`"available": "33"`, `"held": "10"`, `"spent": "0"`}},
		{line: "balance K010 --lang pl", has: []string{"zarezerwowane          10\u00a0punktów"}},
		{line: "redemptions post 1 --points 11", code: exitInput, has: []string{"10 points are held"}},
		{line: "redemptions post 1 --points x", code: exitInput},
		{line: "redemptions post x", code: exitInput, has: []string{"not the number of a redemption"}},
		{line: "redemptions post 99", code: exitInput, has: []string{"there is no such"}},
		{line: "redemptions undo 1", code: exitNo},
		{line: "redemptions undo 1 --lang pl", code: exitNo, has: []string{"zdecydowano już inaczej"}},
		{line: "redemptions post 1 --points 8 --lang pl", has: []string{"RACHUNEK", "8", "4,00\u00a0zł", "wydane"}},
		{line: "redemptions post 1 --points 8", has: []string{"spent"}},
		{line: "redemptions void 1", code: exitNo},
		{line: "balance K010 --json", has: []string{`"available": "35"`, `"held": "0"`, `"spent": "8"`}},
		{line: "redemptions reserve K010 --points 20 --post", has: []string{"spent"}},
		{line: "redemptions reserve K010 --points 18", code: exitNo, has: []string{"a day"}, lacks: []string{"reserved"}},
		{line: "balance K010 --json", has: []string{`"available": "15"`, `"spent": "28"`}},
		{line: "balance K010 --json --at 2026-07-31", has: []string{`"available": "43"`, `"spent": "0"`}},
		{line: "balance K010 --json --at 2099-01-01", has: []string{`"available": "15"`, `"held": "0"`, `"spent": "28"`}},
		{line: "balance K010 --json --posted-at " + before.UTC().Format(time.RFC3339Nano), has: []string{`"available": "43"`, `"spent": "0"`}},
		{line: "balance K010 --json --posted-at 2099-01-01T00:00:00Z", has: []string{`"available": "15"`, `"spent": "28"`}},
		{line: "redemptions undo 2", has: []string{"given back"}},
		{line: "redemptions reserve K010 --points 9 --post", has: []string{"spent"}},
		{line: "redemptions K010", has: []string{"NUMBER", "PA/1", "given back", "spent"}},
		{line: "redemptions K010 --limit 2 --lang pl", has: []string{"najnowsze: 2", "zwrócone"}, lacks: []string{"PA/1"}},
		{line: "redemptions K010 --json", has: []string{`"id": "3"`, `"undone"`, `"worth": "4.00"`}},
		{line: "balance K010 --json", has: []string{`"available": "26"`, `"spent": "17"`, `"scored_documents"`}},
	})
	if after := w.must("history", "K010", "--json"); after != history {
		t.Errorf("redemptions changed the history:\n%s", after)
	}
	if out := w.must("run", "points"); !strings.Contains(out, "nothing has changed") {
		t.Errorf("a run after redemptions: %s", out)
	}
	w.sound()
}

// TestRedemptions_Held: points that nobody spends in time are free again while it serves,
// and a till that asks by HTTP gets the same answers.
func TestRedemptions_Held(t *testing.T) {
	w := spendingWorld(t)
	clock := time.Now()
	a := w.opened()
	a.now = func() time.Time { return clock }
	handler, err := a.handler(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	call := func(token, path, body string, status int, has string) {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		if answer.Code != status || !strings.Contains(answer.Body.String(), has) {
			t.Errorf("%s: status %d, %s", path, answer.Code, answer.Body)
		}
	}
	const till, pos = "tok-till-77", "/api/v1/pos/"
	who := `{"program":"main","contractor":"K010"`
	call("tok-agent-88", pos+"balance", who+"}", http.StatusForbidden, `"forbidden"`)
	call(till, "/api/v1/sync/points", `{"program":"main","source":"x","items":[]}`, http.StatusForbidden, `"forbidden"`)
	call(till, pos+"redemptions", who+`,"key":"a","points":"12"}`, http.StatusOK, `"reserved"`)
	call(till, pos+"balance", who+"}", http.StatusOK, `"available":"31"`)
	state := func(want loyalty.OperationState) {
		t.Helper()
		if o, err := a.store.Operation(context.WithoutCancel(t.Context()), 1); err != nil || o.State != want {
			t.Errorf("%s, %v; want %s", o.State, err, want)
		}
	}
	free := func() {
		t.Helper()
		if err := a.freeHeld(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	clock = clock.Add(15*time.Minute - time.Second)
	free()
	state(loyalty.Reserved)
	clock = clock.Add(time.Second)
	free()
	state(loyalty.TimedOut)
	call(till, pos+"balance", who+"}", http.StatusOK, `"available":"43","pending"`)
	call(till, pos+"redemptions/1/post", "", http.StatusConflict, `"resolved"`)
	w.sound()
}
