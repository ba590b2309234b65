package connectortest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loyalsync/loyalsync/connectors"
)

// checkWhoAreYou fails a harness that passes on another backend than it names.
func checkWhoAreYou(ctx context.Context, h Harness) error {
	src, err := h.filled(ctx, h.plain(1, every))
	if err != nil {
		return err
	}
	defer release(src)
	report, err := src.Check(ctx)
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	now, err := src.Now(ctx)
	if err != nil {
		return fmt.Errorf("now: %w", err)
	}
	switch {
	case !strings.Contains(report.Server, h.Server):
		return fmt.Errorf("the server calls itself %q, which does not contain %q", report.Server, h.Server)
	case report.Identity == "":
		return fmt.Errorf("the source has no identity")
	case len(report.Missing) > 0:
		return fmt.Errorf("missing in the schema: %v", report.Missing)
	}
	for _, s := range []connectors.Stamp{now, report.Now} {
		if _, err = time.Parse(connectors.StampLayout, string(s)); err != nil {
			return fmt.Errorf("the server's clock %q is no stamp: %w", s, err)
		}
	}
	again, err := src.Check(ctx)
	if err == nil && again.Identity != report.Identity {
		err = fmt.Errorf("the identity changes from one check to the next")
	}
	return err
}

func checkEmpty(ctx context.Context, h Harness) error {
	src, err := h.Open(ctx)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer release(src)
	return readsNothing(ctx, src)
}

func readsNothing(ctx context.Context, src connectors.Source) error {
	inv, err := pass(ctx, src, everything(), 10)
	if err != nil {
		return err
	}
	ks, err := keys(ctx, src, "", 10)
	if err != nil {
		return err
	}
	cs, err := contractors(ctx, src, 10)
	if err != nil {
		return err
	}
	reps, err := representatives(ctx, src, 10)
	if err != nil {
		return err
	}
	if n := len(inv) + len(ks) + len(cs) + len(reps); n > 0 {
		return fmt.Errorf("%d records in an empty ERP", n)
	}
	return nil
}

func checkRoundTrip(ctx context.Context, h Harness) error {
	f := h.rich()
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	if err := h.roundTrip(ctx, src, "invoices of a pass", f, 100); err != nil {
		return err
	}
	for _, want := range f.Invoices {
		for _, key := range []connectors.InvoiceKey{want.Key, {ID: want.Key.ID}} { // the type may be empty
			got, err := byKey(ctx, src, key)
			if err != nil {
				return err
			}
			if err := h.compareInvoices("invoices by key", got, []connectors.Invoice{want}); err != nil {
				return err
			}
		}
	}
	return nil
}

// roundTrip wants exactly the people of a fixture, and its invoices from one pass
// in pages of limit; what names the invoices in the error.
func (h Harness) roundTrip(ctx context.Context, src connectors.Source, what string, f Fixture, limit int) error {
	if err := h.roundTripPeople(ctx, src, f); err != nil {
		return err
	}
	got, err := pass(ctx, src, everything(), limit)
	if err != nil {
		return err
	}
	return h.compareInvoices(what, got, f.Invoices)
}

func (h Harness) roundTripPeople(ctx context.Context, src connectors.Source, f Fixture) error {
	cs, err := contractors(ctx, src, 100)
	if err != nil {
		return err
	}
	if err = compare(h, "contractors", cs, f.Contractors, contractorID); err != nil {
		return err
	}
	if cs, err = src.ContractorsByKey(ctx, ids(f.Contractors, contractorID)); err != nil {
		return fmt.Errorf("contractors by key: %w", err)
	}
	if err = compare(h, "contractors by key", cs, f.Contractors, contractorID); err != nil {
		return err
	}
	reps, err := representatives(ctx, src, 100)
	if err != nil {
		return err
	}
	return compare(h, "representatives", reps, f.Representatives, representativeID)
}

func checkPages(ctx context.Context, h Harness) error {
	const n = 20
	f := h.plain(n, every)
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	for _, limit := range []int{1, 3, 7, n, n + 1} {
		if err := readEach(ctx, src, f, limit); err != nil {
			return fmt.Errorf("limit %d: %w", limit, err)
		}
	}
	return nil
}

// readEach reads all four listings and wants each record of f exactly once.
func readEach(ctx context.Context, src connectors.Source, f Fixture, limit int) error {
	inv, err := pass(ctx, src, everything(), limit)
	if err != nil {
		return err
	}
	if err = same("invoices", invoiceIDs(inv), invoiceIDs(f.Invoices)); err != nil {
		return err
	}
	ks, err := keys(ctx, src, "", limit)
	if err != nil {
		return err
	}
	if err = same("keys", keyIDs(ks), invoiceIDs(f.Invoices)); err != nil {
		return err
	}
	cs, err := contractors(ctx, src, limit)
	if err != nil {
		return err
	}
	if err = same("contractors", ids(cs, contractorID), ids(f.Contractors, contractorID)); err != nil {
		return err
	}
	reps, err := representatives(ctx, src, limit)
	if err != nil {
		return err
	}
	return same("representatives", ids(reps, representativeID), ids(f.Representatives, representativeID))
}

// checkPositions stores each position as JSON and asks it twice: a run that is
// killed goes on from what was stored, and may do so again.
func checkPositions(ctx context.Context, h Harness) error {
	f := h.plain(6, func(i int) connectors.Stamp { return minutes(winter, i/2) })
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	for name, read := range listings(ctx, src) {
		if err := askTwice(read); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func askTwice(read reader) error {
	after := connectors.Position("")
	seen := map[string]int{}
	for range 3 {
		first, next, err := read(after, 2)
		if err != nil {
			return err
		}
		second, _, err := read(after, 2)
		if err != nil {
			return err
		}
		if err = same("two readings from one position", second, first); err != nil {
			return err
		}
		for _, id := range first {
			seen[id]++
		}
		if after, err = stored(next); err != nil {
			return err
		}
	}
	if len(seen) != 6 {
		return fmt.Errorf("%d of 6 records read through stored positions", len(seen))
	}
	return nil
}

func stored(p connectors.Position) (connectors.Position, error) {
	if !utf8.ValidString(string(p)) || strings.ContainsRune(string(p), 0) {
		return "", fmt.Errorf("position %q is not text", p)
	}
	text, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	var back connectors.Position
	if err := json.Unmarshal(text, &back); err != nil {
		return "", err
	}
	return back, nil
}
