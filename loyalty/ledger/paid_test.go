package ledger_test

import (
	"context"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// queued computes documents again that wait for it, and returns how many did.
func (x *history) queued(t *testing.T) int {
	t.Helper()
	waiting, err := x.store.Queued(t.Context(), x.feed, 100)
	if err != nil {
		t.Fatal(err)
	}
	page := ledger.Page{Force: true, Actor: "test", Fetch: func(context.Context, []loyalty.Key) ([]loyalty.Document, error) { return nil, nil }}
	for _, d := range waiting {
		page.Documents = append(page.Documents, d.Document)
		page.Done = append(page.Done, d.ID)
	}
	if _, err := x.book.Page(t.Context(), page); err != nil {
		t.Fatal(err)
	}
	return len(waiting)
}

// ofBill is what a document has.
func (x *history) ofBill(t *testing.T, key string) (active loyalty.Points) {
	t.Helper()
	state, err := x.store.PageState(t.Context(), x.feed, []loyalty.Key{{Type: "FS", ID: key}})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range state.Documents {
		active += d.Active
	}
	return active
}

// pay redeems points of somebody for a bill.
func (x *history) pay(t *testing.T, who, bill string, points loyalty.Points) {
	t.Helper()
	o, err := x.redeemer().Reserve(t.Context(), ledger.RedemptionRequest{Account: x.account(t, who), Points: points, Document: bill, Post: true, Actor: "till"})
	if err != nil {
		t.Fatal(err)
	}
	x.ops = append(x.ops, o.ID)
}

func (x *history) undo(t *testing.T, op int) {
	t.Helper()
	x.redeem(t, step{redeem: "undo", op: op})
}

// TestThePartPaidWithPoints: it earns nothing, whatever comes first, and for as long
// as the redemption stands. Bill 2 is of 40, and 20 points pay 10 of it.
func TestThePartPaidWithPoints(t *testing.T) {
	h := newHome(t)
	for _, c := range []struct {
		name string
		earn bool // all of a bill earns
		do   func(t *testing.T, x *history, bill func(net int64) loyalty.Document)
		want loyalty.Points // of bill 2 and its corrections
	}{
		{name: "paid before the invoice is read", want: 300, do: func(t *testing.T, x *history, bill func(int64) loyalty.Document) {
			x.pay(t, "A", "2", 200)
			x.post(t, bill(40))
		}},
		{name: "paid after the invoice was read", want: 300, do: func(t *testing.T, x *history, bill func(int64) loyalty.Document) {
			x.post(t, bill(40))
			x.pay(t, "A", "2", 200)
			if n := x.queued(t); n != 1 {
				t.Errorf("%d documents wait", n)
			}
		}},
		{name: "paid twice", want: 200, do: func(t *testing.T, x *history, bill func(int64) loyalty.Document) {
			x.post(t, bill(40))
			x.pay(t, "A", "2", 200)
			x.pay(t, "A", "2", 200)
			x.queued(t)
		}},
		{name: "paid and undone", want: 400, do: func(t *testing.T, x *history, bill func(int64) loyalty.Document) {
			x.pay(t, "A", "2", 200)
			x.post(t, bill(40))
			x.undo(t, 0)
			x.queued(t)
		}},
		{name: "all of it paid", want: 0, do: func(t *testing.T, x *history, bill func(int64) loyalty.Document) {
			x.pay(t, "A", "2", 600)
			x.post(t, bill(20))
			why, err := x.book.Explain(t.Context(), loyalty.Key{Type: "FS", ID: "2"})
			if err != nil || why.Chain[0].Reason != loyalty.ReasonPaidWithPoints {
				t.Errorf("explained by %q, %v", why.Chain[0].Reason, err)
			}
		}},
		{name: "only reserved", want: 400, do: func(t *testing.T, x *history, bill func(int64) loyalty.Document) {
			_, err := x.redeemer().Reserve(t.Context(), ledger.RedemptionRequest{Account: x.account(t, "A"), Points: 200, Document: "2", Actor: "till"})
			if err != nil {
				t.Fatal(err)
			}
			x.post(t, bill(40))
		}},
		{name: "a bill of the same number in another year", want: 400, do: func(t *testing.T, x *history, bill func(int64) loyalty.Document) {
			x.pay(t, "A", "2", 200)
			d := bill(40)
			d.Date = d.Date.AddMonths(-12)
			x.post(t, d)
		}},
		{name: "another bill", want: 400, do: func(t *testing.T, x *history, bill func(int64) loyalty.Document) {
			x.pay(t, "A", "22", 200)
			x.post(t, bill(40))
		}},
		{name: "points of somebody else, by a slip in the number", want: 400, do: func(t *testing.T, x *history, bill func(int64) loyalty.Document) {
			x.post(t, sale("9", "", "B", x.today(), loyalty.Released, 50))
			x.pay(t, "B", "2", 200)
			x.post(t, bill(40))
		}},
		{name: "a part comes back: a part of what was given goes", want: 150, do: func(t *testing.T, x *history, bill func(int64) loyalty.Document) {
			x.pay(t, "A", "2", 200)
			x.post(t, bill(40), sale("3", "2", "A", x.today(), loyalty.Released, -20))
		}},
		{name: "all comes back", want: 0, do: func(t *testing.T, x *history, bill func(int64) loyalty.Document) {
			x.post(t, bill(40), sale("3", "2", "A", x.today(), loyalty.Released, -40))
			x.pay(t, "A", "2", 200)
			x.queued(t)
		}},
		{name: "a program in which all earns", earn: true, want: 400, do: func(t *testing.T, x *history, bill func(int64) loyalty.Document) {
			x.pay(t, "A", "2", 200)
			x.post(t, bill(40))
		}},
		{name: "paid while the page is computed", want: 300, do: func(t *testing.T, x *history, bill func(int64) loyalty.Document) {
			x.ledgerOn(t, &between{Store: x.store, do: func() { x.pay(t, "A", "2", 200) }})
			x.post(t, bill(40))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := noon
			x := h.history(t, &clock, nil)
			if c.earn {
				x.rules(t, earning(x.today()))
			}
			x.post(t, sale("1", "", "A", x.today(), loyalty.Released, 70))
			c.do(t, x, func(net int64) loyalty.Document { return sale("2", "", "A", x.today(), loyalty.Released, net) })
			if got := x.ofBill(t, "2"); got != c.want || len(x.unsound(t)) > 0 {
				t.Errorf("the bill has %d, want %d; unsound %v", got, c.want, x.unsound(t))
			}
			if n := x.queued(t); n > 0 && x.ofBill(t, "2") != c.want {
				t.Errorf("computed again it has %d", x.ofBill(t, "2"))
			}
		})
	}
}

// earning are the rules of history, from a day on, under which all of a bill earns.
func earning(from loyalty.Date) loyalty.RuleSet {
	one := decimal.NewFromInt(1)
	return loyalty.RuleSet{
		ValidFrom: from, Currency: "PLN", Decimals: 1, Rounding: loyalty.Floor, RoundedPer: loyalty.PerLine, Stacking: loyalty.Sum,
		UnlinkedReturns: loyalty.ScoreReturns, EarnOnRedeemed: true,
		Rules: []loyalty.Rule{{Name: "base", BasedOn: loyalty.OnBill, CalculateOn: loyalty.Net, Per: one, Points: one, From: loyalty.NoDate, To: loyalty.NoDate}},
	}
}
