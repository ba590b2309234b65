package config

import (
	"net/url"
	"regexp"
	"strings"
)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expand replaces ${NAME} and ${NAME:default} in a value; $${ stands for ${ itself.
// encode is applied to what a variable gave, unless the variable is the whole
// value. The error never holds the value of a variable.
func expand(s string, lookup func(string) (string, bool), encode func(string) string) (string, error) {
	if !strings.Contains(s, "${") {
		return s, nil
	}
	var b strings.Builder
	for rest := s; ; {
		before, after, found := strings.Cut(rest, "${")
		if !found {
			b.WriteString(rest)
			return b.String(), nil
		}
		if strings.HasSuffix(before, "$") {
			b.WriteString(before[:len(before)-1] + "${")
			rest = after
			continue
		}
		b.WriteString(before)
		inside, behind, closed := strings.Cut(after, "}")
		if !closed {
			return "", &valueError{"has ${ without }", "close the variable with }, or write $${ for ${ itself"}
		}
		value, err := variable(inside, lookup)
		if err != nil {
			return "", err
		}
		if before == "" && behind == "" && rest == s {
			return value, nil
		}
		b.WriteString(encode(value))
		rest = behind
	}
}

func variable(inside string, lookup func(string) (string, bool)) (string, error) {
	name, fallback, hasFallback := strings.Cut(inside, ":")
	if !variableName.MatchString(name) {
		return "", &valueError{"has a variable whose name is not letters, digits and _", "write ${NAME} or ${NAME:default}; write $${ for ${ itself"}
	}
	if value, ok := lookup(name); ok {
		return value, nil
	}
	if hasFallback {
		return fallback, nil
	}
	return "", &valueError{"uses the variable " + name + ", which is not set", "set it, or give a default: ${" + name + ":default}; a service sees only the variables of the system, a …_file key is safer"}
}

func verbatim(s string) string { return s }

// percentEncode makes any text safe in every part of a URL.
func percentEncode(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// encoderFor chooses how variables enter a value that should be a URL. The rest of
// a sqlite: URL is a file name, which is taken as it is.
func encoderFor(isURL bool, raw string) func(string) string {
	if isURL && !strings.HasPrefix(strings.ToLower(raw), "sqlite:") {
		return percentEncode
	}
	return verbatim
}
