package tdstest

import (
	"fmt"
	"strconv"
	"strings"
)

// kind is a family of SQL Server's types.
type kind uint8

const (
	kNull kind = iota // the type of a bare NULL
	kBool             // a condition; no value of a column has it
	kBit
	kTinyInt
	kSmallInt
	kInt
	kBigInt
	kDecimal
	kSmallMoney
	kMoney
	kReal
	kFloat
	kDate
	kTime
	kSmallDateTime
	kDateTime
	kDateTime2
	kDateTimeOffset
	kChar
	kVarChar
	kNChar
	kNVarChar
	kXML
	kGUID
	kBinary
	kVarBinary
)

// typeNames are the words of T-SQL for a kind, in their usual spelling.
var typeNames = map[string]kind{
	"bit": kBit, "tinyint": kTinyInt, "smallint": kSmallInt, "int": kInt, "integer": kInt, "bigint": kBigInt,
	"decimal": kDecimal, "numeric": kDecimal, "dec": kDecimal, "smallmoney": kSmallMoney, "money": kMoney,
	"real": kReal, "float": kFloat, "date": kDate, "time": kTime, "smalldatetime": kSmallDateTime,
	"datetime": kDateTime, "datetime2": kDateTime2, "datetimeoffset": kDateTimeOffset,
	"char": kChar, "varchar": kVarChar, "nchar": kNChar, "nvarchar": kNVarChar, "sysname": kNVarChar,
	"text": kVarChar, "ntext": kNVarChar, "image": kVarBinary, "xml": kXML, "uniqueidentifier": kGUID,
	"binary": kBinary, "varbinary": kVarBinary,
}

// sqlType is a type with its measures: size in characters or bytes (-1 for
// max), precision and scale of a decimal, scale of a time.
type sqlType struct {
	kind        kind
	size        int
	prec, scale int
}

var (
	tInt      = sqlType{kind: kInt}
	tBigInt   = sqlType{kind: kBigInt}
	tBit      = sqlType{kind: kBit}
	tFloat    = sqlType{kind: kFloat}
	tDateTime = sqlType{kind: kDateTime}
	tDate     = sqlType{kind: kDate}
	tGUID     = sqlType{kind: kGUID}
	tBool     = sqlType{kind: kBool}
	tSysname  = sqlType{kind: kNVarChar, size: 128}
)

func varChar(n int) sqlType        { return sqlType{kind: kVarChar, size: n} }
func nVarChar(n int) sqlType       { return sqlType{kind: kNVarChar, size: n} }
func decimalType(p, s int) sqlType { return sqlType{kind: kDecimal, prec: p, scale: s} }

// String is the type as T-SQL writes it, "decimal(15,2)".
func (t sqlType) String() string {
	switch t.kind {
	case kNull:
		return "NULL"
	case kBool:
		return "condition"
	case kDecimal:
		return fmt.Sprintf("decimal(%d,%d)", t.prec, t.scale)
	case kTime, kDateTime2, kDateTimeOffset:
		return fmt.Sprintf("%s(%d)", t.kind, t.scale)
	case kChar, kVarChar, kNChar, kNVarChar, kBinary, kVarBinary:
		if t.size < 0 {
			return t.kind.String() + "(max)"
		}
		return t.kind.String() + "(" + strconv.Itoa(t.size) + ")"
	default:
		return t.kind.String()
	}
}

// String is the name of the type without its measures.
func (k kind) String() string {
	switch k {
	case kBool:
		return "condition"
	case kNull:
		return "NULL"
	default:
	}
	best := ""
	for name, of := range typeNames { // the names that are not the first of their kind are listed here
		if of == k && !strings.Contains(" integer numeric dec sysname text ntext image ", " "+name+" ") {
			best = name
		}
	}
	return best
}

func (t sqlType) isInt() bool   { return t.kind >= kBit && t.kind <= kBigInt }
func (t sqlType) isMoney() bool { return t.kind == kMoney || t.kind == kSmallMoney }

// isExact tells types that SQLite keeps as integers scaled by scaleOf.
func (t sqlType) isExact() bool    { return t.isInt() || t.kind == kDecimal || t.isMoney() }
func (t sqlType) isFloat() bool    { return t.kind == kReal || t.kind == kFloat }
func (t sqlType) isNumber() bool   { return t.isExact() || t.isFloat() }
func (t sqlType) isText() bool     { return t.kind >= kChar && t.kind <= kXML }
func (t sqlType) isUnicode() bool  { return t.kind == kNChar || t.kind == kNVarChar || t.kind == kXML }
func (t sqlType) isTemporal() bool { return t.kind >= kDate && t.kind <= kDateTimeOffset }
func (t sqlType) isBinary() bool   { return t.kind == kBinary || t.kind == kVarBinary }

// scaleOf is the number of decimal places that an exact number is scaled by.
func (t sqlType) scaleOf() int {
	switch {
	case t.kind == kDecimal:
		return t.scale
	case t.isMoney():
		return 4
	default:
		return 0
	}
}

// asDecimal is the decimal that holds every value of an exact type.
func (t sqlType) asDecimal() sqlType {
	switch t.kind {
	case kDecimal:
		return t
	case kMoney:
		return decimalType(19, 4)
	case kSmallMoney:
		return decimalType(10, 4)
	case kBigInt:
		return decimalType(19, 0)
	case kInt:
		return decimalType(10, 0)
	case kSmallInt:
		return decimalType(5, 0)
	case kTinyInt:
		return decimalType(3, 0)
	default:
		return decimalType(1, 0)
	}
}

// precedence orders types as SQL Server does: of two operands the lower one is
// converted.
func (t sqlType) precedence() int {
	order := []kind{
		kNull, kBinary, kVarBinary, kChar, kVarChar, kNChar, kNVarChar, kGUID, kBit, kTinyInt, kSmallInt, kInt, kBigInt,
		kSmallMoney, kMoney, kDecimal, kReal, kFloat, kTime, kDate, kSmallDateTime, kDateTime, kDateTime2, kDateTimeOffset, kXML,
	}
	for i, k := range order {
		if k == t.kind {
			return i
		}
	}
	return -1
}

// common is the type that values of a and b meet in, in a CASE, a COALESCE, a
// UNION or a comparison.
func common(a, b sqlType) sqlType {
	if a.precedence() < b.precedence() {
		a, b = b, a
	}
	switch {
	case b.kind == kNull:
		return a
	case a.kind == kDecimal && b.isExact():
		d := b.asDecimal()
		whole, scale := max(a.prec-a.scale, d.prec-d.scale), max(a.scale, d.scale)
		return decimalType(min(38, whole+scale), scale)
	case a.isText() && b.isText(), a.isBinary() && b.isBinary():
		if a.size < 0 || b.size < 0 {
			a.size = -1
		} else {
			a.size = max(a.size, b.size)
		}
		return a
	case a.isTemporal() && b.isTemporal():
		a.scale = max(a.scale, b.scale)
		return a
	default:
		return a
	}
}
