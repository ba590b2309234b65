package main

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares data with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it anew):\n%s", path, got)
	}
}

// TestContract: every command of this version is there and helps.
func TestContract(t *testing.T) {
	for _, line := range []string{
		"demo", "init", "config check", "config schema", "config show", "config test", "doctor", "serve",
		"jobs", "jobs list", "jobs add", "jobs edit", "jobs remove", "jobs pause", "jobs resume", "run", "runs", "runs approve", "runs reject",
		"deliveries", "deliveries requeue", "balance", "history", "explain", "simulate", "source accept", "tiers import", "store copy", "ledger verify", "backup", "restore", "deliveries accept",
		"user add", "user passwd", "user list", "user disable", "user enable", "version",
		"service", "service install", "service uninstall", "service start", "service stop", "service status",
	} {
		r := command(t.Context(), "", append(strings.Fields(line), "--help")...)
		if r.code != exitDone || !strings.Contains(r.out, "loyalsync "+line) {
			t.Errorf("%s --help: exit %d\n%s%s", line, r.code, r.out, r.err)
		}
	}
}

func TestEveryCommandHelps(t *testing.T) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Short == "" {
			t.Errorf("%s says nothing of itself", cmd.CommandPath())
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(newRoot(streams{in: strings.NewReader(""), out: os.Stdout, err: os.Stderr}))
}

func TestFlagsOfTheContract(t *testing.T) {
	for line, flags := range map[string][]string{
		"config check": {"online"}, "config schema": {"rules"}, "balance": {"at", "posted-at", "source", "program"}, "history": {"source", "program", "limit"},
		"explain": {"source", "program"}, "deliveries": {"dead"}, "deliveries requeue": {"all"}, "init": {"connector"}, "doctor": {"sql"}, "user add": {"password-file"},
		"jobs add": {
			"kind", "source", "program", "platform", "daily", "weekday", "once", "every", "starting", "cron", "missed", "overlap", "timeout", "retries", "to", "keep", "paused",
		},
	} {
		r := command(t.Context(), "", append(strings.Fields(line), "--help")...)
		for _, flag := range append(flags, "json", "config", "lang") {
			if !strings.Contains(r.out, "--"+flag) {
				t.Errorf("%s has no --%s", line, flag)
			}
		}
	}
}

// scenario is a command line and what must, and must not, be in its answer.
type scenario struct {
	line  string // fields parted by spaces; ~ stands for a space within one
	code  int
	has   []string
	lacks []string
}

func (s scenario) args() []string {
	args := strings.Fields(s.line)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "~", " ")
	}
	return args
}

// never must stand in any answer of the tests' configurations.
var never = []string{"hook-T0ken", "hunter2", "_pragma", "goroutine"}

func (w world) play(t *testing.T, scenarios []scenario) {
	t.Helper()
	for _, s := range scenarios {
		t.Run(s.line, func(t *testing.T) {
			r := w.do(s.args()...)
			all := r.out + r.err
			if r.code != s.code {
				t.Errorf("exit %d, want %d\n%s", r.code, s.code, all)
			}
			for _, text := range s.has {
				if !strings.Contains(all, text) {
					t.Errorf("no %q in\n%s", text, all)
				}
			}
			for _, text := range append(s.lacks, never...) {
				if strings.Contains(all, text) {
					t.Errorf("%q in\n%s", text, all)
				}
			}
		})
	}
}

func TestBeforeTheFirstRun(t *testing.T) {
	w := newWorld(t)
	w.play(t, []scenario{
		{line: "jobs", has: []string{"JOB", "points", "daily 18:30", "active"}},
		{line: "balance K001", code: exitInput, has: []string{"error: there is no store", "hint: run a job first"}},
		{line: "config check", has: []string{"ok: ", "loyalsync.yaml"}},
		{line: "config check --online", has: []string{"source demo", "server", "SQLite", "identity", "ok: "}},
	})
	if _, err := os.Stat(w.path("data")); err == nil {
		t.Error("looking made a store")
	}
}

func TestReading(t *testing.T) {
	w := synced(t)
	buffered := w.ask("SELECT numer FROM dokumenty WHERE stan = 0 LIMIT 1")
	cancelled := w.ask("SELECT numer FROM dokumenty WHERE stan = 2 LIMIT 1")
	w.play(t, []scenario{
		{line: "balance k010", has: []string{"K010", "available", "pending", "scored documents"}},
		{line: "balance K010 --lang pl", has: []string{"dostępne", "oczekujące", "punktowane transakcje"}, lacks: []string{"available"}},
		{line: "balance 10", has: []string{"K010"}},
		{line: "balance K010 --at 2020-01-01", has: []string{"available         0"}},
		{line: "balance K010 --posted-at 2020-01-01~10:00", has: []string{"available         0", "as posted by"}},
		{line: "balance K010 --at tomorrow", code: exitInput, has: []string{"--at: "}},
		{line: "balance K010 --posted-at noon", code: exitInput, has: []string{"--posted-at: "}},
		{line: "balance K010 --source nowhere", code: exitInput, has: []string{`there is no source "nowhere"`, "hint: there are: demo"}},
		{line: "balance K010 --program nothing", code: exitInput, has: []string{`there is no program "nothing"`}},
		{line: "balance K999", code: exitInput, has: []string{`error: there is no contractor "K999"`, "hint: "}},
		{line: "balance Hotel", code: exitInput, has: []string{`there is no contractor "Hotel"`, "K021"}},
		{line: "balance", code: exitInput, has: []string{"error: "}},
		{line: "balance K010 --nonsense", code: exitInput, has: []string{"unknown flag"}},
		{line: "balance K010 --lang de", code: exitInput, has: []string{"--lang de"}},
		{line: "history K010 --limit 1", has: []string{"INVOICE", "For every 100", "the newest 1 lines; there are more"}},
		{line: "history K010 --limit 0", has: []string{"FS/"}, lacks: []string{"there are more"}},
		{line: "history K010 --limit 1 --lang pl", has: []string{"FAKTURA", "Za każde 100 zł", "zatwierdzona na stałe"}},
		{line: "history K010 --limit -1", code: exitInput, has: []string{"--limit -1"}},
		{line: "history K999", code: exitInput},
		{line: "runs", has: []string{"RUN", "points", "succeeded"}},
		{line: "runs points", has: []string{"succeeded"}},
		{line: "runs nothing", code: exitInput, has: []string{`there is no job "nothing"`}},
		{line: "runs 1", has: []string{"invoices read", "120"}, lacks: []string{"Karczma"}},
		{line: "runs 99", code: exitInput},
		{line: "runs approve 1", code: exitFailed, has: []string{"does not wait for a decision"}},
		{line: "runs approve one", code: exitInput, has: []string{"not the number of a run"}},
		{line: "deliveries", has: []string{"PLATFORM", "panel", "points"}},
		{line: "deliveries --dead", has: []string{"no platform refused anything"}},
		{line: "deliveries requeue", code: exitInput},
		{line: "deliveries requeue 7", code: exitInput, has: []string{"there is no dead letter 7"}},
		{line: "deliveries requeue 7 --all", code: exitInput},
		{line: "deliveries requeue --all", has: []string{"0 will be sent again"}},
		{line: "explain " + strings.ToLower(buffered), has: []string{"in the buffer", "pending"}},
		{line: "explain " + cancelled, has: []string{"no points: the document is cancelled"}},
		{line: "explain " + cancelled + " --lang pl", has: []string{"brak punktów: dokument jest anulowany"}},
		{line: "explain FS/999/01/1999", code: exitNo, has: []string{`document "FS/999/01/1999" was never read`, "read up to changes of", "job points (active) runs next:"}, lacks: []string{"error:"}},
		{line: "explain FS/999/01/1999 --json", code: exitNo, has: []string{`"read": false`, `"read_up_to"`}, lacks: []string{"error:"}},
		{line: "source accept nowhere", code: exitInput, has: []string{"no run has read a source called nowhere"}},
		{line: "source accept demo", has: []string{"demo"}},
		{line: "config show", has: []string{"timezone: Europe/Warsaw"}},
	})
}

func TestAmbiguousDocument(t *testing.T) {
	w := newWorld(t)
	key := w.ask("SELECT id FROM dokumenty ORDER BY id LIMIT 1")
	number := w.ask("SELECT numer FROM dokumenty ORDER BY id LIMIT 1")
	w.erp("UPDATE dokumenty SET numer = ? WHERE id = (SELECT max(id) FROM dokumenty)", number)
	w.erp("UPDATE dokumenty SET numer = ? WHERE id = (SELECT max(id) - 1 FROM dokumenty)", key)
	w.must("run", "points")
	w.play(t, []scenario{
		{line: "explain " + number, code: exitInput, has: []string{"is more than one document", "hint: ", "KEY"}},
		{line: "explain " + key, code: exitInput, has: []string{"is more than one document"}},
		{line: "explain " + key + " --key", has: []string{number + "  (key " + key}},
	})
}

// TestExplainCorrection: points that a correction takes back stand beside the
// item they were for.
func TestExplainCorrection(t *testing.T) {
	w := newWorld(t)
	for _, column := range []string{"netto", "brutto", "ilosc"} { // every correction takes its lines back whole
		w.erp("UPDATE pozycje SET " + column + " = '-' || (SELECT o." + column + " FROM pozycje o WHERE o.id = pozycje.koryguje_id) WHERE koryguje_id IS NOT NULL")
	}
	w.must("run", "points")
	taken := 0
	for id := range strings.SplitSeq(w.ask("SELECT group_concat(id) FROM dokumenty WHERE koryguje_id IS NOT NULL AND stan = 1"), ",") {
		var x explainResult
		if err := json.Unmarshal([]byte(w.must("explain", "--key", id, "--json")), &x); err != nil {
			t.Fatal(err)
		}
		for _, d := range x.Chain {
			if d.Active != d.Desired.Active || d.Pending != d.Desired.Pending {
				t.Errorf("%s: posted %s, desired %s", d.Number, d.Active, d.Desired.Active)
			}
			for _, p := range d.Posted {
				if p.ItemCode == "" || p.Rule != "base" {
					t.Errorf("%s: posted for no item: %+v", d.Number, p)
				}
			}
			if d.Document == id && len(d.Posted) > 0 {
				taken++
				if d.Before == nil || d.Rules == nil || !strings.HasPrefix(d.Active, "-") {
					t.Errorf("%s is not explained: %+v", d.Number, d)
				}
			}
		}
	}
	if taken == 0 {
		t.Error("no correction took points back")
	}
}

func TestJSON(t *testing.T) {
	w := synced(t)
	golden(t, "balance.json", w.must("balance", "K010", "--at", "2026-06-30", "--json"))
	golden(t, "history.json", w.must("history", "K010", "--limit", "2", "--json"))
	var runs []map[string]any
	if err := json.Unmarshal([]byte(w.must("runs", "--json")), &runs); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(slices.Sorted(maps.Keys(runs[0])), "\n") + "\n"
	golden(t, "runs.keys", got)
	for _, line := range []string{"jobs", "deliveries", "deliveries --dead", "user list", "config check --online", "config show", "runs 1", "explain 1", "version"} {
		if out := w.must(append(strings.Fields(line), "--json")...); !json.Valid([]byte(out)) {
			t.Errorf("%s --json: %s", line, out)
		}
	}
}

// TestHistoryAddsUp: the lines of a history are the balance, over several pages.
func TestHistoryAddsUp(t *testing.T) {
	w := newWorld(t)
	w.erp("UPDATE dokumenty SET nabywca_id = 10")
	w.must("run", "points")
	var h historyResult
	var b balanceResult
	if err := json.Unmarshal([]byte(w.must("history", "K010", "--limit", "0", "--json")), &h); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(w.must("balance", "K010", "--json")), &b); err != nil {
		t.Fatal(err)
	}
	var sum int
	for _, l := range h.Lines {
		var n int
		if err := json.Unmarshal([]byte(l.Points), &n); err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	var available, pending int
	_ = json.Unmarshal([]byte(b.Available), &available)
	_ = json.Unmarshal([]byte(b.Pending), &pending)
	if sum == 0 || sum != available+pending {
		t.Errorf("the lines sum to %d, the balance is %d and %d pending", sum, available, pending)
	}
}

func TestConfigFaults(t *testing.T) {
	w := newWorld(t)
	valid, err := os.ReadFile(w.path("loyalsync.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	w.write("loyalsync.yaml", strings.NewReplacer(
		`contractors: {where: 'attribute("PROGRAM") == "TAK"'}`, `contractors: {codes: [00123]}`,
		`currency: PLN`, "curency: PLN", `per: "100"`, `per: "1,5"`, `daily: ["18:30"]`, `daily: ["18:30"], cron: "1 2"`,
	).Replace(string(valid)))
	r := w.do("config", "check")
	if r.code != exitInput || r.out != "" {
		t.Errorf("exit %d, %s", r.code, r.out)
	}
	for _, pattern := range []string{
		`error: \S+loyalsync\.yaml:\d+:\d+: mappings\[0\]\.contractors\.codes\[0\]: 00123 is read as a number; contractor codes are text`,
		`hint: write "00123" in quotes`,
		`:\d+:\d+: programs\[0\]\.curency: `, `did you mean currency\?`, `programs\[0\]\.rules\[0\]\.per: `, `jobs\[0\]\.`,
	} {
		if !regexp.MustCompile(pattern).MatchString(r.err) {
			t.Errorf("no %s in\n%s", pattern, r.err)
		}
	}
	r = w.do("config", "check", "--json")
	var checked checkResult
	if err := json.Unmarshal([]byte(r.out), &checked); err != nil || r.code != exitInput || checked.OK || len(checked.Faults) < 4 || checked.Faults[0].Line == 0 {
		t.Errorf("exit %d, %v: %s", r.code, err, r.out)
	}
}

// TestOnlineFaults: what only the ERP can tell is told at its place in the file.
func TestOnlineFaults(t *testing.T) {
	w := newWorld(t)
	valid, err := os.ReadFile(w.path("loyalsync.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	change := func(pairs ...string) {
		t.Helper()
		text := strings.NewReplacer(pairs...).Replace(string(valid))
		if text == string(valid) {
			t.Fatalf("%q is not in the configuration", pairs[0])
		}
		w.write("loyalsync.yaml", text)
	}
	change(`contractors: {where: 'attribute("PROGRAM") == "TAK"'}`, `contractors: {where: 'attribute("PROGRAMM") == "TAK" or group == "Nobody"', codes: [nobody]}`)
	w.play(t, []scenario{
		{line: "config check", has: []string{"ok: "}},
		{line: "config check --online", code: exitInput, has: []string{
			"error: ", `mappings[0].contractors.where: the source does not have the attribute "PROGRAMM"`, "did you mean PROGRAM? attributes that exist: MIASTO, PROGRAM",
			`the source does not have the group "Nobody"`, "groups that exist: ", `mappings[0].contractors.codes[0]: no contractor has the code "nobody"`,
		}, lacks: []string{"ok: "}},
	})
	r := w.do("config", "check", "--online", "--json")
	var checked checkResult
	if err := json.Unmarshal([]byte(r.out), &checked); err != nil || r.code != exitInput || checked.OK || len(checked.Faults) != 3 || checked.Faults[0].Line == 0 || checked.Sources[0].OK {
		t.Errorf("exit %d, %v: %s", r.code, err, r.out)
	}
	if len(checked.Faults) == 3 && checked.Faults[0].Col == checked.Faults[1].Col {
		t.Errorf("two places in one expression: %+v", checked.Faults)
	}
	change("net: netto", "net: nett")
	w.play(t, []scenario{{line: "config check --online", code: exitInput, has: []string{
		`sources[0].sql.invoices.columns.net: the SELECT gives no column "nett" for net`, "hint: did you mean netto?", "missing: invoices.nett",
	}, lacks: []string{"ok: "}}})
}

// TestSecretsStayInside: a source that cannot be reached, with its password in
// the configuration.
func TestSecretsStayInside(t *testing.T) {
	w := newWorld(t)
	text, err := os.ReadFile(w.path("loyalsync.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	w.write("loyalsync.yaml", strings.Replace(string(text), "sources:\n",
		"sources:\n  - {name: far, connector: compiere, url: \"postgres://reader:hunter2@127.0.0.1:1/erp\"}\n", 1))
	w.play(t, []scenario{
		{line: "config check", has: []string{"ok: "}},
		{line: "config check --online", code: exitFailed, has: []string{"error: source far: ", "hint: ", "source demo"}, lacks: []string{"ok: "}},
		{line: "config check --online --json", code: exitFailed, has: []string{`"ok": false`, `"ok": true`}, lacks: []string{"error: "}},
		{line: "config show", has: []string{"postgres://"}},
		{line: "config show --json", has: []string{"postgres://"}},
	})
}

// TestDryRunReasons: who tries a configuration is told why documents give nothing.
func TestDryRunReasons(t *testing.T) {
	w := newWorld(t)
	w.edited("currency: PLN", "currency: SEK")
	w.play(t, []scenario{
		{
			line: "run points --dry-run", has: []string{"no balance would change", "documents without points", "not in the currency of the program"},
			lacks: []string{"AVAILABLE"},
		},
		{line: "run points --dry-run --lang pl", has: []string{"dokumenty bez punktów", "dokument jest w innej walucie niż program"}},
		{line: "run points --dry-run --json", has: []string{`"without_points": [`, `"reason": "currency"`}},
		{line: "--version", has: []string{"loyalsync "}},
	})
}

// TestDemoKeepsOff: a folder with a configuration of one's own is no demo's.
func TestDemoKeepsOff(t *testing.T) {
	w := newWorld(t)
	text := strings.ReplaceAll(read(t, w.path("loyalsync.yaml")), "name: demo", "name: erp")
	w.write("loyalsync.yaml", strings.ReplaceAll(text, "source: demo", "source: erp"))
	r := w.do("demo", "--once", "--dir", w.dir)
	if r.code != exitInput || !strings.Contains(r.err, "is not a demo's") || !strings.Contains(r.err, "--dir") {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	if _, err := os.Stat(w.path("data")); err == nil {
		t.Error("a store was made")
	}
}
