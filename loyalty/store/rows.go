package store

import (
	"context"
	"database/sql"
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

// insert writes rows into columns of a table, in statements of up to
// rowsPerInsert rows; tail is what follows the values. PostgreSQL takes rows
// without one by COPY.
func insert(ctx context.Context, tx *txn, op, table, columns, tail string, rows [][]any) error {
	if tx.dialect == onPostgres && tail == "" {
		return tx.copyRows(ctx, op, table, columns, rows)
	}
	width := strings.Count(columns, ",") + 1
	for len(rows) > 0 {
		chunk := rows[:min(rowsPerInsert, len(rows))]
		rows = rows[len(chunk):]
		args := make([]any, 0, len(chunk)*width)
		for _, r := range chunk {
			args = append(args, r...)
		}
		text := "INSERT INTO " + table + " (" + columns + ") VALUES " + tx.values(width, len(chunk)) + " " + tail
		if _, err := tx.ExecContext(ctx, text, args...); err != nil {
			return storeError(op, err)
		}
	}
	return nil
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
