package rules_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
)

func Example() {
	set, faults := rules.Compile(loyalty.RuleSet{
		ValidFrom: loyalty.NoDate, Currency: "PLN",
		Rounding: loyalty.Floor, RoundedPer: loyalty.PerDocument, Stacking: loyalty.Sum, UnlinkedReturns: "score",
		Rules: []loyalty.Rule{{
			Name: "base", BasedOn: loyalty.OnBill, CalculateOn: loyalty.Net,
			Per: decimal.NewFromInt(100), Points: decimal.NewFromInt(1), From: loyalty.NoDate, To: loyalty.NoDate,
		}},
	}, nil)
	if len(faults) > 0 {
		fmt.Println(faults)
		return
	}
	sale := rules.Sale{
		Source: "erp", Currency: "PLN", Date: loyalty.NewDate(2026, 11, 14),
		Lines: []loyalty.Line{{ID: "1", No: 1, Kind: loyalty.Goods, Net: decimal.NewFromInt(5500)}},
	}
	fmt.Println(set.Score(sale))
	fmt.Println(set.Explain(sale).Rules[0].Raw)
	// Output:
	// [{0 0 55}]
	// 55
}
