package ledger

import (
	"fmt"
	"testing"

	"github.com/loyalsync/loyalsync/loyalty"
)

// TestBookOfLapsedPoints: what lapsed is taken back from where it lapsed to, and does
// not pay for other documents, whether its lapse is posted or not.
func TestBookOfLapsedPoints(t *testing.T) {
	lots := []loyalty.Lot{
		{ID: 1, Account: 3, Document: 10, EarnedOn: day(1), LapsesOn: day(8), Active: 2, Lapsed: 8}, // the job came between
		{ID: 2, Account: 3, Document: 11, EarnedOn: day(2), LapsesOn: day(9), Active: 10},           // the job is late
		{ID: 3, Account: 3, Document: 12, EarnedOn: day(3), LapsesOn: day(10), Active: 5},           // the last day is today
	}
	b := newBook(day(10), loyalty.DebtUnlimited, nil, map[int64]loyalty.Balance{3: {Active: 17, Lapsed: 8}}, lots)
	revision := 0
	for _, step := range []struct {
		root   int64
		kind   loyalty.EntryKind
		points loyalty.Points
		last   loyalty.Date // of a new lot
		want   string
	}{
		{10, loyalty.Reverse, 6, day(8), "active 15 lapsed 4 debt 0; 0+4 10+0 5+0"},
		{11, loyalty.Reverse, 4, day(9), "active 11 lapsed 4 debt 0; 0+4 6+0 5+0"},
		{10, loyalty.Reverse, 6, day(8), "active 9 lapsed 0 debt 0; 0+0 6+0 3+0"}, // 4 that lapsed, then what may still be spent
		{99, loyalty.Reverse, 7, day(20), "active 6 lapsed 0 debt 4; 0+0 6+0 0+0"},
		{11, loyalty.Earn, 5, day(9), "active 7 lapsed 0 debt 0; 0+0 7+0 0+0"},
	} {
		b.apply(movement{
			doc: &loyalty.StoredDocument{ID: step.root}, root: step.root, account: 3, kind: step.kind, points: step.points,
			revision: &revision, earnedOn: day(1), lapsesOn: step.last,
		})
		got := fmt.Sprintf("active %d lapsed %d debt %d;", b.accounts[3].Active, b.accounts[3].Lapsed, b.accounts[3].Debt)
		for document := int64(10); document <= 12; document++ {
			l := b.lots[lotKey{document, 3}]
			got += fmt.Sprintf(" %d+%d", l.Active, l.Lapsed)
		}
		if got != step.want {
			t.Fatalf("%s %d of %d: %s, want %s", step.kind, step.points, step.root, got, step.want)
		}
	}
}
