package loyalty_test

import (
	"testing"

	"github.com/loyalsync/loyalsync/loyalty"
)

// TestLineByKey: the line that a correction corrects goes first, then one that
// stands beside the original's, then the original's own, then the document's own.
func TestLineByKey(t *testing.T) {
	line := func(id, corrects, code string) loyalty.Line {
		return loyalty.Line{ID: id, Corrects: corrects, Code: code}
	}
	original := &loyalty.Document{Key: loyalty.Key{ID: "1"}, Lines: []loyalty.Line{line("11", "", "A"), line("a-12", "", "B"), line("21", "", "C")}}
	correction := &loyalty.Document{Key: loyalty.Key{ID: "2"}, Lines: []loyalty.Line{
		line("21", "11", "A2"), line("x", "a-12", "B2"), line("y", "", "NEW"), line("011", "", "ZERO"), line("7", "", "OWN"), line("", "", "NONE"),
	}}
	for _, tt := range []struct{ key, want string }{
		{"11", "A2"}, {"a-12", "B2"}, {"2:y", "NEW"}, {"2:7", "OWN"}, {"21", "C"}, {"7", "OWN"}, {"y", "NEW"}, {"011", "ZERO"}, {"", ""}, {"1", ""},
	} {
		got := ""
		if l := correction.LineByKey(loyalty.LineID(tt.key), original); l != nil {
			got = l.Code
		}
		if got != tt.want {
			t.Errorf("line %q is %q, not %q", tt.key, got, tt.want)
		}
	}
	if l := original.LineByKey(loyalty.LineID("a-12"), nil); l == nil || l.Code != "B" {
		t.Errorf("without an original: %v", l)
	}
}
