package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// step is one row of a history: something happens in an ERP of type E, jobs run,
// and every document and every account has the points worked out by hand. A
// history is a table of them, played through the whole program: connector,
// mapping, rules, ledger and store.
//
// To write one for another ERP: give the world a loyalsync.yaml with the jobs
// people, points and sweep, and E whatever writes the ERP's tables.
type step[E any] struct {
	name string
	do   func(t *testing.T, erp E)
	// jobs run after it. Defaults to points.
	jobs []string
	// documents are "active" or "active+pending" points by the ERP's key;
	// documents without points are left out.
	documents map[string]string
	// accounts are the same by the contractor's key.
	accounts map[string]string
	// reasons say why documents have no points, of those named.
	reasons map[string]string
	// merges are what is proposed, "K2>K1 erp" by the contractors' codes; "" is not asked.
	merges string
}

// play plays a history. After each step the jobs run a second time, which must
// change nothing (law 2).
func play[E any](t *testing.T, w world, erp E, steps []step[E]) {
	t.Helper()
	for i, s := range steps {
		name := fmt.Sprintf("step %d, %s", i+1, s.name)
		s.do(t, erp)
		jobs := s.jobs
		if jobs == nil {
			jobs = []string{"points"}
		}
		for range 2 {
			for _, job := range jobs {
				w.must("run", job)
			}
			w.holds(name, s.documents, s.accounts, s.reasons)
			if got := w.proposed(); s.merges != "" && got != s.merges {
				t.Errorf("%s: merges proposed: %q, want %q", name, got, s.merges)
			}
		}
		if t.Failed() {
			t.FailNow() // what follows builds on it
		}
	}
}

// proposed are the pairs that contractors merges proposes, by codes and in their order.
func (w world) proposed() string {
	w.t.Helper()
	var r mergesResult
	if err := json.Unmarshal([]byte(w.must("contractors", "merges", "--json")), &r); err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, p := range r.Proposals {
		out = append(out, fmt.Sprintf("%s>%s %s", p.From.Code, p.Into.Code, p.Reason))
	}
	return strings.Join(out, "; ")
}

// holds compares the ledger with what it should be.
func (w world) holds(name string, documents, accounts, reasons map[string]string) {
	w.t.Helper()
	if diff := cmp.Diff(lines(documents), w.points(`SELECT erp_key, active, pending FROM document`)); diff != "" {
		w.t.Errorf("%s: points by document (-want +got):\n%s", name, diff)
	}
	if diff := cmp.Diff(lines(accounts), w.points(`SELECT c.erp_key, a.active - a.debt, a.pending FROM account a JOIN contractor c ON c.id = a.id`)); diff != "" {
		w.t.Errorf("%s: points by account (-want +got):\n%s", name, diff)
	}
	for key, want := range reasons {
		if got := w.query(`SELECT reason FROM document WHERE erp_key = '` + key + `'`); len(got) != 1 || got[0] != want {
			w.t.Errorf("%s: document %s has no points because of %q, want %q", name, key, got, want)
		}
	}
	for what, query := range consistency {
		if got := w.query(query); len(got) > 0 {
			w.t.Errorf("%s: not true: %s: %v", name, what, got)
		}
	}
}

// points reads "key|active|pending" and leaves out who has none.
func (w world) points(query string) []string {
	w.t.Helper()
	var out []string
	for _, row := range w.query(query) {
		part := strings.Split(row, "|")
		switch {
		case part[1] == "0" && part[2] == "0":
		case part[2] == "0":
			out = append(out, part[0]+"="+part[1])
		default:
			out = append(out, part[0]+"="+part[1]+"+"+part[2])
		}
	}
	slices.Sort(out)
	return out
}

func lines(m map[string]string) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, k+"="+m[k])
	}
	slices.Sort(out)
	return out
}
