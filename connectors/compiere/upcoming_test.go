package compiere

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUpcoming(t *testing.T) {
	key := func(n int) keyset { return keyset{"2026-01-01T00:00:00.000000", strconv.Itoa(n)} }
	u := upcoming{ceiling: "c", after: key(0)}
	for n := 1; n <= 5; n++ {
		u.keys = append(u.keys, key(n))
	}
	for _, c := range []struct {
		name    string
		after   keyset
		ceiling string
		limit   int
		first   int // 0 for what is not known
	}{
		{"from the beginning", key(0), "c", 2, 1},
		{"going on", key(2), "c", 2, 3},
		{"the same page again", key(2), "c", 2, 3},
		{"to the last one", key(3), "c", 2, 4},
		{"more than are known", key(4), "c", 2, 0},
		{"after the last one", key(5), "c", 2, 0},
		{"a position between them", keyset{"2026-01-01T00:00:00.000001", "2"}, "c", 2, 0},
		{"another pass", key(2), "d", 2, 0},
	} {
		keys, known := u.next(c.after, c.ceiling, c.limit)
		var want []keyset
		for n := c.first; c.first > 0 && n < c.first+c.limit; n++ {
			want = append(want, key(n))
		}
		if diff := cmp.Diff(want, keys, cmp.AllowUnexported(keyset{})); diff != "" || known != (c.first > 0) {
			t.Errorf("%s: %v %s", c.name, known, diff)
		}
	}
}
