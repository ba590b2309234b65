package sqlerp

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
)

// mark stands for a parameter in a condition, until the dialect numbers it.
const mark = "\x00"

// condition is one part of a WHERE, with a parameter for each mark in it.
type condition struct {
	text string
	args []any
}

// query is one statement over a shape: SELECT … FROM (the SELECT) q WHERE …
type query struct {
	shape shape
	where []condition
	order []string
	limit int
}

// and adds a condition.
func (q *query) and(text string, args ...any) {
	q.where = append(q.where, condition{text, args})
}

// mark is a parameter in the column's own type.
func (c column) mark() string { return fmt.Sprintf(c.param, mark) }

// among adds the condition that the column is one of the keys. Keys that no row
// can have are left out; false means that none is left.
func (q *query) among(d dialect, c column, keys []string) bool {
	texts, values := make([]string, 0, len(keys)), make([]any, 0, len(keys))
	for _, k := range keys {
		if v, ok := c.key(k); ok {
			texts, values = append(texts, k), append(values, v)
		}
	}
	if len(texts) == 0 {
		return false
	}
	q.where = append(q.where, d.among(c, texts, values))
	return true
}

// statement writes the query in the dialect's syntax.
func (q *query) statement(s syntax) (string, []any) {
	read := make([]string, 0, len(q.shape.fields))
	for _, f := range q.shape.fields {
		read = append(read, q.shape.columns[f].read)
	}
	var rest strings.Builder
	rest.WriteString("\nFROM " + q.shape.from)
	var args []any
	for i, c := range q.where {
		word := "\n  AND "
		if i == 0 {
			word = "\nWHERE "
		}
		rest.WriteString(word + s.numbered(c.text, len(args)))
		args = append(args, c.args...)
	}
	if len(q.order) > 0 {
		rest.WriteString("\nORDER BY " + strings.Join(q.order, ", "))
	}
	return s.first(q.limit, strings.Join(read, ", "), rest.String()), args
}

// run reads the rows and hands each to keep.
func (q *query) run(ctx context.Context, tx *sql.Tx, s syntax, keep func(*row) error) error {
	text, args := q.statement(s)
	rows, err := tx.QueryContext(ctx, text, args...)
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
	if r.shape.columns[field].utc {
		return read(r, field, "", func(s string) (connectors.Date, error) { return dayIn(r.shape.zone, s) })
	}
	return read(r, field, "", parseDate)
}

func (r *row) time(field string) connectors.Time {
	if s, ok := r.raw(field); !ok || s == "" {
		return ""
	}
	if r.shape.columns[field].utc {
		return read(r, field, "", func(s string) (connectors.Time, error) { return timeIn(r.shape.zone, s) })
	}
	return read(r, field, "", parseTime)
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
