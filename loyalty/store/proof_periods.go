package store

import (
	"context"
	"math"
	"slices"

	"github.com/loyalsync/loyalsync/loyalty"
)

// closedPeriod is a closed period beside what its entries come to.
type closedPeriod struct {
	loyalty.Period

	made   map[movement]loyalty.PeriodTotal
	hashed bool // its block has its hash
}

// movement is what a total of a period is of.
type movement struct {
	kind     loyalty.EntryKind
	from, to loyalty.Bucket
}

// closedPeriods are those of a program, the first one first.
func closedPeriods(ctx context.Context, tx *txn, program int64) ([]closedPeriod, error) {
	found, err := periods(ctx, tx, program, math.MaxInt32-1)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	if err := periodTotals(ctx, tx, program, found); err != nil {
		return nil, err
	}
	slices.Reverse(found)
	out := make([]closedPeriod, len(found))
	for i, p := range found {
		out[i] = closedPeriod{Period: p, made: make(map[movement]loyalty.PeriodTotal), hashed: p.Block == 0}
	}
	return out, nil
}

// count adds an entry to the period in which it counts: the first that its day and its
// posting are in.
func count(closed []closedPeriod, l *link) {
	for i := range closed {
		p := &closed[i]
		if l.on > p.Through || l.id > p.LastEntry {
			continue
		}
		m := movement{l.kind, l.from, l.to}
		t := p.made[m]
		p.made[m] = loyalty.PeriodTotal{Kind: l.kind, From: l.from, To: l.to, Points: t.Points + l.points, Entries: t.Entries + 1}
		return
	}
}

// agree notes that periods end with a block.
func agree(closed []closedPeriod, block int64, hash string) {
	for i := range closed {
		if p := &closed[i]; p.Block == block {
			p.hashed = p.Hash == hash
		}
	}
}

// differs says whether the entries are not what was frozen.
func (p *closedPeriod) differs() bool {
	if !p.hashed || len(p.Totals) != len(p.made) {
		return true
	}
	return slices.ContainsFunc(p.Totals, func(t loyalty.PeriodTotal) bool { return p.made[movement{t.Kind, t.From, t.To}] != t })
}
