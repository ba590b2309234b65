package loyalty

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Matches says whether an item belongs to the group: its code fits one of the
// patterns, or its ERP group is one of the paths or lies below it. Upper and
// lower case differ. An empty code or path belongs to nothing.
func (g ItemGroup) Matches(code, group string) bool {
	for _, pattern := range g.Items {
		if code != "" && MatchPattern(pattern, code) {
			return true
		}
	}
	for _, path := range g.ERPGroups {
		if inGroup(path, group) {
			return true
		}
	}
	return false
}

// inGroup says whether group is path or one of its sub-groups; parts are joined
// by "/", so "ALKO/WINA" does not include "ALKO/WINA-STARE".
func inGroup(path, group string) bool {
	rest, ok := strings.CutPrefix(group, path)
	return ok && path != "" && (rest == "" || rest[0] == '/')
}

// MatchPattern says whether the whole text fits the pattern: * stands for any
// run of characters, also none, ? for exactly one. There is no escape; every
// other character stands for itself, and upper and lower case differ.
func MatchPattern(pattern, text string) bool {
	star, mark := -1, 0 // the last * seen, and where its run ends for now
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && pattern[p] == '?':
			_, size := utf8.DecodeRuneInString(text[t:])
			p, t = p+1, t+size
		case p < len(pattern) && pattern[p] == text[t]:
			p, t = p+1, t+1
		case star >= 0: // let the last * take one more character, never half a one
			_, size := utf8.DecodeRuneInString(text[mark:])
			mark += size
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// PatternFault says what is wrong with a pattern of MatchPattern, or returns
// false. The path is the caller's to fill in.
func PatternFault(pattern string) (Fault, bool) {
	switch {
	case pattern == "":
		return Fault{Message: "an empty pattern matches nothing", Hint: "remove it, or write * for everything"}, true
	case strings.TrimSpace(pattern) != pattern:
		return Fault{Message: fmt.Sprintf("%q has blanks at its ends and would match nothing", pattern), Hint: "remove the blanks"}, true
	case !utf8.ValidString(pattern):
		return Fault{Message: "the pattern is not text in UTF-8", Hint: "save the file as UTF-8"}, true
	}
	return Fault{}, false
}

// Faults lists what is wrong with the definition of a group, with paths
// relative to it: "name", "items[0]", "erp_groups[2]".
func (g ItemGroup) Faults() []Fault {
	var faults []Fault
	if strings.TrimSpace(g.Name) == "" {
		faults = append(faults, Fault{Path: "name", Message: "an item group needs a name", Hint: "rules use it by this name"})
	}
	if len(g.Items) == 0 && len(g.ERPGroups) == 0 {
		faults = append(faults, Fault{
			Message: fmt.Sprintf("item group %q has no items", g.Name),
			Hint:    `say which: items: ["WINE-*"], or erp_groups: ["ALKO/WINA"]`,
		})
	}
	for i, pattern := range g.Items {
		if f, bad := PatternFault(pattern); bad {
			f.Path = fmt.Sprintf("items[%d]", i)
			faults = append(faults, f)
		}
	}
	for i, path := range g.ERPGroups {
		if f, bad := groupPathFault(path); bad {
			f.Path = fmt.Sprintf("erp_groups[%d]", i)
			faults = append(faults, f)
		}
	}
	return faults
}

func groupPathFault(path string) (Fault, bool) {
	if path == "" {
		return Fault{Message: "an empty path names no group of the ERP", Hint: `write it from the top, as in "ALKO/WINA", or remove it`}, true
	}
	for part := range strings.SplitSeq(path, "/") {
		switch {
		case strings.TrimSpace(part) == "":
			return Fault{Message: fmt.Sprintf("the path %q has an empty part", path), Hint: `join the names by one "/", without one at either end`}, true
		case strings.TrimSpace(part) != part:
			return Fault{Message: fmt.Sprintf("the path %q has blanks beside a name", path), Hint: `join the names by "/" alone`}, true
		case part == "*":
			return Fault{Message: fmt.Sprintf("the path %q has a *; paths are no patterns", path), Hint: "a path includes its sub-groups by itself: leave the * out"}, true
		}
	}
	return Fault{}, false
}
