package platform_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// ledgerOf is a ledger in epoch 9 with some entries.
type ledgerOf struct {
	entries map[string]bool // by the ID they are sent under
	after   string
	done    bool
}

func (l *ledgerOf) Unreconciled(context.Context, loyalty.Feed, string) (int64, string, bool, error) {
	return 9, l.after, !l.done, nil
}

func (l *ledgerOf) KnownPoints(_ context.Context, _ loyalty.Feed, keys []wire.EntryKey) ([]bool, error) {
	known := make([]bool, len(keys))
	for i, k := range keys {
		known[i] = l.entries[wire.PointsID(k)]
	}
	return known, nil
}

func (l *ledgerOf) RecordReconciled(_ context.Context, _ loyalty.Feed, _, after string, done bool) error {
	l.after, l.done = after, done
	return nil
}

// telling is a platform that tells what it has, a few items at a time.
type telling struct {
	items map[string]wire.Movement
	page  int
	left  int    // calls until it fails; below 0 it does not
	no    string // an ID that it refuses
}

var errDown = errors.New("down")

func (p *telling) call() error {
	if p.left == 0 {
		return errDown
	}
	p.left--
	return nil
}

func (p *telling) Held(_ context.Context, _ loyalty.Feed, after string) (held wire.Held, err error) {
	for _, id := range slices.Sorted(maps.Keys(p.items)) {
		if id > after && len(held.Items) < p.page {
			held.Items = append(held.Items, p.items[id])
		}
	}
	if len(held.Items) == p.page {
		held.Next = held.Items[p.page-1].ID
	}
	return held, p.call()
}

func (p *telling) Send(_ context.Context, _ wire.Queue, items []wire.Outgoing) (results []wire.Result, err error) {
	for _, it := range items {
		status := wire.Accepted
		if it.ID == p.no {
			status = wire.Rejected
		}
		results = append(results, wire.Result{ID: it.ID, Status: status})
	}
	if err := p.call(); err != nil {
		return nil, err
	}
	for _, it := range items {
		if it.ID != p.no {
			p.items[it.ID] = it.Body.(wire.Movement)
		}
	}
	return results, nil
}

func itemID(epoch, document int) string {
	return wire.PointsID(wire.EntryKey{Epoch: int64(epoch), Program: "main", Source: "erp", Document: loyalty.Key{Type: "FS", ID: fmt.Sprint(document)}, Line: 1, Rule: "base", Revision: 1})
}

// world is a platform with items of 12 documents, every third of which the ledger
// has not, and every third of which an earlier restore took back and the ledger has.
func reconcileWorld(page int) (*ledgerOf, *telling) {
	l, p := &ledgerOf{entries: map[string]bool{}}, &telling{items: map[string]wire.Movement{}, page: page, left: -1}
	for n := range 12 {
		m := wire.Movement{ID: itemID(1, n), Kind: []string{"earn", "activate"}[n%2], State: wire.StateActive, Points: "1"}
		p.items[m.ID] = m
		l.entries[m.ID] = n%3 > 0
		if n%3 == 1 {
			for _, back := range (wire.Repaired{Item: m}).Repairs(false) {
				p.items[back.ID] = back
			}
		}
	}
	p.items["of somebody else"] = wire.Movement{ID: "of somebody else", Kind: "earn", State: wire.StateActive}
	return l, p
}

// inForce are the items that count on the platform.
func inForce(p *telling) (out []string) {
	for id := range p.items {
		item, number, _ := wire.RepairOf(id)
		if _, own := wire.ParsePointsID(id); !own || number > 0 || item != id {
			continue
		}
		last := 0
		for other := range p.items {
			if of, n, _ := wire.RepairOf(other); of == id {
				last = max(last, n)
			}
		}
		if last%2 == 0 {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// TestReconcile breaks off after every number of calls, with pages of every size: in
// the end the platform has what the ledger has, and asking once more sends nothing.
func TestReconcile(t *testing.T) {
	feed := loyalty.Feed{ProgramName: "main", SourceName: "erp"}
	for page := 1; page < 9; page++ {
		for calls := range 12 {
			l, p := reconcileWorld(page)
			var want []string
			for id, has := range l.entries {
				if has {
					want = append(want, id)
				}
			}
			slices.Sort(want)
			p.left = calls
			_, err := platform.NewReconciler(l).Reconcile(t.Context(), feed, platform.Target{Name: "hosted", Batch: 2}, p)
			if (err == nil) != l.done {
				t.Fatalf("page %d, %d calls: done %t, %v", page, calls, l.done, err)
			}
			p.left = -1
			if _, err := platform.NewReconciler(l).Reconcile(t.Context(), feed, platform.Target{Name: "hosted", Batch: 2}, p); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, inForce(p)); diff != "" {
				t.Errorf("page %d, broken off after %d calls: %s", page, calls, diff)
			}
			l.done, l.after = false, ""
			if n, err := platform.NewReconciler(l).Reconcile(t.Context(), feed, platform.Target{Name: "hosted", Batch: 2}, p); n != 0 || err != nil {
				t.Errorf("page %d, %d calls: once more sent %d, %v", page, calls, n, err)
			}
		}
	}
}

// TestReconcileRefused: what the platform does not take back, and points of a later
// epoch than the store's, stop everything.
func TestReconcileRefused(t *testing.T) {
	feed := loyalty.Feed{ProgramName: "main", SourceName: "erp"}
	for name, change := range map[string]func(*telling){
		"not taken back": func(p *telling) { p.no = itemID(1, 0) + "-1" },
		"this epoch":     func(p *telling) { p.items[itemID(9, 77)] = wire.Movement{ID: itemID(9, 77), Kind: "earn"} },
		"a later epoch":  func(p *telling) { p.items[itemID(10, 77)] = wire.Movement{ID: itemID(10, 77), Kind: "earn"} },
	} {
		t.Run(name, func(t *testing.T) {
			l, p := reconcileWorld(100)
			change(p)
			_, err := platform.NewReconciler(l).Reconcile(t.Context(), feed, platform.Target{Name: "hosted"}, p)
			if loyalty.CodeOf(err) != loyalty.CodeAction || l.done {
				t.Errorf("done %t, %v", l.done, err)
			}
		})
	}
}
