package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/shopspring/decimal"
)

// OpeningBalance is one row of a table of opening balances: points that a contractor
// had before.
type OpeningBalance struct {
	Contractor string          // code or ERP key
	Points     decimal.Decimal // whole points, above zero
	Earned     Date
	Lapses     Date // last day; "" is by the policy of the program
	Never      bool // they do not lapse
	Line, Col  int  // of the contractor, from 1
}

const (
	openingHint = "the first row names the columns: contractor;points;earned;lapses, or kontrahent;punkty;od;wygasa"
	never       = "never"
)

// ReadOpenings reads a table of opening balances, in UTF-8 or Windows-1250, separated by
// semicolons, tabs or commas; decimals may have a comma unless it separates. The error
// is Faults, every one with its line and column, or that the file cannot be read.
func ReadOpenings(file string) ([]OpeningBalance, error) {
	text, err := readTable(file)
	if err != nil {
		return nil, Faults{{File: file, Message: err.Error(), Hint: openingHint}}
	}
	t := newTable(file, text, map[string]string{
		"contractor": "contractor", "kontrahent": "contractor", "code": "contractor", "kod": "contractor", "points": "points", "punkty": "points",
		"earned": "from", "from": "from", "od": "from", "lapses": "to", "to": "to", "do": "to", "wygasa": "to",
	}, []string{"contractor", "points", "from"}, openingHint)
	var out []OpeningBalance
	for row := range t.rows() {
		out = append(out, t.opening(row))
	}
	if len(t.faults) > 0 {
		return nil, t.faults.Sort()
	}
	return out, nil
}

var openingPoints = regexp.MustCompile(`^[0-9]{1,12}([.,][0-9]{1,3})?$`)

// opening reads one row.
func (t *table) opening(row tableRow) OpeningBalance {
	out := OpeningBalance{Line: row.line}
	if out.Contractor, out.Col = t.field(row, "contractor"); out.Contractor == "" {
		t.fault(row.line, out.Col, "the contractor is empty", "write the code or the ERP's key, or remove the row")
	}
	text, at := t.field(row, "points")
	n, err := decimal.NewFromString(strings.Replace(text, ",", ".", 1))
	if err != nil || !openingPoints.MatchString(text) || !t.comma && strings.Contains(text, ",") || !n.IsPositive() {
		t.fault(row.line, at, fmt.Sprintf("%q is not a number of points above zero", text), "digits, with at most three decimals; a contractor without points needs no row")
	}
	out.Points = n
	if text, at = t.field(row, "from"); text == "" {
		t.fault(row.line, at, "the day they were earned is empty", "write year-month-day, for example 2026-01-31")
	}
	if text, _ = t.field(row, "to"); strings.EqualFold(text, never) || strings.EqualFold(text, "nigdy") {
		out.Never = true
		row.fields = append([]string(nil), row.fields...)
		row.fields[t.columns["to"]] = ""
	}
	out.Earned, out.Lapses = t.days(row)
	return out
}
