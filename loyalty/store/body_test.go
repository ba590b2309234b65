package store

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
)

var sameDocument = []cmp.Option{
	cmpopts.EquateEmpty(), cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) }),
}

// kept is what a body keeps of a document.
func kept(d loyalty.Document) loyalty.Document {
	d.Key, d.Number, d.ExternalNo, d.State, d.Date, d.IssuedOn = loyalty.Key{}, "", "", 0, 0, 0
	d.Party, d.Corrects, d.Hash, d.Digest, d.Modified = "", "", "", "", ""
	return d
}

func TestBody(t *testing.T) {
	t.Run("what is written is read", rapid.MakeCheck(func(t *rapid.T) {
		doc := documents.Draw(t, "document")
		text, err := appendBody(nil, &doc)
		if err != nil {
			t.Fatal(err)
		}
		var got loyalty.Document
		inputs, err := decodeBody(string(text), &got)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(kept(doc.Document), got, sameDocument...); diff != "" {
			t.Fatalf("(-written +read) %s\n%s", diff, text)
		}
		if want := doc.Inputs; doc.RuleSet != 0 && !cmp.Equal(want, inputs, sameDocument...) || doc.RuleSet == 0 && inputs != nil {
			t.Fatalf("inputs %v, want %v", inputs, want)
		}
	}))
	t.Run("numbers are exact", rapid.MakeCheck(func(t *rapid.T) {
		d := numbers.Draw(t, "number")
		got := string(appendDecimal(nil, d))
		if got != d.String() || !json.Valid([]byte(got)) {
			t.Fatalf("%s is written as %s", d, got)
		}
	}))
	for name, tc := range map[string]struct {
		text string
		want loyalty.Document
	}{
		"of today": {
			`{"v":1,"sold_on":"2026-03-02","buyer":"7","payer":"9","currency":"PLN","rate":1,"net":10.5,"gross":12.92,"rows":[["1",10,"goods","A","Ale","X/Y",2,"pcs",10.5,12.92,{"k":"v"}]]}`,
			loyalty.Document{SoldOn: day("2026-03-02"), Buyer: "7", Recipient: "7", Payer: "9", Lines: []loyalty.Line{{ID: "1", No: 10, Kind: loyalty.Goods, Code: "A", Name: "Ale", Group: "X/Y", Unit: "pcs", Attributes: loyalty.Attributes{"k": "v"}}}},
		},
		"of the first stores": {
			`{"sold_on":"2026-03-02","buyer":"7","currency":"PLN","rate":"1","net":"10.5","gross":"12.92","lines":[{"id":"1","no":10,"kind":"goods","code":"A","name":"Ale","group":"X/Y","quantity":"2","unit":"pcs","net":"10.5","gross":"12.92","attributes":{"k":"v"}}]}`,
			loyalty.Document{SoldOn: day("2026-03-02"), Buyer: "7", Lines: []loyalty.Line{{ID: "1", No: 10, Kind: loyalty.Goods, Code: "A", Name: "Ale", Group: "X/Y", Unit: "pcs", Attributes: loyalty.Attributes{"k": "v"}}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tc.want.Currency, tc.want.Rate = "PLN", decimal.NewFromInt(1)
			tc.want.Net, tc.want.Gross = decimal.RequireFromString("10.5"), decimal.RequireFromString("12.92")
			tc.want.Lines[0].Quantity, tc.want.Lines[0].Net, tc.want.Lines[0].Gross = decimal.NewFromInt(2), tc.want.Net, tc.want.Gross
			var got loyalty.Document
			if _, err := decodeBody(tc.text, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got, sameDocument...); diff != "" {
				t.Errorf("(-want +got) %s", diff)
			}
		})
	}
}

func day(text string) loyalty.Date {
	d, err := loyalty.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

var (
	numbers = rapid.Custom(func(t *rapid.T) decimal.Decimal {
		return decimal.New(rapid.Int64().Draw(t, "coefficient"), rapid.Int32Range(-22, 3).Draw(t, "exponent"))
	})
	texts    = rapid.OneOf(rapid.Just(""), rapid.StringN(0, 8, -1), rapid.SampledFrom([]string{`a"b`, `\`, "<&>", "\t\x00", "zażółć\u2028", "Wino"}))
	keyTexts = rapid.SampledFrom([]string{"", "7", "9"})
	days     = rapid.Custom(func(t *rapid.T) loyalty.Date { return loyalty.Date(rapid.Int32Range(0, 30_000).Draw(t, "day")) })
	pairs    = rapid.MapOfN(texts, texts, 0, 2)
	lines    = rapid.Custom(func(t *rapid.T) loyalty.Line {
		return loyalty.Line{
			ID: texts.Draw(t, "id"), Corrects: keyTexts.Draw(t, "corrects"), No: rapid.Int().Draw(t, "no"),
			Kind: rapid.SampledFrom([]loyalty.LineKind{loyalty.Goods, loyalty.Service}).Draw(t, "kind"),
			Code: texts.Draw(t, "code"), Name: texts.Draw(t, "name"), Group: texts.Draw(t, "group"), Unit: texts.Draw(t, "unit"),
			Quantity: numbers.Draw(t, "quantity"), Net: numbers.Draw(t, "net"), Gross: numbers.Draw(t, "gross"),
			Discount:   rapid.SampledFrom([]decimal.Decimal{decimal.Zero, decimal.RequireFromString("7.25")}).Draw(t, "discount"),
			Discounted: rapid.Bool().Draw(t, "discounted"), Attributes: pairs.Draw(t, "attributes"),
		}
	})
	documents = rapid.Custom(func(t *rapid.T) (d loyalty.StoredDocument) {
		d.SoldOn, d.Time, d.Class = days.Draw(t, "sold"), rapid.SampledFrom([]loyalty.TimeOfDay{"", "14:05"}).Draw(t, "time"), texts.Draw(t, "class")
		d.Buyer, d.Recipient, d.Payer = keyTexts.Draw(t, "buyer"), keyTexts.Draw(t, "recipient"), keyTexts.Draw(t, "payer")
		d.Currency, d.Rate = "PLN", numbers.Draw(t, "rate")
		d.Net, d.Gross = numbers.Draw(t, "net"), numbers.Draw(t, "gross")
		d.Store, d.Channel, d.PaymentForm = texts.Draw(t, "store"), texts.Draw(t, "channel"), texts.Draw(t, "form")
		d.Paid, d.Return = rapid.Bool().Draw(t, "paid"), rapid.Bool().Draw(t, "return")
		d.OutOfScope, d.NotCounted = texts.Draw(t, "scope"), texts.Draw(t, "counted")
		d.Lines = rapid.SliceOfN(lines, 0, 3).Draw(t, "lines")
		d.RuleSet = rapid.Int64Range(0, 1).Draw(t, "set")
		if rapid.Bool().Draw(t, "pinned") {
			d.Inputs = &loyalty.Inputs{Group: texts.Draw(t, "group"), Attributes: pairs.Draw(t, "pins")}
		}
		return d
	})
)
