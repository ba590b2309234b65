package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"github.com/loyalsync/loyalsync/config"
)

func tierFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tiers.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadTiers(t *testing.T) {
	want := []config.Tier{
		{Contractor: "K001", Tier: "złoty", From: "2026-01-01", To: "2026-06-30", Line: 2, Col: 1},
		{Contractor: "Łódź-2", Tier: "srebrny", From: "2026-02-01", Line: 4, Col: 1},
	}
	polish := "kontrahent;poziom;od;do\r\nK001;złoty;2026-01-01;2026-06-30\r\n;;;\r\nŁódź-2;srebrny;2026-02-01;\r\n"
	old, err := charmap.Windows1250.NewEncoder().String(polish)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"in UTF-8": polish, "with a byte order mark": "\ufeff" + polish, "in Windows-1250": old,
		"in English": "contractor,tier,from,to\nK001,złoty,2026-01-01,2026-06-30\n\n\"Łódź-2\", srebrny ,2026-02-01\n",
	} {
		got, err := config.ReadTiers(tierFile(t, text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d := cmp.Diff(want, got); d != "" && name != "in English" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestReadTiersFaults(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                      {"1:1: ", "empty"},
		"contractor;tier\nK1;gold\n":            {"1:1: ", "the column from is missing"},
		"contractor;tier;since\nK1;gold;x\n":    {"1:3: ", `there is no column "since"`},
		"contractor;tier;from\n;gold;x\nK1;;\n": {"2:1: ", "the contractor is empty", "2:3: ", `"x" is not a date`, "3:2: ", "the tier is empty", "3:3: ", "the first day is empty"},
		"contractor;tier;from;to\nK1;gold;2026-02-01;2026-01-31\n":         {"2:4: ", "the last day 2026-01-31 is before the first"},
		"contractor;tier;from\nK1;gold;2026-02-01\nK1;silver;2026-02-01\n": {"3:1: ", "line 2 gives the contractor a tier from this day already"},
	} {
		tiers, err := config.ReadTiers(tierFile(t, text))
		var faults config.Faults
		if !errors.As(err, &faults) || tiers != nil {
			t.Errorf("%q: %v, %v", text, tiers, err)
			continue
		}
		for _, part := range want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q: %q is not in\n%v", text, part, err)
			}
		}
	}
	if _, err := config.ReadTiers(filepath.Join(t.TempDir(), "none.csv")); err == nil {
		t.Error("a file that is not there was read")
	}
}
