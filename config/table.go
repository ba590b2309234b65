package config

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// maxTable is the most that a table's file may hold, in bytes: a few hundred
// thousand rows.
const maxTable = 32 << 20

// maxTableFaults is how many faults of one table are told.
const maxTableFaults = 50

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

// table is a file of rows whose first one names the columns. Fields are separated by
// semicolons, tabs or commas, whichever the first row has.
type table struct {
	file     string
	known    map[string]string // columns by every name that they may have
	required []string
	hint     string // names the columns
	comma    bool   // decimals may have a comma
	columns  map[string]int
	named    int // fields of the first row
	csv      *csv.Reader
	faults   Faults
}

// tableRow is one row and its line in the file, from 1.
type tableRow struct {
	fields []string
	line   int
}

func newTable(file string, text []byte, known map[string]string, required []string, hint string) *table {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	t := &table{file: file, known: known, required: required, hint: hint, comma: true, csv: csv.NewReader(bytes.NewReader(text))}
	switch {
	case bytes.ContainsRune(first, ';'):
		t.csv.Comma = ';'
	case bytes.ContainsRune(first, '\t'):
		t.csv.Comma = '\t'
	default:
		t.comma = false
	}
	t.csv.ReuseRecord, t.csv.FieldsPerRecord = true, -1
	t.csv.TrimLeadingSpace = t.csv.Comma != '\t' // it would take empty fields away
	return t
}

func (t *table) fault(line, col int, message, hint string) {
	if len(t.faults) < maxTableFaults {
		t.faults = append(t.faults, Fault{File: t.file, Line: line, Col: col, Message: message, Hint: hint})
	}
}

// rows reads the names, then every row that is not empty. A row holds until the next
// one. Faults end it when the names are wrong, or too many were found.
func (t *table) rows() iter.Seq[tableRow] {
	return func(yield func(tableRow) bool) {
		header, err := t.csv.Read()
		if err != nil {
			t.fault(1, 1, "the table is empty or is not CSV", t.hint)
			return
		}
		if !t.header(header) {
			return
		}
		for len(t.faults) < maxTableFaults {
			row, more := t.next()
			if !more || row.fields != nil && !yield(row) {
				return
			}
		}
	}
}

// header finds the columns.
func (t *table) header(names []string) bool {
	t.columns, t.named = make(map[string]int), len(names)
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" {
			continue
		}
		column, known := t.known[name]
		_, twice := t.columns[column]
		switch {
		case !known:
			t.fault(1, i+1, fmt.Sprintf("there is no column %q", name), t.hint)
		case twice:
			t.fault(1, i+1, fmt.Sprintf("the column %q is there twice", name), "keep one of them")
		default:
			t.columns[column] = i
		}
	}
	for _, column := range t.required {
		if _, there := t.columns[column]; !there {
			t.fault(1, 1, "the column "+column+" is missing", t.hint)
		}
	}
	return len(t.faults) == 0
}

// next reads one row: without fields when there is nothing in it, or it is wrong.
func (t *table) next() (row tableRow, more bool) {
	fields, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return row, false
	}
	if err != nil {
		line := 1
		if pe, ok := errors.AsType[*csv.ParseError](err); ok {
			line = pe.Line
		}
		t.fault(line, 1, "the row cannot be read", "a field in quotes does not end, or has quotes within: write them twice")
		return row, false
	}
	filled := func(s string) bool { return strings.TrimSpace(s) != "" }
	if !slices.ContainsFunc(fields, filled) {
		return row, true
	}
	line, _ := t.csv.FieldPos(0)
	if i := slices.IndexFunc(fields[min(t.named, len(fields)):], filled); i >= 0 {
		t.fault(line, t.named+i+1, "the row has more fields than the first row names", "decimals have a point where commas separate; or name the column in the first row")
		return row, true
	}
	return tableRow{fields, line}, true
}

// field is a field of a row, "" for a column that is not there, and its place in the
// row from 1.
func (t *table) field(row tableRow, column string) (text string, col int) {
	i, there := t.columns[column]
	if !there || i >= len(row.fields) {
		return "", i + 1
	}
	return strings.TrimSpace(row.fields[i]), i + 1
}

// days reads the columns from and to: "" where there is no such day.
func (t *table) days(row tableRow) (from, to Date) {
	at := 0
	for column, day := range map[string]*Date{"from": &from, "to": &to} {
		text, col := t.field(row, column)
		if at = max(at, col); text == "" {
			continue
		}
		if err := day.UnmarshalText([]byte(text)); err != nil {
			t.fault(row.line, col, fmt.Sprintf("%q is not a date", text), "write year-month-day, for example 2026-01-31")
		}
	}
	if from != "" && to != "" && to < from {
		t.fault(row.line, at, fmt.Sprintf("the last day %s is before the first, %s", to, from), "both days count; swap them or correct one")
	}
	return from, to
}
