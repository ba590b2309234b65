package sqlerp

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

func TestParseDecimal(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "12.30": "12.3", "-61.5": "-61.5", "+7": "7", ".5": "0.5", "5.": "5", " 8 ": "8",
		"123456789012345678901234567890.1234": "123456789012345678901234567890.1234", "1e+20": "100000000000000000000", "2.5E-3": "0.0025",
	} {
		if got, err := parseDecimal(text); err != nil || got.String() != want {
			t.Errorf("parseDecimal(%q) = %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "abc", "12,50", "1 000", "0x10", "NaN", "Infinity", "--1", "1e999999999", "1.2.3", ".", "12zł", strings.Repeat("9", 39)} {
		if got, err := parseDecimal(text); err == nil {
			t.Errorf("parseDecimal(%q) = %s, want an error", text, got)
		}
	}
}

func TestParseStamp(t *testing.T) {
	for text, want := range map[string]connectors.Stamp{
		"2025-10-26T02:30:00.123456":    "2025-10-26T02:30:00.123456",
		"2025-10-26 02:30:00":           "2025-10-26T02:30:00.000000",
		"2025-10-26 02:30":              "2025-10-26T02:30:00.000000",
		"2025-10-26":                    "2025-10-26T00:00:00.000000",
		"2024-02-29 23:59:59.9":         "2024-02-29T23:59:59.900000",
		"2025-01-15 10:00:00.123456789": "2025-01-15T10:00:00.123456",
	} {
		if got, err := parseStamp(text); err != nil || got != want {
			t.Errorf("parseStamp(%q) = %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "2025", "15.01.2025", "2025-02-30", "2025-01-15 25:00", "2025-01-15 10:00:60", "2025-01-15T10:00:00Z",
		"2025-01-15 10:00:00+01:00", "20250115", "1736935200", "infinity", "2025-01-15  10:00", "2025-01-15 10:00:00.",
	} {
		if got, err := parseStamp(text); err == nil {
			t.Errorf("parseStamp(%q) = %s, want an error", text, got)
		}
	}
}

func TestUnixStamps(t *testing.T) {
	if got, err := unixStamp.parse("1736935200"); err != nil || got != "2025-01-15T10:00:00.000000" {
		t.Errorf("parse = %s, %v", got, err)
	}
	for _, text := range []string{"", "1736935200.5", "-1", "abc", "999999999999999"} {
		if got, err := unixStamp.parse(text); err == nil {
			t.Errorf("parse(%q) = %s, want an error", text, got)
		}
	}
	const s connectors.Stamp = "2025-01-15T10:00:00.500000"
	if lower, upper := unixStamp.lower(s, ""), unixStamp.upper(s, ""); lower != int64(1736935201) || upper != int64(1736935200) {
		t.Errorf("bounds of half a second: %v and %v", lower, upper)
	}
}

func TestParseBoolKindDate(t *testing.T) {
	for text, want := range map[string]bool{"1": true, "T": true, "true": true, "Tak": true, "Y": true, "0": false, "f": false, "N": false, "nie": false, "": false} {
		if got, err := parseBool(text); err != nil || got != want {
			t.Errorf("parseBool(%q) = %v, %v", text, got, err)
		}
	}
	if _, err := parseBool("2"); err == nil {
		t.Error("parseBool(2) gave no error")
	}
	if got, err := parseKind("deposit"); err != nil || got != connectors.Deposit {
		t.Errorf("parseKind = %v, %v", got, err)
	}
	if _, err := parseKind("towar"); err == nil {
		t.Error("parseKind(towar) gave no error")
	}
	if got, err := parseDate("2025-01-15 23:30:00"); err != nil || got != "2025-01-15" {
		t.Errorf("parseDate = %v, %v", got, err)
	}
}

func TestParseTime(t *testing.T) {
	for text, want := range map[string]connectors.Time{
		"17:45": "17:45", "07:05:59": "07:05", "00:00": "00:00", "23:59:59.9999999": "23:59",
		"2025-01-15 17:45:10": "17:45", "2025-01-15T00:00:00": "", "2025-01-15": "", "2025-01-15 00:00:00.000001": "00:00",
	} {
		if got, err := parseTime(text); err != nil || got != want {
			t.Errorf("parseTime(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"24:00", "7:45", "17.45", "evening", "17:45:", "2025-02-30 10:00:00"} {
		if got, err := parseTime(text); err == nil {
			t.Errorf("parseTime(%q) = %q, no error", text, got)
		}
	}
	warsaw, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := timeIn(warsaw, "2025-07-15 21:30:00"); err != nil || got != "23:30" {
		t.Errorf("an instant in summer: %q, %v", got, err)
	}
}

func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"12.30", "-0.0001", "1e20", "12,5", "", "9.99E-9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := parseDecimal(s)
		if err != nil {
			return
		}
		again, err := parseDecimal(d.Truncate(30).String())
		if len(d.String()) > 200 {
			t.Fatalf("%q unfolds into %d digits", s, len(d.String()))
		}
		if err == nil && !again.Equal(d.Truncate(30)) {
			t.Fatalf("%q: %s read again is %s", s, d, again)
		}
	})
}

// FuzzStampBounds: comparing texts with the bounds is comparing stamps.
func FuzzStampBounds(f *testing.F) {
	f.Add("2025-01-15 10:00:00", int64(1736935200000000))
	f.Add("2025-01-15T00:00", int64(1736899200000000))
	f.Add("2025-01-15", int64(1736899200500000))
	f.Add("2025-01-15", int64(1736899200000000))
	f.Add("2025-01-15 10:00", int64(1736935200000000))
	f.Add("2025-01-15 10:00:00.123456789", int64(1736935200123456))
	f.Fuzz(func(t *testing.T, text string, micros int64) {
		stamp, err := textStamp.parse(text)
		bound := connectors.NewStamp(time.UnixMicro(micros).UTC())
		if _, wrong := parseStamp(string(bound)); err != nil || wrong != nil {
			return // no stamp, or a year that no ERP knows
		}
		sep := separator(text)
		if got, want := text >= textStamp.lower(bound, sep).(string), stamp >= bound; got != want {
			t.Errorf("%q >= lower(%s) is %v, want %v", text, bound, got, want)
		}
		if got, want := text <= textStamp.upper(bound, sep).(string), stamp <= bound; got != want {
			t.Errorf("%q <= upper(%s) is %v, want %v", text, bound, got, want)
		}
	})
}

func FuzzPosition(f *testing.F) {
	f.Add("2025-01-15 10:00:00", "3000100", `["a"]`)
	f.Add("\xff", "FS-'1\"", `{"a":1}`)
	f.Add("", "", "")
	f.Fuzz(func(t *testing.T, stamp, key, stored string) {
		_, _ = parsePosition(connectors.Position(stored), 2) // whatever was stored, it does not panic
		p, err := newPosition(stamp, key)
		if err != nil || !json.Valid([]byte(p)) {
			t.Fatalf("newPosition(%q, %q) = %q, %v", stamp, key, p, err)
		}
		parts, err := parsePosition(p, 2)
		if err != nil || len(parts) != 2 {
			t.Fatalf("parsePosition(%q) = %v, %v", p, parts, err)
		}
		if valid := strings.ToValidUTF8(key, "") == key; valid && parts[1] != key {
			t.Fatalf("key %q came back as %q", key, parts[1])
		}
		if _, err := parsePosition(p, 1); err == nil {
			t.Fatal("a position of another listing was taken")
		}
	})
}

// FuzzCheckSelect: no text makes it panic, and what passes holds no semicolon
// outside quotes that could end our statement.
func FuzzCheckSelect(f *testing.F) {
	for _, s := range []string{"SELECT 1", "SELECT ';'", "WITH x AS (SELECT 1) SELECT 1", "SELECT '", "--", "$$", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(checkSelect("x", s, SQLite)) == 0 && strings.Contains(s, ";") && !strings.ContainsAny(s, "'\"`-/") {
			t.Fatalf("%q passed", s)
		}
	})
}
