package sample

import (
	"fmt"
	"slices"
	"time"
)

const (
	dateLayout  = "2006-01-02"
	stampLayout = "2006-01-02 15:04:05.000"

	buffered  = 0
	released  = 1
	cancelled = 2

	invoiceType    = "FS"
	correctionType = "FSK"
)

// document is a sales document; amounts are in hundredths of its currency.
type document struct {
	id               int64
	kind, number     string
	state            int
	issued, changed  time.Time
	buyer, recipient int64
	currency, rate   string
	store, payment   string
	paid             bool
	corrects         *document
	lines            []line
}

type line struct {
	id         int64
	item       int64
	quantity   int64 // thousandths
	net, gross int64
	vat        int64
	corrects   int64 // line id
}

func (d *document) totals() (net, gross int64) {
	for _, l := range d.lines {
		net, gross = net+l.net, gross+l.gross
	}
	return net, gross
}

// makeHistory makes documents over the 18 months before now, in the order of
// their issue, which is also that of their keys.
func (g *generator) makeHistory(c Config) []*document {
	corrections := c.Rows / 20
	originals := c.Rows - corrections
	start := c.Now.AddDate(0, -18, 0)
	span := c.Now.Sub(start)
	all := make([]*document, 0, c.Rows)
	for i := range originals {
		part := span / time.Duration(originals)
		at := start.Add(part*time.Duration(i) + time.Duration(g.rng.Int64N(int64(part)+1)))
		d := g.newDocument(at)
		d.settle(g, c.Now)
		all = append(all, d)
	}
	g.bufferNewest(all, c.Rows*3/100)
	all = append(all, g.makeCorrections(all, corrections, c.Now)...)
	slices.SortStableFunc(all, func(a, b *document) int { return a.issued.Compare(b.issued) })
	numbers := map[string]int{}
	for i, d := range all {
		d.id = int64(i + 1)
		month := d.kind + d.issued.Format("200601")
		numbers[month]++
		d.number = number(d.kind, numbers[month], d.issued)
	}
	return all
}

func number(kind string, n int, at time.Time) string {
	return fmt.Sprintf("%s/%d/%s", kind, n, at.Format("01/2006"))
}

// newDocument is an invoice in the buffer.
func (g *generator) newDocument(at time.Time) *document {
	buyer := g.contractors[g.rng.IntN(len(g.contractors))]
	d := &document{
		kind: invoiceType, state: buffered, issued: at, changed: at, buyer: buyer.id, recipient: buyer.id, currency: buyer.currency,
		store: fmt.Sprintf("MAG%d", 1+g.rng.IntN(3)), payment: []string{"przelew", "gotówka", "karta"}[g.rng.IntN(3)],
	}
	if buyer.currency != "PLN" {
		d.rate = fmt.Sprintf("4.%04d", 2000+g.rng.IntN(1500))
	}
	if g.oneIn(15) && buyer.id < euroCustomer { // delivered to another firm of the group
		d.recipient = 1 + buyer.id%int64(len(firmNames))
	}
	for range 1 + g.rng.IntN(5) {
		g.addLine(d, g.items[g.rng.IntN(len(g.items))])
	}
	return d
}

// addLine sells some of an item; a bottle may bring its deposit along.
func (g *generator) addLine(d *document, it item) {
	quantity := int64(1+g.rng.IntN(12)) * 1000
	switch {
	case it.unit != "szt":
		quantity = int64(1+g.rng.IntN(80)) * 125 // eighths
	case it.price > 10_000:
		quantity = int64(1+g.rng.IntN(2)) * 1000
	}
	price, vat := it.price, it.vat
	if d.currency != "PLN" { // a delivery to another country of the Union
		price, vat = price/4, 0
	}
	d.lines = append(d.lines, g.line(it.id, quantity, price, vat))
	if it.group == "ALKO/PIWA" && g.oneIn(2) {
		deposit := g.items[slices.IndexFunc(g.items, func(i item) bool { return i.kind == "deposit" })]
		d.lines = append(d.lines, g.line(deposit.id, quantity, deposit.price, deposit.vat))
	}
}

func (g *generator) line(item, quantity, price, vat int64) line {
	g.nextLine++
	net := halfUp(price*quantity, 1000)
	return line{id: g.nextLine, item: item, quantity: quantity, net: net, gross: net + halfUp(net*vat, 100), vat: vat}
}

// halfUp divides and rounds half away from zero.
func halfUp(amount, by int64) int64 {
	if amount < 0 {
		return -halfUp(-amount, by)
	}
	return (amount + by/2) / by
}

// settle takes a document out of the buffer some hours after its issue.
func (d *document) settle(g *generator, now time.Time) {
	d.state = released
	d.changed = earlier(d.issued.Add(time.Duration(1+g.rng.IntN(48*60))*time.Minute), now)
	if g.oneIn(50) {
		d.state = cancelled
	}
	d.paid = d.payment != "przelew" || now.Sub(d.issued) > 30*24*time.Hour
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// bufferNewest puts n of the newest documents back into the buffer, every other
// one.
func (g *generator) bufferNewest(all []*document, n int) {
	for i := len(all) - 1; i >= 0 && n > 0; i -= 2 {
		all[i].state, all[i].changed, all[i].paid = buffered, all[i].issued, false
		n--
	}
}

// makeCorrections corrects up to n released documents, some days after them.
func (g *generator) makeCorrections(all []*document, n int, now time.Time) []*document {
	var out []*document
	for i := 0; i < len(all) && len(out) < n; i += max(1, len(all)/(n+n/5+1)) {
		original := all[i]
		at := original.changed.Add(time.Duration(24+g.rng.IntN(20*24)) * time.Hour)
		if original.state == released && at.Before(now) {
			out = append(out, g.correct(original, at))
		}
	}
	return out
}

// correct takes back a line or, one time in four, everything: differences, each
// linked to the line that it changes.
func (g *generator) correct(original *document, at time.Time) *document {
	d := *original
	d.kind, d.state, d.issued, d.changed, d.corrects, d.lines = correctionType, released, at, at, original, nil
	if g.oneIn(4) {
		for _, l := range original.lines {
			d.lines = append(d.lines, g.takeBack(l, l.quantity))
		}
		return &d
	}
	l := original.lines[g.rng.IntN(len(original.lines))]
	back := max(1000, l.quantity/2000*1000)
	d.lines = []line{g.takeBack(l, min(back, l.quantity))}
	return &d
}

func (g *generator) takeBack(l line, quantity int64) line {
	g.nextLine++
	net := -halfUp(l.net*quantity, l.quantity)
	gross := -l.gross
	if quantity != l.quantity {
		gross = net + halfUp(net*l.vat, 100)
	}
	return line{id: g.nextLine, item: l.item, quantity: -quantity, net: net, gross: gross, vat: l.vat, corrects: l.id}
}
