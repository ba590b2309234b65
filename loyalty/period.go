package loyalty

import (
	"time"

	"github.com/shopspring/decimal"
)

// Liability is what a program owes its contractors. Money is in the program's currency.
type Liability struct {
	Accounts int64
	// Points are by bucket over all accounts, debt as it is owed, more than nothing.
	Pending, Active, Held, Spent, Lapsed, Debt Points
	// Overdue are those of Active that are past their last day, their lapse not posted yet.
	Overdue Points
	// Worth is what active points that are not overdue, and held ones, are worth, every
	// account's at its own rate; PendingWorth the same of pending ones.
	Worth, PendingWorth decimal.Decimal
}

// Outstanding are the points that may still be spent: active and held ones, without
// those that are overdue.
func (l Liability) Outstanding() Points { return l.Active - l.Overdue + l.Held }

// Breakage is which part of the points that have come to an end lapsed, 0 to 1, the
// others having been spent. ok is false while none has come to an end.
func (l Liability) Breakage() (share decimal.Decimal, ok bool) {
	const places = 4
	lapsed := l.Lapsed + l.Overdue
	if lapsed+l.Spent <= 0 {
		return decimal.Zero, false
	}
	return decimal.New(int64(lapsed), 0).DivRound(decimal.New(int64(lapsed+l.Spent), 0), places), true
}

// ToBeSpent is what Worth comes to if the same part of the points lapses from now on.
func (l Liability) ToBeSpent() decimal.Decimal {
	share, _ := l.Breakage()
	return l.Worth.Mul(decimal.New(1, 0).Sub(share)).Truncate(MoneyDecimals)
}

// Period is a closed period of a program: what moved in it, what was owed at its end, and
// the chain of entries that says so. An entry of a day in a closed period that is
// posted after it was closed counts in the first period that was open then.
type Period struct {
	Number       int64 // of the program's periods, from 1
	From         Date  // the day after the period before; NoDate for the first
	Through      Date  // the last day
	LastEntry    int64 // entries after it count in later periods
	Block        int64 // the program's last block; 0 when nothing was posted
	Hash         string
	End          Liability // at the end of Through; Accounts and Overdue are not kept
	Currency     string
	Totals       []PeriodTotal // by kind and buckets
	Actor        string
	Reason       string
	ClosedAt     time.Time
	AheadOfClose int64 // entries before it are of days up to Through
}

// PeriodTotal is what a kind of entries moved between two buckets.
type PeriodTotal struct {
	Kind     EntryKind
	From, To Bucket
	Points   Points
	Entries  int64
}

// PeriodToClose is what closing a period is asked for.
type PeriodToClose struct {
	Program       ProgramOverview
	Through       Date
	Policy        RedemptionPolicy // what points are worth
	Actor, Reason string
}

// Movements sums totals up as a statement does. Pending points are not in it; they come
// to what is outstanding at the end, less what is owed, from what was so at the end of the
// period before.
func (p Period) Movements() StatementTotals {
	var s Statement
	for _, m := range p.Totals {
		s.Add(StatementLine{Kind: m.Kind.Statement(), Points: outstanding(m.To, m.Points) - outstanding(m.From, m.Points)})
	}
	return s.Totals
}

// outstanding is what points in a bucket add to what a program owes.
func outstanding(b Bucket, points Points) Points {
	if b == Active || b == Held || b == Debt { // what enters debt repays it
		return points
	}
	return 0
}
