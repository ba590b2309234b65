package jobs

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
)

// erp is an ERP in memory: what a test writes into it is what a source reads.
type erp struct {
	mu          sync.Mutex
	identity    string
	writable    []string
	now         time.Time // its wall clock
	contractors map[string]connectors.Contractor
	people      map[string]connectors.Representative
	invoices    map[string]connectors.Invoice
	outside     map[string]bool // documents outside the filter
	failAt      int             // fail the n-th read of invoices from now; 0 never
	onRead      func()          // called before every read of invoices
	onFetch     func()          // called before invoices are read by key
	pages       atomic.Int64    // of passes, that were read
	tells       bool            // what was committed since a moment
	counted     int             // how many transactions it has counted, of which it tells; -1 for all
	written     map[string]int  // the number of the transaction that wrote a document
	transaction int             // the latest
}

func newERP() *erp {
	return &erp{
		identity: "erp", now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), contractors: map[string]connectors.Contractor{},
		people: map[string]connectors.Representative{}, invoices: map[string]connectors.Invoice{}, outside: map[string]bool{},
		written: map[string]int{}, counted: -1,
	}
}

// contractor adds or changes one.
func (e *erp) contractor(id, group string) {
	e.contractors[id] = connectors.Contractor{ID: id, Code: "K" + id, Name: "Firma " + id, Group: group, Active: true}
}

// put writes a document with a new stamp.
func (e *erp) put(inv connectors.Invoice) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now = e.now.Add(time.Second)
	inv.Modified = connectors.NewStamp(e.now)
	e.write(inv)
}

func (e *erp) write(inv connectors.Invoice) {
	e.transaction++
	e.invoices[inv.Key.ID], e.written[inv.Key.ID] = inv, e.transaction
}

func (e *erp) Snapshot(_ context.Context, last string) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.tells {
		return "", nil
	}
	if last == strconv.Itoa(e.counted) {
		return last, nil
	}
	return strconv.Itoa(e.transaction), nil
}

func (e *erp) Late(_ context.Context, since string, below connectors.Stamp, after connectors.Position, limit int) (connectors.Page[connectors.Invoice], error) {
	if err := e.read(); err != nil {
		return connectors.Page[connectors.Invoice]{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	moment, err := strconv.Atoi(since)
	if err != nil {
		return connectors.Page[connectors.Invoice]{}, err
	}
	var in []connectors.Invoice
	for id, inv := range e.invoices {
		if e.written[id] > moment && inv.Modified < below && !e.outside[id] {
			in = append(in, withDigest(inv))
		}
	}
	return page(in, func(i connectors.Invoice) string { return i.Key.ID }, after, limit), nil
}

func (e *erp) remove(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now = e.now.Add(time.Second)
	delete(e.invoices, id)
}

func (e *erp) open(context.Context) (connectors.Source, error) { return e, nil }

func (e *erp) Close() error { return nil }

func (e *erp) Check(context.Context) (connectors.Report, error) {
	return connectors.Report{Server: "memory", Identity: e.identity, Writable: e.writable}, nil
}

func (e *erp) Now(context.Context) (connectors.Stamp, error) { return connectors.NewStamp(e.now), nil }

func page[T any](all []T, id func(T) string, after connectors.Position, limit int) connectors.Page[T] {
	slices.SortFunc(all, func(a, b T) int { return cmp.Compare(id(a), id(b)) })
	all = slices.DeleteFunc(all, func(v T) bool { return id(v) <= string(after) })
	out := connectors.Page[T]{Items: all[:min(limit, len(all))], Next: after, Done: len(all) <= limit}
	if n := len(out.Items); n > 0 {
		out.Next = connectors.Position(id(out.Items[n-1]))
	}
	return out
}

func values[T any](m map[string]T) []T {
	out := make([]T, 0, len(m))
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

func (e *erp) Contractors(_ context.Context, after connectors.Position, limit int) (connectors.Page[connectors.Contractor], error) {
	return page(values(e.contractors), func(c connectors.Contractor) string { return c.ID }, after, limit), nil
}

func (e *erp) Representatives(_ context.Context, after connectors.Position, limit int) (connectors.Page[connectors.Representative], error) {
	return page(values(e.people), func(p connectors.Representative) string { return p.ID }, after, limit), nil
}

func (e *erp) ContractorsByKey(_ context.Context, keys []string) (out []connectors.Contractor, err error) {
	for _, k := range keys {
		if c, ok := e.contractors[k]; ok {
			out = append(out, c)
		}
	}
	return out, nil
}

func (e *erp) read() error {
	if e.onRead != nil {
		e.onRead()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.failAt > 0 {
		if e.failAt--; e.failAt == 0 {
			return &connectors.Error{Kind: connectors.ErrUnreachable, Op: "read invoices"}
		}
	}
	return nil
}

func (e *erp) Invoices(ctx context.Context, r connectors.Range, limit int) (connectors.Page[connectors.Invoice], error) {
	if err := ctx.Err(); err != nil {
		return connectors.Page[connectors.Invoice]{}, err
	}
	if err := e.read(); err != nil {
		return connectors.Page[connectors.Invoice]{}, err
	}
	defer e.pages.Add(1)
	e.mu.Lock()
	defer e.mu.Unlock()
	var in []connectors.Invoice
	for _, inv := range e.invoices {
		if inv.Modified >= r.Floor && inv.Modified <= r.Ceiling && !e.outside[inv.Key.ID] {
			in = append(in, withDigest(inv))
		}
	}
	return page(in, func(i connectors.Invoice) string { return string(i.Modified) + "|" + i.Key.ID }, r.After, limit), nil
}

func (e *erp) InvoicesByKey(_ context.Context, keys []connectors.InvoiceKey) (out []connectors.Invoice, err error) {
	if e.onFetch != nil {
		e.onFetch()
	}
	if err := e.read(); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, k := range keys {
		if inv, ok := e.invoices[k.ID]; ok {
			inv = withDigest(inv)
			if e.outside[k.ID] {
				inv.OutOfScope = "another class"
			}
			out = append(out, inv)
		}
	}
	return out, nil
}

func (e *erp) Keys(_ context.Context, from connectors.Date, after connectors.Position, limit int) (connectors.Page[connectors.KeyDigest], error) {
	if err := e.read(); err != nil {
		return connectors.Page[connectors.KeyDigest]{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var in []connectors.KeyDigest
	for _, inv := range e.invoices {
		if inv.IssuedOn >= from && !e.outside[inv.Key.ID] {
			in = append(in, connectors.KeyDigest{Key: inv.Key, Digest: withDigest(inv).Digest})
		}
	}
	return page(in, func(k connectors.KeyDigest) string { return k.Key.ID }, after, limit), nil
}

func withDigest(inv connectors.Invoice) connectors.Invoice {
	content := inv
	content.Modified, content.Digest = "", ""
	b, err := json.Marshal(content)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(b)
	inv.Digest = hex.EncodeToString(sum[:8])
	return inv
}

// invoice makes a document of one contractor; each line is "code net".
func invoice(id, buyer, date string, state connectors.State, lines ...string) connectors.Invoice {
	inv := connectors.Invoice{
		Key: connectors.InvoiceKey{Type: "doc", ID: id}, Number: "FS/" + id, State: state, IssuedOn: connectors.Date(date),
		SoldOn: connectors.Date(date), Buyer: buyer, Currency: "PLN",
	}
	for i, l := range lines {
		code, net, _ := strings.Cut(l, " ")
		amount := decimal.RequireFromString(net)
		line := connectors.Line{
			ID: id + "-" + code, No: i + 1, Kind: connectors.Goods, Code: code, Name: "Towar " + code, Group: "G/" + code[:1],
			Quantity: amount.Div(decimal.NewFromInt(10)), Unit: "szt", Net: amount, Gross: amount.Mul(decimal.RequireFromString("1.23")),
		}
		inv.Net, inv.Gross = inv.Net.Add(line.Net), inv.Gross.Add(line.Gross)
		inv.Lines = append(inv.Lines, line)
	}
	return inv
}

// correction makes a document that changes another one, line by line.
func correction(id, of, buyer, date string, state connectors.State, lines ...string) connectors.Invoice {
	inv := invoice(id, buyer, date, state, lines...)
	inv.Corrects = of
	for i := range inv.Lines {
		inv.Lines[i].Corrects = of + "-" + inv.Lines[i].Code
	}
	return inv
}
