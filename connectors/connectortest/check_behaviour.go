package connectortest

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/connectors"
)

// reads calls every method that asks the ERP, once.
func reads(ctx context.Context, src connectors.Source, f Fixture) map[string]error {
	out := map[string]error{}
	_, out["Check"] = src.Check(ctx)
	_, out["Now"] = src.Now(ctx)
	_, out["Contractors"] = src.Contractors(ctx, "", 2)
	_, out["Representatives"] = src.Representatives(ctx, "", 2)
	_, out["ContractorsByKey"] = src.ContractorsByKey(ctx, []string{f.Contractors[0].ID})
	_, out["Invoices"] = src.Invoices(ctx, everything(), 2)
	_, out["InvoicesByKey"] = src.InvoicesByKey(ctx, []connectors.InvoiceKey{f.Invoices[0].Key})
	_, out["Keys"] = src.Keys(ctx, "", "", 2)
	return out
}

func checkCancelled(ctx context.Context, h Harness) error {
	f := h.plain(3, every)
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for method, err := range reads(cancelled, src, f) {
		if !errors.Is(err, context.Canceled) {
			return fmt.Errorf("%s under a cancelled context: got %v, want context.Canceled", method, err) //nolint:errorlint // err may be nil
		}
	}
	for method, err := range reads(ctx, src, f) { // and the source still works
		if err != nil {
			return fmt.Errorf("%s after a cancelled one: %w", method, err)
		}
	}
	return nil
}

func checkParallel(ctx context.Context, h Harness) error {
	const readers = 6
	f := h.plain(12, every)
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	results := make(chan error, readers)
	for i := range readers {
		go func() { results <- readEach(ctx, src, f, 2+i) }()
	}
	var all []error
	for range readers {
		all = append(all, <-results)
	}
	return errors.Join(all...)
}

func checkCloseTwice(ctx context.Context, h Harness) error {
	src, err := h.filled(ctx, h.plain(1, every))
	if err != nil {
		return err
	}
	if _, err := src.Now(ctx); err != nil {
		return fmt.Errorf("now: %w", err)
	}
	if err := src.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	if err := src.Close(); err != nil {
		return fmt.Errorf("close again: %w", err)
	}
	return nil
}

// checkNothingWritten counts the rows of every table around one of each read
// (law 4).
func checkNothingWritten(ctx context.Context, h Harness) error {
	f := h.plain(5, every)
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	before, err := h.Rows(ctx, src)
	if err != nil {
		return fmt.Errorf("count rows: %w", err)
	}
	if len(before) == 0 {
		return fmt.Errorf("the harness counts no table")
	}
	for method, err := range reads(ctx, src, f) {
		if err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
	}
	if err = readEach(ctx, src, f, 2); err != nil {
		return err
	}
	after, err := h.Rows(ctx, src)
	if err != nil {
		return fmt.Errorf("count rows: %w", err)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		return fmt.Errorf("rows changed while reading (-before +after):\n%s", diff)
	}
	return nil
}

// checkReadsLittle has an ERP of hundreds of documents and a wire that trips when
// many are read: Check, which every run begins with, leaves it alone.
func checkReadsLittle(ctx context.Context, h Harness) error {
	if h.Tripwire == nil {
		return notInHarness("Tripwire")
	}
	src, err := h.filled(ctx, h.many(300, every))
	if err != nil {
		return err
	}
	defer release(src)
	if err = h.Tripwire(ctx, src); err != nil {
		return fmt.Errorf("tripwire: %w", err)
	}
	if _, err = src.Check(ctx); err != nil {
		return fmt.Errorf("check, over 300 documents: %w", err)
	}
	if _, err = src.Invoices(ctx, everything(), 200); err == nil {
		return fmt.Errorf("the tripwire did not trip when 200 documents were read")
	}
	return nil
}
