package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/loyalty"
)

// lapseFlags are what a person may ask about lapsing.
type lapseFlags struct {
	forecast       bool
	program, until string
}

func (c *cli) lapseCommand() *cobra.Command {
	var f lapseFlags
	cmd := &cobra.Command{
		Use: "lapse --forecast", Short: "What of a program's points lapses when", Args: cobra.NoArgs,
		Long: "What of a program's points lapses when, if nothing more is earned, spent or taken back. Points may be\n" +
			"spent through the end of their last day. A job of the kind lapse posts them, by itself or with\n" +
			"loyalsync run JOB; --dry-run tells what it would post. Balances are right without it.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !f.forecast {
				return &usageError{errors.New("say --forecast; a job of the kind lapse posts what has lapsed: loyalsync run JOB")}
			}
			return c.looking(cmd.Context(), func(a *app) error { return c.lapseForecast(cmd.Context(), a, f) })
		},
	}
	cmd.Flags().BoolVar(&f.forecast, "forecast", false, "tell what lapses on the days to come")
	cmd.Flags().StringVar(&f.program, "program", "", "of this program")
	cmd.Flags().StringVar(&f.until, "until", "", "day by day up to this date, together afterwards; a year ahead without it")
	return cmd
}

// lapseResult is a forecast as data; points are decimals as text.
type lapseResult struct {
	Program string       `json:"program"`
	AsOf    loyalty.Date `json:"as_of"`
	Until   loyalty.Date `json:"until"`
	Overdue lapsePart    `json:"overdue"` // past their last day, not posted yet; not available
	Days    []lapsePart  `json:"days"`
	Later   lapsePart    `json:"later"`
	Never   lapsePart    `json:"never"`
}

type lapsePart struct {
	LapsesOn    loyalty.Date `json:"lapses_on"` // the last day; the first of several
	Points      string       `json:"points"`
	Contractors int          `json:"contractors"`
}

func lapseData(p loyalty.LapsingPoints, decimals int) lapsePart {
	return lapsePart{LapsesOn: p.On, Points: p.Points.Format(decimals), Contractors: p.Contractors}
}

func (c *cli) lapseForecast(ctx context.Context, a *app, f lapseFlags) error {
	today := a.today()
	until, err := loyalty.ParseDate(f.until)
	if err != nil {
		return &usageError{fmt.Errorf("--until: %w", err)}
	}
	if f.until == "" {
		until = today.AddMonths(12)
	}
	program, err := a.programNamed(ctx, f.program)
	if err != nil {
		return err
	}
	forecast, err := a.store.LapseForecast(ctx, program.ID, today, until)
	if err != nil {
		return err
	}
	if !c.json {
		c.showForecast(program, today, forecast)
		return nil
	}
	part := func(p loyalty.LapsingPoints) lapsePart { return lapseData(p, program.Decimals) }
	out := lapseResult{
		Program: program.Name, AsOf: today, Until: until, Days: []lapsePart{},
		Overdue: part(forecast.Overdue), Later: part(forecast.Later), Never: part(forecast.Never),
	}
	for _, d := range forecast.Days {
		out.Days = append(out.Days, part(d))
	}
	return c.printJSON(out)
}

// programNamed is the program of the store with a name, or the only one that is
// configured.
func (a *app) programNamed(ctx context.Context, name string) (loyalty.ProgramOverview, error) {
	if err := (feedFlags{program: name}).check(a); err != nil {
		return loyalty.ProgramOverview{}, err
	}
	name, err := onlyProgram(a.config(), name)
	if err != nil {
		return loyalty.ProgramOverview{}, err
	}
	programs, err := a.store.Programs(ctx)
	if err != nil {
		return loyalty.ProgramOverview{}, err
	}
	if i := slices.IndexFunc(programs, func(p loyalty.ProgramOverview) bool { return p.Name == name }); i >= 0 {
		return programs[i], nil
	}
	return loyalty.ProgramOverview{}, &loyalty.Error{
		Code: loyalty.CodeNotFound, Message: fmt.Sprintf("program %s has no points yet", name), Hint: "run its jobs first: loyalsync run JOB",
	}
}

func (c *cli) showForecast(program loyalty.ProgramOverview, today loyalty.Date, f loyalty.LapseForecast) {
	lang := c.language()
	c.say(c.tr("program %s, as of %s: points lapse at the end of the day, if they are not spent before",
		"program %s, stan na %s: punkty wygasają z końcem dnia, jeśli nie zostaną wydane"), program.Name, loyalty.FormatDate(today, lang))
	t := newTable(c.out, c.tr("VALID UNTIL", "WAŻNE DO (WŁĄCZNIE)"), c.tr("POINTS", "PUNKTY"), c.tr("CONTRACTORS", "KONTRAHENCI"))
	row := func(label string, p loyalty.LapsingPoints) {
		t.row(label, loyalty.FormatPoints(p.Points, program.Decimals, lang), c.number(int64(p.Contractors)))
	}
	if f.Overdue.Points > 0 {
		row(c.tr("lapsed, to be posted", "wygasły, do zapisania"), f.Overdue)
	}
	for _, d := range f.Days {
		row(loyalty.FormatDate(d.On, lang), d)
	}
	if f.Later.Points > 0 {
		row(c.tr("later, from ", "później, od ")+loyalty.FormatDate(f.Later.On, lang), f.Later)
	}
	row(c.tr("without end", "bezterminowo"), f.Never)
	t.flush()
}
