package loyalty

import (
	"fmt"
	"strconv"
	"strings"
)

// Points is an amount in the program's smallest unit: with 2 decimals, 150 is
// 1.50 points. Law 7.
type Points int64

// MaxDecimals is the most decimals a program's points may have.
const MaxDecimals = 3

// Format writes points with the program's decimals, always all of them: "55",
// "-1.50".
func (p Points) Format(decimals int) string {
	s := strconv.FormatInt(int64(p), 10)
	if decimals <= 0 {
		return s
	}
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	if len(s) <= decimals {
		s = strings.Repeat("0", decimals-len(s)+1) + s
	}
	return sign + s[:len(s)-decimals] + "." + s[len(s)-decimals:]
}

// ParsePoints reads what Format writes, with at most the given decimals. More
// decimals, or anything but digits, one sign and one point, is an error.
func ParsePoints(s string, decimals int) (Points, error) {
	digits := strings.TrimPrefix(s, "-")
	whole, frac, dot := strings.Cut(digits, ".")
	if whole == "" || (dot && frac == "") || len(frac) > decimals || strings.Trim(whole+frac, "0123456789") != "" {
		return 0, fmt.Errorf("%q is not an amount of points with at most %d decimals", s, decimals)
	}
	n, err := strconv.ParseInt(whole+frac+strings.Repeat("0", decimals-len(frac)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is too large for an amount of points", s)
	}
	if strings.HasPrefix(s, "-") {
		n = -n
	}
	return Points(n), nil
}
