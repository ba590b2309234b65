package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

// dryRunResult is what a dry run prints as data.
type dryRunResult struct {
	jobs.RunInfo
	DryRun  bool                    `json:"dry_run"`
	Changes []loyalty.AccountChange `json:"changes"`
	// WithoutPoints counts all documents that are known and give nothing.
	WithoutPoints []loyalty.ReasonCount `json:"without_points,omitempty"`
	// Explanation is of the document asked for, as it would be afterwards.
	Explanation *explainResult `json:"explanation,omitempty"`
}

// dryRun runs a job on a copy of the store, with the same code that posts
// (law 12), sends nothing, and shows the difference.
func (c *cli) dryRun(ctx context.Context, job string, opts jobs.Options, explain string) error {
	return c.onCopy(ctx, func(a *app) error { return c.dryRunOn(ctx, a, job, opts, explain) })
}

// onCopy runs fn over a copy of the store, which is thrown away.
func (c *cli) onCopy(ctx context.Context, fn func(*app) error) error {
	file, err := c.load()
	if err != nil {
		return err
	}
	folder, err := copyFolder()
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	a, err := c.openCopy(ctx, file, filepath.Join(folder, "copy.db"))
	if err != nil {
		return err
	}
	return errors.Join(fn(a), a.Close())
}

// openCopy opens a copy of the configured store, or an empty one when there is
// none yet.
func (c *cli) openCopy(ctx context.Context, file *config.File, path string) (*app, error) {
	live, err := openApp(ctx, file, discard(), true)
	switch {
	case err == nil:
		if err := errors.Join(live.store.CopyTo(ctx, path), live.Close()); err != nil {
			return nil, err
		}
	case loyalty.CodeOf(err) != loyalty.CodeNotFound:
		return nil, err
	}
	file.Config.Alerts = config.Alerts{AfterFailures: file.Config.Alerts.AfterFailures} // nobody is told of a try
	log, _, err := c.logger(config.Log{Level: file.Config.Log.Level, Format: file.Config.Log.Format}, file.Config.Timezone.Location())
	if err != nil {
		return nil, err
	}
	a, err := openAppOn(ctx, file, log, store.Config{Path: path}, false)
	if err != nil {
		return nil, err
	}
	if err := a.store.Detach(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (c *cli) dryRunOn(ctx context.Context, a *app, job string, opts jobs.Options, explain string) error {
	def, err := a.service.Find(ctx, job)
	if err != nil {
		return err
	}
	if def.Kind == jobs.KindBackup {
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: "a backup has nothing to try", Hint: "run it without --dry-run"}
	}
	def.Platforms = nil
	opts.Approved = true // the guard has nothing to protect here, and is told of below
	before, err := a.store.LastEntry(ctx)
	if err != nil {
		return err
	}
	runner, err := a.runner(nil)
	if err != nil {
		return err
	}
	run, err := runner.RunNow(ctx, def, opts, "cli")
	if err != nil {
		return err
	}
	changes, err := a.store.Changes(ctx, before)
	if err != nil {
		return err
	}
	unscored, err := a.store.Unscored(ctx, def.Source, def.Program)
	if err != nil {
		return err
	}
	if c.json {
		return errors.Join(c.printDryRun(ctx, a, dryRunResult{RunInfo: jobs.Info(run), DryRun: true, Changes: changes, WithoutPoints: unscored}, explain), jobs.Outcome(run))
	}
	c.printChanges(run, changes)
	if run.Counts.Read.Invoices > 0 {
		c.printUnscored(unscored)
	}
	if explain != "" {
		c.say("")
		err = c.explain(ctx, a, explain, feedFlags{}, false)
	}
	return errors.Join(err, jobs.Outcome(run))
}

// printDryRun prints what a dry run did as data.
func (c *cli) printDryRun(ctx context.Context, a *app, result dryRunResult, explain string) error {
	if result.Changes == nil {
		result.Changes = []loyalty.AccountChange{}
	}
	if explain == "" {
		return c.printJSON(result)
	}
	x, err := c.explained(ctx, a, explain, feedFlags{}, false)
	if err != nil {
		return err
	}
	data := c.explainData(x)
	result.Explanation = &data
	return c.printJSON(result)
}

// printUnscored says why documents give nothing: who sees a rule, a date or a
// currency that is wrong needs no second look.
func (c *cli) printUnscored(unscored []loyalty.ReasonCount) {
	if len(unscored) == 0 {
		return
	}
	c.say("%s", c.tr("documents without points, of all that are known:", "dokumenty bez punktów, ze wszystkich znanych:"))
	for _, r := range unscored {
		c.say("  %s  %s", c.number(r.Documents), r.Reason.Words(c.language()))
	}
}

func (c *cli) printChanges(run loyalty.Run, changes []loyalty.AccountChange) {
	// The number is one of the copy: a real run will have it.
	summary := strings.Replace(c.summary(run), fmt.Sprintf(" %d ", run.ID), " ", 1)
	c.say(c.tr("dry %s", "próbne %s"), summary)
	c.say("%s", c.tr("a dry run: nothing was written or sent", "próba: niczego nie zapisano ani nie wysłano"))
	if run.Counts.Guard != "" {
		c.say(c.tr("a real run would stop and ask: %s", "prawdziwe wykonanie zatrzymałoby się z pytaniem: %s"), run.Counts.Guard)
	}
	if len(changes) == 0 {
		if run.State == loyalty.RunSucceeded {
			c.say("%s", c.tr("no balance would change", "żadne saldo się nie zmieni"))
		}
		return
	}
	c.changeTable(changes)
}

// changeTable lists the balances that have changed.
func (c *cli) changeTable(changes []loyalty.AccountChange) {
	if len(changes) == 0 {
		return
	}
	t := newTable(c.out, c.tr("CONTRACTOR", "KONTRAHENT"), c.tr("NAME", "NAZWA"), c.tr("DOCUMENTS", "DOKUMENTY"),
		c.tr("PENDING", "OCZEKUJĄCE"), c.tr("AVAILABLE", "DOSTĘPNE"), c.tr("DEBT", "DO ODROBIENIA"), c.tr("LAPSED", "WYGASŁE"))
	for _, x := range changes {
		signed := func(p loyalty.Points) string {
			if p > 0 {
				return "+" + p.Format(x.Decimals)
			}
			return p.Format(x.Decimals)
		}
		t.row(x.Code, x.Name, c.number(int64(x.Documents)), signed(x.Pending), signed(x.Active), signed(x.Debt), signed(x.Lapsed))
	}
	t.flush()
}
