package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"golang.org/x/text/encoding/charmap"
)

func TestItems(t *testing.T) {
	t.Parallel()
	polish, err := charmap.Windows1250.NewEncoder().String("kod;punkty\r\nŻÓŁĆ;1,5\r\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		text string
		want []string // "code points per from to"
	}{
		"commas":                {"code,points,per,from,to\nA,2.5,3,2026-01-01,2026-12-31\nB,1,,,\n", []string{"A 2.5 3 2026-01-01 2026-12-31", "B 1 0  "}},
		"a Polish spreadsheet":  {"\ufeffKod;Punkty;Od;Do;Za\r\nA;2,5;2026-01-01;;\r\n;;;;\r\n", []string{"A 2.5 0 2026-01-01 "}},
		"Windows-1250":          {polish, []string{"ŻÓŁĆ 1.5 0  "}},
		"tabs":                  {"points\tcode\n1\tA B\n", []string{"A B 1 0  "}},
		"tabs, empty fields":    {"code\tpoints\tfrom\tto\tper\nA\t1\t\t2026-12-31\t\n", []string{"A 1 0  2026-12-31"}},
		"fields beyond, empty":  {"code;points\nA;1;;\n", []string{"A 1 0  "}},
		"quotes":                {"code;points\n\"A;\"\"1\"\"\";1\n", []string{`A;"1" 1 0  `}},
		"days side by side":     {"code;points;from;to\nA;1;;2026-05-31\nA;2;2026-06-01;\n", []string{"A 1 0  2026-05-31", "A 2 0 2026-06-01 "}},
		"an item for nothing":   {"code;points\nA;0\n", []string{"A 0 0  "}},
		"codes that are digits": {"code;points\n00123;1\n", []string{"00123 1 0  "}},
	} {
		file := filepath.Join(t.TempDir(), "items.csv")
		if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		text, err := readTable(file)
		if err != nil {
			t.Fatal(err)
		}
		items, faults := parseItems("items.csv", text)
		var got []string
		for _, i := range items {
			got = append(got, strings.Join([]string{i.Code, i.Points.String(), i.Per.String(), string(i.From), string(i.To)}, " "))
		}
		if d := cmp.Diff(tt.want, got); d != "" || len(faults) > 0 {
			t.Errorf("%s: %s %v", name, d, faults)
		}
	}
}

func TestItemFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"nothing":               {"", "items.csv:1:1: the table is empty"},
		"an unknown column":     {"code;points;price\n", `items.csv:1:3: there is no column "price"`},
		"a column twice":        {"code;kod;points\n", `items.csv:1:2: the column "kod" is there twice`},
		"no points":             {"code\nA\n", "items.csv:1:1: the column points is missing"},
		"an empty code":         {"code;points\n;1\n", "items.csv:2:1: the code is empty"},
		"empty points":          {"code;points\nA;\n", "items.csv:2:2: points is empty"},
		"points in words":       {"code;points\nA;many\n", `items.csv:2:2: "many" is not a number for points`},
		"negative points":       {"code;points\nA;-1\n", `items.csv:2:2: "-1" is not a number`},
		"too many decimals":     {"code;points\nA;0.1234567\n", `is not a number`},
		"a short row":           {"code;points\nA\n", "items.csv:2:2: points is empty"},
		"an exponent":           {"code;points\nA;1e9\n", `is not a number`},
		"per nothing":           {"code;points;per\nA;1;0\n", "items.csv:2:3: per is zero"},
		"no date":               {"code;points;from\nA;1;31.01.2026\n", `items.csv:2:3: "31.01.2026" is not a date`},
		"days the wrong way":    {"code;points;from;to\nA;1;2026-02-01;2026-01-01\n", "the last day 2026-01-01 is before the first"},
		"the same days twice":   {"code;points\nA;1\nB;1\nA;2\n", "items.csv:4:1: item A has points for these days in line 2 already"},
		"days that overlap":     {"code;points;from;to\nA;1;2026-01-01;2026-06-30\nA;2;2026-06-30;\n", "items.csv:3:1: item A has points"},
		"a comma too many":      {"code,points\nA,1,5\n", "items.csv:2:3: the row has more fields than the first row names"},
		"quotes that stay open": {"code;points\n\"A;1\n", "the row cannot be read"},
	} {
		_, faults := parseItems("items.csv", []byte(tt.text))
		if len(faults) != 1 || !strings.Contains(faults[0].Error(), tt.want) || faults[0].Hint == "" {
			t.Errorf("%s: %v, want %q with a hint", name, faults, tt.want)
		}
	}
	_, faults := parseItems("items.csv", []byte("code;points\n"+strings.Repeat("A;x\n", 1000)))
	if len(faults) != maxTableFaults {
		t.Errorf("%d faults are told, want %d", len(faults), maxTableFaults)
	}
}

// FuzzItems: whatever a file holds, what comes out can be scored with.
func FuzzItems(f *testing.F) {
	f.Add([]byte("code;points;per;from;to\nA;1,5;2;2026-01-01;\n"))
	f.Add([]byte("kod,punkty\n\"a\"\"b\",1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		items, faults := parseItems("f", text)
		if len(faults) > 0 {
			return
		}
		for _, i := range items {
			limit := decimal.New(1, 9)
			if i.Code == "" || i.Points.IsNegative() || i.Per.IsNegative() || i.Points.GreaterThanOrEqual(limit) || i.Points.Exponent() < -6 {
				t.Errorf("%+v", i)
			}
		}
	})
}
