package rules_test

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
)

// BenchmarkScoreLine scores invoices of five lines; the figures are for one line.
func BenchmarkScoreLine(b *testing.B) {
	base, wine := bill("base", "100", "1"), bill("wine", "50", "1.5", onGroup("Wine"))
	two := with(program(base, wine), func(d *loyalty.RuleSet) { d.Decimals = 2 })
	for _, bb := range []struct {
		name string
		def  loyalty.RuleSet
	}{
		{"one bill rule", program(base)},
		{"bill and group, sum", two},
		{"bill and group, best", with(two, func(d *loyalty.RuleSet) { d.Stacking = loyalty.Best })},
	} {
		b.Run(bb.name, func(b *testing.B) {
			set, s := compile(b, bb.def), sale(b)
			for i := range 5 {
				l := line(i+1, fmt.Sprint("WINE-", i), "0")
				l.Net, l.Gross = decimal.New(int64(12345+i*789), -2), decimal.New(int64(15184+i*970), -2)
				s.Lines = append(s.Lines, l)
			}
			awards := make([]rules.Award, 0, 16)
			b.ReportAllocs()
			for i := 0; i < b.N; i += len(s.Lines) {
				awards = set.ScoreInto(awards[:0], s)
			}
			if len(awards) == 0 {
				b.Fatal("no awards")
			}
		})
	}
}
