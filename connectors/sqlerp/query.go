package sqlerp

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
)

// query is one statement over a shape: SELECT … FROM (the SELECT) q WHERE …
type query struct {
	shape shape
	where []string
	order []string
	limit int
	args  []any
}

// param adds a parameter and returns it in the column's own type.
func (q *query) param(c column, value any) string {
	q.args = append(q.args, value)
	return fmt.Sprintf(c.param, "$"+strconv.Itoa(len(q.args)))
}

// among adds the condition that the column is one of the keys. Keys that no row
// can have are left out; false means that none is left.
func (q *query) among(c column, d Dialect, keys []string) bool {
	texts, values := make([]string, 0, len(keys)), make([]any, 0, len(keys))
	for _, k := range keys {
		if v, ok := c.key(k); ok {
			texts, values = append(texts, k), append(values, v)
		}
	}
	if len(texts) == 0 {
		return false
	}
	var list any = texts
	if d == SQLite {
		text, err := json.Marshal(values)
		if err != nil { // strings and integers always marshal
			return false
		}
		list = string(text)
	}
	q.args = append(q.args, list)
	q.where = append(q.where, fmt.Sprintf(c.list, c.order, "$"+strconv.Itoa(len(q.args))))
	return true
}

func (q *query) text() string {
	read := make([]string, 0, len(q.shape.fields))
	for _, f := range q.shape.fields {
		read = append(read, q.shape.columns[f].read)
	}
	var b strings.Builder
	b.WriteString("SELECT " + strings.Join(read, ", ") + "\nFROM " + q.shape.from)
	if len(q.where) > 0 {
		b.WriteString("\nWHERE " + strings.Join(q.where, "\n  AND "))
	}
	if len(q.order) > 0 {
		b.WriteString("\nORDER BY " + strings.Join(q.order, ", "))
	}
	if q.limit > 0 {
		b.WriteString("\nLIMIT " + strconv.Itoa(q.limit))
	}
	return b.String()
}

// run reads the rows and hands each to keep.
func (q *query) run(ctx context.Context, tx *sql.Tx, keep func(*row) error) error {
	rows, err := tx.QueryContext(ctx, q.text(), q.args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	values := make([]sql.NullString, len(q.shape.fields))
	targets := make([]any, len(values))
	index := make(map[string]int, len(values))
	for i, f := range q.shape.fields {
		targets[i], index[f] = &values[i], i
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		r := &row{shape: &q.shape, index: index, values: values}
		r.id = r.key("id")
		if err := keep(r); err != nil {
			return err
		}
		if r.err != nil {
			return r.err
		}
	}
	return rows.Err()
}

// row is one row as text. The first value that cannot be read is kept as its
// error; everything after it is empty.
type row struct {
	shape  *shape
	index  map[string]int
	values []sql.NullString
	id     string
	err    error
}

// has tells whether the SELECT gives the field at all.
func (r *row) has(field string) bool { _, ok := r.index[field]; return ok }

// raw is the field's text as the database gave it; false for NULL.
func (r *row) raw(field string) (string, bool) {
	i, ok := r.index[field]
	if !ok || !r.values[i].Valid {
		return "", false
	}
	return r.values[i].String, true
}

// text is a field without what no store takes; NULL is "".
func (r *row) text(field string) string {
	s, _ := r.raw(field)
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// key is a field that names a row. It is never altered, or a look-up would not
// find it again.
func (r *row) key(field string) string {
	s, ok := r.raw(field)
	switch {
	case !ok || s == "":
		r.fail(field, fmt.Errorf("is empty"))
	case s != r.text(field):
		r.fail(field, fmt.Errorf("is not UTF-8 text"))
	}
	return s
}

// read parses a field that is there and not NULL, and gives otherwise what
// stands for it.
func read[T any](r *row, field string, otherwise T, parse func(string) (T, error)) T {
	s, ok := r.raw(field)
	if !ok || r.err != nil {
		return otherwise
	}
	v, err := parse(s)
	if err != nil {
		r.fail(field, err)
	}
	return v
}

func (r *row) decimal(field string) decimal.Decimal {
	return read(r, field, decimal.Zero, parseDecimal)
}

func (r *row) yes(field string, otherwise bool) bool { return read(r, field, otherwise, parseBool) }

func (r *row) date(field string) connectors.Date {
	if s, ok := r.raw(field); !ok || s == "" {
		return ""
	}
	return read(r, field, "", parseDate)
}

// needed reports a field that must have a value.
func (r *row) needed(field string) {
	if s, ok := r.raw(field); !ok || s == "" {
		r.fail(field, fmt.Errorf("is empty"))
	}
}

func (r *row) attributes() map[string]string {
	var out map[string]string
	for _, f := range r.shape.fields {
		name, ok := strings.CutPrefix(f, attribute)
		if !ok {
			continue
		}
		if s := r.text(f); s != "" {
			if out == nil {
				out = map[string]string{}
			}
			out[name] = s
		}
	}
	return out
}

// fail keeps the first failure. It names block, row and column, never the value
// (law 11).
func (r *row) fail(field string, err error) {
	if r.err != nil {
		return
	}
	r.err = &connectors.Error{
		Kind: connectors.ErrSchema, Op: "read " + r.shape.block,
		Err:  fmt.Errorf("row with id %s: column %s (%s) %w", r.id, r.shape.columns[field].name, field, err),
		Hint: "convert it in the SELECT under sql." + r.shape.block + ".select, or put the row right in the ERP",
	}
}
