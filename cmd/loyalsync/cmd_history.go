package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/loyalty"
)

const (
	defaultLines  = 200 // shown unless --limit says otherwise
	documentsPage = 100 // read at a time
)

func (c *cli) historyCommand() *cobra.Command {
	var f feedFlags
	var limit int
	cmd := &cobra.Command{
		Use: "history CONTRACTOR", Short: "Where a contractor's points come from, line by line, newest first", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 0 {
				return &usageError{fmt.Errorf("--limit %d is below zero; 0 shows all", limit)}
			}
			return c.looking(cmd.Context(), func(a *app) error { return c.history(cmd.Context(), a, args[0], f, limit) })
		},
	}
	f.add(cmd)
	cmd.Flags().IntVar(&limit, "limit", defaultLines, "how many lines, at most; 0 shows all")
	return cmd
}

// historyResult is a history as data.
type historyResult struct {
	Contractor string        `json:"contractor"`
	Name       string        `json:"name"`
	Source     string        `json:"source"`
	Program    string        `json:"program"`
	Lines      []historyLine `json:"lines"`
	More       bool          `json:"more"` // older lines follow
	MergedInto string        `json:"merged_into,omitempty"`
}

// historyLine is one line of a document with its points under all rules.
type historyLine struct {
	Number   string        `json:"number"`
	ItemCode string        `json:"item_code"`
	ItemName string        `json:"item_name"`
	Points   string        `json:"points"`
	Date     loyalty.Date  `json:"date"`
	Pending  string        `json:"pending"` // of points
	State    string        `json:"state"`   // of the document
	Document string        `json:"document"`
	Rules    []historyRule `json:"rules"`
}

type historyRule struct {
	Rule   string `json:"rule"`
	Title  string `json:"title,omitempty"`
	Points string `json:"points"`
}

func (c *cli) history(ctx context.Context, a *app, text string, f feedFlags, limit int) error {
	who, err := c.findAccount(ctx, a, text, f)
	if err != nil {
		return err
	}
	result := historyResult{Contractor: who.Code, Name: who.Name, Source: who.Source, Program: who.program.Name, Lines: []historyLine{}}
	show := func(page []historyLine) { result.Lines = append(result.Lines, page...) }
	shown := 0
	if !c.json {
		c.sayWho(who)
		show = func(page []historyLine) {
			c.showLines(page, shown == 0)
			shown += len(page)
		}
	}
	more, err := c.eachPage(ctx, a, who, limit, show)
	if err != nil {
		return err
	}
	if c.json {
		result.More = more
		result.MergedInto, _ = who.merged.codes()
		return c.printJSON(result)
	}
	switch {
	case shown == 0:
		c.say("%s", c.tr("no points yet", "nie ma jeszcze punktów"))
	case more:
		c.say(c.tr("the newest %[1]d lines; there are more: --limit 0 shows all", "najnowsze pozycje: %[1]d; jest ich więcej: --limit 0 pokazuje wszystkie"), shown)
	}
	return nil
}

// eachPage hands over the lines with points, page by page, newest first, and
// says whether there are more than limit; 0 is no limit.
func (c *cli) eachPage(ctx context.Context, a *app, who account, limit int, show func([]historyLine)) (more bool, err error) {
	filter := loyalty.HistoryFilter{Contractor: who.ID, From: loyalty.NoDate, To: loyalty.NoDate, Limit: documentsPage}
	for left := limit; ; {
		docs, older, err := a.store.History(ctx, filter)
		if err != nil {
			return false, err
		}
		var page []historyLine
		for i := range docs {
			if who.has(docs[i].Account) { // a document whose points went to another has none here
				page = append(page, c.lines(&docs[i], who.program.Decimals)...)
			}
		}
		if limit > 0 && len(page) > left {
			show(page[:left])
			return true, nil
		}
		show(page)
		left -= len(page)
		if !older {
			return false, nil
		}
		last := docs[len(docs)-1]
		filter.Before = loyalty.HistoryCursor{Date: last.Date, ID: last.ID}
	}
}

func (c *cli) lines(d *loyalty.HistoryDocument, decimals int) []historyLine {
	out := make([]historyLine, 0, len(d.Posted))
	for _, l := range d.Posted {
		line := historyLine{
			Number: d.Number, ItemCode: l.Code, ItemName: l.Name, Points: l.Points.Format(decimals), Pending: l.Pending.Format(decimals),
			Date: d.Date, State: d.State.String(), Document: d.Key.ID, Rules: []historyRule{},
		}
		for _, r := range l.Rules {
			line.Rules = append(line.Rules, historyRule{r.Name, c.title(r.Title), r.Points.Format(decimals)})
		}
		out = append(out, line)
	}
	return out
}

// title is a rule's name in the reader's language, "" when it has none.
func (c *cli) title(t loyalty.Title) string {
	for _, lang := range []string{c.language(), loyalty.English, loyalty.Polish} {
		if t[lang] != "" {
			return t[lang]
		}
	}
	return ""
}

func (c *cli) showLines(page []historyLine, first bool) {
	t := newTable(c.out)
	if first && len(page) > 0 {
		t.row(c.tr("INVOICE", "FAKTURA"), c.tr("ITEM", "TOWAR"), c.tr("NAME", "NAZWA"), c.tr("POINTS", "PUNKTY"), c.tr("DATE", "DATA"), c.tr("STATE", "STAN"), c.tr("RULE", "ZASADA"))
	}
	for _, l := range page {
		var names []string
		for _, r := range l.Rules {
			if r.Title == "" {
				r.Title = r.Rule
			}
			names = append(names, r.Title)
		}
		t.row(l.Number, l.ItemCode, l.ItemName, loyalty.FormatNumber(l.Points, c.language()), loyalty.FormatDate(l.Date, c.language()),
			c.stateWord(l.State), strings.Join(names, ", "))
	}
	t.flush()
}

// stateWord says a document's state as the ERP's users do.
func (c *cli) stateWord(state string) string {
	switch state {
	case loyalty.Buffered.String():
		return c.tr("in the buffer", "w buforze")
	case loyalty.Released.String():
		return c.tr("released", "zatwierdzona na stałe")
	case loyalty.Cancelled.String():
		return c.tr("cancelled", "anulowana")
	case loyalty.Deleted.String():
		return c.tr("deleted", "usunięta")
	}
	return state
}
