package webtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	templateKey = regexp.MustCompile(`\b(?:t|count) "([^"]+)"`)
	builtKey    = regexp.MustCompile(`print "([a-z_]+\.)"`)
	sourceKey   = regexp.MustCompile(`"([a-z_]+)\.([a-z_.]+)"`)
)

// CheckWords compares the words of a face, the folder "words" in its own, with
// its templates and sources: a key that nothing uses is an error, and so is one
// that is used and has no words. That both languages have the same keys is
// checked when they are loaded.
func CheckWords(t testing.TB, folder string) {
	t.Helper()
	var words map[string]string
	if err := json.Unmarshal([]byte(read(t, filepath.Join(folder, "words", "en.json"))), &words); err != nil {
		t.Fatal(err)
	}
	templates := readAll(t, filepath.Join(folder, "templates", "*.html"))
	sources := readAll(t, filepath.Join(folder, "*.go"))
	subjects := map[string]bool{} // first parts of keys
	for key := range words {
		subject, _, _ := strings.Cut(key, ".")
		subjects[subject] = true
		if !strings.Contains(templates+sources, `"`+key+`"`) && !built(templates, key) {
			t.Errorf("nothing uses %q", key)
		}
	}
	for _, m := range templateKey.FindAllStringSubmatch(templates, -1) {
		if _, known := words[m[1]]; !known {
			t.Errorf("a template uses %q, which has no words", m[1])
		}
	}
	for _, m := range sourceKey.FindAllStringSubmatch(sources, -1) {
		if key := m[1] + "." + m[2]; subjects[m[1]] && words[key] == "" && !strings.HasSuffix(key, ".html") {
			t.Errorf("a source uses %q, which has no words", key)
		}
	}
}

// built says whether a key begins with something that templates put keys
// together from.
func built(templates, key string) bool {
	for _, m := range builtKey.FindAllStringSubmatch(templates, -1) {
		if strings.HasPrefix(key, m[1]) {
			return true
		}
	}
	return false
}

func readAll(t testing.TB, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	var b strings.Builder
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			b.WriteString(read(t, file))
		}
	}
	return b.String()
}

func read(t testing.TB, file string) string {
	t.Helper()
	b, err := os.ReadFile(file) //nolint:gosec // a file of the package under test
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
