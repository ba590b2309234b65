package ledger_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
)

// step is what happens in one history and in the other.
type step struct {
	doc   *loyalty.Document
	dated bool // the document has another date
	days  int
	// Of a redemption: what is done with which one, or who asks for how many points.
	redeem string
	op     int
	who    string
	points loyalty.Points
}

func drawStep(t *rapid.T, x *history, more ...string) step {
	key := fmt.Sprint(len(x.order) + 1)
	on := rapid.Custom(func(t *rapid.T) loyalty.Date { return x.today().AddDays(-rapid.IntRange(0, 14).Draw(t, "ago")) })
	state := rapid.SampledFrom([]loyalty.State{loyalty.Released, loyalty.Released, loyalty.Buffered})
	who := rapid.SampledFrom([]string{"A", "A", "B"})
	kinds := []string{"sale", "sale", "return", "days", "reserve", "spend"}
	kinds = append(kinds, more...)
	if len(x.ops) > 0 {
		kinds = append(kinds, "post", "void", "undo")
	}
	if len(x.order) > 0 {
		kinds = append(kinds, "correction", "correction", "state", "date", "buyer")
	}
	made := func(d loyalty.Document) step { return step{doc: &d} }
	known := func() loyalty.Document { return x.docs[rapid.SampledFrom(x.order).Draw(t, "document")] }
	switch what := rapid.SampledFrom(kinds).Draw(t, "what"); what {
	case "reserve", "spend":
		return step{redeem: what, who: who.Draw(t, "who"), points: loyalty.Points(rapid.IntRange(1, 120).Draw(t, "points"))}
	case "adjust", "transfer":
		return step{redeem: what, who: who.Draw(t, "who"), points: loyalty.Points(rapid.IntRange(-60, 60).Draw(t, "points"))}
	case "merge", "unmerge":
		return step{redeem: what, who: who.Draw(t, "who")}
	case "post", "void", "undo":
		return step{redeem: what, op: rapid.IntRange(0, len(x.ops)-1).Draw(t, "redemption"), points: loyalty.Points(rapid.IntRange(0, 50).Draw(t, "points"))}
	case "sale":
		return made(sale(key, "", who.Draw(t, "who"), on.Draw(t, "on"), state.Draw(t, "state"), rapid.Int64Range(1, 9).Draw(t, "net")))
	case "return":
		return made(sale(key, "", who.Draw(t, "who"), on.Draw(t, "on"), loyalty.Released, -rapid.Int64Range(1, 9).Draw(t, "net")))
	case "correction":
		d := known()
		original := d.Key.ID
		if d.Corrects != "" {
			original = d.Corrects
		}
		return made(sale(key, original, d.Party, on.Draw(t, "on"), state.Draw(t, "state"), rapid.Int64Range(-9, 2).Draw(t, "net")))
	case "state":
		d := known()
		d.State = rapid.SampledFrom([]loyalty.State{loyalty.Released, loyalty.Buffered, loyalty.Cancelled}).Draw(t, "state")
		return made(d)
	case "date":
		d := known()
		d.Date = on.Draw(t, "on")
		return step{doc: &d, dated: true}
	case "buyer":
		d := known()
		d.Party, d.Buyer = who.Draw(t, "who"), d.Party
		return made(d)
	}
	return step{days: rapid.IntRange(1, 8).Draw(t, "days")}
}

// TestTheTimeOfLapsingDoesNotMatter plays random histories twice, once with the job
// at random days and once without it: at every moment the balances that people read
// are the same, and so are those of any day and moment before.
func TestTheTimeOfLapsingDoesNotMatter(t *testing.T) {
	playHistories(t)
	h := newHome(t)
	rapid.Check(t, func(r *rapid.T) {
		clock := noon
		with, without := h.history(t, &clock, nil), h.history(t, &clock, nil)
		waits := plainRules(nil)
		waits.Activate.AfterDays = rapid.SampledFrom([]int{0, 3}).Draw(r, "active after")
		with.rules(t, waits)
		without.rules(t, waits)
		var moments []time.Time
		dated := false
		var more []string
		if rapid.Bool().Draw(r, "adjusted") {
			more = []string{"adjust", "transfer"}
		}
		merging := rapid.Bool().Draw(r, "merged")
		if merging {
			more = append(more, "merge", "unmerge")
		}
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			s := drawStep(r, with, more...)
			clock = clock.Add(time.Duration(s.days)*24*time.Hour + time.Minute)
			dated = dated || s.dated
			if s.doc != nil {
				with.post(t, *s.doc)
				without.post(t, *s.doc)
			}
			if a, b := with.redeem(t, s), without.redeem(t, s); a != b {
				r.Fatalf("%s: with the job %s, without %s", s.redeem, a, b)
			}
			moments = append(moments, clock)
			clock = clock.Add(time.Minute)
			if rapid.Bool().Draw(r, "activate") {
				with.activate(t, 2)
				without.activate(t, all)
			}
			if rapid.Bool().Draw(r, "lapse") {
				with.lapse(t, rapid.IntRange(1, 3).Draw(r, "lots"), rapid.IntRange(1, 5).Draw(r, "pages"))
			}
			if a, b := with.now(t), without.now(t); a != b {
				r.Fatalf("with the job    %s\nwithout the job %s", a, b)
			}
		}
		clock = clock.Add(time.Minute)
		with.lapse(t, 2, all)
		if again := with.lapse(t, 2, all); again.Lots > 0 {
			r.Fatalf("twice is not once: %+v", again)
		}
		for _, x := range []*history{with, without} {
			if bad := x.unsound(t); len(bad) > 0 {
				r.Fatal(bad)
			}
		}
		for days := 0; days < 40; days += 4 {
			day := with.today().AddDays(-days)
			if a, b := with.told(t, loyalty.AsOf{Date: day, Today: day}), without.told(t, loyalty.AsOf{Date: day, Today: day}); a != b {
				r.Fatalf("as of %s\nwith the job    %s\nwithout the job %s", day, a, b)
			}
		}
		first, length := rapid.IntRange(0, 40).Draw(r, "statement from"), rapid.IntRange(0, 30).Draw(r, "days of it")
		from := with.today().AddDays(-first)
		if a, b := with.statements(t, from, from.AddDays(length)), without.statements(t, from, from.AddDays(length)); a != b {
			r.Fatalf("statements from %s, %d days\nwith the job    %s\nwithout the job %s", from, length, a, b)
		}
		for _, m := range moments {
			at := loyalty.AsOf{Date: loyalty.NoDate, PostedAt: m, Today: loyalty.DateIn(m, time.UTC)}
			if a, b := with.told(t, at), without.told(t, at); a != b {
				r.Fatalf("as posted by %s\nwith the job    %s\nwithout the job %s", m, a, b)
			}
		}
		now := loyalty.AsOf{Date: loyalty.NoDate, PostedAt: clock.Add(time.Hour), Today: with.today()}
		// of a lot whose document was dated anew, only the last day is known
		if diff := gocmp.Diff(with.now(t), with.told(t, now)); diff != "" && !dated && !merging {
			r.Fatalf("the balance and the sum of its entries (-balance +entries):\n%s", diff)
		}
		with.cancelAll(t)
		without.cancelAll(t)
		if more != nil { // what was adjusted stays
			return
		}
		for _, x := range []*history{with, without} {
			// what repaid a debt may have come back after its last day: the two are as many
			left := x.texts(t, `SELECT 'left ' || id FROM account WHERE program_id = $1
				AND (pending <> 0 OR held <> 0 OR spent <> 0 OR active + lapsed <> debt)`, x.feed.Program)
			if got := x.now(t); strings.Count(got, "available 0 pending 0 ") != 2 || len(left) > 0 || len(x.unsound(t)) > 0 {
				r.Fatalf("all is cancelled and undone: %s %v, unsound %v", got, left, x.unsound(t))
			}
		}
	})
}
