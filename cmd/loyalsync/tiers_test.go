package main

import (
	"strings"
	"testing"
)

// TestTiersImport: a file is kept whole or not at all, and says the same twice
// without a change.
func TestTiersImport(t *testing.T) {
	w := synced(t)
	file := w.path("tiers.csv")
	w.write("tiers.csv", "contractor;tier;from;to\nK001;gold;2026-01-01;\nK010;silver;2026-01-01;2026-12-31\n")
	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"--dry-run"}, "2 rows, 2 changed; nothing was written"},
		{nil, "2 rows, 2 changed\n"},
		{[]string{"--source", "demo", "--program", "main"}, "2 rows, 0 changed\n"},
		{[]string{"--lang", "pl", "--dry-run"}, "wiersze: 2, zmienione: 0; niczego nie zapisano"},
		{[]string{"--json"}, `"changed": 0`},
	} {
		if out := w.must(append([]string{"tiers", "import", file}, step.args...)...); !strings.Contains(out, step.want) {
			t.Errorf("%v: %q is not in %s", step.args, step.want, out)
		}
	}
	w.write("tiers.csv", "contractor;tier;from\nK001;platinum;2026-01-01\nNOBODY;gold;2026-01-01\nALSO;gold;2026-01-01\n")
	r := w.do("tiers", "import", file)
	if r.code != exitInput || !strings.Contains(r.err, "tiers.csv:3:1: ") || !strings.Contains(r.err, "tiers.csv:4:1: ") || !strings.Contains(r.err, `"NOBODY"`) {
		t.Errorf("rows that name nobody: exit %d\n%s", r.code, r.err)
	}
	w.write("tiers.csv", "contractor;tier;from\nK001;gold;2026-01-01\n")
	if out := w.must("tiers", "import", file); !strings.Contains(out, "1 rows, 0 changed") {
		t.Errorf("a file with faults was kept in part: %s", out)
	}
	w.write("tiers.csv", "contractor;tier;from\nK001;gold;1.1.2026\n")
	if r := w.do("tiers", "import", file); r.code != exitInput || !strings.Contains(r.err, "tiers.csv:2:3: ") {
		t.Errorf("a date that is none: exit %d\n%s", r.code, r.err)
	}
	if r := w.do("tiers", "import", file, "--source", "none"); r.code != exitInput || !strings.Contains(r.err, `there is no source "none"`) {
		t.Errorf("a source that is none: exit %d\n%s", r.code, r.err)
	}
}
