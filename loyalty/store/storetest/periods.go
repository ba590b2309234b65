package storetest

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// books is a store with a program of two contractors, the second one a VIP, whose
// entries are written past the program.
type books struct {
	*store.Store
	t       *testing.T
	db      *sql.DB
	entries int64
}

func (on Checks) books(t *testing.T) *books {
	t.Helper()
	place := on.Fresh(t)
	b := &books{Store: place.Open(t), t: t, db: place.DB(t)}
	for _, statement := range []string{
		`INSERT INTO program (id, name, currency, decimals) VALUES (1, 'main', 'PLN', 1)`,
		`INSERT INTO source (id, name, identity) VALUES (1, 'erp', '')`,
		`INSERT INTO feed (id, program_id, source_id) VALUES (1, 1, 1)`,
		`INSERT INTO contractor (id, feed_id, erp_key, code, erp_group) VALUES (1, 1, '1', 'K1', ''), (2, 1, '2', 'K2', 'VIP')`,
		fmt.Sprintf(`INSERT INTO batch (id, actor, reason, posted_at) VALUES (1, 'test', '', %d)`, time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC).UnixMicro()),
		`INSERT INTO account (id, program_id) VALUES (1, 1), (2, 1)`,
		`INSERT INTO account_document (account_id, document_id) VALUES (1, 1), (2, 2)`,
		`INSERT INTO lot (id, account_id, document_id, earned_on, pending, active, feed_id) VALUES (1, 1, 1, 1, 0, 0, 1), (2, 2, 2, 1, 0, 0, 1)`,
	} {
		b.do(statement)
	}
	return b
}

func (b *books) do(statement string) {
	b.t.Helper()
	if _, err := b.db.ExecContext(b.t.Context(), statement); err != nil {
		b.t.Fatalf("%v\n%s", err, statement)
	}
}

// post writes an entry of an account's document, and its balance and lot.
func (b *books) post(account int, on loyalty.Date, kind loyalty.EntryKind, from, to loyalty.Bucket, points loyalty.Points) {
	b.t.Helper()
	b.entries++
	b.do(fmt.Sprintf(`INSERT INTO entry (id, account_id, document_id, line, rule_id, revision, kind, from_bucket, to_bucket, amount, effective_on, batch_id)
		VALUES (%[1]d, %[2]d, %[2]d, 1, 1, %[1]d, %[3]d, %[4]d, %[5]d, %[6]d, %[7]d, 1)`, b.entries, account, kind, from, to, points, on))
	columns := map[loyalty.Bucket]string{
		loyalty.Pending: "pending", loyalty.Active: "active", loyalty.Held: "held", loyalty.Spent: "spent", loyalty.Lapsed: "lapsed",
	}
	for bucket, by := range map[loyalty.Bucket]loyalty.Points{from: -points, to: points} {
		if column := columns[bucket]; column != "" {
			b.do(fmt.Sprintf(`UPDATE account SET %[1]s = %[1]s + %[2]d, seq = %[3]d WHERE id = %[4]d`, column, by, b.entries, account))
			if bucket == loyalty.Pending || bucket == loyalty.Active || bucket == loyalty.Lapsed {
				b.do(fmt.Sprintf(`UPDATE lot SET %[1]s = %[1]s + %[2]d WHERE account_id = %[3]d`, column, by, account))
			}
		}
	}
}

func (b *books) toClose(through loyalty.Date) loyalty.PeriodToClose {
	return loyalty.PeriodToClose{
		Program: loyalty.ProgramOverview{ID: 1, Name: "main", Currency: "PLN", Decimals: 1}, Through: through, Actor: "anna", Reason: "month",
		Policy: loyalty.RedemptionPolicy{Rate: decimal.RequireFromString("0.5"), Rates: []loyalty.RedemptionRate{{Group: "VIP", Rate: decimal.NewFromInt(1)}}},
	}
}

func (b *books) close(through loyalty.Date) loyalty.Period {
	b.t.Helper()
	p, err := b.ClosePeriod(b.t.Context(), b.toClose(through))
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *books) statement(from, to loyalty.Date) loyalty.Statement {
	b.t.Helper()
	s, err := b.Statement(b.t.Context(), 1, from, to, time.UTC)
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

// testPeriods: a closed period keeps its totals, its worth and its statements; what is
// found later counts in the next one, and names its day.
func (on Checks) testPeriods(t *testing.T) {
	b := on.books(t)
	b.post(1, 100, loyalty.Earn, loyalty.Issued, loyalty.Active, 100)
	b.post(2, 101, loyalty.Earn, loyalty.Issued, loyalty.Active, 40)
	b.post(1, 111, loyalty.Earn, loyalty.Issued, loyalty.Active, 7) // of the next period, posted before the first is closed
	b.post(1, 105, loyalty.Spend, loyalty.Active, loyalty.Spent, 30)
	b.post(2, 106, loyalty.Earn, loyalty.Issued, loyalty.Pending, 5)
	preview, err := b.PreviewPeriod(t.Context(), b.toClose(110))
	if err != nil {
		t.Fatal(err)
	}
	first := b.close(110)
	want := loyalty.Period{
		Number: 1, From: loyalty.NoDate, Through: 110, LastEntry: 5, Currency: "PLN", Actor: "anna", Reason: "month", AheadOfClose: 3,
		End: loyalty.Liability{Active: 110, Pending: 5, Spent: 30, Worth: decimal.RequireFromString("7.5"), PendingWorth: decimal.RequireFromString("0.5")},
		Totals: []loyalty.PeriodTotal{
			{Kind: loyalty.Earn, From: loyalty.Issued, To: loyalty.Pending, Points: 5, Entries: 1},
			{Kind: loyalty.Earn, From: loyalty.Issued, To: loyalty.Active, Points: 140, Entries: 2},
			{Kind: loyalty.Spend, From: loyalty.Active, To: loyalty.Spent, Points: 30, Entries: 1},
		},
	}
	kept := cmp.Options{cmpopts.IgnoreFields(loyalty.Period{}, "Hash", "ClosedAt", "Block"), cmpopts.IgnoreFields(loyalty.Liability{}, "Accounts"), cmp.Comparer(decimal.Decimal.Equal)}
	if diff := cmp.Diff(want, first, kept); diff != "" || first.Hash == "" || first.Block != 1 {
		t.Error(diff)
	}
	if diff := cmp.Diff(first, preview, kept); diff != "" || preview.Hash != "" {
		t.Errorf("what was shown before: %s", diff)
	}
	b.lateFinds(first)
	b.tamper(on)
}

// lateFinds closes a second period after points of the first were found.
func (b *books) lateFinds(first loyalty.Period) {
	t := b.t
	before := b.statement(90, 110)
	b.post(1, 104, loyalty.Earn, loyalty.Issued, loyalty.Active, 9)
	if diff := cmp.Diff(before, b.statement(90, 110)); diff != "" {
		t.Errorf("the statement of a closed period has changed: %s", diff)
	}
	next := b.statement(111, 120)
	want := []loyalty.StatementLine{
		{On: 111, Concerns: loyalty.NoDate, Kind: loyalty.StatementEarned, Points: 7},
		{On: 111, Concerns: 104, Kind: loyalty.StatementEarned, Points: 9},
	}
	if diff := cmp.Diff(want, next.Lines); diff != "" || next.Opening != 70 || next.Closing != 86 {
		t.Errorf("%d to %d: %s", next.Opening, next.Closing, diff)
	}
	_, err := b.ClosePeriod(t.Context(), b.toClose(110))
	if told := (*loyalty.Error)(nil); !errors.As(err, &told) || told.Code != loyalty.CodeConflict {
		t.Errorf("closed twice: %v", err)
	}
	second := b.close(120)
	if p := second.Movements(); second.Number != 2 || second.From != 111 || p.Earned != 16 || p.Spent != 0 || second.End.Active != 126 {
		t.Errorf("%+v", second)
	}
	found, err := b.Periods(t.Context(), 1, 10)
	if err != nil || len(found) != 2 {
		t.Fatal(err, found)
	}
	same := cmp.Options{cmpopts.IgnoreFields(loyalty.Liability{}, "Accounts"), cmp.Comparer(decimal.Decimal.Equal), cmpopts.EquateApproxTime(time.Millisecond)}
	if diff := cmp.Diff([]loyalty.Period{second, first}, found, same); diff != "" {
		t.Error(diff)
	}
}

// tamper changes an entry of a closed period: the proof says so.
func (b *books) tamper(on Checks) {
	t := b.t
	if p := proof(t, b.Store); len(p.Breaches) > 0 {
		t.Errorf("%+v", p.Breaches)
	}
	for _, statement := range []string{`UPDATE period SET worth = '1'`, `DELETE FROM period`, `UPDATE period_total SET points = 1`, `DELETE FROM period_total`} {
		if _, err := b.db.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s: done", statement)
		}
	}
	for _, statement := range on.withoutTriggers {
		b.do(statement)
	}
	b.do(`UPDATE entry SET effective_on = 115 WHERE id = 1`)
	var closed []int64
	for _, breach := range proof(t, b.Store).Breaches {
		if breach.Kind == loyalty.PeriodChanged {
			closed = append(closed, breach.Period)
		}
	}
	if diff := cmp.Diff([]int64{1, 2}, closed); diff != "" {
		t.Error(diff)
	}
}

// testPeriodsAddUp: whatever the order of days, posting and closing, each period comes from
// the end of the one before it to its own, and the last one to the balances.
func (on Checks) testPeriodsAddUp(t *testing.T) {
	b := on.books(t)
	random := rand.New(rand.NewPCG(7, 11)) //nolint:gosec // a history, no secret
	through, have := loyalty.Date(100), [3]loyalty.Points{}
	var last loyalty.Period
	end := func(l loyalty.Liability) loyalty.Points { return l.Outstanding() - l.Debt }
	for range 60 {
		account, on, points := 1+random.IntN(2), 90+loyalty.Date(random.Int32N(60)), loyalty.Points(1+random.IntN(50))
		if have[account] >= points && random.IntN(3) == 0 {
			b.post(account, on, loyalty.Reverse, loyalty.Active, loyalty.Issued, points)
			have[account] -= points
		} else {
			b.post(account, on, loyalty.Earn, loyalty.Issued, loyalty.Active, points)
			have[account] += points
		}
		if random.IntN(8) > 0 {
			continue
		}
		through += loyalty.Date(1 + random.Int32N(9))
		p := b.close(through)
		if end(last.End)+p.Movements().Sum() != end(p.End) {
			t.Errorf("period %d: %d and %+v do not come to %d", p.Number, end(last.End), p.Movements(), end(p.End))
		}
		last = p
	}
	p := b.close(1000)
	worth := decimal.New(int64(have[1]), -1).Mul(decimal.RequireFromString("0.5")).Add(decimal.New(int64(have[2]), -1)).Truncate(2)
	if p.Number < 5 || end(p.End) != have[1]+have[2] || !p.End.Worth.Equal(worth) {
		t.Errorf("period %d: %+v, want %v worth %s", p.Number, p.End, have, worth)
	}
	if p := proof(t, b.Store); len(p.Breaches) > 0 {
		t.Errorf("%+v", p.Breaches)
	}
	now, err := b.Liability(t.Context(), b.toClose(0).Program, b.toClose(0).Policy, 2000)
	if err != nil || now.Accounts != 2 || now.Active != p.End.Active || !now.Worth.Equal(worth) {
		t.Errorf("%v %+v", err, now)
	}
}

// testLiability: points past their last day are worth nothing, whether their lapse was
// posted or not, and nothing can be closed before it is.
func (on Checks) testLiability(t *testing.T) {
	b := on.books(t)
	b.post(1, 100, loyalty.Earn, loyalty.Issued, loyalty.Active, 100)
	b.post(2, 100, loyalty.Earn, loyalty.Issued, loyalty.Active, 60)
	b.post(2, 101, loyalty.Spend, loyalty.Active, loyalty.Spent, 20)
	b.post(2, 101, loyalty.Hold, loyalty.Active, loyalty.Held, 10)
	b.do(`UPDATE lot SET lapses_on = 110 WHERE account_id = 2`)
	for _, c := range []struct {
		today           loyalty.Date
		overdue         loyalty.Points
		worth, breakage string
		toBeSpent       string
	}{
		{today: 110, worth: "9", breakage: "0", toBeSpent: "9"},
		{today: 111, overdue: 30, worth: "6", breakage: "0.6", toBeSpent: "2.4"},
	} {
		l, err := b.Liability(t.Context(), b.toClose(0).Program, b.toClose(0).Policy, c.today)
		share, ok := l.Breakage()
		if err != nil || l.Overdue != c.overdue || l.Worth.String() != c.worth || share.String() != c.breakage || !ok || l.ToBeSpent().String() != c.toBeSpent {
			t.Errorf("%d: %v %+v %s", c.today, err, l, share)
		}
	}
	_, err := b.ClosePeriod(t.Context(), b.toClose(111))
	if told := (*loyalty.Error)(nil); !errors.As(err, &told) || told.Code != loyalty.CodeConflict || told.Hint == "" {
		t.Errorf("closed with points that have lapsed: %v", err)
	}
	b.close(110)
}
