package ledger

import (
	"testing"

	"github.com/loyalsync/loyalsync/loyalty"
)

// TestDesiredWhileWaiting: what released documents of a chain give and take is pending
// until the original waits no more, and active all at once then.
func TestDesiredWhileWaiting(t *testing.T) {
	const buffered, released, cancelled = loyalty.Buffered, loyalty.Released, loyalty.Cancelled
	after14, paid := loyalty.Activation{AfterDays: 14}, loyalty.Activation{Paid: true}
	settled := func(d *loyalty.StoredDocument) *loyalty.StoredDocument { d.Paid = true; return d }
	back := func(d *loyalty.StoredDocument) *loyalty.StoredDocument { d.Return = true; return d }
	for _, c := range []struct {
		name    string
		way     loyalty.Activation
		today   loyalty.Date
		members []*loyalty.StoredDocument
		want    string
		waits   loyalty.Wait
	}{
		{"at once", loyalty.Activation{}, day(5), []*loyalty.StoredDocument{doc("a", "", 5, released, "X 500")}, "a=5/0", 0},
		{"the day before", after14, day(18), []*loyalty.StoredDocument{doc("a", "", 5, released, "X 500")}, "a=0/5", loyalty.Wait(day(19))},
		{"the day", after14, day(19), []*loyalty.StoredDocument{doc("a", "", 5, released, "X 500")}, "a=5/0", 0},
		{"a return reduces what is pending", after14, day(6), []*loyalty.StoredDocument{doc("a", "", 5, released, "X 500"), doc("b", "a", 6, released, "X -200")}, "a=0/5 b=0/-2", loyalty.Wait(day(19))},
		{"a correction's own additions wait with the original", after14, day(18), []*loyalty.StoredDocument{doc("a", "", 5, released, "X 500"), doc("b", "a", 18, released, "X 200")}, "a=0/5 b=0/2", loyalty.Wait(day(19))},
		{"and are active with it", after14, day(19), []*loyalty.StoredDocument{doc("a", "", 5, released, "X 500"), doc("b", "a", 18, released, "X 200")}, "a=5/0 b=2/0", 0},
		{"a return in the buffer", after14, day(6), []*loyalty.StoredDocument{doc("a", "", 5, released, "X 500"), doc("b", "a", 6, buffered, "X -200")}, "a=0/5 b:return_buffered(2)", loyalty.Wait(day(19))},
		{"an original in the buffer waits for its release alone", after14, day(6), []*loyalty.StoredDocument{doc("a", "", 5, buffered, "X 500")}, "a=0/5", 0},
		{"a cancelled one for nothing", after14, day(6), []*loyalty.StoredDocument{doc("a", "", 5, cancelled, "X 500")}, "a:cancelled", 0},
		{"one without points for nothing", after14, day(6), []*loyalty.StoredDocument{doc("a", "", 5, released, "X 50")}, "a:no_rule_fired", 0},
		{"a return without an original acts at once", after14, day(6), []*loyalty.StoredDocument{back(doc("a", "", 5, released, "X -500"))}, "a=-5/0", 0},
		{"not paid", paid, day(400), []*loyalty.StoredDocument{doc("a", "", 5, released, "X 500"), settled(doc("b", "a", 6, released, "X -200"))}, "a=0/5 b=0/-2", loyalty.WaitPayment},
		{"paid", paid, day(5), []*loyalty.StoredDocument{settled(doc("a", "", 5, released, "X 500")), doc("b", "a", 6, released, "X -200")}, "a=5/0 b=-2/0", 0},
	} {
		tm := perHundred(t, "0")
		tm.activate = c.way
		chain := newChain("a", c.members)
		tm.await(chain, nil, c.today, false)
		scores := desired(chain, tm)
		tm.note(chain, scores)
		if got := tell(scores); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if got := chain.original.Waits; got != c.waits {
			t.Errorf("%s: waits for %d, want %d", c.name, got, c.waits)
		}
	}
}

// TestWhatWasActiveStaysSo: a clock that goes back makes nothing pending, but another
// date of the original, another chain and a payment that is taken back do.
func TestWhatWasActiveStaysSo(t *testing.T) {
	original, correction := doc("a", "", 5, loyalty.Released, "X 500"), doc("b", "a", 6, loyalty.Released, "X 500")
	c := newChain("a", []*loyalty.StoredDocument{original, correction})
	stored := func(change func(a, b *loyalty.StoredDocument)) map[loyalty.Key]loyalty.StoredDocument {
		a, b := *original, *correction
		change(&a, &b)
		return map[loyalty.Key]loyalty.StoredDocument{a.Key: a, b.Key: b}
	}
	for _, tt := range []struct {
		name   string
		way    loyalty.Activation
		before map[loyalty.Key]loyalty.StoredDocument
		want   bool
	}{
		{"new", loyalty.Activation{AfterDays: 14}, map[loyalty.Key]loyalty.StoredDocument{}, true},
		{"pending before", loyalty.Activation{AfterDays: 14}, stored(func(a, _ *loyalty.StoredDocument) { a.Pending = 5 }), true},
		{"active before", loyalty.Activation{AfterDays: 14}, stored(func(a, _ *loyalty.StoredDocument) { a.Active = 5 }), false},
		{"active by a correction", loyalty.Activation{AfterDays: 14}, stored(func(_, b *loyalty.StoredDocument) { b.Active = 5 }), false},
		{"active under another date", loyalty.Activation{AfterDays: 14}, stored(func(a, _ *loyalty.StoredDocument) { a.Active, a.Date = 5, day(4) }), true},
		{"a correction active in another chain", loyalty.Activation{AfterDays: 14}, stored(func(_, b *loyalty.StoredDocument) { b.Active, b.Root = 5, "other" }), true},
		{"paid before", loyalty.Activation{Paid: true}, stored(func(a, _ *loyalty.StoredDocument) { a.Active = 5 }), true},
	} {
		tm := perHundred(t, "0")
		tm.activate = tt.way
		tm.await(c, tt.before, day(6), false)
		if got := tm.wait != loyalty.WaitNothing; got != tt.want {
			t.Errorf("%s: waits %t, want %t", tt.name, got, tt.want)
		}
	}
}
