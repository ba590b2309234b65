package tdstest

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// converter turns values of the engine into another type, as CAST does. The
// engine's values are nil, int64 (scaled by the type), float64, string, []byte.
type converter struct{ collation collation }

// convert converts v. A text that is too long is cut, as CAST does; assign
// tells the difference.
func (c converter) convert(v any, from, to sqlType, style int) (any, error) {
	if v == nil {
		return nil, nil //nolint:nilnil // NULL stays NULL
	}
	switch {
	case to.kind == kNull || to.kind == kBool:
		return v, nil
	case to.isText():
		return c.toText(v, from, to, style)
	case to.isExact():
		return c.toExact(v, from, to)
	case to.isFloat():
		return c.toFloat(v, from, to)
	case to.isTemporal():
		return c.toTemporal(v, from, to)
	case to.kind == kGUID:
		return toGUID(v, from)
	default:
		return c.toBinary(v, from, to)
	}
}

// assign converts v for a column or a variable: what does not fit is an error.
func (c converter) assign(v any, from, to sqlType, column string) (any, error) {
	if s, ok := v.(string); ok && from.isText() && to.isText() && to.size >= 0 && utf16Len(strings.TrimRight(s, " ")) > to.size {
		return nil, failf(2628, "String or binary data would be truncated in column '%s'.", column)
	}
	if b, ok := v.([]byte); ok && to.isBinary() && to.size >= 0 && len(b) > to.size {
		return nil, failf(2628, "String or binary data would be truncated in column '%s'.", column)
	}
	return c.convert(v, from, to, 0)
}

func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

func clash(from, to sqlType) error {
	return failf(529, "Explicit conversion from data type %s to %s is not allowed.", from.kind, to.kind)
}

func (c converter) toText(v any, from, to sqlType, style int) (any, error) {
	var s string
	switch {
	case from.isText():
		s, _ = v.(string)
	case from.kind == kGUID:
		s, _ = v.(string)
	case from.isExact():
		n, ok := v.(int64)
		if !ok {
			return nil, cannot("a value of %s beyond 18 digits", from)
		}
		s = formatScaled(n, from.scaleOf())
		if from.isMoney() && style == 0 {
			s = formatScaled(roundScaled(n, 4, 2), 2)
		}
		if to.size >= 0 && len(s) > to.size {
			return nil, failf(8115, "Arithmetic overflow error converting %s to data type %s.", from.kind, to.kind)
		}
	case from.isFloat():
		f, _ := v.(float64)
		s = strconv.FormatFloat(f, 'g', 6, 64)
	case from.isTemporal():
		text, _ := v.(string)
		at, err := parseTemporal(text, from)
		if err != nil {
			return nil, err
		}
		if s, err = writeTemporal(at, from, style); err != nil {
			return nil, err
		}
	case from.isBinary():
		b, _ := v.([]byte)
		switch {
		case style == 1:
			s = "0x" + strings.ToUpper(hex.EncodeToString(b))
		case style == 2:
			s = strings.ToUpper(hex.EncodeToString(b))
		case to.isUnicode():
			s = fromUTF16(b)
		default:
			s = c.collation.decode(b)
		}
	default:
		return nil, clash(from, to)
	}
	if !to.isUnicode() {
		s = c.collation.fit(s)
	}
	s = cutText(s, to.size)
	if (to.kind == kChar || to.kind == kNChar) && to.size > 0 {
		s += strings.Repeat(" ", max(0, to.size-utf16Len(s)))
	}
	return s, nil
}

func cutText(s string, size int) string {
	if size < 0 || utf16Len(s) <= size {
		return s
	}
	n := 0
	for i, r := range s {
		if n += utf16Len(string(r)); n > size {
			return s[:i]
		}
	}
	return s
}

// formatScaled writes a scaled integer as a decimal number.
func formatScaled(n int64, scale int) string {
	digits := strconv.FormatInt(n, 10)
	if scale == 0 {
		return digits
	}
	minus := strings.HasPrefix(digits, "-")
	digits = strings.TrimPrefix(digits, "-")
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	if minus {
		return "-" + digits
	}
	return digits
}

func power10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// roundScaled moves a scaled integer to another scale, half away from zero.
func roundScaled(n int64, from, to int) int64 {
	for ; from > to+1; from-- { // all but the last digit are cut
		n /= 10
	}
	if from == to+1 {
		last := n % 10
		n /= 10
		switch {
		case last >= 5:
			n++
		case last <= -5:
			n--
		}
	}
	for ; from < to; from++ {
		n *= 10
	}
	return n
}

// rescale is roundScaled with the check of T-SQL's limits.
func rescale(n int64, from int, to sqlType, of kind) (any, error) {
	scale := to.scaleOf()
	if to.isInt() && from > 0 { // to a whole number T-SQL cuts
		cut := new(big.Int).Quo(big.NewInt(n), power10(from))
		return ranged(cut, to, of)
	}
	if scale <= from {
		return ranged(big.NewInt(roundScaled(n, from, scale)), to, of)
	}
	return ranged(new(big.Int).Mul(big.NewInt(n), power10(scale-from)), to, of)
}

// ranged checks that a scaled number is one of the type.
func ranged(n *big.Int, to sqlType, from kind) (any, error) {
	if to.kind == kBit {
		return int64(min(1, n.CmpAbs(new(big.Int)))), nil
	}
	if n.IsInt64() && to.holds(n.Int64()) {
		return n.Int64(), nil
	}
	if to.kind == kDecimal && n.CmpAbs(power10(to.prec)) < 0 {
		return nil, cannot("a decimal of more than 18 digits")
	}
	return nil, failf(8115, "Arithmetic overflow error converting %s to data type %s.", from, to.kind)
}

// holds tells whether a scaled number is within a type's limits.
func (t sqlType) holds(n int64) bool {
	switch t.kind {
	case kTinyInt:
		return n >= 0 && n <= math.MaxUint8
	case kSmallInt:
		return n >= math.MinInt16 && n <= math.MaxInt16
	case kInt, kSmallMoney:
		return n >= math.MinInt32 && n <= math.MaxInt32
	case kDecimal:
		return t.prec > 18 || big.NewInt(n).CmpAbs(power10(t.prec)) < 0
	default:
		return true
	}
}

func (c converter) toExact(v any, from, to sqlType) (any, error) {
	switch {
	case from.isExact():
		n, ok := v.(int64)
		if !ok {
			return nil, cannot("a value of %s beyond 18 digits", from)
		}
		return rescale(n, from.scaleOf(), to, from.kind)
	case from.isFloat():
		f, _ := v.(float64)
		r := new(big.Float).SetPrec(200).SetFloat64(f)
		r.Mul(r, new(big.Float).SetInt(power10(to.scaleOf())))
		if to.kind == kDecimal || to.isMoney() {
			r.Add(r, big.NewFloat(math.Copysign(0.5, f)))
		}
		n, _ := r.Int(nil)
		return ranged(n, to, from.kind)
	case from.isText():
		s, _ := v.(string)
		return textToExact(strings.TrimSpace(s), from, to)
	case from.isBinary():
		b, _ := v.([]byte)
		var n int64
		for _, x := range b[max(0, len(b)-8):] {
			n = n<<8 | int64(x)
		}
		return ranged(big.NewInt(n), to, from.kind)
	default:
		return nil, clash(from, to)
	}
}

func textToExact(s string, from, to sqlType) (any, error) {
	wrong := failf(8114, "Error converting data type %s to %s.", from.kind, map[bool]string{true: "numeric", false: to.kind.String()}[to.kind == kDecimal])
	if to.isInt() {
		wrong = failf(245, "Conversion failed when converting the %s value '%s' to data type %s.", from.kind, s, to.kind)
	}
	switch {
	case to.kind == kBit && strings.EqualFold(s, "true"):
		return int64(1), nil
	case to.kind == kBit && strings.EqualFold(s, "false"), s == "" && to.kind != kDecimal:
		return int64(0), nil
	}
	whole, frac, point := strings.Cut(s, ".")
	if point && to.isInt() {
		return nil, wrong
	}
	n, ok := new(big.Int).SetString(whole+frac, 10)
	if !ok || strings.ContainsAny(s, "_ xX") || strings.ContainsAny(frac, "+-") {
		return nil, wrong
	}
	if extra := len(frac) - to.scaleOf(); extra > 0 {
		half := new(big.Int).Quo(power10(extra), big.NewInt(2))
		if n.Sign() < 0 {
			half.Neg(half)
		}
		n.Quo(n.Add(n, half), power10(extra))
	} else {
		n.Mul(n, power10(-extra))
	}
	return ranged(n, to, from.kind)
}

func (c converter) toFloat(v any, from, to sqlType) (any, error) {
	var f float64
	switch {
	case from.isFloat():
		f, _ = v.(float64)
	case from.isExact():
		n, ok := v.(int64)
		if !ok {
			return nil, cannot("a value of %s beyond 18 digits", from)
		}
		f, _ = new(big.Rat).SetFrac(big.NewInt(n), power10(from.scaleOf())).Float64()
	case from.isText():
		s, _ := v.(string)
		var err error
		if s = strings.TrimSpace(s); s != "" {
			if f, err = strconv.ParseFloat(s, 64); err != nil {
				return nil, failf(8114, "Error converting data type %s to %s.", from.kind, to.kind)
			}
		}
	default:
		return nil, clash(from, to)
	}
	if to.kind == kReal {
		f = float64(float32(f))
	}
	return f, nil
}

func (c converter) toTemporal(v any, from, to sqlType) (any, error) {
	var at time.Time
	s, _ := v.(string)
	switch {
	case from.isTemporal():
		var err error
		if at, err = parseTemporal(s, from); err != nil {
			return nil, err
		}
		if to.kind != kDateTimeOffset { // the wall clock stays, the offset goes
			at = time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC)
		}
	case from.isText():
		var ok bool
		if at, ok = readTemporal(s); !ok {
			return nil, failf(241, "Conversion failed when converting date and/or time from character string.")
		}
		if to.kind != kDateTimeOffset {
			at = time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC)
		}
	case from.isExact() && (to.kind == kDateTime || to.kind == kSmallDateTime):
		n, _ := v.(int64)
		at = epoch1900.Add(time.Duration(float64(n) / math.Pow10(from.scaleOf()) * float64(24*time.Hour)))
		if from.isInt() {
			at = epoch1900.AddDate(0, 0, int(n))
		}
	default:
		return nil, clash(from, to)
	}
	return formatTemporal(at, to)
}

func toGUID(v any, from sqlType) (any, error) {
	switch {
	case from.kind == kGUID:
		return v, nil
	case from.isText():
		s, _ := v.(string)
		s = strings.Trim(strings.TrimSpace(s), "{}")
		if b, err := hex.DecodeString(strings.ReplaceAll(s, "-", "")); err == nil && len(b) == 16 && len(s) == 36 {
			return strings.ToUpper(s), nil
		}
		return nil, failf(8169, "Conversion failed when converting from a character string to uniqueidentifier.")
	case from.isBinary():
		b, _ := v.([]byte)
		if len(b) == 16 {
			return guidText(b), nil
		}
	}
	return nil, clash(from, sqlType{kind: kGUID})
}

// guidText writes the 16 bytes of the wire: three little-endian numbers, then
// eight bytes as they are.
func guidText(b []byte) string {
	o := []byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6]}
	h := strings.ToUpper(hex.EncodeToString(append(o, b[8:16]...)))
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func guidBytes(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err != nil || len(b) != 16 {
		return make([]byte, 16)
	}
	return append([]byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6]}, b[8:]...)
}

func (c converter) toBinary(v any, from, to sqlType) (any, error) {
	var b []byte
	switch {
	case from.isBinary():
		b, _ = v.([]byte)
	case from.isInt():
		n, _ := v.(int64)
		b = binary.BigEndian.AppendUint64(nil, uint64(n)) //nolint:gosec // bits, not a number
		b = b[8-map[kind]int{kBit: 1, kTinyInt: 1, kSmallInt: 2, kInt: 4, kBigInt: 8}[from.kind]:]
	case from.isText():
		s, _ := v.(string)
		if b = c.collation.encode(s); from.isUnicode() {
			b = toUTF16(s)
		}
	case from.kind == kGUID:
		s, _ := v.(string)
		b = guidBytes(s)
	default:
		return nil, clash(from, to)
	}
	if to.size >= 0 && len(b) > to.size {
		b = b[:to.size]
	}
	return b, nil
}
