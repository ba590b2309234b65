package compiere

import (
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
)

// taxScale is the number of decimals the ERP keeps while it takes a tax out of a
// price that includes it.
const taxScale = 12

// lineAmounts are the net and gross value of a line, with the tax rounded half up
// to the currency's decimals as the ERP rounds it. amount is the line's
// "LineNetAmt", which is gross when prices include tax; rate is in percent.
func lineAmounts(amount, rate decimal.Decimal, taxIncluded bool, decimals int32) (net, gross decimal.Decimal) {
	if !taxIncluded {
		return amount, amount.Add(amount.Mul(rate).Shift(-2).Round(decimals))
	}
	parts := rate.Add(decimal.New(100, 0))
	if !parts.IsPositive() {
		return amount, amount
	}
	base := amount.Shift(2).DivRound(parts, taxScale)
	return amount.Sub(amount.Sub(base).Round(decimals)), amount
}

// takesBack reports whether amounts of a document base type are stored positive
// and mean the opposite: its third letter is C, for credit.
func takesBack(baseType string) bool {
	return len(baseType) >= 3 && baseType[2] == 'C'
}

// state sorts the document statuses. One that is not known is treated as a draft:
// it earns nothing for good until somebody knows what it means.
func state(status string) connectors.State {
	switch status {
	case "CO", "CL": // completed, closed
		return connectors.Released
	case "VO", "RE": // voided, reversed: both documents of a pair have RE
		return connectors.Cancelled
	}
	return connectors.Buffered // DR, IP, IN, AP, NA, WP, WC
}
