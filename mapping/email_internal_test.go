package mapping

import (
	"strings"
	"testing"
)

func TestFirstEmail(t *testing.T) {
	for field, want := range map[string]string{
		"":                                       "",
		"jan@firma.pl":                           "jan@firma.pl",
		" jan@firma.pl ":                         "jan@firma.pl",
		"jan@firma.pl;ewa@firma.pl":              "jan@firma.pl",
		"jan@firma.pl, ewa@firma.pl":             "jan@firma.pl",
		"jan@firma.pl ewa@firma.pl":              "jan@firma.pl",
		"jan@firma.pl | ewa@firma.pl":            "jan@firma.pl",
		"jan@firma.pl / ewa@firma.pl":            "jan@firma.pl",
		"jan@firma.pl\r\newa@firma.pl":           "jan@firma.pl",
		"brak; ewa@firma.pl":                     "ewa@firma.pl",
		"jan@; ewa@firma.pl":                     "ewa@firma.pl",
		"Jan Nowak <jan@firma.pl>":               "jan@firma.pl",
		"mailto:jan@firma.pl":                    "jan@firma.pl",
		"MAILTO:jan@firma.pl":                    "jan@firma.pl",
		"jan@firma.pl/ewa@firma.pl":              "", // never half of one
		"x/y@firma.pl":                           "x/y@firma.pl",
		"o'brien@firma.pl":                       "o'brien@firma.pl",
		"jan.nowak+faktury@sub.firma.pl":         "jan.nowak+faktury@sub.firma.pl",
		"jan@żółw.pl":                            "jan@żółw.pl",
		"żółw@firma.pl":                          "",
		"jan@firma":                              "",
		"@firma.pl":                              "",
		"jan@.pl":                                "",
		"jan@firma..pl":                          "",
		"jan@firma.pl.":                          "",
		"jan@-firma.pl":                          "",
		"jan@firma-.pl":                          "",
		".jan@firma.pl":                          "",
		"jan.@firma.pl":                          "",
		"j..n@firma.pl":                          "",
		"jan@@firma.pl":                          "",
		"jan@firma_x.pl":                         "",
		strings.Repeat("x", 65) + "@a.pl":        "",
		"a@" + strings.Repeat("x", 64) + ".pl":   "",
		"a@" + strings.Repeat("xx.", 90) + "pl":  "",
		"brak, nie ma, do uzupełnienia, a@b.c@d": "",
	} {
		if got := firstEmail(field); got != want {
			t.Errorf("firstEmail(%q) = %q, want %q", field, got, want)
		}
	}
}

// What comes out is a part of the field, delimited on both sides, that comes
// out of itself again; and junk in front does not hide it.
func FuzzFirstEmail(f *testing.F) {
	f.Add("Jan <jan@firma.pl>; ewa@firma.pl")
	f.Add("mailto:a@b.pl/x")
	f.Add("\xb3@a.pl")
	f.Fuzz(func(t *testing.T, field string) {
		got := firstEmail(field)
		if got == "" {
			return
		}
		if !strings.Contains(field, got) || strings.Count(got, "@") != 1 || strings.ContainsAny(got, " ;,<>|\n\t\"\\") {
			t.Errorf("firstEmail(%q) = %q", field, got)
		}
		if again := firstEmail("brak; " + got + " , ewa@firma.pl"); again != got {
			t.Errorf("firstEmail(%q) = %q, and of that %q", field, got, again)
		}
	})
}
