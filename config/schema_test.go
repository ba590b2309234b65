package config_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/config"
)

var update = flag.Bool("update", false, "write the golden files")

type object = map[string]any

func schema(t *testing.T) object {
	t.Helper()
	return schemaBy(t, config.Schema)
}

func schemaBy(t *testing.T, write func() ([]byte, error)) object {
	t.Helper()
	text, err := write()
	if err != nil {
		t.Fatal(err)
	}
	var s object
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchemaGolden(t *testing.T) {
	t.Parallel()
	got, err := config.Schema()
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/schema.json"
	if *update {
		if err = os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(bytes.ReplaceAll(want, []byte("\r"), nil)), string(got)); diff != "" {
		t.Errorf("the schema changed; -update writes it (-want +got):\n%s", diff)
	}
}

// checkSchema is the part of JSON Schema that this schema uses. It returns what
// does not fit, and notes the keys it met.
func checkSchema(root, s object, v any, path string, met map[string]bool) []string {
	if ref, ok := s["$ref"].(string); ok {
		s = root["$defs"].(object)[strings.TrimPrefix(ref, "#/$defs/")].(object)
	}
	if any, ok := s["anyOf"].([]any); ok {
		var all []string
		for _, alternative := range any {
			faults := checkSchema(root, alternative.(object), v, path, met)
			if len(faults) == 0 {
				return nil
			}
			all = append(all, faults...)
		}
		return all
	}
	var faults []string
	kind := map[bool]string{}
	switch v := v.(type) {
	case object:
		kind[true] = "object"
		faults = checkObject(root, s, v, path, met)
	case []any:
		kind[true] = "array"
		items, _ := s["items"].(object)
		for i, item := range v {
			faults = append(faults, checkSchema(root, items, item, fmt.Sprintf("%s[%d]", path, i), met)...)
		}
	case string:
		kind[true] = "string"
		if p, ok := s["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(v) {
			faults = append(faults, path+": "+v+" does not match "+p)
		}
	case bool:
		kind[true] = "boolean"
	case nil:
		kind[true] = "null"
	default:
		kind[true] = "integer"
	}
	if enum, ok := s["enum"].([]any); ok && !slices.Contains(enum, v) {
		faults = append(faults, fmt.Sprintf("%s: %v is none of %v", path, v, enum))
	}
	if want, ok := s["type"].(string); ok && want != kind[true] {
		faults = append(faults, path+": is "+kind[true]+", not "+want)
	}
	return faults
}

func checkObject(root, s, v object, path string, met map[string]bool) []string {
	var faults []string
	properties, _ := s["properties"].(object)
	for key, value := range v {
		property, ok := properties[key].(object)
		if !ok {
			if additional, isMap := s["additionalProperties"].(object); isMap {
				property, ok = additional, true
			}
		}
		if !ok {
			faults = append(faults, path+": "+key+" is no property")
			continue
		}
		met[regexp.MustCompile(`\[[0-9]+\]`).ReplaceAllString(strings.TrimPrefix(path+"."+key, "."), "[]")] = true
		faults = append(faults, checkSchema(root, property, value, path+"."+key, met)...)
	}
	required, _ := s["required"].([]any)
	for _, key := range required {
		if _, ok := v[key.(string)]; !ok {
			faults = append(faults, path+": "+key.(string)+" is missing")
		}
	}
	return faults
}

// keys lists every key that the schema knows.
func keys(root, s object, path string) []string {
	if ref, ok := s["$ref"].(string); ok {
		s = root["$defs"].(object)[strings.TrimPrefix(ref, "#/$defs/")].(object)
	}
	var all []string
	alternatives, _ := s["anyOf"].([]any)
	for _, alternative := range alternatives {
		all = append(all, keys(root, alternative.(object), path)...)
	}
	if items, ok := s["items"].(object); ok {
		all = append(all, keys(root, items, path+"[]")...)
	}
	properties, _ := s["properties"].(object)
	for key, property := range properties {
		at := strings.TrimPrefix(path+"."+key, ".")
		all = append(append(all, at), keys(root, property.(object), at)...)
	}
	return all
}

func parseYAML(t *testing.T, text []byte) object {
	t.Helper()
	var v object
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestSchemaKnowsWhatTheDecoderKnows holds schema, decoder and the file with every
// key together: the decoder finds no unknown key in it, and the schema has no key
// that is not in it.
func TestSchemaKnowsWhatTheDecoderKnows(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/every-key.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, met := schema(t), map[string]bool{}
	for _, fault := range checkSchema(root, root, parseYAML(t, text), "", met) {
		t.Error(fault)
	}
	for _, key := range keys(root, root, "") {
		if !met[key] && key != "alerts.webhook" && key != "store.password" { // excluded by their files
			t.Errorf("testdata/every-key.yaml lacks %s", key)
		}
	}
	_, faults := everyKey(t)
	for _, f := range faults {
		if f.Message == "there is no such key" {
			t.Error(f)
		}
	}
}

func TestSchemaDescribesEveryKey(t *testing.T) {
	t.Parallel()
	root := schema(t)
	sections := []any{root}
	for _, def := range root["$defs"].(object) {
		sections = append(sections, def)
	}
	for _, section := range sections {
		properties, _ := section.(object)["properties"].(object)
		for key, property := range properties {
			if d, _ := property.(object)["description"].(string); d == "" {
				t.Errorf("%s has no description", key)
			}
		}
		if _, isSection := section.(object)["properties"]; isSection && section.(object)["additionalProperties"] != false {
			t.Errorf("a section allows any key: %v", properties)
		}
	}
	if v := root["$schema"]; v != "https://json-schema.org/draft/2020-12/schema" {
		t.Errorf("schema version %v", v)
	}
}

func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	root := schema(t)
	for _, change := range [][2]string{
		{"currency: PLN", "curency: PLN"},
		{"based_on: bill", "based_on: bil"},
		{`"18:30"`, `"25:00"`},
		{"timezone: Europe/Warsaw", "alerts: {silent_for: soon}"},
		{`"00123"`, "123"},
	} {
		text := edit(t, valid, change[0], change[1])
		if faults := checkSchema(root, root, parseYAML(t, []byte(text)), "", map[string]bool{}); len(faults) == 0 {
			t.Errorf("the schema takes %s", change[1])
		}
	}
}

// TestRuleSchema: the schema of files of rules takes the examples that people are
// given, and none that the decoder refuses for a key, a word or a date.
func TestRuleSchema(t *testing.T) {
	t.Parallel()
	root := schemaBy(t, config.RuleSchema)
	if root["$id"] != config.RuleSchemaID {
		t.Errorf("it is called %v", root["$id"])
	}
	files, err := filepath.Glob("examples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range checkSchema(root, root, parseYAML(t, text), "", map[string]bool{}) {
			t.Errorf("%s: %s", file, fault)
		}
	}
	const good = `rules:
  - {name: base, based_on: bill, calculate_on: net, per: "100", points: "1", multiply: [{when: first_purchase, by: "2"}]}
tests:
  - {name: a, sale: {date: 2026-07-01, time: "17:45", lines: [{net: "100"}]}, points: "1"}
`
	if faults := checkSchema(root, root, parseYAML(t, []byte(good)), "", map[string]bool{}); len(faults) > 0 {
		t.Fatal(faults)
	}
	for _, change := range [][2]string{
		{"rules:", "rulez:"},
		{"rules:", "currency: PLN\nrules:"},
		{"based_on: bill, ", ""},
		{"calculate_on: net", "calculate_on: nett"},
		{`per: "100"`, `pre: "100"`},
		{`by: "2"`, `by: "x"`},
		{`by: "2"`, `times: "2"`},
		{`"17:45"`, `"17.45"`},
		{"date: 2026-07-01", "date: 1.7.2026"},
		{"rules:", "exclude: {discounted: 5}\nrules:"},
		{"rules:", "stacking: most\nrules:"},
	} {
		text := strings.Replace(good, change[0], change[1], 1)
		if faults := checkSchema(root, root, parseYAML(t, []byte(text)), "", map[string]bool{}); len(faults) == 0 {
			t.Errorf("the schema takes %s", change[1])
		}
	}
}

func TestStarters(t *testing.T) {
	t.Parallel()
	root := schema(t)
	for _, connector := range []string{"optima", "compiere", "sqlerp"} {
		s, err := config.NewStarter(connector)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range checkSchema(root, root, parseYAML(t, s.YAML), "", map[string]bool{}) {
			t.Errorf("%s: %s", connector, fault)
		}
		dir := folder(t, map[string]string{s.Secret: "hunter2\n"})
		f, err := config.Parse(filepath.Join(dir, "loyalsync.yaml"), s.YAML)
		if err != nil {
			t.Fatalf("%s: %v", connector, err)
		}
		if f.Config.Sources[0].Connector != connector || f.Config.Sources[0].Password.Reveal() != "hunter2" {
			t.Errorf("%s: source %+v", connector, f.Config.Sources[0])
		}
		if s.Login == nil && connector != config.SQLERP {
			continue // the connector has its own
		}
		if login := string(s.Login); !strings.Contains(login, "GRANT SELECT ON") || regexp.MustCompile(`(?m)^GRANT (ALL|INSERT|UPDATE|DELETE)`).MatchString(login) ||
			!strings.Contains(login, "CREATE ROLE "+f.Config.Sources[0].User) {
			t.Errorf("%s: login.sql:\n%s", connector, login)
		}
	}
	for _, connector := range []string{"sap", "../starter/compiere", ""} {
		_, err := config.NewStarter(connector)
		if faults := faultsOf(t, err); len(faults) != 1 || faults[0].Hint == "" {
			t.Errorf("%s: %v", connector, err)
		}
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	f, _ := everyKey(t)
	shown, err := f.Show()
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"hunter2", "hunter3", "t0ken", "k3y", "s3cret"} {
		if strings.Contains(shown, secret) {
			t.Errorf("shows %s", secret)
		}
	}
	for _, part := range []string{"password: '[redacted]'", "overlap: 2h", "max_reversed: 20%", "after_failures: 3", "activate: paid", "missed_within: 24h", `min_points: "1000"`} {
		if !strings.Contains(shown, part) && !strings.Contains(shown, strings.ReplaceAll(part, "'", `"`)) {
			t.Errorf("lacks %s", part)
		}
	}
	if t.Failed() {
		t.Log(shown)
	}
}

// TestShowIsAConfiguration reads what Show wrote: it is right, and shows the same.
func TestShowIsAConfiguration(t *testing.T) {
	t.Parallel()
	s, err := config.NewStarter("sqlerp")
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, map[string]string{s.Secret: "hunter2"})
	f, err := config.Parse(filepath.Join(dir, "loyalsync.yaml"), s.YAML)
	if err != nil {
		t.Fatal(err)
	}
	first, err := f.Show()
	if err != nil {
		t.Fatal(err)
	}
	again, err := config.Parse(filepath.Join(dir, "shown.yaml"), []byte(first))
	if err != nil {
		t.Fatalf("%v\n%s", err, first)
	}
	second, err := again.Show()
	if diff := cmp.Diff(first, second); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}
