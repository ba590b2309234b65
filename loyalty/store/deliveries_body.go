package store

import (
	"errors"
	"strings"

	"github.com/shopspring/decimal"
	"github.com/tidwall/gjson"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/platform/wire"
)

// sold is the part of a document's body that travels with its points.
type sold struct {
	store string
	lines []soldLine
}

type soldLine struct {
	id, corrects string
	item         wire.Item
}

func (l *soldLine) keys() (id, corrects string) { return l.id, l.corrects }

// decodeSold reads the part that travels; decodeBody takes several times as long.
func decodeSold(text string, key loyalty.Key) (sold, error) {
	var d sold
	if !gjson.Valid(text) {
		return d, damaged(key, errors.New("it is not JSON"))
	}
	var err error
	var currency string
	gjson.Parse(text).ForEach(func(name, value gjson.Result) bool {
		switch name.Str {
		case "store":
			d.store = value.Str
		case "currency":
			currency = value.Str
		case "rows", "lines":
			decode := (*soldLine).decodeRow
			if name.Str == "lines" { // of the first stores
				decode = (*soldLine).decodeLine
			}
			value.ForEach(func(_, line gjson.Result) bool {
				l := soldLine{item: wire.Item{Quantity: "0", Net: "0", Gross: "0"}}
				err = decode(&l, line)
				d.lines = append(d.lines, l)
				return err == nil
			})
		}
		return err == nil
	})
	if err != nil {
		return d, damaged(key, err)
	}
	for i := range d.lines {
		d.lines[i].item.Currency = currency
	}
	return d, nil
}

// decodeRow reads the members that appendLine writes, by their places.
func (l *soldLine) decodeRow(row gjson.Result) (err error) {
	place := 0
	row.ForEach(func(_, value gjson.Result) bool {
		switch place {
		case 0:
			l.id = value.Str
		case 3:
			l.item.Code = value.Str
		case 4:
			l.item.Name = value.Str
		case 5:
			l.item.Group = value.Str
		case 6:
			l.item.Quantity, err = amount(value)
		case 7:
			l.item.Unit = value.Str
		case 8:
			l.item.Net, err = amount(value)
		case 9:
			l.item.Gross, err = amount(value)
		case 11:
			l.corrects = value.Str
		}
		place++
		return err == nil
	})
	return err
}

func (l *soldLine) decodeLine(line gjson.Result) (err error) {
	line.ForEach(func(name, value gjson.Result) bool {
		switch name.Str {
		case "id":
			l.id = value.Str
		case "corrects":
			l.corrects = value.Str
		case "code":
			l.item.Code = value.Str
		case "name":
			l.item.Name = value.Str
		case "group":
			l.item.Group = value.Str
		case "unit":
			l.item.Unit = value.Str
		case "quantity":
			l.item.Quantity, err = amount(value)
		case "net":
			l.item.Net, err = amount(value)
		case "gross":
			l.item.Gross, err = amount(value)
		}
		return err == nil
	})
	return err
}

// amount is a decimal, a number or a text, as decimal.Decimal writes it. What it has
// written needs no reading. Numbers are taken by their digits, never as floats (law 7).
func amount(value gjson.Result) (string, error) {
	text := value.Raw
	if value.Type == gjson.String {
		text = value.Str
	}
	if shortest(text) {
		return text, nil
	}
	d, err := decimal.NewFromString(text)
	return d.String(), err
}

// shortest tells of a decimal without a zero, sign or point too many.
func shortest(text string) bool {
	whole, fraction, pointed := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if whole == "" || len(whole) > 1 && whole[0] == '0' || pointed && (fraction == "" || fraction[len(fraction)-1] == '0') || text == "-0" {
		return false
	}
	return digits(whole) && digits(fraction)
}

func digits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}
