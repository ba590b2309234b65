package tdstest

import (
	"fmt"
	"strings"
)

// from compiles the sources, in order; extra are conditions that they add.
func (c *compiler) from(sc *scope, list []source) (string, []string) {
	if len(list) == 0 {
		return "", nil
	}
	var texts, extra []string
	for _, s := range list {
		text, more := c.source(sc, s)
		texts = append(texts, text)
		extra = append(extra, more...)
	}
	return " FROM " + strings.Join(texts, ", "), extra
}

func (c *compiler) source(sc *scope, s source) (string, []string) {
	switch {
	case s.join != nil && strings.HasSuffix(s.join.kind, "APPLY"):
		return c.apply(sc, s.join)
	case s.join != nil:
		l, extra := c.source(sc, s.join.l)
		r, more := c.source(sc, s.join.r)
		if s.join.r.join != nil {
			r = "(" + r + ")"
		}
		sql := l + " " + s.join.kind + " JOIN " + r
		if s.join.on != nil {
			sql += " ON " + c.condition(sc, s.join.on)
		}
		return sql, append(extra, more...)
	case s.sub != nil:
		sql, cols := c.query(&scope{parent: sc.parent, ctes: sc.ctes}, s.sub)
		return c.derived(sc, s, sql, cols), nil
	case s.rows != nil:
		sql, cols := c.rowsOf(sc.parent, s.rows)
		for i := range cols {
			cols[i].name = fmt.Sprintf("column%d", i+1)
		}
		return c.derived(sc, s, sql, cols), nil
	case s.fn != nil:
		sql, cols := c.tableFunction(s.fn)
		if s.alias == "" {
			s.alias = lower(s.fn.name)
		}
		return c.derived(sc, s, sql, cols), nil
	default:
		return c.tableSource(sc, s), nil
	}
}

func (c *compiler) derived(sc *scope, s source, sql string, cols []value) string {
	alias := c.nextAlias()
	sc.sources = append(sc.sources, &boundSource{alias: s.alias, cols: boundColumns(cols, s.cols, alias+".")})
	return "(" + sql + ") AS " + alias
}

// rowsOf compiles VALUES.
func (c *compiler) rowsOf(sc *scope, rows [][]expr) (string, []value) {
	if sc == nil {
		sc = &scope{}
	}
	width := len(rows[0])
	columns := make([][]value, width)
	for _, row := range rows {
		if len(row) != width {
			panic(failf(10709, "The number of columns for each row in a table value constructor must be the same."))
		}
		for i, e := range row {
			columns[i] = append(columns[i], c.value(sc, e))
		}
	}
	cols := make([]value, width)
	heads := make([]string, width)
	for i := range columns {
		var t sqlType
		columns[i], t = c.unite(columns[i])
		cols[i] = value{sql: fmt.Sprintf(`"c%d"`, i+1), typ: t, nullable: true}
		heads[i] = fmt.Sprintf(`column%d AS "c%d"`, i+1, i+1)
	}
	lines := make([]string, len(rows))
	for r := range rows {
		cells := make([]string, width)
		for i := range columns {
			cells[i] = columns[i][r].sql
		}
		lines[r] = "(" + strings.Join(cells, ",") + ")"
	}
	return "SELECT " + strings.Join(heads, ", ") + " FROM (VALUES " + strings.Join(lines, ",") + ")", cols
}

// apply rewrites CROSS and OUTER APPLY of a query that gives one row at most:
// each of its columns becomes a scalar subquery.
func (c *compiler) apply(sc *scope, j *join) (string, []string) {
	l, extra := c.source(sc, j.l)
	if j.r.sub == nil || !oneRow(j.r.sub) {
		panic(cannot("%s of anything but a SELECT TOP 1 or an aggregate without GROUP BY", j.kind))
	}
	sql, cols := c.query(sc, j.r.sub)
	bound := boundColumns(cols, j.r.cols, "")
	for i := range bound {
		bound[i].sql = fmt.Sprintf(`(SELECT "c%d" FROM (%s))`, i+1, sql)
		bound[i].nullable = true
	}
	sc.sources = append(sc.sources, &boundSource{alias: j.r.alias, cols: bound})
	if j.kind == "CROSS APPLY" {
		extra = append(extra, "EXISTS ("+sql+")")
	}
	return l, extra
}

func oneRow(q *query) bool {
	k := q.body.core
	if k == nil {
		return false
	}
	if top, ok := k.top.(*literal); ok {
		n, _ := top.val.(int64)
		return n == 1
	}
	for _, it := range k.items {
		if len(k.group) == 0 && hasAggregate(it.x) {
			return true
		}
	}
	return false
}

// tableSource compiles a name in FROM: a table of WITH, of the system, a view, a
// table.
func (c *compiler) tableSource(sc *scope, s source) string {
	name := s.table[len(s.table)-1]
	named := source{alias: s.alias}
	if named.alias == "" {
		named.alias = name
	}
	if len(s.table) == 1 {
		for at := sc; at != nil; at = at.parent {
			if b, ok := at.ctes[lower(name)]; ok {
				alias := c.nextAlias()
				cols := append([]boundColumn{}, b.cols...)
				for i := range cols {
					cols[i].sql = fmt.Sprintf(`%s."c%d"`, alias, i+1)
				}
				sc.sources = append(sc.sources, &boundSource{alias: named.alias, cols: cols})
				return b.sql + " AS " + alias
			}
		}
	}
	if sql, cols, ok := c.systemView(s.table); ok {
		return c.derived(sc, named, sql, cols)
	}
	db, t := c.findTable(s.table)
	c.sess.need("SELECT", db, t)
	if c.sess.isolation == "SNAPSHOT" && !db.snapshot && db.id != 1 {
		panic(failf(3952, "Snapshot isolation transaction failed accessing database '%s' because snapshot isolation is not allowed in this database. Use ALTER DATABASE to allow snapshot isolation.", db.name))
	}
	if t.view != nil {
		sql, cols := c.query(nil, t.view)
		return c.derived(sc, named, sql, cols)
	}
	if db != c.db {
		panic(cannot("read a table of another database in one statement"))
	}
	alias := c.nextAlias()
	b := &boundSource{alias: named.alias, cols: t.bound(alias + ".")}
	if s.alias == "" {
		b.parts = []string{t.schema, t.name}
	}
	sc.sources = append(sc.sources, b)
	return ident(t.physical) + " AS " + alias
}

// bound are the columns of a table as a source.
func (t *table) bound(prefix string) []boundColumn {
	out := make([]boundColumn, len(t.cols))
	for i := range t.cols {
		col := &t.cols[i]
		out[i] = boundColumn{name: col.name, sql: prefix + ident(col.name), typ: col.typ, nullable: !col.notNull}
		if col.typ.isText() {
			out[i].coll = &col.collation
		}
	}
	return out
}

// findTable looks a table up, in this database or the one named.
func (c *compiler) findTable(parts []string) (*database, *table) {
	db := c.db
	if len(parts) >= 3 && parts[len(parts)-3] != "" {
		if db = c.sess.srv.eng.database(parts[len(parts)-3]); db == nil {
			panic(failf(911, "Database '%s' does not exist. Make sure that the name is entered correctly.", parts[len(parts)-3]))
		}
	}
	t := db.catalog.find(parts)
	if t == nil {
		panic(failf(208, "Invalid object name '%s'.", strings.Join(parts, ".")))
	}
	return db, t
}
