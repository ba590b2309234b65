package tdstest

import (
	"database/sql/driver"
	"strings"
	"unicode"
)

func textFunctions() map[string]engineFunc {
	part := func(s string, from, n int) string { // from counts from 1, in UTF-16 units as far as the plane goes
		runes := []rune(s)
		end := min(len(runes), max(0, from-1+n))
		return string(runes[min(len(runes), max(0, from-1)):max(end, min(len(runes), max(0, from-1)))])
	}
	return map[string]engineFunc{
		"tds_len": {1, func(a []driver.Value) (driver.Value, error) {
			return int64(utf16Len(strings.TrimRight(str(a[0]), " "))), nil
		}},
		"tds_upper": {1, func(a []driver.Value) (driver.Value, error) { return strings.ToUpper(str(a[0])), nil }},
		"tds_lower": {1, func(a []driver.Value) (driver.Value, error) { return strings.ToLower(str(a[0])), nil }},
		"tds_left":  {2, func(a []driver.Value) (driver.Value, error) { return part(str(a[0]), 1, int(num(a[1]))), nil }},
		"tds_right": {2, func(a []driver.Value) (driver.Value, error) {
			n := len([]rune(str(a[0])))
			return part(str(a[0]), max(0, n-int(num(a[1])))+1, n), nil
		}},
		"tds_substring": {3, func(a []driver.Value) (driver.Value, error) {
			if num(a[2]) < 0 {
				return nil, failf(537, "Invalid length parameter passed to the LEFT or SUBSTRING function.")
			}
			return part(str(a[0]), int(num(a[1])), int(num(a[2]))), nil
		}},
		"tds_replace": {3, func(a []driver.Value) (driver.Value, error) { return replaceFold(str(a[0]), str(a[1]), str(a[2])), nil }},
		"tds_charindex": {3, func(a []driver.Value) (driver.Value, error) {
			text, from := []rune(strings.ToLower(str(a[1]))), int(max(1, num(a[2])))-1
			if from > len(text) {
				return int64(0), nil
			}
			at := strings.Index(string(text[from:]), strings.ToLower(str(a[0])))
			if at < 0 {
				return int64(0), nil
			}
			return int64(len([]rune(string(text[from:])[:at])) + from + 1), nil
		}},
		"tds_replicate": {2, func(a []driver.Value) (driver.Value, error) {
			if num(a[1]) < 0 {
				return nil, nil //nolint:nilnil // as on the real server
			}
			return strings.Repeat(str(a[0]), int(min(num(a[1]), 8000))), nil
		}},
		"tds_char": {2, func(a []driver.Value) (driver.Value, error) { return string(rune(num(a[0]))), nil }}, //nolint:gosec // a character
		"tds_like": {4, func(a []driver.Value) (driver.Value, error) {
			s, pattern := str(a[0]), str(a[1])
			if num(a[3]) != 0 {
				s, pattern = strings.ToLower(s), strings.ToLower(pattern)
			}
			return likeMatch([]rune(s), []rune(pattern), []rune(str(a[2]))), nil
		}},
	}
}

func replaceFold(s, old, with string) string {
	if old == "" {
		return s
	}
	var out strings.Builder
	low, find := strings.ToLower(s), strings.ToLower(old)
	if len(low) != len(s) {
		return strings.ReplaceAll(s, old, with)
	}
	for {
		at := strings.Index(low, find)
		if at < 0 {
			out.WriteString(s)
			return out.String()
		}
		out.WriteString(s[:at])
		out.WriteString(with)
		s, low = s[at+len(find):], low[at+len(find):]
	}
}

// likeMatch is LIKE: % any text, _ one character, [a-z] and [^a-z] a set.
func likeMatch(s, p, escape []rune) bool {
	for len(p) > 0 {
		switch {
		case len(escape) > 0 && p[0] == escape[0] && len(p) > 1:
			if len(s) == 0 || s[0] != p[1] {
				return false
			}
			s, p = s[1:], p[2:]
		case p[0] == '%':
			for i := 0; i <= len(s); i++ {
				if likeMatch(s[i:], p[1:], escape) {
					return true
				}
			}
			return false
		case len(s) == 0:
			return len(p) == 0
		case p[0] == '_':
			s, p = s[1:], p[1:]
		case p[0] == '[':
			in, rest, ok := likeSet(s[0], p)
			if !ok || !in {
				return false
			}
			s, p = s[1:], rest
		case s[0] != p[0]:
			return false
		default:
			s, p = s[1:], p[1:]
		}
	}
	return strings.TrimRightFunc(string(s), unicode.IsSpace) == "" // trailing blanks do not count
}

func likeSet(r rune, p []rune) (in bool, rest []rune, ok bool) {
	p = p[1:]
	not := len(p) > 0 && p[0] == '^'
	if not {
		p = p[1:]
	}
	for i := 0; i < len(p); i++ {
		switch {
		case p[i] == ']' && i > 0:
			return in != not, p[i+1:], true
		case i+2 < len(p) && p[i+1] == '-' && p[i+2] != ']':
			in = in || p[i] <= r && r <= p[i+2]
			i += 2
		default:
			in = in || p[i] == r
		}
	}
	return false, nil, false
}
