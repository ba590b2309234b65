package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

const defaultRuns = 20

func (c *cli) runsCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use: "runs [JOB|RUN]", Short: "The newest runs, or one run with its log", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 1 {
				return &usageError{fmt.Errorf("--limit %d shows nothing", limit)}
			}
			return c.looking(cmd.Context(), func(a *app) error {
				if len(args) == 0 {
					return c.listRuns(cmd.Context(), a, "", limit)
				}
				if id, err := strconv.ParseInt(args[0], 10, 64); err == nil { // no job is named by digits alone
					return c.showRun(cmd.Context(), a, id)
				}
				return c.listRuns(cmd.Context(), a, args[0], limit)
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", defaultRuns, "how many, at most")
	cmd.AddCommand(
		c.decideCommand("approve RUN", "Let a run that stopped before reversing too much go on", c.approveRun),
		c.decideCommand("reject RUN", "Refuse such a run and pause its job", func(ctx context.Context, a *app, id int64) error {
			if err := a.service.Reject(ctx, id, jobs.ActorCLI); err != nil {
				return err
			}
			if c.json {
				return c.printJSON(map[string]string{"run": strconv.FormatInt(id, 10), "state": string(loyalty.RunRejected)})
			}
			c.say("run %d is rejected and its job paused; mend what it would have reversed, then resume the job: loyalsync jobs", id)
			return nil
		}),
	)
	return cmd
}

func (c *cli) decideCommand(use, short string, decide func(ctx context.Context, a *app, id int64) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return &usageError{fmt.Errorf("%q is not the number of a run: see loyalsync runs", args[0])}
			}
			return c.with(cmd.Context(), func(a *app) error { return decide(cmd.Context(), a, id) })
		},
	}
}

// approveRun lets a guarded run go on: whoever serves takes it up, and when
// nobody does it is run here.
func (c *cli) approveRun(ctx context.Context, a *app, id int64) error {
	guarded, err := a.service.Run(ctx, id)
	if err != nil {
		return err
	}
	def, err := a.service.Find(ctx, guarded.Job)
	if err != nil {
		return err
	}
	serving, err := a.service.Serving(ctx)
	if err != nil {
		return err
	}
	next, err := a.service.Approve(ctx, id, jobs.ActorCLI)
	if err != nil {
		return err
	}
	if serving {
		if c.json {
			return c.printJSON(map[string]string{"run": strconv.FormatInt(next, 10), "job": def.Name, "state": string(loyalty.RunQueued)})
		}
		c.say("run %d is approved; the service goes on with it as run %d: loyalsync runs %[2]d", id, next)
		return nil
	}
	runner, err := a.runner(nil)
	if err != nil {
		return err
	}
	run, err := runner.RunQueued(ctx, def, next)
	if err != nil {
		return err
	}
	return c.finished(run)
}

func (c *cli) listRuns(ctx context.Context, a *app, job string, limit int) error {
	runs, err := a.service.Runs(ctx, store.RunFilter{Job: job, Limit: limit})
	if err != nil {
		return err
	}
	if len(runs) == 0 && job != "" {
		if _, err := a.service.Find(ctx, job); err != nil {
			return err
		}
	}
	if c.json {
		return c.printJSON(orEmpty(runs))
	}
	if len(runs) == 0 {
		c.say("nothing has run yet")
		return nil
	}
	t := newTable(c.out, "RUN", "JOB", "STATE", "WHEN", "TOOK", "READ", "ENTRIES", "EARNED", "REVERSED", "PENDING", "SENT", "REFUSED", "BY")
	for _, r := range runs {
		d := r.Points.Decimals
		t.row(r.Run, r.Job, c.stateText(r), c.instant(a, firstTime(r.Started, r.Tick, r.Queued)), took(r), c.number(r.Read.Total()), c.number(r.Entries),
			c.points(r.Points.Earned, d), c.points(r.Points.Reversed, d), c.points(r.Points.Pending, d), c.number(r.Delivered), c.number(r.Rejected), r.Actor)
	}
	t.flush()
	return nil
}

// stateText is a run's state, with how many times the row stands for.
func (c *cli) stateText(r jobs.RunInfo) string {
	if r.Ticks > 1 {
		return fmt.Sprintf(c.tr("%s (%d times)", "%s (razy: %d)"), c.runStateWord(r.State), r.Ticks)
	}
	return c.runStateWord(r.State)
}

func took(r jobs.RunInfo) string {
	if r.Finished == nil || r.Started == nil {
		return ""
	}
	return (time.Duration(r.DurationMS) * time.Millisecond).String()
}

func (c *cli) showRun(ctx context.Context, a *app, id int64) error {
	r, err := a.service.Run(ctx, id)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(r)
	}
	t := newTable(c.out)
	for _, line := range c.runLines(a, r) {
		if line[1] != "" && line[1] != "0" {
			t.row(line[0], line[1])
		}
	}
	t.flush()
	if r.Error != nil {
		c.say("%s", "error: "+plain(r.Error.Message))
		if r.Error.Hint != "" {
			c.say("%s", "hint: "+plain(r.Error.Hint))
		}
	}
	if r.Log != "" {
		c.say("\n%s", strings.TrimRight(r.Log, "\n"))
	}
	return nil
}

// runLines are the parts of a run in words; empty ones and zeros are not shown.
func (c *cli) runLines(a *app, r jobs.RunInfo) [][2]string {
	n, d := r.RunCounts, r.Points.Decimals
	options := []string{}
	if r.Options.DryRun {
		options = append(options, "dry run")
	}
	if since := r.Options.Since.String(); since != "" {
		options = append(options, "since "+since)
	}
	if r.Options.Approved {
		options = append(options, "approved")
	}
	progress := ""
	if r.Progress != nil {
		progress = fmt.Sprintf("page %d, %s %s", r.Progress.Page, c.number(r.Progress.Read), r.Progress.Message)
	}
	return [][2]string{
		{"run", r.Run},
		{"job", r.Job + " (" + r.Kind + ")"},
		{"source", r.Source},
		{"program", r.Program},
		{"state", c.stateText(r)},
		{"reason", r.Reason},
		{"asked for by", r.Actor},
		{"options", strings.Join(options, ", ")},
		{"after run", r.Previous},
		{"due", c.instant(a, r.Tick)},
		{"started", c.instant(a, r.Started)},
		{"finished", c.instant(a, r.Finished)},
		{"took", took(r)},
		{"going on", progress},
		{"contractors read", c.number(n.Read.Contractors)},
		{"representatives read", c.number(n.Read.Representatives)},
		{"invoices read", c.number(n.Read.Invoices)},
		{"lines read", c.number(n.Read.Lines)},
		{"changed", c.number(n.Changed)},
		{"entries", c.number(n.Entries)},
		{"earned", c.points(n.Points.Earned, d)},
		{"reversed", c.points(n.Points.Reversed, d)},
		{"pending", c.points(n.Points.Pending, d)},
		{"sent", c.number(n.Delivered)},
		{"refused", c.number(n.Rejected)},
	}
}

// firstTime is the first of some instants that is there.
func firstTime(times ...*time.Time) *time.Time {
	for _, t := range times {
		if t != nil {
			return t
		}
	}
	return nil
}

// runStateWord says what became of a run.
func (c *cli) runStateWord(state loyalty.RunState) string {
	switch state {
	case loyalty.RunQueued:
		return c.tr("queued", "czeka")
	case loyalty.RunRunning:
		return c.tr("running", "trwa")
	case loyalty.RunSucceeded:
		return c.tr("succeeded", "zakończone")
	case loyalty.RunFailed:
		return c.tr("failed", "nieudane")
	case loyalty.RunGuarded:
		return c.tr("guarded", "czeka na decyzję")
	case loyalty.RunRejected:
		return c.tr("rejected", "odrzucone")
	case loyalty.RunInterrupted:
		return c.tr("interrupted", "przerwane")
	case loyalty.RunMissed:
		return c.tr("missed", "pominięte")
	case loyalty.RunCancelled:
		return c.tr("cancelled", "zatrzymane")
	}
	return string(state)
}
