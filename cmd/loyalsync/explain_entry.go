package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// entryResult is an entry as data; what does not apply is left out.
type entryResult struct {
	Entry      int64        `json:"entry"`
	Kind       string       `json:"kind"`
	From       string       `json:"from"`
	To         string       `json:"to"`
	Points     string       `json:"points"`
	On         loyalty.Date `json:"effective_on"`
	PostedAt   time.Time    `json:"posted_at"`
	Contractor string       `json:"contractor"`
	Source     string       `json:"source"`
	Program    string       `json:"program"`
	Document   string       `json:"document,omitempty"` // number
	Key        string       `json:"key,omitempty"`      // of the document in the ERP
	Operation  int64        `json:"operation,omitempty"`
	What       string       `json:"operation_kind,omitempty"`
	Rule       string       `json:"rule,omitempty"`
	RuleSet    int64        `json:"rule_set,omitempty"`
	RulesFrom  string       `json:"rules_from,omitempty"`
	Lot        *lotResult   `json:"lot,omitempty"`
	About      int64        `json:"about,omitempty"`    // the entry that it activates or reverses
	Followed   []int64      `json:"followed,omitempty"` // entries that activate or reverse it
	Closed     string       `json:"closed_through,omitempty"`
	Run        int64        `json:"run,omitempty"`
	Actor      string       `json:"actor"`
	Reason     string       `json:"reason"`
	Block      int64        `json:"block,omitempty"`
	Hash       string       `json:"hash,omitempty"`
}

// lotResult is a lot as data.
type lotResult struct {
	ID        int64        `json:"lot"`
	EarnedOn  loyalty.Date `json:"earned_on"`
	LapsesOn  loyalty.Date `json:"lapses_on"` // "" is never
	Active    string       `json:"active"`
	Pending   string       `json:"pending"`
	Lapsed    string       `json:"lapsed"`
	Document  string       `json:"document,omitempty"`
	Operation int64        `json:"operation,omitempty"`
	What      string       `json:"operation_kind,omitempty"`
}

func lotData(l loyalty.Lot, decimals int) *lotResult {
	if l.ID == 0 {
		return nil
	}
	return &lotResult{
		ID: l.ID, EarnedOn: l.EarnedOn, LapsesOn: l.LapsesOn, Active: l.Active.Format(decimals), Pending: l.Pending.Format(decimals),
		Lapsed: l.Lapsed.Format(decimals),
	}
}

// explainEntry tells everything about one entry.
func (c *cli) explainEntry(ctx context.Context, a *app, text string) error {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return &usageError{fmt.Errorf("%q is not the number of an entry", text)}
	}
	e, err := a.store.Entry(ctx, id)
	if err != nil {
		return err
	}
	if !c.json {
		c.showEntry(a, e)
		return nil
	}
	out := entryResult{
		Entry: e.ID, Kind: e.Kind.String(), From: e.From.String(), To: e.To.String(), Points: e.Amount.Format(e.Program.Decimals), On: e.EffectiveOn,
		PostedAt: e.PostedAt.UTC(), Contractor: e.Contractor, Source: e.Source, Program: e.Program.Name, Document: e.Number, Key: e.Key.ID,
		Operation: e.Operation.ID, Rule: e.Rule, RuleSet: e.RuleSet, RulesFrom: e.ValidFrom.String(), Lot: lotData(e.Lot, e.Program.Decimals), About: e.Of,
		Followed: e.Reversed, Closed: e.Closed.String(), Run: e.Run, Actor: e.Actor, Reason: e.Reason, Block: e.Block, Hash: e.Hash,
	}
	if e.Operation.ID != 0 {
		out.What = e.Operation.Kind.String()
	}
	return c.printJSON(out)
}

func (c *cli) showEntry(a *app, e loyalty.EntryOverview) {
	lang, tr := c.language(), c.tr
	day := func(d loyalty.Date) string { return loyalty.FormatDate(d, lang) }
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	t := newTable(c.out)
	row := func(some bool, label string, cells ...string) {
		if some {
			t.row(append([]string{label}, cells...)...)
		}
	}
	row(true, tr("entry", "zapis"), number(e.ID), c.movementWord(e.Kind.String(), e.Side().String()), loyalty.FormatPoints(e.Amount, e.Program.Decimals, lang))
	row(true, tr("from, to", "skąd, dokąd"), c.bucketWord(e.From), c.bucketWord(e.To))
	row(true, tr("contractor", "kontrahent"), e.Contractor, tr("source ", "źródło ")+e.Source, "program "+e.Program.Name)
	row(e.Number != "", tr("document", "dokument"), e.Number, tr("key ", "klucz ")+e.Key.ID)
	row(e.Operation.ID != 0, tr("operation", "operacja"), number(e.Operation.ID), c.kindWords(e.Operation.Kind), e.Operation.Reason)
	row(true, tr("day", "dzień"), day(e.EffectiveOn))
	row(e.Closed != loyalty.NoDate, "", fmt.Sprintf(tr("posted after the period through %s was closed: counts in the next", "zapisano po zamknięciu okresu do %s: liczy się w następnym"), day(e.Closed)))
	row(e.Rule != "", tr("rule", "zasada"), e.Rule, fmt.Sprintf("%s %d", tr("version", "wersja"), e.RuleSet), day(e.ValidFrom))
	row(e.Lot.ID != 0, tr("lot", "partia"), number(e.Lot.ID), c.lotWords(e.Lot, e.Program.Decimals))
	row(e.Of != 0, tr("about entry", "dotyczy zapisu"), number(e.Of))
	for _, id := range e.Reversed {
		row(true, tr("followed by entry", "następny zapis"), number(id))
	}
	row(true, tr("posted", "zapisano"), c.instant(a, &e.PostedAt), e.Actor, e.Reason)
	row(e.Run != 0, tr("run", "wykonanie"), number(e.Run))
	row(e.Block != 0, tr("block", "blok"), number(e.Block), e.Hash)
	row(e.Block == 0, tr("block", "blok"), tr("not sealed yet", "jeszcze niezapieczętowany"))
	t.flush()
}

func (c *cli) bucketWord(b loyalty.Bucket) string {
	return map[loyalty.Bucket]string{
		loyalty.Issued: c.tr("outside", "spoza programu"), loyalty.Pending: c.tr("pending", "oczekujące"), loyalty.Active: c.tr("available", "dostępne"),
		loyalty.Held: c.tr("reserved", "zarezerwowane"), loyalty.Spent: c.tr("spent", "wydane"), loyalty.Lapsed: c.tr("lapsed", "wygasłe"),
		loyalty.Debt: c.tr("to be earned again", "do odrobienia"), loyalty.Adjust: c.tr("written off", "spisane"),
	}[b]
}

// lotWords tells what is left of a lot, and how long.
func (c *cli) lotWords(l loyalty.Lot, decimals int) string {
	lang := c.language()
	points := func(p loyalty.Points) string { return loyalty.FormatPoints(p, decimals, lang) }
	text := fmt.Sprintf(c.tr("earned on %s, left: %s", "z dnia %s, zostało: %s"), loyalty.FormatDate(l.EarnedOn, lang), points(l.Active))
	if l.Pending > 0 {
		text += fmt.Sprintf(c.tr(", pending %s", ", oczekuje %s"), points(l.Pending))
	}
	if l.Lapsed > 0 {
		text += fmt.Sprintf(c.tr(", lapsed %s", ", wygasło %s"), points(l.Lapsed))
	}
	if l.LapsesOn == loyalty.NoDate {
		return text + c.tr(", without end", ", bezterminowo")
	}
	return text + fmt.Sprintf(c.tr(", valid until %s", ", ważne do %s"), loyalty.FormatDate(l.LapsesOn, lang))
}

// contractorLots is what a contractor's points are made of, as data.
type contractorLots struct {
	balanceResult
	Lots []lotResult `json:"lots"` // in the order in which they are spent
	More bool        `json:"more"`
}

// lotsShown is how many lots are told of a contractor.
const lotsShown = 100

// explainContractor tells whether a contractor takes part, and what its points are made of.
func (c *cli) explainContractor(ctx context.Context, a *app, text string, f feedFlags) error {
	who, err := c.findAccount(ctx, a, text, f)
	if err != nil {
		return err
	}
	asOf := loyalty.AsOf{Date: loyalty.NoDate, Today: a.today(), Zone: a.config().Timezone.Location()}
	detail, err := a.store.Contractor(ctx, who.ID, asOf.Today)
	if err != nil {
		return err
	}
	b, err := a.store.Balance(ctx, who.ID, asOf)
	if err != nil {
		return err
	}
	lots, more, err := a.store.ContractorLots(ctx, who.ID, lotsShown)
	if err != nil {
		return err
	}
	if c.json {
		out := contractorLots{balanceResult: balanceData(who, detail, b, asOf), Lots: []lotResult{}, More: more}
		for _, l := range lots {
			row := *lotData(l.Lot, who.program.Decimals)
			if row.Document, row.Operation = l.Number, l.Operation.ID; l.Operation.ID != 0 {
				row.What = l.Operation.Kind.String()
			}
			out.Lots = append(out.Lots, row)
		}
		return c.printJSON(out)
	}
	c.showBalance(a, who, detail, b, asOf)
	c.showLots(lots, who.program.Decimals)
	if more {
		c.say(c.tr("more lots are not shown", "dalszych partii nie pokazano"))
	}
	return nil
}

func (c *cli) showLots(lots []loyalty.LotOverview, decimals int) {
	if len(lots) == 0 {
		c.say(c.tr("there are no points", "nie ma punktów"))
		return
	}
	lang := c.language()
	c.say("%s", c.tr("made of, in the order in which they are spent:", "składają się na nie, w kolejności wydawania:"))
	t := newTable(c.out, c.tr("FROM", "Z"), c.tr("EARNED ON", "Z DNIA"), c.tr("VALID UNTIL", "WAŻNE DO"), c.tr("AVAILABLE", "DOSTĘPNE"),
		c.tr("PENDING", "OCZEKUJĄCE"), c.tr("LAPSED", "WYGASŁE"))
	for _, l := range lots {
		from, until := l.Number, loyalty.FormatDate(l.LapsesOn, lang)
		if l.Operation.ID != 0 {
			from = fmt.Sprintf("%s %d", c.kindWords(l.Operation.Kind), l.Operation.ID)
		}
		if l.LapsesOn == loyalty.NoDate {
			until = c.tr("without end", "bezterminowo")
		}
		t.row(from, loyalty.FormatDate(l.EarnedOn, lang), until, c.points(l.Active, decimals), c.points(l.Pending, decimals), c.points(l.Lapsed, decimals))
	}
	t.flush()
}
