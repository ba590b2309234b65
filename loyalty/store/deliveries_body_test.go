package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
)

// TestSoldIsWhatIsKept: what travels is what the whole body says, whatever is in it.
func TestSoldIsWhatIsKept(t *testing.T) {
	travels := func(d loyalty.Document) (told []any) {
		for i := range d.Lines {
			told = append(told, d.Lines[i].ID, d.Lines[i].Corrects, itemOf(&d.Lines[i], d.Currency))
		}
		return append(told, d.Store, d.Currency)
	}
	same := func(t interface{ Fatalf(string, ...any) }, text string) {
		var whole, sold loyalty.Document
		if _, err := decodeBody(text, &whole); err != nil {
			t.Fatalf("%v", err)
		}
		if err := decodeSold(text, &sold); err != nil {
			t.Fatalf("%v", err)
		}
		if diff := cmp.Diff(travels(whole), travels(sold)); diff != "" {
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
		`"code":"A","name":"Ale","group":"X/Y","quantity":"2.5","unit":"pcs","net":"123456789012.3456","gross":"2"},{"id":"2","net":1.10}]}`)
}

func TestDamagedBody(t *testing.T) {
	for _, text := range []string{``, `{"lines":[{"id":"1"`, `{"lines":[{"net":"much"}]}`, `{"rows":[["1",1,"goods","","","","much"]]}`} {
		err := decodeSold(text, &loyalty.Document{})
		if e, ok := errors.AsType[*loyalty.Error](err); !ok || e.Code != loyalty.CodeInternal || e.Hint == "" {
			t.Errorf("%q gives %v", text, err)
		}
	}
}
