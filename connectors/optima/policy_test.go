package optima

import (
	"database/sql"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
)

func id(n int64) sql.NullInt64 { return sql.NullInt64{Int64: n, Valid: true} }

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func TestStates(t *testing.T) {
	for _, tt := range []struct {
		buffer, cancelled int64
		want              connectors.State
	}{
		{1, 0, connectors.Buffered},
		{0, 0, connectors.Released},
		{-1, 0, connectors.Cancelled},
		{0, -2147483647, connectors.Cancelled},
		{1, 1, connectors.Cancelled},
		{7, 0, connectors.Buffered}, // nobody knows: nothing for good
		{-2, 0, connectors.Buffered},
	} {
		if got := stateOf(tt.buffer, tt.cancelled); got != tt.want {
			t.Errorf("Bufor %d, Anulowany %d: %s, want %s", tt.buffer, tt.cancelled, got, tt.want)
		}
	}
}

func TestPartiesOfOtherTypesAreNobody(t *testing.T) {
	for _, tt := range []struct {
		party party
		want  string
	}{
		{party{id(1), id(7)}, "7"},
		{party{id(3), id(7)}, ""}, // an employee
		{party{sql.NullInt64{}, id(7)}, ""},
		{party{id(1), sql.NullInt64{}}, ""},
	} {
		if got := tt.party.key(); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.party, got, tt.want)
		}
	}
}

// TestJudge: every sale counts once, whatever the settings.
func TestJudge(t *testing.T) {
	const released, cancelled = connectors.Released, connectors.Cancelled
	named := parties{buyer: party{id(1), id(70)}}
	pair := func(receiptState, invoiceState connectors.State, seen bool) []link {
		return []link{{receipt: 1, invoice: 2, seen: seen, known: true, receiptState: receiptState, invoiceState: invoiceState, parties: named}}
	}
	oneSided := []link{{receipt: 1, invoice: 2, seen: true, receiptState: released, invoiceState: released, parties: named}}
	receipt := header{id: 1, class: 305, kind: 305000}
	invoice := header{id: 2, class: 302, kind: 302006}
	correction := header{id: 3, class: 302, kind: 302001, correction: 1, original: id(2)}
	for _, tt := range []struct {
		name    string
		cfg     Config
		header  header
		links   []link
		counted bool
		want    string // what it corrects
	}{
		{"plain", Config{}, header{id: 9, class: 302, kind: 302000}, nil, true, ""},
		{"linked correction", Config{}, correction, nil, true, "2"},

		{"receipt with an invoice", Config{}, receipt, pair(released, released, true), false, ""},
		{"receipt with an invoice in the buffer", Config{}, receipt, pair(released, connectors.Buffered, true), false, ""},
		{"receipt whose invoice was cancelled", Config{}, receipt, pair(released, cancelled, true), true, ""},
		{"receipt that another document names", Config{}, receipt, pair(released, released, false), true, ""},
		{"invoice of a receipt", Config{}, invoice, pair(released, released, true), true, ""},
		{"invoice whose receipt does not know it", Config{}, invoice, pair(released, released, false), false, ""},
		{"correction of an invoice whose receipt does not know it", Config{}, correction, pair(released, released, false), true, "1"},
		{"correction of an invoice of a receipt", Config{}, correction, pair(released, released, true), true, "2"},
		{"invoice whose receipt was cancelled", Config{}, invoice, pair(cancelled, released, false), true, ""},
		{"invoice that does not know the receipt which names it", Config{}, invoice, oneSided, true, ""},
		{"receipts count: invoice that does not know the receipt which names it", Config{Receipts: CountReceipt}, invoice, oneSided, true, ""},
		{"receipts count: receipt whose invoice does not know it", Config{Receipts: CountReceipt}, receipt, oneSided, false, ""},
		{"receipts count: receipt", Config{Receipts: CountReceipt}, receipt, pair(released, released, true), true, ""},
		{"receipts count: invoice", Config{Receipts: CountReceipt}, invoice, pair(released, released, true), false, ""},
		{"receipts count: invoice that the receipt does not know", Config{Receipts: CountReceipt}, invoice, pair(released, released, false), false, ""},
		{"receipts count: a correction of the invoice", Config{Receipts: CountReceipt}, correction, pair(released, released, true), true, "1"},
		{"receipts count: cancelled receipt", Config{Receipts: CountReceipt}, invoice, pair(cancelled, released, true), true, ""},

		{"advance", Config{}, header{class: 302, kind: 302200}, nil, false, ""},
		{"correction of an advance", Config{}, header{class: 302, kind: 302202, original: id(5)}, nil, false, "5"},
		{"final", Config{}, header{class: 302, kind: 302009}, nil, true, ""},
		{"advances count: advance", Config{Advances: CountAdvance}, header{class: 302, kind: 302200}, nil, true, ""},
		{"advances count: final", Config{Advances: CountAdvance}, header{class: 302, kind: 302009}, nil, false, ""},
		{"both count: advance", Config{Advances: CountBoth}, header{class: 302, kind: 302200}, nil, true, ""},
		{"both count: final", Config{Advances: CountBoth}, header{class: 302, kind: 302009}, nil, true, ""},
		{"other kinds of advances", Config{AdvanceKinds: []int{302222}}, header{class: 302, kind: 302222}, nil, false, ""},

		{"collective", Config{}, header{class: 302, kind: 302010, correction: 1}, nil, true, ""},
		{"collective ignored", Config{Collective: Ignore}, header{class: 302, kind: 302010, correction: 1}, nil, false, ""},
		{"correction from elsewhere", Config{}, header{class: 302, kind: 302101, correction: 1}, nil, false, ""},
		{"correction without a link", Config{}, header{class: 302, kind: 302001, correction: 1}, nil, false, ""},
		{"correction from elsewhere as a return", Config{Outside: AsReturn}, header{class: 305, kind: 305101, correction: 1}, nil, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.Documents = []string{Invoices, Receipts}
			got := tt.cfg.withDefaults().judge(&tt.header, tt.links)
			if (got.notCounted == "") != tt.counted || got.corrects != tt.want {
				t.Errorf("not counted for %q, corrects %q; want counted %v, corrects %q", got.notCounted, got.corrects, tt.counted, tt.want)
			}
		})
	}
	if got := (Config{Documents: []string{Invoices, Receipts}, Receipts: CountReceipt}).withDefaults().judge(&receipt, pair(released, released, true)); got.parties != named {
		t.Errorf("a receipt that counts has the parties %+v, not those of its invoice", got.parties)
	}
}

func TestCollectiveLines(t *testing.T) {
	h := &header{net: dec("-100.01"), gross: dec("-120.00")}
	for name, tt := range map[string]struct {
		rates []*rateRow
		want  []string
	}{
		"two rates": {
			[]*rateRow{{id: 1, rate: dec("23.00"), amount: dec("75")}, {id: 2, rate: dec("8.00"), amount: dec("25")}},
			[]string{"VAT 23 % -75.01 -90", "VAT 8 % -25 -30"},
		},
		"thirds": {
			[]*rateRow{{id: 1, rate: dec("23"), amount: dec("-1")}, {id: 2, rate: dec("8"), amount: dec("-1")}, {id: 3, rate: dec("5"), amount: dec("-1")}},
			[]string{"VAT 23 % -33.34 -40", "VAT 8 % -33.34 -40", "VAT 5 % -33.33 -40"},
		},
		"no rows":       {nil, []string{"collective correction -100.01 -120"}},
		"rows of zero":  {[]*rateRow{{id: 1, rate: dec("23")}}, []string{"collective correction -100.01 -120"}},
		"one rate only": {[]*rateRow{{id: 1, rate: dec("23"), amount: dec("3")}}, []string{"VAT 23 % -100.01 -120"}},
	} {
		t.Run(name, func(t *testing.T) {
			net, gross := decimal.Zero, decimal.Zero
			var got []string
			for _, l := range collectiveLines(h, tt.rates) {
				got = append(got, l.Name+" "+l.Net.String()+" "+l.Gross.String())
				net, gross = net.Add(l.Net), gross.Add(l.Gross)
				if l.Code != "" || l.Kind != connectors.Charge || !l.Quantity.IsZero() {
					t.Errorf("line %+v", l)
				}
			}
			if !net.Equal(h.net) || !gross.Equal(h.gross) {
				t.Errorf("the lines sum to %s and %s", net, gross)
			}
			if len(got) != len(tt.want) {
				t.Fatalf("lines %q, want %q", got, tt.want)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("line %q, want %q", got[i], tt.want[i])
				}
			}
		})
	}
}

func TestInactiveLines(t *testing.T) {
	on, off := &line{active: 1}, &line{}
	for _, tt := range []struct {
		setting string
		lines   []*line
		want    int
	}{
		{InactiveAuto, []*line{on, off}, 1},
		{InactiveAuto, []*line{off, off}, 2}, // an invoice made of a receipt
		{InactiveCount, []*line{on, off}, 2},
		{InactiveIgnore, []*line{off, off}, 0},
		{InactiveAuto, nil, 0},
	} {
		if got := (Config{InactiveLines: tt.setting}).counted(tt.lines); len(got) != tt.want {
			t.Errorf("%s: %d of %d lines count, want %d", tt.setting, len(got), len(tt.lines), tt.want)
		}
	}
}

func TestLineKinds(t *testing.T) {
	for want, l := range map[connectors.LineKind]line{
		connectors.Goods: {item: id(1), itemType: 1}, connectors.Service: {item: id(1)}, connectors.Charge: {itemType: 1},
		connectors.Deposit: {item: id(1), itemType: 1, deposit: 1}, connectors.Component: {item: id(1), itemType: 1, set: 77},
	} {
		if got := l.kind(); got != want {
			t.Errorf("%+v is %s, want %s", l, got, want)
		}
	}
}

func TestAmountsInTheCurrencyOfTheDocument(t *testing.T) {
	l := &line{net: dec("428.71"), gross: dec("527.31"), netForeign: dec("100"), grossForeign: dec("123")}
	for _, tt := range []struct{ currency, over, under, net, rate string }{
		{"", "1", "1", "428.71", "0"},
		{"PLN", "4.2871", "1", "428.71", "0"},
		{"EUR", "4.2871", "1", "100", "4.2871"},
		{"JPY", "2.5713", "100", "100", "0.025713"},
		{"HUF", "1.0000", "3", "100", "0.3333333333"},
		{"EUR", "0", "1", "100", "0"},
		{"EUR", "4.2", "0", "100", "0"},
	} {
		h := &header{currency: tt.currency, rateOver: dec(tt.over), rateUnder: dec(tt.under)}
		if got := l.record(h); got.Net.String() != tt.net || h.rate().String() != tt.rate {
			t.Errorf("%q: net %s at %s, want %s at %s", tt.currency, got.Net, h.rate(), tt.net, tt.rate)
		}
	}
}
