package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Item is one row of a table of points: what an item earns on some days.
type Item struct {
	Code        string
	Points, Per decimal.Decimal // Per is zero where the rule's own holds
	From, To    Date            // "" is no limit
	line        int             // in the file, from 1
}

// itemColumns are the columns of a table, by every name that they may have.
var itemColumns = map[string]string{
	"code": "code", "kod": "code", "points": "points", "punkty": "points", "per": "per", "za": "per",
	"from": "from", "od": "from", "to": "to", "do": "to",
}

// itemHint names the columns.
const itemHint = "the first row names the columns: code;points;per;from;to, or kod;punkty;za;od;do"

// tables reads the tables that rules name; path is that of the section they are in.
func (d *decoder) tables(path string, rules []Rule) {
	for i := range rules {
		r := &rules[i]
		if r.Table == "" {
			continue
		}
		text, err := readTable(string(r.Table))
		if err != nil {
			d.faultAt(join(path, at("rules", i))+".table", string(r.Table)+": "+err.Error(),
				"it is looked for from the folder of the file that names it; its first row names the columns: code;points;per;from;to")
			continue
		}
		var faults Faults
		r.TableItems, faults = parseItems(string(r.Table), text)
		d.faults = append(d.faults, faults...)
	}
}

// itemReader reads one table of items.
type itemReader struct{ *table }

// parseItems reads a table: a row of names, then a row for each item. Decimals may
// have a comma unless it separates.
func parseItems(file string, text []byte) ([]Item, Faults) {
	t := newTable(file, text, itemColumns, []string{"code", "points"}, itemHint)
	r := itemReader{t}
	var items []Item
	for row := range t.rows() {
		items = append(items, r.item(row))
	}
	r.overlaps(items)
	return items, t.faults
}

// item reads one row.
func (r *itemReader) item(row tableRow) Item {
	line := row.line
	item := Item{line: line}
	var at int
	if item.Code, at = r.field(row, "code"); item.Code == "" {
		r.fault(line, at, "the code is empty", "write the item's code, or remove the row")
	}
	text, at := r.field(row, "points")
	item.Points = r.number(text, line, at, "points", true)
	if text, at = r.field(row, "per"); text != "" {
		item.Per = r.number(text, line, at, "per", false)
	}
	item.From, item.To = r.days(row)
	return item
}

var tableNumber = regexp.MustCompile(`^[0-9]{1,9}([.,][0-9]{1,6})?$`)

// number reads points or per: at most nine digits and six decimals.
func (r *itemReader) number(text string, line, col int, column string, zero bool) decimal.Decimal {
	n, err := decimal.NewFromString(strings.Replace(text, ",", ".", 1))
	switch {
	case text == "":
		r.fault(line, col, column+" is empty", "write a number; an item that earns nothing needs no row")
	case err != nil || !tableNumber.MatchString(text) || !r.comma && strings.Contains(text, ","):
		r.fault(line, col, fmt.Sprintf("%q is not a number for %s", text, column), "digits, with at most six decimals, for example 2.5")
	case n.IsZero() && !zero:
		r.fault(line, col, column+" is zero", "write how much earns once, or leave it empty for the rule's own")
	default:
		return n
	}
	return decimal.Decimal{}
}

// overlaps finds items with two rows for one day.
func (r *itemReader) overlaps(items []Item) {
	sorted := make([]*Item, len(items))
	for i := range items {
		sorted[i] = &items[i]
	}
	slices.SortStableFunc(sorted, func(a, b *Item) int {
		if c := strings.Compare(a.Code, b.Code); c != 0 {
			return c
		}
		return strings.Compare(string(a.From), string(b.From))
	})
	for i := 1; i < len(sorted); i++ {
		a, b := sorted[i-1], sorted[i]
		if a.Code == b.Code && a.Code != "" && (a.To == "" || b.From == "" || a.To >= b.From) {
			r.fault(max(a.line, b.line), r.columns["code"]+1, fmt.Sprintf("item %s has points for these days in line %d already", b.Code, min(a.line, b.line)),
				"let the days of its rows not overlap: both days of each count")
		}
	}
}
