package tdstest

import (
	"fmt"
	"strings"
)

// query compiles a SELECT. Its columns are called c1, c2, … in SQLite; cols
// carry the names that T-SQL gives them.
func (c *compiler) query(parent *scope, q *query) (string, []value) {
	sc := &scope{parent: parent}
	with := c.ctes(sc, q.ctes)
	if q.body.core != nil {
		sql, cols := c.core(sc, q.body.core, q)
		return with + sql, cols
	}
	sql, cols := c.setOps(sc, &q.body)
	out := with + sql
	if len(q.order) > 0 {
		out += " ORDER BY " + c.orderOfColumns(q.order, cols)
	}
	return out + c.page(sc, q, nil), cols
}

// ctes compiles the tables of WITH.
func (c *compiler) ctes(sc *scope, list []cte) string {
	if len(list) == 0 {
		return ""
	}
	sc.ctes = map[string]*boundCTE{}
	texts := make([]string, len(list))
	for i, def := range list {
		c.alias++
		b := &boundCTE{sql: fmt.Sprintf(`"w%d"`, c.alias)}
		if anchor := recursiveAnchor(def); anchor != nil {
			_, cols := c.query(sc, &query{body: *anchor})
			b.cols = boundColumns(cols, def.cols, "")
			sc.ctes[lower(def.name)] = b
		}
		sql, cols := c.query(sc, def.q)
		for j, col := range b.cols { // of the anchor
			if cols[j].typ != col.typ {
				panic(failf(240, "Types don't match between the anchor and the recursive part in column \"%s\" of recursive query \"%s\".", col.name, def.name))
			}
		}
		b.cols = boundColumns(cols, def.cols, "")
		sc.ctes[lower(def.name)] = b
		names := make([]string, len(cols))
		for j := range cols {
			names[j] = fmt.Sprintf(`"c%d"`, j+1)
		}
		texts[i] = b.sql + "(" + strings.Join(names, ",") + ") AS (" + sql + ")"
	}
	return "WITH RECURSIVE " + strings.Join(texts, ", ") + " "
}

// recursiveAnchor is the part of a recursive table that does not name itself;
// nil if it is not recursive.
func recursiveAnchor(def cte) *body {
	b := &def.q.body
	if b.op != "UNION ALL" || !namesTable(b.r, def.name) {
		return nil
	}
	for b.op == "UNION ALL" && namesTable(b.r, def.name) {
		b = b.l
	}
	return b
}

func namesTable(b *body, name string) bool {
	switch {
	case b.par != nil:
		return namesTable(&b.par.body, name)
	case b.core == nil:
		return namesTable(b.l, name) || namesTable(b.r, name)
	}
	for _, s := range b.core.from {
		if sourceNames(s, name) {
			return true
		}
	}
	return false
}

func sourceNames(s source, name string) bool {
	switch {
	case s.join != nil:
		return sourceNames(s.join.l, name) || sourceNames(s.join.r, name)
	case s.sub != nil:
		return namesTable(&s.sub.body, name)
	default:
		return len(s.table) == 1 && strings.EqualFold(s.table[0], name)
	}
}

// boundColumns makes the columns of a derived table out of a query's, under the
// names that were given, else their own.
func boundColumns(cols []value, names []string, alias string) []boundColumn {
	if len(names) > 0 && len(names) != len(cols) {
		panic(failf(8158, "The table has %d columns and %d names in its column list.", len(cols), len(names)))
	}
	out := make([]boundColumn, len(cols))
	for i, v := range cols {
		out[i] = boundColumn{name: v.name, sql: fmt.Sprintf(`%s"c%d"`, alias, i+1), typ: v.typ, coll: v.coll, nullable: v.nullable}
		if len(names) > 0 {
			out[i].name = names[i]
		}
		if out[i].name == "" {
			panic(failf(8155, "No column name was specified for column %d of the derived table.", i+1))
		}
	}
	return out
}

// setOps compiles UNION and its like: every column in the type that all the
// parts meet in.
func (c *compiler) setOps(sc *scope, b *body) (string, []value) {
	if b.par != nil {
		sql, cols := c.query(sc, b.par)
		return "SELECT * FROM (" + sql + ")", cols
	}
	if b.core != nil {
		// The parts of a UNION do not see each other's tables.
		sql, cols := c.core(&scope{parent: sc.parent, ctes: sc.ctes}, b.core, &query{})
		if b.core.top != nil {
			sql = "SELECT * FROM (" + sql + ")"
		}
		return sql, cols
	}
	lsql, l := c.setOps(sc, b.l)
	rsql, r := c.setOps(sc, b.r)
	if len(l) != len(r) {
		panic(failf(205, "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists."))
	}
	cols := make([]value, len(l))
	for i := range l {
		cols[i] = l[i]
		cols[i].typ = common(l[i].typ, r[i].typ)
		cols[i].nullable = l[i].nullable || r[i].nullable
		cols[i].sql, cols[i].known = fmt.Sprintf(`"c%d"`, i+1), false
	}
	if b.r.core == nil && b.r.par == nil {
		rsql = "SELECT * FROM (" + rsql + ")"
	}
	return c.recast(lsql, l, cols) + " " + b.op + " " + c.recast(rsql, r, cols), cols
}

// recast converts the columns of a part of a UNION, if they need it.
func (c *compiler) recast(sql string, from, to []value) string {
	items := make([]string, len(to))
	same := true
	for i := range to {
		v := from[i]
		v.sql, v.known = fmt.Sprintf(`"c%d"`, i+1), false
		converted := c.to(v, to[i].typ, false).sql
		same = same && converted == v.sql
		items[i] = fmt.Sprintf(`%s AS "c%d"`, converted, i+1)
	}
	if same {
		return sql
	}
	return "SELECT " + strings.Join(items, ", ") + " FROM (" + sql + ")"
}

// core compiles one SELECT with the ORDER BY of the query around it.
func (c *compiler) core(sc *scope, k *core, q *query) (string, []value) {
	from, extra := c.from(sc, k.from)
	where := c.where(sc, k.where, extra)
	grouped := c.group(sc, k, q)
	items := c.items(sc, k.items)
	texts := make([]string, len(items))
	for i, v := range items {
		texts[i] = fmt.Sprintf(`%s AS "c%d"`, v.sql, i+1)
		if k.distinct && v.typ.isText() {
			texts[i] = fmt.Sprintf(`%s%s AS "c%d"`, v.sql, c.collateOf(v), i+1)
		}
	}
	sql := "SELECT "
	if k.distinct {
		sql += "DISTINCT "
	}
	sql += strings.Join(texts, ", ") + from + where + grouped
	if k.having != nil {
		sql += " HAVING " + c.condition(sc, k.having)
	}
	if len(q.order) > 0 {
		sql += " ORDER BY " + c.order(sc, q.order, items)
	}
	return sql + c.page(sc, q, k.top), items
}

func (c *compiler) where(sc *scope, e expr, extra []string) string {
	if e != nil {
		extra = append(extra, c.condition(sc, e))
	}
	if len(extra) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(extra, " AND ")
}

// group compiles GROUP BY; from here on the scope takes only what is grouped.
func (c *compiler) group(sc *scope, k *core, q *query) string {
	aggregates := hasAggregate(k.having)
	for _, it := range k.items {
		aggregates = aggregates || hasAggregate(it.x)
	}
	for _, o := range q.order {
		aggregates = aggregates || hasAggregate(o.x)
	}
	if len(k.group) == 0 && !aggregates {
		return ""
	}
	g := &aggregation{keys: map[string]bool{}}
	texts := make([]string, len(k.group))
	for i, e := range k.group {
		v := c.value(sc, e)
		g.keys[v.sql] = true
		texts[i] = v.sql
		if v.typ.isText() {
			texts[i] += c.collateOf(v)
		}
	}
	sc.agg = g
	if len(texts) == 0 {
		return ""
	}
	return " GROUP BY " + strings.Join(texts, ", ")
}

// items compiles the select list; * becomes the columns it stands for.
func (c *compiler) items(sc *scope, list []item) []value {
	var out []value
	for _, it := range list {
		if s, ok := it.x.(*star); ok {
			n := len(out)
			for _, src := range sc.sources {
				if s.of != "" && !strings.EqualFold(s.of, src.alias) {
					continue
				}
				for _, col := range src.cols {
					out = append(out, value{sql: col.sql, typ: col.typ, coll: col.coll, nullable: col.nullable, name: col.name})
				}
			}
			if len(out) == n {
				panic(failf(107, "The column prefix '%s' does not match with a table name or alias name used in the query.", s.of))
			}
			continue
		}
		v := c.value(sc, it.x)
		if _, bare := it.x.(*column); !bare {
			v.name = ""
		}
		if it.alias != "" {
			v.name = it.alias
		}
		out = append(out, v)
	}
	return out
}

// order compiles ORDER BY of one SELECT: an alias of the list, a position, or
// any expression.
func (c *compiler) order(sc *scope, list []orderItem, items []value) string {
	texts := make([]string, len(list))
	for i, o := range list {
		v, ok := fromList(o.x, items)
		if !ok {
			v = c.value(sc, o.x)
		}
		texts[i] = c.ordered(v, v.sql, o.desc)
	}
	return strings.Join(texts, ", ")
}

// orderOfColumns compiles ORDER BY behind a UNION.
func (c *compiler) orderOfColumns(list []orderItem, cols []value) string {
	texts := make([]string, len(list))
	for i, o := range list {
		v, ok := fromList(o.x, cols)
		if !ok {
			panic(failf(104, "ORDER BY items must appear in the select list if the statement contains a UNION, INTERSECT or EXCEPT operator."))
		}
		texts[i] = c.ordered(v, v.sql, o.desc)
	}
	return strings.Join(texts, ", ")
}

func (c *compiler) ordered(v value, sql string, desc bool) string {
	if v.known { // ORDER BY (SELECT NULL), a parameter: no order
		sql = "(" + sql + "||'')"
	} else if v.typ.isText() {
		sql += c.collateOf(v)
	}
	if desc {
		sql += " DESC"
	}
	return sql
}

func fromList(e expr, items []value) (value, bool) {
	switch e := e.(type) {
	case *literal:
		n, ok := e.val.(int64)
		if !ok || n < 1 || int(n) > len(items) {
			panic(failf(108, "The ORDER BY position number is out of range of the number of items in the select list."))
		}
		return items[n-1], true
	case *column:
		for _, v := range items {
			if len(e.parts) == 1 && strings.EqualFold(v.name, e.parts[0]) {
				return v, true
			}
		}
	}
	return value{}, false
}

// page is LIMIT: from TOP, or from OFFSET … FETCH.
func (c *compiler) page(sc *scope, q *query, top expr) string {
	whole := func(e expr) string { return c.to(c.value(&scope{parent: sc}, e), tBigInt, false).sql }
	switch {
	case top != nil:
		return " LIMIT " + whole(top)
	case q.offset != nil && len(q.order) == 0:
		panic(failf(102, "Incorrect syntax near 'OFFSET': it needs an ORDER BY."))
	case q.offset != nil && q.fetch != nil:
		return " LIMIT " + whole(q.fetch) + " OFFSET " + whole(q.offset)
	case q.offset != nil:
		return " LIMIT -1 OFFSET " + whole(q.offset)
	default:
		return ""
	}
}

// aggregates are the functions that gather rows.
const aggregates = " COUNT COUNT_BIG SUM AVG MIN MAX "

// hasAggregate looks for an aggregate in an expression, not in its subqueries.
func hasAggregate(e expr) bool {
	if f, ok := e.(*call); ok && f.over == nil && strings.Contains(aggregates, " "+f.name+" ") {
		return true
	}
	for _, child := range children(e) {
		if hasAggregate(child) {
			return true
		}
	}
	return false
}

func children(e expr) []expr {
	switch e := e.(type) {
	case *unary:
		return []expr{e.x}
	case *binaryOp:
		return []expr{e.l, e.r}
	case *isNull:
		return []expr{e.x}
	case *between:
		return []expr{e.x, e.lo, e.hi}
	case *in:
		return append([]expr{e.x}, e.list...)
	case *like:
		return []expr{e.x, e.pattern}
	case *caseOf:
		out := []expr{e.operand, e.other}
		for _, w := range e.whens {
			out = append(out, w[0], w[1])
		}
		return out
	case *cast:
		return []expr{e.x}
	case *call:
		out := append([]expr{}, e.args...)
		if e.over != nil {
			out = append(out, e.over.partition...)
			for _, o := range e.over.order {
				out = append(out, o.x)
			}
		}
		return out
	case *collate:
		return []expr{e.x}
	default:
		return nil
	}
}
