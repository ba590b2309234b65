package tdstest

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"runtime"
	"time"
)

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

func (r *wireReader) u8() int { return int(r.take(1)[0]) }

func (r *wireReader) u16() int { return int(binary.LittleEndian.Uint16(r.take(2))) }

func (r *wireReader) u32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }

func (r *wireReader) u64() uint64 { return binary.LittleEndian.Uint64(r.take(8)) }

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
	token := r.take(1)[0]
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
