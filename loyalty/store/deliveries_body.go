package store

import (
	"errors"

	"github.com/shopspring/decimal"
	"github.com/tidwall/gjson"

	"github.com/loyalsync/loyalsync/loyalty"
)

// decodeSold fills in the part of a document that travels with its points: store,
// currency, and of the lines what finds them and what a platform is told. It takes
// a third of the time of decodeBody.
func decodeSold(text string, d *loyalty.Document) error {
	if !gjson.Valid(text) {
		return damaged(d, errors.New("it is not JSON"))
	}
	var err error
	gjson.Parse(text).ForEach(func(name, value gjson.Result) bool {
		switch name.Str {
		case "store":
			d.Store = value.Str
		case "currency":
			d.Currency = value.Str
		case "rows", "lines":
			decode := decodeSoldRow
			if name.Str == "lines" { // of the first stores
				decode = decodeSoldLine
			}
			value.ForEach(func(_, line gjson.Result) bool {
				var l loyalty.Line
				err = decode(line, &l)
				d.Lines = append(d.Lines, l)
				return err == nil
			})
		}
		return err == nil
	})
	if err != nil {
		return damaged(d, err)
	}
	return nil
}

// decodeSoldRow reads the members that appendLine writes, by their places.
func decodeSoldRow(row gjson.Result, l *loyalty.Line) (err error) {
	place := 0
	row.ForEach(func(_, value gjson.Result) bool {
		switch place {
		case 0:
			l.ID = value.Str
		case 3:
			l.Code = value.Str
		case 4:
			l.Name = value.Str
		case 5:
			l.Group = value.Str
		case 6:
			l.Quantity, err = decimal.NewFromString(value.Raw)
		case 7:
			l.Unit = value.Str
		case 8:
			l.Net, err = decimal.NewFromString(value.Raw)
		case 9:
			l.Gross, err = decimal.NewFromString(value.Raw)
		case 11:
			l.Corrects = value.Str
		}
		place++
		return err == nil
	})
	return err
}

func decodeSoldLine(line gjson.Result, l *loyalty.Line) (err error) {
	line.ForEach(func(name, value gjson.Result) bool {
		switch name.Str {
		case "id":
			l.ID = value.Str
		case "corrects":
			l.Corrects = value.Str
		case "code":
			l.Code = value.Str
		case "name":
			l.Name = value.Str
		case "group":
			l.Group = value.Str
		case "unit":
			l.Unit = value.Str
		case "quantity":
			l.Quantity, err = decimal.NewFromString(value.String())
		case "net":
			l.Net, err = decimal.NewFromString(value.String())
		case "gross":
			l.Gross, err = decimal.NewFromString(value.String())
		}
		return err == nil
	})
	return err
}
