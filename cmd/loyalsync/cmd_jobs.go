package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

func (c *cli) jobsCommand() *cobra.Command {
	list := func(cmd *cobra.Command, _ []string) error {
		return c.lookingOrNew(cmd.Context(), func(a *app) error { return c.listJobs(cmd.Context(), a) })
	}
	group := &cobra.Command{Use: "jobs", Short: "List jobs, and keep jobs beside those of the configuration", Args: cobra.NoArgs, RunE: list}
	group.AddCommand(
		&cobra.Command{Use: "list", Short: "List the jobs with their last run and next times", Args: cobra.NoArgs, RunE: list},
		c.addJobCommand(),
		c.editJobCommand(),
		c.jobCommand("remove", "Forget a job that was added here; its runs stay", "removed", func(ctx context.Context, s *jobs.Service, name string) error {
			return s.Remove(ctx, name)
		}),
		c.jobCommand("pause", "Keep a job from running by itself", "paused", func(ctx context.Context, s *jobs.Service, name string) error {
			return s.Pause(ctx, name, jobs.ActorCLI)
		}),
		c.jobCommand("resume", "Let a paused job run again", "resumed", func(ctx context.Context, s *jobs.Service, name string) error {
			return s.Resume(ctx, name, jobs.ActorCLI)
		}),
	)
	return group
}

// jobCommand does something to the job that the command line names.
func (c *cli) jobCommand(use, short, done string, do func(ctx context.Context, s *jobs.Service, name string) error) *cobra.Command {
	return &cobra.Command{
		Use: use + " JOB", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *app) error {
				if err := do(cmd.Context(), a.service, args[0]); err != nil {
					return err
				}
				return c.jobDone(args[0], done)
			})
		},
	}
}

func (c *cli) jobDone(name, done string) error {
	if c.json {
		return c.printJSON(map[string]string{"job": name, "done": done})
	}
	c.say("job %s: %s", name, done)
	return nil
}

func (c *cli) addJobCommand() *cobra.Command {
	d := jobs.Definition{Retries: jobs.DefaultRetries}
	cmd := c.jobCommand("add", "Add a job; the flags are the keys of jobs in loyalsync.yaml", "added", func(ctx context.Context, s *jobs.Service, name string) error {
		d.Name = name
		return s.Add(ctx, d, jobs.ActorCLI)
	})
	jobFlags(cmd.Flags(), &d)
	return cmd
}

func (c *cli) editJobCommand() *cobra.Command {
	var given jobs.Definition
	var flags *pflag.FlagSet
	cmd := c.jobCommand("edit", "Change a job that was added here: what is named changes, the rest stays", "changed", func(ctx context.Context, s *jobs.Service, name string) error {
		d, err := s.Find(ctx, name)
		if err != nil {
			return err
		}
		return s.Edit(ctx, edited(d, given, flags.Changed), jobs.ActorCLI)
	})
	flags = cmd.Flags()
	jobFlags(flags, &given)
	return cmd
}

// jobFlags offers the keys of a job as flags.
func jobFlags(f *pflag.FlagSet, d *jobs.Definition) {
	f.StringVar(&d.Kind, "kind", "", "what it does: contractors, points, sweep, activate, lapse, reconcile or backup")
	f.StringVar(&d.Source, "source", "", "name of the source")
	f.StringVar(&d.Program, "program", "", "name of the program")
	f.StringSliceVar(&d.Platforms, "platform", nil, "where the result is sent; may be repeated")
	f.StringSliceVar(&d.Daily, "daily", nil, "each day at this time, as 18:30; may be repeated")
	f.StringSliceVar(&d.Weekdays, "weekday", nil, "with --daily: only on this day, as mon; may be repeated")
	f.StringVar(&d.Once, "once", "", `once, as "2026-12-01 18:33"`)
	f.StringVar(&d.Every, "every", "", "each 30s, 10m, 2h or 1d")
	f.StringVar(&d.Starting, "starting", "", "with --every: counted from this date and time")
	f.StringVar(&d.Cron, "cron", "", "five fields as in crontab")
	f.StringVar(&d.Missed, "missed", "", "a time that passed while the service was down: once or skip")
	f.StringVar(&d.MissedWithin, "missed-within", "", "with --missed once: only if it was not longer ago")
	f.StringVar(&d.Overlap, "overlap", "", "a time that comes while it still runs: skip or queue_one")
	f.StringVar(&d.Timeout, "timeout", "", "longest time for one run")
	f.IntVar(&d.Retries, "retries", d.Retries, "further tries after a passing failure")
	f.StringVar(&d.To, "to", "", "backup: folder of the copies")
	f.IntVar(&d.Keep, "keep", 0, "backup: how many copies to keep")
	f.StringVar(&d.Window, "window", "", "reconcile: how far back documents are compared, as 90d")
	f.BoolVar(&d.Fix, "fix", false, "reconcile: mend what differs")
	f.BoolVar(&d.Paused, "paused", false, "keep it from running by itself")
}

// edited lays the flags that were given over a definition. Another kind of
// schedule replaces the one before, with what belonged to it.
func edited(d, given jobs.Definition, changed func(flag string) bool) jobs.Definition {
	if changed("daily") || changed("once") || changed("every") || changed("cron") {
		if !changed("daily") {
			d.Weekdays = nil
		}
		if !changed("every") {
			d.Starting = ""
		}
		d.Daily, d.Once, d.Every, d.Cron = nil, "", "", ""
	}
	for flag, copyField := range map[string]func(){
		"kind": func() { d.Kind = given.Kind }, "source": func() { d.Source = given.Source }, "program": func() { d.Program = given.Program },
		"platform": func() { d.Platforms = given.Platforms }, "daily": func() { d.Daily = given.Daily }, "weekday": func() { d.Weekdays = given.Weekdays },
		"once": func() { d.Once = given.Once }, "every": func() { d.Every = given.Every }, "starting": func() { d.Starting = given.Starting },
		"cron": func() { d.Cron = given.Cron }, "missed": func() { d.Missed = given.Missed }, "missed-within": func() { d.MissedWithin = given.MissedWithin },
		"overlap": func() { d.Overlap = given.Overlap }, "timeout": func() { d.Timeout = given.Timeout }, "retries": func() { d.Retries = given.Retries },
		"to": func() { d.To = given.To }, "keep": func() { d.Keep = given.Keep }, "paused": func() { d.Paused = given.Paused },
		"window": func() { d.Window = given.Window }, "fix": func() { d.Fix = given.Fix },
	} {
		if changed(flag) {
			copyField()
		}
	}
	return d
}

// lookingOrNew is looking, with an empty store in place of one that is not there
// yet: before the first run there is something to see, and nothing to keep.
func (c *cli) lookingOrNew(ctx context.Context, fn func(*app) error) error {
	file, err := c.load()
	if err != nil {
		return err
	}
	a, err := openApp(ctx, file, discard(), true)
	if loyalty.CodeOf(err) == loyalty.CodeNotFound && err != nil {
		var folder string
		if folder, err = os.MkdirTemp("", "loyalsync-"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(folder) }()
		a, err = openAppOn(ctx, file, discard(), store.Config{Path: filepath.Join(folder, "empty.db")}, false)
	}
	if err != nil {
		return err
	}
	return errors.Join(fn(a), a.Close())
}

func (c *cli) listJobs(ctx context.Context, a *app) error {
	list, warnings, err := a.service.List(ctx)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		fprintf(c.err, "warning: %s\n", plain(w))
	}
	if c.json {
		return c.printJSON(orEmpty(list))
	}
	if len(list) == 0 {
		c.say("there are no jobs; write them under jobs in %s, or add one: loyalsync jobs add", a.file.Path)
		return nil
	}
	t := newTable(c.out, "JOB", "KIND", "SCHEDULE", "STATE", "LAST RUN", "NEXT")
	for _, j := range list {
		last := ""
		if j.Last != nil {
			last = strings.TrimSpace(c.instant(a, firstTime(j.Last.Finished, j.Last.Started, j.Last.Queued)) + " " + c.runStateWord(j.Last.State))
		}
		next := make([]string, len(j.Next))
		for i := range j.Next {
			next[i] = c.instant(a, &j.Next[i])
		}
		t.row(j.Name, j.Kind, j.Schedule, j.State, last, strings.Join(next, ", "))
	}
	t.flush()
	for _, j := range list {
		c.sayReason(j)
	}
	return nil
}

// sayReason tells why a job does not run, and what to do.
func (c *cli) sayReason(j jobs.JobInfo) {
	switch {
	case j.Guarded != "":
		c.say("%s: run %s waits for a decision: loyalsync runs %[2]s", j.Name, j.Guarded)
	case j.Reason != nil:
		c.say("%s: %s", j.Name, plain(j.Reason.Message))
		if j.Reason.Hint != "" {
			c.say("hint: %s", plain(j.Reason.Hint))
		}
		if j.State == jobs.JobPaused && !strings.Contains(j.Reason.Hint, "jobs resume") {
			c.say("then: loyalsync jobs resume %s", j.Name)
		}
	}
}
