package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loyalsync/loyalsync/loyalty"
)

// testWaiting finds documents whose points wait, page by page, the soonest first, and no
// more once they wait for nothing.
func (on Checks) testWaiting(t *testing.T) {
	s, p := on.pageWorld(t)
	first := p.Documents[0]
	p.Documents, p.Entries, p.Lots, p.Accounts = nil, nil, nil, nil
	for i, waits := range []loyalty.Wait{loyalty.WaitPayment, 20, loyalty.WaitNothing, 10, 20, 21, loyalty.WaitPayment} {
		d := first
		d.ID, d.Key.ID, d.Root, d.Waits = int64(-1-i), string(rune('a'+i)), string(rune('a'+i)), waits
		p.Documents = append(p.Documents, d)
	}
	if err := s.Post(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	found := func(feed loyalty.Feed, after, until loyalty.Wait) string {
		t.Helper()
		var pages []string
		for id := int64(0); ; {
			docs, err := s.Waiting(t.Context(), feed, after, id, until, 2)
			if err != nil {
				t.Fatal(err)
			}
			if len(docs) == 0 {
				return strings.Join(pages, " | ")
			}
			var keys []string
			for _, d := range docs {
				keys = append(keys, fmt.Sprintf("%s %d", d.Key.ID, d.Waits))
				if !d.HasBody || d.Number != "FS/10" {
					t.Errorf("not read whole: %+v", d)
				}
				after, id = d.Waits, d.ID
			}
			pages = append(pages, strings.Join(keys, ", "))
		}
	}
	payment := fmt.Sprint(int64(loyalty.WaitPayment))
	for _, tt := range []struct {
		after, until loyalty.Wait
		want         string
	}{
		{loyalty.WaitNothing, 9, ""},
		{loyalty.WaitNothing, 20, "d 10, b 20 | e 20"},
		{loyalty.WaitPayment, loyalty.WaitPayment, "a " + payment + ", g " + payment},
	} {
		if got := found(p.Feed, tt.after, tt.until); got != tt.want {
			t.Errorf("from %d to %d: %q, want %q", tt.after, tt.until, got, tt.want)
		}
	}
	other, err := s.OpenFeed(t.Context(), loyalty.Feed{ProgramName: "main", SourceName: "other", Currency: "PLN"})
	if err != nil {
		t.Fatal(err)
	}
	if got := found(other, loyalty.WaitNothing, loyalty.WaitPayment); got != "" {
		t.Errorf("of another feed: %q", got)
	}
	p.Documents, err = s.Waiting(t.Context(), p.Feed, loyalty.WaitNothing, 0, 20, 10)
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Documents {
		p.Documents[i].Waits = loyalty.WaitNothing
	}
	state, err := s.PageState(t.Context(), p.Feed, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Version = state.Version
	if err := s.Post(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if got := found(p.Feed, loyalty.WaitNothing, loyalty.WaitPayment); !slices.Equal(strings.Split(got, ", "), []string{"f 21", "a " + payment + " | g " + payment}) {
		t.Errorf("afterwards %q", got)
	}
}
