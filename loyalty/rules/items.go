package rules

import (
	"strings"

	"github.com/loyalsync/loyalsync/loyalty"
)

// items is a set of items made ready: plain codes by look-up, so that a list of
// thousands costs a line no more than a short one, the rest as it is defined.
type items struct {
	codes map[string]struct{}
	rest  loyalty.ItemGroup // patterns and ERP groups
}

func newItems(groups ...loyalty.ItemGroup) items {
	set := items{codes: make(map[string]struct{})}
	for _, g := range groups {
		for _, p := range g.Items {
			if strings.ContainsAny(p, "*?") {
				set.rest.Items = append(set.rest.Items, p)
			} else if p != "" {
				set.codes[p] = struct{}{}
			}
		}
		set.rest.ERPGroups = append(set.rest.ERPGroups, g.ERPGroups...)
	}
	return set
}

// itemsOf makes the item group of one name ready for each source that has it.
func itemsOf(bySource map[string][]loyalty.ItemGroup, name string) map[string]items {
	found := make(map[string]items)
	for source, groups := range bySource {
		var named []loyalty.ItemGroup
		for _, g := range groups {
			if g.Name == name {
				named = append(named, g)
			}
		}
		found[source] = newItems(named...)
	}
	return found
}

func (s items) has(l *loyalty.Line) bool {
	if len(s.codes) > 0 {
		if _, listed := s.codes[l.Code]; listed {
			return true
		}
	}
	return s.rest.Matches(l.Code, l.Group)
}
