package connectortest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
)

// fault breaks the reference source in one way.
type fault string

// memory is the reference source: an ERP in memory. One fault breaks it.
type memory struct {
	fault fault

	mu     sync.Mutex
	data   Fixture
	audit  int // rows of a table that nobody asked to fill
	newest connectors.Stamp
	cache  map[connectors.InvoiceKey]connectors.Invoice
	before map[connectors.InvoiceKey]connectors.Invoice // as they were before their last update
	stale  []connectors.Contractor                      // as they were before the last update of one
	wrong  *connectors.Error                            // what every read fails with
	// tripwire fails reads of more than a hundred documents.
	tripwire bool
	// writable is what the login may write.
	writable []string
	asked    map[connectors.Position]bool
	closed   bool
	inside   atomic.Int32
	two      chan struct{} // closed when a second reader is inside
}

func newMemory(f fault) *memory {
	return &memory{
		fault: f, cache: map[connectors.InvoiceKey]connectors.Invoice{}, before: map[connectors.InvoiceKey]connectors.Invoice{},
		asked: map[connectors.Position]bool{}, two: make(chan struct{}),
	}
}

func memoryHarness(f fault) Harness {
	at := func(src connectors.Source, do func(*memory)) error {
		m := src.(*memory)
		m.mu.Lock()
		defer m.mu.Unlock()
		do(m)
		return nil
	}
	return Harness{
		Name: "memory", Server: "Memory 1.0", Type: "doc", Class: "FS", OutsideClass: "PA", HoldsNUL: true, unrecorded: true,
		Open: func(context.Context) (connectors.Source, error) { return newMemory(f), nil },
		Seed: func(_ context.Context, src connectors.Source, f Fixture) error {
			return at(src, func(m *memory) {
				m.data.Contractors = append(m.data.Contractors, f.Contractors...)
				m.data.Representatives = append(m.data.Representatives, f.Representatives...)
				m.data.Invoices = append(m.data.Invoices, f.Invoices...)
			})
		},
		Update: func(_ context.Context, src connectors.Source, inv connectors.Invoice) error {
			return at(src, func(m *memory) {
				for i := range m.data.Invoices {
					if m.data.Invoices[i].Key == inv.Key {
						m.before[inv.Key] = m.data.Invoices[i]
						m.data.Invoices[i] = inv
					}
				}
			})
		},
		Delete: func(_ context.Context, src connectors.Source, key connectors.InvoiceKey) error {
			return at(src, func(m *memory) {
				if m.fault == "keeps deleted" {
					return
				}
				m.data.Invoices = slices.DeleteFunc(m.data.Invoices, func(i connectors.Invoice) bool { return i.Key == key })
			})
		},
		Rows: func(_ context.Context, src connectors.Source) (map[string]int, error) {
			rows := map[string]int{}
			return rows, at(src, func(m *memory) { rows["invoices"], rows["audit"] = len(m.data.Invoices), m.audit })
		},
		UpdateContractor: func(_ context.Context, src connectors.Source, c connectors.Contractor) error {
			return at(src, func(m *memory) {
				m.stale = slices.Clone(m.data.Contractors)
				for i := range m.data.Contractors {
					if m.data.Contractors[i].ID == c.ID {
						m.data.Contractors[i] = c
					}
				}
			})
		},
		Tripwire: func(_ context.Context, src connectors.Source) error {
			return at(src, func(m *memory) { m.tripwire = m.fault != "no wire" })
		},
		Breaks: memoryBreaks(f),
	}.withDefaults()
}

// memoryBreaks opens sources over ERPs that are wrong in some way.
func memoryBreaks(f fault) map[Break]func(context.Context) (connectors.Source, error) {
	wrong := func(kind error) func(context.Context) (connectors.Source, error) {
		return func(context.Context) (connectors.Source, error) {
			m := newMemory(f)
			m.wrong = &connectors.Error{Kind: kind, Op: "open", Err: fmt.Errorf("refused"), Hint: "put it right"}
			switch f {
			case "tells the password":
				m.wrong.Err = fmt.Errorf("cannot connect to erp://ro:%s@host", Password)
			case "takes all failures for the network":
				m.wrong.Kind = connectors.ErrTransient
			case "gives no hint":
				m.wrong.Hint = ""
			}
			if f == "opens all the same" || errors.Is(kind, connectors.ErrSchema) {
				return m, nil
			}
			return nil, m.wrong
		}
	}
	login := func(writable ...string) func(context.Context) (connectors.Source, error) {
		return func(context.Context) (connectors.Source, error) {
			m := newMemory(f)
			m.writable = writable
			return m, nil
		}
	}
	return map[Break]func(context.Context) (connectors.Source, error){
		WrongLogin: wrong(connectors.ErrAuth), Unreachable: wrong(connectors.ErrUnreachable),
		MissingColumn: wrong(connectors.ErrSchema), DroppedTable: wrong(connectors.ErrSchema),
		ReadOnlyLogin: login(), WritingLogin: login("invoices"),
	}
}

// enter is the first thing that every read does.
func (m *memory) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil && m.fault != "ignores the context" {
		return fmt.Errorf("read: %w", err)
	}
	if m.wrong != nil && m.fault != "opens all the same" {
		return m.wrong
	}
	if m.fault == "one reader at a time" { // fails as soon as two are inside
		if m.inside.Add(1) == 2 {
			close(m.two)
		}
		<-m.two
		return fmt.Errorf("another read is running")
	}
	if m.fault == "writes" {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.audit++
	}
	return nil
}

func (m *memory) Check(ctx context.Context) (connectors.Report, error) {
	if err := m.enter(ctx); err != nil && m.wrong == nil {
		return connectors.Report{}, err
	}
	r := connectors.Report{Server: "Memory 1.0", Identity: "memory", Now: "2026-01-01T00:00:00.000000", Writable: m.writable}
	if m.wrong != nil {
		r.Missing = []string{"invoices.net"}
	}
	switch m.fault {
	case "checks each document":
		if m.tripwire && len(m.invoices()) > 100 {
			return r, fmt.Errorf("tripped")
		}
	case "sees every login as its own":
		r.Writable = []string{"invoices"}
	case "sees no grants":
		r.Writable = nil
	case "another server":
		r.Server = "SQLite 3"
	case "no identity":
		r.Identity = ""
	case "columns missing":
		r.Missing = []string{"invoices.net"}
	}
	return r, nil
}

// Examine tells the stamps that lie ahead.
func (m *memory) Examine(ctx context.Context) ([]connectors.Finding, error) {
	now, err := m.Now(ctx)
	if err != nil || m.fault == "does not examine" {
		return nil, err
	}
	ahead := 0
	for _, inv := range m.invoices() {
		if inv.Modified > now {
			ahead++
		}
	}
	f := connectors.Finding{Check: "stamps", Condition: connectors.Fine, Message: fmt.Sprintf("%d stamps in the future", ahead)}
	if ahead > 0 {
		f.Condition = connectors.Remark
	}
	return []connectors.Finding{f}, nil
}

func (m *memory) Now(ctx context.Context) (connectors.Stamp, error) {
	if m.fault == "clock is no stamp" {
		return "2026-01-01 00:00", nil
	}
	return "2026-01-01T00:00:00.000000", m.enter(ctx)
}

func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed && m.fault == "closes once" {
		return fmt.Errorf("already closed")
	}
	m.closed = true
	return nil
}

func (m *memory) Contractors(ctx context.Context, after connectors.Position, limit int) (connectors.Page[connectors.Contractor], error) {
	return list(ctx, m, m.contractors(), func(c connectors.Contractor) string { return c.ID }, after, limit)
}

// contractors are the contractors as the source shows them.
func (m *memory) contractors() []connectors.Contractor {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := slices.Clone(m.data.Contractors)
	if m.fault == "reads who has a new stamp" && m.stale != nil {
		out = slices.Clone(m.stale)
	}
	for i := range out {
		out[i].Name = m.text(out[i].Name)
		if m.fault == "shows the erased" && out[i].Erased {
			out[i].Erased, out[i].Active = false, true
		}
	}
	return out
}

func (m *memory) Representatives(ctx context.Context, after connectors.Position, limit int) (connectors.Page[connectors.Representative], error) {
	m.mu.Lock()
	out := slices.Clone(m.data.Representatives)
	m.mu.Unlock()
	for i := range out {
		out[i].Name = m.text(out[i].Name)
		switch m.fault {
		case "takes no consent for unknown":
			if len(out[i].Consents) == 0 {
				out[i].Consents = nil
			}
		case "knows no default":
			out[i].Default = false
		}
	}
	return list(ctx, m, out, func(r connectors.Representative) string { return r.ID }, after, limit)
}

// text is a text as the source shows it.
func (m *memory) text(s string) string {
	switch m.fault {
	case "writes NULL":
		if s == "" {
			return "NULL"
		}
	case "keeps two bytes a letter":
		return strings.Map(func(r rune) rune {
			if r > 0xFFFF {
				return '?'
			}
			return r
		}, s)
	case "ends at a NUL":
		s, _, _ = strings.Cut(s, "\x00")
	case "takes escapes":
		return strings.ReplaceAll(s, `\\`, `\`)
	case "cuts long texts":
		return string([]rune(s)[:min(200, len([]rune(s)))])
	}
	return strings.ReplaceAll(s, "\x00", "")
}

func (m *memory) ContractorsByKey(ctx context.Context, keys []string) ([]connectors.Contractor, error) {
	if err := m.tooMany(ctx, len(keys)); err != nil {
		return nil, err
	}
	var out []connectors.Contractor
	for _, c := range m.contractors() {
		if slices.Contains(keys, c.ID) {
			out = append(out, c)
		}
	}
	return out, nil
}

func (m *memory) Invoices(ctx context.Context, r connectors.Range, limit int) (connectors.Page[connectors.Invoice], error) {
	var rows []connectors.Invoice
	for _, inv := range m.invoices() {
		if m.inRange(inv.Modified, r) && inv.OutOfScope == "" && !m.hidden(inv.State) {
			rows = append(rows, m.seen(inv))
		}
	}
	position := func(i connectors.Invoice) string { return string(i.Modified) + "|" + i.Key.ID }
	if m.fault == "position is the stamp alone" {
		position = func(i connectors.Invoice) string { return string(i.Modified) }
	}
	page, err := list(ctx, m, rows, position, r.After, limit)
	if m.fault == "position cut to milliseconds" && len(page.Next) > 26 {
		page.Next = page.Next[:23] + page.Next[26:]
	}
	if m.tripwire && len(page.Items) > 100 {
		return page, fmt.Errorf("tripped")
	}
	if m.fault == "lines by parameters" && len(page.Items) > 2100 {
		return page, fmt.Errorf("%d parameters are too many", len(page.Items))
	}
	if len(page.Items) > 0 {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.newest = max(m.newest, page.Items[len(page.Items)-1].Modified)
	}
	return page, err
}

func (m *memory) inRange(s connectors.Stamp, r connectors.Range) bool {
	switch m.fault {
	case "floor is exclusive":
		return (s > r.Floor || r.Floor == "") && s <= r.Ceiling
	case "ceiling is exclusive":
		return s >= r.Floor && s < r.Ceiling
	case "reads the future":
		return s >= r.Floor
	case "remembers the newest": // state of its own instead of the caller's floor
		return s >= max(r.Floor, m.newest) && s <= r.Ceiling
	case "loses seconds' fractions":
		return s[:16] >= r.Floor[:min(16, len(r.Floor))] && s <= r.Ceiling
	}
	return s >= r.Floor && s <= r.Ceiling
}

func (m *memory) hidden(s connectors.State) bool {
	return m.fault == "hides the buffer" && s == connectors.Buffered ||
		m.fault == "hides cancelled" && s == connectors.Cancelled
}

// seen is where a source that caches documents goes wrong.
func (m *memory) seen(inv connectors.Invoice) connectors.Invoice {
	if m.fault != "caches documents" {
		return inv
	}
	if _, ok := m.cache[inv.Key]; !ok {
		m.cache[inv.Key] = inv
	}
	stale := m.cache[inv.Key]
	stale.Modified = inv.Modified
	return stale
}

func (m *memory) InvoicesByKey(ctx context.Context, keys []connectors.InvoiceKey) ([]connectors.Invoice, error) {
	if err := m.tooMany(ctx, len(keys)); err != nil {
		return nil, err
	}
	if len(keys) == 0 && m.fault == "no keys means all" {
		return m.invoices(), nil
	}
	var out []connectors.Invoice
	for _, inv := range m.invoices() {
		if inv.OutOfScope != "" && m.fault == "filters by key" {
			continue
		}
		if m.fault == "looks at no payment of old" {
			inv.Paid = false
		}
		if inv.OutOfScope != "" && m.fault == "does not tell the scope" {
			inv.OutOfScope = ""
		}
		untyped := connectors.InvoiceKey{ID: inv.Key.ID}
		if slices.Contains(keys, inv.Key) || slices.Contains(keys, untyped) && m.fault != "needs the type" {
			out = append(out, inv)
		}
	}
	return out, nil
}

func (m *memory) tooMany(ctx context.Context, n int) error {
	if n > 2000 && m.fault == "too many parameters" {
		return fmt.Errorf("%d parameters are too many", n)
	}
	return m.enter(ctx)
}

func (m *memory) Keys(ctx context.Context, from connectors.Date, after connectors.Position, limit int) (connectors.Page[connectors.KeyDigest], error) {
	var rows []connectors.KeyDigest
	for _, inv := range m.invoices() {
		if inv.OutOfScope != "" && m.fault != "sweep ignores the filter" || inv.IssuedOn < from {
			continue
		}
		if m.fault == "first day is left out" && inv.IssuedOn == from || m.fault == "sweep stops at now" && inv.Modified > "2026" {
			continue
		}
		if m.fault == "sweep has its own digest" {
			inv.Digest += "k"
		}
		rows = append(rows, connectors.KeyDigest{Key: inv.Key, Digest: inv.Digest})
	}
	return list(ctx, m, rows, func(k connectors.KeyDigest) string { return k.Key.ID }, after, limit)
}

// invoices are the documents as the source shows them.
func (m *memory) invoices() []connectors.Invoice {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := slices.Clone(m.data.Invoices)
	for i := range out {
		if before, ok := m.before[out[i].Key]; ok && m.fault == "reads lines later" {
			before.Lines = out[i].Lines
			out[i] = before
		}
		if out[i].Class == "PA" {
			out[i].OutOfScope = "class PA is not in the filter"
		}
		m.spoil(&out[i])
		out[i].Digest = m.digest(out[i])
	}
	return out
}

// spoil loses what careless reading loses.
func (m *memory) spoil(inv *connectors.Invoice) {
	switch m.fault {
	case "reads through floats":
		f, _ := inv.Net.Float64()
		inv.Net = decimal.NewFromFloat(f)
	case "stamps go through UTC":
		if inv.Modified == missing {
			inv.Modified = inv.Modified.Add(3600e9)
		}
	case "drops the sign":
		inv.Gross = inv.Gross.Abs()
	case "stops at 1,000 lines":
		inv.Lines = inv.Lines[:min(1000, len(inv.Lines))]
	case "ASCII only":
		inv.Number = strings.ToValidUTF8(strings.Map(func(r rune) rune {
			if r > 127 {
				return '?'
			}
			return r
		}, inv.Number), "")
	}
	inv.Lines = slices.Clone(inv.Lines)
	for i := range inv.Lines {
		l := &inv.Lines[i]
		if l.Name = m.text(l.Name); m.fault == "all lines are goods" {
			l.Kind = connectors.Goods
		}
	}
}

func (m *memory) digest(inv connectors.Invoice) string {
	what := fmt.Sprint(inv.State, inv.Key, inv.Buyer, inv.Net, inv.Gross, inv.Lines)
	switch m.fault {
	case "digest of the total":
		what = fmt.Sprint(inv.Key, inv.Gross)
	case "digest of the stamp":
		what = fmt.Sprint(inv.Key, inv.Modified)
	case "no digest":
		return ""
	case "digest of what moves forward":
		if seen, ok := m.cache[inv.Key]; ok && inv.Modified < seen.Modified {
			return seen.Digest
		}
		inv.Digest = fmt.Sprintf("%x", sha256.Sum256([]byte(what)))
		m.cache[inv.Key] = inv
		return inv.Digest
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(what)))
}

// list is one page of rows in the order of their positions.
func list[T any](ctx context.Context, m *memory, rows []T, position func(T) string, after connectors.Position, limit int) (connectors.Page[T], error) {
	page := connectors.Page[T]{Next: after}
	if err := m.enter(ctx); err != nil {
		return page, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch m.fault {
	case "positions are consumed":
		if after != "" && m.asked[after] {
			return page, fmt.Errorf("the position is used up")
		}
		m.asked[after] = true
	case "positions are bytes":
		after = connectors.Position(strings.TrimPrefix(string(after), "\xff"))
	}
	rows = slices.SortedFunc(slices.Values(rows), func(a, b T) int {
		if m.fault == "numbers in order, positions as text" {
			return cmp.Or(cmp.Compare(len(position(a)), len(position(b))), cmp.Compare(position(a), position(b)))
		}
		return cmp.Compare(position(a), position(b))
	})
	for i, row := range rows {
		p := connectors.Position(position(row))
		if m.fault == "positions are counts" {
			p = connectors.Position(fmt.Sprintf("%06d", i+1))
		}
		if p < after || p == after && m.fault != "last row again" {
			continue
		}
		if len(page.Items) == limit {
			return page, nil
		}
		page.Items, page.Next = append(page.Items, row), p
		if m.fault == "positions are bytes" {
			page.Next = "\xff" + p
		}
	}
	page.Done = true
	if m.fault == "invents a record" && len(rows) == 0 {
		page.Items = append(page.Items, *new(T))
		page.Next = "x"
	}
	if m.fault == "stops at a full page" && len(page.Items) == limit {
		page.Items = page.Items[:limit-1]
	}
	return page, nil
}
