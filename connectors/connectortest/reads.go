package connectortest

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/loyalsync/loyalsync/connectors"
)

// everything is a pass from the beginning over all that there is.
func everything() connectors.Range { return connectors.Range{Ceiling: farAway} }

func minutes(s connectors.Stamp, n int) connectors.Stamp {
	return s.Add(time.Duration(n) * time.Minute)
}

// collect reads a listing to its end and holds each page to the contract.
func collect[T any](limit int, read func(connectors.Position) (connectors.Page[T], error)) ([]T, error) {
	var all []T
	after := connectors.Position("")
	for range 10_000 {
		page, err := read(after)
		if err != nil {
			return nil, err
		}
		switch {
		case len(page.Items) > limit:
			return nil, fmt.Errorf("asked for %d, got a page of %d", limit, len(page.Items))
		case len(page.Items) == 0 && page.Next != after:
			return nil, fmt.Errorf("an empty page moved the position")
		case len(page.Items) == 0 && !page.Done, page.Next == after && !page.Done:
			return nil, fmt.Errorf("the listing stands still without being done")
		}
		all = append(all, page.Items...)
		if page.Done {
			return all, nil
		}
		after = page.Next
	}
	return nil, fmt.Errorf("the listing does not end")
}

func pass(ctx context.Context, src connectors.Source, r connectors.Range, limit int) ([]connectors.Invoice, error) {
	all, err := collect(limit, func(after connectors.Position) (connectors.Page[connectors.Invoice], error) {
		r.After = after
		return src.Invoices(ctx, r, limit)
	})
	if err != nil {
		return nil, fmt.Errorf("invoices, limit %d: %w", limit, err)
	}
	for i := 1; i < len(all); i++ {
		if all[i].Modified < all[i-1].Modified {
			return nil, fmt.Errorf("invoices, limit %d: stamp %s came after %s", limit, all[i].Modified, all[i-1].Modified)
		}
	}
	return all, nil
}

func keys(ctx context.Context, src connectors.Source, from connectors.Date, limit int) ([]connectors.KeyDigest, error) {
	all, err := collect(limit, func(after connectors.Position) (connectors.Page[connectors.KeyDigest], error) {
		return src.Keys(ctx, from, after, limit)
	})
	if err != nil {
		return nil, fmt.Errorf("keys, limit %d: %w", limit, err)
	}
	return all, nil
}

func contractors(ctx context.Context, src connectors.Source, limit int) ([]connectors.Contractor, error) {
	all, err := collect(limit, func(after connectors.Position) (connectors.Page[connectors.Contractor], error) {
		return src.Contractors(ctx, after, limit)
	})
	if err != nil {
		return nil, fmt.Errorf("contractors, limit %d: %w", limit, err)
	}
	return all, nil
}

func representatives(ctx context.Context, src connectors.Source, limit int) ([]connectors.Representative, error) {
	all, err := collect(limit, func(after connectors.Position) (connectors.Page[connectors.Representative], error) {
		return src.Representatives(ctx, after, limit)
	})
	if err != nil {
		return nil, fmt.Errorf("representatives, limit %d: %w", limit, err)
	}
	return all, nil
}

func byKey(ctx context.Context, src connectors.Source, keys ...connectors.InvoiceKey) ([]connectors.Invoice, error) {
	got, err := src.InvoicesByKey(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("invoices by key: %w", err)
	}
	return got, nil
}

// reader reads one page of a listing as the keys of its records.
type reader func(after connectors.Position, limit int) ([]string, connectors.Position, error)

// listings are the four listings of a source.
func listings(ctx context.Context, src connectors.Source) map[string]reader {
	return map[string]reader{
		"invoices": func(after connectors.Position, limit int) ([]string, connectors.Position, error) {
			r := everything()
			r.After = after
			p, err := src.Invoices(ctx, r, limit)
			return invoiceIDs(p.Items), p.Next, err
		},
		"keys": func(after connectors.Position, limit int) ([]string, connectors.Position, error) {
			p, err := src.Keys(ctx, "", after, limit)
			return keyIDs(p.Items), p.Next, err
		},
		"contractors": func(after connectors.Position, limit int) ([]string, connectors.Position, error) {
			p, err := src.Contractors(ctx, after, limit)
			return ids(p.Items, contractorID), p.Next, err
		},
		"representatives": func(after connectors.Position, limit int) ([]string, connectors.Position, error) {
			p, err := src.Representatives(ctx, after, limit)
			return ids(p.Items, representativeID), p.Next, err
		},
	}
}

func contractorID(c connectors.Contractor) string         { return c.ID }
func representativeID(r connectors.Representative) string { return r.ID }

// ids are the keys of a fixture's records, by listing.
func (f Fixture) ids() map[string][]string {
	return map[string][]string{
		"invoices": invoiceIDs(f.Invoices), "keys": invoiceIDs(f.Invoices),
		"contractors": ids(f.Contractors, contractorID), "representatives": ids(f.Representatives, representativeID),
	}
}

// same compares the keys of records, each exactly once, in any order.
func same(what string, got, want []string) error {
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		return fmt.Errorf("%s differ (-want +got):\n%s", what, diff)
	}
	return nil
}

func invoiceIDs(all []connectors.Invoice) []string {
	return ids(all, func(i connectors.Invoice) string { return i.Key.ID })
}

func keyIDs(all []connectors.KeyDigest) []string {
	return ids(all, func(k connectors.KeyDigest) string { return k.Key.ID })
}

func ids[T any](all []T, id func(T) string) []string {
	out := make([]string, 0, len(all))
	for _, v := range all {
		out = append(out, id(v))
	}
	return out
}

// compare holds records to the fixture, field by field, in the order of id. What
// the backend cannot hold is blanked on both sides.
func compare[T any](h Harness, what string, got, want []T, id func(T) string) error {
	byID := func(a, b T) int { return strings.Compare(id(a), id(b)) }
	got, want = slices.SortedFunc(slices.Values(got), byID), slices.SortedFunc(slices.Values(want), byID)
	got, want = blankAll(h, got), blankAll(h, want)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		return fmt.Errorf("%s differ from the fixture (-want +got):\n%s", what, diff)
	}
	return nil
}

func (h Harness) compareInvoices(what string, got, want []connectors.Invoice) error {
	return compare(h, what, h.bare(got), h.bare(want), func(i connectors.Invoice) string { return i.Key.ID })
}

// bare are invoices without digest and without what the lines cannot hold.
func (h Harness) bare(all []connectors.Invoice) []connectors.Invoice {
	out := slices.Clone(all)
	for i := range out {
		out[i].Digest = ""
		out[i].Lines = blankAll(h, slices.Clone(out[i].Lines))
	}
	return out
}

// blankAll clears the fields that Lossy names for the type of the records.
func blankAll[T any](h Harness, all []T) []T {
	for path := range maps.Keys(h.Lossy) {
		name, field, _ := strings.Cut(path, ".")
		if name != reflect.TypeFor[T]().Name() {
			continue
		}
		for i := range all {
			reflect.ValueOf(&all[i]).Elem().FieldByName(field).SetZero()
		}
	}
	return all
}

func isField(path string) bool {
	name, field, _ := strings.Cut(path, ".")
	for _, t := range []reflect.Type{
		reflect.TypeFor[connectors.Contractor](), reflect.TypeFor[connectors.Representative](),
		reflect.TypeFor[connectors.Invoice](), reflect.TypeFor[connectors.Line](),
	} {
		if _, ok := t.FieldByName(field); ok && t.Name() == name {
			return true
		}
	}
	return false
}
