package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// openingFlags are what an import of opening balances is told.
type openingFlags struct {
	feedFlags
	personFlags

	total  string
	dryRun bool
}

func (c *cli) openingCommand() *cobra.Command {
	var f openingFlags
	cmd := &cobra.Command{
		Use: "opening FILE --total POINTS", Short: "Take over the points that contractors had before, from a CSV file", Args: cobra.ExactArgs(1),
		Long: "Reads a CSV file in UTF-8 or Windows-1250. Its first row names the columns: contractor (code or ERP\n" +
			"key), points, earned (the day), and lapses if wanted: the last day, or never; without it the policy\n" +
			"of the program says it. Every row becomes points of their own that lapse on their day. The total is\n" +
			"checked before anything is kept; with a fault nothing is. A row that was taken over before, from\n" +
			"whichever file, changes nothing; after a failure the same command goes on where it stopped.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *app) error { return c.opening(cmd.Context(), a, args[0], f) })
		},
	}
	f.feedFlags.add(cmd)
	f.personFlags.add(cmd)
	cmd.Flags().StringVar(&f.total, "total", "", "what the points of all rows come to; required")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "check the file and count, keep nothing")
	return cmd
}

// openingResult is what an import did, as data.
type openingResult struct {
	Program string `json:"program"`
	Rows    int    `json:"rows"`
	Points  string `json:"points"`
	Posted  int    `json:"posted"`
	Known   int    `json:"known"` // taken over before
	DryRun  bool   `json:"dry_run"`
}

func (c *cli) opening(ctx context.Context, a *app, file string, f openingFlags) error {
	program, err := onlyProgram(a.config(), f.program)
	if err == nil {
		err = f.check(a)
	}
	if err != nil {
		return err
	}
	r, err := a.adjuster(ctx, program)
	if err != nil {
		return err
	}
	rows, err := config.ReadOpenings(file)
	if err != nil {
		return err
	}
	balances, err := openingBalances(file, rows, r)
	if err != nil {
		return err
	}
	result := openingResult{Program: program, Rows: len(rows), DryRun: f.dryRun}
	sum, err := checkTotal(f.total, balances, r.Program.Decimals)
	if err != nil {
		return err
	}
	if r.ApproveAbove > 0 && sum > r.ApproveAbove && f.name == "" {
		return &usageError{fmt.Errorf("more than %s points are taken over by somebody who is known: say who you are with --as", r.ApproveAbove.Format(r.Program.Decimals))}
	}
	result.Points = sum.Format(r.Program.Decimals)
	opener := ledger.Opener{Adjuster: r, Store: a.store, Source: f.source}
	if opener.Actor, err = f.actor(ctx, c, a); err != nil {
		return err
	}
	outcomes, err := opener.Open(ctx, balances, f.dryRun)
	if err != nil {
		return err
	}
	var faults config.Faults
	for i, o := range outcomes {
		switch {
		case o.Failed():
			faults = append(faults, unnamed(file, rows[i].Line, rows[i].Col, rows[i].Contractor, o == loyalty.OpeningAmbiguous))
		case o == loyalty.OpeningKnown:
			result.Known++
		default:
			result.Posted++
		}
	}
	if len(faults) > 0 {
		return faults.Sort()
	}
	return c.opened(result, r.Program.Decimals)
}

// opened tells what an import did.
func (c *cli) opened(r openingResult, decimals int) error {
	if c.json {
		return c.printJSON(r)
	}
	total, err := loyalty.ParsePoints(r.Points, decimals)
	if err != nil {
		return err
	}
	text := c.tr("program %s: %s rows with %s; %s taken over, %s known from before", "program %s: wiersze: %s, razem %s; przejęte: %s, znane z wcześniej: %s")
	if r.DryRun {
		text += c.tr("; nothing was written", "; niczego nie zapisano")
	}
	c.say(text, r.Program, c.number(int64(r.Rows)), loyalty.FormatPoints(total, decimals, c.language()), c.number(int64(r.Posted)), c.number(int64(r.Known)))
	return nil
}

// openingBalances are the rows in the program's points, with the last days that its
// policy gives. More decimals than the program has are faults.
func openingBalances(file string, rows []config.OpeningBalance, r ledger.Adjuster) ([]loyalty.OpeningBalance, error) {
	out := make([]loyalty.OpeningBalance, len(rows))
	var faults config.Faults
	for i, row := range rows {
		points, err := loyalty.ParsePoints(row.Points.String(), r.Program.Decimals)
		if err != nil {
			faults = append(faults, config.Fault{File: file, Line: row.Line, Col: row.Col, Message: err.Error(), Hint: "points of the program have fewer decimals"})
			continue
		}
		b := loyalty.OpeningBalance{Contractor: row.Contractor, Points: points, EarnedOn: date(row.Earned), LapsesOn: date(row.Lapses)}
		if row.Lapses == "" && !row.Never {
			b.LapsesOn, b.ByPolicy = r.Lapse.LastDay(b.EarnedOn), true
		}
		out[i] = b
	}
	if len(faults) > 0 {
		return nil, faults.Sort()
	}
	return out, nil
}

// checkTotal compares the points of all rows with what they should come to.
func checkTotal(want string, balances []loyalty.OpeningBalance, decimals int) (loyalty.Points, error) {
	var sum loyalty.Points
	for _, b := range balances {
		sum += b.Points
	}
	if want == "" {
		return 0, &usageError{errors.New("say with --total what the points of all rows come to: it guards against a cut file")}
	}
	total, err := loyalty.ParsePoints(want, decimals)
	if err != nil {
		return 0, &usageError{fmt.Errorf("--total: %w", err)}
	}
	if total != sum {
		return 0, &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: fmt.Sprintf("the rows come to %s points, not to %s", sum.Format(decimals), total.Format(decimals)),
			Hint: "nothing was kept: check that the file is whole",
		}
	}
	return sum, nil
}
