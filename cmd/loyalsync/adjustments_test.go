package main

import (
	"strings"
	"testing"
)

// TestAdjustments gives, takes and moves points by hand: much of it by two people.
func TestAdjustments(t *testing.T) {
	w := newWorld(t)
	w.edited("    rules_from:", "    approve_above: \"100\"\n    lapse: {after: 3y}\n    rules_from:")
	w.must("run", "points")
	for _, name := range []string{"anna", "bartek"} {
		w.write(name, name+"-hunter2-long")
		w.must("user", "add", name, "--password-file", w.path(name))
	}
	anna, bartek := " --as anna --password-file "+w.path("anna"), " --as bartek --password-file "+w.path("bartek")
	w.play(t, []scenario{
		{line: "adjustments", has: []string{"nothing waits"}},
		{line: "adjustments --json", has: []string{"[]"}},
		{line: "adjustments give K010 7", code: exitInput, has: []string{"points move for a reason", "hint: "}},
		{line: "adjustments give K010 0 --reason x", code: exitInput},
		{line: "adjustments give K010 7.5 --reason x", code: exitInput},
		{line: "adjustments give NOBODY 7 --reason x", code: exitInput, has: []string{"there is no contractor"}},
		{line: "adjustments give K010 7 --reason sorry --lapses-on 2020-01-01", code: exitInput, has: []string{"lapsed"}},
		{line: "adjustments give K010 7 --reason sorry --key k1", has: []string{"7\u00a0points", "posted", "sorry", "cli"}},
		{line: "adjustments give K010 7 --reason sorry --key k1 --json", has: []string{`"id": 1`, `"kind": "adjustment"`, `"lapses_on": "20`}},
		{line: "balance K010 --json", has: []string{`"available": "50"`}},
		{line: "adjustments take K010 51 --reason slip", code: exitNo, has: []string{"50 are available"}},
		{line: "adjustments take K010 10 --reason slip --lang pl", has: []string{"korekta ręczna", "-10"}},
		{line: "adjustments transfer K010 K001 15 --reason gift", has: []string{"K010 → K001", "transfer"}},
		{line: "adjustments transfer K010 K010 15 --reason gift", code: exitInput},
		{line: "balance K010 --json", has: []string{`"available": "25"`}},
		{line: "adjustments give K010 101 --reason much", code: exitInput, has: []string{"--as"}},
		{line: "adjustments give K010 101 --reason much --as anna --password-file " + w.path("bartek"), code: exitInput, has: []string{"name or the password"}},
		{line: "adjustments give K010 101 --reason much" + anna, has: []string{"waits for a second person", "anna"}},
		{line: "balance K010 --json", has: []string{`"available": "25"`}},
		{line: "adjustments", has: []string{"K010", "101", "much", "anna"}},
		{line: "adjustments --lang pl", has: []string{"czeka na drugą osobę"}},
		{line: "adjustments approve 4", code: exitInput, has: []string{"--as"}},
		{line: "adjustments approve x" + anna, code: exitInput},
		{line: "adjustments approve 99" + anna, code: exitInput, has: []string{"there is no such"}},
		{line: "adjustments approve 4" + anna, code: exitNo, has: []string{"somebody else"}},
		{line: "adjustments approve 4 --lang pl" + anna, code: exitNo, has: []string{"ktoś inny"}},
		{line: "adjustments approve 4" + bartek, has: []string{"posted"}},
		{line: "adjustments approve 4" + bartek, has: []string{"posted"}},
		{line: "adjustments reject 4" + bartek, code: exitNo},
		{line: "balance K010 --json", has: []string{`"available": "126"`}},
		{line: "balance K010 --json --at 2026-07-31", has: []string{`"available": "43"`}},
		{line: "balance K010 --json --at 2099-01-01", has: []string{`"lapsed": "126"`}},
		{line: "adjustments take K010 120 --reason all" + bartek, has: []string{"waits"}},
		{line: "adjustments reject 5" + anna, has: []string{"rejected"}},
		{line: "adjustments", has: []string{"nothing waits"}},
		{line: "redemptions K010", has: []string{"no points were spent yet"}},
	})
	w.sound()
}

// TestOpeningBalances takes over points: all of a file once, or nothing of it.
func TestOpeningBalances(t *testing.T) {
	w := newWorld(t)
	w.edited("    rules_from:", "    lapse: {after: 3y}\n    rules_from:")
	w.must("run", "points")
	file := w.path("opening.csv")
	w.write("opening.csv", "contractor;points;earned;lapses\nK001;100;2026-01-31;\nK010;20;2026-02-01;2099-12-31\nK010;20;2026-02-01;2099-12-31\nK010;3;2026-02-01;never\nK010;50;2020-01-01;\n")
	for _, step := range []struct {
		args []string
		code int
		want string
	}{
		{nil, exitInput, "--total"},
		{[]string{"--total", "192"}, exitInput, "the rows come to 193 points, not to 192"},
		{[]string{"--total", "193", "--dry-run"}, exitDone, "5 taken over, 0 known from before; nothing was written"},
		{[]string{"--total", "193", "--program", "none"}, exitInput, "none"},
		{[]string{"--total", "193", "--json"}, exitDone, `"posted": 5`},
		{[]string{"--total", "193", "--lang", "pl"}, exitDone, "przejęte: 0, znane z wcześniej: 5"},
	} {
		r := w.do(append([]string{"adjustments", "opening", file}, step.args...)...)
		if r.code != step.code || !strings.Contains(r.out+r.err, step.want) {
			t.Errorf("%v: exit %d, %q is not in %s", step.args, r.code, step.want, r.out+r.err)
		}
	}
	if out := w.must("balance", "K010", "--json"); !strings.Contains(out, `"available": "86"`) || !strings.Contains(out, `"lapsed": "50"`) {
		t.Errorf("43 and the opening: %s", out)
	}
	w.edited("lapse: {after: 3y}", "lapse: {after: 5y}")
	if out := w.must("adjustments", "opening", file, "--total", "193", "--json"); !strings.Contains(out, `"known": 5`) {
		t.Errorf("after the policy has changed: %s", out)
	}
	w.edited("lapse: {after: 5y}", "approve_above: 100\n    lapse: {after: 3y}")
	if r := w.do("adjustments", "opening", file, "--total", "193"); r.code != exitInput || !strings.Contains(r.err, "--as") {
		t.Errorf("more than one may give alone: exit %d, %s", r.code, r.err)
	}
	for text, place := range map[string]string{
		"kontrahent;punkty;od\nK001;5;2026-01-01\nNOBODY;5;2026-01-01\n":       "opening.csv:3:1: ",
		"contractor;points;earned\nK001;5,5;2026-01-01\nK001;4,5;2026-01-01\n": "opening.csv:2:1: ",
		"contractor;points;earned\nK001;-5;2026-01-01\n":                       "opening.csv:2:2: ",
		"contractor;points;earned\nK001;x;2026-01-01\n":                        "opening.csv:2:2: ",
		"contractor;points;earned\nK001;5;\n":                                  "opening.csv:2:3: ",
		"contractor;points;earned\n;5;2026-01-01\n":                            "opening.csv:2:1: ",
		"contractor;points;earned;lapses\nK001;5;2026-01-01;1.1.2027\n":        "opening.csv:2:4: ",
		"contractor;earned\nK001;2026-01-01\n":                                 "opening.csv:1:1: ",
	} {
		w.write("opening.csv", text)
		if r := w.do("adjustments", "opening", file, "--total", "10"); r.code != exitInput || !strings.Contains(r.err, place) {
			t.Errorf("%q: exit %d\n%s", text, r.code, r.err)
		}
	}
	if out := w.must("balance", "K001", "--json"); !strings.Contains(out, `"lapsed": "0"`) {
		t.Error(out)
	}
	w.sound()
}
