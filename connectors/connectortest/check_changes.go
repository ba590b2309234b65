package connectortest

import (
	"context"
	"fmt"
	"slices"

	"github.com/loyalsync/loyalsync/connectors"
)

func checkRange(ctx context.Context, h Harness) error {
	f := h.plain(5, every)
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	for _, limit := range []int{1, 10} {
		var got []connectors.Invoice
		if got, err = pass(ctx, src, connectors.Range{Floor: every(1), Ceiling: every(3)}, limit); err != nil {
			return err
		}
		if err = same("invoices from floor to ceiling", invoiceIDs(got), invoiceIDs(f.Invoices[1:4])); err != nil {
			return err
		}
	}
	// One step inside the bounds leaves the outer ones out.
	got, err := pass(ctx, src, connectors.Range{Floor: h.stored(every(1).Add(h.Precision)), Ceiling: h.stored(every(3).Add(-h.Precision))}, 10)
	if err != nil {
		return err
	}
	return same("invoices inside the bounds", invoiceIDs(got), invoiceIDs(f.Invoices[2:3]))
}

// checkFuture: a pass up to now leaves a stamp of tomorrow alone, the sweep
// lists it.
func checkFuture(ctx context.Context, h Harness) error {
	src, err := h.Open(ctx)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer release(src)
	now, err := src.Now(ctx)
	if err != nil {
		return fmt.Errorf("now: %w", err)
	}
	f := h.plain(2, every)
	f.Invoices[1].Modified = h.stored(minutes(now, 24*60))
	if err = h.Seed(ctx, src, f); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	got, err := pass(ctx, src, connectors.Range{Ceiling: now}, 10)
	if err != nil {
		return err
	}
	if err = same("invoices up to now", invoiceIDs(got), invoiceIDs(f.Invoices[:1])); err != nil {
		return err
	}
	ks, err := keys(ctx, src, "", 10)
	if err != nil {
		return err
	}
	return same("keys", keyIDs(ks), invoiceIDs(f.Invoices))
}

// checkUpdate changes a document with its stamp, and pays another without: a pass reads
// the one, and by its key the other is as it stands now.
func checkUpdate(ctx context.Context, h Harness) error {
	f := h.plain(3, every)
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	if _, err = pass(ctx, src, everything(), 10); err != nil {
		return err
	}
	changed := clone(f.Invoices[0])
	changed.Modified = every(60)
	changed.Lines = changed.Lines[:1]
	changed.Net, changed.Gross = changed.Lines[0].Net, changed.Lines[0].Gross
	if err = h.Update(ctx, src, changed); err != nil {
		return fmt.Errorf("update: %w", err)
	}
	got, err := pass(ctx, src, connectors.Range{Floor: every(30), Ceiling: farAway}, 10)
	if err != nil {
		return err
	}
	if err = h.compareInvoices("invoices after an update", got, []connectors.Invoice{changed}); err != nil {
		return err
	}
	paid := clone(f.Invoices[1])
	for range 2 {
		paid.Paid = !paid.Paid
		if err = h.Update(ctx, src, paid); err != nil {
			return fmt.Errorf("update: %w", err)
		}
		found, err := byKey(ctx, src, paid.Key)
		if err != nil {
			return err
		}
		if err = h.compareInvoices("an invoice by its key after a payment", found, []connectors.Invoice{paid}); err != nil {
			return err
		}
	}
	return nil
}

// checkLateCommit: a row that appears with an older stamp than what was read is
// read by the next pass, whose floor overlaps.
func checkLateCommit(ctx context.Context, h Harness) error {
	f := h.plain(3, every)
	late := Fixture{Invoices: []connectors.Invoice{f.Invoices[1]}}
	f.Invoices = slices.Delete(slices.Clone(f.Invoices), 1, 2)
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	if _, err = pass(ctx, src, connectors.Range{Ceiling: every(2)}, 10); err != nil {
		return err
	}
	if err = h.Seed(ctx, src, late); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	got, err := pass(ctx, src, connectors.Range{Floor: every(1), Ceiling: every(2)}, 1)
	if err != nil {
		return err
	}
	want := []string{late.Invoices[0].Key.ID, f.Invoices[1].Key.ID}
	return same("invoices of the overlap", invoiceIDs(got), want)
}

func checkStates(ctx context.Context, h Harness) error {
	f := h.plain(3, every)
	for i, s := range []connectors.State{connectors.Buffered, connectors.Released, connectors.Cancelled} {
		f.Invoices[i].State = s
	}
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	inv, err := pass(ctx, src, everything(), 10)
	if err != nil {
		return err
	}
	state := func(i connectors.Invoice) string { return i.Key.ID + " " + string(i.State) }
	if err = same("states in a pass", ids(inv, state), ids(f.Invoices, state)); err != nil {
		return err
	}
	ks, err := keys(ctx, src, "", 10)
	if err != nil {
		return err
	}
	return same("keys of all states", keyIDs(ks), invoiceIDs(f.Invoices))
}

func checkDigestAgrees(ctx context.Context, h Harness) error {
	src, err := h.filled(ctx, h.rich())
	if err != nil {
		return err
	}
	defer release(src)
	inv, err := pass(ctx, src, everything(), 2)
	if err != nil {
		return err
	}
	digest := func(i connectors.Invoice) string { return i.Key.Type + " " + i.Key.ID + " " + i.Digest }
	ks, err := keys(ctx, src, "", 3)
	if err != nil {
		return err
	}
	listed := ids(ks, func(k connectors.KeyDigest) string { return k.Key.Type + " " + k.Key.ID + " " + k.Digest })
	if err = same("digests of Keys and Invoices", listed, ids(inv, digest)); err != nil {
		return err
	}
	asked := make([]connectors.InvoiceKey, 0, len(inv))
	seen := map[string]bool{}
	for _, i := range inv {
		if i.Digest == "" || seen[i.Digest] {
			return fmt.Errorf("document %s: digest %q is empty or shared with another document", i.Key.ID, i.Digest)
		}
		seen[i.Digest] = true
		asked = append(asked, i.Key)
	}
	found, err := byKey(ctx, src, asked...)
	if err != nil {
		return err
	}
	return same("digests of InvoicesByKey and Invoices", ids(found, digest), ids(inv, digest))
}

// checkDigestChanges changes a document behind the back of its stamp, as a till,
// an importer or a database administrator does.
func checkDigestChanges(ctx context.Context, h Harness) error {
	changes := map[string]func(*connectors.Invoice){
		"state": func(i *connectors.Invoice) { i.State = connectors.Cancelled },
		"a line's quantity": func(i *connectors.Invoice) {
			i.Lines[0].Quantity, i.Lines[0].DocumentQuantity = dec("3"), dec("3")
		},
		"amounts": func(i *connectors.Invoice) {
			i.Lines[1].Net, i.Lines[1].Gross = dec("20.00"), dec("24.60")
			i.Net, i.Gross = dec("120.00"), dec("147.60")
		},
		"two lines' amounts, the total kept": func(i *connectors.Invoice) {
			a, b := &i.Lines[0], &i.Lines[1]
			a.Net, a.Gross, b.Net, b.Gross = dec("90.00"), dec("110.70"), dec("20.00"), dec("24.60")
		},
		"a line taken away": func(i *connectors.Invoice) { i.Lines = i.Lines[:1] },
		"buyer": func(i *connectors.Invoice) {
			i.Buyer = contractor(1).ID
			i.Recipient, i.Payer = i.Buyer, i.Buyer
		},
	}
	f := h.plain(2, every)
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	original := f.Invoices[0]
	before, err := digestOf(ctx, src, original.Key)
	if err != nil {
		return err
	}
	for name, change := range changes {
		changed := clone(original)
		change(&changed)
		after, err := h.updatedDigest(ctx, src, changed)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if after == before {
			return fmt.Errorf("%s changed, the digest did not", name)
		}
		back, err := h.updatedDigest(ctx, src, original)
		if err != nil {
			return fmt.Errorf("%s, changed back: %w", name, err)
		}
		if back != before {
			return fmt.Errorf("%s changed back, the digest did not", name)
		}
	}
	return nil
}

func (h Harness) updatedDigest(ctx context.Context, src connectors.Source, inv connectors.Invoice) (string, error) {
	if err := h.Update(ctx, src, inv); err != nil {
		return "", fmt.Errorf("update: %w", err)
	}
	return digestOf(ctx, src, inv.Key)
}

func digestOf(ctx context.Context, src connectors.Source, key connectors.InvoiceKey) (string, error) {
	all, err := keys(ctx, src, "", 10)
	if err != nil {
		return "", err
	}
	for _, k := range all {
		if k.Key == key {
			return k.Digest, nil
		}
	}
	return "", fmt.Errorf("document %s is not among the keys", key.ID)
}

func clone(inv connectors.Invoice) connectors.Invoice {
	inv.Lines = slices.Clone(inv.Lines)
	return inv
}
