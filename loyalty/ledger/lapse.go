package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// LapseStore is what lapsing needs of the place a ledger is kept in.
type LapseStore interface {
	// Lapsing returns lots of a feed with active points whose last day is before a
	// day, the soonest first, with what else a page of lapsing needs, all of one
	// instant.
	Lapsing(ctx context.Context, feed loyalty.Feed, before loyalty.Date, limit int) (loyalty.LapseState, error)
	// Post commits a page, as that of Store.
	Post(ctx context.Context, page loyalty.PageWrite) error
}

// Lapser posts that points of a feed have lapsed. It belongs to the home of the
// program: a mirror of it never lapses.
type Lapser struct {
	Store LapseStore
	Feed  loyalty.Feed
	Today loyalty.Date // points whose last day is before it lapse
	Limit int          // lots a page, at most
	Lease loyalty.Lease
	Run   int64
	Actor string
	Now   func() time.Time
}

// Lapsed counts what a page of lapsing did.
type Lapsed struct {
	Lots   int // 0 is the end
	Points loyalty.Points
}

// Page posts one page of what has lapsed, in one transaction. What it posts leaves
// the lots that it looks for, so doing it again does nothing, wherever the time
// before was broken off; and the key of a lapse is the lot's document and how many
// were posted for it, so that no two can post the same. Points that are pending
// stay.
func (l Lapser) Page(ctx context.Context) (Lapsed, error) {
	var err error
	for range attempts {
		var state loyalty.LapseState
		if state, err = l.Store.Lapsing(ctx, l.Feed, l.Today, l.Limit); err != nil || len(state.Lots) == 0 {
			return Lapsed{}, err
		}
		page, done := l.write(state)
		if err = l.Store.Post(ctx, page); err == nil {
			return done, nil
		}
		if !errors.Is(err, loyalty.ErrStale) {
			break
		}
	}
	return Lapsed{}, fmt.Errorf("lapse points of %s: %w", l.Feed.Name(), err)
}

// write turns lots past their last day into what is posted.
func (l Lapser) write(state loyalty.LapseState) (loyalty.PageWrite, Lapsed) {
	done := Lapsed{Lots: len(state.Lots)}
	page := loyalty.PageWrite{
		Feed: l.Feed, Version: -1, // no document is looked at
		Lease: l.Lease, Run: l.Run, Actor: l.Actor, Reason: "lapse", At: l.Now(),
	}
	after := maps.Clone(state.Balances)
	for _, lot := range state.Lots {
		state.Revisions[lot.Document]++
		page.Entries = append(page.Entries, loyalty.Entry{
			Account: lot.HeldBy(), Document: lot.Document, Revision: state.Revisions[lot.Document], Kind: loyalty.Lapsing,
			From: loyalty.Active, To: loyalty.Lapsed, Amount: lot.Active, EffectiveOn: lot.LapsesOn.AddDays(1),
		})
		balance := after[lot.HeldBy()]
		move(&balance, loyalty.Active, -lot.Active)
		move(&balance, loyalty.Lapsed, lot.Active)
		after[lot.HeldBy()] = balance
		done.Points += lot.Active
		lot.Lapsed += lot.Active
		lot.Active = 0
		page.Lots = append(page.Lots, lot)
	}
	for _, id := range slices.Sorted(maps.Keys(after)) {
		_, exists := state.Balances[id]
		page.Accounts = append(page.Accounts, loyalty.AccountWrite{ID: id, Before: state.Balances[id], After: after[id], Exists: exists})
	}
	return page, done
}
