package optima

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

// bundle is a header with everything that belongs to it.
type bundle struct {
	header     *header
	lines      []*line
	rates      []*rateRow
	attributes []attribute
	links      []link
	paid       bool
}

// parts says which statement reads the lines: all of them, or what the digest is
// made of.
type parts struct {
	lines string
	scan  func(*sql.Rows) (*line, error)
}

// gather reads what belongs to headers, each table once for the page.
func (s *Source) gather(ctx context.Context, tx *sql.Tx, headers []*header, p parts) ([]*bundle, error) {
	ids := idsOf(headers)
	lines, err := collectByID(ctx, tx, p.lines, ids, p.scan)
	if err != nil {
		return nil, err
	}
	attributes, err := collectByID(ctx, tx, s.sql.documentAttributes, ids, scanAttribute)
	if err != nil {
		return nil, err
	}
	var collective, linked []int32
	for _, h := range headers {
		if slices.Contains(s.cfg.CollectiveKinds, int(h.kind)) {
			collective = append(collective, h.id)
		}
		if !s.cfg.mayBeTwice(h) {
			continue
		}
		linked = append(linked, h.id)
		if h.original.Int64 != 0 {
			linked = append(linked, int32(h.original.Int64)) //nolint:gosec // the column is an int
		}
	}
	rates, err := collectByID(ctx, tx, s.sql.collective, collective, scanRateRow)
	if err != nil {
		return nil, err
	}
	links, err := collectByID(ctx, tx, s.sql.links, unique(linked), scanLink)
	if err != nil {
		return nil, err
	}
	paid, err := collectByID(ctx, tx, s.sql.settlement, ids, scanPaid)
	if err != nil {
		return nil, err
	}
	return bundles(headers, lines, attributes, rates, links, paid), nil
}

func bundles(headers []*header, lines []*line, attributes []attribute, rates []*rateRow, links []link, paid []int32) []*bundle {
	all, of := make([]*bundle, len(headers)), make(map[int32]*bundle, len(headers))
	correcting := make(map[int32][]*bundle)
	for i, h := range headers {
		all[i] = &bundle{header: h}
		of[h.id] = all[i]
		if h.original.Int64 != 0 {
			id := int32(h.original.Int64) //nolint:gosec // the column is an int
			correcting[id] = append(correcting[id], all[i])
		}
	}
	for _, l := range lines {
		if b := of[l.document]; b != nil {
			b.lines = append(b.lines, l)
		}
	}
	for _, a := range attributes {
		if b := of[a.owner]; b != nil {
			b.attributes = append(b.attributes, a)
		}
	}
	for _, r := range rates {
		if b := of[r.document]; b != nil {
			b.rates = append(b.rates, r)
		}
	}
	for _, l := range links {
		for _, b := range append([]*bundle{of[l.receipt], of[l.invoice]}, correcting[l.invoice]...) {
			if b != nil && !slices.Contains(b.links, l) {
				b.links = append(b.links, l)
			}
		}
	}
	for _, id := range paid {
		if b := of[id]; b != nil {
			b.paid = true
		}
	}
	return all
}

func idsOf(headers []*header) []int32 {
	ids := make([]int32, len(headers))
	for i, h := range headers {
		ids[i] = h.id
	}
	return ids
}

func unique(ids []int32) []int32 {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// scanPaid returns the document of a paid row, 0 for one that is not.
func scanPaid(rows *sql.Rows) (int32, error) {
	var id int32
	var paid int64
	if err := rows.Scan(&id, &paid); err != nil || paid == 0 {
		return 0, err
	}
	return id, nil
}

// record makes the document that a bundle is, without lines and texts.
func (s *Source) record(b *bundle) connectors.Invoice {
	h := b.header
	v := s.cfg.judge(h, b.links)
	inv := connectors.Invoice{
		Key: connectors.InvoiceKey{Type: documentTable, ID: idText(h.id)}, Class: strconv.FormatInt(h.class, 10),
		State: h.state(), Modified: connectors.NewStamp(h.stamp), IssuedOn: date(h.issued), SoldOn: date(h.sold),
		Buyer: v.parties.buyer.key(), Recipient: v.parties.recipient.key(), Payer: v.parties.payer.key(),
		Currency: orText(h.currency, polish), Rate: h.rate(), Paid: b.paid,
		Corrects: v.corrects, NotCounted: v.notCounted,
	}
	inv.Net, inv.Gross = h.totals()
	inv.Return = inv.Corrects == "" && inv.Gross.IsNegative()
	if !s.cfg.reads(h) && !v.elsewhere {
		inv.OutOfScope = fmt.Sprintf("documents of class %d are not read", h.class)
	}
	inv.Digest = digest(b, s.cfg.counted(b.lines), &inv, v.collective)
	return inv
}

// firstYear is the first whose dates are dates: an empty one is stored as a day
// of the 19th century or before.
const firstYear = 1901

func date(t time.Time) connectors.Date {
	if t.Year() < firstYear {
		return ""
	}
	return connectors.Date(t.Format(time.DateOnly))
}

// extras are what the lines of a page need of the catalogue of items.
type extras struct {
	ofItem, ofLine map[int32]map[string]string
	groups         map[int32][]string // paths of the other groups of an item
	tree           groupTree
}

func (s *Source) extras(ctx context.Context, tx *sql.Tx, ids []int32) (e extras, err error) {
	if e.tree, err = s.groupTree(ctx, tx); err != nil {
		return e, err
	}
	items, err := collectByID(ctx, tx, s.sql.itemAttributes, ids, scanAttribute)
	if err != nil {
		return e, err
	}
	lines, err := collectByID(ctx, tx, s.sql.lineAttributes, ids, scanAttribute)
	if err != nil {
		return e, err
	}
	members, err := collectByID(ctx, tx, s.sql.itemGroups, ids, scanMember)
	e.ofItem, e.ofLine, e.groups = byOwner(items), byOwner(lines), e.tree.paths(members)
	return e, err
}

// finish adds to a document what its digest does not need: texts and lines.
func (s *Source) finish(inv *connectors.Invoice, b *bundle, e extras) {
	h := b.header
	inv.Number, inv.ExternalNo = h.fullNumber.String, h.ksef
	inv.Store, inv.PaymentForm, inv.Time = h.storeCode.String, h.paymentTag.String, h.time()
	kind := ""
	if !h.plainKind() && h.corrects() == "" {
		kind = strconv.FormatInt(h.kind, 10)
	}
	inv.Attributes = with(attributes("kind", kind, "definition", h.definition.String, "category", h.category, "description", h.description,
		"external_number", h.foreignNo, "original_number", h.originalNo, "operator", h.operator), byOwner(b.attributes)[h.id])
	if slices.Contains(s.cfg.CollectiveKinds, int(h.kind)) && len(b.lines) == 0 {
		inv.Lines = collectiveLines(h, b.rates)
		return
	}
	counted := s.cfg.counted(b.lines)
	inv.Lines = make([]connectors.Line, 0, len(counted))
	for _, l := range counted {
		out := l.record(h)
		out.Group = e.tree.path(l.group)
		item := int32(l.item.Int64) //nolint:gosec // the column is an int
		out.Attributes = with(attributes("ean", l.ean, "catalogue_number", l.catalogue, "brand", l.brand.String, "producer", l.producer.String,
			"groups", otherGroups(e.groups[item], out.Group)), e.ofItem[item])
		out.Attributes = with(out.Attributes, e.ofLine[l.id])
		inv.Lines = append(inv.Lines, out)
	}
}
