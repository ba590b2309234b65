package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
)

func (c *cli) tiersCommand() *cobra.Command {
	group := &cobra.Command{
		Use: "tiers", Short: "Give contractors tiers, for rules that ask for them", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var f feedFlags
	var dryRun bool
	load := &cobra.Command{
		Use: "import FILE", Short: "Read tiers from a CSV file, all of it or nothing", Args: cobra.ExactArgs(1),
		Long: "Reads a CSV file in UTF-8 or Windows-1250. Its first row names the columns: contractor (code or\n" +
			"ERP key), tier, from, and to if wanted, separated by commas, semicolons or tabs. A tier holds\n" +
			"from its first day to its last, both included, or until another begins; one that begins on\n" +
			"the same day is replaced. Documents that have points keep them. With a fault nothing is kept.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *app) error { return c.importTiers(cmd.Context(), a, args[0], f, dryRun) })
		},
	}
	f.add(load)
	load.Flags().BoolVar(&dryRun, "dry-run", false, "check the file and count the changes, keep nothing")
	group.AddCommand(load)
	return group
}

// tiersResult is what an import did, as data.
type tiersResult struct {
	Program string `json:"program"`
	Rows    int    `json:"rows"`
	Changed int    `json:"changed"`
	DryRun  bool   `json:"dry_run"`
}

func (c *cli) importTiers(ctx context.Context, a *app, file string, f feedFlags, dryRun bool) error {
	if err := f.check(a); err != nil {
		return err
	}
	program, err := onlyProgram(a.config(), f.program)
	if err != nil {
		return err
	}
	rows, err := config.ReadTiers(file)
	if err != nil {
		return err
	}
	changes := make([]loyalty.TierChange, len(rows))
	for i, r := range rows {
		changes[i] = loyalty.TierChange{Contractor: r.Contractor, TierSpan: loyalty.TierSpan{Tier: r.Tier, From: date(r.From), To: date(r.To)}}
	}
	by := loyalty.TierSetting{Program: program, Source: f.source, Actor: jobs.ActorCLI, At: a.now(), Whole: true, DryRun: dryRun}
	outcomes, err := a.store.SetTiers(ctx, by, changes)
	if err != nil {
		return err
	}
	result := tiersResult{Program: program, Rows: len(rows), DryRun: dryRun}
	var faults config.Faults
	for i, o := range outcomes {
		if o == loyalty.TierSet {
			result.Changed++
		}
		if o.Failed() {
			faults = append(faults, unnamed(file, rows[i].Line, rows[i].Col, rows[i].Contractor, o == loyalty.TierAmbiguous))
		}
	}
	if len(faults) > 0 {
		return faults.Sort()
	}
	if c.json {
		return c.printJSON(result)
	}
	text := c.tr("program %s: %s rows, %s changed", "program %s: wiersze: %s, zmienione: %s")
	if dryRun {
		text += c.tr("; nothing was written", "; niczego nie zapisano")
	}
	c.say(text, program, c.number(int64(result.Rows)), c.number(int64(result.Changed)))
	return nil
}

// unnamed says why a row of a file names nobody, at its place.
func unnamed(file string, line, col int, contractor string, ambiguous bool) config.Fault {
	fault := config.Fault{
		File: file, Line: line, Col: col, Message: fmt.Sprintf("no contractor of the program has the code or key %q", contractor),
		Hint: "a job of the kind contractors makes them known",
	}
	if ambiguous {
		fault.Message, fault.Hint = fmt.Sprintf("several contractors have the code or key %q", contractor), "name the source with --source, or write the ERP's key"
	}
	return fault
}

// onlyProgram is the one asked for, or the only one there is.
func onlyProgram(c *config.Config, name string) (string, error) {
	switch {
	case name != "":
		return name, nil
	case len(c.Programs) == 1:
		return c.Programs[0].Name, nil
	}
	return "", &usageError{errors.New("say which program, with --program")}
}
