package main

import (
	"context"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/loyalty"
)

func (c *cli) liabilityCommand() *cobra.Command {
	var program string
	cmd := &cobra.Command{
		Use: "liability", Short: "What a program owes its contractors: points, their worth, breakage, and what will lapse", Args: cobra.NoArgs,
		Long: `The points of all contractors of a program, what they are worth at each contractor's own
rate, and what of them lapses in the twelve months to come. Points past their last day are
worth nothing, whether their lapse was posted or not.

Breakage is which part of the points that have come to an end lapsed; the others were
spent. If it stays as it is, so much less than the worth will be spent: an estimate, to be
read as one while the program is young. Totals of a month: loyalsync ledger periods.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.looking(cmd.Context(), func(a *app) error { return c.liability(cmd.Context(), a, program) })
		},
	}
	cmd.Flags().StringVar(&program, "program", "", "of this program")
	return cmd
}

// liabilityResult is a program's liability as data; points and money are decimals as text.
type liabilityResult struct {
	Program      string       `json:"program"`
	AsOf         loyalty.Date `json:"as_of"`
	Currency     string       `json:"currency"`
	Contractors  int64        `json:"contractors"`
	Available    string       `json:"available"`
	Held         string       `json:"held"`
	Pending      string       `json:"pending"`
	Debt         string       `json:"debt"`
	Spent        string       `json:"spent"`
	Lapsed       string       `json:"lapsed"` // posted or not
	Worth        string       `json:"worth"`  // of available and held points
	PendingWorth string       `json:"pending_worth"`
	Breakage     *string      `json:"breakage"` // 0 to 1; null while nothing was spent and nothing has lapsed
	ToBeSpent    string       `json:"to_be_spent"`
	Lapses       []lapsePart  `json:"lapses"` // by the last day, a year ahead
	Later        lapsePart    `json:"later"`
	Never        lapsePart    `json:"never"`
}

func (c *cli) liability(ctx context.Context, a *app, name string) error {
	r, err := a.holderOf(ctx, name)
	if err != nil {
		return err
	}
	today := a.today()
	l, err := a.store.Liability(ctx, r.Program, r.Policy, today)
	if err != nil {
		return err
	}
	lapses, err := a.store.LapseForecast(ctx, r.Program.ID, today, today.AddMonths(12))
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(liabilityData(r.Program, today, l, lapses))
	}
	c.showLiability(r.Program, today, l)
	c.say("")
	c.showForecast(r.Program, today, lapses)
	return nil
}

func liabilityData(p loyalty.ProgramOverview, today loyalty.Date, l loyalty.Liability, f loyalty.LapseForecast) liabilityResult {
	text := func(points loyalty.Points) string { return points.Format(p.Decimals) }
	money := func(d decimal.Decimal) string { return d.StringFixed(loyalty.MoneyDecimals) }
	out := liabilityResult{
		Program: p.Name, AsOf: today, Currency: p.Currency, Contractors: l.Accounts, Available: text(l.Active - l.Overdue), Held: text(l.Held),
		Pending: text(l.Pending), Debt: text(l.Debt), Spent: text(l.Spent), Lapsed: text(l.Lapsed + l.Overdue), Worth: money(l.Worth),
		PendingWorth: money(l.PendingWorth), ToBeSpent: money(l.ToBeSpent()), Lapses: []lapsePart{},
		Later: lapseData(f.Later, p.Decimals), Never: lapseData(f.Never, p.Decimals),
	}
	if share, ok := l.Breakage(); ok {
		s := share.String()
		out.Breakage = &s
	}
	for _, d := range f.Days {
		out.Lapses = append(out.Lapses, lapseData(d, p.Decimals))
	}
	return out
}

func (c *cli) showLiability(p loyalty.ProgramOverview, today loyalty.Date, l loyalty.Liability) {
	lang, tr := c.language(), c.tr
	points := func(n loyalty.Points) string { return loyalty.FormatPoints(n, p.Decimals, lang) }
	money := func(d decimal.Decimal) string { return loyalty.FormatMoney(d.String(), p.Currency, lang) }
	c.say(tr("program %s, as of %s: what is owed to %s contractors", "program %s, stan na %s: zobowiązanie wobec kontrahentów: %s"),
		p.Name, loyalty.FormatDate(today, lang), c.number(l.Accounts))
	t := newTable(c.out)
	t.row(tr("available", "dostępne"), points(l.Active-l.Overdue))
	t.row(tr("reserved", "zarezerwowane"), points(l.Held))
	t.row(tr("worth of both", "wartość obu"), money(l.Worth))
	t.row(tr("pending", "oczekujące"), points(l.Pending), money(l.PendingWorth))
	t.row(tr("to be earned again", "do odrobienia"), points(l.Debt))
	t.row(tr("spent so far", "wydane dotąd"), points(l.Spent))
	t.row(tr("lapsed so far", "wygasłe dotąd"), points(l.Lapsed+l.Overdue))
	if share, ok := l.Breakage(); ok {
		t.row(tr("breakage", "niewykorzystane (breakage)"), loyalty.FormatNumber(share.Shift(2).String(), lang)+" %", tr("then to be spent: ", "wtedy do wydania: ")+money(l.ToBeSpent()))
	}
	t.flush()
}
