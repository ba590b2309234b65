package sqlerp

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/loyalsync/loyalsync/connectors"
)

// maxKeys is how many keys one statement asks for. SQL Server takes 2,100
// parameters, and a text key is two of them.
const maxKeys = 1000

// document is an invoice, and its stamp as the database writes it.
type document struct {
	connectors.Invoice
	stamp string
}

// Invoices returns at most limit documents of a pass, ordered by stamp and key.
func (s *Source) Invoices(ctx context.Context, r connectors.Range, limit int) (connectors.Page[connectors.Invoice], error) {
	page := connectors.Page[connectors.Invoice]{Next: r.After}
	err := s.within(ctx, "read invoices", func(ctx context.Context, tx *sql.Tx, found schema) error {
		sep, any, err := s.stampForm(ctx, tx, found)
		if err != nil || !any || r.Ceiling == "" {
			page.Done = true
			return err
		}
		q := query{shape: found.invoices, limit: limit + 1}
		s.filter(&q)
		if err = q.inRange(found, r, sep, s.dialect.syntax().tuples); err != nil {
			return err
		}
		docs, err := s.documents(ctx, tx, found, &q, limit)
		if err != nil {
			return err
		}
		page.Done = docs.complete
		for _, d := range docs.list {
			page.Items = append(page.Items, d.Invoice)
		}
		if n := len(docs.list); n > 0 {
			page.Next, err = newPosition(docs.list[n-1].stamp, docs.list[n-1].Key.ID)
		}
		return err
	})
	if err != nil {
		return connectors.Page[connectors.Invoice]{Next: r.After}, err
	}
	return page, nil
}

// Keys lists the documents of the filter issued on from or later, in key order.
func (s *Source) Keys(ctx context.Context, from connectors.Date, after connectors.Position, limit int) (connectors.Page[connectors.KeyDigest], error) {
	page := connectors.Page[connectors.KeyDigest]{Next: after}
	err := s.within(ctx, "list invoices", func(ctx context.Context, tx *sql.Tx, found schema) error {
		q := query{shape: found.invoices, limit: limit + 1}
		s.filter(&q)
		if err := q.afterKey(after); err != nil {
			return err
		}
		if from != "" {
			issued := found.invoices.columns["issued_on"]
			q.and(issued.order+" >= "+issued.mark(), issued.day(from, s.zone))
		}
		docs, err := s.documents(ctx, tx, found, &q, limit)
		if err != nil {
			return err
		}
		page.Done = docs.complete
		for _, d := range docs.list {
			page.Items = append(page.Items, connectors.KeyDigest{Key: d.Key, Digest: d.Digest})
		}
		if n := len(docs.list); n > 0 {
			page.Next, err = newPosition(docs.list[n-1].Key.ID)
		}
		return err
	})
	if err != nil {
		return connectors.Page[connectors.KeyDigest]{Next: after}, err
	}
	return page, nil
}

// InvoicesByKey returns those of the given documents that exist, whatever the
// filter says (law 6).
func (s *Source) InvoicesByKey(ctx context.Context, keys []connectors.InvoiceKey) ([]connectors.Invoice, error) {
	var out []connectors.Invoice
	wanted := make(map[connectors.InvoiceKey]bool, len(keys))
	for _, k := range keys {
		wanted[k] = true
	}
	err := s.within(ctx, "read invoices by key", func(ctx context.Context, tx *sql.Tx, found schema) error {
		for some := range slices.Chunk(keys, maxKeys) {
			asked := make([]string, 0, len(some))
			for _, k := range some {
				asked = append(asked, k.ID)
			}
			q := query{shape: found.invoices}
			if !q.among(s.dialect, found.invoices.columns["id"], asked) {
				continue
			}
			docs, err := s.documents(ctx, tx, found, &q, len(some)+1)
			if err != nil {
				return err
			}
			for _, d := range docs.list {
				if wanted[d.Key] || wanted[connectors.InvoiceKey{ID: d.Key.ID}] {
					out = append(out, d.Invoice)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// stampForm looks at one row when stamps are text: what stands between date and
// time decides how the bounds are written. any is false for an empty table.
func (s *Source) stampForm(ctx context.Context, tx *sql.Tx, found schema) (sep string, any bool, err error) {
	if found.stamp != textStamp {
		return "", true, nil
	}
	q := query{shape: found.invoices, limit: 1}
	q.and(found.modified.present)
	err = q.run(ctx, tx, s.dialect.syntax(), func(r *row) error {
		raw, _ := r.raw("modified")
		sep, any = separator(raw), true
		return nil
	})
	return sep, any, err
}

// filter keeps to the types of Documents.
func (s *Source) filter(q *query) {
	if len(s.config.Documents) > 0 && !q.among(s.dialect, q.shape.columns["type"], s.config.Documents) {
		q.and("1 = 0")
	}
}

func (q *query) inRange(found schema, r connectors.Range, sep string, tuples bool) error {
	m, id := found.modified, q.shape.columns["id"]
	q.order = []string{m.order, id.order}
	q.and(m.order+" <= "+m.mark(), found.stamp.upper(r.Ceiling, sep))
	if r.Floor != "" {
		q.and(m.order+" >= "+m.mark(), found.stamp.lower(r.Floor, sep))
	} else {
		q.and(m.present)
	}
	if r.After == "" {
		return nil
	}
	parts, err := parsePosition(r.After, 2)
	if err != nil {
		return err
	}
	stamp, err := found.stamp.bind(parts[0])
	key, ok := id.key(parts[1])
	if err != nil || !ok {
		return badPosition()
	}
	if tuples {
		q.and(fmt.Sprintf("(%s, %s) > (%s, %s)", m.order, id.order, m.mark(), id.mark()), stamp, key)
		return nil
	}
	q.and(m.order+" >= "+m.mark(), stamp)
	q.and(fmt.Sprintf("(%s > %s OR %s > %s)", m.order, m.mark(), id.order, id.mark()), stamp, key)
	return nil
}

// documents are the rows of one query with their lines.
type documents struct {
	list     []document
	complete bool // there was no row beyond the limit
}

// maxTries is how often a page is read while the ERP goes on changing it.
const maxTries = 5

// documents reads headers, and all lines of those headers. Where a transaction does
// not see one moment, the headers are looked at again after the lines, and a page
// that has moved meanwhile is read anew.
func (s *Source) documents(ctx context.Context, tx *sql.Tx, found schema, q *query, limit int) (documents, error) {
	for range maxTries {
		docs, index, err := s.headers(ctx, tx, found, q, limit)
		if err != nil {
			return docs, err
		}
		before := slices.Clone(docs.list)
		if err = s.attachLines(ctx, tx, found, docs.list, index); err != nil {
			return docs, err
		}
		if !s.moment() {
			after, _, err := s.headers(ctx, tx, found, q, limit)
			if err != nil {
				return docs, err
			}
			if !sameHeaders(before, after.list) {
				continue
			}
		}
		for i := range docs.list {
			inv := &docs.list[i].Invoice
			slices.SortFunc(inv.Lines, compareLines)
			if inv.Digest, err = digest(*inv); err != nil {
				return docs, err
			}
		}
		return docs, nil
	}
	return documents{}, &connectors.Error{
		Kind: connectors.ErrTransient, Op: "read invoices", Err: errors.New("documents were saved again each time they were read"),
		Hint: "it is tried again; ALLOW_SNAPSHOT_ISOLATION in the ERP's database makes it read one moment",
	}
}

// sameHeaders compares documents without lines.
func sameHeaders(a, b []document) bool {
	return slices.EqualFunc(a, b, func(x, y document) bool {
		first, err := digest(x.Invoice)
		if err != nil || x.stamp != y.stamp {
			return false
		}
		second, err := digest(y.Invoice)
		return err == nil && first == second
	})
}

func (s *Source) headers(ctx context.Context, tx *sql.Tx, found schema, q *query, limit int) (documents, map[string]int, error) {
	docs := documents{complete: true}
	index := map[string]int{}
	err := q.run(ctx, tx, s.dialect.syntax(), func(r *row) error {
		if len(docs.list) == limit {
			docs.complete = false
			return nil
		}
		if _, twice := index[r.id]; twice {
			r.fail("id", fmt.Errorf("is in the SELECT twice"))
		}
		index[r.id] = len(docs.list)
		docs.list = append(docs.list, s.invoice(r, found.stamp))
		return nil
	})
	return docs, index, err
}

func (s *Source) attachLines(ctx context.Context, tx *sql.Tx, found schema, docs []document, index map[string]int) error {
	ids := make([]string, 0, len(docs))
	for _, d := range docs {
		ids = append(ids, d.Key.ID)
	}
	for some := range slices.Chunk(ids, maxKeys) {
		q := query{shape: found.lines}
		if !q.among(s.dialect, found.lines.columns["invoice"], some) {
			continue
		}
		err := q.run(ctx, tx, s.dialect.syntax(), func(r *row) error {
			if i, ok := index[r.key("invoice")]; ok {
				docs[i].Lines = append(docs[i].Lines, line(r))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Source) invoice(r *row, kind stampKind) document {
	for _, field := range []string{"issued_on", "currency", "net", "gross"} {
		r.needed(field)
	}
	inv := connectors.Invoice{
		Key: connectors.InvoiceKey{ID: r.id}, Class: r.text("type"),
		Number: r.text("number"), ExternalNo: r.text("external_no"),
		Modified: read(r, "modified", "", kind.parse),
		IssuedOn: r.date("issued_on"), SoldOn: r.date("sold_on"), Time: r.time("time"),
		Buyer: r.text("buyer"), Recipient: r.text("recipient"), Payer: r.text("payer"),
		Currency: strings.ToUpper(r.text("currency")), Rate: r.decimal("rate"), Net: r.decimal("net"), Gross: r.decimal("gross"),
		Store: r.text("store"), PaymentForm: r.text("payment_form"), Paid: r.yes("paid", false),
		Corrects: r.text("corrects"), Return: r.yes("return", false), Attributes: r.attributes(),
	}
	var known bool
	if inv.State, known = s.config.States.of(r.text("state")); !known {
		r.fail("state", fmt.Errorf("has a value that is in none of states.buffered, states.released, states.cancelled (loyalsync doctor lists them)"))
	}
	if !r.has("sold_on") {
		inv.SoldOn = inv.IssuedOn
	}
	if !r.has("recipient") {
		inv.Recipient = inv.Buyer
	}
	if !r.has("payer") {
		inv.Payer = inv.Buyer
	}
	if types := s.config.Documents; len(types) > 0 && !slices.Contains(types, inv.Class) {
		inv.OutOfScope = "the type " + strconv.Quote(inv.Class) + " is not among documents"
	}
	raw, _ := r.raw("modified")
	return document{Invoice: inv, stamp: raw}
}

func line(r *row) connectors.Line {
	for _, field := range []string{"quantity", "net", "gross"} {
		r.needed(field)
	}
	l := connectors.Line{
		ID: r.id, Corrects: r.text("corrects"), No: read(r, "no", 0, strconv.Atoi),
		Kind: read(r, "kind", connectors.Goods, parseKind), Code: r.text("code"), Name: r.text("name"), Group: r.text("group"),
		Quantity: r.decimal("quantity"), Unit: r.text("unit"),
		DocumentQuantity: r.decimal("document_quantity"), DocumentUnit: r.text("document_unit"),
		Net: r.decimal("net"), Gross: r.decimal("gross"), Discount: r.decimal("discount"), Attributes: r.attributes(),
	}
	l.Discounted = r.yes("discounted", l.Discount.IsPositive())
	if !r.has("document_quantity") {
		l.DocumentQuantity, l.DocumentUnit = l.Quantity, l.Unit
	}
	return l
}

// compareLines orders by number; lines of one number by key, shorter keys first
// as the numbers they mostly are.
func compareLines(a, b connectors.Line) int {
	return cmp.Or(cmp.Compare(a.No, b.No), cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
}

// digest is a fingerprint of all that a document says, without its stamp: a row
// that was touched and not changed keeps it.
func digest(inv connectors.Invoice) (string, error) {
	inv.Modified, inv.Digest = "", ""
	text, err := json.Marshal(inv)
	if err != nil {
		return "", fmt.Errorf("digest: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), nil
}
