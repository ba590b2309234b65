package compiere

import (
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
)

// The columns of lines.sql. Amounts and quantities are as stored.
const (
	lineDocument = iota
	lineID
	lineNumber
	lineItem
	lineCharge
	lineUnit
	lineTax
	lineQuantity
	lineEntered
	lineAmount
	lineGross // where the schema keeps it beside a net amount
	lineList  // prices of one
	lineActual
	lineText
)

// line fills in a position with what its header says about it.
func (h *header) line(r *rows, row int, names *names, own *texts, done *connectors.Line) error {
	done.ID, done.No = own.text(r.cell(row, lineID)), r.whole(row, lineNumber)
	done.DocumentUnit = names.units[string(r.cell(row, lineUnit))]
	if id := r.cell(row, lineItem); id != nil {
		i := names.items[string(id)]
		if i == nil {
			i = &item{}
		}
		done.Kind, done.Code, done.Name, done.Group, done.Attributes = i.kind(), i.code, i.name, i.group, i.attributes
		done.Unit = orText(i.unit, done.DocumentUnit)
		return h.amounts(r, row, names, done)
	}
	charge := names.charges[string(r.cell(row, lineCharge))]
	done.Kind, done.Unit, done.Attributes = connectors.Charge, done.DocumentUnit, map[string]string{}
	done.Code, done.Name = charge, charge // a charge has no code of its own
	if charge == "" {
		done.Name = own.text(r.cell(row, lineText))
	}
	return h.amounts(r, row, names, done)
}

// amounts fills in what a line is worth, signed.
func (h *header) amounts(r *rows, row int, names *names, done *connectors.Line) error {
	quantity, err := names.repeated(r, row, lineQuantity)
	if err != nil {
		return err
	}
	entered, err := names.repeated(r, row, lineEntered)
	if err != nil {
		return err
	}
	amount, err := r.number(row, lineAmount)
	if err != nil {
		return err
	}
	stored, err := r.perhaps(row, lineGross)
	if err != nil {
		return err
	}
	net, gross := lineAmounts(amount, names.rates[string(r.cell(row, lineTax))], h.taxIncluded && !stored.Valid, h.decimals)
	if h.taxIncluded && stored.Valid && !stored.Decimal.IsZero() {
		gross = stored.Decimal
	}
	done.Quantity, done.DocumentQuantity = h.signed(quantity), h.signed(entered)
	done.Net, done.Gross = h.signed(net), h.signed(gross)
	done.Discount, err = discount(r, row)
	done.Discounted = done.Discount.IsPositive()
	return err
}

// discount is what the price is below that of the price list, in percent to two
// decimals; zero where there is no list price.
func discount(r *rows, row int) (decimal.Decimal, error) {
	list, err := r.perhaps(row, lineList)
	if err != nil || !list.Decimal.IsPositive() {
		return decimal.Zero, err
	}
	actual, err := r.perhaps(row, lineActual)
	if err != nil || !actual.Valid || !actual.Decimal.LessThan(list.Decimal) {
		return decimal.Zero, err
	}
	const hundred, digits = 100, 2
	return list.Decimal.Sub(actual.Decimal).Mul(decimal.NewFromInt(hundred)).DivRound(list.Decimal, digits), nil
}
