package tdstest

import (
	"encoding/binary"
	"math"
	"math/big"
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

// low is the low byte of a number, which is all that the wire has room for.
func low(n int) byte { return byte(n) } //nolint:gosec // bits

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
		return append(out, wDecimalN, low(decimalBytes(t.prec)), low(t.prec), low(t.scale))
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
		return append(out, wTimeN, low(t.scale))
	case kDateTime2:
		return append(out, wDateTime2N, low(t.scale))
	case kDateTimeOffset:
		return append(out, wDateTimeOffsetN, low(t.scale))
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
		return append(out, 1, low(int(n)))
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
		out = append(out, low(size))
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
		return []byte{low(int(n)), low(int(n >> 8)), low(int(n >> 16))}
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
		return append(append(out, low(timeBytes(t.scale))), clock(at)...)
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
		out = append(out, low(timeBytes(t.scale)+5))
		out = append(append(out, clock(at.UTC())...), days(at.UTC())...)
		return binary.LittleEndian.AppendUint16(out, uint16(offset/60)) //nolint:gosec // bits
	default:
		out = append(out, low(timeBytes(t.scale)+3))
		return append(append(out, clock(at)...), days(at)...)
	}
}
