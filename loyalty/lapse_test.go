package loyalty_test

import (
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

func TestLapse(t *testing.T) {
	date := func(s string) loyalty.Date {
		t.Helper()
		d, err := loyalty.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	yearly := loyalty.Lapse{YearlyMonth: time.December, YearlyDay: 31}
	leap := loyalty.Lapse{YearlyMonth: time.February, YearlyDay: 29}
	kept := loyalty.Lapse{YearlyMonth: time.December, YearlyDay: 31, KeepMonths: 12}
	for _, c := range []struct {
		policy       loyalty.Lapse
		earned, want string
	}{
		{loyalty.Lapse{}, "2026-01-31", ""},
		{loyalty.Lapse{AfterMonths: 36}, "2026-01-31", "2029-01-31"},
		{loyalty.Lapse{AfterMonths: 1}, "2026-01-31", "2026-02-28"},
		{loyalty.Lapse{AfterMonths: 1}, "2028-01-31", "2028-02-29"},
		{loyalty.Lapse{AfterDays: 30}, "2026-12-15", "2027-01-14"},
		{yearly, "2026-03-01", "2026-12-31"},
		{yearly, "2026-12-31", "2026-12-31"},
		{leap, "2026-01-01", "2026-02-28"},
		{leap, "2028-01-01", "2028-02-29"},
		{leap, "2026-03-01", "2027-02-28"},
		{kept, "2026-03-01", "2027-12-31"},
		{kept, "2025-12-31", "2026-12-31"},
		{loyalty.Lapse{On: date("2027-03-31")}, "2026-03-01", "2027-03-31"},
	} {
		if got := c.policy.LastDay(date(c.earned)).String(); got != c.want {
			t.Errorf("%s, earned %s: last day %q, want %q", c.policy, c.earned, got, c.want)
		}
	}
}

func TestPointsText(t *testing.T) {
	for _, c := range []struct {
		text     string
		decimals int
		want     loyalty.Points
		ok       bool
	}{
		{"55", 0, 55, true},
		{"-55", 0, -55, true},
		{"1.5", 2, 150, true},
		{"-0.05", 2, -5, true},
		{"0", 3, 0, true},
		{"1.5", 0, 0, false},
		{"1,5", 2, 0, false},
		{"", 0, 0, false},
		{"-", 0, 0, false},
		{".5", 1, 0, false},
		{"5.", 1, 0, false},
		{"--5", 0, 0, false},
		{"+5", 0, 0, false},
		{"9223372036854775808", 0, 0, false},
		{"5e3", 0, 0, false},
	} {
		got, err := loyalty.ParsePoints(c.text, c.decimals)
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("ParsePoints(%q, %d) = %d, %v; want %d", c.text, c.decimals, got, err, c.want)
		}
	}
}

func FuzzParsePoints(f *testing.F) {
	f.Add("1.50", 2)
	f.Add("-0.05", 3)
	f.Fuzz(func(t *testing.T, text string, decimals int) {
		decimals = min(max(decimals, 0), loyalty.MaxDecimals)
		p, err := loyalty.ParsePoints(text, decimals)
		if err != nil {
			return
		}
		again, err := loyalty.ParsePoints(p.Format(decimals), decimals)
		if err != nil || again != p {
			t.Errorf("%q is %d, written %q, and read again %d, %v", text, p, p.Format(decimals), again, err)
		}
	})
}

func TestLineID(t *testing.T) {
	if loyalty.LineID("1000123") != 1000123 || loyalty.LineID("0") != 0 {
		t.Error("a whole number is its own key")
	}
	seen := make(map[int64]string)
	for _, id := range []string{"007", "7", "-7", "a", "A", "", "1e3", "9223372036854775808", "C0FFEE00112233445566778899AABBCC"} {
		k := loyalty.LineID(id)
		if other, taken := seen[k]; taken {
			t.Errorf("%q and %q share the key %d", id, other, k)
		}
		if id != "7" && k >= 0 {
			t.Errorf("%q has the key %d of a number", id, k)
		}
		seen[k] = id
	}
}
