package tdstest

import (
	"context"
	"fmt"
	"strings"
)

// target finds the table that a statement writes, and checks the right to.
func (s *session) target(c *compiler, name []string, right string) *table {
	db, t := c.findTable(name)
	s.need(right, db, t)
	if db != s.db {
		panic(cannot("write to a table of another database"))
	}
	if t.view != nil {
		panic(cannot("write through a view"))
	}
	return t
}

func (s *session) insert(ctx context.Context, st *insertStmt, out sink) error {
	c := s.compiler()
	t := s.target(c, st.table, "INSERT")
	cols := s.insertColumns(t, st.cols)
	var text string
	if st.q != nil {
		text = s.insertQuery(c, t, cols, st.q)
	} else {
		text = s.insertValues(c, t, cols, st.rows)
	}
	id := t.identity()
	returning := "NULL"
	if id != nil {
		returning = ident(id.name)
	}
	var outCols []value
	if st.output != nil {
		outCols = c.items(&scope{sources: []*boundSource{{alias: "inserted", cols: t.bound("")}}}, st.output)
		for _, v := range outCols {
			returning += ", " + v.sql
		}
	}
	n, err := s.writeReturning(ctx, text+" RETURNING "+returning, c.args, outCols, func(first any) {
		if id != nil {
			s.identity = first
		}
	}, out)
	if err != nil {
		return err
	}
	s.rowCount = n
	return out.done(cmdInsert, n, !s.noCount)
}

// writeReturning runs a statement with RETURNING: the first column is for us,
// the others are rows for the client.
func (s *session) writeReturning(ctx context.Context, text string, args []any, cols []value, first func(any), out sink) (int64, error) {
	rows, err := s.queryEngine(ctx, text, args)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	if cols != nil {
		if err := out.columns(cols); err != nil {
			return 0, err
		}
	}
	vals := make([]any, len(cols)+1)
	targets := make([]any, len(vals))
	for i := range vals {
		targets[i] = &vals[i]
	}
	n := int64(0)
	for ; rows.Next(); n++ {
		if err := rows.Scan(targets...); err != nil {
			return 0, err
		}
		first(vals[0])
		if cols != nil {
			if err := out.row(vals[1:]); err != nil {
				return 0, err
			}
		}
	}
	return n, rows.Err()
}

// insertColumns are the columns that an INSERT names, or all that it may.
func (s *session) insertColumns(t *table, names []string) []*tableColumn {
	explicit := s.identityFor == key(t.schema, t.name)
	var out []*tableColumn
	if names == nil {
		for i := range t.cols {
			if t.cols[i].computed == nil && (!t.cols[i].identity || explicit) {
				out = append(out, &t.cols[i])
			}
		}
		return out
	}
	for _, name := range names {
		col := t.column(name)
		switch {
		case col == nil:
			panic(failf(207, "Invalid column name '%s'.", name))
		case col.identity && !explicit:
			panic(failf(544, "Cannot insert explicit value for identity column in table '%s' when IDENTITY_INSERT is set to OFF.", t.name))
		case col.computed != nil:
			panic(failf(271, "The column \"%s\" cannot be modified because it is either a computed column or is the result of a UNION operator.", name))
		}
		out = append(out, col)
	}
	if id := t.identity(); id != nil && explicit {
		for _, col := range out {
			if col == id {
				return out
			}
		}
		panic(failf(545, "Explicit value must be specified for identity column in table '%s' either when IDENTITY_INSERT is set to ON.", t.name))
	}
	return out
}

// defaults are the columns that an INSERT leaves to their DEFAULT.
func (t *table) defaults(given []*tableColumn) []*tableColumn {
	var out []*tableColumn
	for i := range t.cols {
		col := &t.cols[i]
		named := false
		for _, g := range given {
			named = named || g == col
		}
		if !named && col.deflt != nil {
			out = append(out, col)
		}
	}
	return out
}

func insertHead(t *table, cols []*tableColumn) string {
	names := make([]string, len(cols))
	for i, col := range cols {
		names[i] = ident(col.name)
	}
	return "INSERT INTO " + ident(t.physical) + " (" + strings.Join(names, ", ") + ") "
}

func (s *session) insertValues(c *compiler, t *table, cols []*tableColumn, rows [][]expr) string {
	extra := t.defaults(cols)
	all := append(append([]*tableColumn{}, cols...), extra...)
	if len(rows) > 1000 {
		panic(failf(10738, "The number of row value expressions in the INSERT statement exceeds the maximum allowed number of 1000 row values."))
	}
	lines := make([]string, len(rows))
	for r, row := range rows {
		if len(row) == 0 && len(rows) == 1 { // DEFAULT VALUES
			row = make([]expr, len(cols))
		}
		if len(row) != len(cols) {
			panic(failf(213, "Column name or number of supplied values does not match table definition."))
		}
		var cells []string
		for i, e := range row {
			cells = append(cells, s.cell(c, cols[i], e))
		}
		for _, col := range extra {
			cells = append(cells, s.cell(c, col, nil))
		}
		lines[r] = "(" + strings.Join(cells, ", ") + ")"
	}
	if len(all) == 0 {
		return "INSERT INTO " + ident(t.physical) + " DEFAULT VALUES"
	}
	return insertHead(t, all) + "VALUES " + strings.Join(lines, ", ")
}

// cell is what goes into a column: an expression, or its DEFAULT.
func (s *session) cell(c *compiler, col *tableColumn, e expr) string {
	if e == nil {
		if e = col.deflt; e == nil {
			return "NULL"
		}
	}
	v := c.value(&scope{}, e)
	v.name = col.name
	return c.to(v, col.typ, true).sql
}

func (s *session) insertQuery(c *compiler, t *table, cols []*tableColumn, q *query) string {
	text, vals := c.query(nil, q)
	if len(vals) != len(cols) {
		panic(failf(120, "The select list for the INSERT statement contains a different number of items than the insert list."))
	}
	extra := t.defaults(cols)
	var cells []string
	for i, v := range vals {
		v.sql, v.known, v.name = fmt.Sprintf(`"c%d"`, i+1), false, cols[i].name
		cells = append(cells, c.to(v, cols[i].typ, true).sql)
	}
	for _, col := range extra {
		cells = append(cells, s.cell(c, col, nil))
	}
	return insertHead(t, append(append([]*tableColumn{}, cols...), extra...)) + "SELECT " + strings.Join(cells, ", ") + " FROM (" + text + ") WHERE true"
}

// written finds the table of an UPDATE or DELETE, which may name an alias of
// its FROM, and puts it into the scope.
func (s *session) written(c *compiler, sc *scope, name []string, from []source, right string) (t *table, rest []source) {
	for i, f := range from {
		src := f
		for src.join != nil && src.join.kind == "INNER" {
			src = src.join.l
		}
		if src.table == nil || len(name) != 1 || !strings.EqualFold(src.alias, name[0]) && !strings.EqualFold(src.table[len(src.table)-1], name[0]) {
			continue
		}
		if f.join != nil {
			panic(cannot("UPDATE or DELETE of a joined table: use WHERE … IN or EXISTS"))
		}
		t = s.target(c, src.table, right)
		alias := src.alias
		if alias == "" {
			alias = t.name
		}
		sc.sources = append(sc.sources, &boundSource{alias: alias, cols: t.bound(ident(t.physical) + ".")})
		return t, append(append([]source{}, from[:i]...), from[i+1:]...)
	}
	t = s.target(c, name, right)
	sc.sources = append(sc.sources, &boundSource{alias: t.name, parts: []string{t.schema, t.name}, cols: t.bound(ident(t.physical) + ".")})
	return t, from
}

func (s *session) update(ctx context.Context, st *updateStmt, out sink) error {
	c := s.compiler()
	sc := &scope{}
	with := c.ctes(sc, st.ctes)
	t, rest := s.written(c, sc, st.table, st.from, "UPDATE")
	from, extra := c.from(sc, rest)
	sets := make([]string, len(st.sets))
	for i, it := range st.sets {
		col := t.column(it.col)
		if col == nil {
			panic(failf(207, "Invalid column name '%s'.", it.col))
		}
		if col.identity {
			panic(failf(8102, "Cannot update identity column '%s'.", it.col))
		}
		x := it.x
		if x == nil {
			x = col.deflt
		}
		v := c.value(sc, x)
		v.name = col.name
		sets[i] = ident(col.name) + " = " + c.to(v, col.typ, true).sql
	}
	text := with + "UPDATE " + ident(t.physical) + " SET " + strings.Join(sets, ", ") + from + c.where(sc, st.where, extra)
	return s.write(ctx, text, c.args, cmdUpdate, out)
}

func (s *session) deleteRows(ctx context.Context, st *deleteStmt, out sink) error {
	c := s.compiler()
	sc := &scope{}
	with := c.ctes(sc, st.ctes)
	t, rest := s.written(c, sc, st.table, st.from, "DELETE")
	if len(rest) > 0 {
		panic(cannot("DELETE … FROM several tables"))
	}
	return s.write(ctx, with+"DELETE FROM "+ident(t.physical)+c.where(sc, st.where, nil), c.args, cmdDelete, out)
}

func (s *session) write(ctx context.Context, text string, args []any, command uint16, out sink) error {
	res, err := s.execEngine(ctx, text, args)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	s.rowCount = n
	return out.done(command, n, !s.noCount)
}
