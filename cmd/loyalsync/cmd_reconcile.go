package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
)

// How many differences are shown, and printed as data.
const (
	differencesShown   = 30
	differencesPrinted = 1000
)

// reconcileFlags are what a person may ask of a reconciliation.
type reconcileFlags struct {
	feedFlags
	since, until, platform string
	fix                    bool
}

func (c *cli) reconcileCommand() *cobra.Command {
	var f reconcileFlags
	cmd := &cobra.Command{
		Use: "reconcile [SOURCE]", Short: "Prove that the ledger says what the ERP says, and platforms what the ledger says", Args: cobra.MaximumNArgs(1),
		Long: `Reads the documents again, scores them by the code that posts, on a throw-away copy of
the store, and compares: each line with its entries, documents that the ERP no longer
has (looked up by key), balances and lots with their entries, and what each platform of
the kind http has with what it was sent. What the next run of a points job finds by
itself is no difference, and is counted as waiting.

With --fix the difference is posted as the entries of one run, under the guard, and
platforms are made to agree. Entries are never edited; a balance that is not the sum of
its entries is computed anew. Exit code 3: something differs; 4: the guard asks first.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				f.source = args[0]
			}
			return c.with(cmd.Context(), func(a *app) error { return c.reconcile(cmd.Context(), a, f) })
		},
	}
	cmd.Flags().StringVar(&f.program, "program", "", "only this program")
	cmd.Flags().StringVar(&f.since, "since", "", "documents issued on this day or later; otherwise as far back as a sweep of the source looks")
	cmd.Flags().StringVar(&f.until, "until", "", "documents of this day or earlier")
	cmd.Flags().StringVar(&f.platform, "platform", "", "only this platform; otherwise all that points are sent to")
	cmd.Flags().BoolVar(&f.fix, "fix", false, "post the difference, and make platforms agree")
	return cmd
}

// options are those of the runs that the flags ask for.
func (f reconcileFlags) options(a *app) (opts jobs.Options, err error) {
	opts = jobs.Options{Fix: f.fix, Platform: f.platform}
	if opts.Since, err = loyalty.ParseDate(f.since); err != nil {
		return opts, &usageError{fmt.Errorf("--since: %w", err)}
	}
	if opts.Until, err = loyalty.ParseDate(f.until); err != nil {
		return opts, &usageError{fmt.Errorf("--until: %w", err)}
	}
	if opts.Until > 0 && opts.Until < opts.Since {
		return opts, &usageError{errors.New("--until is before --since")}
	}
	if f.platform != "" {
		_, err = a.remote(f.platform)
	}
	return opts, err
}

// reconcile compares every source with every program that it is mapped to, as far as the
// flags do not choose. One that fails does not keep the others from being compared.
func (c *cli) reconcile(ctx context.Context, a *app, f reconcileFlags) error {
	opts, err := f.options(a)
	if err == nil {
		err = f.check(a)
	}
	if err != nil {
		return err
	}
	results := []reconcileResult{}
	var errs []error
	for _, m := range a.config().Mappings {
		if f.source != "" && f.source != m.Source || f.program != "" && f.program != m.Program {
			continue
		}
		result, err := c.reconcileFeed(ctx, a, jobs.Reconciliation(m.Source, m.Program), opts)
		errs = append(errs, err)
		if result != nil {
			results = append(results, *result)
		}
		if ctx.Err() != nil {
			break
		}
	}
	if len(errs) == 0 {
		return &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: fmt.Sprintf("there is no mapping of source %q to program %q", f.source, f.program), Hint: "mappings name them",
		}
	}
	if c.json {
		errs = append(errs, c.printJSON(results))
	}
	return reconciled(errs)
}

// reconciled is the worst of several outcomes: that a person must act, or that something
// failed, is told before that something differs.
func reconciled(errs []error) error {
	var differs, others []error
	for _, err := range errs {
		if errors.Is(err, errNo) {
			differs = append(differs, err)
		} else if err != nil {
			others = append(others, err)
		}
	}
	if len(others) > 0 {
		return errors.Join(others...)
	}
	return errors.Join(differs...)
}

// reconcileFeed runs one comparison in this process, under the lease that jobs over the
// same source and program share with it, whoever serves.
func (c *cli) reconcileFeed(ctx context.Context, a *app, def jobs.Definition, opts jobs.Options) (*reconcileResult, error) {
	most := differencesShown
	if c.json {
		most = differencesPrinted
	}
	got := reconcileResult{most: most}
	tasks := a.tasks()
	tasks[jobs.KindReconcile] = func(d jobs.Definition) (jobs.Task, error) { return a.reconcile(d, got.found, got.done) }
	runner, err := a.runnerOf(tasks, nil)
	if err != nil {
		return nil, err
	}
	run, err := c.watched(ctx, a, runner, def, opts)
	if err != nil {
		return nil, err
	}
	got.Run = fmt.Sprint(run.ID)
	if !got.ended {
		return nil, jobs.Outcome(run)
	}
	got.finish()
	if !c.json {
		c.showReconciliation(&got)
	}
	if got.sum.Complete && got.sum.Left() > 0 {
		return &got, errors.Join(errNo, errSilent)
	}
	return &got, jobs.Outcome(run)
}
