package wire_test

import (
	"strings"
	"testing"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

func TestMovementFault(t *testing.T) {
	day := loyalty.NewDate(2026, 1, 10)
	good := wire.Movement{
		ID: "a", Contractor: "K1", Kind: "earn", State: wire.StateActive, Points: "1.50", Document: wire.Document{ID: "FS/1"},
		Item: wire.Item{Quantity: "-2", Net: "100.10", Gross: ""}, Rule: "base", EffectiveOn: day, LapsesOn: loyalty.NoDate,
	}
	for _, tt := range []struct {
		name   string
		change func(*wire.Movement)
		fault  string // part of it; "" is none
	}{
		{"good", func(*wire.Movement) {}, ""},
		{"a reverse of nothing known", func(m *wire.Movement) { m.Kind = "reverse" }, ""},
		{"no id", func(m *wire.Movement) { m.ID = "" }, "id"},
		{"no contractor", func(m *wire.Movement) { m.Contractor = "" }, "contractor"},
		{"an adjustment", func(m *wire.Movement) { m.Kind = "adjust" }, "kind"},
		{"another state", func(m *wire.Movement) { m.State = "held" }, "state"},
		{"an activate of nothing", func(m *wire.Movement) { m.Kind = "activate" }, "activate"},
		{"an activate to pending", func(m *wire.Movement) { m.Kind, m.Of, m.State = "activate", "b", "pending" }, "activate"},
		{"no points", func(m *wire.Movement) { m.Points = "0.00" }, "points"},
		{"negative points", func(m *wire.Movement) { m.Points = "-1" }, "points"},
		{"more decimals", func(m *wire.Movement) { m.Points = "1.505" }, "points"},
		{"an exponent", func(m *wire.Movement) { m.Points = "1e3" }, "points"},
		{"far too many", func(m *wire.Movement) { m.Points = "92233720368547758.07" }, "points"},
		{"no document", func(m *wire.Movement) { m.Document.ID = "" }, "document"},
		{"no day", func(m *wire.Movement) { m.EffectiveOn = loyalty.NoDate }, "effective_on"},
		{"no rule", func(m *wire.Movement) { m.Rule = "" }, "rule"},
		{"an amount with an exponent", func(m *wire.Movement) { m.Item.Net = "1e999999999" }, "amount"},
		{"an amount without end", func(m *wire.Movement) { m.Item.Gross = strings.Repeat("9", 100) }, "amount"},
		{"a line break", func(m *wire.Movement) { m.Item.Name = "a\nb" }, "text"},
		{"a text without end", func(m *wire.Movement) { m.Rule = strings.Repeat("ż", 1001) }, "text"},
	} {
		m := good
		tt.change(&m)
		if f := m.Fault(2); (f == "") != (tt.fault == "") || !strings.Contains(f, tt.fault) {
			t.Errorf("%s: %q, want %q", tt.name, f, tt.fault)
		}
	}
}

func TestPersonFault(t *testing.T) {
	for name, tt := range map[string]struct {
		fault string
		ok    bool
	}{
		"contractor":            {wire.Contractor{ID: "1", Version: 1, Name: "Żak & Syn"}.Fault(), true},
		"no id":                 {wire.Contractor{Version: 1}.Fault(), false},
		"no version":            {wire.Contractor{ID: "1"}.Fault(), false},
		"a hostile attribute":   {wire.Contractor{ID: "1", Version: 1, Attributes: loyalty.Attributes{"a": "\x1b[31m"}}.Fault(), false},
		"representative":        {wire.Representative{ID: "1", Version: 1, Contractor: "1"}.Fault(), true},
		"of nobody":             {wire.Representative{ID: "1", Version: 1}.Fault(), false},
		"a name without an end": {wire.Representative{ID: "1", Version: 1, Contractor: "1", Name: strings.Repeat("a", 1001)}.Fault(), false},
	} {
		if (tt.fault == "") != tt.ok {
			t.Errorf("%s: %q", name, tt.fault)
		}
	}
}
