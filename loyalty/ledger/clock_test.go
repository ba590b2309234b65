package ledger_test

import (
	"fmt"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// owned is what the two contractors have in all, wherever it lies: nothing but documents
// changes it. What is below zero is an error.
func (x *history) owned(t *testing.T) string {
	t.Helper()
	if bad := x.texts(t, `SELECT 'pending ' || pending || ' active ' || active || ' held ' || held || ' spent ' || spent || ' lapsed ' || lapsed || ' debt ' || debt FROM account WHERE program_id = $1
		AND (pending < 0 OR active < 0 OR held < 0 OR spent < 0 OR lapsed < 0 OR debt < 0)`, x.feed.Program); len(bad) > 0 {
		t.Fatal(bad)
	}
	return fmt.Sprint(x.texts(t, `SELECT c.code || ' ' || (a.pending + a.active + a.held + a.spent + a.lapsed - a.debt) FROM account a
		JOIN contractor c ON c.id = a.id WHERE a.program_id = $1 ORDER BY c.code`, x.feed.Program))
}

// jump does what a service does by itself while its clock is wrong, and holds a point that
// is free when the clock is right; the holds that it lets go are voided in the history
// beside it. It says whether points have lapsed, have become available, or have repaid
// what is owed as they came back: points that the wrong clock finds and the right one
// does not.
func (x *history) jump(t *testing.T, beside *history, by time.Duration, posting bool) (moved bool) {
	t.Helper()
	*x.clock = x.clock.Add(by)
	if _, err := x.redeemer().TimeOut(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	if posting {
		moved = x.activate(t, 2) > 0
		moved = x.lapse(t, 2, all).Lots > 0 || moved
		if again := x.lapse(t, 2, all); again.Lots > 0 {
			t.Fatalf("twice is not once: %+v", again)
		}
	}
	held, err := x.redeemer().Reserve(t.Context(), ledger.RedemptionRequest{Account: x.account(t, "A"), Points: 1, Actor: "till"})
	*x.clock = x.clock.Add(-by)
	if _, errTimeOut := x.redeemer().TimeOut(t.Context(), all); errTimeOut != nil {
		t.Fatal(errTimeOut)
	}
	if err == nil {
		if o, err := x.store.Operation(t.Context(), held.ID); err != nil || o.State != loyalty.TimedOut {
			t.Fatalf("held by the wrong clock: %s, %v", o.State, err)
		}
		moved = len(x.texts(t, `SELECT 'x' FROM entry WHERE document_id = $1 AND to_bucket = 7`, -held.ID)) > 0 || moved
	}
	for i, id := range x.ops {
		if id == 0 {
			continue
		}
		if o, err := x.store.Operation(t.Context(), id); err != nil {
			t.Fatal(err)
		} else if o.State == loyalty.TimedOut {
			beside.redeem(t, step{redeem: "void", op: i})
			moved = true // points come back at another moment: what is owed then is repaid by other ones
		}
	}
	return moved
}

// TestAClockThatJumps plays random histories with a clock that is wrong by up to a year
// and a half now and then, ahead or back, and beside them without. Once it is right
// again, people read the same, but for points that lapsed, or became available, by the
// wrong clock: those are as many. Holds that it ended gave their points back.
func TestAClockThatJumps(t *testing.T) {
	playHistories(t)
	h := newHome(t)
	rapid.Check(t, func(r *rapid.T) {
		clock := noon
		wrong, right := h.history(t, &clock, nil), h.history(t, &clock, nil)
		waits := plainRules(nil)
		waits.Activate.AfterDays = rapid.SampledFrom([]int{0, 3}).Draw(r, "active after")
		wrong.rules(t, waits)
		right.rules(t, waits)
		moved := false
		for range rapid.IntRange(2, 8).Draw(r, "steps") {
			s := drawStep(r, wrong)
			clock = clock.Add(time.Duration(s.days)*24*time.Hour + time.Minute)
			if s.doc != nil {
				wrong.post(t, *s.doc)
				right.post(t, *s.doc)
			}
			if a, b := wrong.redeem(t, s), right.redeem(t, s); a != b && !moved && (s.redeem == "reserve" || s.redeem == "spend") {
				r.Fatalf("%s: with the wrong clock %s, without %s", s.redeem, a, b)
			}
			if days := rapid.SampledFrom([]int{0, 0, 2, 365, 500, -1, -365}).Draw(r, "jump"); days != 0 {
				moved = wrong.jump(t, right, time.Duration(days)*24*time.Hour, rapid.Bool().Draw(r, "jobs run")) || moved
			}
			if a, b := wrong.now(t), right.now(t); a != b && !moved {
				r.Fatalf("with the wrong clock %s\nwithout              %s", a, b)
			}
			if a, b := wrong.owned(t), right.owned(t); a != b {
				r.Fatalf("in all, with the wrong clock %s, without %s", a, b)
			}
		}
		for _, x := range []*history{wrong, right} {
			if bad := x.unsound(t); len(bad) > 0 {
				r.Fatal(bad)
			}
			x.cancelAll(t)
		}
		if diff := gocmp.Diff(right.owned(t), wrong.owned(t)); diff != "" {
			r.Fatalf("all is cancelled, and there is left (-without the jumps +with them):\n%s", diff)
		}
	})
}
