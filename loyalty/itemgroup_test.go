package loyalty_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
)

func TestMatchPattern(t *testing.T) {
	tests := []struct {
		pattern, text string
		want          bool
	}{
		{"WINE-*", "WINE-001", true},
		{"WINE-*", "WINE-", true},
		{"WINE-*", "WINE", false},
		{"WINE-*", "wine-001", false},
		{"WINE-*", "XWINE-001", false},
		{"*-RED", "WINE-RED", true},
		{"*-RED", "WINE-RED-2", false},
		{"*RED*", "WINE-RED-2", true},
		{"A?C", "ABC", true},
		{"A?C", "AC", false},
		{"A?C", "AŁC", true}, // one character, two bytes
		{"A??C", "AŁC", false},
		{"a*b*c", "aXbXbXc", true},
		{"a*b*c", "aXcXb", false},
		{"*", "", true},
		{"**", "", true},
		{"?", "", false},
		{"", "", true},
		{"", "A", false},
		{"[A-Z]", "B", false}, // no character classes
		{"[A-Z]", "[A-Z]", true},
		{"a.c", "abc", false},
		{"*ab", "aab", true},
		{"żółw*", "żółwik", true},
	}
	for _, tt := range tests {
		if got := loyalty.MatchPattern(tt.pattern, tt.text); got != tt.want {
			t.Errorf("MatchPattern(%q, %q) = %v", tt.pattern, tt.text, got)
		}
	}
}

// matchSlowly is the definition of a pattern, character by character.
func matchSlowly(pattern, text []rune) bool {
	switch {
	case len(pattern) == 0:
		return len(text) == 0
	case pattern[0] == '*':
		return matchSlowly(pattern[1:], text) || (len(text) > 0 && matchSlowly(pattern, text[1:]))
	case len(text) == 0:
		return false
	}
	return (pattern[0] == '?' || pattern[0] == text[0]) && matchSlowly(pattern[1:], text[1:])
}

func FuzzMatchPattern(f *testing.F) {
	f.Add("WINE-*", "WINE-1")
	f.Add("*a?b*", "xayb")
	f.Add("??ł*", "ąęłx")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 12 || len(text) > 24 || !utf8.ValidString(pattern) || !utf8.ValidString(text) {
			t.Skip() // the definition is exponential, and codes are text
		}
		if got, want := loyalty.MatchPattern(pattern, text), matchSlowly([]rune(pattern), []rune(text)); got != want {
			t.Errorf("MatchPattern(%q, %q) = %v, want %v", pattern, text, got, want)
		}
	})
}

func TestMatchPatternManyStarsEnds(t *testing.T) {
	pattern := strings.Repeat("*a", 200) + "b"
	if loyalty.MatchPattern(pattern, strings.Repeat("a", 5000)) {
		t.Error("matched a text without b")
	}
}

func TestItemGroupMatches(t *testing.T) {
	wine := loyalty.ItemGroup{Name: "Wine", Items: []string{"WINE-*", "GIFT"}, ERPGroups: []string{"ALKO/WINA"}}
	tests := []struct {
		name, code, group string
		want              bool
	}{
		{"code by pattern", "WINE-1", "", true},
		{"code by name", "GIFT", "OTHER", true},
		{"the group itself", "X", "ALKO/WINA", true},
		{"a sub-group", "X", "ALKO/WINA/CZERWONE", true},
		{"a group with the same start", "X", "ALKO/WINA-STARE", false},
		{"the parent", "X", "ALKO", false},
		{"another case", "X", "alko/wina", false},
		{"neither", "X", "", false},
		{"no code", "", "", false},
	}
	for _, tt := range tests {
		if got := wine.Matches(tt.code, tt.group); got != tt.want {
			t.Errorf("%s: Matches(%q, %q) = %v", tt.name, tt.code, tt.group, got)
		}
	}
	if (loyalty.ItemGroup{Items: []string{"*"}}).Matches("", "ALKO") {
		t.Error("a line without an item belongs to *")
	}
	if (loyalty.ItemGroup{ERPGroups: []string{""}}).Matches("X", "") {
		t.Error("an empty path includes an item without a group")
	}
}

func TestItemGroupFaults(t *testing.T) {
	tests := []struct {
		name  string
		group loyalty.ItemGroup
		want  []string // paths
	}{
		{"right", loyalty.ItemGroup{Name: "Wine", Items: []string{"W*"}, ERPGroups: []string{"ALKO/WINA"}}, nil},
		{"nothing at all", loyalty.ItemGroup{}, []string{"name", ""}},
		{"empty pattern", loyalty.ItemGroup{Name: "W", Items: []string{"A", ""}}, []string{"items[1]"}},
		{"blanks", loyalty.ItemGroup{Name: "W", Items: []string{" A"}, ERPGroups: []string{"A / B"}}, []string{"items[0]", "erp_groups[0]"}},
		{"not UTF-8", loyalty.ItemGroup{Name: "W", Items: []string{"W\xb3"}}, []string{"items[0]"}},
		{"empty path", loyalty.ItemGroup{Name: "W", ERPGroups: []string{""}}, []string{"erp_groups[0]"}},
		{"slash at the end", loyalty.ItemGroup{Name: "W", ERPGroups: []string{"A", "A/"}}, []string{"erp_groups[1]"}},
		{"star in a path", loyalty.ItemGroup{Name: "W", ERPGroups: []string{"A/*"}}, []string{"erp_groups[0]"}},
	}
	for _, tt := range tests {
		var got []string
		for _, f := range tt.group.Faults() {
			got = append(got, f.Path)
			if f.Message == "" || f.Hint == "" {
				t.Errorf("%s: %+v has no message or no hint", tt.name, f)
			}
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: %s", tt.name, d)
		}
	}
}
