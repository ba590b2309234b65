package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"math"
	"strings"

	"github.com/loyalsync/loyalsync/loyalty"
)

// collect runs a query and reads every row with scan.
func collect[T any](ctx context.Context, q querier, op, query string, scan func(*sql.Rows) (T, error), args ...any) (out []T, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, storeError(op, err)
	}
	defer func() {
		if cerr := rows.Close(); err == nil && cerr != nil {
			err = storeError(op, cerr)
		}
	}()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, storeError(op, err)
		}
		out = append(out, v)
	}
	if err := rows.Err(); err != nil {
		return nil, storeError(op, err)
	}
	return out, nil
}

// rowsPerInsert is how many rows one INSERT carries; more is no faster.
const rowsPerInsert = 100

// rowsToQueue is up to how many rows wait for the next statement instead of a COPY of
// their own, which takes turns with the server.
const rowsToQueue = 16

// insert writes rows into columns of a table; see insertEach.
func insert(ctx context.Context, tx *txn, op, table, columns, tail string, rows [][]any) error {
	return insertEach(ctx, tx, op, table, columns, tail, len(rows), func(i int, to []any) (err error) {
		for n, value := range rows[i] {
			if to[n], err = driver.DefaultParameterConverter.ConvertValue(value); err != nil {
				return storeError(op, err)
			}
		}
		return nil
	})
}

// insertEach writes n rows into columns of a table, in statements of up to
// rowsPerInsert rows; tail is what follows the values. row fills in the values of a
// row, each an int64, a string or nil as drivers take them. PostgreSQL takes many rows
// without a tail by COPY.
func insertEach(ctx context.Context, tx *txn, op, table, columns, tail string, n int, row func(i int, to []any) error) error {
	width := strings.Count(columns, ",") + 1
	if tx.dialect == onPostgres && tail == "" && n > rowsToQueue {
		values := make([]any, width) // each row is encoded before the next is asked for
		return tx.copyRows(ctx, op, table, columns, n, func(i int) ([]any, error) { return values, row(i, values) })
	}
	args := make([]any, min(n, rowsPerInsert)*width)
	for from := 0; from < n; from += rowsPerInsert {
		count := min(rowsPerInsert, n-from)
		if err := rowsInto(args, width, from, count, row); err != nil {
			return err
		}
		text := tx.insert(table, columns) + "VALUES " + tx.values(width, count) + " " + tail
		if err := tx.execute(ctx, op, text, args[:count*width]); err != nil {
			return err
		}
	}
	return nil
}

// rowsInto fills in n rows, from one on, one after the other.
func rowsInto(to []any, width, from, n int, row func(i int, to []any) error) error {
	for i := range n {
		if err := row(from+i, to[i*width:(i+1)*width]); err != nil {
			return err
		}
	}
	return nil
}

// insertAlike is insertEach for SQLite and rows whose first columns are the same in all of
// them: each value is a call, and it gets those once a statement.
func insertAlike(ctx context.Context, tx *txn, op, table, columns string, shared, n int, row func(i int, to []any) error) error {
	one := make([]any, strings.Count(columns, ",")+1)
	own := len(one) - shared
	head := tx.insert(table, columns) + "SELECT " + strings.Repeat("?, ", shared) + columnsOfValues(own) + " FROM (VALUES "
	args := make([]any, shared, shared+min(n, rowsPerInsert)*own)
	for from := 0; from < n; from += rowsPerInsert {
		count := min(rowsPerInsert, n-from)
		args = args[:shared]
		for i := range count {
			if err := row(from+i, one); err != nil {
				return err
			}
			args = append(args, one[shared:]...)
		}
		copy(args, one[:shared])
		if err := tx.execute(ctx, op, head+tx.values(own, count)+")", args); err != nil {
			return err
		}
	}
	return nil
}

// columnsOfValues are the names that SQLite gives to the first n columns of VALUES.
func columnsOfValues(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("column%d", i+1)
	}
	return strings.Join(names, ", ")
}

// insertNumbers is insertEach for a table whose columns are all numbers: PostgreSQL takes
// many rows as an array for each column, in one statement.
func insertNumbers(ctx context.Context, tx *txn, op, table, columns, tail string, n int, row func(i int, to []any) error) error {
	if tx.dialect == onSQLite || n <= rowsToQueue {
		return insertEach(ctx, tx, op, table, columns, tail, n, row)
	}
	rows, args, err := tx.table(strings.Count(columns, ",")+1, n, row)
	if err != nil {
		return err
	}
	return tx.execute(ctx, op, "INSERT INTO "+table+" ("+columns+") "+rows+" "+tail, args)
}

// rowsAtOnce is how many rows table takes at most.
func (d dialect) rowsAtOnce() int {
	if d == onPostgres {
		return math.MaxInt
	}
	return rowsPerInsert
}

// table are n rows of numbers as a query that gives them: PostgreSQL takes an array for
// each column, one text whatever their number.
func (d dialect) table(width, n int, row func(i int, to []any) error) (query string, args []any, err error) {
	if d == onSQLite {
		args = make([]any, width*n)
		return "VALUES " + d.values(width, n), args, rowsInto(args, width, 0, n, row)
	}
	arrays, places := make([][]*int64, width), make([]string, width)
	values := make([]any, width)
	for i := range n {
		if err := row(i, values); err != nil {
			return "", nil, err
		}
		for c, value := range values {
			var number *int64 // nil is NULL
			if v, ok := value.(int64); ok {
				number = &v
			}
			arrays[c] = append(arrays[c], number)
		}
	}
	for c := range arrays {
		args, places[c] = append(args, arrays[c]), fmt.Sprintf("CAST($%d AS BIGINT[])", c+1)
	}
	return "SELECT * FROM unnest(" + strings.Join(places, ", ") + ")", args, nil
}

// nullDate writes NoDate as NULL.
func nullDate(d loyalty.Date) any {
	if d == loyalty.NoDate {
		return nil
	}
	return int64(d)
}

// dateOf reads what nullDate wrote.
func dateOf(v sql.NullInt64) loyalty.Date {
	if !v.Valid {
		return loyalty.NoDate
	}
	return loyalty.Date(v.Int64) //nolint:gosec // written by nullDate
}

// nullID writes 0 as NULL.
func nullID(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}
