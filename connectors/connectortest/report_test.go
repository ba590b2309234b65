package connectortest

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

var update = flag.Bool("update", false, "print the README's table of what the suite found anew")

const (
	readme     = "../../README.md"
	tableBegin = "<!-- suite: printed from connectors/connectortest/results by go test ./connectors/connectortest -update -->\n"
	tableEnd   = "<!-- /suite -->\n"
)

// TestReadmeTellsTheResults holds the README's table to the recorded results.
func TestReadmeTellsTheResults(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), tableBegin)
	found, after, ends := strings.Cut(rest, tableEnd)
	if !begins || !ends {
		t.Fatalf("the README has no place for the table, between %s and %s", tableBegin, tableEnd)
	}
	want := table(t, results)
	if *update && found != want {
		if err := os.WriteFile(readme, []byte(before+tableBegin+want+tableEnd+after), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if found != want {
		t.Errorf("the README's table is not that of the recorded results; print it with -update. Want:\n%s", want)
	}
}

// table is one row for each result; backends of which the same is to be said share
// theirs.
func table(t *testing.T, recorded fs.FS) string {
	t.Helper()
	files, err := fs.Glob(recorded, "results/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no results: %v", err)
	}
	backends := map[string][]string{}
	for _, file := range files {
		text, err := fs.ReadFile(recorded, file)
		if err != nil {
			t.Fatal(err)
		}
		var r record
		if err := json.Unmarshal(text, &r); err != nil || "results/"+r.file() != file {
			t.Fatalf("%s is no record of %s: %v", file, r.Backend, err)
		}
		n, others := outcomes(t, &r)
		on := r.Server
		if r.StandIn != "" {
			on = r.StandIn
		}
		rest := fmt.Sprintf("%s | %d of %d | %s | %s |", on, n, len(Checks()), others, fields(r.Lossy))
		backends[rest] = append(backends[rest], r.Backend)
	}
	var rows []string
	for rest, names := range backends {
		rows = append(rows, "| "+strings.Join(names, ", ")+" | "+rest+"\n")
	}
	slices.Sort(rows)
	return "| source | checked on | checks passed | left out | fields not compared |\n|---|---|---|---|---|\n" + strings.Join(rows, "")
}

// outcomes counts the checks that passed and names the others by their reason.
func outcomes(t *testing.T, r *record) (n int, others string) {
	t.Helper()
	because := map[string][]string{}
	for _, name := range Checks() {
		switch outcome := r.Checks[name]; {
		case outcome == passed:
			n++
		case outcome == failed:
			t.Errorf("%s: %s is recorded as failed", r.Backend, name)
		case outcome == "", strings.HasPrefix(outcome, notRun):
			because[notRun] = append(because[notRun], name)
		default:
			because[outcome] = append(because[outcome], name)
		}
	}
	var parts []string
	for _, why := range slices.Sorted(maps.Keys(because)) {
		parts = append(parts, strings.Join(because[why], ", ")+": "+why)
	}
	return n, strings.Join(parts, "; ")
}

// fields are the names of fields, by record.
func fields(lossy map[string]string) string {
	of := map[string][]string{}
	for _, path := range slices.Sorted(maps.Keys(lossy)) {
		name, field, _ := strings.Cut(path, ".")
		of[name] = append(of[name], field)
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		parts = append(parts, name+": "+strings.Join(of[name], ", "))
	}
	return strings.Join(parts, "; ")
}

// TestRunIsRecorded: what Run writes is what it ran, and a later run that differs
// does not agree with it.
func TestRunIsRecorded(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("LOYALSYNC_TEST_REPORT", folder)
	h := memoryHarness("")
	h.unrecorded = false
	h.Name, h.UpdateContractor = "Memory, No. 1", nil
	h.Skip = map[string]string{"LongDocument": "no time"}
	t.Run("run", func(t *testing.T) { Run(t, h) })

	text, err := os.ReadFile(filepath.Join(folder, "memory--no--1.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	n, others := outcomes(t, &r)
	if n != len(Checks())-2 || !strings.Contains(others, "LongDocument: no time") || !strings.Contains(others, "AttributesWithoutStamp: not run") || r.Server != "Memory 1.0" {
		t.Errorf("%d passed; %s; on %q", n, others, r.Server)
	}
	recorded := fstest.MapFS{"results/" + r.file(): {Data: text}}
	if err := r.agrees(recorded); err != nil {
		t.Errorf("a record does not agree with itself: %v", err)
	}
	for name, change := range map[string]func(*record){
		"a check left out since": func(r *record) { r.Checks["LateCommit"] = "too hard" },
		"a check that is new":    func(r *record) { r.Checks["Newest"] = passed },
		"a field lost since":     func(r *record) { r.Lossy = map[string]string{"Invoice.Net": "why"} },
		"a stand-in since":       func(r *record) { r.StandIn = "a stand-in" },
		"another backend":        func(r *record) { r.Backend = "other" },
	} {
		other := &record{Backend: r.Backend, Checks: maps.Clone(r.Checks), Lossy: r.Lossy}
		if change(other); other.agrees(recorded) == nil {
			t.Errorf("%s: the record agrees", name)
		}
	}
}

func TestServersNameInShort(t *testing.T) {
	for long, want := range map[string]string{
		"PostgreSQL 15.8 (Debian 15.8-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc": "PostgreSQL 15.8",
		"PostgreSQL 15.8 on x86_64": "PostgreSQL 15.8", "SQLite 3.50.4": "SQLite 3.50.4", "MariaDB 10.11.19-MariaDB-0+deb12u2": "MariaDB 10.11.19",
		"Microsoft SQL Server 2019 (RTM) - 15.0.2000.5 (X64)\n\tSep 24": "Microsoft SQL Server 2019",
	} {
		if got := short(long); got != want {
			t.Errorf("short(%q) = %q, want %q", long, got, want)
		}
	}
}
