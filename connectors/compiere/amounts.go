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
		if gross, ok := quickGross(amount, rate, decimals); ok {
			return amount, gross
		}
		return amount, amount.Add(amount.Mul(rate).Shift(-2).Round(decimals))
	}
	parts := rate.Add(decimal.New(100, 0))
	if !parts.IsPositive() {
		return amount, amount
	}
	base := amount.Shift(2).DivRound(parts, taxScale)
	return amount.Sub(amount.Sub(base).Round(decimals)), amount
}

// quickGross is an amount with its tax in 64 bits; ok is false where these may not do.
// Nearly every line passes here, and math/big would cost more than all the rest of it.
func quickGross(amount, rate decimal.Decimal, decimals int32) (gross decimal.Decimal, ok bool) {
	const amountDigits, rateDigits, most = 12, 5, 5
	drop := -amount.Exponent() - rate.Exponent() + 2 - decimals // digits that are rounded away
	widen := decimals + amount.Exponent()                       // digits that the amount lacks
	if amount.NumDigits() > amountDigits || rate.NumDigits() > rateDigits || drop < 0 || drop > amountDigits || widen < 0 || widen > most {
		return gross, false
	}
	tax, unit := amount.CoefficientInt64()*rate.CoefficientInt64(), power(drop)
	rest := tax % unit
	if tax /= unit; 2*rest >= unit {
		tax++
	} else if -2*rest >= unit {
		tax--
	}
	return decimal.New(amount.CoefficientInt64()*power(widen)+tax, -decimals), true
}

// power is ten to the n, which is small.
func power(n int32) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
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
