package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

// recomputeFlags are what a recompute is asked for.
type recomputeFlags struct {
	feedFlags
	personFlags

	rulesFrom, from, to, reason string
	post                        bool
}

func (c *cli) recomputeCommand() *cobra.Command {
	var f recomputeFlags
	cmd := &cobra.Command{
		Use: "recompute --rules-from DATE", Short: "Score documents of a period anew under other rules: shown, then posted, then undone if need be", Args: cobra.NoArgs,
		Long: `Documents keep the rules that they were scored under. A recompute scores those of a period
under the version of the rules that is valid from DATE, whatever their own day, and pins
them to it. Without --post everything is done on a copy and shown. Posted, it is entries
like others, each document's under its own key: nothing is rewritten. What was sent to
platforms follows with the next run of points.

It can be undone as a whole, the last one first, while nobody has spent what it gave.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.recompute(cmd.Context(), f) },
	}
	f.feedFlags.add(cmd)
	f.personFlags.add(cmd)
	cmd.Flags().StringVar(&f.rulesFrom, "rules-from", "", "the day from which the rules to be used are valid, as in rules_from or valid_from (required)")
	cmd.Flags().StringVar(&f.from, "from", "", "documents of this day and later; all without it")
	cmd.Flags().StringVar(&f.to, "to", "", "documents up to this day; all without it")
	cmd.Flags().BoolVar(&f.post, "post", false, "post it")
	cmd.Flags().StringVar(&f.reason, "reason", "", "why, kept with every entry; required with --post")
	cmd.AddCommand(c.recomputesCommand(), c.continueRecomputeCommand(), c.undoRecomputeCommand())
	return cmd
}

func (c *cli) recompute(ctx context.Context, f recomputeFlags) error {
	days := [3]loyalty.Date{}
	for i, text := range []string{f.rulesFrom, f.from, f.to} {
		var err error
		if days[i], err = loyalty.ParseDate(text); err != nil {
			return &usageError{err}
		}
	}
	switch {
	case f.rulesFrom == "":
		return &usageError{errors.New("say which rules, by the day from which they are valid: --rules-from 2026-01-01")}
	case f.post && f.reason == "":
		return &usageError{errors.New("say why, with --reason: it is kept with every entry")}
	case days[2] != loyalty.NoDate && days[1] > days[2]:
		return &usageError{errors.New("--from is after --to")}
	}
	begin := func(a *app) (loyalty.Recompute, error) {
		r := loyalty.Recompute{From: days[1], To: days[2], Reason: f.reason}
		var err error
		if r.Feed, r.RuleSet, err = a.recomputed(ctx, f.feedFlags, days[0]); err != nil {
			return r, err
		}
		if r.Actor, err = f.actor(ctx, c, a); err != nil {
			return r, err
		}
		return a.store.BeginRecompute(ctx, r)
	}
	if f.post {
		return c.with(ctx, func(a *app) error { return c.doRecompute(ctx, a, false, begin) })
	}
	return c.onCopy(ctx, func(a *app) error {
		err := c.doRecompute(ctx, a, true, begin)
		if err == nil && !c.json {
			c.say("%s", c.tr("to post it, say --post and --reason", "aby to zapisać, dodaj --post i --reason"))
		}
		return err
	})
}

// recomputed are the feed that is asked for, and the version of the rules.
func (a *app) recomputed(ctx context.Context, f feedFlags, validFrom loyalty.Date) (feed loyalty.Feed, version int64, err error) {
	if err := f.check(a); err != nil {
		return feed, 0, err
	}
	program, err := a.programNamed(ctx, f.program)
	if err != nil {
		return feed, 0, err
	}
	source := f.source
	if source == "" {
		if len(program.Sources) != 1 {
			return feed, 0, &usageError{errors.New("say which source, with --source")}
		}
		source = program.Sources[0]
	}
	cfg, err := a.feed(source, program.Name)
	if err != nil {
		return feed, 0, err
	}
	if err := a.store.SaveRuleSets(ctx, program.ID, cfg.RuleSets); err != nil {
		return feed, 0, err
	}
	versions, _, err := a.store.RuleSets(ctx, program.ID)
	if err != nil {
		return feed, 0, err
	}
	days := ""
	for _, v := range versions {
		if v.Body.ValidFrom == validFrom {
			version = max(version, v.ID)
		}
		if v.Body.ValidFrom != loyalty.NoDate {
			days += " " + v.Body.ValidFrom.String()
		}
	}
	if version == 0 {
		return feed, 0, &usageError{fmt.Errorf("no rules of program %s are valid from %s; there are those of:%s", program.Name, validFrom, days)}
	}
	feed, err = a.feedOf(ctx, source, program)
	return feed, version, err
}

// recomputeResult is what a recompute, or its undoing, did, as data.
type recomputeResult struct {
	jobs.RunInfo
	Recompute recomputeRow            `json:"recompute"`
	DryRun    bool                    `json:"dry_run"`
	Changes   []loyalty.AccountChange `json:"changes"`
}

// doRecompute goes on with the recompute that begin gives, and shows what it changed.
func (c *cli) doRecompute(ctx context.Context, a *app, dry bool, begin func(*app) (loyalty.Recompute, error)) error {
	before, err := a.store.LastEntry(ctx)
	if err != nil {
		return err
	}
	r, err := begin(a)
	if err != nil {
		return err
	}
	run, err := a.runRecompute(ctx, r)
	if err != nil {
		return err
	}
	changes, err := a.store.Changes(ctx, before)
	if err != nil {
		return err
	}
	if r, err = a.store.Recompute(ctx, r.ID); err != nil {
		return err
	}
	if c.json {
		if changes == nil {
			changes = []loyalty.AccountChange{}
		}
		return errors.Join(c.printJSON(recomputeResult{jobs.Info(run), rowOf(r), dry, changes}), jobs.Outcome(run))
	}
	if dry {
		c.printChanges(run, changes)
		return jobs.Outcome(run)
	}
	c.say("%s", c.summary(run))
	c.say(c.tr("recompute %d: %s", "przeliczenie %d: %s"), r.ID, c.recomputeState(r.State))
	c.changeTable(changes)
	return jobs.Outcome(run)
}

// runRecompute posts a recompute, or undoes it, as a run of its feed.
func (a *app) runRecompute(ctx context.Context, r loyalty.Recompute) (loyalty.Run, error) {
	cfg, err := a.feed(r.Feed.SourceName, r.Feed.ProgramName)
	if err != nil {
		return loyalty.Run{}, err
	}
	runner, err := a.runnerOf(jobs.Tasks{jobs.KindRecompute: func(jobs.Definition) (jobs.Task, error) {
		return jobs.NewRecompute(jobs.RecomputeConfig{Feed: cfg, Store: a.store, Recompute: r}), nil
	}}, nil)
	if err != nil {
		return loyalty.Run{}, err
	}
	actor := r.Actor
	if r.State == loyalty.UndoingRecompute {
		actor = r.UndoneBy
	}
	def := jobs.Definition{Name: jobs.KindRecompute, Kind: jobs.KindRecompute, Source: r.Feed.SourceName, Program: r.Feed.ProgramName}
	return runner.RunNow(ctx, def, jobs.Options{Since: loyalty.NoDate, Approved: true}, actor)
}

func (c *cli) continueRecomputeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "continue NUMBER", Short: "Go on with one that was cut short", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := recomputeID(args[0])
			if err != nil {
				return err
			}
			return c.with(cmd.Context(), func(a *app) error {
				return c.doRecompute(cmd.Context(), a, false, func(a *app) (loyalty.Recompute, error) {
					r, err := a.store.Recompute(cmd.Context(), id)
					if err == nil && (r.State == loyalty.Recomputed || r.State == loyalty.RecomputeUndone) {
						err = &loyalty.Error{Code: loyalty.CodeConflict, Message: fmt.Sprintf("recompute %d is finished", id)}
					}
					return r, err
				})
			})
		},
	}
}

func (c *cli) undoRecomputeCommand() *cobra.Command {
	var p personFlags
	var reason string
	var dryRun bool
	cmd := &cobra.Command{
		Use: "undo NUMBER --reason TEXT", Short: "Put back the rules and points of before, the last recompute first", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := recomputeID(args[0])
			switch {
			case err != nil:
				return err
			case reason == "" && !dryRun:
				return &usageError{errors.New("say why, with --reason: it is kept with every entry")}
			}
			in := c.with
			if dryRun {
				in = c.onCopy
			}
			return in(cmd.Context(), func(a *app) error {
				return c.doRecompute(cmd.Context(), a, dryRun, func(a *app) (loyalty.Recompute, error) { return c.beginUndo(cmd.Context(), a, id, p, reason) })
			})
		},
	}
	p.add(cmd)
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show on a copy what would change")
	return cmd
}

func recomputeID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, &usageError{fmt.Errorf("%q is not the number of a recompute: see loyalsync recompute list", text)}
	}
	return id, nil
}

// beginUndo refuses to undo what somebody has spent.
func (c *cli) beginUndo(ctx context.Context, a *app, id int64, p personFlags, reason string) (r loyalty.Recompute, err error) {
	actor, err := p.actor(ctx, c, a)
	if err != nil {
		return r, err
	}
	if r, err = a.store.Recompute(ctx, id); err != nil {
		return r, err
	}
	cfg, err := a.feed(r.Feed.SourceName, r.Feed.ProgramName)
	if err != nil {
		return r, err
	}
	book, err := cfg.Ledger(ctx, r.Feed)
	if err != nil {
		return r, err
	}
	undone := r
	if r.State == loyalty.Recomputed || r.State == loyalty.Recomputing {
		undone.State, undone.Position = loyalty.UndoingRecompute, 0
	}
	const page = 500
	short, err := ledger.Recomputer{Store: a.store, Ledger: book, Limit: page, Actor: actor}.Shortages(ctx, undone)
	if err != nil {
		return r, err
	}
	if len(short) > 0 {
		return r, c.spent(ctx, a, r, short)
	}
	return a.store.BeginUndo(ctx, id, actor, reason)
}

// spent names who has spent points of a recompute.
func (c *cli) spent(ctx context.Context, a *app, r loyalty.Recompute, short []loyalty.Shortage) error {
	const named = 20
	for i, s := range short {
		if i == named {
			fprintf(c.err, "%s\n", fmt.Sprintf(c.tr("and %s more", "i jeszcze %s"), c.number(int64(len(short)-named))))
			break
		}
		who, err := a.store.Contractor(ctx, s.Account, a.today())
		if err != nil {
			return err
		}
		fprintf(c.err, "%s  %s\n", plain(who.Code), fmt.Sprintf(c.tr("%s too few", "brakuje: %s"), loyalty.FormatPoints(s.Points, r.Feed.Decimals, c.language())))
	}
	return &loyalty.Error{
		Code: loyalty.CodeConflict, Message: fmt.Sprintf("recompute %d cannot be undone: %d contractors have spent points that it gave", r.ID, len(short)),
		Hint: "undo their redemptions first, or give them the points: loyalsync adjustments give",
	}
}

func (c *cli) recomputesCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use: "list", Short: "Recomputes, the last first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.looking(cmd.Context(), func(a *app) error { return c.recomputes(cmd.Context(), a, name) })
		},
	}
	cmd.Flags().StringVar(&name, "program", "", "of this program")
	return cmd
}

// recomputeRow is a recompute as data.
type recomputeRow struct {
	ID         int64        `json:"id"`
	State      string       `json:"state"`
	Source     string       `json:"source"`
	Program    string       `json:"program"`
	RulesFrom  loyalty.Date `json:"rules_from"`
	From       loyalty.Date `json:"from"`
	To         loyalty.Date `json:"to"`
	Documents  int64        `json:"documents"`
	Actor      string       `json:"actor"`
	Reason     string       `json:"reason"`
	CreatedAt  time.Time    `json:"created_at"`
	UndoneBy   string       `json:"undone_by,omitempty"`
	UndoReason string       `json:"undo_reason,omitempty"`
}

func rowOf(r loyalty.Recompute) recomputeRow {
	return recomputeRow{
		r.ID, r.State.String(), r.Feed.SourceName, r.Feed.ProgramName, r.ValidFrom, r.From, r.To, r.Documents, r.Actor, r.Reason, r.CreatedAt.UTC(),
		r.UndoneBy, r.UndoReason,
	}
}

func (c *cli) recomputes(ctx context.Context, a *app, name string) error {
	program, err := a.programNamed(ctx, name)
	if err != nil {
		return err
	}
	const most = 200
	found, err := a.store.Recomputes(ctx, program.Name, most)
	if err != nil {
		return err
	}
	if c.json {
		rows := []recomputeRow{}
		for _, r := range found {
			rows = append(rows, rowOf(r))
		}
		return c.printJSON(rows)
	}
	if len(found) == 0 {
		c.say(c.tr("nothing of program %s was recomputed", "niczego w programie %s nie przeliczono"), program.Name)
		return nil
	}
	lang := c.language()
	t := newTable(c.out, c.tr("NUMBER", "NUMER"), c.tr("STATE", "STAN"), c.tr("SOURCE", "ŹRÓDŁO"), c.tr("RULES FROM", "ZASADY OD"), c.tr("DOCUMENTS OF", "DOKUMENTY Z"),
		c.tr("DOCUMENTS", "DOKUMENTY"), c.tr("BY", "PRZEZ"), c.tr("REASON", "POWÓD"))
	for _, r := range found {
		period := slices.DeleteFunc([]string{loyalty.FormatDate(r.From, lang), "–", loyalty.FormatDate(r.To, lang)}, func(s string) bool { return s == "" })
		t.row(strconv.FormatInt(r.ID, 10), c.recomputeState(r.State), r.Feed.SourceName, loyalty.FormatDate(r.ValidFrom, lang), strings.Join(period, " "), c.number(r.Documents), r.Actor, r.Reason)
	}
	t.flush()
	return nil
}

func (c *cli) recomputeState(s loyalty.RecomputeState) string {
	return map[loyalty.RecomputeState]string{
		loyalty.Recomputing: c.tr("cut short", "przerwane"), loyalty.Recomputed: c.tr("posted", "zapisane"),
		loyalty.UndoingRecompute: c.tr("undoing was cut short", "wycofywanie przerwane"), loyalty.RecomputeUndone: c.tr("undone", "wycofane"),
	}[s]
}
