package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/mapping/expression"
)

// Vocabulary is what a source can be asked about. A nil list is one that is not
// known; an empty one is known to be empty.
type Vocabulary struct {
	Attributes []string // names of the free attributes of contractors and representatives
	Groups     []string // of contractors
}

// maxListed is how many names a hint lists.
const maxListed = 30

// UnknownNames returns a fault for each attribute and each group that an
// expression of the mapping names and the source does not have.
func (m *Mapping) UnknownNames(known Vocabulary) []loyalty.Fault {
	var faults faultList
	for _, x := range []struct {
		path     string
		literals []expression.Literal
	}{
		{"contractors.where", expression.Literals[contractorFields](m.cfg.ContractorsWhere)},
		{"representatives.where", expression.Literals[representativeFields](m.cfg.RepresentativesWhere)},
		{"card", expression.Literals[contractorFields](m.cfg.Card)},
	} {
		for _, l := range x.literals {
			switch {
			case l.Field == "attribute" && known.Attributes != nil:
				faults.unknown(x.path, l, "the attribute", "attributes", known.Attributes)
			case l.Field == "group" && l.Text != "" && known.Groups != nil:
				faults.unknown(x.path, l, "the group", "groups", known.Groups)
			}
		}
	}
	return faults
}

func (v *faultList) unknown(path string, l expression.Literal, what, several string, known []string) {
	if slices.ContainsFunc(known, func(name string) bool { return strings.TrimSpace(name) == l.Text }) {
		return
	}
	hint := "the source has no " + several
	if len(known) > 0 {
		sorted := slices.Sorted(slices.Values(known))
		hint = several + " that exist: " + strings.Join(sorted[:min(len(sorted), maxListed)], ", ")
		if more := len(sorted) - maxListed; more > 0 {
			hint += fmt.Sprintf(" and %d more", more)
		}
		if near := nearest(l.Text, sorted); near != "" {
			hint = "did you mean " + near + "? " + hint
		}
	}
	*v = append(*v, loyalty.Fault{Path: path, Offset: l.Offset, Message: fmt.Sprintf("the source does not have %s %q", what, l.Text), Hint: hint})
}

// nearest is the name that a text is most likely a misspelling of, or "".
func nearest(text string, names []string) string {
	best, limit := "", 1+min(2, len(text)/2)
	for _, name := range names {
		if d := loyalty.EditDistance(strings.ToLower(text), strings.ToLower(name)); d < limit {
			best, limit = name, d
		}
	}
	return best
}
