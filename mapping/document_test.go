package mapping_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/mapping"
)

func number(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func invoice() connectors.Invoice {
	return connectors.Invoice{
		Key: connectors.InvoiceKey{Type: "ARI", ID: "100"}, Number: "FS/1/2026 ", ExternalNo: "KSEF-1", State: connectors.Released,
		Modified: "2026-02-03T10:00:00.000000", IssuedOn: "2026-02-02", SoldOn: "2026-01-31", Buyer: "1", Recipient: "2", Payer: "3",
		Currency: "EUR", Rate: number("4.2567"), Net: number("110.50"), Gross: number("135.92"), Store: "SHOP-7", PaymentForm: "card",
		Paid: true, Corrects: "99", Return: true, OutOfScope: "class", Digest: "d1", Attributes: map[string]string{"POINTS_TO": "K900"},
		Lines: []connectors.Line{
			{
				ID: "1", Corrects: "l1", No: 1, Kind: connectors.Goods, Code: "WINE-1 ", Name: "Wino", Group: "ALKO/WINA",
				Quantity: number("12"), Unit: "szt", DocumentQuantity: number("2"), DocumentUnit: "karton",
				Net: number("100.50"), Gross: number("123.62"), Attributes: map[string]string{"P": "1", "Q": "2"},
			},
			{ID: "2", No: 2, Kind: connectors.Deposit, Code: "KAUCJA", Quantity: number("20"), Unit: "szt", Net: number("10"), Gross: number("12.30")},
		},
	}
}

func TestDocument(t *testing.T) {
	got, warnings, err := compile(t, config()).Document(invoice(), resolve)
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	want := loyalty.Document{
		Key: loyalty.Key{Type: "ARI", ID: "100"}, Number: "FS/1/2026", ExternalNo: "KSEF-1", State: loyalty.Released,
		Date: loyalty.NewDate(2026, time.January, 31), IssuedOn: loyalty.NewDate(2026, time.February, 2), SoldOn: loyalty.NewDate(2026, time.January, 31),
		Buyer: "1", Recipient: "2", Payer: "3", Party: "1", Currency: "EUR", Rate: number("4.2567"), Net: number("110.50"), Gross: number("135.92"),
		Store: "SHOP-7", Channel: "shop", PaymentForm: "card", Paid: true, Corrects: "99", Return: true, OutOfScope: "class",
		Hash: got.Hash, Digest: "d1", Modified: "2026-02-03T10:00:00.000000",
		Lines: []loyalty.Line{
			{
				ID: "1", Corrects: "l1", No: 1, Kind: loyalty.Goods, Code: "WINE-1", Name: "Wino", Group: "ALKO/WINA", Quantity: number("12"), Unit: "szt",
				Net: number("100.50"), Gross: number("123.62"), Attributes: loyalty.Attributes{"P": "1", "Q": "2"},
			},
			{ID: "2", No: 2, Kind: loyalty.Deposit, Code: "KAUCJA", Quantity: number("20"), Unit: "szt", Net: number("10"), Gross: number("12.30")},
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestDocumentDate(t *testing.T) {
	tests := []struct {
		setting          string
		issued, sold     connectors.Date
		want, outOfScope string
	}{
		{"", "2026-02-02", "2026-01-31", "2026-01-31", ""},
		{"sale", "2026-02-02", "2026-01-31", "2026-01-31", ""},
		{"sale", "2026-02-02", "", "2026-02-02", ""},
		{"issue", "2026-02-02", "2026-01-31", "2026-02-02", ""},
		{"issue", "", "2026-01-31", "2026-01-31", ""},
		{"issue", "", "", "", "the document has no date"},
	}
	for _, tt := range tests {
		cfg := config()
		cfg.DocumentDate = tt.setting
		inv := invoice()
		inv.IssuedOn, inv.SoldOn, inv.OutOfScope = tt.issued, tt.sold, ""
		got, _, err := compile(t, cfg).Document(inv, nil)
		if err != nil || got.Date.String() != tt.want || got.OutOfScope != tt.outOfScope {
			t.Errorf("%+v: %q, %q, %v", tt, got.Date, got.OutOfScope, err)
		}
	}
}

// TestTime: hours are those of the zone of business dates, whatever clock the ERP
// goes by; the day stays the document's. They are of the day of issue.
func TestTime(t *testing.T) {
	utc, warsaw := time.UTC, zone(t, "Europe/Warsaw")
	for _, tt := range []struct {
		name         string
		source, here *time.Location
		issued       connectors.Date
		time         connectors.Time
		want         loyalty.TimeOfDay
	}{
		{"none", utc, warsaw, "2026-02-02", "", ""},
		{"one clock", warsaw, warsaw, "2026-02-02", "17:45", "17:45"},
		{"no zones", nil, nil, "2026-02-02", "17:45", "17:45"},
		{"winter", utc, warsaw, "2026-02-02", "17:45", "18:45"},
		{"summer", utc, warsaw, "2026-07-02", "23:10", "01:10"},
		{"no day", utc, warsaw, "", "17:45", ""},
	} {
		cfg := config()
		cfg.DocumentDate = "issue"
		cfg.SourceZone, cfg.Zone = tt.source, tt.here
		inv := invoice()
		inv.IssuedOn, inv.Time = tt.issued, tt.time
		doc, _, err := compile(t, cfg).Document(inv, resolve)
		if err != nil || doc.Time != tt.want || doc.SoldOn.String() != "2026-01-31" {
			t.Errorf("%s: %q on %s, %v; want %q", tt.name, doc.Time, doc.SoldOn, err, tt.want)
		}
	}
	inv := invoice()
	before := hashOf(t, inv)
	if inv.Time = "17:45"; hashOf(t, inv) != before {
		t.Error("the time of issue is taken for one of the sale, on another day")
	}
	inv.SoldOn, inv.Time = inv.IssuedOn, ""
	before = hashOf(t, inv)
	if inv.Time = "17:45"; hashOf(t, inv) == before {
		t.Error("a time that became known does not change the document")
	}
	inv.Time = "5 pm"
	if _, _, err := compile(t, config()).Document(inv, resolve); err == nil {
		t.Error("a time that is none was taken")
	}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	at, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestParty(t *testing.T) {
	tests := []struct {
		name, pointsTo, attribute string
		recipient, payer, value   string
		want                      string
		warns                     bool
	}{
		{"buyer by default", "", "", "2", "3", "", "1", false},
		{"recipient", "recipient", "", "2", "3", "", "2", false},
		{"recipient missing", "recipient", "", "", "3", "", "1", false},
		{"payer", "payer", "", "2", "3", "", "3", false},
		{"payer missing", "payer", "", "2", "", "", "1", false},
		{"attribute", "recipient", "POINTS_TO", "2", "3", " K900 ", "900", false},
		{"attribute empty", "recipient", "POINTS_TO", "2", "3", "  ", "2", false},
		{"attribute with an unknown code gives nobody the points", "recipient", "POINTS_TO", "2", "3", "K905", "", true},
		{"attribute with another case", "buyer", "POINTS_TO", "2", "3", "k900", "", true},
		{"attribute that is not configured", "buyer", "", "2", "3", "K900", "1", false},
	}
	for _, tt := range tests {
		cfg := config()
		cfg.PointsTo, cfg.PointsToAttribute = tt.pointsTo, tt.attribute
		inv := invoice()
		inv.Recipient, inv.Payer, inv.Attributes = tt.recipient, tt.payer, map[string]string{"POINTS_TO": tt.value}
		got, warnings, err := compile(t, cfg).Document(inv, resolve)
		if err != nil || got.Party != tt.want || (len(warnings) > 0) != tt.warns {
			t.Errorf("%s: party %q, %v, %v", tt.name, got.Party, warnings, err)
		}
		for _, w := range warnings {
			if !strings.Contains(w.Message, "document ARI 100") || strings.Contains(strings.ToUpper(w.Message), tt.value) || w.Hint == "" {
				t.Errorf("%s: %+v", tt.name, w)
			}
		}
	}
}

func TestUnit(t *testing.T) {
	tests := []struct {
		name, unit   string
		line         connectors.Line
		want, inUnit string
	}{
		{"base", "base", invoice().Lines[0], "12", "szt"},
		{"document", "document", invoice().Lines[0], "2", "karton"},
		{"document, unknown to the source", "document", invoice().Lines[1], "20", "szt"},
		{"document, zero of it", "document", connectors.Line{Quantity: number("1"), Unit: "szt", DocumentUnit: "karton"}, "0", "karton"},
	}
	for _, tt := range tests {
		cfg := config()
		cfg.Unit = tt.unit
		inv := invoice()
		inv.Lines = []connectors.Line{tt.line}
		got, _, err := compile(t, cfg).Document(inv, nil)
		if err != nil || got.Lines[0].Quantity.String() != tt.want || got.Lines[0].Unit != tt.inUnit {
			t.Errorf("%s: %s %s, %v", tt.name, got.Lines[0].Quantity, got.Lines[0].Unit, err)
		}
	}
}

func TestChannelStateKindCurrency(t *testing.T) {
	tests := []struct {
		name   string
		change func(*connectors.Invoice)
		got    func(loyalty.Document) any
		want   any
	}{
		{"store by name", func(i *connectors.Invoice) { i.Store = "MAG1 " }, func(d loyalty.Document) any { return d.Channel }, "shop"},
		{"the first channel wins", func(i *connectors.Invoice) { i.Store = "SHOP-" }, func(d loyalty.Document) any { return d.Channel }, "shop"},
		{"another store", func(i *connectors.Invoice) { i.Store = "shop-1" }, func(d loyalty.Document) any { return d.Channel }, "rest"},
		{"no store, no channel", func(i *connectors.Invoice) { i.Store = "" }, func(d loyalty.Document) any { return d.Channel }, ""},
		{"buffered", func(i *connectors.Invoice) { i.State = connectors.Buffered }, func(d loyalty.Document) any { return d.State }, loyalty.Buffered},
		{"cancelled", func(i *connectors.Invoice) { i.State = connectors.Cancelled }, func(d loyalty.Document) any { return d.State }, loyalty.Cancelled},
		{"a line without a kind is goods", func(i *connectors.Invoice) { i.Lines[0].Kind = "" }, func(d loyalty.Document) any { return d.Lines[0].Kind }, loyalty.Goods},
		{"no currency is the base's", func(i *connectors.Invoice) { i.Currency, i.Rate = "", decimal.Zero }, func(d loyalty.Document) any { return d.Currency + d.Rate.String() }, "PLN1"},
		{"base currency has rate 1", func(i *connectors.Invoice) { i.Currency, i.Rate = "PLN", decimal.Zero }, func(d loyalty.Document) any { return d.Rate.String() }, "1"},
		{"an unknown rate stays unknown", func(i *connectors.Invoice) { i.Rate = decimal.Zero }, func(d loyalty.Document) any { return d.Rate.String() }, "0"},
		{"no lines", func(i *connectors.Invoice) { i.Lines = nil }, func(d loyalty.Document) any { return len(d.Lines) }, 0},
	}
	m := compile(t, config())
	for _, tt := range tests {
		inv := invoice()
		tt.change(&inv)
		doc, _, err := m.Document(inv, nil)
		if err != nil || tt.got(doc) != tt.want {
			t.Errorf("%s: %v, want %v, %v", tt.name, tt.got(doc), tt.want, err)
		}
	}
}

func TestDocumentErrors(t *testing.T) {
	tests := []struct {
		change func(*connectors.Invoice)
		want   string
	}{
		{func(i *connectors.Invoice) { i.IssuedOn = "02.02.2026" }, "date of issue"},
		{func(i *connectors.Invoice) { i.SoldOn = "2026-02-30" }, "date of sale"},
		{func(i *connectors.Invoice) { i.State = "posted" }, `"posted" is no state`},
		{func(i *connectors.Invoice) { i.State = "" }, "no state"},
		{func(i *connectors.Invoice) { i.Lines[1].Kind = "bottle" }, `line 2: "bottle" is no kind`},
	}
	m := compile(t, config())
	for _, tt := range tests {
		inv := invoice()
		tt.change(&inv)
		_, _, err := m.Document(inv, nil)
		if err == nil || !strings.Contains(err.Error(), "source erp: document ARI 100: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.want, err)
		}
		if loyalty.CodeOf(err) != loyalty.CodeInvalid {
			t.Errorf("%s: code %s", tt.want, loyalty.CodeOf(err))
		}
	}
}

func TestMappingFromManyGoroutines(t *testing.T) {
	m := compile(t, config())
	want, _, err := m.Document(invoice(), resolve)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				got, _, err := m.Document(invoice(), resolve)
				if err != nil || got.Hash != want.Hash {
					t.Errorf("%s, %v", got.Hash, err)
				}
				if p, err := m.Participation(person(), resolve); err != nil || !p.TakesPart {
					t.Errorf("%+v, %v", p, err)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkDocument(b *testing.B) {
	m, faults := mapping.Compile(config())
	if len(faults) > 0 {
		b.Fatal(faults)
	}
	inv := invoice()
	inv.Lines = nil
	for i := range 5 {
		inv.Lines = append(inv.Lines, connectors.Line{
			ID: fmt.Sprint(1000 + i), No: i, Kind: connectors.Goods, Code: "WINE-1", Name: "Wino czerwone wytrawne", Group: "ALKO/WINA",
			Quantity: number("12.5000"), Unit: "szt", DocumentQuantity: number("2"), DocumentUnit: "karton", Net: number("100.50"), Gross: number("123.62"),
		})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := m.Document(inv, resolve); err != nil {
			b.Fatal(err)
		}
	}
}
