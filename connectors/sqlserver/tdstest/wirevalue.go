package tdstest

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"runtime"
	"sort"
	"time"
	"unicode/utf16"
)

func sortBy[T any](s []T, less func(a, b T) bool) {
	sort.SliceStable(s, func(i, j int) bool { return less(s[i], s[j]) })
}

func toUTF16(s string) []byte {
	units := utf16.Encode([]rune(s))
	out := make([]byte, 0, 2*len(units))
	for _, u := range units {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

func fromUTF16(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// Type tokens of MS-TDS 2.2.5.4.
const (
	wNull, wInt1, wBit, wInt2, wInt4, wDateTim4, wFlt4, wMoney, wDateTime, wFlt8, wMoney4, wInt8 = 0x1f, 0x30, 0x32, 0x34, 0x38, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x7a, 0x7f

	wGUID, wIntN, wBitN, wDecimalN, wNumericN, wFltN, wMoneyN, wDateTimeN = 0x24, 0x26, 0x68, 0x6a, 0x6c, 0x6d, 0x6e, 0x6f
	wDateN, wTimeN, wDateTime2N, wDateTimeOffsetN                         = 0x28, 0x29, 0x2a, 0x2b
	wVarBinary, wVarChar, wBinary, wChar, wNVarChar, wNChar, wXML         = 0xa5, 0xa7, 0xad, 0xaf, 0xe7, 0xef, 0xf1
	wTVP                                                                  = 0xf3
)

func decimalBytes(prec int) int {
	switch {
	case prec <= 9:
		return 5
	case prec <= 19:
		return 9
	case prec <= 28:
		return 13
	default:
		return 17
	}
}

func timeBytes(scale int) int {
	switch {
	case scale <= 2:
		return 3
	case scale <= 4:
		return 4
	default:
		return 5
	}
}

// appendTypeInfo writes TYPE_INFO of a column.
func appendTypeInfo(out []byte, t sqlType, c collation) []byte {
	coll := func(b []byte) []byte {
		return append(binary.LittleEndian.AppendUint32(b, c.lcid), c.sortID)
	}
	long := func(token byte, size, width int) []byte {
		n := uint16(0xffff)
		if size >= 0 {
			n = uint16(max(1, size) * width) //nolint:gosec // at most 8,000
		}
		return binary.LittleEndian.AppendUint16(append(out, token), n)
	}
	switch t.kind {
	case kBit:
		return append(out, wBitN, 1)
	case kTinyInt:
		return append(out, wIntN, 1)
	case kSmallInt:
		return append(out, wIntN, 2)
	case kNull, kInt: // a bare NULL is an int, as on the real server
		return append(out, wIntN, 4)
	case kBigInt:
		return append(out, wIntN, 8)
	case kDecimal:
		return append(out, wDecimalN, byte(decimalBytes(t.prec)), byte(t.prec), byte(t.scale))
	case kSmallMoney:
		return append(out, wMoneyN, 4)
	case kMoney:
		return append(out, wMoneyN, 8)
	case kReal:
		return append(out, wFltN, 4)
	case kFloat:
		return append(out, wFltN, 8)
	case kSmallDateTime:
		return append(out, wDateTimeN, 4)
	case kDateTime:
		return append(out, wDateTimeN, 8)
	case kDate:
		return append(out, wDateN)
	case kTime:
		return append(out, wTimeN, byte(t.scale))
	case kDateTime2:
		return append(out, wDateTime2N, byte(t.scale))
	case kDateTimeOffset:
		return append(out, wDateTimeOffsetN, byte(t.scale))
	case kGUID:
		return append(out, wGUID, 16)
	case kChar:
		return coll(long(wChar, t.size, 1))
	case kVarChar:
		return coll(long(wVarChar, t.size, 1))
	case kNChar:
		return coll(long(wNChar, t.size, 2))
	case kNVarChar:
		return coll(long(wNVarChar, t.size, 2))
	case kXML:
		return append(out, wXML, 0)
	case kBinary:
		return long(wBinary, t.size, 1)
	default:
		return long(wVarBinary, t.size, 1)
	}
}

// appendValue writes a value of the engine as the type says.
func appendValue(out []byte, v any, t sqlType, c collation) ([]byte, error) {
	switch {
	case t.isText() || t.isBinary():
		return appendBytes(out, v, t, c)
	case v == nil:
		return append(out, 0), nil
	case t.isExact():
		n, ok := v.(int64)
		if !ok {
			return nil, cannot("show %v (%T) as %s: it is beyond 18 digits, or the engine typed it otherwise", v, v, t)
		}
		return appendExact(out, n, t), nil
	case t.isFloat():
		f, ok := v.(float64)
		if n, whole := v.(int64); whole {
			f, ok = float64(n), true
		}
		if !ok {
			return nil, mistyped(v, t)
		}
		if t.kind == kReal {
			return binary.LittleEndian.AppendUint32(append(out, 4), math.Float32bits(float32(f))), nil
		}
		return binary.LittleEndian.AppendUint64(append(out, 8), math.Float64bits(f)), nil
	}
	s, ok := v.(string)
	if !ok {
		return nil, mistyped(v, t)
	}
	if t.kind == kGUID {
		return append(append(out, 16), guidBytes(s)...), nil
	}
	at, err := parseTemporal(s, t)
	if err != nil {
		return nil, mistyped(v, t)
	}
	return appendTemporal(out, at, t), nil
}

func mistyped(v any, t sqlType) error {
	return cannot("show %v (%T) as %s: the engine typed the expression otherwise", v, v, t)
}

func appendBytes(out []byte, v any, t sqlType, c collation) ([]byte, error) {
	var b []byte
	switch v := v.(type) {
	case nil:
		if t.size < 0 || t.kind == kXML {
			return binary.LittleEndian.AppendUint64(out, math.MaxUint64), nil
		}
		return append(out, 0xff, 0xff), nil
	case string:
		if b = []byte(v); t.isUnicode() {
			b = toUTF16(v)
		} else if t.isText() {
			b = c.encode(v)
		}
	case []byte:
		b = v
	default:
		return nil, mistyped(v, t)
	}
	if t.size < 0 || t.kind == kXML { // in chunks: MS-TDS 2.2.5.2.3
		out = binary.LittleEndian.AppendUint64(out, uint64(len(b)))
		if len(b) > 0 {
			out = binary.LittleEndian.AppendUint32(out, uint32(len(b))) //nolint:gosec // far below
			out = append(out, b...)
		}
		return binary.LittleEndian.AppendUint32(out, 0), nil
	}
	width := 1
	if t.isUnicode() {
		width = 2
	}
	if limit := max(1, t.size) * width; len(b) > limit {
		return nil, cannot("show %d bytes as %s: the expression is longer than its type", len(b), t)
	}
	return append(binary.LittleEndian.AppendUint16(out, uint16(len(b))), b...), nil //nolint:gosec // at most 8,000
}

func appendExact(out []byte, n int64, t sqlType) []byte {
	switch t.kind {
	case kBit, kTinyInt:
		return append(out, 1, byte(n))
	case kSmallInt:
		return binary.LittleEndian.AppendUint16(append(out, 2), uint16(n)) //nolint:gosec // bits
	case kInt:
		return binary.LittleEndian.AppendUint32(append(out, 4), uint32(n)) //nolint:gosec // bits
	case kBigInt:
		return binary.LittleEndian.AppendUint64(append(out, 8), uint64(n)) //nolint:gosec // bits
	case kSmallMoney:
		return binary.LittleEndian.AppendUint32(append(out, 4), uint32(n)) //nolint:gosec // bits
	case kMoney: // the high half first
		out = binary.LittleEndian.AppendUint32(append(out, 8), uint32(n>>32)) //nolint:gosec // bits
		return binary.LittleEndian.AppendUint32(out, uint32(n))               //nolint:gosec // bits
	default:
		size := decimalBytes(t.prec)
		out = append(out, byte(size))
		big := big.NewInt(n)
		if big.Sign() < 0 {
			out = append(out, 0)
		} else {
			out = append(out, 1)
		}
		b := big.FillBytes(make([]byte, size-1))
		for i := len(b) - 1; i >= 0; i-- {
			out = append(out, b[i])
		}
		return out
	}
}

var dayOne = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)

func appendTemporal(out []byte, at time.Time, t sqlType) []byte {
	days := func(at time.Time) []byte {
		y, m, d := at.Date()
		n := (time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() - dayOne.Unix()) / 86400
		return []byte{byte(n), byte(n >> 8), byte(n >> 16)}
	}
	clock := func(at time.Time) []byte {
		n := int64(at.Hour())*3600 + int64(at.Minute())*60 + int64(at.Second())
		units := (n*int64(time.Second) + int64(at.Nanosecond())) / int64(unit(t.scale))
		return binary.LittleEndian.AppendUint64(nil, uint64(units))[:timeBytes(t.scale)] //nolint:gosec // not negative
	}
	switch t.kind {
	case kDate:
		return append(append(out, 3), days(at)...)
	case kTime:
		return append(append(out, byte(timeBytes(t.scale))), clock(at)...)
	case kSmallDateTime:
		d, ticks := datetimeTicks(at)
		out = binary.LittleEndian.AppendUint16(append(out, 4), uint16(d))  //nolint:gosec // by the type
		return binary.LittleEndian.AppendUint16(out, uint16(ticks/300/60)) //nolint:gosec // by the type
	case kDateTime:
		d, ticks := datetimeTicks(at)
		out = binary.LittleEndian.AppendUint32(append(out, 8), uint32(d)) //nolint:gosec // bits
		return binary.LittleEndian.AppendUint32(out, uint32(ticks))       //nolint:gosec // not negative
	case kDateTimeOffset:
		_, offset := at.Zone()
		out = append(out, byte(timeBytes(t.scale)+5))
		out = append(append(out, clock(at.UTC())...), days(at.UTC())...)
		return binary.LittleEndian.AppendUint16(out, uint16(offset/60)) //nolint:gosec // bits
	default:
		out = append(out, byte(timeBytes(t.scale)+3))
		return append(append(out, clock(at)...), days(at)...)
	}
}

// wireReader reads a message, panicking with a *sqlError where it ends too
// early.
type wireReader struct{ b []byte }

func (r *wireReader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		panic(failf(4002, "The incoming tabular data stream (TDS) protocol stream is incorrect. The stream ended unexpectedly."))
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *wireReader) u8() int          { return int(r.take(1)[0]) }
func (r *wireReader) u16() int         { return int(binary.LittleEndian.Uint16(r.take(2))) }
func (r *wireReader) u32() uint32      { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *wireReader) u64() uint64      { return binary.LittleEndian.Uint64(r.take(8)) }
func (r *wireReader) bVarChar() string { return fromUTF16(r.take(2 * r.u8())) }

// parameter is one of a remote procedure call.
type parameter struct {
	name   string // with its @
	typ    sqlType
	value  any
	output bool
}

// parameterValue reads TYPE_INFO and the value behind it. A value that is not as
// long as its type is a fault of the stream.
func (r *wireReader) parameterValue(c collation) (t sqlType, v any) {
	defer func() {
		p := recover()
		if _, lengths := p.(runtime.Error); lengths {
			p = failf(8009, "The incoming tabular data stream (TDS) remote procedure call (RPC) protocol stream is incorrect.")
		}
		if p != nil {
			panic(p)
		}
	}()
	token := byte(r.u8())
	switch token {
	case wNull:
		return nVarChar(1), nil
	case wInt1, wBit, wInt2, wInt4, wInt8:
		t := map[byte]sqlType{wInt1: {kind: kTinyInt}, wBit: tBit, wInt2: {kind: kSmallInt}, wInt4: tInt, wInt8: tBigInt}[token]
		return t, readInt(r.take(map[byte]int{wInt1: 1, wBit: 1, wInt2: 2, wInt4: 4, wInt8: 8}[token]))
	case wIntN:
		t := map[int]sqlType{1: {kind: kTinyInt}, 2: {kind: kSmallInt}, 4: tInt, 8: tBigInt}[r.u8()]
		if b := r.take(r.u8()); len(b) > 0 {
			return t, readInt(b)
		}
		return t, nil
	case wBitN:
		r.u8()
		if b := r.take(r.u8()); len(b) > 0 {
			return tBit, int64(b[0])
		}
		return tBit, nil
	case wFlt4, wFlt8, wFltN:
		return r.floatValue(token)
	case wDecimalN, wNumericN:
		return r.decimalValue()
	case wMoneyN:
		return r.moneyValue()
	case wGUID:
		r.u8()
		if b := r.take(r.u8()); len(b) == 16 {
			return tGUID, guidText(b)
		}
		return tGUID, nil
	case wDateTimeN, wDateN, wTimeN, wDateTime2N, wDateTimeOffsetN:
		return r.temporalValue(token)
	case wVarChar, wChar, wNVarChar, wNChar, wVarBinary, wBinary, wXML:
		return r.bytesValue(token, c)
	default:
		panic(cannot("read a parameter of the wire type 0x%02x", token))
	}
}

func readInt(b []byte) int64 {
	switch len(b) {
	case 1:
		return int64(b[0])
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(b))) //nolint:gosec // bits
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(b))) //nolint:gosec // bits
	default:
		return int64(binary.LittleEndian.Uint64(b)) //nolint:gosec // bits
	}
}

func (r *wireReader) floatValue(token byte) (sqlType, any) {
	size, n := 0, 0
	if token == wFltN {
		size = r.u8()
		n = r.u8()
	} else if size = 8; token == wFlt4 {
		size = 4
		n = size
	} else {
		n = size
	}
	t := tFloat
	if size == 4 {
		t = sqlType{kind: kReal}
	}
	switch b := r.take(n); len(b) {
	case 4:
		return t, float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case 8:
		return t, math.Float64frombits(binary.LittleEndian.Uint64(b))
	default:
		return t, nil
	}
}

func (r *wireReader) decimalValue() (sqlType, any) {
	r.u8()
	t := sqlType{kind: kDecimal, prec: r.u8()}
	t.scale = r.u8()
	b := r.take(r.u8())
	if len(b) == 0 {
		return t, nil
	}
	n := new(big.Int)
	for i := len(b) - 1; i > 0; i-- {
		n.Or(n.Lsh(n, 8), big.NewInt(int64(b[i])))
	}
	if b[0] == 0 {
		n.Neg(n)
	}
	if !n.IsInt64() {
		panic(cannot("a decimal parameter of more than 18 digits"))
	}
	return t, n.Int64()
}

func (r *wireReader) moneyValue() (sqlType, any) {
	t := sqlType{kind: kMoney}
	if r.u8() == 4 {
		t.kind = kSmallMoney
	}
	switch b := r.take(r.u8()); len(b) {
	case 4:
		return t, readInt(b)
	case 8:
		return t, int64(int32(binary.LittleEndian.Uint32(b)))<<32 | int64(binary.LittleEndian.Uint32(b[4:])) //nolint:gosec // bits
	default:
		return t, nil
	}
}

func (r *wireReader) temporalValue(token byte) (sqlType, any) {
	t := map[byte]sqlType{
		wDateTimeN: tDateTime, wDateN: tDate, wTimeN: {kind: kTime}, wDateTime2N: {kind: kDateTime2}, wDateTimeOffsetN: {kind: kDateTimeOffset},
	}[token]
	switch token {
	case wDateTimeN:
		if r.u8() == 4 {
			t.kind = kSmallDateTime
		}
	case wTimeN, wDateTime2N, wDateTimeOffsetN:
		t.scale = r.u8()
	}
	b := r.take(r.u8())
	if len(b) == 0 {
		return t, nil
	}
	text, err := formatTemporal(readMoment(b, t), t)
	if err != nil {
		panic(asSQLError(err))
	}
	return t, text
}

func readMoment(b []byte, t sqlType) time.Time {
	switch t.kind {
	case kSmallDateTime:
		return epoch1900.AddDate(0, 0, int(binary.LittleEndian.Uint16(b))).Add(time.Duration(binary.LittleEndian.Uint16(b[2:])) * time.Minute)
	case kDateTime:
		return fromTicks(int(int32(binary.LittleEndian.Uint32(b))), int(binary.LittleEndian.Uint32(b[4:]))) //nolint:gosec // bits
	default:
	}
	offset := 0
	if t.kind == kDateTimeOffset {
		offset = int(int16(binary.LittleEndian.Uint16(b[len(b)-2:]))) //nolint:gosec // bits
		b = b[:len(b)-2]
	}
	at := dayOne
	if t.kind != kTime {
		d := b[len(b)-3:]
		at = at.AddDate(0, 0, int(d[0])|int(d[1])<<8|int(d[2])<<16)
		b = b[:len(b)-3]
	} else {
		at = epoch1900
	}
	var units int64
	for i := len(b) - 1; i >= 0; i-- {
		units = units<<8 | int64(b[i])
	}
	at = at.Add(time.Duration(units) * unit(t.scale))
	if t.kind == kDateTimeOffset {
		at = at.In(time.FixedZone("", offset*60))
	}
	return at
}

func (r *wireReader) bytesValue(token byte, c collation) (sqlType, any) {
	t := map[byte]sqlType{
		wVarChar: {kind: kVarChar}, wChar: {kind: kChar}, wNVarChar: {kind: kNVarChar}, wNChar: {kind: kNChar},
		wVarBinary: {kind: kVarBinary}, wBinary: {kind: kBinary}, wXML: {kind: kXML},
	}[token]
	size := 0xffff
	if token == wXML {
		r.u8()
	} else {
		size = r.u16()
	}
	if t.isText() && token != wXML {
		r.take(5) // the collation: 0 stands for the database's
	}
	if t.size = size; size == 0xffff {
		t.size = -1
	} else if t.isUnicode() {
		t.size /= 2
	}
	b, null := r.lengthBytes(size == 0xffff)
	switch {
	case null:
		return t, nil
	case t.isUnicode():
		return t, fromUTF16(b)
	case t.isText():
		return t, c.decode(b)
	default:
		return t, append([]byte{}, b...)
	}
}

// lengthBytes reads a value of variable length, in chunks where its type has no
// limit.
func (r *wireReader) lengthBytes(chunks bool) (b []byte, null bool) {
	if !chunks {
		n := r.u16()
		if n == 0xffff {
			return nil, true
		}
		return r.take(n), false
	}
	if r.u64() == math.MaxUint64 {
		return nil, true
	}
	for {
		n := r.u32()
		if n == 0 {
			return b, false
		}
		b = append(b, r.take(int(n))...)
	}
}

func (p parameter) String() string { return fmt.Sprintf("%s %s", p.name, p.typ) }
