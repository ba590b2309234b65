package store

import (
	"strings"
	"unicode"
)

const (
	maxSearchWords = 5
	maxWordLength  = 50 // letters
)

// searchPattern is a GLOB pattern that finds a word anywhere, whatever its case
// and with or without Polish accents. SQLite's own LIKE folds only ASCII.
func searchPattern(word string) string {
	var b strings.Builder
	b.WriteByte('*')
	for i, r := range []rune(word) {
		if i == maxWordLength {
			break
		}
		if letters := sameLetters(r); letters != string(r) || strings.ContainsRune("*?[", r) {
			b.WriteString("[" + letters + "]")
			continue
		}
		b.WriteRune(r)
	}
	b.WriteByte('*')
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
