package mapping_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/mapping"
)

// config is a mapping with every setting in use.
func config() mapping.Config {
	return mapping.Config{
		Source: "erp", Program: "main", BaseCurrency: "PLN",
		ContractorsWhere:     `attribute("LOYAL") == "YES"`,
		Codes:                []string{"K001", "K002"},
		RepresentativesWhere: "email != ''",
		Card:                 `attribute("CARD")`,
		EarnFrom:             loyalty.NewDate(2026, time.January, 1),
		Overrides: []mapping.Override{
			{Contractor: "K001", EarnFrom: loyalty.NewDate(2026, time.March, 1), PointsToContractor: "K900"},
			{Contractor: "K003", EarnFrom: loyalty.NoDate, PointsToContractor: "K404"},
			{Contractor: "K004", EarnFrom: loyalty.NoDate, PointsToContractor: "K004"},
		},
		Channels:   []mapping.Channel{{Name: "shop", Stores: []string{"MAG1", "SHOP-*"}}, {Name: "rest", Stores: []string{"*"}}},
		ItemGroups: []loyalty.ItemGroup{{Name: "Wine", Items: []string{"W*"}}},
	}
}

func compile(t *testing.T, cfg mapping.Config) *mapping.Mapping {
	t.Helper()
	m, faults := mapping.Compile(cfg)
	if len(faults) > 0 {
		t.Fatalf("faults: %+v", faults)
	}
	return m
}

func resolve(code string) (string, bool) {
	if key, ok := map[string]string{"K001": "1", "K002": "2", "K004": "4", "K900": "900"}[code]; ok {
		return key, true
	}
	return "to be ignored", false
}

func TestCompileFaults(t *testing.T) {
	tests := []struct {
		name   string
		change func(*mapping.Config)
		paths  []string
		text   string // in message or hint of the first
	}{
		{"right", func(*mapping.Config) {}, nil, ""},
		{"misspelt field", func(c *mapping.Config) { c.ContractorsWhere = "grup == 'A'" }, []string{"contractors.where"}, "did you mean group?"},
		{"no condition", func(c *mapping.Config) { c.ContractorsWhere = "code" }, []string{"contractors.where"}, "a condition is needed"},
		{"representatives", func(c *mapping.Config) { c.RepresentativesWhere = "group == 'A'" }, []string{"representatives.where"}, "fields: active, attributes, contractor, default, email, name, phone"},
		{"card", func(c *mapping.Config) { c.Card = "active" }, []string{"card"}, "a text is needed"},
		{"empty code", func(c *mapping.Config) { c.Codes = []string{"A", ""} }, []string{"contractors.codes[1]"}, "empty"},
		{"padded code", func(c *mapping.Config) { c.Codes = []string{"A "} }, []string{"contractors.codes[0]"}, "blanks"},
		{"code twice", func(c *mapping.Config) { c.Codes = []string{"A", "B", "A"} }, []string{"contractors.codes[2]"}, "codes[0]"},
		{"operator", func(c *mapping.Config) { c.ChosenBy = "operator" }, []string{"contractors.chosen_by"}, "not in this version"},
		{
			"words",
			func(c *mapping.Config) {
				c.ChosenBy, c.DocumentDate, c.PointsTo, c.Unit = "me", "sold", "seller", "piece"
			},
			[]string{"contractors.chosen_by", "document_date", "points_to", "unit"},
			"yaml, both",
		},
		{
			"overrides",
			func(c *mapping.Config) {
				c.Overrides = []mapping.Override{{Contractor: "", EarnFrom: 1}, {Contractor: "A", EarnFrom: loyalty.NoDate}, {Contractor: "A", PointsToContractor: " B"}}
			},
			[]string{"overrides[0].contractor", "overrides[1]", "overrides[2].contractor", "overrides[2].points_to_contractor"},
			"empty",
		},
		{
			"item groups",
			func(c *mapping.Config) {
				c.ItemGroups = []loyalty.ItemGroup{{Name: "A", Items: []string{""}}, {Name: "A"}}
			},
			[]string{"item_groups[0].items[0]", "item_groups[1]", "item_groups[1].name"},
			"matches nothing",
		},
		{
			"channels",
			func(c *mapping.Config) {
				c.Channels = []mapping.Channel{{Name: "a", Stores: []string{"x", " y"}}, {Name: "a", Stores: []string{"z"}}, {}}
			},
			[]string{"channels[0].stores[1]", "channels[1].name", "channels[2].name", "channels[2].stores"},
			"blanks",
		},
		{
			"all at once",
			func(c *mapping.Config) {
				c.ContractorsWhere, c.RepresentativesWhere, c.Card, c.Unit = "x == 1 or y == 1", "(", "1", "x"
			},
			[]string{"contractors.where", "contractors.where", "representatives.where", "card", "unit"},
			"no field x",
		},
	}
	for _, tt := range tests {
		cfg := config()
		tt.change(&cfg)
		m, faults := mapping.Compile(cfg)
		var paths []string
		for _, f := range faults {
			paths = append(paths, f.Path)
			if f.Message == "" || f.Hint == "" {
				t.Errorf("%s: %+v has no message or no hint", tt.name, f)
			}
		}
		if d := cmp.Diff(tt.paths, paths); d != "" {
			t.Errorf("%s: %s", tt.name, d)
			continue
		}
		if (m == nil) != (len(faults) > 0) {
			t.Errorf("%s: mapping %v with %d faults", tt.name, m, len(faults))
		}
		if len(faults) > 0 && !strings.Contains(faults[0].Message+"|"+faults[0].Hint, tt.text) {
			t.Errorf("%s: %+v", tt.name, faults[0])
		}
	}
}

func TestFaultOffset(t *testing.T) {
	cfg := config()
	cfg.ContractorsWhere = "name == 'żółw' and grup == 'A'"
	_, faults := mapping.Compile(cfg)
	if len(faults) != 1 || faults[0].Offset != 19 {
		t.Errorf("faults: %+v", faults)
	}
}

func TestUnknownCodes(t *testing.T) {
	codes := compile(t, config()).Codes()
	for _, code := range []string{"k002", "K001  ", "K003", "K900", "other"} {
		codes.See(code)
	}
	want := []mapping.UnknownCode{
		{Path: "contractors.codes[1]", Code: "K002", Near: "k002"},
		{Path: "overrides[1].points_to_contractor", Code: "K404", Beneficiary: true},
		{Path: "overrides[2].contractor", Code: "K004"},
		{Path: "overrides[2].points_to_contractor", Code: "K004", Beneficiary: true},
	}
	if d := cmp.Diff(want, codes.Unknown()); d != "" {
		t.Error(d)
	}
	if codes.Named() == 0 {
		t.Error("no code is named")
	}
}

func TestFingerprints(t *testing.T) {
	const people, documents, both, neither = "people", "documents", "both", "neither"
	tests := []struct {
		name   string
		change func(*mapping.Config)
		want   string
	}{
		{"where", func(c *mapping.Config) { c.ContractorsWhere = "active" }, people},
		{"codes", func(c *mapping.Config) { c.Codes = []string{"K001"} }, people},
		{"chosen_by", func(c *mapping.Config) { c.ChosenBy = "yaml" }, people},
		{"earn_from", func(c *mapping.Config) { c.EarnFrom++ }, people},
		{"an override's date", func(c *mapping.Config) { c.Overrides[0].EarnFrom++ }, people},
		{"an override's target", func(c *mapping.Config) { c.Overrides[0].PointsToContractor = "K002" }, people},
		{"an override less", func(c *mapping.Config) { c.Overrides = c.Overrides[:1] }, people},
		{"document_date", func(c *mapping.Config) { c.DocumentDate = "issue" }, documents},
		{"points_to", func(c *mapping.Config) { c.PointsTo = "payer" }, documents},
		{"points_to_attribute", func(c *mapping.Config) { c.PointsToAttribute = "X" }, documents},
		{"unit", func(c *mapping.Config) { c.Unit = "document" }, documents},
		{"channel", func(c *mapping.Config) { c.Channels[0].Stores = c.Channels[0].Stores[:1] }, documents},
		{"order of channels", func(c *mapping.Config) { slices.Reverse(c.Channels) }, documents},
		{"base currency", func(c *mapping.Config) { c.BaseCurrency = "EUR" }, documents},
		{"payment", func(c *mapping.Config) { c.HashPaid = true }, documents},
		{"everything", func(c *mapping.Config) { *c = mapping.Config{EarnFrom: loyalty.NoDate} }, both},
		{"order of codes", func(c *mapping.Config) { slices.Reverse(c.Codes) }, neither},
		{"order of overrides", func(c *mapping.Config) { slices.Reverse(c.Overrides) }, neither},
		{"a default written out", func(c *mapping.Config) { c.PointsTo, c.ChosenBy = "buyer", "both" }, neither},
		{"representatives", func(c *mapping.Config) { c.RepresentativesWhere = "" }, neither},
		{"item groups", func(c *mapping.Config) { c.ItemGroups = nil }, neither},
	}
	wantPeople, wantDocuments := compile(t, config()).Fingerprints()
	for _, tt := range tests {
		cfg := config()
		tt.change(&cfg)
		p, d := compile(t, cfg).Fingerprints()
		got := map[[2]bool]string{{true, false}: people, {false, true}: documents, {true, true}: both, {false, false}: neither}[[2]bool{p != wantPeople, d != wantDocuments}]
		if got != tt.want {
			t.Errorf("%s changes %s, want %s", tt.name, got, tt.want)
		}
	}
}
