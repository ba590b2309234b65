package expression_test

import (
	"cmp"
	"slices"
	"testing"

	diff "github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/mapping/expression"
)

func TestLiterals(t *testing.T) {
	type record struct {
		Group      string                   `expr:"group"`
		Active     bool                     `expr:"active"`
		Attributes map[string]string        `expr:"attributes"`
		Attribute  func(name string) string `expr:"attribute"`
	}
	for source, want := range map[string][]expression.Literal{
		`group == "VIP" and active`:      {{Field: "group", Text: "VIP", Offset: 9}},
		`"VIP" != group`:                 {{Field: "group", Text: "VIP"}},
		`group in ["ż", "B"]`:            {{Field: "group", Text: "ż", Offset: 10}, {Field: "group", Text: "B", Offset: 15}},
		`not (attribute("A") == "TAK")`:  {{Field: "attribute", Text: "A", Offset: 15}},
		`attributes["A"] + attributes.B`: {{Field: "attribute", Text: "A", Offset: 11}, {Field: "attribute", Text: "B", Offset: 29}},
		`group startsWith "V"`:           nil,
		`active ? group == "A" : false`:  {{Field: "group", Text: "A", Offset: 18}},
		`group ==`:                       nil,
	} {
		got := expression.Literals[record](source)
		slices.SortFunc(got, func(a, b expression.Literal) int { return cmp.Compare(a.Offset, b.Offset) })
		if d := diff.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", source, d)
		}
	}
}
