package mapping_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/connectors"
)

// TestDocumentHash lists, field by field, what counts as a change of a document.
func TestDocumentHash(t *testing.T) {
	type invoiceChange = func(*connectors.Invoice)
	tests := []struct {
		name    string
		change  invoiceChange
		changes bool
	}{
		{"nothing", func(*connectors.Invoice) {}, false},
		{"stamp", func(i *connectors.Invoice) { i.Modified = "2027-01-01T00:00:00.000000" }, false},
		{"digest", func(i *connectors.Invoice) { i.Digest = "d2" }, false},
		{"payment", func(i *connectors.Invoice) { i.Paid = false }, false},
		{"the key", func(i *connectors.Invoice) { i.Key.ID = "101" }, false},
		{"padding", func(i *connectors.Invoice) { i.Number, i.Lines[0].Code = "FS/1/2026", "WINE-1" }, false},
		{"trailing zeros", func(i *connectors.Invoice) { i.Net, i.Lines[1].Net = number("110.5000"), decimal.New(1, 1) }, false},
		{"so many zeros that it needs more than 64 bits", func(i *connectors.Invoice) { i.Net = number("110.500000000000000000000") }, false},
		{"the other unit", func(i *connectors.Invoice) { i.Lines[0].DocumentQuantity = number("3") }, false},
		{"attribute nobody uses", func(i *connectors.Invoice) { i.Attributes["X"] = "1" }, false},
		{"attributes read in another order", func(i *connectors.Invoice) { i.Lines[0].Attributes = map[string]string{"Q": "2", "P": "1", "R": ""} }, false},

		{"number", func(i *connectors.Invoice) { i.Number = "FS/2" }, true},
		{"external number", func(i *connectors.Invoice) { i.ExternalNo = "" }, true},
		{"state", func(i *connectors.Invoice) { i.State = connectors.Buffered }, true},
		{"date of issue", func(i *connectors.Invoice) { i.IssuedOn = "2026-02-03" }, true},
		{"date of sale", func(i *connectors.Invoice) { i.SoldOn = "2026-02-03" }, true},
		{"buyer", func(i *connectors.Invoice) { i.Buyer = "9" }, true},
		{"recipient", func(i *connectors.Invoice) { i.Recipient = "9" }, true},
		{"payer", func(i *connectors.Invoice) { i.Payer = "9" }, true},
		{"currency", func(i *connectors.Invoice) { i.Currency = "USD" }, true},
		{"rate", func(i *connectors.Invoice) { i.Rate = number("4.2568") }, true},
		{"net", func(i *connectors.Invoice) { i.Net = number("110.51") }, true},
		{"gross", func(i *connectors.Invoice) { i.Gross = number("-135.92") }, true},
		{"store", func(i *connectors.Invoice) { i.Store = "SHOP-8" }, true},
		{"payment form", func(i *connectors.Invoice) { i.PaymentForm = "cash" }, true},
		{"corrects", func(i *connectors.Invoice) { i.Corrects = "" }, true},
		{"return", func(i *connectors.Invoice) { i.Return = false }, true},
		{"counted elsewhere", func(i *connectors.Invoice) { i.NotCounted = "its invoice counts" }, true},
		{"out of scope", func(i *connectors.Invoice) { i.OutOfScope = "" }, true},
		{"a line less", func(i *connectors.Invoice) { i.Lines = i.Lines[:1] }, true},
		{"order of lines", func(i *connectors.Invoice) { i.Lines[0], i.Lines[1] = i.Lines[1], i.Lines[0] }, true},
		{"line id", func(i *connectors.Invoice) { i.Lines[0].ID = "7" }, true},
		{"line corrects", func(i *connectors.Invoice) { i.Lines[0].Corrects = "" }, true},
		{"line number", func(i *connectors.Invoice) { i.Lines[0].No = 7 }, true},
		{"line kind", func(i *connectors.Invoice) { i.Lines[0].Kind = connectors.Service }, true},
		{"line code", func(i *connectors.Invoice) { i.Lines[0].Code = "WINE-2" }, true},
		{"line name", func(i *connectors.Invoice) { i.Lines[0].Name = "wino" }, true},
		{"a surcharge", func(i *connectors.Invoice) { i.Lines[0].Discount = number("-5") }, false},
		{"a discount", func(i *connectors.Invoice) { i.Lines[0].Discount = number("5") }, true},
		{"discounted, nobody knows by how much", func(i *connectors.Invoice) { i.Lines[0].Discounted = true }, true},
		{"line group", func(i *connectors.Invoice) { i.Lines[0].Group = "ALKO" }, true},
		{"line quantity", func(i *connectors.Invoice) { i.Lines[0].Quantity = number("120") }, true},
		{"line unit", func(i *connectors.Invoice) { i.Lines[0].Unit = "but" }, true},
		{"line net", func(i *connectors.Invoice) { i.Lines[0].Net = number("1005") }, true},
		{"line gross", func(i *connectors.Invoice) { i.Lines[0].Gross = decimal.Zero }, true},
		{"line attribute", func(i *connectors.Invoice) { i.Lines[0].Attributes["P"] = "2" }, true},
		{"line attribute's name", func(i *connectors.Invoice) { i.Lines[0].Attributes = map[string]string{"P": "1", "R": "2"} }, true},
	}
	m := compile(t, config())
	hash := func(inv connectors.Invoice) string {
		doc, _, err := m.Document(inv, nil)
		if err != nil {
			t.Fatal(err)
		}
		return doc.Hash
	}
	before := hash(invoice())
	for _, tt := range tests {
		inv := invoice()
		tt.change(&inv)
		if changes := hash(inv) != before; changes != tt.changes {
			t.Errorf("%s: hash changes: %v", tt.name, changes)
		}
	}
}

// TestHashesStay: a document without what later versions know of it keeps its hash,
// or every document of every store would be evaluated once more.
func TestHashesStay(t *testing.T) {
	if got, want := hashOf(t, invoice()), "CBG0rysDRzmIqx1Kdl71M4eBRsmSBu6rEw33Bmt8oy0"; got != want {
		t.Errorf("the hash is %s, was %s", got, want)
	}
}

func TestPaymentCountsWhenAsked(t *testing.T) {
	cfg := config()
	cfg.HashPaid = true
	m := compile(t, cfg)
	paid, _, err := m.Document(invoice(), nil)
	if err != nil {
		t.Fatal(err)
	}
	inv := invoice()
	inv.Paid = false
	unpaid, _, err := m.Document(inv, nil)
	if err != nil || unpaid.Hash == paid.Hash {
		t.Errorf("payment does not change the hash, %v", err)
	}
}

// content is the part of an invoice that the property below varies: few
// values, so that equal ones are drawn often, and ones that only a careful
// encoding keeps apart.
type content struct {
	number, external, store string
	net                     decimal.Decimal
	codes                   []string
	attributes              map[string]string
}

func (c content) invoice() connectors.Invoice {
	inv := connectors.Invoice{State: connectors.Released, IssuedOn: "2026-01-01", Number: c.number, ExternalNo: c.external, Store: c.store, Net: c.net}
	for _, code := range c.codes {
		inv.Lines = append(inv.Lines, connectors.Line{Code: code, Attributes: c.attributes})
	}
	return inv
}

func (c content) equal(o content) bool {
	return c.number == o.number && c.external == o.external && c.store == o.store && c.net.Equal(o.net) &&
		strings.Join(c.codes, "|") == strings.Join(o.codes, "|") && len(c.codes) == len(o.codes) &&
		(len(c.codes) == 0 || maps.Equal(c.attributes, o.attributes))
}

func TestHashIsEqualExactlyForEqualContent(t *testing.T) {
	text := rapid.SampledFrom([]string{"", "A", "AB", "B", "\x01", "\x02A"})
	amount := rapid.Custom(func(t *rapid.T) decimal.Decimal {
		d := decimal.New(rapid.Int64Range(-2, 2).Draw(t, "digits"), rapid.Int32Range(-1, 1).Draw(t, "exponent"))
		if rapid.Bool().Draw(t, "large") {
			d = d.Mul(decimal.RequireFromString("1000000000000000000000"))
		}
		for range rapid.IntRange(0, 25).Draw(t, "zeros") { // the same number, written longer
			d = d.Add(decimal.New(0, d.Exponent()-1))
		}
		return d
	})
	draw := rapid.Custom(func(t *rapid.T) content {
		return content{
			number: text.Draw(t, "number"), external: text.Draw(t, "external"), store: text.Draw(t, "store"), net: amount.Draw(t, "net"),
			codes:      rapid.SliceOfN(rapid.SampledFrom([]string{"", "A", "AB"}), 0, 2).Draw(t, "codes"),
			attributes: rapid.MapOfN(rapid.SampledFrom([]string{"", "A", "B"}), rapid.SampledFrom([]string{"A", "B"}), 0, 2).Draw(t, "attributes"),
		}
	})
	m := compile(t, config())
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw.Draw(t, "a"), draw.Draw(t, "b")
		switch rapid.IntRange(0, 3).Draw(t, "difference") { // mostly near each other
		case 0:
			b = a
			b.net = amount.Draw(t, "other net")
		case 1:
			b = a
			b.number, b.external = text.Draw(t, "other number"), text.Draw(t, "other external")
		case 2:
			b = a
			b.attributes = maps.Clone(a.attributes)
		}
		one, _, err := m.Document(a.invoice(), nil)
		if err != nil {
			t.Fatal(err)
		}
		other, _, err := m.Document(b.invoice(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if (one.Hash == other.Hash) != a.equal(b) {
			t.Fatalf("hashes equal: %v, content equal: %v", one.Hash == other.Hash, a.equal(b))
		}
	})
}

func hashOf(t *testing.T, inv connectors.Invoice) string {
	t.Helper()
	doc, _, err := compile(t, config()).Document(inv, resolve)
	if err != nil {
		t.Fatal(err)
	}
	return doc.Hash
}
