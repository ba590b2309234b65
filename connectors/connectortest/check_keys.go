package connectortest

import (
	"context"
	"fmt"
	"strconv"

	"github.com/loyalsync/loyalsync/connectors"
)

func checkDeleted(ctx context.Context, h Harness) error {
	f := h.plain(3, every)
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	if _, err = pass(ctx, src, everything(), 10); err != nil {
		return err
	}
	gone := f.Invoices[1].Key
	if err = h.Delete(ctx, src, gone); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	ks, err := keys(ctx, src, "", 10)
	if err != nil {
		return err
	}
	left := []string{f.Invoices[0].Key.ID, f.Invoices[2].Key.ID}
	if err = same("keys after a deletion", keyIDs(ks), left); err != nil {
		return err
	}
	found, err := byKey(ctx, src, gone)
	if err != nil {
		return err
	}
	return same("invoices by a deleted key", invoiceIDs(found), nil)
}

// checkKeysFrom: the window of a sweep is by date of issue, its first day in it.
func checkKeysFrom(ctx context.Context, h Harness) error {
	f := h.plain(4, every)
	for i, d := range []connectors.Date{"2024-12-31", "2025-01-01", "2025-01-02", "2024-02-29"} {
		f.Invoices[i].IssuedOn, f.Invoices[i].SoldOn = d, d
	}
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	for from, want := range map[connectors.Date][]connectors.Invoice{
		"2025-01-01": f.Invoices[1:3], "2024-02-29": f.Invoices, "2025-01-03": nil, "": f.Invoices,
	} {
		ks, err := keys(ctx, src, from, 1)
		if err != nil {
			return err
		}
		if err := same("keys from "+string(from), keyIDs(ks), invoiceIDs(want)); err != nil {
			return err
		}
	}
	return nil
}

func checkUnknownKeys(ctx context.Context, h Harness) error {
	src, err := h.filled(ctx, h.plain(2, every))
	if err != nil {
		return err
	}
	defer release(src)
	for _, keys := range [][]connectors.InvoiceKey{nil, {{Type: h.Type, ID: "999"}, {ID: "998"}}} {
		found, err := byKey(ctx, src, keys...)
		if err != nil {
			return err
		}
		if err := same("invoices by unknown keys", invoiceIDs(found), nil); err != nil {
			return err
		}
	}
	for _, keys := range [][]string{nil, {"999", "998"}} {
		found, err := src.ContractorsByKey(ctx, keys)
		if err != nil {
			return fmt.Errorf("contractors by key: %w", err)
		}
		if len(found) > 0 {
			return fmt.Errorf("%d contractors found by unknown keys", len(found))
		}
	}
	return nil
}

// checkManyKeys asks for more keys than some servers take parameters.
func checkManyKeys(ctx context.Context, h Harness) error {
	const n, asked = 5, 3000
	f := h.plain(n, every)
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	var invoiceKeys []connectors.InvoiceKey
	var contractorKeys []string
	for i := range asked - n { // the known ones come last
		invoiceKeys = append(invoiceKeys, connectors.InvoiceKey{Type: h.Type, ID: strconv.Itoa(5_000_000 + i)})
		contractorKeys = append(contractorKeys, strconv.Itoa(5_000_000+i))
	}
	for i := range n {
		invoiceKeys = append(invoiceKeys, f.Invoices[i].Key)
		contractorKeys = append(contractorKeys, f.Contractors[i].ID)
	}
	found, err := byKey(ctx, src, invoiceKeys...)
	if err != nil {
		return err
	}
	if err = h.compareInvoices("invoices among 3,000 keys", found, f.Invoices); err != nil {
		return err
	}
	people, err := src.ContractorsByKey(ctx, contractorKeys)
	if err != nil {
		return fmt.Errorf("contractors by key: %w", err)
	}
	id := func(c connectors.Contractor) string { return c.ID }
	return same("contractors among 3,000 keys", ids(people, id), ids(f.Contractors, id))
}

// checkOutOfScope: "no longer ours" and "gone" stay apart.
func checkOutOfScope(ctx context.Context, h Harness) error {
	if h.OutsideClass == "" {
		return fmt.Errorf("the harness names no OutsideClass; skip the check with the reason if there is none")
	}
	f := h.plain(3, every)
	f.Invoices[1].Class = h.OutsideClass
	inside := []string{f.Invoices[0].Key.ID, f.Invoices[2].Key.ID}
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	inv, err := pass(ctx, src, everything(), 1)
	if err != nil {
		return err
	}
	if err = same("invoices of the filter", invoiceIDs(inv), inside); err != nil {
		return err
	}
	ks, err := keys(ctx, src, "", 1)
	if err != nil {
		return err
	}
	if err := same("keys of the filter", keyIDs(ks), inside); err != nil {
		return err
	}
	for _, want := range f.Invoices {
		outside := want.Class == h.OutsideClass
		found, err := byKey(ctx, src, connectors.InvoiceKey{ID: want.Key.ID})
		if err != nil {
			return err
		}
		if len(found) != 1 || (found[0].OutOfScope != "") != outside {
			return fmt.Errorf("document %s of class %s: found %d, want one, with a reason only when it is out of scope", want.Key.ID, want.Class, len(found))
		}
	}
	return nil
}
