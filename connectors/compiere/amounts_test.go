package compiere

import (
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/connectors"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func TestLineAmounts(t *testing.T) {
	for _, c := range []struct {
		name, amount, rate string
		included           bool
		decimals           int32
		net, gross         string
	}{
		{"tax on top", "100.00", "23", false, 2, "100.00", "123.00"},
		{"tax on top, half a cent goes up", "0.50", "23", false, 2, "0.50", "0.62"},
		{"tax on top, half a cent of a return goes away from zero", "-0.50", "23", false, 2, "-0.50", "-0.62"},
		{"tax inside", "123.00", "23", true, 2, "100.00", "123.00"},
		{"tax inside, rounded", "9.99", "23", true, 2, "8.12", "9.99"},
		{"tax inside, return", "-9.99", "23", true, 2, "-8.12", "-9.99"},
		{"tax inside, rate with decimals", "10.00", "14.975", true, 2, "8.70", "10.00"},
		{"no tax", "47.50", "0", true, 2, "47.50", "47.50"},
		{"currency without decimals", "1000", "8", true, 0, "926", "1000"},
		{"currency of three decimals", "1.005", "5", false, 3, "1.005", "1.055"},
		{"beyond a float64", "100000000000000.01", "23", false, 2, "100000000000000.01", "123000000000000.01"},
		{"a rate that leaves nothing", "5.00", "-100", true, 2, "5.00", "5.00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			net, gross := lineAmounts(dec(c.amount), dec(c.rate), c.included, c.decimals)
			if !net.Equal(dec(c.net)) || !gross.Equal(dec(c.gross)) {
				t.Errorf("got net %s, gross %s; want %s, %s", net, gross, c.net, c.gross)
			}
		})
	}
}

// A line and its reversal add up to nothing, and taking the tax out of a price
// that includes it gives back the net it was put on.
func TestLineAmountsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := decimal.New(rapid.Int64Range(-1e12, 1e12).Draw(t, "cents"), -2)
		rate := decimal.New(rapid.Int64Range(0, 3000).Draw(t, "rate"), -2)
		included := rapid.Bool().Draw(t, "included")
		net, gross := lineAmounts(amount, rate, included, 2)
		backNet, backGross := lineAmounts(amount.Neg(), rate, included, 2)
		if !net.Add(backNet).IsZero() || !gross.Add(backGross).IsZero() {
			t.Fatalf("a line of %s at %s %% and its reversal leave %s net, %s gross", amount, rate, net.Add(backNet), gross.Add(backGross))
		}
		if !included {
			again, _ := lineAmounts(gross, rate, true, 2)
			if off := again.Sub(net).Abs(); off.GreaterThan(dec("0.01")) {
				t.Fatalf("%s at %s %%: gross %s, and out of it net %s", amount, rate, gross, again)
			}
		}
	})
}

func TestState(t *testing.T) {
	want := map[string]connectors.State{
		"DR": connectors.Buffered, "IP": connectors.Buffered, "IN": connectors.Buffered, "AP": connectors.Buffered,
		"NA": connectors.Buffered, "WP": connectors.Buffered, "WC": connectors.Buffered,
		"CO": connectors.Released, "CL": connectors.Released,
		"VO": connectors.Cancelled, "RE": connectors.Cancelled,
		"??": connectors.Buffered, "": connectors.Buffered, "XX": connectors.Buffered,
	}
	for status, state0 := range want {
		if got := state(status); got != state0 {
			t.Errorf("status %q: got %s, want %s", status, got, state0)
		}
	}
}

func TestTakesBack(t *testing.T) {
	for base, want := range map[string]bool{"ARI": false, "ARC": true, "ARF": false, "API": false, "APC": true, "": false} {
		if takesBack(base) != want {
			t.Errorf("base type %q: got %v", base, !want)
		}
	}
}

// What 64 bits work out is what math/big does.
func TestQuickGross(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := decimal.New(rapid.Int64Range(-1e13, 1e13).Draw(t, "amount"), rapid.Int32Range(-8, 3).Draw(t, "exponent"))
		rate := decimal.New(rapid.Int64Range(-1e5, 1e6).Draw(t, "rate"), rapid.Int32Range(-4, 2).Draw(t, "exponent of the rate"))
		decimals := rapid.Int32Range(0, 4).Draw(t, "decimals")
		gross, ok := quickGross(amount, rate, decimals)
		if want := amount.Add(amount.Mul(rate).Shift(-2).Round(decimals)); ok && !gross.Equal(want) {
			t.Fatalf("%s at %s %%: got %s, want %s", amount, rate, gross, want)
		}
	})
	if _, ok := quickGross(dec("123.45"), dec("23"), 2); !ok {
		t.Error("a usual line takes the long way")
	}
}
