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
		{"a negative number", "7 1 16384 -4 0 -", false},
		{"of an earlier version", "7 1 16384 4999999000", true},
		{"a clock that is none", "7 1 16384 4999999000 noon 1/2/3/4", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			then, ok := parseMoment(c.stored)
			if got := ok && now.comparable(then); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// Only the very counts of the same table, a while ago, make a look at the rows
// unnecessary.
func TestQuietMoments(t *testing.T) {
	hour := trusted.Milliseconds()
	now := moment{server: "7 1 16384", first: 50, at: 10 * hour, written: "16400/10/20/0"}
	for _, c := range []struct {
		name, written string
		at            int64
		want          bool
	}{
		{"the same counts", "16400/10/20/0", 10*hour - 1, true},
		{"the same counts, an hour ago", "16400/10/20/0", 9 * hour, false},
		{"the same counts, in the future: the clock was set back", "16400/10/20/0", 10*hour + 1, false},
		{"one was inserted", "16400/9/20/0", 10*hour - 1, false},
		{"one was changed", "16400/10/19/0", 10*hour - 1, false},
		{"another table", "16399/10/20/0", 10*hour - 1, false},
		{"nobody counted", "", 10*hour - 1, false},
	} {
		then, ok := parseMoment(moment{server: now.server, first: 50, at: c.at, written: c.written}.text())
		if got := ok && now.quiet(then); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
	standby := moment{server: "7 1 16384", at: 5}
	if then, ok := parseMoment(standby.text()); !ok || standby.quiet(then) {
		t.Error("a server that counts nothing is quiet")
	}
}
