package mapping

import (
	"strings"
	"unicode"
)

// firstEmail returns the first valid address of a field in which operators may
// have written several, or names beside them: "Jan <jan@firma.pl>; biuro@firma.pl".
// It returns "" when there is none. Only characters that no plain address holds
// separate: cutting one at "/" or "'" would give somebody else's address.
func firstEmail(field string) string {
	separates := func(r rune) bool {
		return r == ';' || r == ',' || r == '|' || r == '<' || r == '>' || unicode.IsSpace(r)
	}
	for part := range strings.FieldsFuncSeq(field, separates) {
		if len(part) > len("mailto:") && strings.EqualFold(part[:len("mailto:")], "mailto:") {
			part = part[len("mailto:"):]
		}
		if validEmail(part) {
			return part
		}
	}
	return ""
}

// validEmail accepts what mail servers deliver to in practice: no quoted local
// parts, no address without a dot in its domain.
func validEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(s) > 254 || len(local) > 64 || !strings.Contains(domain, ".") {
		return false
	}
	for part := range strings.SplitSeq(local, ".") {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool { return !localCharacter(r) }) {
			return false
		}
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(r rune) bool { return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			return false
		}
	}
	return true
}

func localCharacter(r rune) bool {
	return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r))
}
