package tdstest

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind tells the words of T-SQL apart.
type tokenKind uint8

const (
	tEnd tokenKind = iota
	tName
	tQuoted // [name] or "name"
	tString
	tNString
	tNumber
	tHex
	tVariable // @name, @@name
	tSymbol
)

// token is one word of a batch. up is the text in capitals, for names.
type token struct {
	kind tokenKind
	text string // without quotes
	up   string
	pos  int // where it begins, in bytes
	end  int
}

// lex takes a batch apart. Comments are left out; what is in quotes is never
// looked into.
func lex(sql string) ([]token, error) {
	var out []token
	for i := 0; i < len(sql); {
		t, next, err := lexOne(sql, i)
		if err != nil {
			return nil, err
		}
		if t.text != "" || t.kind == tString || t.kind == tNString || t.kind == tHex {
			t.pos, t.end = next-(next-i), next
			t.up = strings.ToUpper(t.text)
			out = append(out, t)
		}
		i = next
	}
	return append(out, token{kind: tEnd, pos: len(sql), end: len(sql)}), nil
}

func lexOne(sql string, i int) (token, int, error) {
	c := sql[i]
	switch {
	case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || strings.HasPrefix(sql[i:], "\ufeff"):
		return token{}, i + utf8Len(sql[i:]), nil
	case strings.HasPrefix(sql[i:], "--"):
		if n := strings.IndexByte(sql[i:], '\n'); n >= 0 {
			return token{}, i + n + 1, nil
		}
		return token{}, len(sql), nil
	case strings.HasPrefix(sql[i:], "/*"):
		return lexComment(sql, i)
	case c == '\'':
		return quoted(sql, i, '\'', tString)
	case (c == 'N' || c == 'n') && i+1 < len(sql) && sql[i+1] == '\'':
		return quoted(sql, i+1, '\'', tNString)
	case c == '[':
		return quoted(sql, i, ']', tQuoted)
	case c == '"':
		return quoted(sql, i, '"', tQuoted)
	case c >= '0' && c <= '9' || c == '.' && i+1 < len(sql) && sql[i+1] >= '0' && sql[i+1] <= '9':
		return lexNumber(sql, i)
	case c == '@' || c == '_' || c == '#' || isLetter(sql[i:]):
		j := i + utf8Len(sql[i:])
		for j < len(sql) && (isLetter(sql[j:]) || strings.IndexByte("0123456789_@#$", sql[j]) >= 0) {
			j += utf8Len(sql[j:])
		}
		kind := tName
		if c == '@' {
			kind = tVariable
		}
		return token{kind: kind, text: sql[i:j]}, j, nil
	}
	for _, two := range []string{"<>", "<=", ">=", "!=", "!<", "!>", "+=", "-=", "*=", "/=", "::"} {
		if strings.HasPrefix(sql[i:], two) {
			return token{kind: tSymbol, text: two}, i + 2, nil
		}
	}
	if strings.IndexByte("+-*/%=<>(),.;&|^~:", c) >= 0 {
		return token{kind: tSymbol, text: string(c)}, i + 1, nil
	}
	return token{}, 0, failf(102, "Incorrect syntax near '%s'.", sql[i:i+utf8Len(sql[i:])])
}

func lexComment(sql string, i int) (token, int, error) {
	depth := 0
	for j := i; j < len(sql); j++ {
		switch {
		case strings.HasPrefix(sql[j:], "/*"):
			depth++
			j++
		case strings.HasPrefix(sql[j:], "*/"):
			depth--
			j++
			if depth == 0 {
				return token{}, j + 1, nil
			}
		}
	}
	return token{}, 0, failf(113, "Missing end comment mark '*/'.")
}

// quoted reads from the opening mark at i to the closing one; a doubled closing
// mark stands for itself.
func quoted(sql string, i int, closing byte, kind tokenKind) (token, int, error) {
	var text strings.Builder
	for j := i + 1; j < len(sql); j++ {
		if sql[j] != closing {
			text.WriteByte(sql[j])
			continue
		}
		if j+1 < len(sql) && sql[j+1] == closing {
			text.WriteByte(closing)
			j++
			continue
		}
		return token{kind: kind, text: text.String()}, j + 1, nil
	}
	return token{}, 0, failf(105, "Unclosed quotation mark after the character string '%s'.", text.String())
}

func lexNumber(sql string, i int) (token, int, error) {
	if strings.HasPrefix(sql[i:], "0x") || strings.HasPrefix(sql[i:], "0X") {
		j := i + 2
		for j < len(sql) && strings.IndexByte("0123456789abcdefABCDEF", sql[j]) >= 0 {
			j++
		}
		return token{kind: tHex, text: sql[i+2 : j]}, j, nil
	}
	j := i
	for j < len(sql) && (sql[j] >= '0' && sql[j] <= '9' || sql[j] == '.') {
		j++
	}
	if j < len(sql) && (sql[j] == 'e' || sql[j] == 'E') {
		k := j + 1
		if k < len(sql) && (sql[k] == '+' || sql[k] == '-') {
			k++
		}
		for k < len(sql) && sql[k] >= '0' && sql[k] <= '9' {
			k++
			j = k
		}
	}
	return token{kind: tNumber, text: sql[i:j]}, j, nil
}

func isLetter(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r)
}

func utf8Len(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// splitGO cuts a script at the lines that hold nothing but GO.
func splitGO(script string) []string {
	var batches []string
	var batch strings.Builder
	for _, line := range strings.SplitAfter(script, "\n") {
		if strings.EqualFold(strings.TrimSpace(line), "GO") {
			batches = append(batches, batch.String())
			batch.Reset()
			continue
		}
		batch.WriteString(line)
	}
	batches = append(batches, batch.String())
	out := batches[:0]
	for _, b := range batches {
		if strings.TrimSpace(b) != "" {
			out = append(out, b)
		}
	}
	return out
}
