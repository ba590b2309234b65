package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/loyalsync/loyalsync/loyalty"
)

// querier is a transaction or a pool.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

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

// list is a JSON array, for IN (SELECT value FROM json_each($n)): one statement
// text whatever the number of values.
func list[T any](values []T) string {
	if len(values) == 0 {
		return "[]"
	}
	b, err := json.Marshal(values)
	if err != nil { // strings and integers always marshal
		panic(fmt.Sprintf("store: marshal a list: %v", err))
	}
	return string(b)
}

// rowsPerInsert is how many rows one INSERT carries; more is no faster.
const rowsPerInsert = 100

// insert writes rows in statements of up to rowsPerInsert rows. head is
// "INSERT INTO t (a, b)", tail what follows the values.
func insert(ctx context.Context, tx *sql.Tx, op, head, tail string, columns int, rows [][]any) error {
	for len(rows) > 0 {
		chunk := rows[:min(rowsPerInsert, len(rows))]
		rows = rows[len(chunk):]
		args := make([]any, 0, len(chunk)*columns)
		for _, r := range chunk {
			args = append(args, r...)
		}
		if _, err := tx.ExecContext(ctx, insertText(head, tail, columns, len(chunk)), args...); err != nil {
			return storeError(op, err)
		}
	}
	return nil
}

func insertText(head, tail string, columns, rows int) string {
	var b strings.Builder
	b.WriteString(head)
	b.WriteString(" VALUES ")
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", columns), ",") + ")"
	for i := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(row)
	}
	b.WriteByte(' ')
	b.WriteString(tail)
	return b.String()
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
