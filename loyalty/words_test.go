package loyalty_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/loyalsync/loyalsync/loyalty"
)

// TestReasonWords reads reason.go itself, so that a new reason cannot be
// forgotten.
func TestReasonWords(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	reasons := 0
	said := map[string]loyalty.Reason{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		reason := loyalty.Reason(code)
		reasons++
		for _, lang := range []string{loyalty.Polish, loyalty.English} {
			words := reason.Words(lang)
			if (reason != loyalty.ReasonNone) != (words != "" && words != code) {
				t.Errorf("%s (%q) has no words in %s", spec.Names[0], code, lang)
			}
			if other, twice := said[lang+words]; twice {
				t.Errorf("%q and %q are the same words in %s: %s", code, other, lang, words)
			}
			said[lang+words] = reason
		}
		return true
	})
	if reasons < 25 {
		t.Errorf("%d reasons found in reason.go", reasons)
	}
}

func TestReasonWordsLanguages(t *testing.T) {
	if got := loyalty.ReasonCancelled.Words("pl"); got != "dokument jest anulowany" {
		t.Error(got)
	}
	for _, lang := range []string{"en", "de", ""} {
		if got := loyalty.ReasonCancelled.Words(lang); got != "the document is cancelled" {
			t.Errorf("%q: %s", lang, got)
		}
	}
	if got := loyalty.Reason("from_the_future").Words("pl"); got != "from_the_future" {
		t.Errorf("an unknown reason: %q", got)
	}
}
