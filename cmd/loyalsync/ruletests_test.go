package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/connectors/sqlerp/sample"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

var ruleExamples = filepath.Join("..", "..", "config", "examples")

const (
	oldRules = `rules:
  - {name: base, based_on: bill, calculate_on: net, per: "100", points: "1"}
tests:
  - {name: the example of the terms, sale: {date: 2025-05-05, lines: [{code: A, net: "5500"}]}, points: "55"}
`
	newRules = `stacking: best
rules:
  - {name: base, based_on: bill, calculate_on: net, per: "100", points: "1", multiply: [{when: 'group == "VIP"', by: "2"}]}
  - {name: items, based_on: item, calculate_on: quantity, table: items.csv}
tests:
  - name: a dear item
    sale: {date: 2026-06-10, group: VIP, lines: [{code: A, quantity: "3", net: "100"}, {code: B, net: "150"}]}
    points: "12"
    rules: {items: "9", base: "3"}
`
)

// withRuleFiles is a world whose rules stand in two files.
func withRuleFiles(t *testing.T) world {
	t.Helper()
	w := newWorld(t)
	text, err := os.ReadFile(w.path("loyalsync.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	before, after, _ := strings.Cut(string(text), "    rules_from:")
	_, after, _ = strings.Cut(after, "platforms:\n")
	w.write("loyalsync.yaml", before+`    rule_sets:
      - {file: rules/new.yaml, valid_from: 2026-06-01}
      - {file: rules/old.yaml, valid_from: 2024-01-01}
platforms:
`+after)
	if err := os.Mkdir(w.path("rules"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.write("rules/old.yaml", oldRules)
	w.write("rules/new.yaml", newRules)
	w.write("rules/items.csv", "code;points\nA;3\n")
	return w
}

func TestRuleTests(t *testing.T) {
	w := withRuleFiles(t)
	if out := w.must("config", "test"); !strings.Contains(out, "2 tests, 0 failed") {
		t.Error(out)
	}
	w.write("rules/new.yaml", strings.NewReplacer(`points: "12"`, `points: "13"`, `base: "3"`, `base: "3", none: "1", items: x`).Replace(newRules))
	if r := w.do("config", "test"); r.code != exitInput || !strings.Contains(r.err, "new.yaml:9:") || !strings.Contains(r.err, "written twice") {
		t.Errorf("a rule named twice: exit %d\n%s%s", r.code, r.out, r.err)
	}
	w.write("rules/new.yaml", strings.NewReplacer(`points: "12"`, `points: "13"`, `base: "3"`, `base: "4", none: "1"`).Replace(newRules))
	r := w.do("config", "test")
	if r.code != exitNo {
		t.Fatalf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	for _, want := range []string{"ok   main: ", "FAIL main: ", "points: want 13, got 12", "base: want 4, got 3", "there is no rule none", "a dear item", "2 tests, 1 failed"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("%q is not in\n%s", want, r.out)
		}
	}
	var results []map[string]any
	if r := w.do("config", "test", "--json"); r.code != exitNo || json.Unmarshal([]byte(r.out), &results) != nil || len(results) != 2 || results[1]["ok"] != false {
		t.Errorf("as data: exit %d\n%s", r.code, r.out)
	}
}

// TestRuleExamples: the files of rules that people are given pass their own tests.
func TestRuleExamples(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(ruleExamples, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	w := withRuleFiles(t)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		w.write("rules/new.yaml", string(text))
		if r := w.do("config", "test"); r.code != exitDone || strings.Count(r.out, "ok ") < 3 {
			t.Errorf("%s: exit %d\n%s%s", file, r.code, r.out, r.err)
		}
	}
}

// TestRuleFileExcludes: what the program excludes holds for files that exclude
// nothing themselves.
func TestRuleFileExcludes(t *testing.T) {
	w := withRuleFiles(t)
	text, err := os.ReadFile(w.path("loyalsync.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	w.write("loyalsync.yaml", strings.Replace(string(text), "    rule_sets:", "    exclude: {items: [A]}\n    rule_sets:", 1))
	w.write("rules/new.yaml", "exclude: {items: [C]}\n"+newRules)
	if r := w.do("config", "test"); r.code != exitNo || !strings.Contains(r.out, "points: want 55, got 0") || !strings.Contains(r.out, "2 tests, 1 failed") {
		t.Errorf("an item is excluded by the program, and not by the newer file: exit %d\n%s%s", r.code, r.out, r.err)
	}
	w.write("loyalsync.yaml", strings.Replace(string(text), "    rule_sets:", "    exclude: {item_groups: [Nothing]}\n    rule_sets:", 1))
	if r := w.do("config", "check"); r.code != exitInput || strings.Count(r.err, "programs[0].exclude.item_groups[0]: ") != 1 || strings.Contains(r.err, "rule_sets") {
		t.Errorf("a group that is not there: exit %d\n%s", r.code, r.err)
	}
}

// TestRuleFileFaults: a fault in a file of rules stands at its place there.
func TestRuleFileFaults(t *testing.T) {
	w := withRuleFiles(t)
	w.write("rules/new.yaml", strings.NewReplacer(`group == "VIP"`, `grup == "VIP"`, "items.csv", "none.csv").Replace(newRules))
	w.write("rules/old.yaml", "rulez: []\n")
	r := w.do("config", "check")
	if r.code != exitInput {
		t.Fatalf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	for _, want := range []string{
		"rules/new.yaml:3:", "rule_sets[0].rules[0].multiply[0].when: there is no field grup", "rules/new.yaml:4:", "none.csv: no such file",
		"rules/old.yaml:1:1: rulez: there is no such key", "rules: is missing",
	} {
		if !strings.Contains(r.err, want) {
			t.Errorf("%q is not in\n%s", want, r.err)
		}
	}
	w.write("rules/old.yaml", strings.Replace(oldRules, "calculate_on: net", "calculate_on: nett", 1))
	if r := w.do("config", "check"); strings.Count(r.err, "calculate_on: ") != 1 {
		t.Errorf("one fault is told more than once:\n%s", r.err)
	}
	w.write("rules/old.yaml", oldRules)
	w.write("rules/new.yaml", newRules)
	if err := os.Remove(w.path("rules/old.yaml")); err != nil {
		t.Fatal(err)
	}
	if r := w.do("config", "check"); r.code != exitInput || !strings.Contains(r.err, "rule_sets[1].file: ") || !strings.Contains(r.err, "no such file") {
		t.Errorf("a file that is not there: exit %d\n%s", r.code, r.err)
	}
}

// TestSimulateCommand: what other rules would have given, as a table, as data and as
// CSV; nobody is named.
func TestSimulateCommand(t *testing.T) {
	w := synced(t)
	w.write("double.yaml", strings.Replace(oldRules, `points: "1"`, `points: "2"`, 1))
	w.write("same.yaml", oldRules)
	before := w.must("balance", "K024", "--json")
	var same, double struct {
		Total                    struct{ Before, After, Difference string }
		Changed, Winners, Losers int
		Months, Groups           []map[string]any
	}
	for file, to := range map[string]any{"same.yaml": &same, "double.yaml": &double} {
		if err := json.Unmarshal([]byte(w.must("simulate", "--rules", w.path(file), "--json")), to); err != nil {
			t.Fatal(err)
		}
	}
	if same.Total.Before != same.Total.After || same.Total.Difference != "0" || same.Total.Before == "0" {
		t.Errorf("the same rules: %+v", same)
	}
	if double.Total.Before != same.Total.Before || double.Winners == 0 || double.Losers != 0 || len(double.Months) < 2 || len(double.Groups) < 2 {
		t.Errorf("doubled: %+v", double)
	}
	out := w.must("simulate", "--rules", w.path("double.yaml"), "--since", "2026-01-01", "--lang", "pl")
	for _, want := range []string{"ZYSKUJĄ NAJWIĘCEJ", "MIESIĄC", "2026-0", "niczego nie zapisano"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if strings.Contains(out, "2025-") {
		t.Errorf("older than --since:\n%s", out)
	}
	if csv := w.must("simulate", "--rules", w.path("double.yaml"), "--csv", "--lang", "pl"); !strings.HasPrefix(csv, "\ufeffkod;grupa;dokumenty;przed;po;różnica\n") {
		t.Error(csv)
	}
	if after := w.must("balance", "K024", "--json"); after != before {
		t.Errorf("simulating changed a balance: %s", after)
	}
	for _, args := range [][]string{{"simulate"}, {"simulate", "--rules", "none.yaml"}, {"simulate", "--rules", w.path("same.yaml"), "--since", "x"}, {"simulate", "--rules", w.path("same.yaml"), "--csv", "--json"}} {
		if r := w.do(args...); r.code != exitInput {
			t.Errorf("%v: exit %d\n%s%s", args, r.code, r.out, r.err)
		}
	}
}

// TestSimulateOutlook: what would be owed under other rules, and when it lapses.
func TestSimulateOutlook(t *testing.T) {
	w := spendingWorld(t)
	w.write("double.yaml", "lapse: {after: 10y}\n"+strings.Replace(oldRules, `points: "1"`, `points: "2"`, 1))
	w.write("short.yaml", "lapse: {after: 1d}\n"+oldRules)
	var double, short struct {
		Total   struct{ Before, After, Difference string }
		Outlook outlookResult
	}
	for file, to := range map[string]any{"double.yaml": &double, "short.yaml": &short} {
		decode(t, w.must("simulate", "--rules", w.path(file), "--json"), to)
	}
	half := func(points string) string {
		return decimal.RequireFromString(points).Div(decimal.NewFromInt(2)).StringFixed(2)
	}
	if o := double.Outlook; o.Worth.Before != half(double.Total.Before) || o.Worth.After != half(double.Total.After) || o.Worth.Difference != half(double.Total.Difference) ||
		o.Never.Before != double.Total.Before || o.Never.After != "0" || o.Later.After != double.Total.After || o.Lapsed.After != "0" {
		t.Errorf("twice as much: %+v", double)
	}
	if o := short.Outlook; o.Worth.After != "0.00" || o.Lapsed.After != short.Total.After || o.Worth.Before != double.Outlook.Worth.Before {
		t.Errorf("soon lapsed: %+v", short)
	}
	out := w.must("simulate", "--rules", w.path("short.yaml"), "--lang", "pl")
	for _, want := range []string{"GDYBY NIC NIE WYDANO", "wygasłe do dziś", "0,00\u00a0zł"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
}

// TestSimulateUnreadSource: a source that no run has read yet has nothing to score,
// and looking does not make it known.
func TestSimulateUnreadSource(t *testing.T) {
	w := synced(t)
	w.write("same.yaml", oldRules)
	before := w.must("simulate", "--rules", w.path("same.yaml"), "--json")
	w.edited("mappings:\n", "  - name: second\n    connector: sqlerp\n    url: \"sqlite:erp.db\"\n"+underSource(sample.YAML())+
		"mappings:\n  - {source: second, program: main, contractors: {}, earn_from: 2024-01-01, points_to: buyer}\n")
	if out := w.must("simulate", "--rules", w.path("same.yaml"), "--json"); out != before {
		t.Errorf("with a source that was never read:\n%s\nwithout:\n%s", out, before)
	}
	s, err := store.Open(t.Context(), w.place())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	programs, err := s.Programs(t.Context())
	if err != nil || len(programs) != 1 || !slices.Equal(programs[0].Sources, []string{"demo"}) {
		t.Errorf("sources that the store knows: %+v, %v", programs, err)
	}
}

// TestRuleFilesScore: documents go by the file of their day, and editing a file
// under which points were given is refused.
func TestRuleFilesScore(t *testing.T) {
	w := withRuleFiles(t)
	w.write("rules/new.yaml", strings.ReplaceAll(newRules, `points: "1"`, `points: "5"`))
	w.must("run", "points")
	for _, tt := range []struct{ where, version string }{{"sprzedano < '2026-06-01'", "1"}, {"sprzedano >= '2026-06-01'", "2"}} {
		number := w.ask("SELECT d.numer FROM dokumenty d JOIN kontrahenci k ON k.id = d.nabywca_id WHERE k.program = 'TAK' AND d.stan = 1 AND d.koryguje_id IS NULL AND d.netto > 200 AND " + tt.where)
		if out := w.must("explain", number); !strings.Contains(out, "version "+tt.version) {
			t.Errorf("%s:\n%s", tt.where, out)
		}
	}
	w.write("rules/old.yaml", strings.ReplaceAll(oldRules, `points: "1"`, `points: "2"`))
	if r := w.do("run", "points"); r.code != exitInput || !strings.Contains(r.err, "the rules have changed") {
		t.Errorf("exit %d\n%s", r.code, r.err)
	}
}

// TestExplainMatchedReturn: a return without an original says of which sale it takes
// points back.
func TestExplainMatchedReturn(t *testing.T) {
	w := newWorld(t)
	w.edited("    currency: PLN\n", "    currency: PLN\n    unlinked_returns: match\n")
	const line = `FROM pozycje p JOIN dokumenty d ON d.id = p.dokument_id JOIN kontrahenci k ON k.id = d.nabywca_id JOIN towary t ON t.id = p.towar_id
		WHERE k.kod = 'K024' AND d.stan = 1 AND d.koryguje_id IS NULL AND t.rodzaj NOT IN ('K', 'U') AND d.waluta = 'PLN' AND CAST(p.netto AS REAL) > 500 ORDER BY d.wystawiono DESC, d.id DESC, p.lp LIMIT 1`
	w.erp(`INSERT INTO dokumenty SELECT 99001, d.typ, 'FZ/1', 1, '2026-06-30 11:00:00', '2026-06-30', '2026-06-30', d.nabywca_id, d.odbiorca_id, d.waluta, NULL,
		'-' || p.netto, '-' || p.brutto, d.magazyn, d.platnosc, 0, NULL ` + line)
	w.erp(`INSERT INTO pozycje SELECT 99001, 99001, 1, p.towar_id, '-' || p.ilosc, '-' || p.netto, '-' || p.brutto, NULL ` + line)
	w.must("run", "points")
	var x explainResult
	if err := json.Unmarshal([]byte(w.must("explain", "FZ/1", "--json")), &x); err != nil {
		t.Fatal(err)
	}
	if len(x.Chain) != 1 || len(x.Chain[0].Matches) != 1 || x.Chain[0].Active != "-"+x.Chain[0].Matches[0].Points || x.Chain[0].Active == "-0" {
		t.Fatalf("got %+v", x.Chain)
	}
	m := x.Chain[0].Matches[0]
	for lang, want := range map[string]string{"en": "takes back of " + m.Sale, "pl": "cofa z " + m.Sale} {
		if out := w.must("explain", "FZ/1", "--lang", lang); !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
}

// TestDryRunExplains: a dry run tells why a document would give these points, and
// keeps nothing of it.
func TestDryRunExplains(t *testing.T) {
	w := newWorld(t)
	number := w.ask(`SELECT d.numer FROM dokumenty d JOIN kontrahenci k ON k.id = d.nabywca_id WHERE k.kod = 'K024' AND d.stan = 1 AND d.koryguje_id IS NULL ORDER BY d.id LIMIT 1`)
	for lang, want := range map[string]string{"en": "a dry run: nothing was written", "pl": "próba: niczego nie zapisano"} {
		out := w.must("run", "points", "--dry-run", "--explain", number, "--lang", lang)
		if !strings.Contains(out, number) || !strings.Contains(out, want) || !strings.Contains(out, "(base)") {
			t.Errorf("%s: got\n%s", lang, out)
		}
	}
	var data struct{ Explanation *explainResult }
	if err := json.Unmarshal([]byte(w.must("run", "points", "--dry-run", "--explain", number, "--json")), &data); err != nil {
		t.Fatal(err)
	}
	if data.Explanation == nil || len(data.Explanation.Chain) == 0 || data.Explanation.Chain[0].Active == "0" {
		t.Errorf("got %+v", data.Explanation)
	}
	if r := w.do("run", "points", "--dry-run", "--explain", "NONE/1"); r.code != exitNo || !strings.Contains(r.out+r.err, "NONE/1") {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	if r := w.do("run", "points", "--explain", number); r.code != exitInput {
		t.Errorf("exit %d\n%s", r.code, r.err)
	}
	if r := w.do("explain", number); r.code == exitDone {
		t.Errorf("a dry run kept something:\n%s", r.out)
	}
}

// TestPanelExplains: the panel's page of a document tells what explain tells.
func TestPanelExplains(t *testing.T) {
	w := synced(t)
	file, err := config.Load(config.Options{Path: w.path("loyalsync.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	a, err := openApp(t.Context(), file, discard(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	docs, err := a.store.FindDocuments(t.Context(), loyalty.Query{Text: "18"})
	if err != nil || len(docs) == 0 {
		t.Fatalf("found %d documents: %v", len(docs), err)
	}
	told, err := explanations{a}.Explain(t.Context(), docs[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	var want explainResult
	if err := json.Unmarshal([]byte(w.must("explain", docs[0].Key.ID, "--key", "--json")), &want); err != nil {
		t.Fatal(err)
	}
	if len(told.Chain) != len(want.Chain) || told.Elsewhere || told.RuleSet != want.RuleSet || told.Contractor.Code != want.Contractor.Code {
		t.Fatalf("the panel tells %+v, explain %+v", told, want)
	}
	for i, d := range told.Chain {
		x := want.Chain[i]
		if d.Active.Format(0) != x.Desired.Active || d.Document.Active.Format(0) != x.Active || len(d.Movements) != len(x.Entries) || d.Rules.Words("pl") != x.Rules.Words("pl") {
			t.Errorf("the panel tells %+v, explain %+v", d, x)
		}
	}
	if _, err := (explanations{a}).Explain(t.Context(), 1<<40); loyalty.CodeOf(err) != loyalty.CodeNotFound {
		t.Errorf("no such document: %v", err)
	}
}
