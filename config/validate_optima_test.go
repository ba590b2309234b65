package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/config"
)

// TestOptima: what a source of Optima says about its documents.
func TestOptima(t *testing.T) {
	t.Parallel()
	const source = "connector: compiere\n    url: postgres://ro@db.local/idempiere"
	const optima = "connector: optima\n    url: sqlserver://ro@db.local/OPTIMA?database=CDN\n    "
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"both kinds", "documents: [FS, PA]", nil},
		{"everything", "documents: [PA]\n    optima: {receipts: receipt, advances: both, collective: ignore, outside: return, advance_kinds: [302200], anonymous: [X], anonymous_ids: [1, 2]}", nil},
		{"no kind", "documents: []", []string{"sources[0].documents: names no type of document"}},
		{"another kind", "documents: [FS, FZ]", []string{"sources[0].documents[1]: FZ is not a type of sales document"}},
		{"twice", "documents: [FS, FS]", []string{"sources[0].documents[1]: FS is named twice"}},
		{"another word", "optima: {receipts: both}", []string{"sources[0].optima.receipts: both is not known here"}},
		{"a kind that means two things", "optima: {advance_kinds: [302009], final_kinds: [302009]}", []string{"sources[0].optima.final_kinds[0]: stands under advance_kinds too"}},
		{"a class for a kind", "optima: {outside_kinds: [302]}", []string{"sources[0].optima.outside_kinds[0]: is not a TrN_Rodzaj of an invoice or a receipt"}},
		{"two statements", `optima: {settlement: "SELECT 1 AS document, 1 AS paid; SELECT 2"}`, []string{"sources[0].optima.settlement: is not one SELECT"}},
		{"no SELECT", `optima: {settlement: "EXEC CDN.Rozlicz"}`, []string{"sources[0].optima.settlement: is not one SELECT"}},
		{"keys of others", "tenant: \"1\"\n    schema: CDN", []string{"sources[0].schema: has no effect with the connector optima", "sources[0].tenant: has no effect with the connector optima"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("f.yaml", []byte(edit(t, valid, source, strings.TrimRight(optima+tt.text, " \n"))))
			var got []string
			for _, f := range faultsOf(t, err) {
				got = append(got, f.Path+": "+f.Message)
				if f.Hint == "" || f.Line == 0 {
					t.Errorf("%s: no hint or no place", f.Path)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
	_, err := config.Parse("f.yaml", []byte(edit(t, valid, source, source+"\n    optima: {receipts: invoice}")))
	if faults := faultsOf(t, err); len(faults) != 1 || faults[0].Path != "sources[0].optima" {
		t.Errorf("optima's settings of another connector: %v", faults)
	}
}
