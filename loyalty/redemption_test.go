package loyalty_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/loyalsync/loyalsync/loyalty"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func TestWorth(t *testing.T) {
	for _, c := range []struct {
		points   loyalty.Points
		decimals int
		rate     string
		worth    string
	}{
		{1000, 0, "0.50", "500"},
		{1000, 1, "0.50", "50"},
		{1, 3, "0.50", "0"},
		{1, 0, "0.333", "0.33"},
		{3, 0, "0.333", "0.99"},
		{301, 1, "0.5", "15.05"},
		{1_000_000_000_000_000, 0, "12345.67", "12345670000000000000"},
		{7, 0, "0", "0"},
	} {
		if got := c.points.Worth(dec(c.rate), c.decimals); !got.Equal(dec(c.worth)) {
			t.Errorf("%d points with %d decimals at %s are worth %s, want %s", c.points, c.decimals, c.rate, got, c.worth)
		}
	}
}

// TestPointsFor: as many points are worth the amount, and one fewer is not.
func TestPointsFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := decimal.New(rapid.Int64Range(1, 1e12).Draw(t, "amount"), -2)
		rate := decimal.New(rapid.Int64Range(1, 1e9).Draw(t, "rate"), -rapid.Int32Range(0, 4).Draw(t, "places"))
		decimals := rapid.IntRange(0, 3).Draw(t, "decimals")
		points, ok := loyalty.PointsFor(amount, rate, decimals)
		if !ok {
			t.Fatalf("none for %s at %s", amount, rate)
		}
		if worth := points.Worth(rate, decimals); worth.LessThan(amount) {
			t.Fatalf("%d points are worth %s, not %s", points, worth, amount)
		}
		if fewer := (points - 1).Worth(rate, decimals); !fewer.LessThan(amount) {
			t.Fatalf("%d points are worth %s too", points-1, fewer)
		}
	})
	for _, none := range [][2]string{{"1", "0"}, {"0", "1"}, {"-1", "1"}, {"1", "-1"}, {"1000000000000000000000", "0.01"}} {
		if points, ok := loyalty.PointsFor(dec(none[0]), dec(none[1]), 0); ok {
			t.Errorf("%s at %s takes %d points", none[0], none[1], points)
		}
	}
}

func TestRedemptionPolicy(t *testing.T) {
	p := loyalty.RedemptionPolicy{
		Rate: dec("0.5"), Rates: []loyalty.RedemptionRate{{Group: "VIP", Rate: dec("0.6")}, {Card: "55*", Rate: dec("0.7")}, {Group: "B2B", Card: "9*", Rate: dec("0.8")}},
		Only:  map[string][]loyalty.ItemGroup{"erp": {{Name: "Shop", Items: []string{"A*", "B*"}}}},
		Never: map[string][]loyalty.ItemGroup{"erp": {{Name: "Gifts", Items: []string{"AG*"}}}},
	}
	for want, c := range map[string]loyalty.Contractor{
		"0.5": {Group: "VIPS", Card: "1"}, "0.6": {Group: "VIP/GOLD", Card: "551"}, "0.7": {Card: "551"}, "0.8": {Group: "B2B", Card: "91"},
	} {
		if got := p.RateOf(c.Group, c.Card); !got.Equal(dec(want)) {
			t.Errorf("%+v: %s, want %s", c, got, want)
		}
	}
	bill := []loyalty.BillLine{{Code: "A1", Amount: dec("10")}, {Code: "AG1", Amount: dec("20")}, {Code: "B1", Amount: dec("0.5")}, {Code: "C", Amount: dec("40")}}
	if got := p.Payable("erp", bill); !got.Equal(dec("10.5")) {
		t.Errorf("payable %s", got)
	}
	p.Only = nil
	if got := p.Payable("erp", bill); !got.Equal(dec("50.5")) {
		t.Errorf("all but gifts: %s", got)
	}
}
