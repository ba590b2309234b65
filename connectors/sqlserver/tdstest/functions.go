package tdstest

import (
	"fmt"
	"strings"
)

// call compiles a function.
func (c *compiler) call(sc *scope, e *call) value {
	switch {
	case e.over != nil:
		return c.overWindow(sc, e)
	case e.name == "IIF" && len(e.args) == 3:
		return c.caseOf(sc, &caseOf{whens: [][2]expr{{e.args[0], e.args[1]}}, other: e.args[2]})
	}
	if strings.Contains(aggregates, " "+e.name+" ") {
		return c.aggregate(sc, e)
	}
	if v, ok := c.information(sc, e); ok {
		return v
	}
	args := make([]value, len(e.args))
	for i, a := range e.args {
		args[i] = c.value(sc, a)
	}
	if v, ok := c.textFunction(e.name, args); ok {
		return v
	}
	if v, ok := c.dateFunction(e.name, args); ok {
		return v
	}
	return c.otherFunction(e, args)
}

func wantArgs(name string, args []value, least, most int) {
	if len(args) < least || len(args) > most {
		panic(failf(174, "The %s function requires %d argument(s).", lower(name), least))
	}
}

func anyNullable(args []value) bool {
	for _, a := range args {
		if a.nullable {
			return true
		}
	}
	return false
}

// aggregate compiles COUNT, SUM, AVG, MIN, MAX.
func (c *compiler) aggregate(sc *scope, e *call) value {
	if sc.agg != nil {
		was := sc.agg.inside
		sc.agg.inside = true
		defer func() { sc.agg.inside = was }()
	}
	if len(e.args) != 1 {
		panic(failf(174, "The %s function requires 1 argument(s).", e.name))
	}
	if _, all := e.args[0].(*star); all {
		return value{sql: "count(*)", typ: map[string]sqlType{"COUNT": tInt, "COUNT_BIG": tBigInt}[e.name]}
	}
	v := c.value(sc, e.args[0])
	arg := v.sql
	if v.typ.isText() {
		arg += c.collateOf(v)
	}
	if e.distinct {
		arg = "DISTINCT " + arg
	}
	return c.aggregated(e.name, arg, v)
}

func (c *compiler) aggregated(name, arg string, v value) value {
	out := value{typ: v.typ, nullable: true, coll: v.coll}
	switch name {
	case "COUNT":
		return value{sql: "count(" + arg + ")", typ: tInt}
	case "COUNT_BIG":
		return value{sql: "count(" + arg + ")", typ: tBigInt}
	case "MIN", "MAX":
		if v.typ.kind == kBit {
			panic(failf(8117, "Operand data type bit is invalid for %s operator.", lower(name)))
		}
		out.sql = lower(name) + "(" + arg + ")"
		return out
	}
	if !v.typ.isNumber() || v.typ.kind == kBit {
		panic(failf(8117, "Operand data type %s is invalid for %s operator.", v.typ.kind, lower(name)))
	}
	switch {
	case v.typ.isFloat():
		out.typ = tFloat
	case v.typ.isInt() && v.typ.kind != kBigInt:
		out.typ = tInt
	case v.typ.isMoney():
		out.typ = sqlType{kind: kMoney}
	case v.typ.kind == kDecimal:
		out.typ = decimalType(38, v.typ.scale)
	}
	out.sql = "sum(" + arg + ")"
	if name == "AVG" {
		switch {
		case v.typ.isFloat():
			out.sql = "avg(" + arg + ")"
		case v.typ.kind == kDecimal:
			out.typ = decimalType(38, max(6, v.typ.scale))
			out.sql = fmt.Sprintf("tds_div(sum(%s),count(%s),%d)", arg, arg, out.typ.scale-v.typ.scale)
		default:
			out.sql = "tds_idiv(sum(" + arg + "),count(" + arg + "))"
		}
	}
	return out
}

// overWindow compiles a function with OVER.
func (c *compiler) overWindow(sc *scope, e *call) value {
	var out value
	args := make([]value, 0, len(e.args))
	for _, a := range e.args {
		if _, all := a.(*star); !all {
			args = append(args, c.value(sc, a))
		}
	}
	switch e.name {
	case "ROW_NUMBER", "RANK", "DENSE_RANK", "NTILE":
		if e.over.order == nil {
			panic(failf(4112, "The function '%s' must have an OVER clause with ORDER BY.", e.name))
		}
		out = value{sql: lower(e.name) + "()", typ: tBigInt}
		if e.name == "NTILE" {
			out.sql = "ntile(" + args[0].sql + ")"
		}
	case "LAG", "LEAD", "FIRST_VALUE", "LAST_VALUE":
		texts := make([]string, len(args))
		for i, a := range args {
			texts[i] = a.sql
		}
		out = value{sql: lower(e.name) + "(" + strings.Join(texts, ",") + ")", typ: args[0].typ, coll: args[0].coll, nullable: true}
	default:
		if !strings.Contains(aggregates, " "+e.name+" ") || e.name == "AVG" {
			panic(cannot("%s(…) OVER (…)", e.name))
		}
		if len(args) == 0 {
			out = value{sql: "count(*)", typ: tInt}
		} else {
			out = c.aggregated(e.name, args[0].sql, args[0])
		}
	}
	var in []string
	if len(e.over.partition) > 0 {
		parts := make([]string, len(e.over.partition))
		for i, p := range e.over.partition {
			v := c.value(sc, p)
			parts[i] = v.sql
			if v.typ.isText() {
				parts[i] += c.collateOf(v)
			}
		}
		in = append(in, "PARTITION BY "+strings.Join(parts, ", "))
	}
	if len(e.over.order) > 0 {
		parts := make([]string, len(e.over.order))
		for i, o := range e.over.order {
			v := c.value(sc, o.x)
			parts[i] = c.ordered(v, v.sql, o.desc)
		}
		in = append(in, "ORDER BY "+strings.Join(parts, ", "))
	}
	out.sql += " OVER (" + strings.Join(append(in, e.over.frame), " ") + ")"
	return out
}

// textFunction compiles functions of text.
func (c *compiler) textFunction(name string, args []value) (value, bool) {
	text := func(i int) value { return c.asText(args[i]) }
	whole := func(i int) string { return c.to(args[i], tInt, false).sql }
	like := func(sql string, of value, size int) (value, bool) {
		t := of.typ
		if t.kind == kChar {
			t.kind = kVarChar
		}
		if t.kind == kNChar {
			t.kind = kNVarChar
		}
		if t.kind == kNull {
			t = varChar(1)
		}
		t.size = size
		return value{sql: sql, typ: t, coll: of.coll, explicit: of.explicit, nullable: anyNullable(args)}, true
	}
	number := func(sql string) (value, bool) {
		return value{sql: sql, typ: tInt, nullable: anyNullable(args)}, true
	}
	switch name {
	case "LEN":
		wantArgs(name, args, 1, 1)
		return number("tds_len(" + text(0).sql + ")")
	case "DATALENGTH":
		wantArgs(name, args, 1, 1)
		return number("length(" + c.to(args[0], sqlType{kind: kVarBinary, size: -1}, false).sql + ")")
	case "LTRIM", "RTRIM", "TRIM":
		wantArgs(name, args, 1, 1)
		return like(lower(name)+"("+text(0).sql+")", text(0), text(0).typ.size)
	case "UPPER", "LOWER":
		wantArgs(name, args, 1, 1)
		return like("tds_"+lower(name)+"("+text(0).sql+")", text(0), text(0).typ.size)
	case "LEFT", "RIGHT":
		wantArgs(name, args, 2, 2)
		size := text(0).typ.size
		if n, ok := args[1].val.(int64); ok && (size < 0 || int(n) < size) {
			size = int(max(1, n))
		}
		return like("tds_"+lower(name)+"("+text(0).sql+","+whole(1)+")", text(0), size)
	case "SUBSTRING":
		wantArgs(name, args, 3, 3)
		return like("tds_substring("+text(0).sql+","+whole(1)+","+whole(2)+")", text(0), text(0).typ.size)
	case "REPLACE":
		wantArgs(name, args, 3, 3)
		return like("tds_replace("+text(0).sql+","+text(1).sql+","+text(2).sql+")", text(0), -1)
	case "QUOTENAME":
		wantArgs(name, args, 1, 1)
		return value{sql: "('['||replace(" + text(0).sql + ",']',']]')||']')", typ: nVarChar(258), nullable: true}, true
	case "CHARINDEX":
		wantArgs(name, args, 2, 3)
		from := "1"
		if len(args) == 3 {
			from = whole(2)
		}
		return number("tds_charindex(" + text(0).sql + "," + text(1).sql + "," + from + ")")
	case "REPLICATE", "SPACE":
		if name == "SPACE" {
			wantArgs(name, args, 1, 1)
			return like("tds_replicate(' ',"+whole(0)+")", value{typ: varChar(8000)}, 8000)
		}
		wantArgs(name, args, 2, 2)
		return like("tds_replicate("+text(0).sql+","+whole(1)+")", text(0), map[bool]int{false: 8000, true: 4000}[text(0).typ.isUnicode()])
	case "CONCAT":
		return c.concatFunction(args), true
	case "CHAR", "NCHAR":
		wantArgs(name, args, 1, 1)
		t := varChar(1)
		if name == "NCHAR" {
			t = nVarChar(1)
		}
		return value{sql: fmt.Sprintf("tds_char(%s,%t)", whole(0), name == "NCHAR"), typ: t, nullable: true}, true
	case "ASCII", "UNICODE":
		wantArgs(name, args, 1, 1)
		return number("unicode(" + text(0).sql + ")")
	default:
		return value{}, false
	}
}

func (c *compiler) concatFunction(args []value) value {
	if len(args) < 2 {
		panic(failf(189, "The concat function requires 2 to 254 arguments."))
	}
	out := value{sql: "''", typ: varChar(0)}
	for _, a := range args {
		a = c.asText(a)
		a.sql = "coalesce(" + a.sql + ",'')"
		if a.typ.kind == kNull {
			a.typ = varChar(1)
		}
		a.nullable, a.known = false, false
		out = c.concat(out, a)
	}
	return out
}

// otherFunction compiles what is left.
func (c *compiler) otherFunction(e *call, args []value) value {
	switch e.name {
	case "ISNULL":
		wantArgs(e.name, args, 2, 2)
		t := args[0].typ
		if t.kind == kNull {
			t = args[1].typ
		}
		second := c.to(args[1], t, false)
		return value{sql: "coalesce(" + args[0].sql + "," + second.sql + ")", typ: t, coll: args[0].coll, nullable: args[0].nullable && args[1].nullable}
	case "COALESCE":
		if len(args) < 2 {
			panic(failf(102, "Incorrect syntax near ')'."))
		}
		united, t := c.unite(args)
		texts, nullable := make([]string, len(united)), true
		for i, v := range united {
			texts[i] = v.sql
			nullable = nullable && v.nullable
		}
		return value{sql: "coalesce(" + strings.Join(texts, ",") + ")", typ: t, coll: args[0].coll, nullable: nullable}
	case "NULLIF":
		wantArgs(e.name, args, 2, 2)
		return value{sql: "(CASE WHEN " + c.compare("=", args[0], args[1]).sql + " THEN NULL ELSE " + args[0].sql + " END)", typ: args[0].typ, coll: args[0].coll, nullable: true}
	case "NEWID":
		return value{sql: "tds_newid()", typ: tGUID}
	case "CHECKSUM", "BINARY_CHECKSUM":
		panic(cannot("CHECKSUM: its numbers are not public"))
	default:
		return c.numberFunction(e.name, args)
	}
}

func (c *compiler) numberFunction(name string, args []value) value {
	if len(args) == 0 {
		panic(failf(195, "'%s' is not a recognized built-in function name.", name))
	}
	v := args[0]
	if v.typ.isText() {
		v = c.to(v, tFloat, false)
	}
	out := value{typ: v.typ, nullable: anyNullable(args)}
	switch name {
	case "ABS":
		out.sql = "abs(" + v.sql + ")"
	case "SIGN":
		out.sql = "sign(" + v.sql + ")"
		if v.typ.isFloat() {
			out.sql = "CAST(sign(" + v.sql + ") AS REAL)"
		} else {
			out = c.scaled(value{sql: out.sql, typ: tInt, nullable: out.nullable}, v.typ.scaleOf())
			out.typ = v.typ
		}
	case "FLOOR", "CEILING":
		out.sql = fmt.Sprintf("tds_%s(%s,%d)", lower(name), v.sql, v.typ.scaleOf())
		if v.typ.kind == kDecimal {
			out.typ = decimalType(v.typ.prec, 0)
		}
	case "ROUND":
		wantArgs(name, args, 2, 3)
		cut := "0"
		if len(args) == 3 {
			cut = args[2].sql
		}
		out.sql = fmt.Sprintf("tds_round(%s,%s,%s,%d)", v.sql, args[1].sql, cut, v.typ.scaleOf())
	default:
		panic(failf(195, "'%s' is not a recognized built-in function name.", name))
	}
	return out
}

// dateFunction compiles functions of moments.
func (c *compiler) dateFunction(name string, args []value) (value, bool) {
	id := c.sess.srv.eng.typeID
	moment := func(v value) value {
		if !v.typ.isTemporal() {
			return c.to(v, tDateTime, false)
		}
		return v
	}
	switch name {
	case "DATEADD":
		wantArgs(name, args, 3, 3)
		v := moment(args[2])
		return value{sql: fmt.Sprintf("tds_dateadd(%s,%s,%s,%d)", args[0].sql, c.to(args[1], tInt, false).sql, v.sql, id(v.typ)), typ: v.typ, nullable: anyNullable(args)}, true
	case "DATEDIFF", "DATEDIFF_BIG":
		wantArgs(name, args, 3, 3)
		a, b := moment(args[1]), moment(args[2])
		t := tInt
		if name == "DATEDIFF_BIG" {
			t = tBigInt
		}
		return value{sql: fmt.Sprintf("tds_datediff(%s,%s,%d,%s,%d,%t)", args[0].sql, a.sql, id(a.typ), b.sql, id(b.typ), t == tBigInt), typ: t, nullable: anyNullable(args)}, true
	case "DATEPART":
		wantArgs(name, args, 2, 2)
		v := moment(args[1])
		return value{sql: fmt.Sprintf("tds_datepart(%s,%s,%d)", args[0].sql, v.sql, id(v.typ)), typ: tInt, nullable: v.nullable}, true
	case "YEAR", "MONTH", "DAY":
		wantArgs(name, args, 1, 1)
		v := moment(args[0])
		return value{sql: fmt.Sprintf("tds_datepart('%s',%s,%d)", lower(name), v.sql, id(v.typ)), typ: tInt, nullable: v.nullable}, true
	case "DATEFROMPARTS":
		wantArgs(name, args, 3, 3)
		return value{sql: fmt.Sprintf("tds_datefromparts(%s,%s,%s)", args[0].sql, args[1].sql, args[2].sql), typ: tDate, nullable: anyNullable(args)}, true
	case "EOMONTH":
		wantArgs(name, args, 1, 1)
		v := moment(args[0])
		return value{sql: fmt.Sprintf("tds_eomonth(%s,%d)", v.sql, id(v.typ)), typ: tDate, nullable: v.nullable}, true
	case "SWITCHOFFSET", "TODATETIMEOFFSET":
		wantArgs(name, args, 2, 2)
		v := args[0]
		if name == "SWITCHOFFSET" {
			v = c.to(v, sqlType{kind: kDateTimeOffset, scale: 7}, false)
		} else if v.typ.kind != kDateTimeOffset {
			v = c.to(v, sqlType{kind: kDateTime2, scale: 7}, false)
		}
		return value{sql: fmt.Sprintf("tds_offset(%s,%d,%s,%t)", v.sql, id(v.typ), args[1].sql, name == "SWITCHOFFSET"), typ: sqlType{kind: kDateTimeOffset, scale: 7}, nullable: anyNullable(args)}, true
	default:
		return value{}, false
	}
}
