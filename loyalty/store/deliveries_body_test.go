package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/tidwall/gjson"
	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// TestSoldIsWhatIsKept: what travels is what the whole body says, whatever is in it.
func TestSoldIsWhatIsKept(t *testing.T) {
	same := func(t interface{ Fatalf(string, ...any) }, text string) {
		var whole loyalty.Document
		if _, err := decodeBody(text, &whole); err != nil {
			t.Fatalf("%v", err)
		}
		want := sold{store: whole.Store}
		for _, l := range whole.Lines {
			want.lines = append(want.lines, soldLine{id: l.ID, corrects: l.Corrects, item: wire.Item{
				Code: l.Code, Name: l.Name, Group: l.Group, Quantity: l.Quantity.String(), Unit: l.Unit,
				Net: l.Net.String(), Gross: l.Gross.String(), Currency: whole.Currency,
			}})
		}
		got, err := decodeSold(text, whole.Key)
		if err != nil {
			t.Fatalf("%v", err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(sold{}, soldLine{})); diff != "" {
			t.Fatalf("%s\n%s", text, diff)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		doc := documents.Draw(t, "document")
		text, err := appendBody(nil, &doc)
		if err != nil {
			t.Fatal(err)
		}
		same(t, string(text))
	})
	same(t, `{"store":"W","currency":"PLN","rate":"1","net":"1","gross":"1","lines":[{"id":"1","corrects":"7","no":1,"kind":"goods",`+
		`"code":"A","name":"Ale","group":"X/Y","quantity":"2.5","unit":"pcs","net":"123456789012.3456","gross":"2"},{"id":"2","net":1.10,"gross":123456789012345678.15}]}`)
}

// TestAmount: an amount is what the decimal library makes of it, whoever wrote it.
func TestAmount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[0-9]{0,3}(\.[0-9]{0,3})?(e[0-9])?`).Draw(t, "text")
		want, wrong := decimal.NewFromString(text)
		for _, value := range []gjson.Result{{Type: gjson.String, Str: text}, {Type: gjson.Number, Raw: text}} {
			got, err := amount(value)
			if (err != nil) != (wrong != nil) || err == nil && got != want.String() {
				t.Fatalf("%q is %q, not %s; %v, %v", text, got, want, err, wrong)
			}
		}
	})
}

func TestDamagedBody(t *testing.T) {
	for _, text := range []string{``, `{"lines":[{"id":"1"`, `{"lines":[{"net":"much"}]}`, `{"rows":[["1",1,"goods","","","","much"]]}`} {
		_, err := decodeSold(text, loyalty.Key{})
		if e, ok := errors.AsType[*loyalty.Error](err); !ok || e.Code != loyalty.CodeInternal || e.Hint == "" {
			t.Errorf("%q gives %v", text, err)
		}
	}
}
