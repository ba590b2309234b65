package rules

import (
	"cmp"
	"math/big"
	"math/bits"

	"github.com/shopspring/decimal"
)

// num is an exact integer: an int64 as long as it fits, a big.Int from then on.
// Amounts of a sale are nums in units of 10^-scale, so the everyday sale is
// counted in machine words and the extraordinary one is still exact (law 7).
type num struct {
	i int64
	b *big.Int // nil while i holds the value
}

// smallDigits is how many decimal digits always fit an int64.
const smallDigits = 18

// maxExponent bounds the exponents that are counted with: beyond it a value is
// a mistake, and expanding it could take all memory.
const maxExponent = 64

// pow10 returns 10^n for 0 <= n <= 2*maxExponent.
func pow10(n int32) num {
	if n > smallDigits {
		return num{b: new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)}
	}
	p := int64(1)
	for range n {
		p *= 10
	}
	return num{i: p}
}

// scaleOf returns how many decimals d needs, and whether its exponent is within
// bounds.
func scaleOf(d decimal.Decimal) (int32, bool) {
	e := d.Exponent()
	switch {
	case e >= 0 && e <= maxExponent:
		return 0, true
	case e < 0 && e >= -maxExponent:
		return -e, true
	}
	return 0, d.IsZero()
}

// scaled returns d * 10^scale, where scale is at least scaleOf(d).
func scaled(d decimal.Decimal, scale int32) num {
	if d.IsZero() {
		return num{}
	}
	shift := d.Exponent() + scale
	if d.NumDigits() > smallDigits {
		return num{b: d.Coefficient()}.mul(pow10(shift))
	}
	n := num{i: d.CoefficientInt64()}
	if shift == 0 {
		return n
	}
	return n.mul(pow10(shift))
}

// big returns the value as a big.Int that must not be written to.
func (n num) big() *big.Int {
	if n.b != nil {
		return n.b
	}
	return big.NewInt(n.i)
}

// small returns the value as an int64, and whether it fits.
func (n num) small() (int64, bool) {
	if n.b == nil {
		return n.i, true
	}
	return n.b.Int64(), n.b.IsInt64()
}

func (n num) sign() int {
	if n.b != nil {
		return n.b.Sign()
	}
	return cmp.Compare(n.i, 0)
}

func (n num) cmp(m num) int {
	if n.b == nil && m.b == nil {
		return cmp.Compare(n.i, m.i)
	}
	return n.big().Cmp(m.big())
}

func (n num) neg() num {
	if n.b == nil && n.i != -n.i { // also leaves the least int64 to big
		return num{i: -n.i}
	}
	if n.b == nil && n.i == 0 {
		return n
	}
	return num{b: new(big.Int).Neg(n.big())}
}

func (n num) abs() num {
	if n.sign() < 0 {
		return n.neg()
	}
	return n
}

func (n num) add(m num) num {
	if n.b == nil && m.b == nil {
		if sum := n.i + m.i; (sum > n.i) == (m.i > 0) {
			return num{i: sum}
		}
	}
	return num{b: new(big.Int).Add(n.big(), m.big())}
}

func (n num) mul(m num) num {
	if n.b == nil && m.b == nil {
		hi, lo := bits.Mul64(magnitude(n.i), magnitude(m.i))
		if hi == 0 && lo < 1<<63 {
			if (n.i < 0) != (m.i < 0) {
				return num{i: -int64(lo)} //nolint:gosec // lo < 2^63
			}
			return num{i: int64(lo)} //nolint:gosec // lo < 2^63
		}
	}
	return num{b: new(big.Int).Mul(n.big(), m.big())}
}

// mulDiv returns n*m/d rounded down and the rest, 0 <= rest < d, for m >= 0 and
// d > 0. The product has 128 bits on the fast way.
func (n num) mulDiv(m, d num) (whole, rest num) {
	if n.b == nil && m.b == nil && d.b == nil {
		hi, lo := bits.Mul64(magnitude(n.i), magnitude(m.i))
		if div := magnitude(d.i); hi < div {
			q, r := bits.Div64(hi, lo, div)
			if q < 1<<63-1 {
				w, left := int64(q), int64(r) //nolint:gosec // q and r < 2^63
				if n.i >= 0 {
					return num{i: w}, num{i: left}
				}
				if left == 0 {
					return num{i: -w}, num{}
				}
				return num{i: -w - 1}, num{i: d.i - left}
			}
		}
	}
	p := new(big.Int).Mul(n.big(), m.big())
	w, r := p.DivMod(p, d.big(), new(big.Int)) // Euclidean: down, for d > 0
	return num{b: w}, num{b: r}
}

// magnitude returns |i|, also of the least int64.
func magnitude(i int64) uint64 {
	if i < 0 {
		return -uint64(i) //nolint:gosec // two's complement: right for the least int64 too
	}
	return uint64(i)
}

func (n num) odd() bool {
	if n.b != nil {
		return n.b.Bit(0) == 1
	}
	return n.i&1 == 1
}
