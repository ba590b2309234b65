package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
)

func (c *cli) contractorsCommand() *cobra.Command {
	group := &cobra.Command{
		Use: "contractors", Short: "Contractors that are one firm: proposals, merges, and the way back", Args: cobra.NoArgs,
		Long: "A contractor that is merged into another has its points there, and those of its documents come there.\n" +
			"Nothing is merged by itself: contractors that the ERP has merged, or that have one tax number, are only proposed.",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	group.AddCommand(c.mergeCommand(), c.unmergeCommand(), c.mergesCommand(), c.dismissCommand())
	return group
}

func (c *cli) mergeCommand() *cobra.Command {
	var f adjustFlags
	var dryRun bool
	cmd := &cobra.Command{
		Use: "merge FROM INTO --reason TEXT", Short: "Merge a contractor into another of the program", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *app) error { return c.merge(cmd.Context(), a, args[0], args[1], f, dryRun) })
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "tell what would move, and write nothing")
	return cmd
}

func (c *cli) merge(ctx context.Context, a *app, from, into string, f adjustFlags, dryRun bool) error {
	who, to, err := c.findPair(ctx, a, from, into, f.feedFlags)
	if err != nil {
		return err
	}
	r, err := a.adjuster(ctx, who.program.Name)
	if err != nil {
		return err
	}
	q := ledger.AdjustmentRequest{Account: who.ID, To: to.ID, Key: f.key, Reason: f.reason}
	if q.Actor, err = f.actor(ctx, c, a); err != nil {
		return err
	}
	if dryRun || f.name == "" && r.ApproveAbove > 0 && q.Key == "" {
		preview, err := r.PreviewMerge(ctx, q)
		switch {
		case err != nil:
			return c.adjusted(ctx, a, r, loyalty.Operation{}, err)
		case dryRun:
			return c.showPreview(who, to, preview)
		case preview.Proposed:
			return &usageError{fmt.Errorf("more than %s points wait for a second person: say who you are with --as", r.ApproveAbove.Format(r.Program.Decimals))}
		}
	}
	o, err := r.Merge(ctx, q)
	return c.adjusted(ctx, a, r, o, err)
}

// findPair finds two contractors of one program.
func (c *cli) findPair(ctx context.Context, a *app, first, second string, f feedFlags) (who, other account, err error) {
	if who, err = c.findAccount(ctx, a, first, f); err != nil {
		return who, other, err
	}
	other, err = c.findAccount(ctx, a, second, feedFlags{program: who.program.Name})
	return who, other, err
}

// mergePreview is what a merge would move, as data; points are decimals as text.
type mergePreview struct {
	From     string `json:"from"`
	Into     string `json:"into"`
	Lots     int    `json:"lots"`
	Active   string `json:"active"`
	Pending  string `json:"pending"`
	Lapsed   string `json:"lapsed"`
	Debt     string `json:"debt"`
	Repaid   string `json:"repaid"`
	Proposed bool   `json:"needs_approval"`
}

func (c *cli) showPreview(who, to account, p ledger.MergePreview) error {
	d := who.program.Decimals
	if c.json {
		text := func(v loyalty.Points) string { return v.Format(d) }
		return c.printJSON(mergePreview{
			who.Code, to.Code, p.Lots, text(p.Active), text(p.Pending), text(p.Lapsed), text(p.Debt), text(p.Repaid), p.Proposed,
		})
	}
	text := func(v loyalty.Points) string { return loyalty.FormatPoints(v, d, c.language()) }
	c.say("%s → %s", plain(who.Code), plain(to.Code))
	t := newTable(c.out)
	t.row(c.tr("active", "aktywne"), text(p.Active))
	t.row(c.tr("pending", "oczekujące"), text(p.Pending))
	t.row(c.tr("lapsed", "wygasłe"), text(p.Lapsed))
	t.row(c.tr("to be earned back", "do odrobienia"), text(p.Debt))
	t.row(c.tr("of debts repaid at once", "z długów spłacone od razu"), text(p.Repaid))
	t.flush()
	if p.Proposed {
		c.say("%s", c.tr("a second person would have to approve it", "musiałaby to zatwierdzić druga osoba"))
	}
	c.say("%s", c.tr("nothing was written", "niczego nie zapisano"))
	return nil
}

func (c *cli) unmergeCommand() *cobra.Command {
	var f feedFlags
	var p personFlags
	cmd := &cobra.Command{
		Use: "unmerge CONTRACTOR", Short: "Take a merge back: what is left of its points returns", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *app) error { return c.unmerge(cmd.Context(), a, args[0], f, p) })
		},
	}
	f.add(cmd)
	p.add(cmd)
	return cmd
}

func (c *cli) unmerge(ctx context.Context, a *app, text string, f feedFlags, p personFlags) error {
	who, err := c.findAccount(ctx, a, text, f)
	if err != nil {
		return err
	}
	if who.merged.into == nil {
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: who.Code + " is not merged into another contractor", Hint: "loyalsync contractors merges lists the merges"}
	}
	r, err := a.adjuster(ctx, who.program.Name)
	if err != nil {
		return err
	}
	actor, err := p.actor(ctx, c, a)
	if err != nil {
		return err
	}
	o, err := r.Unmerge(ctx, who.merged.into.Operation, actor)
	return c.adjusted(ctx, a, r, o, err)
}

func (c *cli) dismissCommand() *cobra.Command {
	var f adjustFlags
	cmd := &cobra.Command{
		Use: "dismiss ONE OTHER --reason TEXT", Short: "Propose two contractors no more: they are not one firm", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *app) error {
				who, other, err := c.findPair(cmd.Context(), a, args[0], args[1], f.feedFlags)
				if err != nil {
					return err
				}
				if f.reason == "" || who.ID == other.ID {
					return &usageError{errors.New("name two contractors, and say why with --reason")}
				}
				actor, err := f.actor(cmd.Context(), c, a)
				if err == nil {
					err = a.store.DismissMerge(cmd.Context(), who.ID, other.ID, actor, f.reason, a.now())
				}
				if err == nil {
					c.say(c.tr("%s and %s are not proposed any more", "%s i %s nie będą już proponowani"), plain(who.Code), plain(other.Code))
				}
				return err
			})
		},
	}
	f.feedFlags.add(cmd)
	f.personFlags.add(cmd)
	cmd.Flags().StringVar(&f.reason, "reason", "", "why, for the record; required")
	return cmd
}

// mergesShown is how many merges, and how many proposals, are listed.
const mergesShown = 200

func (c *cli) mergesCommand() *cobra.Command {
	var program string
	var every bool
	cmd := &cobra.Command{
		Use: "merges", Short: "List merges, and contractors that look like one firm", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.looking(cmd.Context(), func(a *app) error { return c.merges(cmd.Context(), a, program, every) })
		},
	}
	cmd.Flags().StringVar(&program, "program", "", "of this program")
	cmd.Flags().BoolVar(&every, "all", false, "also merges that were taken back")
	return cmd
}

// mergesResult are merges and proposals as data.
type mergesResult struct {
	Merges    []mergeResult    `json:"merges"`
	Proposals []proposedResult `json:"proposals"`
}

type mergeParty struct {
	ID     int64  `json:"contractor_id"`
	Code   string `json:"contractor"`
	Key    string `json:"key"`
	Source string `json:"source"`
	Active bool   `json:"active"`
}

type mergeResult struct {
	Operation int64      `json:"id"`
	From      mergeParty `json:"from"`
	Into      mergeParty `json:"into"`
	Actor     string     `json:"actor"`
	Reason    string     `json:"reason"`
	MergedAt  time.Time  `json:"merged_at"`
	UndoneBy  string     `json:"undone_by,omitempty"`
	UndoneAt  *time.Time `json:"undone_at,omitempty"`
}

type proposedResult struct {
	From   mergeParty `json:"from"`
	Into   mergeParty `json:"into"`
	Reason string     `json:"reason"`
}

func mergePartyOf(o loyalty.ContractorOverview) mergeParty {
	return mergeParty{ID: o.ID, Code: o.Code, Key: o.Key, Source: o.Source, Active: o.Active}
}

func (c *cli) merges(ctx context.Context, a *app, name string, every bool) error {
	program, err := a.programNamed(ctx, name)
	if err != nil {
		return err
	}
	list, err := a.store.Merges(ctx, program.ID, every, mergesShown)
	if err != nil {
		return err
	}
	proposals, err := a.store.MergeProposals(ctx, program.ID, mergesShown)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(mergesData(list, proposals))
	}
	c.showMerges(a, list)
	c.showMergeProposals(proposals)
	return nil
}

func mergesData(list []loyalty.Merge, proposals []loyalty.MergeProposal) mergesResult {
	out := mergesResult{Merges: []mergeResult{}, Proposals: []proposedResult{}}
	for _, m := range list {
		r := mergeResult{
			Operation: m.Operation, From: mergePartyOf(m.From), Into: mergePartyOf(m.Into), Actor: m.Actor, Reason: m.Reason,
			MergedAt: m.MergedAt.UTC(), UndoneBy: m.UndoneBy,
		}
		if !m.UndoneAt.IsZero() {
			at := m.UndoneAt.UTC()
			r.UndoneAt = &at
		}
		out.Merges = append(out.Merges, r)
	}
	for _, p := range proposals {
		out.Proposals = append(out.Proposals, proposedResult{mergePartyOf(p.From), mergePartyOf(p.Into), string(p.Sign)})
	}
	return out
}

func (c *cli) showMerges(a *app, list []loyalty.Merge) {
	if len(list) == 0 {
		c.say("%s", c.tr("no contractors are merged", "nie ma połączonych kontrahentów"))
		return
	}
	t := newTable(c.out, c.tr("NUMBER", "NUMER"), c.tr("MERGED", "POŁĄCZONY"), c.tr("CONTRACTOR", "KONTRAHENT"), c.tr("INTO", "DO KOGO"), c.tr("BY", "KTO"),
		c.tr("REASON", "POWÓD"), c.tr("TAKEN BACK", "COFNIĘTO"))
	for _, m := range list {
		undone := ""
		if !m.UndoneAt.IsZero() {
			undone = c.instant(a, &m.UndoneAt) + " " + plain(m.UndoneBy)
		}
		t.row(fmt.Sprint(m.Operation), c.instant(a, &m.MergedAt), mergeName(m.From), mergeName(m.Into), plain(m.Actor), plain(m.Reason), undone)
	}
	t.flush()
}

func (c *cli) showMergeProposals(list []loyalty.MergeProposal) {
	if len(list) == 0 {
		return
	}
	c.say("")
	c.say("%s", c.tr("may be one firm (merge them, or dismiss the proposal):", "może to jedna firma (połącz ich albo odrzuć propozycję):"))
	t := newTable(c.out, c.tr("CONTRACTOR", "KONTRAHENT"), c.tr("INTO", "DO KOGO"), c.tr("WHY", "DLACZEGO"))
	for _, p := range list {
		t.row(mergeName(p.From), mergeName(p.Into), c.mergeSign(p.Sign))
	}
	t.flush()
}

func (c *cli) mergeSign(s loyalty.MergeSign) string {
	switch s {
	case loyalty.MergedInERP:
		return c.tr("merged in the ERP", "połączeni w systemie ERP")
	case loyalty.MovedDocuments:
		return c.tr("its documents are the other's now", "jego dokumenty ma teraz ten drugi")
	default:
		return c.tr("the same tax number", "ten sam NIP")
	}
}

func mergeName(o loyalty.ContractorOverview) string {
	return fmt.Sprintf("%s (%s %s)", plain(o.Code), o.Source, plain(o.Key))
}
