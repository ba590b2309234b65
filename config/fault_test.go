package config_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/config"
)

// TestFaults changes one place of the valid configuration. want lists
// "line:col: path: message", and hint is part of the first fault's hint.
func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, old, with, want, hint string }{
		// Keys.
		{"misspelt key", "mappings:", "maping:", "6:1: maping: there is no such key\n18:5: jobs[0]: no mapping joins source erp and program main", "did you mean mappings?"},
		{"misspelt key inside", "currency: PLN", "curency: PLN", "11:5: programs[0].currency: is missing\n12:5: programs[0].curency: there is no such key", ""},
		{"hyphen and capitals", "contractors: {codes", "Contractors: {codes", "9:5: mappings[0].Contractors: there is no such key", "did you mean contractors?"},
		{"swapped letters", `daily: ["18:30"]`, "ot: x", "18:62: jobs[0].ot: there is no such key", "did you mean to?"},
		{"unlike any key", "timezone: Europe/Warsaw", "xyzzyq: 1", "1:1: xyzzyq: there is no such key", "possible here: timezone, log"},
		{"duplicate key", "currency: PLN", "currency: PLN\n    currency: EUR", "13:5: programs[0].currency: the key is written twice", "keep one"},
		{"missing key", "name: base, ", "", "14:9: programs[0].rules[0].name: is missing", "Name of the rule"},
		{"empty name", "name: base,", `name: "",`, "14:16: programs[0].rules[0].name: must not be empty", "Name of the rule"},
		// Values.
		{"number where text is meant", `"00123"`, "00123", "9:27: mappings[0].contractors.codes[0]: 00123 is read as a number; contractor codes are text", `write "00123" in quotes`},
		{"bool where text is meant", `"00123"`, "true", "9:27: mappings[0].contractors.codes[0]: true is read as true or false; contractor codes are text", `write "true" in quotes`},
		{"date where text is meant", `"00123"`, "2026-01-02", "9:27: mappings[0].contractors.codes[0]: 2026-01-02 is read as a date; contractor codes are text", "in quotes"},
		{"exponent where text is meant", `"00123"`, "1e5", "9:27: mappings[0].contractors.codes[0]: 1e5 is read as a number; contractor codes are text", "in quotes"},
		{"name that is a number", "name: base", "name: 12", "14:16: programs[0].rules[0].name: 12 is read as a number; text is meant", `write "12"`},
		{"decimal comma", `per: "100"`, `per: "1,50"`, "14:62: programs[0].rules[0].per: 1,50 has a decimal comma", `write "1.50"`},
		{"decimal comma in braces", `per: "100"`, `per: 1,50`, "14:64: programs[0].rules[0].per: a decimal comma: what follows it is read as another key", `decimal point`},
		{"leading zeros", `per: "100"`, `per: 0100`, "14:62: programs[0].rules[0].per: 0100 is not a number", ""},
		{"exponent", `per: "100"`, `per: 1e2`, "14:62: programs[0].rules[0].per: 1e2 is not a number", ""},
		{"text for a whole number", "url: postgres", "page: \"50\"\n    url: postgres", `5:11: sources[0].page: 50 is text; a whole number is meant`, "without quotes"},
		{"not whole", "url: postgres", "page: 1.5\n    url: postgres", `5:11: sources[0].page: 1.5 is not a whole number`, ""},
		{"yes for true", "url: postgres", "allow_writable_login: yes\n    url: postgres", `5:27: sources[0].allow_writable_login: yes is not true or false`, "write true or false"},
		{"list for a value", "currency: PLN", "currency: [PLN]", "12:15: programs[0].currency: a list is written here; a single value is meant", ""},
		{"value for a list", `codes: ["00123"]`, "codes: K001", "9:26: mappings[0].contractors.codes: K001 is one value; a list is meant", "in brackets"},
		{"value for a section", `contractors: {codes: ["00123"]}`, "contractors: all", "9:18: mappings[0].contractors: all is one value; a section of keys is meant", ""},
		{"section for a list", "jobs:\n  - {", "jobs:\n  {", "18:3: jobs: a section is written here; a list is meant", ""},
		{"section for a value", "currency: PLN", "currency: {a: b}", "12:15: programs[0].currency: a section is written here; a single value is meant", ""},
		{"nothing", "currency: PLN", "currency:", "12:14: programs[0].currency: no value", `or ""`},
		{"empty item", `codes: ["00123"]`, "codes: [~]", "9:27: mappings[0].contractors.codes[0]: no value", ""},
		{"empty text in a list", `daily: ["18:30"]`, `daily: [""]`, "18:70: jobs[0].daily[0]: the list has an empty item", ""},
		{"anchor elsewhere", "name: base", "name: *x", "14:16: programs[0].rules[0].name: anchors and aliases", ""},
		{"quoted true", "url: postgres", "allow_writable_login: \"true\"\n    url: postgres", "5:27: sources[0].allow_writable_login: true is not true or false", ""},
		{"comma in a duration", "url: postgres", "lag: 1,5h\n    url: postgres", "5:10: sources[0].lag: 1,5h is not a length of time", ""},
		{"thousands", `per: "100"`, `per: "1 000"`, "14:62: programs[0].rules[0].per: 1 000 is not a number", "decimal point"},
		{"infinite", `per: "100"`, `per: .inf`, "14:62: programs[0].rules[0].per: .inf is not a number", ""},
		{"secret file elsewhere", "url: postgres", "password_file: 12\n    url: postgres", "5:20: sources[0].password_file: 12 is read as a number; text is meant", ""},
		{"enumeration", "based_on: bill", "based_on: bil", "14:32: programs[0].rules[0].based_on: bil is not known here", "did you mean bill?"},
		{"duration without unit", "url: postgres", "lag: 5\n    url: postgres", "5:10: sources[0].lag: 5 has no unit", "write for example 5m"},
		{"duration", "url: postgres", "lag: soon\n    url: postgres", "5:10: sources[0].lag: soon is not a length of time", ""},
		{"date", "contractors: {codes", "earn_from: 2026-02-30\n    contractors: {codes", "9:16: mappings[0].earn_from: 2026-02-30 is not a date", ""},
		{"date in words", "contractors: {codes", "earn_from: 01.02.2026\n    contractors: {codes", "9:16: mappings[0].earn_from: 01.02.2026 is not a date", "year-month-day"},
		{"time", `"18:30"`, `"24:30"`, "18:70: jobs[0].daily[0]: 24:30 is not a time of day", ""},
		{"weekday", `daily: ["18:30"]`, `daily: ["18:30"], weekdays: [monday]`, "18:91: jobs[0].weekdays[0]: monday is not a day of the week", "mon, tue"},
		{"time zone", "Europe/Warsaw", "Europe/Warszawa", "1:11: timezone: Europe/Warszawa is not a time zone", "IANA"},
		{"the machine's zone", "Europe/Warsaw", "Local", "1:11: timezone: Local is not a time zone", ""},
		{"percentage", "currency: PLN", "currency: PLN\n    guard: {max_reversed: 20}", "13:27: programs[0].guard.max_reversed: 20 is not a percentage", "20%"},
		{"span", "currency: PLN", "currency: PLN\n    lapse: {after: 3 years}", "13:20: programs[0].lapse.after: 3 years is not a span of the calendar", "3y"},
		{"language", "name: base,", "name: base, title: {de: x},", "14:30: programs[0].rules[0].title.de: there is no such language", "pl, en"},
		{"variable not set", "currency: PLN", "currency: ${NOT_SET_ANYWHERE}", "12:15: programs[0].currency: ${NOT_SET_ANYWHERE} uses the variable NOT_SET_ANYWHERE, which is not set", "${NOT_SET_ANYWHERE:default}"},
		{"variable not closed", "currency: PLN", "currency: ${PLN", "12:15: programs[0].currency: ${PLN has ${ without }", "$${"},
		{"variable without a name", "currency: PLN", "currency: ${a-b}", "12:15: programs[0].currency: ${a-b} has a variable whose name is not letters, digits and _", ""},
		// YAML.
		{"empty", valid, "", "1:1: the file is empty", "init"},
		{"only comments", valid, "# nothing\n", "1:1: the file is empty", "init"},
		{"only text", valid, "hello there\n", "1:1: hello there is one value; a section of keys is meant", ""},
		{"a list", valid, "- a\n", "1:1: a list is written here; a section of keys is meant", ""},
		{"two documents", "jobs:", "---\njobs:", "18:1: a second document begins here", "remove"},
		{"tab", "    currency: PLN", "\tcurrency: PLN", "12:1: a tab in the indentation", "spaces"},
		{"tab that the parser lets pass", "timezone: Europe/Warsaw", "log:\n  \tlevel: info", "2:3: a tab in the indentation", "spaces"},
		{"tab behind spaces", "    currency: PLN", "  \tcurrency: PLN", "12:3: a tab in the indentation", "spaces"},
		{"Windows-1250", "name: base", "name: b\xb9se", "14:17: byte B9 is not UTF-8; the file looks like Windows-1250", "Notepad"},
		{"UTF-16", valid, "\xff\xfea\x00", "1:1: the file is UTF-16", "UTF-8"},
		{"control character", "name: base", "name: b\x07se", "14:17: control character U+0007", ""},
		{"escape", `"00123"`, `"C:\s"`, "9:31: an unknown escape inside double quotes", "single quotes"},
		{"bracket not closed", `["00123"]`, `["00123"`, "9:34: a comma or ] is missing before this", ""},
		{"quote not closed", `"00123"`, `"00123`, "14:63: a comma or ] is missing", ""},
		{"anchor", "currency: PLN", "currency: &c PLN", "12:15: programs[0].currency: anchors and aliases (& and *) are not understood", "write the value out"},
		{"tag", "currency: PLN", "currency: !!str PLN", "12:15: programs[0].currency: tags (!) are not understood", ""},
		{"merge key", "currency: PLN", "<<: {a: b}", "11:5: programs[0].currency: is missing\n12:5: programs[0]: merge keys (<<) are not understood", ""},
		{"nested too deeply", "currency: PLN", "currency: " + strings.Repeat("[", 300), "12:215: nested too deeply", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("f.yaml", []byte(edit(t, valid, tt.old, tt.with)))
			faults := faultsOf(t, err)
			if len(faults) == 0 {
				t.Fatal("no fault")
			}
			if got := strings.ReplaceAll(faults.Error(), "f.yaml:", ""); !strings.HasPrefix(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if !strings.Contains(faults[0].Hint, tt.hint) {
				t.Errorf("hint %q, want %q in it", faults[0].Hint, tt.hint)
			}
		})
	}
}

func TestEveryFaultIsListedInOrder(t *testing.T) {
	t.Parallel()
	text := edit(t, valid, "currency: PLN", "currency: zl\n    buffered: maybe")
	text = edit(t, text, `"00123"`, "00123, 00124")
	text = edit(t, text, "timezone: Europe/Warsaw", "timezone: Mars\nlgo: {}")
	_, err := config.Parse("f.yaml", []byte(text))
	want := `f.yaml:1:11: timezone: Mars is not a time zone
f.yaml:2:1: lgo: there is no such key
f.yaml:10:27: mappings[0].contractors.codes[0]: 00123 is read as a number; contractor codes are text
f.yaml:10:34: mappings[0].contractors.codes[1]: 00124 is read as a number; contractor codes are text
f.yaml:13:15: programs[0].currency: zl is not a currency
f.yaml:14:15: programs[0].buffered: maybe is not known here`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	for _, f := range faultsOf(t, err) {
		if f.Hint == "" {
			t.Errorf("%v has no hint", f)
		}
	}
}

func TestFaultsDoNotQuoteSecrets(t *testing.T) {
	t.Setenv("TOKEN", "hunter2")
	for _, with := range []string{
		"password: 777001", "password: &x 777001", "url2: postgres://u:777001@h/d", `url: "postgres://u:777001@%zz/d"`,
		"url: postgres://u:777001@h", "url: oracle://u:777001@h/d", "url: 777001", "page: ${TOKEN}", "documents: ['${TOKEN}']",
		"timezone: ${TOKEN}", "overlap: ${TOKEN}", "connector: ${TOKEN}", "tenant: '${TOKEN}'", "auth: ${TOKEN}",
	} {
		key, _, _ := strings.Cut(with, ":")
		text := valid
		switch key {
		case "url":
			text = edit(t, text, "url: postgres://ro@db.local/idempiere", with)
		case "connector":
			text = edit(t, text, "connector: compiere", with)
		default:
			text = edit(t, text, "url: postgres", with+"\n    url: postgres")
		}
		f, err := config.Parse("f.yaml", []byte(text))
		faults := faultsOf(t, err)
		if len(faults) == 0 {
			t.Errorf("%s: no fault", with)
		}
		for _, fault := range faults {
			if all := fault.Error() + fault.Hint; strings.Contains(all, "777001") || strings.Contains(all, "hunter2") {
				t.Errorf("%s: the fault shows it: %s", with, all)
			}
		}
		if f == nil {
			t.Errorf("%s: no file beside the faults", with)
		}
	}
}

func TestFaultsFoundElsewhereGetAPosition(t *testing.T) {
	t.Parallel()
	text := edit(t, valid, `{codes: ["00123"]}`, `
      where: 'code == "it''s" && net > 100'
    representatives:
      where: >-
        email != ''
        && active
    card: "\u0041\tb + c"`)
	text = edit(t, text, "connector: compiere\n    url: postgres://ro@db.local/idempiere", `connector: sqlerp
    url: sqlite:erp.db
    sql:
      contractors:
        select: |
          SELECT id,
            zażółć FROM c
      invoices: {select: SELECT one}
      lines:
        select: SELECT
          two
      now: |2
          SELECT
          now()`)
	f, err := config.Parse("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path      string
		offset    int
		line, col int
	}{
		{"mappings[0].contractors.where", 0, 22, 14},
		{"mappings[0].contractors.where", len("code == "), 22, 23},
		{"mappings[0].contractors.where", len(`code == "it's" && `), 22, 34},
		{"mappings[0].representatives.where", len("email != '' && "), 26, 12},
		{"mappings[0].card", 2, 27, 20},
		{"sources[0].sql.contractors.select", len("SELECT "), 9, 18},
		{"sources[0].sql.contractors.select", len("SELECT id,\n  "), 10, 13},
		{"sources[0].sql.contractors.select", len([]rune("SELECT id,\n  zażółć ")), 10, 20},
		{"sources[0].sql.invoices.select", len("SELECT "), 11, 33},
		{"sources[0].sql.lines.select", len("SELECT t"), 14, 12},
		{"sources[0].sql.invoices.columns.id", 0, 11, 17},
		{"programs[0].rules[0].per", 0, 32, 62},
		{"programs[0].rules[7]", 0, 32, 7},
		{"nowhere.at.all", 0, 1, 1},
		{"sources[0].sql.now", len("  SELECT\n  n"), 17, 12},
		{"sources[0].sql.contractors.select", 10000, 8, 17},
	}
	for _, tt := range tests {
		fault := f.Fault(tt.path, tt.offset, "m", "h")
		if fault.Line != tt.line || fault.Col != tt.col || fault.File != "f.yaml" || fault.Path != tt.path {
			t.Errorf("%s+%d: %d:%d, want %d:%d", tt.path, tt.offset, fault.Line, fault.Col, tt.line, tt.col)
		}
	}
}

func TestFaultsOfAStarterWithoutItsSecret(t *testing.T) {
	t.Parallel()
	s, err := config.NewStarter("compiere")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	_, err = config.Parse(filepath.Join(dir, "loyalsync.yaml"), s.YAML)
	faults := faultsOf(t, err)
	if len(faults) != 1 || faults[0].Path != "sources[0].password_file" || !strings.Contains(faults[0].Message, filepath.Join(dir, s.Secret)) {
		t.Errorf("faults: %v", faults)
	}
}
