package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
	"github.com/loyalsync/loyalsync/loyalty/rules"
	"github.com/loyalsync/loyalsync/mapping"
)

// simulatedPage is how many documents are scored at once.
const simulatedPage = 500

// mostTold is how many winners and losers a table lists.
const mostTold = 10

type simulateFlags struct {
	feedFlags
	rules, since string
	csv          bool
}

func (c *cli) simulateCommand() *cobra.Command {
	var f simulateFlags
	cmd := &cobra.Command{
		Use: "simulate --rules FILE", Short: "What other rules would have given for the documents of the past", Args: cobra.NoArgs,
		Long: "Scores stored documents under the rules of FILE, by the function that posts points, and\ncompares with what was posted: points, their worth, and when they lapse. Nothing is written. FILE is a file as rule_sets name them.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.looking(cmd.Context(), func(a *app) error { return c.simulate(cmd.Context(), a, f) })
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.rules, "rules", "", "file of rules (required)")
	cmd.Flags().StringVar(&f.since, "since", "", "documents of this day or later; otherwise all")
	cmd.Flags().BoolVar(&f.csv, "csv", false, "print every contractor as CSV")
	return cmd
}

func (c *cli) simulate(ctx context.Context, a *app, f simulateFlags) error {
	if f.rules == "" {
		return &usageError{errors.New("--rules FILE is missing")}
	}
	if f.csv && c.json {
		return &usageError{errors.New("--csv and --json exclude each other")}
	}
	since, err := loyalty.ParseDate(f.since)
	if err != nil {
		return &usageError{fmt.Errorf("--since: %w", err)}
	}
	if err := f.check(a); err != nil {
		return err
	}
	p, err := c.simulatedProgram(a, f.program)
	if err != nil {
		return err
	}
	set, policy, err := a.otherRules(p, f.rules)
	if err != nil {
		return err
	}
	what, simulation := newWhatIf(p, redemption(a.config(), p), a.today()), ledger.NewSimulation(set, policy)
	programs, err := a.store.Programs(ctx)
	if err != nil {
		return err
	}
	for _, m := range a.config().Mappings {
		// A source that was never read has no documents, and no feed either.
		i := slices.IndexFunc(programs, func(x loyalty.ProgramOverview) bool {
			return x.Name == p.Name && x.Name == m.Program && slices.Contains(x.Sources, m.Source)
		})
		if i < 0 || f.source != "" && f.source != m.Source {
			continue
		}
		if err := a.simulateFeed(ctx, m.Source, programs[i], simulation, since, what); err != nil {
			return err
		}
	}
	switch {
	case c.json:
		return c.printJSON(what.data())
	case f.csv:
		return c.whatIfCSV(what)
	}
	c.sayWhatIf(what)
	return nil
}

// simulatedProgram is the one asked for, or the only one that is read for.
func (c *cli) simulatedProgram(a *app, name string) (config.Program, error) {
	var found []config.Program
	for _, p := range a.config().Programs {
		if mapped(a.config(), p.Name) && (name == "" || p.Name == name) {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		return config.Program{}, &usageError{errors.New("say which program, with --program")}
	}
	return found[0], nil
}

// otherRules compiles a file of rules for a program, and tells when its points lapse, nil if
// it leaves that to the program.
func (a *app) otherRules(p config.Program, file string) (*rules.Set, *loyalty.Lapse, error) {
	const path = "rules file"
	content, err := a.file.LoadRules(&p, file, path)
	if err != nil {
		return nil, nil, err
	}
	p.RuleSets = []config.RuleSet{{File: config.Path(file), Content: content}}
	version := ruleVersions(a.config(), p)[0].set
	set, found := rules.Compile(version, mapping.RuleConditions{})
	var faults config.Faults
	for _, x := range found {
		placed := a.file.Fault(join(path, x.Path), x.Offset, x.Message, x.Hint)
		placed.Path = x.Path
		faults = append(faults, placed)
	}
	if len(faults) > 0 {
		return nil, nil, faults.Sort()
	}
	return set, version.Lapse, nil
}

// simulateFeed scores the originals of one source, page by page.
func (a *app) simulateFeed(ctx context.Context, source string, program loyalty.ProgramOverview, simulation *ledger.Simulation, since loyalty.Date, what *whatIf) error {
	feed, err := a.feedOf(ctx, source, program)
	if err != nil {
		return err
	}
	book, _, err := a.ledgerOn(ctx, feed)
	if err != nil {
		return err
	}
	for after := int64(0); ; {
		page, err := a.store.SweepKeys(ctx, feed, loyalty.NoDate, after, simulatedPage)
		if err != nil || len(page) == 0 {
			return err
		}
		keys := make([]loyalty.Key, len(page))
		for i, k := range page {
			keys[i], after = k.Key, k.ID
		}
		chains, err := simulation.Score(ctx, book, keys)
		if err != nil {
			return err
		}
		for i := range chains {
			if chains[i].Original.Date >= since {
				what.add(&chains[i])
			}
		}
	}
}

// whatIfCSV prints every contractor, for spreadsheets: semicolons and a byte order
// mark, as Polish ones want, with --lang pl.
func (c *cli) whatIfCSV(w *whatIf) error {
	out := csv.NewWriter(c.out)
	if c.language() == loyalty.Polish {
		fprintf(c.out, "\ufeff")
		out.Comma = ';'
	}
	rows := [][]string{{c.tr("code", "kod"), c.tr("group", "grupa"), c.tr("documents", "dokumenty"), c.tr("before", "przed"), c.tr("after", "po"), c.tr("difference", "różnica")}}
	for _, x := range w.byDifference() {
		rows = append(rows, []string{plain(x.name), plain(x.group), fmt.Sprint(x.documents), w.text(c, x.before), w.text(c, x.after), w.text(c, x.after-x.before)})
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}
