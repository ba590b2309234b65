package optima

import (
	"errors"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/sqlserver"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	out, err := time.Parse(connectors.StampLayout, s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestBounds: a datetime holds .000, .003 and .007 of each hundredth. A bound
// between them takes exactly the datetimes on its right side.
func TestBounds(t *testing.T) {
	for _, tt := range []struct{ in, notBefore, notAfter string }{
		{"10:00:00.000000", "10:00:00.000000", "10:00:00.000000"},
		{"10:00:00.000001", "10:00:00.003000", "10:00:00.000000"},
		{"10:00:00.003000", "10:00:00.003000", "10:00:00.003000"},
		{"10:00:00.003001", "10:00:00.007000", "10:00:00.003000"},
		{"10:00:00.006999", "10:00:00.007000", "10:00:00.003000"},
		{"10:00:00.123456", "10:00:00.127000", "10:00:00.123000"},
		{"10:00:00.997000", "10:00:00.997000", "10:00:00.997000"},
		{"10:00:00.998000", "10:00:01.000000", "10:00:00.997000"},
		{"23:59:59.999999", "00:00:00.000000", "23:59:59.997000"},
	} {
		in := at(t, "2025-01-15T"+tt.in)
		if got := notBefore(in).Format("15:04:05.000000"); got != tt.notBefore {
			t.Errorf("not before %s: %s, want %s", tt.in, got, tt.notBefore)
		}
		if got := notAfter(in).Format("15:04:05.000000"); got != tt.notAfter {
			t.Errorf("not after %s: %s, want %s", tt.in, got, tt.notAfter)
		}
	}
}

// TestBoundsAreDatetimes: every bound goes to the server and comes back unchanged,
// no datetime lies between it and the stamp it is the bound of.
func TestBoundsAreDatetimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := time.Date(2025, 1, 15, 10, 0, 0, 0, time.UTC).Add(time.Duration(rapid.Int64Range(0, 2_000_000).Draw(t, "µs")) * time.Microsecond)
		after, before := notBefore(in), notAfter(in)
		if after.Before(in) || before.After(in) || after.Sub(before) > 4*time.Millisecond {
			t.Fatalf("%s lies not between %s and %s", in, before, after)
		}
		for _, bound := range []time.Time{after, before} {
			if notAfter(bound) != bound || notBefore(bound) != bound {
				t.Fatalf("%s is no datetime", bound)
			}
		}
	})
}

func TestPositions(t *testing.T) {
	for tick := range ticksPerSecond {
		k := keyset{time.Date(2025, 10, 26, 2, 30, 59, shown(tick), time.UTC), int32(tick)}
		back, err := parseKeyset(k.position(), "")
		if err != nil || back != k {
			t.Fatalf("%v came back as %v, %v", k, back, err)
		}
	}
	for _, p := range []connectors.Position{
		"x", "2025-01-15T10:00:00.000000", "2025-01-15T10:00:00.000000|", "2025-01-15T10:00:00.000000|07",
		"2025-01-15T10:00:00.000001|7", "2025-01-15T10:00:00.000000|99999999999",
	} {
		if _, err := parseKeyset(p, ""); !errors.Is(err, connectors.ErrSettings) {
			t.Errorf("position %q: %v", p, err)
		}
	}
	if _, err := parseKey("1e3"); !errors.Is(err, connectors.ErrSettings) {
		t.Errorf("a key that is none: %v", err)
	}
}

func TestStampsGoAsDatetime(t *testing.T) {
	var p any = sqlserver.Stamp(firstInstant())
	if _, ok := p.(mssql.DateTime1); !ok {
		t.Errorf("a stamp goes out as %T", p)
	}
}

// FuzzPosition: whatever is stored, a position is read back as it was or refused.
func FuzzPosition(f *testing.F) {
	f.Add("2025-01-15T10:00:00.003000|7")
	f.Add("|")
	f.Add("0000-01-01T00:00:00,000000|0")
	f.Add("2025-01-15T10:00:00.001000|-1")
	f.Fuzz(func(t *testing.T, text string) {
		k, err := parseKeyset(connectors.Position(text), "")
		if err == nil && text != "" && string(k.position()) != text {
			t.Errorf("%q came back as %q", text, k.position())
		}
		if id, err := parseKey(connectors.Position(text)); err == nil && text != "" && idText(id) != text {
			t.Errorf("key %q came back as %d", text, id)
		}
	})
}
