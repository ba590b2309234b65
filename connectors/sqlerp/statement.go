package sqlerp

import (
	"fmt"
	"slices"
	"strings"
)

// checkSelect says why a text cannot be wrapped as "SELECT … FROM (text) q".
// The database itself is what keeps a statement from writing; this is to tell
// mistakes early and plainly.
func checkSelect(path, text string, d Dialect) Faults {
	one := func(hint, format string, args ...any) Faults {
		return Faults{{Path: path, Message: fmt.Sprintf(format, args...), Hint: hint}}
	}
	if strings.TrimSpace(text) == "" {
		return one("write the SELECT that reads it", "there is no SELECT")
	}
	code, err := stripped(text, d)
	if err != nil {
		return one("", "%v", err)
	}
	words := strings.FieldsFunc(strings.ToUpper(code), func(r rune) bool {
		return r != '_' && r < 128 && (r < '0' || r > '9') && (r < 'A' || r > 'Z')
	})
	if len(words) == 0 || words[0] != "SELECT" && words[0] != "WITH" {
		return one("", "the text is not a single SELECT")
	}
	if strings.Contains(code, ";") {
		return one("leave the semicolon out", "a semicolon: exactly one SELECT is read")
	}
	if d == SQLServer && words[0] == "WITH" {
		return one("write it as a subquery: SELECT … FROM (SELECT …) AS x", "SQL Server takes no WITH inside another SELECT")
	}
	forbidden := []string{"INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "INTO"}
	if d == SQLServer { // where statements need no semicolon between them
		forbidden = append(forbidden, "EXEC", "EXECUTE", "OPENQUERY", "OPENROWSET", "OPENDATASOURCE")
	}
	for _, w := range forbidden {
		if slices.Contains(words, w) {
			return one("the ERP is never written; a column of that name goes into quotes", "%s has no place in a SELECT", w)
		}
	}
	if at := placeholder(code, d); at != "" {
		return one("write the value itself", "%s is a parameter, and none is given", at)
	}
	return nil
}

// placeholder returns a parameter that the text asks for, or "".
func placeholder(code string, d Dialect) string {
	for i := range len(code) - 1 {
		digit := code[i+1] >= '0' && code[i+1] <= '9'
		if code[i] == '$' && digit || d == SQLServer && code[i] == '@' && code[i+1] != '@' && (i == 0 || code[i-1] != '@') || d != Postgres && code[i] == '?' {
			return code[i : i+2]
		}
	}
	if d != Postgres && strings.HasSuffix(code, "?") {
		return "?"
	}
	return ""
}

// stripped replaces quoted text and comments by blanks, so that what is left is
// the code. It refuses quotes and brackets that do not close.
func stripped(text string, d Dialect) (string, error) {
	var out strings.Builder
	depth := 0
	for i := 0; i < len(text); {
		n, err := skip(text[i:], d)
		if err != nil {
			return "", err
		}
		if n > 0 {
			out.WriteByte(' ')
			i += n
			continue
		}
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth < 0 {
			return "", fmt.Errorf("a closing bracket that was never opened")
		}
		out.WriteByte(text[i])
		i++
	}
	if depth > 0 {
		return "", fmt.Errorf("a bracket that is never closed")
	}
	return out.String(), nil
}

// skip returns the length of the quoted text or comment that s begins with, 0
// when it begins with neither.
func skip(s string, d Dialect) (int, error) {
	mysql := d == MySQL || d == MariaDB
	switch {
	case strings.HasPrefix(s, "--"), mysql && s[0] == '#':
		if end := strings.IndexByte(s, '\n'); end >= 0 {
			return end + 1, nil
		}
		return len(s), nil
	case mysql && (strings.HasPrefix(s, "/*!") || strings.HasPrefix(s, "/*M!")):
		return 0, fmt.Errorf("a comment that the server runs as code (/*!)")
	case strings.HasPrefix(s, "/*"):
		if end := strings.Index(s, "*/"); end >= 0 {
			return end + 2, nil
		}
		return 0, fmt.Errorf("a comment that is never closed")
	case strings.HasPrefix(s, "$$"):
		return 0, fmt.Errorf("dollar quotes are not understood here; use '…'")
	case d == SQLServer && s[0] == '[':
		return quoted("]"+s[1:], false)
	case s[0] == '\'' || s[0] == '"' || s[0] == '`':
		return quoted(s, mysql && s[0] != '`')
	}
	return 0, nil
}

// quoted returns the length of the quoted text that s begins with. A doubled
// quote reads as two quoted texts side by side, to the same end.
func quoted(s string, backslash bool) (int, error) {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == s[0]:
			return i + 1, nil
		case s[i] == '\\' && backslash:
			i++
		}
	}
	return 0, fmt.Errorf("a quote that is never closed")
}
