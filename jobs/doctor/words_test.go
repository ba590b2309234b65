package doctor_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/network"
	"github.com/loyalsync/loyalsync/jobs/doctor"
)

func TestWords(t *testing.T) {
	f := connectors.Finding{Code: "left-out", Message: "kept", Data: map[string]string{"program": "main", "count": "2", "reason": "inactive", "examples": "K1 {count}"}}
	if message, _ := doctor.Words(f, "pl"); message != "program main: pominięto 2 (kontrahent jest nieaktywny w ERP): K1 {count}" {
		t.Errorf("Polish: %s", message)
	}
	if message, _ := doctor.Words(f, "en"); message != "kept" {
		t.Errorf("English: %s", message)
	}
	unknown := connectors.Finding{Code: "odd", Message: "as the connector says", Hint: "so"}
	if message, hint := doctor.Words(unknown, "pl"); message != "as the connector says" || hint != "so" {
		t.Errorf("unknown: %s, %s", message, hint)
	}
	bare := connectors.Finding{Code: network.TLSExpired, Message: "expired, says the server"}
	if message, _ := doctor.Words(bare, "pl"); message != "expired, says the server" {
		t.Errorf("without its figures: %s", message)
	}
	refused := connectors.Finding{Code: network.CodeRefused, Message: "erp:1 refuses", Hint: "the server's own cure", Data: map[string]string{"address": "erp:1"}}
	if message, hint := doctor.Words(refused, "pl"); message != "erp:1 odmawia: nikt tam nie nasłuchuje" || hint != "the server's own cure" {
		t.Errorf("a cure of the caller: %s, %s", message, hint)
	}
}

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

// TestVocabulary: what is said in one language is said in the other, with the
// same figures, and faults have a cure.
func TestVocabulary(t *testing.T) {
	for code, w := range doctor.Vocabulary() {
		en, pl, cure, lek := w[0], w[1], w[2], w[3]
		if pl == "" || (cure == "") != (lek == "") {
			t.Errorf("%s is not said in both languages", code)
		}
		names := func(texts ...string) []string {
			found := placeholder.FindAllString(strings.Join(texts, " "), -1)
			slices.Sort(found)
			return slices.Compact(found)
		}
		if en != "" && !slices.Equal(names(en), names(pl)) || !slices.Equal(names(cure), names(lek)) {
			t.Errorf("%s names other figures in Polish", code)
		}
	}
}

// TestCodesAreSaid: every word of the vocabulary is used, here or by a connector,
// and every code of the network's is in it.
func TestCodesAreSaid(t *testing.T) {
	words, used := doctor.Vocabulary(), map[string]bool{}
	for _, code := range []string{ // put together from parts
		"clock-ahead", "clock-behind", "clock-zone-ahead", "clock-zone-behind", "clock-off-ahead", "clock-off-behind", "job-missing-points", "job-missing-sweep",
	} {
		used[code] = true
	}
	for _, folder := range []string{".", "../../connectors/network", "../../connectors/sqlserver", "../../connectors/compiere", "../../connectors/sqlerp", "../../connectors/optima"} {
		for _, value := range literals(t, folder) {
			used[value] = true
			if _, ok := words[value]; !ok && strings.HasSuffix(folder, "network") && codeOfNetwork.MatchString(value) {
				t.Errorf("%s has no words", value)
			}
		}
	}
	for code := range words {
		if !used[code] {
			t.Errorf("%s is said by nobody", code)
		}
	}
}

// TestPhrases: what is said in Polish is what a connector says, word for word.
func TestPhrases(t *testing.T) {
	said := make(map[string]bool)
	for _, folder := range []string{"network", "sqlserver", "compiere", "sqlerp", "optima"} {
		for _, text := range literals(t, "../../connectors/"+folder) {
			said[text] = true
		}
	}
	for text, polish := range doctor.Phrases() {
		if !said[text] || polish == "" || polish == text {
			t.Errorf("no connector says %q", text)
		}
	}
	refused := connectors.Finding{Message: "there is no such database (error 911)", Hint: "check database:"}
	if message, hint := doctor.Words(refused, "pl"); message != "nie ma takiej bazy (błąd 911)" || hint != "sprawdź database:" {
		t.Errorf("Polish: %s, %s", message, hint)
	}
	if message, hint := doctor.Words(refused, "en"); message != refused.Message || hint != refused.Hint {
		t.Errorf("English: %s, %s", message, hint)
	}
}

var codeOfNetwork = regexp.MustCompile(`^(tls|port|host)-[a-z0-9-]+$`)

// literals are the texts in the code of a folder.
func literals(t *testing.T, folder string) (texts []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "words.go" {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				value, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				texts = append(texts, value)
			}
			return true
		})
	}
	return texts
}
