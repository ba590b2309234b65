package tdstest

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// compiler writes one statement of T-SQL as SQLite's SQL, knowing the type of
// every expression. Faults of the statement are panics of *sqlError, caught by
// the session. What it rewrites is listed in doc.go.
type compiler struct {
	sess  *session
	db    *database
	conv  converter
	args  []any
	bound map[string]string
	alias int
}

// value is a compiled expression.
type value struct {
	sql      string
	typ      sqlType
	known    bool // a constant, val
	val      any
	coll     *collation // of a column, or told by COLLATE
	explicit bool       // told by COLLATE
	nullable bool
	name     string
}

// scope is what names can be found in: the sources of one SELECT, inside those
// of the SELECT around it.
type scope struct {
	parent  *scope
	sources []*boundSource
	ctes    map[string]*boundCTE
	agg     *aggregation
	aliases map[string]value // ORDER BY sees the select list
}

type boundSource struct {
	alias string   // small letters
	parts []string // of a table without alias: schema.name may stand before a column
	cols  []boundColumn
}

type boundColumn struct {
	name     string
	sql      string
	typ      sqlType
	coll     *collation
	nullable bool
}

type boundCTE struct {
	sql  string
	cols []boundColumn
}

// aggregation holds what a SELECT is grouped by. inside is set while an
// aggregate's own argument is compiled.
type aggregation struct {
	keys   map[string]bool
	inside bool
}

func (c *compiler) nextAlias() string {
	c.alias++
	return fmt.Sprintf(`"t%d"`, c.alias)
}

// bind passes a value as a parameter of SQLite. One name is bound once, so that
// an expression that is met again is the same text.
func (c *compiler) bind(v any, as string) string {
	if at, ok := c.bound[as]; ok && as != "" {
		return at
	}
	c.args = append(c.args, v)
	at := "?" + strconv.Itoa(len(c.args))
	if as != "" {
		c.bound[as] = at
	}
	return at
}

// constant writes a value that is known.
func (c *compiler) constant(v any, t sqlType) value {
	out := value{typ: t, known: true, val: v, nullable: v == nil}
	switch v := v.(type) {
	case nil:
		out.sql = "NULL"
	case int64:
		out.sql = strconv.FormatInt(v, 10)
		if v < 0 {
			out.sql = "(" + out.sql + ")"
		}
		if v > 1e18 || v < -1e18 {
			out.sql = c.bind(v, "int "+out.sql)
		}
	case float64:
		out.sql = c.bind(v, "float "+strconv.FormatFloat(v, 'g', -1, 64))
	case string:
		out.sql = c.bind(v, "text "+v)
	case []byte:
		out.sql = "x'" + hex.EncodeToString(v) + "'"
	default:
		panic(cannot("hold a %T", v))
	}
	return out
}

// expr compiles a value or a condition.
func (c *compiler) expr(sc *scope, e expr) value {
	if g := sc.agg; g != nil && !g.inside && len(g.keys) > 0 {
		switch e.(type) {
		case *literal, *variable, *star:
		default:
			g.inside = true
			v := c.node(sc, e)
			g.inside = false
			if g.keys[v.sql] {
				return v
			}
		}
	}
	return c.node(sc, e)
}

func (c *compiler) node(sc *scope, e expr) value {
	switch e := e.(type) {
	case *literal:
		if e.typ.isText() && !e.typ.isUnicode() {
			s, _ := e.val.(string)
			return c.constant(c.conv.collation.fit(s), e.typ)
		}
		return c.constant(e.val, e.typ)
	case *variable:
		return c.variable(e.name)
	case *column:
		return c.column(sc, e)
	case *unary:
		return c.unary(sc, e)
	case *binaryOp:
		return c.binary(sc, e)
	case *isNull:
		return value{sql: "(" + c.value(sc, e.x).sql + map[bool]string{false: " IS NULL)", true: " IS NOT NULL)"}[e.not], typ: tBool}
	case *between:
		return c.between(sc, e)
	case *in:
		return c.in(sc, e)
	case *exists:
		sql, _ := c.query(sc, e.sub)
		return value{sql: "EXISTS (" + sql + ")", typ: tBool}
	case *like:
		return c.like(sc, e)
	case *caseOf:
		return c.caseOf(sc, e)
	case *cast:
		return c.cast(sc, e)
	case *call:
		return c.call(sc, e)
	case *scalar:
		sql, cols := c.query(sc, e.sub)
		if len(cols) != 1 {
			panic(failf(116, "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS."))
		}
		return value{sql: "(" + sql + ")", typ: cols[0].typ, coll: cols[0].coll, nullable: true}
	case *collate:
		v := c.value(sc, e.x)
		coll := c.collationNamed(e.name)
		v.coll, v.explicit = &coll, true
		return v
	case *star:
		panic(failf(102, "Incorrect syntax near '*'."))
	default:
		panic(cannot("compile %T", e))
	}
}

func (c *compiler) collationNamed(name string) collation {
	if strings.EqualFold(name, "DATABASE_DEFAULT") {
		return c.db.collation
	}
	coll, err := findCollation(name)
	if err != nil {
		panic(failf(448, "Invalid collation '%s'.", name))
	}
	return coll
}

// value compiles what must not be a condition.
func (c *compiler) value(sc *scope, e expr) value {
	v := c.expr(sc, e)
	if v.typ.kind == kBool {
		panic(failf(102, "Incorrect syntax: a condition stands where a value is expected."))
	}
	return v
}

// condition compiles what must be one.
func (c *compiler) condition(sc *scope, e expr) string {
	v := c.expr(sc, e)
	if v.typ.kind != kBool {
		panic(failf(4145, "An expression of non-boolean type specified in a context where a condition is expected."))
	}
	return v.sql
}

func (c *compiler) variable(name string) value {
	if strings.HasPrefix(name, "@@") {
		return c.sessionConstant(name)
	}
	p, ok := c.sess.variables[name]
	if !ok {
		panic(failf(137, "Must declare the scalar variable \"%s\".", name))
	}
	if p.value == nil {
		return value{sql: "NULL", typ: p.typ, known: true, nullable: true}
	}
	v := value{typ: p.typ, known: true, val: p.value}
	v.sql = c.bind(p.value, "variable "+name)
	return v
}

func (c *compiler) column(sc *scope, e *column) value {
	name := e.parts[len(e.parts)-1]
	for s := sc; s != nil; s = s.parent {
		if len(e.parts) == 1 {
			if v, ok := s.aliases[lower(name)]; ok {
				return v
			}
		}
		found, times := c.inSources(s, e.parts)
		if times > 1 {
			panic(failf(209, "Ambiguous column name '%s'.", name))
		}
		if times == 0 {
			continue
		}
		if s.agg != nil && !s.agg.inside && !s.agg.keys[found.sql] {
			panic(failf(8120, "Column '%s' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.", strings.Join(e.parts, ".")))
		}
		return value{sql: found.sql, typ: found.typ, coll: found.coll, nullable: found.nullable, name: found.name}
	}
	if len(e.parts) > 1 && !c.knowsSource(sc, e.parts) {
		panic(failf(4104, "The multi-part identifier \"%s\" could not be bound.", strings.Join(e.parts, ".")))
	}
	panic(failf(207, "Invalid column name '%s'.", name))
}

func (c *compiler) inSources(s *scope, parts []string) (found boundColumn, times int) {
	name := parts[len(parts)-1]
	for _, src := range s.sources {
		if !src.called(parts[:len(parts)-1]) {
			continue
		}
		for _, col := range src.cols {
			if strings.EqualFold(col.name, name) {
				found = col
				times++
			}
		}
	}
	return found, times
}

func (c *compiler) knowsSource(sc *scope, parts []string) bool {
	for s := sc; s != nil; s = s.parent {
		for _, src := range s.sources {
			if src.called(parts[:len(parts)-1]) {
				return true
			}
		}
	}
	return false
}

// called tells whether a qualifier means this source.
func (s *boundSource) called(qualifier []string) bool {
	if len(qualifier) == 0 {
		return true
	}
	last := qualifier[len(qualifier)-1]
	if len(qualifier) == 1 {
		return strings.EqualFold(s.alias, last)
	}
	if len(s.parts) == 0 || !strings.EqualFold(s.parts[len(s.parts)-1], last) {
		return false
	}
	schema := "dbo"
	if len(s.parts) > 1 {
		schema = s.parts[len(s.parts)-2]
	}
	return strings.EqualFold(qualifier[len(qualifier)-2], schema)
}

func (c *compiler) unary(sc *scope, e *unary) value {
	if e.op == "NOT" {
		return value{sql: "(NOT " + c.condition(sc, e.x) + ")", typ: tBool}
	}
	v := c.value(sc, e.x)
	if v.typ.isText() {
		v = c.to(v, tInt, false)
	}
	if !v.typ.isNumber() && v.typ.kind != kNull {
		panic(failf(8117, "Operand data type %s is invalid for %s operator.", v.typ.kind, e.op))
	}
	switch {
	case e.op == "+":
		return v
	case e.op == "~":
		return value{sql: "(~" + v.sql + ")", typ: v.typ, nullable: v.nullable}
	case v.known && v.val != nil:
		switch n := v.val.(type) {
		case int64:
			return c.constant(-n, v.typ)
		case float64:
			return c.constant(-n, v.typ)
		}
	}
	return value{sql: "(-" + v.sql + ")", typ: v.typ, nullable: v.nullable}
}

func (c *compiler) binary(sc *scope, e *binaryOp) value {
	switch e.op {
	case "AND", "OR":
		return value{sql: "(" + c.condition(sc, e.l) + " " + e.op + " " + c.condition(sc, e.r) + ")", typ: tBool}
	case "=", "<>", "<", ">", "<=", ">=":
		return c.compare(e.op, c.value(sc, e.l), c.value(sc, e.r))
	default:
		return c.arithmetic(e.op, c.value(sc, e.l), c.value(sc, e.r))
	}
}

func (c *compiler) between(sc *scope, e *between) value {
	x, lo, hi := c.value(sc, e.x), c.value(sc, e.lo), c.value(sc, e.hi)
	sql := "(" + c.compare(">=", x, lo).sql + " AND " + c.compare("<=", x, hi).sql + ")"
	if e.not {
		sql = "(NOT " + sql + ")"
	}
	return value{sql: sql, typ: tBool}
}

func (c *compiler) in(sc *scope, e *in) value {
	x := c.value(sc, e.x)
	not := ""
	if e.not {
		not = " NOT"
	}
	if e.sub != nil {
		sql, cols := c.query(sc, e.sub)
		if len(cols) != 1 {
			panic(failf(116, "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS."))
		}
		other := value{sql: `"c1"`, typ: cols[0].typ, coll: cols[0].coll}
		l, r, coll := c.meet(x, other)
		return value{sql: "(" + l.sql + coll + not + " IN (SELECT " + r.sql + " FROM (" + sql + ")))", typ: tBool}
	}
	vals := make([]value, len(e.list))
	t := x.typ
	for i, item := range e.list {
		vals[i] = c.value(sc, item)
		t = common(t, vals[i].typ)
	}
	coll := ""
	if t.isText() {
		coll = c.collateOf(append([]value{x}, vals...)...)
	} else {
		x = c.to(x, t, false)
	}
	texts := make([]string, len(vals))
	for i, v := range vals {
		if !t.isText() {
			v = c.to(v, t, false)
		}
		texts[i] = v.sql
	}
	return value{sql: "(" + x.sql + coll + not + " IN (" + strings.Join(texts, ",") + "))", typ: tBool}
}

func (c *compiler) like(sc *scope, e *like) value {
	x, pattern := c.asText(c.value(sc, e.x)), c.asText(c.value(sc, e.pattern))
	escape := "''"
	if e.escape != nil {
		escape = c.asText(c.value(sc, e.escape)).sql
	}
	fold := 0
	if coll := c.collateOf(x, pattern); strings.Contains(coll, "_ci_") {
		fold = 1
	}
	sql := fmt.Sprintf("tds_like(%s,%s,%s,%d)", x.sql, pattern.sql, escape, fold)
	if e.not {
		sql = "(NOT " + sql + ")"
	}
	return value{sql: sql, typ: tBool}
}

// asText converts what a function of text is given.
func (c *compiler) asText(v value) value {
	if v.typ.isText() || v.typ.kind == kNull {
		return v
	}
	return c.to(v, varChar(8000), false)
}

func (c *compiler) caseOf(sc *scope, e *caseOf) value {
	var results []value
	var conds []string
	for _, w := range e.whens {
		if e.operand != nil {
			conds = append(conds, c.compare("=", c.value(sc, e.operand), c.value(sc, w[0])).sql)
		} else {
			conds = append(conds, c.condition(sc, w[0]))
		}
		results = append(results, c.value(sc, w[1]))
	}
	if e.other != nil {
		results = append(results, c.value(sc, e.other))
	}
	results, t := c.unite(results)
	var sql strings.Builder
	sql.WriteString("(CASE")
	out := value{typ: t, nullable: e.other == nil}
	for i, cond := range conds {
		sql.WriteString(" WHEN " + cond + " THEN " + results[i].sql)
	}
	if e.other != nil {
		sql.WriteString(" ELSE " + results[len(results)-1].sql)
	}
	for _, r := range results {
		out.nullable = out.nullable || r.nullable
		if out.coll == nil {
			out.coll = r.coll
		}
	}
	out.sql = sql.String() + " END)"
	return out
}
