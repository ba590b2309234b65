package loyalty_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/loyalsync/loyalsync/loyalty"
)

// TestWords reads reason.go and redemption.go, so that no new reason and no refusal is
// left without words.
func TestWords(t *testing.T) {
	for file, tt := range map[string]struct {
		words func(code, lang string) string
		least int
	}{
		"reason.go":     {func(code, lang string) string { return loyalty.Reason(code).Words(lang) }, 25},
		"redemption.go": {func(code, lang string) string { return loyalty.Refusal(code).Words(lang) }, 10},
	} {
		said := map[string]string{}
		codes := codesIn(t, file)
		for _, code := range codes {
			for _, lang := range []string{loyalty.Polish, loyalty.English} {
				words := tt.words(code, lang)
				if (code != "") != (words != "" && words != code) {
					t.Errorf("%s: %q has no words in %s", file, code, lang)
				}
				if other, twice := said[lang+words]; twice {
					t.Errorf("%s: %q and %q are the same words in %s: %s", file, code, other, lang, words)
				}
				said[lang+words] = code
			}
		}
		if len(codes) < tt.least {
			t.Errorf("%d codes found in %s", len(codes), file)
		}
	}
}

// codesIn are the texts of a file's constants.
func codesIn(t *testing.T, name string) (codes []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		text, ok := spec.Values[0].(*ast.BasicLit)
		if !ok || text.Kind != token.STRING {
			return true
		}
		code, err := strconv.Unquote(text.Value)
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, code)
		return true
	})
	return codes
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
	if got := loyalty.Refusal("from_the_future").Words("pl"); got != "from_the_future" {
		t.Errorf("an unknown refusal: %q", got)
	}
	if got := loyalty.Reason("from_the_future").Words("pl"); got != "from_the_future" {
		t.Errorf("an unknown reason: %q", got)
	}
}
