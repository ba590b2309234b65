package compiere

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
)

// cell is a value as the server writes it, nil for NULL.
type cell []byte

func (c cell) yes() bool { return len(c) == 1 && c[0] == 'Y' }

// rows are those of one statement, their cells one after the other: a page of many
// rows costs a handful of allocations.
type rows struct {
	columns []string
	text    []byte
	ends    []int32 // of the cells, in text; its complement for NULL
}

func (r *rows) len() int {
	if len(r.columns) == 0 {
		return 0
	}
	return len(r.ends) / len(r.columns)
}

func (r *rows) cell(row, column int) cell {
	at := row*len(r.columns) + column
	end, start := r.ends[at], int32(0)
	if end < 0 {
		return nil
	}
	if at > 0 {
		if start = r.ends[at-1]; start < 0 {
			start = ^start
		}
	}
	return r.text[start:end:end]
}

// whole is a cell as an integer, 0 for what is none.
func (r *rows) whole(row, column int) int {
	n, err := strconv.Atoi(string(r.cell(row, column)))
	if err != nil {
		return 0
	}
	return n
}

// number is a cell as a decimal, 0 for NULL.
func (r *rows) number(row, column int) (decimal.Decimal, error) {
	d, err := r.perhaps(row, column)
	return d.Decimal, err
}

// perhaps is a cell as a decimal that may be missing.
func (r *rows) perhaps(row, column int) (d decimal.NullDecimal, err error) {
	c := r.cell(row, column)
	if len(c) == 0 {
		return d, nil
	}
	if d.Decimal, err = decimal.NewFromString(string(c)); err != nil {
		return d, r.wrong(column, errors.New("not a number"))
	}
	d.Valid = true
	return d, nil
}

// add takes the cells of one more row.
func (r *rows) add(cells [][]byte) {
	for _, c := range cells {
		r.text = append(r.text, c...)
		end := int32(len(r.text)) //nolint:gosec // read keeps within
		if c == nil {
			end = ^end
		}
		r.ends = append(r.ends, end)
	}
}

// wrong is the error of a cell that cannot be read. It does not quote it (law 11).
func (r *rows) wrong(column int, err error) error {
	return pgx.ScanArgError{ColumnIndex: column, FieldName: r.columns[column], Err: err}
}

// reset makes room for the rows of another statement.
func (r *rows) reset(columns []pgconn.FieldDescription) {
	r.columns, r.text, r.ends = r.columns[:0], r.text[:0], r.ends[:0]
	for _, c := range columns {
		r.columns = append(r.columns, c.Name)
	}
}

// read runs one SELECT into the memory of r. Everything comes as text: exact, and
// cheap to copy (law 7).
func (r *rows) read(ctx context.Context, q querier, sql string, args pgx.StrictNamedArgs) error {
	found, err := q.Query(ctx, sql, pgx.QueryResultFormats{pgx.TextFormatCode}, args)
	if err != nil {
		return err
	}
	defer found.Close()
	r.reset(found.FieldDescriptions())
	for found.Next() {
		if r.add(found.RawValues()); len(r.text) > math.MaxInt32-maxRow {
			return errors.New("a page is larger than 2 GiB")
		}
	}
	return found.Err()
}

// maxRow is above what a row of the tables that are read can have, in bytes.
const maxRow = 1 << 24

// texts keeps the strings of one document together.
type texts struct{ all strings.Builder }

// text is a cell as a string.
func (t *texts) text(c cell) string {
	if len(c) == 0 {
		return ""
	}
	at := t.all.Len()
	t.all.Write(c)
	return t.all.String()[at:]
}

// The server writes stamps and dates as "2026-01-15 10:30:00.5" and "2026-01-15"
// (DateStyle ISO); what is not so, as infinity, is none.
const (
	dateLength = len("2026-01-15")
	timeLength = len("2026-01-15 10:30")
	seconds    = len("2026-01-15 10:30:00")
)

func dateOf(c cell) connectors.Date {
	if len(c) != dateLength {
		return ""
	}
	return connectors.Date(c)
}

func stampOf(c cell) connectors.Stamp {
	if len(c) < seconds || len(c) > len(connectors.StampLayout) {
		return ""
	}
	stamp := []byte("0000-00-00T00:00:00.000000")
	copy(stamp, c[:dateLength])
	copy(stamp[dateLength+1:], c[dateLength+1:])
	return connectors.Stamp(stamp)
}

// timeOn is the wall clock of a stamp that is of that day.
func timeOn(day connectors.Date, c cell) connectors.Time {
	if len(c) < timeLength || string(c[:dateLength]) != string(day) {
		return ""
	}
	return connectors.Time(c[dateLength+1 : timeLength])
}
