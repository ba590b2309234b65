package main

import (
	"context"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// mergedWith tells of the merges that a contractor is part of.
type mergedWith struct {
	into *loyalty.Merge // of it into another
	from []loyalty.Merge
	zone *time.Location
}

func (a *app) mergedWith(ctx context.Context, id int64) (m mergedWith, err error) {
	list, err := a.store.MergesOf(ctx, id)
	m.zone = a.config().Timezone.Location()
	for i := range list {
		if list[i].From.ID == id {
			m.into = &list[i]
		} else {
			m.from = append(m.from, list[i])
		}
	}
	return m, err
}

// holder is the account that has the points of the contractor.
func (who account) holder() int64 {
	if who.merged.into != nil {
		return who.merged.into.Into.ID
	}
	return who.ID
}

// has says whether the points of an account are shown with the contractor: its own, and
// those of others merged into it.
func (who account) has(id int64) bool {
	if id == who.ID {
		return true
	}
	for _, m := range who.merged.from {
		if m.From.ID == id {
			return true
		}
	}
	return false
}

// codes are those of the contractor that has the points of one that is merged, and of
// those merged into one.
func (m mergedWith) codes() (into string, from []string) {
	if m.into != nil {
		into = m.into.Into.Code
	}
	for _, f := range m.from {
		from = append(from, f.From.Code)
	}
	return into, from
}

// sayMerges tells where the points of a contractor are, or whose else it has.
func (c *cli) sayMerges(m mergedWith) {
	day := func(at time.Time) string { return loyalty.FormatDate(loyalty.DateIn(at, m.zone), c.language()) }
	if m.into != nil {
		c.say(c.tr("merged into %s on %s by %s (%s): its points are there", "połączony z %s dnia %s przez %s (%s): tam są jego punkty"),
			plain(m.into.Into.Code), day(m.into.MergedAt), plain(m.into.Actor), plain(m.into.Reason))
	}
	for _, f := range m.from {
		c.say(c.tr("with the points of %s, merged into it on %s by %s", "z punktami %s, połączonego z nim dnia %s przez %s"),
			plain(f.From.Code), day(f.MergedAt), plain(f.Actor))
	}
}
