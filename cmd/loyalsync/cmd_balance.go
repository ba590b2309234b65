package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/loyalty"
)

func (c *cli) balanceCommand() *cobra.Command {
	var f feedFlags
	var at, postedAt string
	cmd := &cobra.Command{
		Use: "balance CONTRACTOR", Short: "A contractor's points, now or as they were", Args: cobra.ExactArgs(1),
		Long: "A contractor's points, now or as they were. CONTRACTOR is a code, the ERP's key, a card, a tax number or a whole name.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.looking(cmd.Context(), func(a *app) error {
				asOf, err := parseAsOf(a, at, postedAt)
				if err != nil {
					return &usageError{err}
				}
				return c.balance(cmd.Context(), a, args[0], f, asOf)
			})
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&at, "at", "", "documents dated up to this day")
	cmd.Flags().StringVar(&postedAt, "posted-at", "", `entries posted up to this moment: "2026-01-31 18:30", or with a zone`)
	return cmd
}

// parseAsOf is the moment of a balance; lots lapse as on its day.
func parseAsOf(a *app, at, postedAt string) (loyalty.AsOf, error) {
	zone := a.config().Timezone.Location()
	out := loyalty.AsOf{Today: a.today(), Zone: zone}
	var err error
	if out.Date, err = loyalty.ParseDate(at); err != nil {
		return out, fmt.Errorf("--at: %w", err)
	}
	if postedAt != "" {
		if out.PostedAt, err = parseMoment(postedAt, zone); err != nil {
			return out, fmt.Errorf("--posted-at: %w", err)
		}
		out.Today = loyalty.DateIn(out.PostedAt, zone)
	}
	if out.Date != loyalty.NoDate {
		out.Today = out.Date
	}
	return out, nil
}

// balanceResult is a balance as data; points are decimals as text.
type balanceResult struct {
	Contractor string     `json:"contractor"`
	Name       string     `json:"name"`
	AsOf       string     `json:"as_of"`
	PostedAt   *time.Time `json:"posted_at,omitempty"`
	Available  string     `json:"available"`
	Pending    string     `json:"pending"`
	Held       string     `json:"held"`
	Debt       string     `json:"debt"`
	Spent      string     `json:"spent"`
	Lapsed     string     `json:"lapsed"`
	Scored     int64      `json:"scored_documents"`
	Rewards    int64      `json:"rewards_received"`
	Key        string     `json:"key"`
	Source     string     `json:"source"`
	Program    string     `json:"program"`
	TakesPart  bool       `json:"takes_part"`
	PointsTo   string     `json:"points_to,omitempty"`
	MergedInto string     `json:"merged_into,omitempty"` // code of the contractor that has its points
	Merged     []string   `json:"merged,omitempty"`      // codes of those whose points it has
	// Lapses are the next days at whose end points lapse; only of a balance now.
	Lapses []balanceLapse `json:"lapses,omitempty"`
}

type balanceLapse struct {
	On     loyalty.Date `json:"lapses_on"`
	Points string       `json:"points"`
}

// lapsesShown is how many days of lapsing a balance tells.
const lapsesShown = 12

func (c *cli) balance(ctx context.Context, a *app, text string, f feedFlags, asOf loyalty.AsOf) error {
	who, err := c.findAccount(ctx, a, text, f)
	if err != nil {
		return err
	}
	detail, err := a.store.Contractor(ctx, who.ID, asOf.Today)
	if err != nil {
		return err
	}
	b, err := a.store.Balance(ctx, who.ID, asOf)
	if err != nil {
		return err
	}
	var lapses []loyalty.LapsingPoints
	if asOf.Date == loyalty.NoDate && asOf.PostedAt.IsZero() {
		if lapses, err = a.store.LapsingOf(ctx, who.ID, asOf.Today, lapsesShown); err != nil {
			return err
		}
	}
	if c.json {
		data := balanceData(who, detail, b, asOf)
		for _, l := range lapses {
			data.Lapses = append(data.Lapses, balanceLapse{On: l.On, Points: l.Points.Format(who.program.Decimals)})
		}
		return c.printJSON(data)
	}
	c.showBalance(a, who, detail, b, asOf)
	for _, l := range lapses {
		c.say(c.tr("valid until %s: %s", "ważne do %s (włącznie): %s"), loyalty.FormatDate(l.On, c.language()),
			loyalty.FormatPoints(l.Points, who.program.Decimals, c.language()))
	}
	return nil
}

func balanceData(who account, detail loyalty.ContractorDetail, b loyalty.BalanceOverview, asOf loyalty.AsOf) balanceResult {
	text := func(p loyalty.Points) string { return p.Format(who.program.Decimals) }
	out := balanceResult{
		Contractor: who.Code, Name: who.Name, AsOf: asOf.Today.String(), Available: text(b.Available), Pending: text(b.Pending), Held: text(b.Held),
		Debt: text(b.Debt), Spent: text(b.Spent), Lapsed: text(b.Lapsed), Scored: b.Scored, Rewards: b.Rewards,
		Key: who.Key, Source: who.Source, Program: who.program.Name, TakesPart: detail.TakesPart, PointsTo: detail.BeneficiaryCode,
	}
	out.MergedInto, out.Merged = who.merged.codes()
	if !asOf.PostedAt.IsZero() {
		at := asOf.PostedAt.UTC()
		out.PostedAt = &at
	}
	return out
}

func (c *cli) showBalance(a *app, who account, detail loyalty.ContractorDetail, b loyalty.BalanceOverview, asOf loyalty.AsOf) {
	c.sayWho(who)
	lang := c.language()
	moment := loyalty.FormatDate(asOf.Today, lang)
	if !asOf.PostedAt.IsZero() {
		moment += c.tr(", as posted by ", ", według zapisów do ") + c.instant(a, &asOf.PostedAt)
	}
	t := newTable(c.out)
	t.row(c.tr("as of", "stan na"), moment)
	for _, line := range []struct {
		label  string
		points loyalty.Points
		always bool
	}{
		{c.tr("available", "dostępne"), b.Available, true},
		{c.tr("pending", "oczekujące"), b.Pending, true},
		{c.tr("reserved", "zarezerwowane"), b.Held, false},
		{c.tr("to be earned back", "do odrobienia"), b.Debt, false},
		{c.tr("spent", "wydane"), b.Spent, true},
		{c.tr("lapsed", "wygasłe"), b.Lapsed, true},
	} {
		if line.always || line.points != 0 {
			t.row(line.label, loyalty.FormatPoints(line.points, who.program.Decimals, lang))
		}
	}
	t.row(c.tr("scored documents", "punktowane transakcje"), c.number(b.Scored))
	t.row(c.tr("rewards received", "odebrane nagrody"), c.number(b.Rewards))
	t.flush()
	if detail.Reason != loyalty.ReasonNone && !detail.TakesPart {
		c.say(c.tr("no new points: %s", "bez nowych punktów: %s"), detail.Reason.Words(lang))
	}
	if detail.BeneficiaryCode != "" {
		c.say(c.tr("its points go to %s", "punkty otrzymuje %s"), plain(detail.BeneficiaryCode))
	}
}

// sayWho names a contractor.
func (c *cli) sayWho(who account) {
	c.say("%s  %s  (%s %s, %s %s)", plain(who.Code), plain(who.Name), c.tr("program", "program"), who.program.Name, c.tr("source", "źródło"), who.Source)
	c.sayMerges(who.merged)
}
