package wire_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// worth is what movements of one point come to: pending and active.
func worth(items []wire.Movement) (pending, active int) {
	for _, m := range items {
		sign := 1
		switch m.Kind {
		case "activate":
			pending--
			active++
			continue
		case "reverse":
			sign = -1
		}
		if m.State == wire.StatePending {
			pending += sign
		} else {
			active += sign
		}
	}
	return pending, active
}

// TestRepairs goes to and fro between in force and not, with repairs that were cut
// short: afterwards the platform has the item, or nothing of it.
func TestRepairs(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, item := range []wire.Movement{
		{Kind: "earn", State: wire.StatePending},
		{Kind: "earn", State: wire.StateActive},
		{Kind: "activate", State: wire.StateActive},
		{Kind: "reverse", State: wire.StatePending},
		{Kind: "reverse", State: wire.StateActive},
	} {
		item.ID, item.Points = "1/main/erp/FS/77/11/base/1", "1"
		has := []wire.Movement{item}
		for range 200 {
			inForce := random.IntN(2) == 0
			repairs := repaired(t, has).Repairs(inForce)
			has = append(has, repairs[:random.IntN(len(repairs)+1)]...) // broken off
			for _, m := range repaired(t, has).Repairs(inForce) {
				if !slices.ContainsFunc(has, func(h wire.Movement) bool { return h.ID == m.ID }) {
					has = append(has, m)
				}
			}
			if more := repaired(t, has).Repairs(inForce); len(more) > 0 {
				t.Fatalf("%s %s is in force: %t, and more is sent: %v", item.Kind, item.State, inForce, more)
			}
			want := []wire.Movement{item}
			if !inForce {
				want = nil
			}
			p, a := worth(has)
			if wp, wa := worth(want); p != wp || a != wa {
				t.Fatalf("%s %s, in force %t: pending %d active %d, want %d and %d", item.Kind, item.State, inForce, p, a, wp, wa)
			}
		}
	}
}

// repaired reads what a platform has of one item.
func repaired(t *testing.T, has []wire.Movement) wire.Repaired {
	t.Helper()
	r := wire.Repaired{Item: has[0]}
	for _, m := range has[1:] {
		item, number, part := wire.RepairOf(m.ID)
		if item != has[0].ID || number == 0 || m.Of != has[0].ID {
			t.Fatalf("%s is no repair of %s", m.ID, has[0].ID)
		}
		if number > r.Last {
			r.Last, r.Parts = number, ""
		}
		if number == r.Last {
			r.Parts += part
		}
	}
	return r
}

// TestRepairsFollowTheirItem: in the order of bytes nothing comes between.
func TestRepairsFollowTheirItem(t *testing.T) {
	var ids []string
	for revision := range 120 {
		id := fmt.Sprintf("1/main/erp/FS/77/11/base/%d", revision)
		ids = append(ids, id, id+"-1", id+"-1a", id+"-1p", id+"-2", id+"-10")
	}
	slices.Sort(ids)
	seen := map[string]bool{}
	last := ""
	for _, id := range ids {
		item, _, _ := wire.RepairOf(id)
		if item != last && seen[item] {
			t.Fatalf("%s comes later than another item", id)
		}
		seen[item], last = true, item
	}
}

// TestParsePointsID reads what PointsID writes, and nothing else.
func TestParsePointsID(t *testing.T) {
	for _, k := range []wire.EntryKey{
		{Epoch: 1, Program: "main", Source: "erp", Document: loyalty.Key{Type: "FS", ID: "77"}, Line: 11, Rule: "base", Revision: 1},
		{Epoch: 330, Program: "a/b-1", Source: "ż%2F", Document: loyalty.Key{Type: "", ID: "FS/1-2"}, Line: -5, Rule: "x-1", Revision: 20},
	} {
		id := wire.PointsID(k)
		if got, ok := wire.ParsePointsID(id); !ok || got != k {
			t.Errorf("%s: %+v, %t", id, got, ok)
		}
		if item, number, _ := wire.RepairOf(id); item != id || number != 0 {
			t.Errorf("%s is taken for repair %d of %s", id, number, item)
		}
		for _, other := range []string{"", id + "-1", id + "/1", "x" + id, "0" + id, id + "a"} {
			if got, ok := wire.ParsePointsID(other); ok {
				t.Errorf("%s: %+v", other, got)
			}
		}
	}
}
