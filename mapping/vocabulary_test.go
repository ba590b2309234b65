package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/mapping"
)

func TestUnknownNames(t *testing.T) {
	c := config()
	c.ContractorsWhere = `attribute("LOJALNOSC") == "TAK" and (group in ["VIP", "Vipp"] or group == "")`
	c.RepresentativesWhere = `attribute("ROLA") != ""`
	c.Card = `attributes["KARTA"]`
	m := compile(t, c)
	for name, tc := range map[string]struct {
		known mapping.Vocabulary
		want  []string
	}{
		"all there": {mapping.Vocabulary{Attributes: []string{"KARTA", "LOJALNOSC", "ROLA"}, Groups: []string{"VIP ", "Vipp"}}, nil},
		"not known": {mapping.Vocabulary{}, nil},
		"none": {mapping.Vocabulary{Attributes: []string{}}, []string{
			`contractors.where 10: the source does not have the attribute "LOJALNOSC": the source has no attributes`,
			`representatives.where 10: the source does not have the attribute "ROLA": the source has no attributes`,
			`card 11: the source does not have the attribute "KARTA": the source has no attributes`,
		}},
		"near": {mapping.Vocabulary{Attributes: []string{"ROLA", "LOJALNOŚĆ", "KARTA"}, Groups: []string{"Hurt", "VIP"}}, []string{
			`contractors.where 10: the source does not have the attribute "LOJALNOSC": did you mean LOJALNOŚĆ? attributes that exist: KARTA, LOJALNOŚĆ, ROLA`,
			`contractors.where 54: the source does not have the group "Vipp": did you mean VIP? groups that exist: Hurt, VIP`,
		}},
	} {
		var got []string
		for _, f := range m.UnknownNames(tc.known) {
			got = append(got, fmt.Sprintf("%s %d: %s: %s", f.Path, f.Offset, f.Message, f.Hint))
		}
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprintf("GROUP %03d", i))
	}
	faults := m.UnknownNames(mapping.Vocabulary{Groups: many})
	if len(faults) != 2 || !strings.HasSuffix(faults[0].Hint, "GROUP 029 and 970 more") {
		t.Errorf("of many: %+v", faults)
	}
}
