package ledger

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Guard stops a run that would take back more than a share of the points
// (law 6). It counts what documents lose that no correction document explains.
// One Guard serves one run.
type Guard struct {
	// MaxPercent of Base that may be reversed, in percent.
	MaxPercent decimal.Decimal
	// MinPoints is how much may always be reversed, in smallest units.
	MinPoints loyalty.Points
	// Base is pending and active points of the program when the run started.
	Base loyalty.Points
	// Waiting is an earlier run that a person has still to decide on, 0 without one:
	// until then nothing more is taken back, or each new run would take its share.
	Waiting int64
	// Approved lets everything pass: a person has looked.
	Approved bool
	// Decimals of the program's points, for the message.
	Decimals int

	reversed loyalty.Points
}

// Guarded says that a run stopped before a page that would have reversed too
// much. Nothing of that page was written.
type Guarded struct {
	Reversed, Base loyalty.Points
	Percent, Limit decimal.Decimal
	Decimals       int
	Waiting        int64          // an earlier run that waits for a decision
	Posted         loyalty.Points // of Reversed: taken back before, within the limit
}

// Add counts more that would be taken back.
func (e *Guarded) Add(points loyalty.Points) {
	e.Reversed += points
	e.Percent = percent(e.Reversed, e.Base)
}

// Error tells the figures.
func (e *Guarded) Error() string {
	text := fmt.Sprintf("it would reverse %s of %s points (%s %%, limit %s %%)",
		e.Reversed.Format(e.Decimals), e.Base.Format(e.Decimals), e.Percent.StringFixed(0), e.Limit)
	switch {
	case e.Waiting != 0:
		text += fmt.Sprintf(", and run %d waits for a decision", e.Waiting)
	case e.Posted != 0:
		text += fmt.Sprintf("; %s of them, within the limit, are taken back already", e.Posted.Format(e.Decimals))
	}
	return text
}

// Unwrap classes it as something a person must decide.
func (e *Guarded) Unwrap() error {
	return &loyalty.Error{Code: loyalty.CodeAction, Message: "the run waits for approval"}
}

// judge says whether a page with these reversals may be committed.
func (g *Guard) judge(reversed loyalty.Points) error {
	if g == nil || g.Approved || reversed == 0 {
		return nil
	}
	if over := g.over(g.reversed + reversed); over != nil {
		over.Posted = g.reversed
		return over
	}
	return nil
}

// Allow says whether so many points may be taken back elsewhere, on a platform, beside
// those that the run has taken back here.
func (g *Guard) Allow(points loyalty.Points) error { return g.judge(points) }

// over is what there is to ask about so many reversals, nil for nothing.
func (g *Guard) over(all loyalty.Points) *Guarded {
	share := percent(all, g.Base)
	if all == 0 || g.Waiting == 0 && (all <= g.MinPoints || !share.GreaterThan(g.MaxPercent)) {
		return nil
	}
	return &Guarded{Reversed: all, Base: g.Base, Percent: share, Limit: g.MaxPercent, Decimals: g.Decimals, Waiting: g.Waiting}
}

// Asks is what a run that was let through would have had to ask, nil for nothing.
func (g *Guard) Asks() *Guarded { return g.over(g.reversed) }

// percent is a share of all points; without any, everything is all of them.
func percent(part, all loyalty.Points) decimal.Decimal {
	hundred := decimal.NewFromInt(100)
	if all <= 0 {
		return hundred
	}
	return decimal.NewFromInt(int64(part)).Mul(hundred).DivRound(decimal.NewFromInt(int64(all)), 2)
}

// Reversed is what the run has taken back so far.
func (g *Guard) Reversed() loyalty.Points { return g.reversed }

// committed adds the reversals of a page that was written.
func (g *Guard) committed(reversed loyalty.Points) {
	if g != nil {
		g.reversed += reversed
	}
}

// Loss is what one document would lose that no correction explains.
type Loss struct {
	Document loyalty.Key
	Number   string
	Points   loyalty.Points
}

// losses are what documents that correct nothing lose on a page, points that
// go to another account included.
func losses(scores []score) (out []Loss) {
	for _, s := range scores {
		if s.doc.Corrects != "" || s.doc.Return {
			continue
		}
		var want loyalty.Points
		for _, a := range s.points {
			want += a.pending + a.active
		}
		if s.doc.Gross.IsNegative() { // a return that the source does not mark as one
			want = max(0, want)
		}
		have := s.doc.Pending + s.doc.Active
		if s.moved {
			want = 0 // what somebody else gets is gone from here
		}
		if want < have {
			out = append(out, Loss{s.doc.Key, s.doc.Number, have - want})
		}
	}
	return out
}

func sum(losses []Loss) (points loyalty.Points) {
	for _, l := range losses {
		points += l.Points
	}
	return points
}
