package connectortest

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/connectors"
)

// checkResume stops each listing after a page, adds records before and behind its
// position, and goes on: what was there comes exactly once, what was added behind
// comes, what was added before is the next listing's.
func checkResume(ctx context.Context, h Harness) error {
	all := h.plain(10, every)
	part := func(from, to int) Fixture {
		return Fixture{Contractors: all.Contractors[from:to], Representatives: all.Representatives[from:to], Invoices: all.Invoices[from:to]}
	}
	src, err := h.filled(ctx, part(2, 8))
	if err != nil {
		return err
	}
	defer release(src)
	first, at := map[string][]string{}, map[string]connectors.Position{}
	for name, read := range listings(ctx, src) {
		if first[name], at[name], err = read("", 3); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if at[name], err = stored(at[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, added := range []Fixture{part(0, 2), part(8, 10)} {
		if err = h.Seed(ctx, src, added); err != nil {
			return fmt.Errorf("seed: %w", err)
		}
	}
	order := all.ids()
	for name, read := range listings(ctx, src) {
		if diff := cmp.Diff(order[name][2:5], first[name]); diff != "" {
			return fmt.Errorf("%s: the first page (-want +got):\n%s", name, diff)
		}
		var rest []string
		for after := at[name]; len(rest) <= len(order[name]); {
			page, next, err := read(after, 3)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			rest = append(rest, page...)
			if next == after {
				break
			}
			after = next
		}
		if diff := cmp.Diff(order[name][5:], rest); diff != "" {
			return fmt.Errorf("%s, gone on with after others were added (-want +got):\n%s", name, diff)
		}
	}
	return nil
}

// checkTornRead edits a document over and over while it is read: header, lines and
// digest of one reading are always those of one moment.
func checkTornRead(ctx context.Context, h Harness) error {
	f := h.plain(1, every)
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	long, short := f.Invoices[0], clone(f.Invoices[0])
	short.Lines = short.Lines[:1]
	short.Net, short.Gross = short.Lines[0].Net, short.Lines[0].Gross
	written := make(chan error, 1)
	go func() {
		for range 25 {
			for _, version := range []connectors.Invoice{short, long} {
				if err := h.Update(ctx, src, version); err != nil {
					written <- fmt.Errorf("update: %w", err)
					return
				}
			}
		}
		written <- nil
	}()
	digests := map[string]int{} // how many lines the document with it has
	for ended := false; !ended; {
		select {
		case err := <-written:
			if err != nil {
				return err
			}
			ended = true // and one reading more
		default:
		}
		if err := h.readUntorn(ctx, src, digests, long, short); err != nil {
			return err
		}
	}
	return nil
}

func (h Harness) readUntorn(ctx context.Context, src connectors.Source, digests map[string]int, versions ...connectors.Invoice) error {
	read, err := pass(ctx, src, everything(), 10)
	if err != nil {
		return err
	}
	found, err := byKey(ctx, src, versions[0].Key)
	if err != nil {
		return err
	}
	for _, inv := range slices.Concat(read, found) {
		lines, seen := digests[inv.Digest]
		if digests[inv.Digest] = len(inv.Lines); seen && lines != len(inv.Lines) {
			return fmt.Errorf("one digest for %d lines and for %d: header and lines are of two moments", lines, len(inv.Lines))
		}
	}
	for _, one := range [][]connectors.Invoice{read, found} {
		var err error
		for _, version := range versions {
			if err = h.compareInvoices("a document edited while it is read", one, []connectors.Invoice{version}); err == nil {
				break
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
