package connectortest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/loyalsync/loyalsync/connectors"
)

// checkKinds reads a document with a line of each kind. A component holds no value
// of its own: the line of its set does.
func checkKinds(ctx context.Context, h Harness) error {
	f := h.plain(1, every)
	inv := &f.Invoices[0]
	inv.Lines, inv.Net, inv.Gross = nil, dec("40.00"), dec("49.20")
	for i, kind := range []connectors.LineKind{connectors.Goods, connectors.Component, connectors.Service, connectors.Deposit, connectors.Charge} {
		l := line(3000100, i+1, "1", "10.00", "12.30")
		switch l.Kind = kind; kind {
		case connectors.Component:
			l.Net, l.Gross = dec("0"), dec("0")
		case connectors.Charge:
			l.Group = "" // it has no item
		default:
		}
		inv.Lines = append(inv.Lines, l)
	}
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	got, err := pass(ctx, src, everything(), 10)
	if err != nil {
		return err
	}
	return h.compareInvoices("lines of each kind", got, f.Invoices)
}

// hostileTexts is what people, importers and attackers put into names.
func hostileTexts() []string {
	return []string{
		"O'Brien '' ''' \"&\"", `back\slash \' \" \\`, "Robert'); DROP TABLE x; --", "/* not */ # a -- comment",
		"%s %d %_ [a-z] * ? $1 :a @p1 {0} ${x} {{.}} <b>&amp;</b>", "tab\tline\nreturn\r\nend", "null NULL \\N nil",
		"שלום עולם", "مرحبا بالعالم \u202eoverridden", "🍷🍾 𝒲ino 👩‍🚀", "e\u0301 ź\u0323 İıẞ ﬁ", "zero\u200bwidth \ufeff \u2028 \u00a0 end",
		"漢字かな한글", "=1+1", "1e5", "0x1F", "true", "2025-01-15",
	}
}

// checkHostileText writes each text into every name and wants it back letter for
// letter; where the backend's texts can hold a NUL, it comes back without.
func checkHostileText(ctx context.Context, h Harness) error {
	texts := hostileTexts()
	seeded := h.named(texts)
	wanted := h.named(texts)
	if h.HoldsNUL {
		seeded = h.named(append(texts, "cut\x00short"))
		wanted = h.named(append(texts, "cutshort"))
	}
	src, err := h.filled(ctx, seeded)
	if err != nil {
		return err
	}
	defer release(src)
	return h.roundTrip(ctx, src, "lines of hostile names", wanted, 100)
}

// named is a fixture in which each text is the name of a contractor, of a
// representative and of a line; the longest text that the backend takes is that of
// one more line.
func (h Harness) named(texts []string) Fixture {
	f := h.plain(len(texts), every)
	f.Invoices = f.Invoices[:1]
	inv := &f.Invoices[0]
	inv.Lines, inv.Net, inv.Gross = nil, dec("0"), dec("0")
	for i, text := range append(slices.Clone(texts), strings.Repeat("ąęółśżźćń ", h.MaxText/10+1)) {
		l := line(3000100, i+1, "1", "1.00", "1.23")
		l.Name = h.text(text)
		inv.Lines = append(inv.Lines, l)
		inv.Net, inv.Gross = inv.Net.Add(l.Net), inv.Gross.Add(l.Gross)
		if i < len(texts) {
			f.Contractors[i].Name, f.Representatives[i].Name = l.Name, l.Name
		}
	}
	return f
}

// checkEmptyFields leaves out all that may be missing, so that a NULL or an empty
// text is read where something usually stands.
func checkEmptyFields(ctx context.Context, h Harness) error {
	f := Fixture{
		Contractors:     []connectors.Contractor{{ID: "1000100", Code: "K", Active: true}, {ID: "1000101", Code: "L"}},
		Representatives: []connectors.Representative{{ID: "2000100", Contractor: "1000100", Active: true}, {ID: "2000101", Contractor: "1000101"}},
	}
	for i := range 2 {
		inv := h.bareInvoice(i, every(i))
		inv.Number, inv.Recipient, inv.Payer, inv.SoldOn, inv.Paid = "", "", "", "", false
		f.Invoices = append(f.Invoices, inv)
	}
	f.Invoices[1].Lines = []connectors.Line{{
		ID: strconv.Itoa(300010101), No: 1, Kind: connectors.Goods,
		Quantity: dec("0"), Unit: "szt", DocumentQuantity: dec("0"), DocumentUnit: "szt", Net: dec("0"), Gross: dec("0"),
	}}
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	return h.roundTrip(ctx, src, "documents with nothing in them", f, 10)
}

// checkPeople reads what is said about people: the contractor's own choice, who
// was made anonymous, and what somebody agreed to, where "to nothing" is not "the
// ERP does not know".
func checkPeople(ctx context.Context, h Harness) error {
	f := h.plain(4, every)
	f.Invoices = nil
	f.Contractors[0].Attributes = map[string]string{"LOJALNOSC": "TAK"}
	f.Contractors[1] = connectors.Contractor{ID: f.Contractors[1].ID, Code: "K001", Country: "PL", Erased: true}
	agreed := [][]connectors.Consent{
		{connectors.ConsentEmail, connectors.ConsentSMS, connectors.ConsentPhone, connectors.ConsentLetter},
		{connectors.ConsentSMS, connectors.ConsentLetter},
		{},
		nil,
	}
	for i := range f.Representatives {
		r := &f.Representatives[i]
		r.Contractor, r.Consents = f.Contractors[0].ID, agreed[i]
	}
	f.Representatives[1].Default = true
	f.Representatives[2].Attributes = map[string]string{"STANOWISKO": "Właściciel"}
	gone := &f.Representatives[3]
	gone.Name, gone.Active, gone.Erased = "", false, true
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	if err = h.roundTripPeople(ctx, src, f); err != nil {
		return err
	}
	reps, err := representatives(ctx, src, 2)
	if err != nil {
		return err
	}
	for _, r := range reps {
		if r.ID == f.Representatives[2].ID && r.Consents == nil && h.Lossy["Representative.Consents"] == "" {
			return fmt.Errorf("representative %s agreed to nothing, and is read as if the ERP did not know", r.ID)
		}
	}
	return nil
}

// checkSilentAttributes changes a contractor in a way that sets no stamp anywhere:
// the complete listing has it all the same.
func checkSilentAttributes(ctx context.Context, h Harness) error {
	if h.UpdateContractor == nil {
		return notInHarness("UpdateContractor")
	}
	f := h.plain(3, every)
	src, err := h.filled(ctx, f)
	if err != nil {
		return err
	}
	defer release(src)
	if _, err = contractors(ctx, src, 10); err != nil {
		return err
	}
	changed := &f.Contractors[1]
	changed.Group, changed.Attributes = "VIP", map[string]string{"LOJALNOSC": "TAK"}
	if err = h.UpdateContractor(ctx, src, *changed); err != nil {
		return fmt.Errorf("update a contractor: %w", err)
	}
	return h.roundTripPeople(ctx, src, f)
}
