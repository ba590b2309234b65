package mapping_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
	"github.com/loyalsync/loyalsync/mapping"
)

func TestSaleConditions(t *testing.T) {
	saturday := loyalty.NewDate(2026, 11, 14)
	facts := rules.Facts{
		Class: "305", Store: "MAG1", Channel: "shop-1", PaymentForm: "gotówka", Time: "17:45",
		Contractor: loyalty.Inputs{Group: "VIP", First: true, Tier: "gold", Card: "GOLD-0001", Attributes: loyalty.Attributes{"TIER": "gold", "LIMIT": "brak", "MAG1": "yes"}},
	}
	for source, want := range map[string]struct {
		holds  bool
		asks   []string
		values map[string]string
	}{
		`group == "VIP"`:                              {true, []string{"group"}, map[string]string{"group": "VIP"}},
		`attribute("TIER") == "silver"`:               {false, []string{"attributes.TIER"}, map[string]string{`attribute("TIER")`: "gold"}},
		`attributes["TIER"] == "gold"`:                {true, []string{"attributes"}, map[string]string{}},
		`attribute(store) == "yes"`:                   {true, []string{"store", "attributes"}, map[string]string{"store": "MAG1"}},
		`weekday in ["sat", "sun"]`:                   {true, []string{"weekday"}, map[string]string{"weekday": "sat"}},
		`month == "11" and day > "11-10"`:             {true, []string{"month", "day"}, map[string]string{"month": "11", "day": "11-14"}},
		`hour >= 17 and hour < 19`:                    {true, []string{"hour"}, map[string]string{"hour": "17"}},
		`first_purchase and group == "B2C"`:           {false, []string{"first_purchase", "group"}, map[string]string{"first_purchase": "true", "group": "VIP"}},
		`card startsWith "GOLD" and not (card == "")`: {true, []string{"card"}, map[string]string{"card": "GOLD-0001"}},
		`tier in ["gold", "platinum"]`:                {true, []string{"tier"}, map[string]string{"tier": "gold"}},
		`hour in [9, 10]`:                             {false, []string{"hour"}, map[string]string{"hour": "17"}},
		`payment_form == "gotówka" and class == "305" and store == "MAG1" and channel == "shop-1"`: {
			true,
			[]string{"payment_form", "class", "store", "channel"},
			map[string]string{"payment_form": "gotówka", "class": "305", "store": "MAG1", "channel": "shop-1"},
		},
	} {
		c, faults := mapping.RuleConditions{}.Sale(source)
		if len(faults) > 0 {
			t.Errorf("%s: %v", source, faults)
			continue
		}
		if holds, err := c.Holds(saturday, &facts); holds != want.holds || err != nil {
			t.Errorf("%s: %v, %v", source, holds, err)
		}
		if d := cmp.Diff(want.asks, c.Asks()); d != "" {
			t.Errorf("%s asks: %s", source, d)
		}
		if d := cmp.Diff(want.values, c.Values(saturday, &facts)); d != "" {
			t.Errorf("%s values: %s", source, d)
		}
	}
	c, _ := mapping.RuleConditions{}.Sale(`decimal(attribute("LIMIT")) > 1`)
	if _, err := c.Holds(saturday, &facts); err == nil {
		t.Error("a text that is no number was compared as one")
	}
	if _, faults := (mapping.RuleConditions{}).Sale(`grup == "VIP"`); len(faults) != 1 || faults[0].Offset != 0 {
		t.Errorf("a field that is not there: %v", faults)
	}
}

// TestHourNobodyKnows: a condition that names the hour has no answer without one,
// and says why; midnight is an hour.
func TestHourNobodyKnows(t *testing.T) {
	c, faults := mapping.RuleConditions{}.Sale(`hour < 12 or class == "305"`)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	facts := rules.Facts{Class: "305"}
	if holds, err := c.Holds(0, &facts); holds || !errors.Is(err, rules.ErrNoTime) {
		t.Errorf("no time: %v, %v", holds, err)
	}
	if d := cmp.Diff(map[string]string{"class": "305"}, c.Values(0, &facts)); d != "" {
		t.Error(d)
	}
	facts = rules.Facts{Class: "302", Time: "00:00"}
	if holds, err := c.Holds(0, &facts); !holds || err != nil {
		t.Errorf("midnight: %v, %v", holds, err)
	}
	if _, faults := (mapping.RuleConditions{}).Sale(`hours > 8`); len(faults) != 1 || !strings.Contains(faults[0].Hint, "did you mean hour?") || !strings.Contains(faults[0].Hint, "group, hour, month") {
		t.Errorf("the fields there are: %v", faults)
	}
}

func TestLineConditions(t *testing.T) {
	l := loyalty.Line{Code: "WINE-1", Name: "Wino", Group: "ALKO/WINA", Unit: "szt", Kind: loyalty.Service, Discount: decimal.RequireFromString("12.5"), Discounted: true, Attributes: loyalty.Attributes{"RABAT": "5.00"}}
	for source, want := range map[string]bool{
		`decimal(attribute("RABAT"), 0) == 0`: false, `decimal(attribute("RABAT"), 0) == 5`: true, `kind == "service"`: true,
		`discounted and discount == 12.50`: true, `discount > 12.5 or not discounted`: false,
		`item.attribute("RABAT") == "5.00" and item.code == "WINE-1"`: true, `code startsWith "GIFT"`: false, `group startsWith "ALKO/" and unit == "szt" and name == "Wino"`: true,
	} {
		c, faults := mapping.RuleConditions{}.Line(source)
		if len(faults) > 0 {
			t.Errorf("%s: %v", source, faults)
			continue
		}
		if holds, err := c.Holds(&l); holds != want || err != nil {
			t.Errorf("%s: %v, %v", source, holds, err)
		}
	}
	for source, want := range map[string]string{`attribute("RABAT")`: "5.00", `item.attribute("RABAT")`: "5.00", `item.attribute("PUNKTY")`: ""} {
		text, faults := mapping.RuleConditions{}.Text(source)
		if len(faults) > 0 {
			t.Errorf("%s: %v", source, faults)
			continue
		}
		if got, err := text.Text(&l); got != want || err != nil {
			t.Errorf("%s: %q, %v", source, got, err)
		}
	}
	for _, source := range []string{`item.nothing("X")`, `item.code("X")`, `item.attribute`, `code`, `item.attribute(1)`, `(item).attribute.x("X")`} {
		if _, faults := (mapping.RuleConditions{}).Text(source); len(faults) != 1 && source != "code" {
			t.Errorf("%s: %v", source, faults)
		}
	}
	if _, faults := (mapping.RuleConditions{}).Line(`store == "MAG1"`); len(faults) != 1 {
		t.Errorf("a line has no store: %v", faults)
	}
}
