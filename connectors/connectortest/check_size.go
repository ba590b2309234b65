package connectortest

import (
	"context"
	"fmt"
	"strconv"

	"github.com/loyalsync/loyalsync/connectors"
)

// checkTies reads hundreds of documents of one and the same stamp.
func checkTies(ctx context.Context, h Harness) error {
	const n = 200
	f := h.many(n, func(int) connectors.Stamp { return winter })
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	at := f.Invoices[0].Modified
	for _, limit := range []int{3, 64, n - 1, n, n + 1} {
		inv, err := pass(ctx, src, connectors.Range{Floor: at, Ceiling: at}, limit)
		if err != nil {
			return err
		}
		if err := same("invoices of one stamp", invoiceIDs(inv), invoiceIDs(f.Invoices)); err != nil {
			return fmt.Errorf("limit %d: %w", limit, err)
		}
	}
	return nil
}

// many is a fixture of n documents of one contractor, without lines.
func (h Harness) many(n int, at func(i int) connectors.Stamp) Fixture {
	f := h.plain(1, at)
	for i := 1; i < n; i++ {
		f.Invoices = append(f.Invoices, h.bareInvoice(i, at(i)))
	}
	return f
}

// bareInvoice is a document of the first contractor without lines.
func (h Harness) bareInvoice(i int, at connectors.Stamp) connectors.Invoice {
	inv, buyer := h.invoice(i, at), contractor(0).ID
	inv.Buyer, inv.Recipient, inv.Payer = buyer, buyer, buyer
	inv.Lines, inv.Net, inv.Gross = nil, dec("0"), dec("0")
	return inv
}

// checkKeyLengths reads keys of one digit and of four: a listing that sorts them as
// numbers and goes on from them as texts, or the other way round, loses some.
func checkKeyLengths(ctx context.Context, h Harness) error {
	keys := []string{"7", "8", "9", "10", "11", "99", "100", "101", "1000"}
	f := h.plain(len(keys), func(int) connectors.Stamp { return winter })
	for i, key := range keys {
		f.Contractors[i].ID, f.Representatives[i].ID, f.Representatives[i].Contractor = key, key, key
		inv := &f.Invoices[i]
		inv.Key.ID, inv.Buyer, inv.Recipient, inv.Payer = key, key, key, key
	}
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	for _, limit := range []int{1, 2, 4} {
		if err := readEach(ctx, src, f, limit); err != nil {
			return fmt.Errorf("limit %d: %w", limit, err)
		}
	}
	return nil
}

// checkLargePage reads a page of more documents than some servers take parameters
// (2,100 on SQL Server), lines of the first and of the last included.
func checkLargePage(ctx context.Context, h Harness) error {
	const n = 2150
	f := h.many(n, every)
	last := h.invoice(n, every(n))
	last.Buyer, last.Recipient, last.Payer = f.Invoices[0].Buyer, f.Invoices[0].Buyer, f.Invoices[0].Buyer
	f.Invoices = append(f.Invoices, last)
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	inv, err := pass(ctx, src, everything(), 2*n)
	if err != nil {
		return err
	}
	if err = h.compareInvoices("invoices of a page of 2,151", inv, f.Invoices); err != nil {
		return err
	}
	ks, err := keys(ctx, src, "", 2*n)
	if err != nil {
		return err
	}
	if err = same("keys of a page of 2,151", keyIDs(ks), invoiceIDs(f.Invoices)); err != nil {
		return err
	}
	asked := make([]connectors.InvoiceKey, 0, len(f.Invoices))
	for _, i := range f.Invoices {
		asked = append(asked, i.Key)
	}
	found, err := byKey(ctx, src, asked...)
	if err != nil {
		return err
	}
	return h.compareInvoices("invoices by 2,151 keys that exist", found, f.Invoices)
}

// checkLongDocument reads one document of ten thousand lines, each once and in
// order of its number, in a page with others.
func checkLongDocument(ctx context.Context, h Harness) error {
	const n = 10_000
	f := h.plain(3, every)
	long := &f.Invoices[1]
	id, err := strconv.Atoi(long.Key.ID)
	if err != nil {
		return err
	}
	id += 1000 // its lines' keys are not those of the others
	long.Lines, long.Net, long.Gross = nil, dec("0"), dec("0")
	for no := 1; no <= n; no++ {
		l := line(id, no, "1", "1.00", "1.23")
		l.Code, l.Name = "TOW", "Towar"
		long.Lines = append(long.Lines, l)
		long.Net, long.Gross = long.Net.Add(l.Net), long.Gross.Add(l.Gross)
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
	return h.compareInvoices("a document of 10,000 lines among others", inv, f.Invoices)
}
