package config

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"
	"golang.org/x/text/encoding/charmap"
)

// maxTable is the most that a table's file may hold, in bytes: a few hundred
// thousand rows.
const maxTable = 32 << 20

// maxTableFaults is how many faults of one table are told.
const maxTableFaults = 50

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

// readTable returns a file as UTF-8. What is not UTF-8 is taken for Windows-1250,
// as Polish spreadsheets write it.
func readTable(file string) ([]byte, error) {
	r, err := os.Open(file) //nolint:gosec // the administrator names the file
	if err != nil {
		return nil, cause(err)
	}
	text, err := io.ReadAll(io.LimitReader(r, maxTable+1))
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, cause(err)
	}
	if len(text) > maxTable {
		return nil, errors.New("the file is larger than 32 MiB")
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if utf8.Valid(text) {
		return text, nil
	}
	return charmap.Windows1250.NewDecoder().Bytes(text)
}

// itemReader reads one table.
type itemReader struct {
	file    string
	comma   bool // decimals may have a comma
	columns map[string]int
	named   int // fields of the first row
	csv     *csv.Reader
	faults  Faults
}

// parseItems reads a table: a row of names, then a row for each item. Fields are
// separated by semicolons, tabs or commas, whichever the first row has; decimals
// may have a comma unless it separates.
func parseItems(file string, text []byte) ([]Item, Faults) {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	r := itemReader{file: file, comma: true, csv: csv.NewReader(bytes.NewReader(text))}
	switch {
	case bytes.ContainsRune(first, ';'):
		r.csv.Comma = ';'
	case bytes.ContainsRune(first, '\t'):
		r.csv.Comma = '\t'
	default:
		r.comma = false
	}
	r.csv.ReuseRecord, r.csv.FieldsPerRecord = true, -1
	r.csv.TrimLeadingSpace = r.csv.Comma != '\t' // it would take empty fields away
	header, err := r.csv.Read()
	if err != nil || !r.header(header) {
		if err != nil {
			r.fault(1, 1, "the table is empty or is not CSV", "its first row names the columns: code;points;per;from;to")
		}
		return nil, r.faults
	}
	items := r.rows()
	r.overlaps(items)
	return items, r.faults
}

func (r *itemReader) fault(line, col int, message, hint string) {
	if len(r.faults) < maxTableFaults {
		r.faults = append(r.faults, Fault{File: r.file, Line: line, Col: col, Message: message, Hint: hint})
	}
}

// header finds the columns.
func (r *itemReader) header(names []string) bool {
	r.columns, r.named = make(map[string]int), len(names)
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" {
			continue
		}
		column, known := itemColumns[name]
		_, twice := r.columns[column]
		switch {
		case !known:
			r.fault(1, i+1, fmt.Sprintf("there is no column %q", name), "columns are code;points;per;from;to, or kod;punkty;za;od;do")
		case twice:
			r.fault(1, i+1, fmt.Sprintf("the column %q is there twice", name), "keep one of them")
		default:
			r.columns[column] = i
		}
	}
	for _, column := range []string{"code", "points"} {
		if _, there := r.columns[column]; !there {
			r.fault(1, 1, "the column "+column+" is missing", "the first row names the columns: code;points;per;from;to")
		}
	}
	return len(r.faults) == 0
}

func (r *itemReader) rows() (items []Item) {
	for {
		row, err := r.csv.Read()
		if errors.Is(err, io.EOF) || len(r.faults) == maxTableFaults {
			return items
		}
		if err != nil {
			line := 1
			if pe, ok := errors.AsType[*csv.ParseError](err); ok {
				line = pe.Line
			}
			r.fault(line, 1, "the row cannot be read", "a field in quotes does not end, or has quotes within: write them twice")
			return items
		}
		if !slices.ContainsFunc(row, func(s string) bool { return strings.TrimSpace(s) != "" }) {
			continue
		}
		line, _ := r.csv.FieldPos(0)
		if i := slices.IndexFunc(row[min(r.named, len(row)):], func(s string) bool { return strings.TrimSpace(s) != "" }); i >= 0 {
			r.fault(line, r.named+i+1, "the row has more fields than the first row names", "decimals have a point where commas separate; or name the column in the first row")
			continue
		}
		items = append(items, r.item(row, line))
	}
}

// item reads one row.
func (r *itemReader) item(row []string, line int) Item {
	field := func(column string) (string, int) {
		i, there := r.columns[column]
		if !there || i >= len(row) {
			return "", i + 1
		}
		return strings.TrimSpace(row[i]), i + 1
	}
	item := Item{line: line}
	var at int
	if item.Code, at = field("code"); item.Code == "" {
		r.fault(line, at, "the code is empty", "write the item's code, or remove the row")
	}
	text, at := field("points")
	item.Points = r.number(text, line, at, "points", true)
	if text, at = field("per"); text != "" {
		item.Per = r.number(text, line, at, "per", false)
	}
	for column, to := range map[string]*Date{"from": &item.From, "to": &item.To} {
		if text, at = field(column); text != "" {
			if err := to.UnmarshalText([]byte(text)); err != nil {
				r.fault(line, at, fmt.Sprintf("%q is not a date", text), "write year-month-day, for example 2026-01-31")
			}
		}
	}
	if item.From != "" && item.To != "" && item.To < item.From {
		r.fault(line, at, fmt.Sprintf("the last day %s is before the first, %s", item.To, item.From), "both days count; swap them or correct one")
	}
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
