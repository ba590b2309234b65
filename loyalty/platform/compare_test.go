package platform_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// sentBy is a ledger in epoch 9 that has sent items, in this order.
type sentBy struct {
	items   []wire.Movement
	through int64 // the last entry that was taken
}

func (l *sentBy) Delivered(context.Context, wire.Queue) (through, waiting, refused int64, err error) {
	return l.through, int64(len(l.items)) - l.through, 0, nil
}

func (l *sentBy) TakenPoints(_ context.Context, _ wire.Queue, after, through int64, limit int) (ids []int64, err error) {
	for id := after + 1; id <= through && len(ids) < min(limit, 5); id++ {
		ids = append(ids, id)
	}
	return ids, nil
}

func (l *sentBy) PointsByKey(ctx context.Context, q wire.Queue, keys []wire.EntryKey) ([]wire.Outgoing, error) {
	out := make([]wire.Outgoing, len(keys))
	for i, k := range keys {
		at := slices.IndexFunc(l.items, func(m wire.Movement) bool { return m.ID == wire.PointsID(k) })
		if at < 0 {
			continue
		}
		found, err := l.PointsByRef(ctx, q, []int64{int64(at) + 1})
		if err != nil {
			return nil, err
		}
		out[i] = found[0]
	}
	return out, nil
}

func (l *sentBy) PointsByRef(_ context.Context, _ wire.Queue, refs []int64) (out []wire.Outgoing, err error) {
	for _, ref := range refs {
		m := l.items[ref-1]
		out = append(out, wire.Outgoing{ID: m.ID, Ref: ref, Body: m})
	}
	return out, nil
}

func (l *sentBy) Unreconciled(context.Context, loyalty.Feed, string) (int64, string, bool, error) {
	return 9, "", false, nil
}

// comparedWorld is a ledger whose 12 items a platform has; the last two were not sent.
func comparedWorld(page int) (*sentBy, *telling) {
	l, p := &sentBy{through: 10}, &telling{items: map[string]wire.Movement{}, page: page, left: -1}
	for n := range 12 {
		m := wire.Movement{ID: itemID(9, n), Contractor: "7", Kind: "earn", State: wire.StateActive, Points: "3"}
		if l.items = append(l.items, m); n < 10 {
			p.items[m.ID] = m
		}
	}
	p.items["of somebody else"] = wire.Movement{ID: "of somebody else", Kind: "earn", State: wire.StateActive}
	return l, p
}

func compared(t *testing.T, l *sentBy, p platform.Caller, mend bool, allow func(loyalty.Points) error) (told loyalty.PlatformAgreement, found []string, sent int64, err error) {
	t.Helper()
	told, sent, err = platform.NewComparer(l).Compare(t.Context(), platform.Comparison{
		Feed: loyalty.Feed{ProgramName: "main", SourceName: "erp"}, Target: platform.Target{Name: "hosted", Batch: 2}, Caller: p, Mend: mend, Allow: allow,
		Found: func(d loyalty.Difference) { found = append(found, string(d.Kind)+" "+d.Item) },
	})
	slices.Sort(found)
	return told, found, sent, err
}

func allowed(loyalty.Points) error { return nil }

// TestCompare loses, adds and changes items, with pages of every size: exactly they are
// named, mending names them once more, and then only the changed one is left.
func TestCompare(t *testing.T) {
	for page := 1; page < 9; page++ {
		l, p := comparedWorld(page)
		if told, found, sent, err := compared(t, l, p, true, allowed); len(found) > 0 || sent != 0 || err != nil || told.Items != 10 || told.Waiting != 2 {
			t.Fatalf("page %d: %+v, found %v, sent %d, %v", page, told, found, sent, err)
		}
		delete(p.items, itemID(9, 0))
		delete(p.items, itemID(9, 9))
		for _, extra := range []wire.Movement{{ID: itemID(9, 55)}, {ID: itemID(3, 56)}} {
			extra.Kind, extra.State, extra.Points = "earn", wire.StateActive, "3"
			p.items[extra.ID] = extra
		}
		taken := p.items[itemID(9, 4)] // taken back by a repair, and in the ledger
		for _, back := range (wire.Repaired{Item: taken}).Repairs(false) {
			p.items[back.ID] = back
		}
		other := p.items[itemID(9, 5)]
		other.Contractor = "8"
		p.items[other.ID] = other
		want := []string{
			"item_different " + other.ID, "item_extra " + itemID(3, 56), "item_extra " + itemID(9, 55),
			"item_missing " + itemID(9, 0), "item_missing " + itemID(9, 4), "item_missing " + itemID(9, 9),
		}
		slices.Sort(want)
		for _, mend := range []bool{false, true} {
			_, found, sent, err := compared(t, l, p, mend, allowed)
			if diff := cmp.Diff(want, found); diff != "" || err != nil || (sent > 0) != mend {
				t.Errorf("page %d, mend %t: sent %d, %v, %s", page, mend, sent, err, diff)
			}
		}
		if _, found, sent, err := compared(t, l, p, true, allowed); !slices.Equal(found, []string{"item_different " + other.ID}) || sent != 0 || err != nil {
			t.Errorf("page %d, afterwards: %v, sent %d, %v", page, found, sent, err)
		}
	}
}

// TestCompareRefuses: what is not allowed, what a later epoch sent and what the platform
// does not take is not mended; a platform that does not tell is no difference.
func TestCompareRefuses(t *testing.T) {
	errTooMuch := errors.New("too much")
	extra := func(epoch int) func(*telling) {
		return func(p *telling) {
			p.items[itemID(epoch, 55)] = wire.Movement{ID: itemID(epoch, 55), Kind: "earn", State: wire.StateActive, Points: "3"}
		}
	}
	for name, c := range map[string]struct {
		change func(*telling)
		allow  func(loyalty.Points) error
		want   func(error) bool
	}{
		"not allowed": {extra(9), func(points loyalty.Points) error {
			if points == 3 {
				return errTooMuch
			}
			return nil
		}, func(err error) bool { return errors.Is(err, errTooMuch) }},
		"a later epoch": {extra(10), allowed, func(err error) bool { return loyalty.CodeOf(err) == loyalty.CodeAction }},
		"not taken": {func(p *telling) { delete(p.items, itemID(9, 3)); p.no = itemID(9, 3) }, allowed, func(err error) bool {
			return loyalty.CodeOf(err) == loyalty.CodeAction
		}},
	} {
		t.Run(name, func(t *testing.T) {
			l, p := comparedWorld(4)
			c.change(p)
			before := len(p.items)
			if _, found, sent, err := compared(t, l, p, true, c.allow); !c.want(err) || sent != 0 || len(found) != 1 || len(p.items) != before {
				t.Errorf("found %v, sent %d, %v", found, sent, err)
			}
		})
	}
	l, p := comparedWorld(4)
	if told, found, _, err := compared(t, l, untelling{p}, false, nil); !told.Untold || len(found) > 0 || err != nil {
		t.Errorf("%+v, %v, %v", told, found, err)
	}
}

// untelling takes items and does not say what it has.
type untelling struct{ *telling }

func (untelling) Held(context.Context, loyalty.Feed, string) (wire.Held, error) {
	return wire.Held{}, &platform.StatusError{Status: http.StatusMethodNotAllowed}
}
