package tdstest

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// compare writes a comparison of two values in the type they meet in.
func (c *compiler) compare(op string, l, r value) value {
	l, r, coll := c.meet(l, r)
	return value{sql: "(" + l.sql + coll + " " + op + " " + r.sql + ")", typ: tBool}
}

// meet brings two values to the type that they are compared in; coll is the
// COLLATE to put behind the first.
func (c *compiler) meet(l, r value) (value, value, string) {
	switch {
	case l.typ.kind == kNull || r.typ.kind == kNull:
		return l, r, ""
	case l.typ.isText() && r.typ.isText():
		return l, r, c.collateOf(l, r)
	case l.typ.isExact() && r.typ.isExact():
		scale := max(l.typ.scaleOf(), r.typ.scaleOf())
		return c.scaled(l, scale), c.scaled(r, scale), ""
	}
	t := common(l.typ, r.typ)
	l, r = c.to(l, t, false), c.to(r, t, false)
	if t.kind == kDateTimeOffset { // the moment alone
		l.sql, r.sql = "substr("+l.sql+",1,27)", "substr("+r.sql+",1,27)"
	}
	return l, r, ""
}

// collateOf is the collation that a comparison of texts takes: the one told,
// else the column's, else the database's.
func (c *compiler) collateOf(vs ...value) string {
	var told, of *collation
	wide := false
	for _, v := range vs {
		wide = wide || v.typ.isUnicode()
		if v.explicit {
			if told != nil && told.name != v.coll.name {
				panic(failf(468, "Cannot resolve the collation conflict between \"%s\" and \"%s\".", told.name, v.coll.name))
			}
			told = v.coll
		}
		if of == nil {
			of = v.coll
		} else if v.coll != nil && of.name != v.coll.name && told == nil {
			panic(failf(468, "Cannot resolve the collation conflict between \"%s\" and \"%s\" in the comparison.", of.name, v.coll.name))
		}
	}
	if told == nil {
		told = of
	}
	if told == nil {
		told = &c.db.collation
	}
	return " COLLATE " + told.sqlite(wide)
}

// scaled brings an exact number to a scale that is not below its own.
func (c *compiler) scaled(v value, scale int) value {
	up := scale - v.typ.scaleOf()
	if up == 0 {
		return v
	}
	t := v.typ.asDecimal()
	t = decimalType(min(38, t.prec+up), scale)
	if n, ok := v.val.(int64); ok && v.known {
		return c.constant(new(big.Int).Mul(big.NewInt(n), power10(up)).Int64(), t)
	}
	return value{sql: "(" + v.sql + "*" + power10(up).String() + ")", typ: t, nullable: v.nullable, known: v.known}
}

// arithmetic writes + - * / % & | ^ with T-SQL's result types.
func (c *compiler) arithmetic(op string, l, r value) value {
	nullable := l.nullable || r.nullable
	switch {
	case op == "+" && l.typ.isText() && r.typ.isText(), op == "+" && (l.typ.isText() && r.typ.kind == kNull || l.typ.kind == kNull && r.typ.isText()):
		return c.concat(l, r)
	case op == "+" && l.typ.isBinary() && r.typ.isBinary():
		return value{sql: "(" + l.sql + "||" + r.sql + ")", typ: sqlType{kind: kVarBinary, size: -1}, nullable: nullable}
	case (op == "+" || op == "-") && (l.typ.kind == kDateTime || l.typ.kind == kSmallDateTime) && r.typ.isInt():
		n := r.sql
		if op == "-" {
			n = "(-" + n + ")"
		}
		return value{sql: fmt.Sprintf("tds_dateadd('day',%s,%s,%d)", n, l.sql, c.sess.srv.eng.typeID(l.typ)), typ: l.typ, nullable: nullable}
	}
	if l.typ.isText() && r.typ.isNumber() {
		l = c.to(l, r.typ, false)
	} else if r.typ.isText() && l.typ.isNumber() {
		r = c.to(r, l.typ, false)
	}
	if l.typ.kind == kNull {
		l.typ = r.typ
	}
	if r.typ.kind == kNull {
		r.typ = l.typ
	}
	switch {
	case !l.typ.isNumber() || !r.typ.isNumber():
		panic(failf(402, "The data types %s and %s are incompatible in the %s operator.", l.typ.kind, r.typ.kind, op))
	case l.typ.isFloat() || r.typ.isFloat():
		l, r = c.to(l, tFloat, false), c.to(r, tFloat, false)
		if op == "/" {
			return value{sql: "tds_fdiv(" + l.sql + "," + r.sql + ")", typ: tFloat, nullable: true}
		}
		return value{sql: "(" + l.sql + op + r.sql + ")", typ: tFloat, nullable: nullable}
	case l.typ.isInt() && r.typ.isInt():
		return integerArithmetic(op, l, r)
	default:
		return c.decimalArithmetic(op, l, r)
	}
}

func (c *compiler) concat(l, r value) value {
	t := varChar(0)
	if l.typ.isUnicode() || r.typ.isUnicode() {
		t = nVarChar(0)
	}
	limit := map[kind]int{kVarChar: 8000, kNVarChar: 4000}[t.kind]
	t.size = min(limit, max(1, l.typ.size)+max(1, r.typ.size))
	if l.typ.size < 0 || r.typ.size < 0 {
		t.size = -1
	}
	v := value{sql: "(" + l.sql + "||" + r.sql + ")", typ: t, nullable: l.nullable || r.nullable, coll: l.coll}
	if v.coll == nil {
		v.coll = r.coll
	}
	v.explicit = l.explicit || r.explicit
	return v
}

func integerArithmetic(op string, l, r value) value {
	t := l.typ
	if r.typ.precedence() > t.precedence() {
		t = r.typ
	}
	v := value{typ: t, nullable: l.nullable || r.nullable}
	switch op {
	case "/":
		v.sql = "tds_idiv(" + l.sql + "," + r.sql + ")"
	case "%":
		v.sql = "tds_mod(" + l.sql + "," + r.sql + ")"
	case "^":
		v.sql = "((" + l.sql + "|" + r.sql + ")-(" + l.sql + "&" + r.sql + "))"
	default:
		v.sql = "(" + l.sql + op + r.sql + ")"
	}
	return v
}

// decimalArithmetic follows T-SQL's table of precision and scale.
func (c *compiler) decimalArithmetic(op string, l, r value) value {
	a, b := l.asDecimal(), r.asDecimal()
	nullable := l.nullable || r.nullable
	switch op {
	case "+", "-", "%":
		scale := max(a.scale, b.scale)
		prec := max(a.prec-a.scale, b.prec-b.scale) + scale + 1
		l, r = c.scaled(l, scale), c.scaled(r, scale)
		sql := "(" + l.sql + op + r.sql + ")"
		if op == "%" {
			sql = "tds_mod(" + l.sql + "," + r.sql + ")"
		}
		return value{sql: sql, typ: fitted(prec, scale), nullable: nullable}
	case "*":
		t := fitted(a.prec+b.prec+1, a.scale+b.scale)
		return value{sql: fmt.Sprintf("tds_mul(%s,%s,%d)", l.sql, r.sql, a.scale+b.scale-t.scale), typ: t, nullable: nullable}
	case "/":
		scale := max(6, a.scale+b.prec+1)
		t := fitted(a.prec-a.scale+b.scale+scale, scale)
		return value{sql: fmt.Sprintf("tds_div(%s,%s,%d)", l.sql, r.sql, t.scale-a.scale+b.scale), typ: t, nullable: true}
	default:
		panic(failf(402, "The data types %s and %s are incompatible in the %s operator.", l.typ.kind, r.typ.kind, op))
	}
}

// asDecimal is the decimal of an operand: a whole number that is written in the
// statement has the digits it has, not those of its type.
func (v value) asDecimal() sqlType {
	n, whole := v.val.(int64)
	if !v.known || !whole || v.typ.kind != kInt || strings.HasPrefix(v.sql, "?") {
		return v.typ.asDecimal()
	}
	return decimalType(len(strings.TrimPrefix(strconv.FormatInt(n, 10), "-")), 0)
}

// fitted cuts the scale of a result that would need more than 38 digits, as
// SQL Server does.
func fitted(prec, scale int) sqlType {
	if prec > 38 {
		scale = max(38-(prec-scale), min(scale, 6))
		prec = 38
	}
	return decimalType(prec, scale)
}

// to converts a compiled value. assign makes a text that is too long an error.
func (c *compiler) to(v value, t sqlType, assign bool) value {
	out := v
	out.typ = t
	if v.typ.kind == kNull || v.typ == t || v.known && v.val == nil {
		return out
	}
	if !t.isText() {
		out.coll, out.explicit = nil, false
	}
	if v.known {
		converted, err := c.conv.convertOr(v.val, v.typ, t, assign, v.name)
		if err != nil {
			panic(asSQLError(err))
		}
		constant := c.constant(converted, t)
		constant.coll, constant.explicit = out.coll, out.explicit
		return constant
	}
	if same, ok := c.cheap(v, t); ok {
		out.sql = same
		return out
	}
	eng := c.sess.srv.eng
	out.sql = fmt.Sprintf("tds_cast(%s,%d,%d,%d)", v.sql, eng.typeID(v.typ), eng.typeID(t), map[bool]int{false: 0, true: -1}[assign])
	return out
}

// convertOr is assign or convert.
func (c converter) convertOr(v any, from, to sqlType, assign bool, column string) (any, error) {
	if assign {
		return c.assign(v, from, to, column)
	}
	return c.convert(v, from, to, 0)
}

// cheap writes conversions that need no function: those that lose nothing.
func (c *compiler) cheap(v value, t sqlType) (string, bool) {
	from := v.typ
	switch {
	case from.isInt() && t.isInt() && t.kind >= from.kind && from.kind != kBit, from.kind == kBit && t.isInt():
		return v.sql, true
	case from.isExact() && t.kind == kDecimal && t.scale >= from.scaleOf():
		d := from.asDecimal()
		if t.prec-t.scale < d.prec-d.scale {
			return "", false
		}
		return c.scaled(v, t.scale).sql, true
	case from.isExact() && t.kind == kFloat:
		return "(CAST(" + v.sql + " AS REAL)/" + power10(from.scaleOf()).String() + ".0)", true
	case from.kind == kReal && t.kind == kFloat:
		return v.sql, true
	case from.isText() && (t.kind == kVarChar || t.kind == kNVarChar) && (t.size < 0 || from.size >= 0 && t.size >= from.size):
		return v.sql, t.isUnicode() || !from.isUnicode()
	case from.kind == kVarBinary && t.kind == kVarBinary && (t.size < 0 || from.size >= 0 && t.size >= from.size):
		return v.sql, true
	case (from.kind == kDateTime || from.kind == kSmallDateTime || from.kind == kDateTime2) && t.kind == kDateTime2 && t.scale == 7:
		return v.sql, true
	case from.kind == kDate && (t.kind == kDateTime2):
		return "(" + v.sql + "||' 00:00:00.0000000')", true
	default:
		return "", false
	}
}

// unite brings values to one type.
func (c *compiler) unite(vs []value) ([]value, sqlType) {
	t := sqlType{}
	for _, v := range vs {
		t = common(t, v.typ)
	}
	out := make([]value, len(vs))
	for i, v := range vs {
		out[i] = c.to(v, t, false)
	}
	return out, t
}

func (c *compiler) cast(sc *scope, e *cast) value {
	v := c.value(sc, e.x)
	style := 0
	if e.style != nil {
		n, ok := c.value(sc, e.style).val.(int64)
		if !ok {
			panic(cannot("CONVERT with a style that is not a constant"))
		}
		style = int(n)
	}
	out := value{typ: e.to, nullable: v.nullable || e.try}
	if e.to.isText() && v.typ.isText() {
		out.coll, out.explicit = v.coll, v.explicit
	}
	if v.typ.kind == kNull {
		out.sql = "NULL"
		return out
	}
	if v.known && style == 0 {
		if converted, err := c.conv.convert(v.val, v.typ, e.to, 0); err == nil { // else the row tells, if one gets there
			constant := c.constant(converted, e.to)
			constant.coll, constant.explicit = out.coll, out.explicit
			return constant
		}
	}
	if same, ok := c.cheap(v, e.to); ok && style == 0 {
		out.sql, out.known = same, false
		return out
	}
	name := "tds_cast"
	if e.try {
		name = "tds_try_cast"
	}
	eng := c.sess.srv.eng
	out.sql = fmt.Sprintf("%s(%s,%d,%d,%d)", name, v.sql, eng.typeID(v.typ), eng.typeID(e.to), style)
	return out
}
