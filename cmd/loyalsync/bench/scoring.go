package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
)

// scoredLines are scored for the figures of one line.
const scoredLines = 2_000_000

// scoring measures rules alone: an invoice of five lines under a bill rule and one
// on an item group, as in the runs.
func (b *bench) scoring(ctx context.Context) error {
	b.cfg.Say("points of one line, %d times", scoredLines)
	set, faults := rules.Compile(loyalty.RuleSet{
		Currency: "PLN", Rounding: loyalty.Floor, RoundedPer: loyalty.PerDocument, Stacking: loyalty.Sum, UnlinkedReturns: "score",
		ItemGroups: map[string][]loyalty.ItemGroup{"bench": {{Name: "Wine", ERPGroups: []string{"DRINKS/WINE"}}}},
		Rules: []loyalty.Rule{
			{Name: "base", BasedOn: loyalty.OnBill, CalculateOn: loyalty.Net, Per: decimal.NewFromInt(10), Points: decimal.NewFromInt(1), From: loyalty.NoDate, To: loyalty.NoDate},
			{Name: "wine", BasedOn: loyalty.OnItemGroup, ItemGroup: "Wine", CalculateOn: loyalty.Quantity, Per: decimal.NewFromInt(1), Points: decimal.NewFromInt(2), From: loyalty.NoDate, To: loyalty.NoDate},
		},
	}, nil)
	if len(faults) > 0 {
		return fmt.Errorf("the rules of the bench: %s: %s", faults[0].Path, faults[0].Message)
	}
	sale := rules.Sale{Source: "bench", Date: loyalty.NewDate(2026, time.March, 14), Currency: "PLN"}
	for i := range linesPerInvoice {
		net := decimal.New(int64(12345+i*789), -2)
		l := loyalty.Line{ID: fmt.Sprint(i + 1), No: i + 1, Kind: loyalty.Goods, Code: fmt.Sprint("ITEM-", i), Quantity: decimal.NewFromInt(2), Net: net, Gross: net, Group: "GROUP-1"}
		if i == 0 {
			l.Group = "DRINKS/WINE"
		}
		sale.Lines = append(sale.Lines, l)
	}
	awards := make([]rules.Award, 0, 4*linesPerInvoice)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	for range scoredLines / linesPerInvoice {
		awards = set.ScoreInto(awards[:0], sale)
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if len(awards) != linesPerInvoice+1 {
		return errors.Join(ErrWrong, ctx.Err())
	}
	b.report.set(LineTime, float64(took.Nanoseconds())/scoredLines, "a bill rule and an item group rule, %d awards an invoice of %d lines", len(awards), linesPerInvoice)
	b.report.set(LineMemory, float64((after.Mallocs-before.Mallocs)/scoredLines), "%d in %d lines", after.Mallocs-before.Mallocs, scoredLines)
	return ctx.Err()
}
