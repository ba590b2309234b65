package connectortest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
)

// Stamps and dates of the fixtures. Each base leaves room for a day of minutes.
const (
	winter connectors.Stamp = "2025-01-15T10:00:00.000000"
	// repeated is a wall clock that Europe/Warsaw shows twice, missing one that
	// it never shows: a stamp that went through an instant comes back changed.
	repeated connectors.Stamp = "2025-10-26T02:30:00.123456"
	missing  connectors.Stamp = "2025-03-30T02:30:00.000001"
	farAway  connectors.Stamp = "2099-12-31T23:59:59.999999"

	issued connectors.Date = "2025-01-15"
)

// tick is the smallest step of a Stamp, and that of most backends.
const tick = time.Microsecond

const hostile = "O'Brien \"& Synowie\"; DROP TABLE x; -- \\ %_ $1 ? :a\tb\nc \u00a0€"

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// plain is a fixture of n contractors, n representatives and n invoices, each
// invoice with two lines, stamped as at says.
func (h Harness) plain(n int, at func(i int) connectors.Stamp) Fixture {
	var f Fixture
	for i := range n {
		f.Contractors = append(f.Contractors, contractor(i))
		f.Representatives = append(f.Representatives, representative(i))
		f.Invoices = append(f.Invoices, h.invoice(i, at(i)))
	}
	return f
}

func contractor(i int) connectors.Contractor {
	return connectors.Contractor{
		ID: strconv.Itoa(1000100 + i), Code: fmt.Sprintf("K%03d", i),
		Name: fmt.Sprintf("Firma %d", i), Country: "PL", Active: true,
	}
}

func representative(i int) connectors.Representative {
	return connectors.Representative{
		ID: strconv.Itoa(2000100 + i), Contractor: contractor(i).ID,
		Name: fmt.Sprintf("Osoba %d", i), Active: true,
	}
}

// invoice is a released document of contractor i with two lines at 23 % VAT.
func (h Harness) invoice(i int, at connectors.Stamp) connectors.Invoice {
	id := 3000100 + i
	buyer := contractor(i).ID
	return connectors.Invoice{
		Key: connectors.InvoiceKey{Type: h.Type, ID: strconv.Itoa(id)}, Class: h.Class, Number: fmt.Sprintf("FS/%d/2025", i),
		State: connectors.Released, Modified: h.stored(at), IssuedOn: issued, SoldOn: issued,
		Buyer: buyer, Recipient: buyer, Payer: buyer, Currency: "PLN",
		Net: dec("110.00"), Gross: dec("135.30"), Paid: true,
		Lines: []connectors.Line{
			line(id, 1, "2", "100.00", "123.00"),
			line(id, 2, "1", "10.00", "12.30"),
		},
	}
}

func line(invoice, no int, quantity, net, gross string) connectors.Line {
	return connectors.Line{
		ID: strconv.Itoa(invoice*100 + no), No: no, Kind: connectors.Goods,
		Code: fmt.Sprintf("TOW%d", no), Name: fmt.Sprintf("Towar %d", no), Group: "ALKO/WINA",
		Quantity: dec(quantity), Unit: "szt", DocumentQuantity: dec(quantity), DocumentUnit: "szt",
		Net: dec(net), Gross: dec(gross),
	}
}

// stored is a stamp as the backend keeps it: rounded to its precision, and shown
// to the millisecond where that is no whole number of microseconds, as SQL Server
// shows a datetime.
func (h Harness) stored(s connectors.Stamp) connectors.Stamp {
	at, err := time.Parse(connectors.StampLayout, string(s))
	if err != nil || h.Precision == tick {
		return s
	}
	second := at.Truncate(time.Second)
	steps := (int64(at.Sub(second))*int64(time.Second/h.Precision) + int64(time.Second)/2) / int64(time.Second)
	since := time.Duration(steps * int64(time.Second) / int64(time.Second/h.Precision))
	if h.Precision%tick != 0 {
		since = since.Round(time.Millisecond)
	}
	return connectors.NewStamp(second.Add(since))
}

// text is a text as the backend's columns take it.
func (h Harness) text(s string) string {
	if runes := []rune(s); len(runes) > h.MaxText {
		s = string(runes[:h.MaxText])
	}
	s = strings.TrimSpace(s)
	if h.Letters != nil {
		s = h.Letters(s)
	}
	return s
}

// every spaces stamps a minute apart.
func every(i int) connectors.Stamp { return minutes(winter, i) }

// rich is a fixture with what is hard to carry over: Polish letters, hostile and
// long text, empty fields, amounts beyond a float64, negative corrections,
// stamps of the clock changes.
func (h Harness) rich() Fixture {
	f := h.plain(4, every)
	f.Contractors[0] = connectors.Contractor{
		ID: "1000100", Code: "ŻÓŁW", Name: "Zażółć gęślą jaźń Sp. z o.o.", TaxID: "5260250995",
		Email: "biuro@example.com", Phone: "+48 600 100 200", Group: "VIP", Country: "PL", Active: true,
		Attributes: map[string]string{"LOJALNOSC": "TAK"},
	}
	f.Contractors[1].Name = h.text(hostile)
	f.Contractors[2].Active, f.Contractors[2].Anonymous = false, true
	f.Contractors[3].MergedInto = f.Contractors[0].ID
	f.Representatives[0].Name, f.Representatives[0].Email, f.Representatives[0].Phone = "Łucja Świątek", "lucja@example.com", "600100200"
	f.Representatives[1].Name = h.text(hostile)
	f.Representatives[2].Active = false

	h.richDocument(&f.Invoices[0])
	correction := &f.Invoices[1] // takes back one piece of line 1
	correction.Modified, correction.Corrects = h.stored(missing), f.Invoices[0].Key.ID
	correction.Lines = correction.Lines[:1]
	correction.Net, correction.Gross = dec("-50.00"), dec("-61.50")
	back := &correction.Lines[0]
	back.Quantity, back.DocumentQuantity = dec("-1"), dec("-1")
	back.Net, back.Gross, back.Corrects = correction.Net, correction.Gross, f.Invoices[0].Lines[0].ID

	empty := &f.Invoices[2] // all that may be missing is missing
	empty.Recipient, empty.Payer, empty.SoldOn, empty.Paid = "", "", "", false
	empty.Lines, empty.Net, empty.Gross = nil, decimal.Zero, decimal.Zero

	credit := &f.Invoices[3]
	credit.Return, credit.Currency = true, "EUR"
	credit.Net, credit.Gross = dec("-110.00"), dec("-135.30")
	for i := range credit.Lines {
		l := &credit.Lines[i]
		l.Quantity, l.DocumentQuantity, l.Net, l.Gross = l.Quantity.Neg(), l.DocumentQuantity.Neg(), l.Net.Neg(), l.Gross.Neg()
	}
	credit.Lines[1].Kind = connectors.Service
	return f
}

func (h Harness) richDocument(inv *connectors.Invoice) {
	inv.Number, inv.ExternalNo = "FS/Łódź/1/2025", "5260250995-20250115-ABCDEF012345-67"
	inv.Modified, inv.SoldOn, inv.Time = h.stored(repeated), "2024-02-29", "17:45"
	inv.Recipient, inv.Payer = "1000101", "1000102"
	inv.Rate, inv.Store, inv.PaymentForm = dec("4.2871"), "MAG1", "przelew"
	inv.Attributes = map[string]string{"PROJEKT": "Ślimak"}
	// 17 digits: a float64 keeps 15 and some, so this one comes back changed.
	inv.Net, inv.Gross = dec("100000000000010.37"), dec("123000000000012.76")
	first, second := &inv.Lines[0], &inv.Lines[1]
	first.Net, first.Gross = dec("100000000000000.01"), dec("123000000000000.01")
	first.Name = h.text(strings.Repeat("Długa nazwa towaru ", 12))
	second.Quantity, second.DocumentQuantity, second.DocumentUnit = dec("0.3333"), dec("3.3330"), "opak"
	second.Net, second.Gross = dec("10.36"), dec("12.75")
	second.Discount, second.Discounted = dec("12.5"), true
	second.Name, second.Kind = h.text(hostile), connectors.Deposit
	second.Attributes = map[string]string{"SERIA": "Ż-1"}
}
