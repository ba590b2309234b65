package store

import (
	"regexp"
	"strings"
	"unicode"
)

const (
	maxSearchWords = 5
	maxWordLength  = 50 // letters
)

// searchPattern is a pattern that finds a word anywhere, whatever its case and
// with or without Polish accents: of GLOB in SQLite, whose LIKE folds only ASCII,
// a regular expression in PostgreSQL.
func (d dialect) searchPattern(word string) string {
	around, special := "*", "*?["
	if d == onPostgres {
		around, special = "", ""
	}
	var b strings.Builder
	b.WriteString(around)
	for i, r := range []rune(word) {
		if i == maxWordLength {
			break
		}
		if letters := sameLetters(r); letters != string(r) || strings.ContainsRune(special, r) {
			b.WriteString("[" + letters + "]")
			continue
		}
		if d == onPostgres {
			b.WriteString(regexp.QuoteMeta(string(r)))
			continue
		}
		b.WriteRune(r)
	}
	b.WriteString(around)
	return b.String()
}

// sameLetters lists the letters that a search takes for one.
func sameLetters(r rune) string {
	const groups = "aą cć eę lł nń oó sś zźż" // people type names with and without accents
	lower := unicode.ToLower(r)
	letters := string(lower)
	for group := range strings.FieldsSeq(groups) {
		if strings.ContainsRune(group, lower) {
			letters = group
		}
	}
	if upper := strings.ToUpper(letters); upper != letters {
		letters += upper
	}
	return letters
}

// searchWords cuts what a person typed into the words to look for.
func searchWords(text string) []string {
	words := strings.Fields(text)
	return words[:min(len(words), maxSearchWords)]
}
