package store

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// A text is found by any part of itself, whatever is in it, in its own case, in
// upper and in lower case.
func FuzzSearchPattern(f *testing.F) {
	for _, text := range []string{"Żółw", "a*b", "[^]", "]-[", "100%_", "x'y", "^", "Straße", "ŁĄKA"} {
		f.Add(text)
	}
	db := open(filepath.Join(f.TempDir(), "x.db"), false)
	f.Cleanup(func() { _ = db.Close() })
	found := func(t *testing.T, db *sql.DB, text, word string) bool {
		t.Helper()
		var yes bool
		if err := db.QueryRowContext(t.Context(), `SELECT $1 GLOB $2`, text, onSQLite.searchPattern(word)).Scan(&yes); err != nil {
			t.Fatal(err)
		}
		return yes
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) || utf8.RuneCountInString(text) > maxWordLength {
			t.Skip("not a name")
		}
		for _, r := range text {
			// letters without a partner of the same kind have no case to ignore
			if unicode.ToLower(unicode.ToUpper(r)) != unicode.ToLower(r) {
				t.Skip("not a letter of ours")
			}
		}
		for _, word := range []string{text, strings.ToLower(text), strings.Map(unicode.ToUpper, text)} {
			if !found(t, db, "before "+text+" after", word) {
				t.Errorf("%q is not found by %q (%s)", text, word, onSQLite.searchPattern(word))
			}
		}
		if text != "" && found(t, db, "", text) {
			t.Errorf("%q is found in nothing", text)
		}
	})
}
