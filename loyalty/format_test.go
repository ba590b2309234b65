package loyalty_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// plain makes no-break spaces readable in expectations.
func plain(s string) string { return strings.ReplaceAll(s, "\u00a0", "_") }

func TestFormatNumber(t *testing.T) {
	tests := []struct{ text, pl, en string }{
		{"0", "0", "0"},
		{"999", "999", "999"},
		{"1234.50", "1_234,50", "1,234.50"},
		{"-1234567", "-1_234_567", "-1,234,567"},
		{"-0.5", "-0,5", "-0.5"},
		{"123456.789", "123_456,789", "123,456.789"},
		{"", "", ""},
		{"-", "-", "-"},
		{"1.", "1.", "1."},
		{"1e5", "1e5", "1e5"},
		{"5/3", "5/3", "5/3"},
		{"--1", "--1", "--1"},
	}
	for _, tt := range tests {
		if got := plain(loyalty.FormatNumber(tt.text, "pl")); got != tt.pl {
			t.Errorf("pl %q: %q, want %q", tt.text, got, tt.pl)
		}
		if got := plain(loyalty.FormatNumber(tt.text, "en")); got != tt.en {
			t.Errorf("en %q: %q, want %q", tt.text, got, tt.en)
		}
	}
}

func TestFormatPoints(t *testing.T) {
	tests := []struct {
		points   loyalty.Points
		decimals int
		pl, en   string
	}{
		{0, 0, "0_punktów", "0_points"},
		{1, 0, "1_punkt", "1_point"},
		{-1, 0, "-1_punkt", "-1_point"},
		{2, 0, "2_punkty", "2_points"},
		{4, 0, "4_punkty", "4_points"},
		{5, 0, "5_punktów", "5_points"},
		{11, 0, "11_punktów", "11_points"},
		{12, 0, "12_punktów", "12_points"},
		{14, 0, "14_punktów", "14_points"},
		{21, 0, "21_punktów", "21_points"},
		{22, 0, "22_punkty", "22_points"},
		{112, 0, "112_punktów", "112_points"},
		{1002, 0, "1_002_punkty", "1,002_points"},
		{150, 2, "1,5_punktu", "1.5_points"},
		{100, 2, "1_punkt", "1_point"},
		{500, 2, "5_punktów", "5_points"},
		{-5, 3, "-0,005_punktu", "-0.005_points"},
		{math.MinInt64, 0, "-9_223_372_036_854_775_808_punktów", "-9,223,372,036,854,775,808_points"},
	}
	for _, tt := range tests {
		if got := plain(loyalty.FormatPoints(tt.points, tt.decimals, "pl")); got != tt.pl {
			t.Errorf("pl %d: %q, want %q", tt.points, got, tt.pl)
		}
		if got := plain(loyalty.FormatPoints(tt.points, tt.decimals, "en")); got != tt.en {
			t.Errorf("en %d: %q, want %q", tt.points, got, tt.en)
		}
	}
}

func TestPlural(t *testing.T) {
	for n, want := range map[int64]string{1: "faktura", -1: "faktura", 0: "faktur", 3: "faktury", 13: "faktur", 23: "faktury", 100: "faktur"} {
		if got := loyalty.Plural(n, "pl", "faktura", "faktury", "faktur"); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	if got := loyalty.Plural(3, "en", "invoice", "", "invoices"); got != "invoices" {
		t.Error(got)
	}
}

func TestFormatMoney(t *testing.T) {
	tests := []struct{ text, currency, pl, en string }{
		{"1234.5", "PLN", "1_234,50_zł", "1,234.50_PLN"},
		{"-12", "EUR", "-12,00_EUR", "-12.00_EUR"},
		{"0.125", "PLN", "0,125_zł", "0.125_PLN"},
	}
	for _, tt := range tests {
		if got := plain(loyalty.FormatMoney(tt.text, tt.currency, "pl")); got != tt.pl {
			t.Errorf("%q, want %q", got, tt.pl)
		}
		if got := plain(loyalty.FormatMoney(tt.text, tt.currency, "en")); got != tt.en {
			t.Errorf("%q, want %q", got, tt.en)
		}
	}
}

func TestFormatDates(t *testing.T) {
	warsaw := time.FixedZone("CET", 3600)
	at := time.Date(2026, 11, 14, 17, 33, 59, 0, time.UTC)
	day := loyalty.NewDate(2026, 11, 4)
	for _, tt := range []struct{ got, want string }{
		{loyalty.FormatDate(day, "pl"), "04.11.2026"},
		{loyalty.FormatDate(day, "en"), "4 Nov 2026"},
		{loyalty.FormatDate(loyalty.NoDate, "pl"), ""},
		{loyalty.FormatTime(at, warsaw, "pl"), "14.11.2026 18:33"},
		{loyalty.FormatTime(at, warsaw, "en"), "14 Nov 2026 18:33"},
		{loyalty.FormatTime(time.Time{}, warsaw, "pl"), ""},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}

// FuzzFormatNumber: taking the separators out again gives what went in.
func FuzzFormatNumber(f *testing.F) {
	f.Add("-1234567.890")
	f.Fuzz(func(t *testing.T, text string) {
		got := loyalty.FormatNumber(text, "en")
		if strings.ReplaceAll(got, ",", "") != strings.ReplaceAll(text, ",", "") {
			t.Errorf("%q became %q", text, got)
		}
	})
}
