package tdstest

import (
	"database/sql/driver"
	"math"
	"math/big"
	"strconv"
	"strings"

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
