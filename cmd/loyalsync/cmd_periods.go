package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/loyalty"
)

// closeFlags are what closing a period is asked for.
type closeFlags struct {
	personFlags

	program, through, reason string
	dryRun                   bool
}

func (c *cli) closePeriodCommand() *cobra.Command {
	var f closeFlags
	cmd := &cobra.Command{
		Use: "close --through DATE", Short: "Close a period: freeze what moved in it, what was owed at its end, and the chain", Args: cobra.NoArgs,
		Long: `The period goes from the day after the last closed one, or from the beginning, to the
day named. What moved in it, the points and their worth at its end, and the hash of the
chain up to now are kept and never change; ledger verify compares them with the entries.

Points stay right: what is found later of a day in the period is posted all the same. It
counts in the first period that was open then, in statements too, which name its day.
Run the jobs first, the one that posts lapsed points too. This cannot be undone;
--dry-run shows what would be frozen.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.dryRun {
				return c.looking(cmd.Context(), func(a *app) error { return c.closePeriod(cmd.Context(), a, f) })
			}
			return c.with(cmd.Context(), func(a *app) error { return c.closePeriod(cmd.Context(), a, f) })
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.program, "program", "", "of this program")
	cmd.Flags().StringVar(&f.through, "through", "", "the last day of the period")
	cmd.Flags().StringVar(&f.reason, "reason", "", "why, kept with it")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "show what would be frozen")
	return cmd
}

func (c *cli) closePeriod(ctx context.Context, a *app, f closeFlags) error {
	through, err := loyalty.ParseDate(f.through)
	switch {
	case err != nil:
		return &usageError{fmt.Errorf("--through: %w", err)}
	case f.through == "":
		return &usageError{errors.New("say the last day of the period: --through 2026-10-31")}
	case through >= a.today():
		return &usageError{fmt.Errorf("--through %s: the day is not over", through)}
	}
	r, err := a.holderOf(ctx, f.program)
	if err != nil {
		return err
	}
	actor, err := f.actor(ctx, c, a)
	if err != nil {
		return err
	}
	act := a.store.ClosePeriod
	if f.dryRun {
		act = a.store.PreviewPeriod
	}
	p, err := act(ctx, loyalty.PeriodToClose{
		Program: r.Program, Through: through, Policy: r.Policy, Actor: actor, Reason: f.reason,
	})
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(periodData(p, r.Program))
	}
	if f.dryRun {
		c.say(c.tr("this would be frozen:", "zostałoby zamrożone:"))
	} else {
		c.say(c.tr("the period is closed:", "okres zamknięty:"))
	}
	c.showPeriods([]loyalty.Period{p}, r.Program)
	if p.Hash != "" {
		c.say(c.tr("hash of the chain: %s", "skrót łańcucha zapisów: %s"), p.Hash)
	}
	return nil
}

func (c *cli) periodsCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use: "periods", Short: "Closed periods: what moved in them, and what was owed at their ends", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.looking(cmd.Context(), func(a *app) error { return c.periods(cmd.Context(), a, name) })
		},
	}
	cmd.Flags().StringVar(&name, "program", "", "of this program")
	return cmd
}

func (c *cli) periods(ctx context.Context, a *app, name string) error {
	program, err := a.programNamed(ctx, name)
	if err != nil {
		return err
	}
	found, err := a.store.Periods(ctx, program.ID, math.MaxInt16)
	if err != nil {
		return err
	}
	if c.json {
		out := make([]periodResult, len(found))
		for i, p := range found {
			out[i] = periodData(p, program)
		}
		return c.printJSON(out)
	}
	if len(found) == 0 {
		c.say(c.tr("no period of program %s is closed", "żaden okres programu %s nie jest zamknięty"), program.Name)
		return nil
	}
	c.showPeriods(found, program)
	return nil
}

// periodResult is a closed period as data; points are decimals as text, money too.
type periodResult struct {
	Number       int64               `json:"number"`
	From         loyalty.Date        `json:"from"` // "" for the first
	Through      loyalty.Date        `json:"through"`
	Earned       string              `json:"earned"`
	Reversed     string              `json:"reversed"`
	Spent        string              `json:"spent"`
	Adjusted     string              `json:"adjusted"`
	Lapsed       string              `json:"lapsed"`
	Outstanding  string              `json:"outstanding"` // active and held, at the end
	Pending      string              `json:"pending"`
	Debt         string              `json:"debt"`
	Worth        string              `json:"worth"`
	PendingWorth string              `json:"pending_worth"`
	Currency     string              `json:"currency"`
	Totals       []periodTotalResult `json:"totals"`
	LastEntry    int64               `json:"last_entry"`
	Block        int64               `json:"block"`
	Hash         string              `json:"hash"`
	Actor        string              `json:"actor"`
	Reason       string              `json:"reason"`
	ClosedAt     time.Time           `json:"closed_at"`
}

type periodTotalResult struct {
	Kind    string `json:"kind"`
	From    string `json:"from"`
	To      string `json:"to"`
	Points  string `json:"points"`
	Entries int64  `json:"entries"`
}

func periodData(p loyalty.Period, program loyalty.ProgramOverview) periodResult {
	text := func(points loyalty.Points) string { return points.Format(program.Decimals) }
	m := p.Movements()
	out := periodResult{
		Number: p.Number, From: p.From, Through: p.Through, Earned: text(m.Earned), Reversed: text(m.Reversed), Spent: text(m.Spent),
		Adjusted: text(m.Adjusted), Lapsed: text(m.Lapsed), Outstanding: text(p.End.Outstanding()), Pending: text(p.End.Pending), Debt: text(p.End.Debt),
		Worth: p.End.Worth.StringFixed(loyalty.MoneyDecimals), PendingWorth: p.End.PendingWorth.StringFixed(loyalty.MoneyDecimals), Currency: p.Currency, Totals: []periodTotalResult{},
		LastEntry: p.LastEntry, Block: p.Block, Hash: p.Hash, Actor: p.Actor, Reason: p.Reason, ClosedAt: p.ClosedAt.UTC(),
	}
	for _, t := range p.Totals {
		out.Totals = append(out.Totals, periodTotalResult{t.Kind.String(), t.From.String(), t.To.String(), text(t.Points), t.Entries})
	}
	return out
}

func (c *cli) showPeriods(found []loyalty.Period, program loyalty.ProgramOverview) {
	tr, lang := c.tr, c.language()
	points := func(p loyalty.Points) string { return loyalty.FormatPoints(p, program.Decimals, lang) }
	t := newTable(c.out, tr("THROUGH", "DO"), tr("EARNED", "NALICZONE"), tr("TAKEN BACK", "COFNIĘTE"), tr("SPENT", "WYDANE"), tr("BY HAND", "RĘCZNIE"),
		tr("LAPSED", "WYGASŁE"), tr("OUTSTANDING", "DO WYDANIA"), tr("WORTH", "WARTOŚĆ"), tr("PENDING", "OCZEKUJĄCE"), tr("OWED", "DO ODROBIENIA"))
	for _, p := range found {
		m := p.Movements()
		t.row(loyalty.FormatDate(p.Through, lang), points(m.Earned), points(m.Reversed), points(m.Spent), points(m.Adjusted), points(m.Lapsed),
			points(p.End.Outstanding()), loyalty.FormatMoney(p.End.Worth.String(), p.Currency, lang), points(p.End.Pending), points(p.End.Debt))
	}
	t.flush()
}
