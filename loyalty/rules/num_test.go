package rules

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

// FuzzNum: what machine words give is what big integers give.
func FuzzNum(f *testing.F) {
	interesting := []int64{0, 1, -1, 2, 9, 10, math.MaxInt32, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MinInt64 + 1}
	for _, a := range interesting {
		for _, b := range interesting {
			f.Add(a, b, b)
			f.Add(a, b, int64(1)) // quotients that outgrow a machine word
		}
	}
	f.Fuzz(func(t *testing.T, a, b, c int64) {
		x, y := num{i: a}, num{i: b}
		bx, by := big.NewInt(a), big.NewInt(b)
		same := func(op string, got num, want *big.Int) {
			t.Helper()
			if got.big().Cmp(want) != 0 {
				t.Errorf("%d %s %d: %s, want %s", a, op, b, got.big(), want)
			}
		}
		same("+", x.add(y), new(big.Int).Add(bx, by))
		same("*", x.mul(y), new(big.Int).Mul(bx, by))
		same("neg", x.neg(), new(big.Int).Neg(bx))
		same("abs", x.abs(), new(big.Int).Abs(bx))
		if got, want := x.cmp(y), bx.Cmp(by); got != want {
			t.Errorf("%d cmp %d: %d, want %d", a, b, got, want)
		}
		if got, want := x.sign(), bx.Sign(); got != want {
			t.Errorf("sign %d: %d, want %d", a, got, want)
		}
		if got, want := x.odd(), bx.Bit(0) == 1; got != want {
			t.Errorf("odd %d: %v", a, got)
		}
		m, d := num{i: b}.abs(), num{i: c}.abs()
		if d.sign() == 0 {
			return
		}
		whole, rest := x.mulDiv(m, d)
		wantWhole, wantRest := new(big.Int).DivMod(new(big.Int).Mul(bx, m.big()), d.big(), new(big.Int))
		same("mulDiv", whole, wantWhole)
		same("rest", rest, wantRest)
	})
}

func TestScaled(t *testing.T) {
	tests := []struct {
		d     decimal.Decimal
		scale int32
		want  string
	}{
		{decimal.RequireFromString("12.34"), 2, "1234"},
		{decimal.RequireFromString("-12.34"), 4, "-123400"},
		{decimal.New(5, 3), 2, "500000"},
		{decimal.New(0, -2_000_000_000), 2, "0"},
		{decimal.RequireFromString("12345678901234567890.5"), 1, "123456789012345678905"},
		{decimal.New(math.MaxInt64, 0), 2, "922337203685477580700"},
		{decimal.New(math.MinInt64, 0), 0, "-9223372036854775808"},
		{decimal.New(1, maxExponent), maxExponent, "1" + strings.Repeat("0", 2*maxExponent)},
	}
	for _, tt := range tests {
		if got := scaled(tt.d, tt.scale).big().String(); got != tt.want {
			t.Errorf("%s at %d: %s, want %s", tt.d, tt.scale, got, tt.want)
		}
	}
}

func TestScaleOf(t *testing.T) {
	tests := []struct {
		d     decimal.Decimal
		scale int32
		ok    bool
	}{
		{decimal.New(1, 5), 0, true},
		{decimal.New(1, -5), 5, true},
		{decimal.New(1, maxExponent), 0, true},
		{decimal.New(1, maxExponent+1), 0, false},
		{decimal.New(1, -maxExponent-1), 0, false},
		{decimal.New(1, math.MinInt32), 0, false},
		{decimal.New(0, math.MaxInt32), 0, true},
	}
	for _, tt := range tests {
		if scale, ok := scaleOf(tt.d); scale != tt.scale || ok != tt.ok {
			t.Errorf("10^%d: %d, %v", tt.d.Exponent(), scale, ok)
		}
	}
}
