package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
)

// TestSoldIsWhatIsKept: what travels is what the whole body says, whatever is in it.
func TestSoldIsWhatIsKept(t *testing.T) {
	amounts := rapid.Custom(func(t *rapid.T) decimal.Decimal {
		return decimal.New(rapid.Int64Range(-1e9, 1e9).Draw(t, "value"), rapid.Int32Range(-6, 3).Draw(t, "exponent"))
	})
	lines := rapid.Custom(func(t *rapid.T) loyalty.Line {
		text := func(name string) string { return rapid.String().Draw(t, name) }
		return loyalty.Line{
			ID: text("id"), Corrects: text("corrects"), No: rapid.Int().Draw(t, "no"), Code: text("code"), Name: text("name"), Group: text("group"),
			Quantity: amounts.Draw(t, "quantity"), Unit: text("unit"), Net: amounts.Draw(t, "net"), Gross: amounts.Draw(t, "gross"),
			Discount: amounts.Draw(t, "discount"), Attributes: loyalty.Attributes{text("attribute"): text("value")},
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		var d loyalty.StoredDocument
		d.Store, d.Currency, d.Buyer = rapid.String().Draw(t, "store"), rapid.String().Draw(t, "currency"), rapid.String().Draw(t, "buyer")
		d.Net, d.Lines = amounts.Draw(t, "net"), rapid.SliceOfN(lines, 0, 3).Draw(t, "lines")
		text, err := encodeBody(&d)
		if err != nil {
			t.Fatal(err)
		}
		var whole, sold loyalty.Document
		if _, err := decodeBody(text, &whole); err != nil {
			t.Fatal(err)
		}
		if err := decodeSold(text, &sold); err != nil {
			t.Fatal(err)
		}
		travels := func(d loyalty.Document) (told []any) {
			for i := range d.Lines {
				told = append(told, d.Lines[i].ID, d.Lines[i].Corrects, itemOf(&d.Lines[i], d.Currency))
			}
			return append(told, d.Store, d.Currency)
		}
		if diff := cmp.Diff(travels(whole), travels(sold)); diff != "" {
			t.Fatalf("%s\n%s", text, diff)
		}
	})
}

func TestDamagedBody(t *testing.T) {
	for _, text := range []string{``, `{"lines":[{"id":"1"`, `{"lines":[{"net":"much"}]}`} {
		err := decodeSold(text, &loyalty.Document{})
		if e, ok := errors.AsType[*loyalty.Error](err); !ok || e.Code != loyalty.CodeInternal || e.Hint == "" {
			t.Errorf("%q gives %v", text, err)
		}
	}
}
