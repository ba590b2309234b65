package loyalty_test

import (
	"testing"

	"github.com/loyalsync/loyalsync/loyalty"
)

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"net", "", 3}, {"grup", "group", 1}, {"gruop", "group", 2}, {"żółw", "zolw", 3}, {"kitten", "sitting", 3}} {
		if got, back := loyalty.EditDistance(c.a, c.b), loyalty.EditDistance(c.b, c.a); got != c.want || back != c.want {
			t.Errorf("%q and %q: %d and %d, want %d", c.a, c.b, got, back, c.want)
		}
	}
}
