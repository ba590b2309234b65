package compiere

import (
	"errors"
	"strings"
	"testing"

	"github.com/loyalsync/loyalsync/connectors"
)

func numbers() keyType { return keyType{cast: "numeric"} }

func TestParseKeyset(t *testing.T) {
	const stamp = "2025-10-26T02:30:00.123456"
	for _, c := range []struct {
		name  string
		after connectors.Position
		floor connectors.Stamp
		want  keyset
		fault bool
	}{
		{name: "the beginning of everything", want: keyset{"-infinity", "-1"}},
		{name: "the beginning of a pass", floor: stamp, want: keyset{stamp, "-1"}},
		{name: "the middle of a pass", after: stamp + "|1000001", floor: "2025-01-01T00:00:00.000000", want: keyset{stamp, "1000001"}},
		{name: "no key", after: stamp, fault: true},
		{name: "a key that is no number", after: stamp + "|x", fault: true},
		{name: "another precision", after: "2025-10-26T02:30:00|1", fault: true},
		{name: "a wrong floor", floor: "yesterday", fault: true},
		{name: "SQL", after: stamp + "|1); DROP TABLE c_invoice", fault: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := numbers().parseKeyset(c.after, c.floor)
			if errors.Is(err, connectors.ErrSettings) != c.fault || (!c.fault && got != c.want) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

// FuzzParseKeyset: what is accepted is a position again, and nothing but digits
// reaches the statement as a key.
func FuzzParseKeyset(f *testing.F) {
	f.Add("2025-10-26T02:30:00.123456|1000001")
	f.Add("|")
	f.Add("2025-10-26T02:30:00.123456|-1")
	f.Fuzz(func(t *testing.T, text string) {
		k, err := numbers().parseKeyset(connectors.Position(text), "")
		if err != nil || text == "" {
			return
		}
		if back := k.position(); string(back) != text {
			t.Errorf("%q came back as %q", text, back)
		}
		if !isNumber(k.id) || !isStamp(k.stamp) {
			t.Errorf("%q gave %+v", text, k)
		}
	})
}

func TestIsNumber(t *testing.T) {
	for s, want := range map[string]bool{
		"0": true, "1": true, "1000000": true, "9999999999": true,
		"": false, "01": false, "-1": false, "1.0": false, "1e3": false, " 1": false, "١": false, "1000000000000000000": false,
	} {
		if isNumber(s) != want {
			t.Errorf("%q: got %v", s, !want)
		}
	}
}

func TestIsTextKey(t *testing.T) {
	for s, want := range map[string]bool{
		"0": true, "100": true, "FF8080812C2A7A4D012C2A7A4D000000": true, "a-b_c": true,
		"": false, "a b": false, "a'b": false, "ż": false, "a|b": false, strings.Repeat("A", 37): false,
	} {
		if isTextKey(s) != want {
			t.Errorf("%q: got %v", s, !want)
		}
	}
}
