package optima

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/sqlserver"
)

// Invoices returns one page of a pass over the sales documents in every state.
func (s *Source) Invoices(ctx context.Context, r connectors.Range, limit int) (connectors.Page[connectors.Invoice], error) {
	none := connectors.Page[connectors.Invoice]{}
	after, err := parseKeyset(r.After, r.Floor)
	if err != nil {
		return none, err
	}
	ceiling, err := ceilingOf(r.Ceiling)
	if err != nil {
		return none, err
	}
	limit = max(limit, 1)
	page := connectors.Page[connectors.Invoice]{Next: r.After}
	err = s.read(ctx, "read invoices", func(ctx context.Context, tx *sql.Tx) error {
		listed, err := collect(ctx, tx, s.sql.invoices,
			[]any{int64(limit), sqlserver.Stamp(ceiling), sqlserver.Stamp(after.stamp), after.id}, scanKeyset)
		if err != nil {
			return err
		}
		if page.Items, err = s.listed(ctx, tx, listed); err != nil {
			return err
		}
		if n := len(listed); n > 0 {
			page.Next = listed[n-1].position()
		}
		if page.Done = len(listed) < limit; page.Done {
			return s.settled(ctx, tx)
		}
		return nil
	})
	if err != nil {
		return none, err
	}
	return page, nil
}

// InvoicesByKey returns the documents of the given keys. Only the primary key is
// looked up, so that one of another class is not taken for deleted.
func (s *Source) InvoicesByKey(ctx context.Context, keys []connectors.InvoiceKey) ([]connectors.Invoice, error) {
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = k.ID
	}
	ids := validIDs(texts)
	var found []connectors.Invoice
	for len(ids) > 0 { // a read of its own for each, so that none is long
		part := ids[:min(len(ids), many)]
		ids = ids[len(part):]
		err := s.read(ctx, "read invoices by key", func(ctx context.Context, tx *sql.Tx) error {
			headers, err := collectByID(ctx, tx, s.sql.invoicesByKey, part, scanHeader)
			if err != nil {
				return err
			}
			docs, err := s.documents(ctx, tx, headers)
			found = append(found, docs...)
			if err != nil || len(docs) == len(part) {
				return err
			}
			return s.settled(ctx, tx)
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Keys lists the keys and digests of the documents issued on from or later.
func (s *Source) Keys(ctx context.Context, from connectors.Date, after connectors.Position, limit int) (connectors.Page[connectors.KeyDigest], error) {
	none := connectors.Page[connectors.KeyDigest]{}
	last, err := parseKey(after)
	if err != nil {
		return none, err
	}
	first := firstInstant()
	if from != "" {
		if first, err = time.Parse(time.DateOnly, string(from)); err != nil {
			return none, positionError("the first day of the window cannot be read")
		}
	}
	limit = max(limit, 1)
	page := connectors.Page[connectors.KeyDigest]{Next: after}
	err = s.read(ctx, "list document keys", func(ctx context.Context, tx *sql.Tx) error {
		headers, err := collect(ctx, tx, s.sql.keys, []any{int64(limit), sqlserver.Stamp(clamped(first)), last}, scanFacts)
		if err != nil {
			return err
		}
		all, err := s.gather(ctx, tx, headers, parts{s.sql.lineKeys, scanLineFacts})
		for _, b := range all {
			inv := s.record(b)
			page.Items = append(page.Items, connectors.KeyDigest{Key: inv.Key, Digest: inv.Digest})
		}
		if page.Done = len(headers) < limit; err != nil || !page.Done {
			return err
		}
		return s.settled(ctx, tx)
	})
	if err != nil {
		return none, err
	}
	if n := len(page.Items); n > 0 {
		page.Next = connectors.Position(page.Items[n-1].Key.ID)
	}
	return page, nil
}

// listed reads the documents of a page, in its order and with the stamps that it
// listed them by.
func (s *Source) listed(ctx context.Context, tx *sql.Tx, page []keyset) ([]connectors.Invoice, error) {
	ids, at := make([]int32, len(page)), make(map[int32]int, len(page))
	for i, k := range page {
		ids[i], at[k.id] = k.id, i
	}
	headers, err := collectByID(ctx, tx, s.sql.invoicesByKey, ids, scanHeader)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(headers, func(a, b *header) int { return cmp.Compare(at[a.id], at[b.id]) })
	docs, err := s.documents(ctx, tx, headers)
	for i := range docs {
		id, _ := parseID(docs[i].Key.ID)
		docs[i].Modified = connectors.NewStamp(page[at[id]].stamp)
	}
	return docs, err
}

// documents reads all that belongs to headers. A header that was saved again
// before its lines were read is read anew with them; one that is gone is left out,
// for the sweep to conclude (law 6). The stamp stays the one that the header was
// listed by: the new one has its turn.
func (s *Source) documents(ctx context.Context, tx *sql.Tx, headers []*header) ([]connectors.Invoice, error) {
	bundles, err := s.whole(ctx, tx, headers)
	if err != nil || len(headers) == 0 {
		return nil, err
	}
	e, err := s.extras(ctx, tx, idsOf(headers))
	if err != nil {
		return nil, err
	}
	invoices := make([]connectors.Invoice, 0, len(bundles))
	for _, b := range bundles {
		inv := s.record(b)
		s.finish(&inv, b, e)
		invoices = append(invoices, inv)
	}
	return invoices, nil
}

// maxReadings is how often a document that is saved while it is read is read
// again before the page gives up.
const maxReadings = 5

// whole returns headers with lines of one and the same saving of each document.
func (s *Source) whole(ctx context.Context, tx *sql.Tx, headers []*header) ([]*bundle, error) {
	listed := make(map[int32]time.Time, len(headers))
	for _, h := range headers {
		listed[h.id] = h.stamp
	}
	done, reading := make(map[int32]*bundle, len(headers)), headers
	for range maxReadings {
		if len(reading) == 0 {
			break
		}
		bundles, err := s.gather(ctx, tx, reading, parts{s.sql.lines, scanLine})
		if err != nil {
			return nil, err
		}
		moved, err := s.moved(ctx, tx, reading)
		if err != nil {
			return nil, err
		}
		for _, b := range bundles {
			if again, there := moved[b.header.id]; there && !again {
				done[b.header.id] = b
			}
		}
		if reading, err = collectByID(ctx, tx, s.sql.invoicesByKey, keysWhere(moved, true), scanHeader); err != nil {
			return nil, err
		}
	}
	if len(reading) > 0 {
		return nil, &connectors.Error{
			Kind: connectors.ErrTransient, Op: "read invoices", Hint: "it is tried again",
			Err: errors.New("documents were saved again each time they were read"),
		}
	}
	var out []*bundle
	for _, h := range headers {
		if b := done[h.id]; b != nil {
			b.header.stamp = listed[h.id]
			out = append(out, b)
		}
	}
	return out, nil
}

// moved tells of each header that is still there whether it is another one now.
func (s *Source) moved(ctx context.Context, tx *sql.Tx, headers []*header) (map[int32]bool, error) {
	now, err := collectByID(ctx, tx, s.sql.headersAgain, idsOf(headers), scanFacts)
	read := make(map[int32]*header, len(headers))
	for _, h := range headers {
		read[h.id] = h
	}
	moved := make(map[int32]bool, len(now))
	for _, h := range now {
		moved[h.id] = !slices.Equal(h.facts(nil), read[h.id].facts(nil)) || !h.stamp.Equal(read[h.id].stamp)
	}
	return moved, err
}

func keysWhere(m map[int32]bool, want bool) []int32 {
	var ids []int32
	for id, v := range m {
		if v == want {
			ids = append(ids, id)
		}
	}
	return unique(ids)
}
