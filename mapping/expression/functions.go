package expression

import (
	"math/big"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/builtin"
	"github.com/shopspring/decimal"
)

// valueError is a failure of an evaluation. Its text never holds a value of a
// record (law 11).
type valueError struct{ message string }

func (e *valueError) Error() string { return e.message }

var (
	errNotNumber = &valueError{"decimal(): the text is not a number of digits with a decimal point, as in 1234.50"}
	errEmpty     = &valueError{`decimal(): the text is empty; decimal(text, 0) would give 0 then`}
	errZero      = &valueError{"/: the divisor is zero"}
	errInexact   = &valueError{"/: the result has no exact decimal; multiply the other side instead"}
)

// maxDigits bounds a number read from a record, so that arithmetic stays cheap.
const maxDigits = 64

// functions lists what expressions may call, and the exact operators on numbers.
func functions() []*builtin.Function {
	return []*builtin.Function{
		text("lower", strings.ToLower),
		text("upper", strings.ToUpper),
		text("trim", strings.TrimSpace),
		{
			Name:  "len",
			Types: []reflect.Type{reflect.TypeFor[func(string) decimal.Decimal]()},
			Func: func(args ...any) (any, error) {
				return decimal.NewFromInt(int64(utf8.RuneCountInString(args[0].(string)))), nil
			},
		},
		{
			Name: "decimal",
			Types: []reflect.Type{
				reflect.TypeFor[func(string) decimal.Decimal](),
				reflect.TypeFor[func(string, decimal.Decimal) decimal.Decimal](),
			},
			Func: parseDecimal,
		},
		comparison("==", func(order int) bool { return order == 0 }),
		comparison("!=", func(order int) bool { return order != 0 }),
		comparison("<", func(order int) bool { return order < 0 }),
		comparison("<=", func(order int) bool { return order <= 0 }),
		comparison(">", func(order int) bool { return order > 0 }),
		comparison(">=", func(order int) bool { return order >= 0 }),
		arithmetic("+", func(a, b decimal.Decimal) (decimal.Decimal, error) { return a.Add(b), nil }),
		arithmetic("-", func(a, b decimal.Decimal) (decimal.Decimal, error) { return a.Sub(b), nil }),
		arithmetic("*", func(a, b decimal.Decimal) (decimal.Decimal, error) { return a.Mul(b), nil }),
		arithmetic("/", divide),
		{
			Name:  operatorPrefix + "negate",
			Types: []reflect.Type{reflect.TypeFor[func(decimal.Decimal) decimal.Decimal]()},
			Func:  func(args ...any) (any, error) { return args[0].(decimal.Decimal).Neg(), nil },
		},
		{
			Name:  operatorPrefix + "in",
			Types: []reflect.Type{reflect.TypeFor[func(decimal.Decimal, ...decimal.Decimal) bool]()},
			Func:  inNumbers,
		},
	}
}

func text(name string, f func(string) string) *builtin.Function {
	return &builtin.Function{
		Name:  name,
		Types: []reflect.Type{reflect.TypeFor[func(string) string]()},
		Func:  func(args ...any) (any, error) { return f(args[0].(string)), nil },
	}
}

func comparison(name string, holds func(order int) bool) *builtin.Function {
	return &builtin.Function{
		Name:  operatorPrefix + name,
		Types: []reflect.Type{reflect.TypeFor[func(_, _ decimal.Decimal) bool]()},
		Func: func(args ...any) (any, error) {
			return holds(args[0].(decimal.Decimal).Cmp(args[1].(decimal.Decimal))), nil
		},
	}
}

func arithmetic(name string, f func(a, b decimal.Decimal) (decimal.Decimal, error)) *builtin.Function {
	return &builtin.Function{
		Name:  operatorPrefix + name,
		Types: []reflect.Type{reflect.TypeFor[func(_, _ decimal.Decimal) decimal.Decimal]()},
		Func: func(args ...any) (any, error) {
			return f(args[0].(decimal.Decimal), args[1].(decimal.Decimal))
		},
	}
}

func inNumbers(args ...any) (any, error) {
	for _, elem := range args[1:] {
		if elem.(decimal.Decimal).Equal(args[0].(decimal.Decimal)) {
			return true, nil
		}
	}
	return false, nil
}

// parseDecimal reads digits with at most one sign and one decimal point. No
// exponent: 1e999999999 would take for ever to compare.
func parseDecimal(args ...any) (any, error) {
	s := strings.TrimSpace(args[0].(string))
	if s == "" {
		if len(args) == 2 {
			return args[1], nil
		}
		return nil, errEmpty
	}
	digits := strings.TrimLeft(s, "+-")
	if len(s) > maxDigits || strings.Trim(digits, "0123456789.") != "" {
		return nil, errNotNumber
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return nil, errNotNumber
	}
	return d, nil
}

// divide gives the exact quotient or an error, never a rounded one (law 7).
func divide(a, b decimal.Decimal) (decimal.Decimal, error) {
	if b.IsZero() {
		return decimal.Decimal{}, errZero
	}
	q := new(big.Rat).Quo(a.Rat(), b.Rat())
	places, exact := q.FloatPrec()
	if !exact {
		return decimal.Decimal{}, errInexact
	}
	return decimal.NewFromString(q.FloatString(places))
}
