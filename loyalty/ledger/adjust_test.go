package ledger_test

import (
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

func (x *history) adjuster() ledger.Adjuster {
	return ledger.Adjuster{
		Store: x.store, Program: loyalty.ProgramOverview{ID: x.feed.Program, Name: x.feed.ProgramName, Currency: "PLN", Decimals: 1},
		Lapse: loyalty.Lapse{AfterDays: 10}, ApproveAbove: 500, Now: func() time.Time { return *x.clock },
	}
}

// adjust gives or takes points, or moves them between the two contractors.
func (x *history) adjust(t *testing.T, what, who string, points loyalty.Points) string {
	t.Helper()
	q := ledger.AdjustmentRequest{Account: x.account(t, who), Points: points, Actor: "anna", Reason: "a test"}
	if what == "adjust" {
		o, err := x.adjuster().Adjust(t.Context(), q)
		return outcome(t, o, err)
	}
	q.To = x.account(t, map[string]string{"A": "B", "B": "A"}[who])
	o, err := x.adjuster().Transfer(t.Context(), q)
	return outcome(t, o, err)
}

// TestAdjustAndTransfer plays what people do with points beside documents. A has 30
// points that lapse today, and 70 that lapse in ten days.
func TestAdjustAndTransfer(t *testing.T) {
	h := newHome(t)
	for _, c := range []struct {
		name string
		do   func(t *testing.T, x *history)
		want string
	}{
		{"points are given, and lapse by the policy", func(t *testing.T, x *history) {
			x.adjust(t, "adjust", "A", 50)
			*x.clock = x.clock.AddDate(0, 0, 10)
			x.lapse(t, 5, all)
		}, "A: available 750 pending 0 lapsed 300 debt 0 scored 2; B: available 0 pending 0 lapsed 0 debt 0 scored 0"},
		{"and are over the day after", func(t *testing.T, x *history) {
			x.adjust(t, "adjust", "B", 50)
			*x.clock = x.clock.AddDate(0, 0, 11)
			x.lapse(t, 5, all)
			x.lapse(t, 5, all)
		}, "A: available 0 pending 0 lapsed 1000 debt 0 scored 2; B: available 0 pending 0 lapsed 50 debt 0 scored 0"},
		{"points are taken, those first that lapse first", func(t *testing.T, x *history) {
			x.adjust(t, "adjust", "A", -400)
			*x.clock = x.clock.AddDate(0, 0, 1)
		}, "A: available 600 pending 0 lapsed 0 debt 0 scored 2; B: available 0 pending 0 lapsed 0 debt 0 scored 0"},
		{"not more than there are", func(t *testing.T, x *history) {
			x.adjust(t, "adjust", "A", -500)
			if got := x.adjust(t, "adjust", "A", -500); got != "posted 0 of -500 for 0" {
				t.Error(got)
			}
			if got := x.adjust(t, "adjust", "A", -1); got != "insufficient" {
				t.Error(got)
			}
		}, "A: available 0 pending 0 lapsed 0 debt 0 scored 2; B: available 0 pending 0 lapsed 0 debt 0 scored 0"},
		{"what is given repays what is owed", func(t *testing.T, x *history) {
			x.redeem(t, step{redeem: "spend", who: "A", points: 1000})
			x.post(t, sale("3", "2", "A", x.today(), loyalty.Released, -4))
			x.adjust(t, "adjust", "A", 50)
		}, "A: available 10 pending 0 lapsed 0 debt 0 scored 2 held 0 spent 1000; B: available 0 pending 0 lapsed 0 debt 0 scored 0"},
		{"points move with their last days", func(t *testing.T, x *history) {
			x.adjust(t, "transfer", "A", 400)
			*x.clock = x.clock.AddDate(0, 0, 1)
		}, "A: available 600 pending 0 lapsed 0 debt 0 scored 2; B: available 100 pending 0 lapsed 300 debt 0 scored 0"},
		{"and back", func(t *testing.T, x *history) {
			x.adjust(t, "transfer", "A", 400)
			x.adjust(t, "transfer", "B", 400)
			*x.clock = x.clock.AddDate(0, 0, 1)
			x.lapse(t, 1, all)
		}, "A: available 700 pending 0 lapsed 300 debt 0 scored 2; B: available 0 pending 0 lapsed 0 debt 0 scored 0"},
		{"a return after they moved is owed", func(t *testing.T, x *history) {
			x.adjust(t, "transfer", "A", 500)
			x.adjust(t, "transfer", "A", 500)
			x.post(t, sale("3", "2", "A", x.today(), loyalty.Released, -4))
		}, "A: available 0 pending 0 lapsed 0 debt 40 scored 2; B: available 1000 pending 0 lapsed 0 debt 0 scored 0"},
		{"what is moved can be spent, and lapses", func(t *testing.T, x *history) {
			x.adjust(t, "adjust", "A", 100)
			x.adjust(t, "transfer", "A", 350)
			x.redeem(t, step{redeem: "spend", who: "B", points: 310})
			*x.clock = x.clock.AddDate(0, 0, 11)
			x.lapse(t, 5, all)
		}, "A: available 0 pending 0 lapsed 750 debt 0 scored 2; B: available 0 pending 0 lapsed 40 debt 0 scored 0 held 0 spent 310"},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := noon
			x := h.history(t, &clock, nil)
			day := x.today()
			x.post(t, sale("1", "", "A", day, loyalty.Released, 70), sale("2", "", "A", day.AddDays(-10), loyalty.Released, 30))
			c.do(t, x)
			if got := x.now(t); got != c.want || len(x.unsound(t)) > 0 {
				t.Errorf("%s\nwant %s; unsound %v", got, c.want, x.unsound(t))
			}
			moment := loyalty.AsOf{Date: loyalty.NoDate, PostedAt: clock.Add(time.Hour), Today: x.today()}
			if got := x.told(t, moment); got != c.want {
				t.Errorf("by its entries %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestFourEyes: more points than one person may give, take or move wait for another.
func TestFourEyes(t *testing.T) {
	h := newHome(t)
	clock := noon
	x := h.history(t, &clock, nil)
	x.post(t, sale("1", "", "A", x.today(), loyalty.Released, 90))
	a := x.adjuster()
	propose := func(points loyalty.Points, to string) loyalty.Operation {
		t.Helper()
		q := ledger.AdjustmentRequest{Account: x.account(t, "A"), Points: points, Actor: "anna", Reason: "a test"}
		do := a.Adjust
		if to != "" {
			q.To, do = x.account(t, to), a.Transfer
		}
		o, err := do(t.Context(), q)
		if err != nil || o.State != loyalty.Proposed {
			t.Fatal(o.State, err)
		}
		return o
	}
	available := func(want string) {
		t.Helper()
		if got := x.now(t); !strings.HasPrefix(got, "A: available "+want+" ") || len(x.unsound(t)) > 0 {
			t.Errorf("%s, want %s; unsound %v", got, want, x.unsound(t))
		}
	}
	decide := func(do func(id int64, who string) (loyalty.Operation, error), o loyalty.Operation, who, want string) {
		t.Helper()
		done, err := do(o.ID, who)
		if got := outcome(t, done, err); !strings.HasPrefix(got, want) {
			t.Errorf("operation %d by %s: %s, want %s", o.ID, who, got, want)
		}
	}
	of := func(kind loyalty.OperationKind) (approve, reject func(int64, string) (loyalty.Operation, error)) {
		return func(id int64, who string) (loyalty.Operation, error) { return a.Approve(t.Context(), id, kind, who) },
			func(id int64, who string) (loyalty.Operation, error) { return a.Reject(t.Context(), id, kind, who) }
	}
	approve, reject := of(loyalty.PointAdjustment)

	given := propose(501, "")
	available("900")
	decide(approve, given, "anna", "same_person")
	decide(approve, given, "bartek", "posted")
	decide(approve, given, "celina", "posted") // twice is once
	decide(reject, given, "anna", "resolved")
	available("1401")
	dropped := propose(9999, "")
	decide(reject, dropped, "anna", "voided")
	decide(approve, dropped, "bartek", "resolved")
	taken, tooMany := propose(-1000, ""), propose(-1000, "")
	decide(approve, taken, "bartek", "posted")
	decide(approve, tooMany, "bartek", "insufficient")
	available("401")
	late := propose(600, "")
	clock = clock.AddDate(0, 0, 11)
	if _, err := approve(late.ID, "bartek"); loyalty.CodeOf(err) != loyalty.CodeInvalid {
		t.Errorf("points that would have lapsed: %v", err)
	}
	clock = clock.AddDate(0, 0, -11)
	if _, err := approve(taken.ID+100, "bartek"); loyalty.CodeOf(err) != loyalty.CodeNotFound {
		t.Error(err)
	}
	x.adjust(t, "adjust", "A", 500)
	approveMove, _ := of(loyalty.Transfer)
	moved := propose(901, "B")
	if _, err := approve(moved.ID, "bartek"); loyalty.CodeOf(err) != loyalty.CodeNotFound {
		t.Errorf("a transfer is no adjustment: %v", err)
	}
	decide(approveMove, moved, "bartek", "posted")
	available("0")
	stored, err := h.store.Operation(t.Context(), given.ID)
	if err != nil || stored.Actor != "anna" || stored.ResolvedBy != "bartek" || stored.Reason != "a test" {
		t.Errorf("%+v, %v", stored, err)
	}
}

func TestAdjustmentsThatMakeNoSense(t *testing.T) {
	h := newHome(t)
	clock := noon
	x := h.history(t, &clock, nil)
	x.post(t, sale("1", "", "A", x.today(), loyalty.Released, 90))
	a, b := x.account(t, "A"), x.account(t, "B")
	for name, q := range map[string]ledger.AdjustmentRequest{
		"no points":          {Account: a, Reason: "r"},
		"no reason":          {Account: a, Points: 5, Reason: " "},
		"lapsed already":     {Account: a, Points: 5, Reason: "r", LapsesOn: x.today().AddDays(-1)},
		"to itself":          {Account: a, To: a, Points: 5, Reason: "r"},
		"fewer than none":    {Account: a, To: b, Points: -5, Reason: "r"},
		"without a receiver": {Account: a, To: 0, Points: -5, Reason: ""},
	} {
		do := x.adjuster().Adjust
		if q.To != 0 {
			do = x.adjuster().Transfer
		}
		if _, err := do(t.Context(), q); loyalty.CodeOf(err) != loyalty.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := h.history(t, &clock, nil)
	stranger := ledger.AdjustmentRequest{Account: a, To: other.account(t, "B"), Points: 5, Reason: "r"}
	if _, err := x.adjuster().Transfer(t.Context(), stranger); loyalty.CodeOf(err) != loyalty.CodeNotFound {
		t.Errorf("to a contractor of another program: %v", err)
	}
}
