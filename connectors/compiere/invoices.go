package compiere

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/loyalsync/loyalsync/connectors"
)

// Invoices returns one page of a pass over the company's sales documents in every
// status, headers and lines of one and the same state of the database.
func (s *Source) Invoices(ctx context.Context, r connectors.Range, limit int) (connectors.Page[connectors.Invoice], error) {
	none := connectors.Page[connectors.Invoice]{}
	after, err := s.member.keys.parseKeyset(r.After, r.Floor)
	if err != nil {
		return none, err
	}
	ceiling, err := bound(r.Ceiling)
	if err != nil {
		return none, err
	}
	keys, last, err := s.listed(ctx, after, ceiling, max(limit, 1))
	if err != nil {
		return none, err
	}
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i] = k.id
	}
	// also for none: what the ERP has not any more is told before there is a document
	items, err := s.documentsOf(ctx, "read invoices", s.sql.invoicesByKey, pgx.StrictNamedArgs{"ids": ids})
	if err != nil {
		return none, err
	}
	page := connectors.Page[connectors.Invoice]{Items: inOrder(items, ids), Next: r.After, Done: last}
	if len(keys) > 0 {
		page.Next = keys[len(keys)-1].position()
	}
	return page, nil
}

// inOrder puts documents in the order of their keys. Those that have left the source
// meanwhile are left out.
func inOrder(items []connectors.Invoice, ids []string) []connectors.Invoice {
	places := make(map[string]int, len(ids))
	for i, id := range ids {
		places[id] = i
	}
	items = slices.DeleteFunc(items, func(inv connectors.Invoice) bool { return inv.OutOfScope != "" })
	slices.SortFunc(items, func(a, b connectors.Invoice) int { return places[a.Key.ID] - places[b.Key.ID] })
	return items
}

// InvoicesByKey returns the documents of the given keys. Only the primary key is
// looked up, so that one whose class or company changed is not taken for deleted.
func (s *Source) InvoicesByKey(ctx context.Context, keys []connectors.InvoiceKey) ([]connectors.Invoice, error) {
	ids := make([]string, 0, len(keys))
	for _, k := range keys {
		ids = append(ids, k.ID)
	}
	return s.documentsOf(ctx, "read invoices by key", s.sql.invoicesByKey, pgx.StrictNamedArgs{"ids": s.validKeys(ids)})
}

// Keys lists the keys and digests of the documents issued on from or later.
func (s *Source) Keys(ctx context.Context, from connectors.Date, after connectors.Position, limit int) (connectors.Page[connectors.KeyDigest], error) {
	none := connectors.Page[connectors.KeyDigest]{}
	first := beforeStamps
	if from != "" {
		first = string(from)
	}
	start, err := s.member.keys.parseKey(after)
	if err != nil {
		return none, err
	}
	limit = max(limit, 1)
	page := connectors.Page[connectors.KeyDigest]{Next: after}
	err = s.read(ctx, "list document keys", func(ctx context.Context, tx pgx.Tx) error {
		read := s.spare()
		defer s.keep(read)
		err := read.read(ctx, tx, s.sql, s.sql.keys, pgx.StrictNamedArgs{
			"tenant": s.tenant.id, "documents": s.documents, "from": first, "after": start, "limit": limit,
		})
		if err == nil {
			page.Items = read.keys(newDigester(s.asStored))
		}
		return err
	})
	if err != nil {
		return none, err
	}
	page.Done = len(page.Items) < limit
	if n := len(page.Items); n > 0 {
		page.Next = connectors.Position(page.Items[n-1].Key.ID)
	}
	return page, nil
}

// spare is memory for a page, and keep gives it back for another.
func (s *Source) spare() *documents {
	select {
	case d := <-s.spares:
		return d
	default:
		return &documents{}
	}
}

func (s *Source) keep(d *documents) {
	select {
	case s.spares <- d:
	default:
	}
}

// documentsOf reads headers, all lines of those headers and what the lines name, in
// one transaction.
func (s *Source) documentsOf(ctx context.Context, op, sql string, args pgx.StrictNamedArgs) (invoices []connectors.Invoice, err error) {
	err = s.read(ctx, op, func(ctx context.Context, tx pgx.Tx) error {
		read := s.spare()
		defer s.keep(read)
		if err := read.read(ctx, tx, s.sql, sql, args); err != nil {
			return err
		}
		names, err := read.names(ctx, tx, s.sql)
		if err != nil {
			return err
		}
		invoices, err = s.finish(read, names)
		return err
	})
	return invoices, err
}

// finish makes the documents of what was read.
func (s *Source) finish(read *documents, names *names) ([]connectors.Invoice, error) {
	invoices := make([]connectors.Invoice, 0, read.headers.len())
	digests := newDigester(s.asStored)
	for row, lines := range read.of {
		h, err := headerOf(&read.headers, row)
		if err != nil {
			return nil, err
		}
		h.reversed = h.takesBack(s.asStored)
		if err := h.finish(&read.lines, lines, names); err != nil {
			return nil, err
		}
		h.invoice.OutOfScope, h.invoice.Digest = s.outOfScope(h), digests.of(read, row)
		invoices = append(invoices, h.invoice)
	}
	return invoices, nil
}

// outOfScope says why the source's listings do not have a document.
func (s *Source) outOfScope(h *header) string {
	switch {
	case h.tenant != s.tenant.id:
		return "belongs to another company of the ERP"
	case !h.sales:
		return "is not a sales document"
	case !slices.Contains(s.documents, h.invoice.Class):
		return fmt.Sprintf("document base type %q is not read", h.invoice.Class)
	}
	return ""
}
