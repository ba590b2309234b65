package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cheggaaa/pb/v3"
	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
)

// runFlags are what a person may ask of one run.
type runFlags struct {
	dryRun, follow bool
	since, explain string
}

func (c *cli) runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use: "run JOB", Short: "Run a job now and wait for its end", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args[0], f) },
	}
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "work on a throw-away copy of the store, send nothing, and show what would change")
	cmd.Flags().StringVar(&f.explain, "explain", "", "with --dry-run: explain a document as it would be afterwards, by number or key")
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
		return c.dryRun(ctx, job, opts, f.explain)
	}
	if f.explain != "" {
		return &usageError{errors.New("--explain is for --dry-run; afterwards: loyalsync explain DOCUMENT")}
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
	run, err := c.watched(ctx, a, runner, def, opts)
	if err != nil {
		return err
	}
	return c.finished(run)
}

// watched runs a job in this process and shows how far it is.
func (c *cli) watched(ctx context.Context, a *app, runner *jobs.Runner, def jobs.Definition, opts jobs.Options) (loyalty.Run, error) {
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
		return run, err
	}
	// nobody serves, so nobody else would tell
	return run, a.alerts.Flush(context.WithoutCancel(ctx))
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
				fprintf(c.err, c.tr("run %d of %s: page %d, %d records\n", "wykonanie %d zadania %s: strona %d, rekordów: %d\n"), r.ID, r.Job, r.Progress.Page, r.Progress.Read)
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
		fprintf(c.err, c.tr("run %d goes on in the service; watch it: loyalsync runs %d; stop it by stopping the service\n",
			"wykonanie %d trwa dalej w usłudze; podgląd: loyalsync runs %d; zatrzymuje je zatrzymanie usługi\n"), id, id)
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
		fprintf(c.err, c.tr("run %d stopped after page %d; what it did is saved. Go on: loyalsync run %s\n",
			"wykonanie %d przerwano po stronie %d; to, co zrobiło, jest zapisane. Dalej: loyalsync run %s\n"), run.ID, run.Progress.Page, run.Job)
		return errors.Join(err, errSilent)
	}
	return err
}

// summary tells a run in one line.
func (c *cli) summary(run loyalty.Run) string {
	n, lang := run.Counts, c.language()
	points := func(p loyalty.Points) string { return loyalty.FormatPoints(p, n.Points.Decimals, lang) }
	number := func(v int64) string { return loyalty.FormatNumber(fmt.Sprint(v), lang) }
	out := fmt.Sprintf(c.tr("run %d of %s: %s in %s", "wykonanie %d zadania %s: %s w %s"), run.ID, run.Job, c.runStateWord(run.State), run.Finished.Sub(run.Started).Round(time.Millisecond))
	add := func(some bool, en, pl string, args ...any) {
		if some {
			out += fmt.Sprintf(c.tr(en, pl), args...)
		}
	}
	add(n.Read.Contractors > 0 || n.Read.Representatives > 0, "; read %s contractors, %s representatives", "; odczytano kontrahentów: %s, przedstawicieli: %s",
		number(n.Read.Contractors), number(n.Read.Representatives))
	add(n.Read.Invoices > 0, "; read %s invoices with %s lines", "; odczytano faktur: %s, pozycji: %s", number(n.Read.Invoices), number(n.Read.Lines))
	add(n.Points.Lapsed > 0, "; %s entries: %s lapsed", "; zapisów: %s, wygasło %s", number(n.Entries), points(n.Points.Lapsed))
	add(n.Entries > 0 && n.Points.Lapsed == 0, "; %s entries: %s earned, %s pending, %s taken back", "; zapisów: %s, naliczono %s, oczekuje %s, cofnięto %s",
		number(n.Entries), points(n.Points.Earned), points(n.Points.Pending), points(n.Points.Reversed))
	add(n.Delivered > 0 || n.Rejected > 0, "; %s delivered, %s refused", "; dostarczono: %s, odrzucono: %s", number(n.Delivered), number(n.Rejected))
	add(n.Changed == 0 && n.Entries == 0, "; nothing has changed", "; nic się nie zmieniło")
	return out
}
