package wire_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// texts are what JSON writes in more than one way, and all others.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{"", "Żółw & Syn <b>", `"\` + "\n\t\x00\x7f", "a\u2028b\u2029c", "\xff\xfe", "\xe2\x80", "€→", "😀"}),
	)
}

// fill gives every field of a struct a value of its own; one of a kind that it does
// not know fails the test, so that no field is forgotten.
func fill(t *rapid.T, v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		switch {
		case f.Type() == reflect.TypeFor[loyalty.Date]():
			f.Set(reflect.ValueOf(rapid.SampledFrom([]loyalty.Date{loyalty.NoDate, loyalty.NewDate(2026, 2, 28), 0}).Draw(t, "date")))
		case f.Kind() == reflect.String:
			f.SetString(texts().Draw(t, "text"))
		case f.Kind() == reflect.Bool:
			f.SetBool(rapid.Bool().Draw(t, "bool"))
		case f.Kind() == reflect.Struct:
			fill(t, f)
		default:
			t.Fatalf("no values for %s", f.Type())
		}
	}
}

// TestRequestBody: what is encoded ahead, or by hand, is what encoding/json makes of
// the request.
func TestRequestBody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := wire.Queue{Feed: loyalty.Feed{ProgramName: texts().Draw(t, "program"), SourceName: texts().Draw(t, "source")}}
		request := wire.Request[any]{Program: q.Feed.ProgramName, Source: q.Feed.SourceName, Items: []any{}}
		var items []wire.Outgoing
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			var body any = wire.Representative{ID: texts().Draw(t, "representative")}
			if rapid.Bool().Draw(t, "movement") {
				var m wire.Movement
				fill(t, reflect.ValueOf(&m).Elem())
				body = m
			}
			request.Items = append(request.Items, body)
			items = append(items, wire.Outgoing{Body: body})
		}
		want, err := json.Marshal(request)
		if err != nil {
			t.Fatal(err)
		}
		if n := rapid.IntRange(0, len(items)).Draw(t, "encoded ahead"); n > 0 {
			if err := wire.Encode(items[:n]); err != nil {
				t.Fatal(err)
			}
		}
		got, err := wire.RequestBody(q, items)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestEncodeFails(t *testing.T) {
	bad := []wire.Outgoing{{Body: make(chan int)}}
	_, err := wire.RequestBody(wire.Queue{}, bad)
	for _, err := range []error{err, wire.Encode(bad)} {
		if err == nil || !strings.Contains(err.Error(), "chan int") {
			t.Errorf("%v", err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	items := make([]wire.Outgoing, wire.MaxItems)
	for i := range items {
		items[i].Body = wire.Movement{
			ID: "1/main/erp/ARI/1001/10/base/1", Contractor: "101", Kind: "earn", State: wire.StateActive, Points: "12.50",
			Document: wire.Document{ID: "ARI/1001", Number: "FS/1/2026", Date: loyalty.NewDate(2026, 11, 14)},
			Item:     wire.Item{Code: "WINE-1", Name: "Środek czyszczący", Group: "ALKO/WINA", Quantity: "6", Unit: "szt", Net: "100.1", Gross: "123.12", Currency: "PLN"},
			Rule:     "base", RuleSet: strings.Repeat("ab", 32), EffectiveOn: loyalty.NewDate(2026, 11, 14), LapsesOn: loyalty.NoDate,
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := wire.Encode(items); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(items)), "ns/item")
}
