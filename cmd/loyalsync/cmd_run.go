package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/cheggaaa/pb/v3"
	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
)

// runFlags are what a person may ask of one run.
type runFlags struct {
	dryRun, follow bool
	since          string
}

func (c *cli) runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use: "run JOB", Short: "Run a job now and wait for its end", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args[0], f) },
	}
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "work on a throw-away copy of the store, send nothing, and show what would change")
	cmd.Flags().BoolVar(&f.follow, "follow", false, "watch the run that is going on, if there is one")
	cmd.Flags().StringVar(&f.since, "since", "", "read again everything changed since this date; nothing is posted twice")
	return cmd
}

func (c *cli) run(ctx context.Context, job string, f runFlags) error {
	since, err := loyalty.ParseDate(f.since)
	if err != nil {
		return &usageError{fmt.Errorf("--since: %w", err)}
	}
	opts := jobs.Options{DryRun: f.dryRun, Since: since}
	if f.dryRun {
		return c.dryRun(ctx, job, opts)
	}
	return c.with(ctx, func(a *app) error {
		def, err := a.service.Find(ctx, job)
		if err != nil {
			return err
		}
		if f.follow {
			open, err := a.service.Open(ctx, job)
			if err == nil {
				return c.follow(ctx, a, open.ID)
			}
			if loyalty.CodeOf(err) != loyalty.CodeNotFound {
				return err
			}
		}
		serving, err := a.service.Serving(ctx)
		if err != nil {
			return err
		}
		if serving {
			id, err := a.service.Request(ctx, job, opts, "cli")
			if err != nil {
				return err
			}
			return c.follow(ctx, a, id)
		}
		return c.runHere(ctx, a, def, opts)
	})
}

// runHere runs a job in this process.
func (c *cli) runHere(ctx context.Context, a *app, def jobs.Definition, opts jobs.Options) error {
	runner, err := a.runner(nil)
	if err != nil {
		return err
	}
	watch, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.watch(watch, a, def.Name)
	}()
	run, err := runner.RunNow(ctx, def, opts, "cli")
	stop()
	<-done
	if err != nil {
		return err
	}
	// nobody serves, so nobody else would tell
	if err := a.alerts.Flush(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	return c.finished(run)
}

// watch shows the progress of a job's open run until ctx ends.
func (c *cli) watch(ctx context.Context, a *app, job string) {
	show, finish := c.progress()
	defer finish()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if run, err := a.service.Open(ctx, job); err == nil {
				show(run)
			}
		}
	}
}

// plainEvery is how often progress is told where nobody watches a terminal.
const plainEvery = 30 * time.Second

// progress shows how far a run is: a counter on a terminal, a line now and then
// elsewhere, nothing where data is printed. How many records there will be
// nobody knows.
func (c *cli) progress() (show func(loyalty.Run), finish func()) {
	switch {
	case c.json:
		return func(loyalty.Run) {}, func() {}
	case !terminal(c.err):
		last := time.Now()
		return func(r loyalty.Run) {
			if time.Since(last) >= plainEvery {
				last = time.Now()
				fprintf(c.err, "run %d of %s: page %d, %d records\n", r.ID, r.Job, r.Progress.Page, r.Progress.Read)
			}
		}, func() {}
	}
	bar := pb.ProgressBarTemplate(`{{counters . }} records {{speed . "%s/s"}} {{etime .}}`).New(0).SetWriter(c.err).Start()
	return func(r loyalty.Run) { bar.SetCurrent(r.Progress.Read) }, func() { bar.Finish() }
}

// follow watches a run that another process works on. Ctrl-C stops watching,
// not the run.
func (c *cli) follow(ctx context.Context, a *app, id int64) error {
	show, finish := c.progress()
	defer finish()
	run, err := a.service.Follow(ctx, id, show)
	if ctx.Err() != nil {
		fprintf(c.err, "run %d goes on in the service; watch it: loyalsync runs %d; stop it by stopping the service\n", id, id)
		return ctx.Err()
	}
	if err != nil {
		return err
	}
	return c.finished(run)
}

// finished prints what a run did and turns its state into the command's error.
func (c *cli) finished(run loyalty.Run) error {
	if c.json {
		if err := c.printJSON(jobs.Info(run)); err != nil {
			return err
		}
	} else if run.State == loyalty.RunSucceeded || run.Counts.Read.Total() > 0 {
		c.say("%s", c.summary(run))
	}
	err := jobs.Outcome(run)
	if run.State == loyalty.RunInterrupted {
		fprintf(c.err, "run %d stopped after page %d; what it did is saved. Go on: loyalsync run %s\n", run.ID, run.Progress.Page, run.Job)
		return errors.Join(err, errSilent)
	}
	return err
}

// summary tells a run in one line.
func (c *cli) summary(run loyalty.Run) string {
	n, lang := run.Counts, c.language()
	points := func(p loyalty.Points) string { return loyalty.FormatPoints(p, n.Points.Decimals, lang) }
	number := func(v int64) string { return loyalty.FormatNumber(fmt.Sprint(v), lang) }
	out := fmt.Sprintf("run %d of %s: %s in %s", run.ID, run.Job, run.State, run.Finished.Sub(run.Started).Round(time.Millisecond))
	if n.Read.Contractors > 0 || n.Read.Representatives > 0 {
		out += fmt.Sprintf("; read %s contractors, %s representatives", number(n.Read.Contractors), number(n.Read.Representatives))
	}
	if n.Read.Invoices > 0 {
		out += fmt.Sprintf("; read %s invoices with %s lines", number(n.Read.Invoices), number(n.Read.Lines))
	}
	if n.Entries > 0 {
		out += fmt.Sprintf("; %s entries: %s earned, %s pending, %s taken back", number(n.Entries), points(n.Points.Earned), points(n.Points.Pending), points(n.Points.Reversed))
	}
	if n.Delivered > 0 || n.Rejected > 0 {
		out += fmt.Sprintf("; %s delivered, %s refused", number(n.Delivered), number(n.Rejected))
	}
	if n.Changed == 0 && n.Entries == 0 {
		out += "; nothing has changed"
	}
	return out
}

// dryRunResult is what a dry run prints as data.
type dryRunResult struct {
	jobs.RunInfo
	DryRun  bool                    `json:"dry_run"`
	Changes []loyalty.AccountChange `json:"changes"`
	// WithoutPoints counts all documents that are known and give nothing.
	WithoutPoints []loyalty.ReasonCount `json:"without_points,omitempty"`
}

// dryRun runs a job on a copy of the store, with the same code that posts
// (law 12), sends nothing, and shows the difference.
func (c *cli) dryRun(ctx context.Context, job string, opts jobs.Options) error {
	file, err := c.load()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "loyalsync-dry-run-")
	if err != nil {
		return &loyalty.Error{Code: loyalty.CodeInternal, Message: "make room for the copy", Hint: "check the temporary folder", Err: err}
	}
	defer func() { _ = os.RemoveAll(folder) }()
	a, err := c.openCopy(ctx, file, filepath.Join(folder, "copy.db"))
	if err != nil {
		return err
	}
	return errors.Join(c.dryRunOn(ctx, a, job, opts), a.Close())
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
	a, err := openAppOn(ctx, file, log, path, false)
	if err != nil {
		return nil, err
	}
	if err := a.store.Detach(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (c *cli) dryRunOn(ctx context.Context, a *app, job string, opts jobs.Options) error {
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
		if changes == nil {
			changes = []loyalty.AccountChange{}
		}
		return errors.Join(c.printJSON(dryRunResult{jobs.Info(run), true, changes, unscored}), jobs.Outcome(run))
	}
	c.printChanges(run, changes)
	if run.Counts.Read.Invoices > 0 {
		c.printUnscored(unscored)
	}
	return jobs.Outcome(run)
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
	c.say("dry %s", strings.Replace(c.summary(run), fmt.Sprintf("run %d of", run.ID), "run of", 1))
	c.say("a dry run: nothing was written or sent")
	if run.Counts.Guard != "" {
		c.say(c.tr("a real run would stop and ask: %s", "prawdziwe wykonanie zatrzymałoby się z pytaniem: %s"), run.Counts.Guard)
	}
	if len(changes) == 0 {
		if run.State == loyalty.RunSucceeded {
			c.say("no balance would change")
		}
		return
	}
	w := tabwriter.NewWriter(c.out, 0, 4, 2, ' ', 0)
	fprintf(w, "CONTRACTOR\tNAME\tDOCUMENTS\tPENDING\tAVAILABLE\tDEBT\n")
	for _, x := range changes {
		signed := func(p loyalty.Points) string {
			if p > 0 {
				return "+" + p.Format(x.Decimals)
			}
			return p.Format(x.Decimals)
		}
		fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", x.Code, x.Name, x.Documents, signed(x.Pending), signed(x.Active), signed(x.Debt))
	}
	_ = w.Flush()
}
