package compiere

import "testing"

func TestMomentsThatCompare(t *testing.T) {
	now := moment{server: "7 1 16384", first: 5_000_000_000, next: 5_000_000_010}
	for _, c := range []struct {
		name, stored string
		want         bool
	}{
		{"a moment ago", moment{server: "7 1 16384", first: 4_999_999_000}.text(), true},
		{"the very moment", now.text(), true},
		{"across the end of the 32 bits", moment{server: "7 1 16384", first: 4_294_967_290}.text(), true},
		{"too long ago", moment{server: "7 1 16384", first: 5_000_000_010 - 1<<31}.text(), false},
		{"from the future: a restored server", moment{server: "7 1 16384", first: 5_000_000_011}.text(), false},
		{"another timeline: a standby took over", moment{server: "7 2 16384", first: 4_999_999_000}.text(), false},
		{"another server", moment{server: "8 1 16384", first: 4_999_999_000}.text(), false},
		{"another database", moment{server: "7 1 16385", first: 4_999_999_000}.text(), false},
		{"nothing", "", false},
		{"no number", "7 1 16384 x", false},
		{"a negative number", "7 1 16384 -4", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			then, ok := parseMoment(c.stored)
			if got := ok && now.comparable(then); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
