package optima

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAttributeTexts(t *testing.T) {
	for _, tt := range []struct {
		format int64
		value  string
		want   string
	}{
		{1, " TAK ", "TAK"},
		{1, "1,5", "1,5"},
		{formatNumber, "1,5", "1.5"},
		{formatNumber, "-1 234,50", "-1234.50"},
		{formatNumber, "dużo", "dużo"},
		{formatNumber, "", ""},
		{formatDate, "82192", "2026-01-09"},
		{formatDate, "1", "1800-12-29"},
		{formatDate, "0", "0"},
		{formatDate, "2026-01-01", "2026-01-01"},
		{5, "0xff", "0xff"},
	} {
		if got := (attribute{format: tt.format, value: tt.value}).text(); got != tt.want {
			t.Errorf("format %d: %q gives %q, want %q", tt.format, tt.value, got, tt.want)
		}
	}
}

func TestSeveralValues(t *testing.T) {
	got := byOwner([]attribute{
		{1, "SEG", 1, "A"}, {1, "SEG", 1, "B"}, {1, "SEG", 1, "A"}, {1, "PUSTY", 1, " "}, {2, "SEG", 1, "C"},
	})
	want := map[int32]map[string]string{1: {"SEG": "A; B"}, 2: {"SEG": "C"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestGroupPaths(t *testing.T) {
	tree := groupTree{
		1: {1, 0, "ALKO"}, 2: {2, 1, "WINA"}, 3: {3, 2, "CZERWONE"},
		7: {7, 8, "KOŁO"}, 8: {8, 7, "OBRÓT"},
		9: {9, 99, "SIEROTA"},
	}
	for group, want := range map[int64]string{0: "", 1: "ALKO", 3: "ALKO/WINA/CZERWONE", 7: "OBRÓT/KOŁO", 9: "SIEROTA", 50: ""} {
		if got := tree.path(id(group)); got != want {
			t.Errorf("group %d: %q, want %q", group, got, want)
		}
	}
	if got := tree.path(sql.NullInt64{}); got != "" {
		t.Errorf("no group: %q", got)
	}
	paths := tree.paths([]member{{5, 2}, {5, 1}, {5, 2}, {5, 0}, {6, 3}})
	if got := otherGroups(paths[5], "ALKO/WINA"); got != "ALKO" {
		t.Errorf("other groups %q", got)
	}
}

func TestMergesEndAtTheLast(t *testing.T) {
	next := map[int32]int32{1: 2, 2: 3, 7: 8, 8: 7}
	for from, want := range map[int32]int32{1: 3, 2: 3, 3: 3, 7: 7, 9: 9} {
		if got := follow(next, from); got != want {
			t.Errorf("%d became %d, want %d", from, got, want)
		}
	}
	if cfg := (Config{}).withDefaults(); !cfg.isMergeTable("CDN.TraNag") || !cfg.isMergeTable("") {
		t.Error("rows of some tables do not count, though none is named")
	}
	cfg := Config{MergeTable: "Kontrahenci"}
	for name, want := range map[string]bool{"Kontrahenci": true, "CDN.Kontrahenci": true, "[CDN].[KONTRAHENCI]": true, "CDN.TraNag": false, "": false} {
		if cfg.isMergeTable(name) != want {
			t.Errorf("table %q: %v", name, !want)
		}
	}
}

func TestNewer(t *testing.T) {
	for _, tt := range []struct {
		version string
		want    bool
	}{{"2025.5", false}, {"2025.6", true}, {"2025.5.1", true}, {"2025.10", true}, {"2026", true}, {"2024.9", false}, {"", false}, {"x", false}} {
		if got := newer(tt.version, "2025.5"); got != tt.want {
			t.Errorf("%q newer than 2025.5: %v", tt.version, got)
		}
	}
}

// FuzzAttribute: whatever people type, an attribute has a text, and a number has
// no comma.
func FuzzAttribute(f *testing.F) {
	f.Add(int64(formatNumber), "1 234,50")
	f.Add(int64(formatDate), "82192")
	f.Add(int64(formatDate), "99999999999999")
	f.Fuzz(func(t *testing.T, format int64, value string) {
		text := attribute{format: format, value: value}.text()
		if strings.TrimSpace(value) != "" && text == "" {
			t.Errorf("%q of format %d is lost", value, format)
		}
	})
}
