package connectortest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

// checkClockChanges reads the hour that an autumn shows twice and the one that a
// spring leaves out: stamps are a wall clock, compared and shown as it is (law 8).
func checkClockChanges(ctx context.Context, h Harness) error {
	stamps := []connectors.Stamp{
		"2025-03-30T01:59:59.000000", missing, "2025-03-30T03:00:00.000000",
		"2025-10-26T01:59:59.000000", "2025-10-26T02:00:00.000000", repeated, "2025-10-26T02:59:59.000000", "2025-10-26T03:00:00.000000",
	}
	f := h.plain(len(stamps), func(i int) connectors.Stamp { return stamps[i] })
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	for _, r := range []connectors.Range{
		everything(),
		{Floor: "2025-03-30T02:00:00.000000", Ceiling: "2025-03-30T02:59:59.000000"},
		{Floor: "2025-10-26T02:00:00.000000", Ceiling: "2025-10-26T02:59:59.000000"},
		{Floor: h.stored(repeated), Ceiling: h.stored(repeated)},
	} {
		got, err := pass(ctx, src, r, 1)
		if err != nil {
			return err
		}
		if err := same(fmt.Sprintf("stamps from %s to %s", r.Floor, r.Ceiling), stampsOf(got), stampsOf(within(f.Invoices, r))); err != nil {
			return err
		}
	}
	return nil
}

func stampsOf(all []connectors.Invoice) []string {
	return ids(all, func(i connectors.Invoice) string { return i.Key.ID + " " + string(i.Modified) })
}

// within are the documents of a fixture that a pass reads.
func within(all []connectors.Invoice, r connectors.Range) (in []connectors.Invoice) {
	for _, i := range all {
		if i.Modified >= r.Floor && i.Modified <= r.Ceiling {
			in = append(in, i)
		}
	}
	return in
}

// checkPrecision reads stamps that lie as near to each other as the backend can
// tell: a position cut to less loses or repeats rows.
func checkPrecision(ctx context.Context, h Harness) error {
	f := h.plain(7, func(i int) connectors.Stamp { return winter.Add(500*time.Millisecond + time.Duration(i)*h.Precision) })
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	for _, limit := range []int{1, 2, 10} {
		got, err := pass(ctx, src, everything(), limit)
		if err != nil {
			return err
		}
		if err := same("stamps a tick apart", stampsOf(got), stampsOf(f.Invoices)); err != nil {
			return fmt.Errorf("limit %d: %w", limit, err)
		}
	}
	r := connectors.Range{Floor: f.Invoices[2].Modified, Ceiling: f.Invoices[4].Modified}
	got, err := pass(ctx, src, r, 1)
	if err != nil {
		return err
	}
	return same("stamps a tick apart, of a range", stampsOf(got), stampsOf(f.Invoices[2:5]))
}

// checkStampBackwards edits a document and gives it an older stamp, as an importer
// with a wrong clock does: no pass need read it, the sweep's digest tells it.
func checkStampBackwards(ctx context.Context, h Harness) error {
	f := h.plain(3, func(i int) connectors.Stamp { return every(i + 10) })
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	read, err := pass(ctx, src, everything(), 10)
	if err != nil {
		return err
	}
	changed := clone(f.Invoices[2])
	changed.Modified, changed.Lines = h.stored(every(0)), changed.Lines[:1]
	changed.Net, changed.Gross = changed.Lines[0].Net, changed.Lines[0].Gross
	after, err := h.updatedDigest(ctx, src, changed)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(read, func(i connectors.Invoice) bool { return i.Key == changed.Key }); i < 0 || read[i].Digest == after {
		return fmt.Errorf("an edit with an older stamp leaves the digest as it was")
	}
	found, err := byKey(ctx, src, changed.Key)
	if err != nil {
		return err
	}
	return h.compareInvoices("a document edited with an older stamp", found, []connectors.Invoice{changed})
}

// checkFutureReported gives a document a stamp of the day after tomorrow, which no
// pass reads until then: somebody must be told, by Examine or by Check.
func checkFutureReported(ctx context.Context, h Harness) error {
	src, err := h.filled(ctx, h.plain(2, every))
	if err != nil {
		return err
	}
	defer release(src)
	before, err := remarks(ctx, src)
	if err != nil {
		return err
	}
	now, err := src.Now(ctx)
	if err != nil {
		return fmt.Errorf("now: %w", err)
	}
	future := h.invoice(2, minutes(now, 2*24*60))
	future.Buyer, future.Recipient, future.Payer = contractor(0).ID, contractor(0).ID, contractor(0).ID
	if err = h.Seed(ctx, src, Fixture{Invoices: []connectors.Invoice{future}}); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	after, err := remarks(ctx, src)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(after, func(s string) bool { return !slices.Contains(before, s) }) {
		return fmt.Errorf("a stamp of the day after tomorrow is not reported; remarks: %q", after)
	}
	return nil
}

// remarks are what Check and Examine find worth telling.
func remarks(ctx context.Context, src connectors.Source) ([]string, error) {
	report, err := src.Check(ctx)
	if err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	var all []string
	for _, w := range report.Warnings {
		all = append(all, w.Message)
	}
	examiner, ok := src.(connectors.Examiner)
	if !ok {
		return all, nil
	}
	findings, err := examiner.Examine(ctx)
	if err != nil {
		return nil, fmt.Errorf("examine: %w", err)
	}
	for _, f := range findings {
		if f.Condition == connectors.Remark || f.Condition == connectors.Broken {
			all = append(all, f.Message)
		}
	}
	return all, nil
}
