package config_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/config"
)

func TestRuleFiles(t *testing.T) {
	t.Parallel()
	const rule = `{name: base, based_on: bill, calculate_on: net, per: "100", points: "1"}`
	inFiles := edit(t, valid, "    rules:\n      - "+rule, "    rule_sets: [{file: rules/a.yaml, valid_from: 2026-01-01}, {file: rules/b.yaml, valid_from: 2026-06-01}]")
	for name, tt := range map[string]struct {
		text  string
		files map[string]string
		want  []string // "file: path: message", without positions
	}{
		"right": {inFiles, map[string]string{
			"rules/a.yaml": "rules:\n  - " + rule + "\ntests: [{name: t, sale: {date: 2026-01-01, lines: [{net: 100}]}, points: 1}]\n",
			"rules/b.yaml": "rounded_per: line\nrules: [{name: a, based_on: item, calculate_on: quantity, table: items.csv}]\n", "rules/items.csv": "code;points\nA;1\n",
		}, nil},
		"a lapse of their own, and one that says two things": {inFiles, map[string]string{
			"rules/a.yaml": "lapse: {}\nrules:\n  - " + rule, "rules/b.yaml": "lapse: {after: 1y, date: 2027-01-01}\nrules:\n  - " + rule,
		}, []string{"b.yaml: lapse"}},
		"not there":                   {inFiles, map[string]string{"rules/a.yaml": "rules:\n  - " + rule}, []string{"loyalsync.yaml: programs[0].rule_sets[1].file"}},
		"an unknown key and no rules": {inFiles, map[string]string{"rules/a.yaml": "rules:\n  - " + rule, "rules/b.yaml": "rule: []\n"}, []string{"b.yaml: rule", "b.yaml: rules"}},
		"a rule and a test twice": {inFiles, map[string]string{
			"rules/a.yaml": "rules:\n  - " + rule + "\n  - " + rule,
			"rules/b.yaml": "rules:\n  - " + rule + "\ntests: [{name: t, sale: {date: 2026-01-01, lines: [{net: 1}]}, points: 1}, {name: t, sale: {date: 2026-01-01, lines: [{net: 1}]}, points: 1}]\n",
		}, []string{"a.yaml: rules[1].name", "b.yaml: tests[1].name"}},
		"not YAML":             {inFiles, map[string]string{"rules/a.yaml": "rules:\n  - " + rule, "rules/b.yaml": "rules: [\n"}, []string{"b.yaml: "}},
		"two files of one day": {edit(t, inFiles, "2026-06-01", "2026-01-01"), map[string]string{"rules/a.yaml": "rules:\n  - " + rule, "rules/b.yaml": "rules:\n  - " + rule}, []string{"loyalsync.yaml: programs[0].rule_sets[1].valid_from"}},
		"rules beside files":   {edit(t, valid, "    rules:", "    rule_sets: [{file: rules/a.yaml, valid_from: 2026-01-01}]\n    rules:"), map[string]string{"rules/a.yaml": "rules:\n  - " + rule}, []string{"loyalsync.yaml: programs[0].rules"}},
		"a day and tests beside files": {edit(t, inFiles, "    rule_sets:", "    rules_from: 2026-01-01\n    tests: [{name: t, sale: {date: 2026-01-01, lines: [{net: 1}]}, points: 1}]\n    rule_sets:"), map[string]string{
			"rules/a.yaml": "rules:\n  - " + rule, "rules/b.yaml": "rules:\n  - " + rule,
		}, []string{"loyalsync.yaml: programs[0].rules_from", "loyalsync.yaml: programs[0].tests"}},
	} {
		dir := folder(t, tt.files)
		_, err := config.Parse(filepath.Join(dir, "loyalsync.yaml"), []byte(tt.text))
		var got []string
		for _, f := range faultsOf(t, err) {
			got = append(got, filepath.Base(f.File)+": "+f.Path)
			if f.Line == 0 || f.Message == "" {
				t.Errorf("%s: %v has no position or no message", name, f)
			}
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: %s\n%v", name, d, err)
		}
	}
}
