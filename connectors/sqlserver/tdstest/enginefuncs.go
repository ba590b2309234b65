package tdstest

import (
	"database/sql/driver"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"modernc.org/sqlite"
)

// engineFunc is a function that SQLite calls; NULL among the arguments gives
// NULL unless it takes them itself.
type engineFunc struct {
	args int32
	run  func(a []driver.Value) (driver.Value, error)
}

// register makes T-SQL's functions and comparisons known to SQLite.
func (e *engine) register(d *sqlite.Driver) error {
	for name, f := range e.functions() {
		run := f.run
		wrapped := func(_ *sqlite.FunctionContext, a []driver.Value) (driver.Value, error) {
			for _, v := range a {
				if v == nil {
					return nil, nil //nolint:nilnil // NULL
				}
			}
			out, err := run(a)
			if err != nil {
				return nil, engineError(err)
			}
			return out, nil
		}
		reg := d.RegisterDeterministicScalarFunction
		if name == "tds_newid" {
			reg = d.RegisterScalarFunction
		}
		if err := reg(name, f.args, wrapped); err != nil {
			return err
		}
	}
	for name, folds := range map[string][2]bool{"tds_ci_as": {true, false}, "tds_ci_ai": {true, true}, "tds_cs_as": {false, false}, "tds_cs_ai": {false, true}} {
		if err := d.RegisterCollationUtf8(name, comparison(folds[0], folds[1])); err != nil {
			return err
		}
	}
	for _, c := range collations {
		if !strings.HasPrefix(c.name, "SQL_") && c.name != "Czech" {
			bytesOf := func(a, b string) int { return strings.Compare(string(c.encode(a)), string(c.encode(b))) }
			if err := d.RegisterCollationUtf8("tds_bin_"+strconv.Itoa(c.codePage), bytesOf); err != nil {
				return err
			}
		}
	}
	return nil
}

func str(v driver.Value) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	default:
		return ""
	}
}

func num(v driver.Value) int64 {
	n, _ := v.(int64)
	return n
}

func yes(v driver.Value) bool {
	b, ok := v.(bool)
	return ok && b || num(v) != 0
}

func (e *engine) functions() map[string]engineFunc {
	out := map[string]engineFunc{
		"tds_cast":      {4, func(a []driver.Value) (driver.Value, error) { return e.cast(a) }},
		"tds_try_cast":  {4, func(a []driver.Value) (driver.Value, error) { v, err := e.cast(a); return nilOn(v, err) }},
		"tds_object":    {1, objectKey},
		"tds_collation": {2, collationProperty},
		"tds_newid":     {0, func([]driver.Value) (driver.Value, error) { return strings.ToUpper(uuid.NewString()), nil }},
		"tds_error":     {2, func(a []driver.Value) (driver.Value, error) { return nil, failf(int32(num(a[0])), "%s", str(a[1])) }}, //nolint:gosec // our own number
	}
	for _, more := range []map[string]engineFunc{numberFunctions(), textFunctions(), e.dateFunctions()} {
		for name, f := range more {
			out[name] = f
		}
	}
	return out
}

func nilOn(v driver.Value, err error) (driver.Value, error) {
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // TRY_CAST: what cannot be converted is NULL
	}
	return v, nil
}

// cast is tds_cast(value, from, to, style); style -1 assigns.
func (e *engine) cast(a []driver.Value) (driver.Value, error) {
	from, to, style := e.typeAt(num(a[1])), e.typeAt(num(a[2])), int(num(a[3]))
	v := a[0]
	if b, ok := v.([]byte); ok && !from.isBinary() {
		v = string(b)
	}
	if style < 0 {
		return e.conv.assign(v, from, to, "")
	}
	return e.conv.convert(v, from, to, style)
}

var errDivide = failf(8134, "Divide by zero error encountered.")

func numberFunctions() map[string]engineFunc {
	scaled := func(round func(n *big.Int, unit *big.Int) *big.Int, flt func(float64) float64) func([]driver.Value) (driver.Value, error) {
		return func(a []driver.Value) (driver.Value, error) {
			if f, ok := a[0].(float64); ok {
				return flt(f), nil
			}
			return round(big.NewInt(num(a[0])), power10(int(num(a[1])))).Int64(), nil
		}
	}
	return map[string]engineFunc{
		"tds_idiv": {2, func(a []driver.Value) (driver.Value, error) {
			if num(a[1]) == 0 {
				return nil, errDivide
			}
			return num(a[0]) / num(a[1]), nil
		}},
		"tds_mod": {2, func(a []driver.Value) (driver.Value, error) {
			if num(a[1]) == 0 {
				return nil, errDivide
			}
			return num(a[0]) % num(a[1]), nil
		}},
		"tds_fdiv": {2, func(a []driver.Value) (driver.Value, error) {
			l, _ := a[0].(float64)
			r, _ := a[1].(float64)
			if r == 0 {
				return nil, errDivide
			}
			return l / r, nil
		}},
		"tds_mul": {3, func(a []driver.Value) (driver.Value, error) { // the product, less some places
			n := new(big.Int).Mul(big.NewInt(num(a[0])), big.NewInt(num(a[1])))
			return wholeOrFault(halfAway(n, power10(int(num(a[2])))))
		}},
		"tds_div": {3, func(a []driver.Value) (driver.Value, error) { // the quotient, cut, to more places
			if num(a[1]) == 0 {
				return nil, errDivide
			}
			n := new(big.Int).Mul(big.NewInt(num(a[0])), power10(int(num(a[2]))))
			return wholeOrFault(n.Quo(n, big.NewInt(num(a[1]))))
		}},
		"tds_floor": {2, scaled(func(n, unit *big.Int) *big.Int { return new(big.Int).Div(n, unit) }, math.Floor)},
		"tds_ceiling": {2, scaled(func(n, unit *big.Int) *big.Int {
			return new(big.Int).Neg(new(big.Int).Div(new(big.Int).Neg(n), unit))
		}, math.Ceil)},
		"tds_round": {4, func(a []driver.Value) (driver.Value, error) {
			places := int(num(a[1]))
			if f, ok := a[0].(float64); ok {
				p := math.Pow10(places)
				return math.Round(f*p) / p, nil
			}
			drop := int(num(a[3])) - places
			if drop <= 0 {
				return a[0], nil
			}
			n, unit := big.NewInt(num(a[0])), power10(drop)
			if num(a[2]) != 0 {
				n.Quo(n, unit)
			} else {
				n = halfAway(n, unit)
			}
			return wholeOrFault(n.Mul(n, unit))
		}},
	}
}

// halfAway divides, half away from zero.
func halfAway(n, unit *big.Int) *big.Int {
	half := new(big.Int).Quo(unit, big.NewInt(2))
	if n.Sign() < 0 {
		half.Neg(half)
	}
	return new(big.Int).Quo(new(big.Int).Add(n, half), unit)
}

func wholeOrFault(n *big.Int) (driver.Value, error) {
	if !n.IsInt64() {
		return nil, cannot("a decimal of more than 18 digits")
	}
	return n.Int64(), nil
}

func textFunctions() map[string]engineFunc {
	part := func(s string, from, n int) string { // from counts from 1, in UTF-16 units as far as the plane goes
		runes := []rune(s)
		end := min(len(runes), max(0, from-1+n))
		return string(runes[min(len(runes), max(0, from-1)):max(end, min(len(runes), max(0, from-1)))])
	}
	return map[string]engineFunc{
		"tds_len": {1, func(a []driver.Value) (driver.Value, error) {
			return int64(utf16Len(strings.TrimRight(str(a[0]), " "))), nil
		}},
		"tds_upper": {1, func(a []driver.Value) (driver.Value, error) { return strings.ToUpper(str(a[0])), nil }},
		"tds_lower": {1, func(a []driver.Value) (driver.Value, error) { return strings.ToLower(str(a[0])), nil }},
		"tds_left":  {2, func(a []driver.Value) (driver.Value, error) { return part(str(a[0]), 1, int(num(a[1]))), nil }},
		"tds_right": {2, func(a []driver.Value) (driver.Value, error) {
			n := len([]rune(str(a[0])))
			return part(str(a[0]), max(0, n-int(num(a[1])))+1, n), nil
		}},
		"tds_substring": {3, func(a []driver.Value) (driver.Value, error) {
			if num(a[2]) < 0 {
				return nil, failf(537, "Invalid length parameter passed to the LEFT or SUBSTRING function.")
			}
			return part(str(a[0]), int(num(a[1])), int(num(a[2]))), nil
		}},
		"tds_replace": {3, func(a []driver.Value) (driver.Value, error) { return replaceFold(str(a[0]), str(a[1]), str(a[2])), nil }},
		"tds_charindex": {3, func(a []driver.Value) (driver.Value, error) {
			text, from := []rune(strings.ToLower(str(a[1]))), int(max(1, num(a[2])))-1
			if from > len(text) {
				return int64(0), nil
			}
			at := strings.Index(string(text[from:]), strings.ToLower(str(a[0])))
			if at < 0 {
				return int64(0), nil
			}
			return int64(len([]rune(string(text[from:])[:at])) + from + 1), nil
		}},
		"tds_replicate": {2, func(a []driver.Value) (driver.Value, error) {
			if num(a[1]) < 0 {
				return nil, nil //nolint:nilnil // as on the real server
			}
			return strings.Repeat(str(a[0]), int(min(num(a[1]), 8000))), nil
		}},
		"tds_char": {2, func(a []driver.Value) (driver.Value, error) { return string(rune(num(a[0]))), nil }}, //nolint:gosec // a character
		"tds_like": {4, func(a []driver.Value) (driver.Value, error) {
			s, pattern := str(a[0]), str(a[1])
			if num(a[3]) != 0 {
				s, pattern = strings.ToLower(s), strings.ToLower(pattern)
			}
			return likeMatch([]rune(s), []rune(pattern), []rune(str(a[2]))), nil
		}},
	}
}

func replaceFold(s, old, with string) string {
	if old == "" {
		return s
	}
	var out strings.Builder
	low, find := strings.ToLower(s), strings.ToLower(old)
	if len(low) != len(s) {
		return strings.ReplaceAll(s, old, with)
	}
	for {
		at := strings.Index(low, find)
		if at < 0 {
			out.WriteString(s)
			return out.String()
		}
		out.WriteString(s[:at])
		out.WriteString(with)
		s, low = s[at+len(find):], low[at+len(find):]
	}
}

// likeMatch is LIKE: % any text, _ one character, [a-z] and [^a-z] a set.
func likeMatch(s, p, escape []rune) bool {
	for len(p) > 0 {
		switch {
		case len(escape) > 0 && p[0] == escape[0] && len(p) > 1:
			if len(s) == 0 || s[0] != p[1] {
				return false
			}
			s, p = s[1:], p[2:]
		case p[0] == '%':
			for i := 0; i <= len(s); i++ {
				if likeMatch(s[i:], p[1:], escape) {
					return true
				}
			}
			return false
		case len(s) == 0:
			return len(p) == 0
		case p[0] == '_':
			s, p = s[1:], p[1:]
		case p[0] == '[':
			in, rest, ok := likeSet(s[0], p)
			if !ok || !in {
				return false
			}
			s, p = s[1:], rest
		case s[0] != p[0]:
			return false
		default:
			s, p = s[1:], p[1:]
		}
	}
	return strings.TrimRightFunc(string(s), unicode.IsSpace) == "" // trailing blanks do not count
}

func likeSet(r rune, p []rune) (in bool, rest []rune, ok bool) {
	p = p[1:]
	not := len(p) > 0 && p[0] == '^'
	if not {
		p = p[1:]
	}
	for i := 0; i < len(p); i++ {
		switch {
		case p[i] == ']' && i > 0:
			return in != not, p[i+1:], true
		case i+2 < len(p) && p[i+1] == '-' && p[i+2] != ']':
			in = in || p[i] <= r && r <= p[i+2]
			i += 2
		default:
			in = in || p[i] == r
		}
	}
	return false, nil, false
}

// dateParts are the names of a part of a date, short ones included.
var dateParts = map[string]string{
	"year": "year", "yy": "year", "yyyy": "year", "quarter": "quarter", "qq": "quarter", "q": "quarter", "month": "month", "mm": "month", "m": "month",
	"day": "day", "dd": "day", "d": "day", "dayofyear": "dayofyear", "dy": "dayofyear", "week": "week", "wk": "week", "ww": "week", "weekday": "weekday", "dw": "weekday",
	"hour": "hour", "hh": "hour", "minute": "minute", "mi": "minute", "n": "minute", "second": "second", "ss": "second", "s": "second",
	"millisecond": "millisecond", "ms": "millisecond", "microsecond": "microsecond", "mcs": "microsecond", "nanosecond": "nanosecond", "ns": "nanosecond",
	"tzoffset": "tzoffset", "tz": "tzoffset", "iso_week": "iso_week", "isowk": "iso_week",
}

var partLengths = map[string]time.Duration{
	"hour": time.Hour, "minute": time.Minute, "second": time.Second,
	"millisecond": time.Millisecond, "microsecond": time.Microsecond, "nanosecond": time.Nanosecond,
}

func (e *engine) dateFunctions() map[string]engineFunc {
	moment := func(v, typ driver.Value) (time.Time, error) { return parseTemporal(str(v), e.typeAt(num(typ))) }
	return map[string]engineFunc{
		"tds_dateadd": {4, func(a []driver.Value) (driver.Value, error) {
			at, err := moment(a[2], a[3])
			if err != nil {
				return nil, err
			}
			return addPart(at, dateParts[str(a[0])], num(a[1]), e.typeAt(num(a[3])), str(a[0]))
		}},
		"tds_datediff": {6, func(a []driver.Value) (driver.Value, error) {
			from, err := moment(a[1], a[2])
			if err != nil {
				return nil, err
			}
			to, err := moment(a[3], a[4])
			if err != nil {
				return nil, err
			}
			n, err := diffPart(from, to, dateParts[str(a[0])], str(a[0]))
			if err == nil && !yes(a[5]) && (n > math.MaxInt32 || n < math.MinInt32) {
				return nil, failf(535, "The datediff function resulted in an overflow.")
			}
			return n, err
		}},
		"tds_datepart": {3, func(a []driver.Value) (driver.Value, error) {
			at, err := moment(a[1], a[2])
			if err != nil {
				return nil, err
			}
			return partOf(at, dateParts[str(a[0])], str(a[0]))
		}},
		"tds_datefromparts": {3, func(a []driver.Value) (driver.Value, error) {
			at := time.Date(int(num(a[0])), time.Month(num(a[1])), int(num(a[2])), 0, 0, 0, 0, time.UTC)
			if int64(at.Day()) != num(a[2]) || int64(at.Month()) != num(a[1]) {
				return nil, failf(289, "Cannot construct data type date, some of the arguments have values which are not valid.")
			}
			return at.Format(dateLayout), nil
		}},
		"tds_eomonth": {2, func(a []driver.Value) (driver.Value, error) {
			at, err := moment(a[0], a[1])
			return time.Date(at.Year(), at.Month()+1, 0, 0, 0, 0, 0, time.UTC).Format(dateLayout), err
		}},
		"tds_offset": {4, func(a []driver.Value) (driver.Value, error) {
			at, err := moment(a[0], a[1])
			if err != nil {
				return nil, err
			}
			zone, err := offsetOf(a[2])
			if err != nil {
				return nil, err
			}
			if !yes(a[3]) {
				at = time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), zone)
			}
			return formatTemporal(at.In(zone), sqlType{kind: kDateTimeOffset, scale: 7})
		}},
	}
}

func offsetOf(v driver.Value) (*time.Location, error) {
	if n, ok := v.(int64); ok {
		return time.FixedZone("", int(n)*60), nil
	}
	at, err := time.Parse("-07:00", str(v))
	if err != nil {
		return nil, failf(9812, "The timezone provided to the function is invalid.")
	}
	_, offset := at.Zone()
	return time.FixedZone("", offset), nil
}

func addPart(at time.Time, part string, n int64, t sqlType, said string) (driver.Value, error) {
	if d, ok := partLengths[part]; ok {
		if t.kind == kDate {
			return nil, failf(9810, "The datepart %s is not supported by date function dateadd for data type date.", said)
		}
		whole := int64(time.Hour*24*365*100) / int64(d) // a Duration holds 292 years
		for ; n > whole; n -= whole {
			at = at.Add(time.Duration(whole) * d)
		}
		for ; n < -whole; n += whole {
			at = at.Add(-time.Duration(whole) * d)
		}
		return formatTemporal(at.Add(time.Duration(n)*d), t)
	}
	switch part {
	case "day", "dayofyear", "weekday":
		return formatTemporal(at.AddDate(0, 0, int(n)), t)
	case "week":
		return formatTemporal(at.AddDate(0, 0, 7*int(n)), t)
	case "month", "quarter", "year":
		months := int(n) * map[string]int{"month": 1, "quarter": 3, "year": 12}[part]
		first := time.Date(at.Year(), at.Month()+time.Month(months), 1, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), at.Location())
		last := first.AddDate(0, 1, -1).Day()
		return formatTemporal(first.AddDate(0, 0, min(at.Day(), last)-1), t)
	default:
		return nil, failf(155, "'%s' is not a recognized dateadd option.", said)
	}
}

// diffPart counts the boundaries between two moments.
func diffPart(from, to time.Time, part, said string) (int64, error) {
	from, to = from.UTC(), to.UTC()
	days := func(at time.Time) int64 {
		return (time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC).Unix() - dayOne.Unix()) / 86400
	}
	months := func(at time.Time) int64 { return int64(at.Year())*12 + int64(at.Month()) - 1 }
	if d, ok := partLengths[part]; ok {
		if d >= time.Second {
			per := int64(d / time.Second)
			return floorDiv(to.Unix(), per) - floorDiv(from.Unix(), per), nil
		}
		return (to.Unix()-from.Unix())*int64(time.Second/d) + int64(to.Nanosecond())/int64(d) - int64(from.Nanosecond())/int64(d), nil
	}
	switch part {
	case "day", "dayofyear", "weekday":
		return days(to) - days(from), nil
	case "week": // a week begins on Sunday
		return floorDiv(days(to)+1, 7) - floorDiv(days(from)+1, 7), nil
	case "month":
		return months(to) - months(from), nil
	case "quarter":
		return months(to)/3 - months(from)/3, nil
	case "year":
		return int64(to.Year() - from.Year()), nil
	default:
		return 0, failf(155, "'%s' is not a recognized datediff option.", said)
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func partOf(at time.Time, part, said string) (driver.Value, error) {
	_, week := at.ISOWeek()
	_, offset := at.Zone()
	parts := map[string]int{
		"year": at.Year(), "quarter": (int(at.Month()) + 2) / 3, "month": int(at.Month()), "day": at.Day(), "dayofyear": at.YearDay(),
		"weekday": int(at.Weekday()) + 1, "hour": at.Hour(), "minute": at.Minute(), "second": at.Second(), "iso_week": week, "tzoffset": offset / 60,
		"millisecond": at.Nanosecond() / 1e6, "microsecond": at.Nanosecond() / 1e3, "nanosecond": at.Nanosecond(),
	}
	n, ok := parts[part]
	if !ok {
		return nil, failf(155, "'%s' is not a recognized datepart option.", said)
	}
	return int64(n), nil
}
