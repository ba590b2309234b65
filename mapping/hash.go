package mapping

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"maps"
	"math/big"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
)

// canon is an unambiguous encoding of content: every text and list carries its
// length, every number its shortest form. A change of the encoding changes
// every hash, so every document would be evaluated once more, to the same
// points.
type canon []byte

func (b canon) count(n int) canon { return b.integer(int64(n)) }

func (b canon) text(s string) canon { return append(b.count(len(s)), s...) }

func (b canon) integer(n int64) canon { return binary.AppendVarint(b, n) }

func (b canon) date(d loyalty.Date) canon { return b.integer(int64(d)) }

func (b canon) flag(on bool) canon {
	if on {
		return append(b, 1)
	}
	return append(b, 0)
}

func (b canon) texts(list []string) canon {
	b = b.count(len(list))
	for _, s := range list {
		b = b.text(s)
	}
	return b
}

// attributes writes them by name, so that the order of reading does not matter.
func (b canon) attributes(a loyalty.Attributes) canon {
	b = b.count(len(a))
	if len(a) == 0 {
		return b
	}
	for _, name := range slices.Sorted(maps.Keys(a)) {
		b = b.text(name).text(a[name])
	}
	return b
}

// number writes coefficient and exponent without trailing zeros: 1.5 and 1.50
// are the same number.
func (b canon) number(d decimal.Decimal) canon {
	const fits = 18 // digits that are sure to fit an int64
	exponent := int64(d.Exponent())
	if d.NumDigits() > fits {
		return b.bigNumber(d.Coefficient(), exponent)
	}
	c := d.CoefficientInt64()
	if c == 0 {
		exponent = 0
	}
	for c != 0 && c%10 == 0 {
		c, exponent = c/10, exponent+1
	}
	return b.shortNumber(c, exponent)
}

func (b canon) shortNumber(coefficient, exponent int64) canon {
	return append(b, 's').integer(coefficient).integer(exponent)
}

// bigNumber writes a number of many digits; one that is short without its zeros
// is written as short ones are.
func (b canon) bigNumber(c *big.Int, exponent int64) canon {
	ten, quotient, rest := big.NewInt(10), new(big.Int), new(big.Int)
	for quotient.QuoRem(c, ten, rest); rest.Sign() == 0; quotient.QuoRem(c, ten, rest) {
		c, quotient = quotient, c
		exponent++
	}
	if c.IsInt64() {
		return b.shortNumber(c.Int64(), exponent)
	}
	return append(b, 'b').integer(exponent).text(c.String())
}

// sum gives 43 characters.
func (b canon) sum() string {
	digest := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(digest[:])
}
