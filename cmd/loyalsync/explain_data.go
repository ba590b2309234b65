package main

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/jobs"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
	"github.com/loyalsync/loyalsync/loyalty/rules"
)

// explainResult is an explanation as data.
type explainResult struct {
	Document   string            `json:"document"` // the ERP's key
	Number     string            `json:"number"`
	Read       bool              `json:"read"`
	Source     string            `json:"source"`
	Program    string            `json:"program"`
	Contractor explainContractor `json:"contractor"`
	Account    explainContractor `json:"account"`
	RuleSet    int64             `json:"rule_set,omitempty"`
	RulesFrom  loyalty.Date      `json:"rules_from"`
	Chain      []explainMember   `json:"chain"`
}

type explainContractor struct {
	Code      string         `json:"code,omitempty"`
	Name      string         `json:"name,omitempty"`
	Key       string         `json:"key,omitempty"`
	TakesPart bool           `json:"takes_part"`
	From      loyalty.Date   `json:"earn_from"`
	Reason    loyalty.Reason `json:"reason,omitempty"`
}

type explainMember struct {
	Document string             `json:"document"`
	Type     string             `json:"type"`
	Number   string             `json:"number"`
	External string             `json:"external_number,omitempty"`
	Corrects string             `json:"corrects,omitempty"`
	Date     loyalty.Date       `json:"date"`
	Time     loyalty.TimeOfDay  `json:"time,omitempty"` // "" when nobody knows
	State    string             `json:"state"`
	Active   string             `json:"active"` // posted
	Pending  string             `json:"pending"`
	Desired  explainPoints      `json:"desired"`
	Expected string             `json:"expected"`
	Waits    *explainWait       `json:"waits,omitempty"` // what pending points of a released document wait for
	Reason   loyalty.Reason     `json:"reason,omitempty"`
	Words    string             `json:"reason_words,omitempty"`
	Rules    *rules.Explanation `json:"rules,omitempty"`
	Before   *rules.Explanation `json:"before,omitempty"`
	Matches  []matchedLine      `json:"matches,omitempty"` // what a return without an original takes back of earlier sales
	Posted   []postedLine       `json:"posted"`
	Entries  []explainEntry     `json:"entries"`
}

type explainPoints struct {
	Active  string `json:"active"`
	Pending string `json:"pending"`
}

// explainWait is a wait for a day, or for payment.
type explainWait struct {
	For   string `json:"for"`             // day, payment
	Until string `json:"until,omitempty"` // the first day on which the points are active
	Words string `json:"words"`
}

func waitData(w loyalty.Wait, lang string) *explainWait {
	if w == loyalty.WaitNothing {
		return nil
	}
	out := &explainWait{For: "day", Until: w.Day().String(), Words: w.Words(lang)}
	if w == loyalty.WaitPayment {
		out.For = "payment"
	}
	return out
}

// postedLine is what one line has under one rule.
type postedLine struct {
	Line        string       `json:"line,omitempty"` // the ERP's key, "" when the document has it no more
	ItemCode    string       `json:"item_code,omitempty"`
	ItemName    string       `json:"item_name,omitempty"`
	Rule        string       `json:"rule"`
	Active      string       `json:"active"`
	Pending     string       `json:"pending"`
	EffectiveOn loyalty.Date `json:"effective_on"`
}

func (c *cli) explainData(x explained) explainResult {
	out := explainResult{
		Document: x.asked.Key.ID, Number: x.asked.Number, Read: true, Source: x.asked.Source, Program: x.program.Name,
		Contractor: contractorData(x.buyer, x.Member), Account: contractorData(x.account, x.Account),
		RuleSet: x.RuleSet, RulesFrom: x.validFrom, Chain: []explainMember{},
	}
	text := func(p loyalty.Points) string { return p.Format(x.program.Decimals) }
	for i := range x.Chain {
		d := &x.Chain[i]
		out.Chain = append(out.Chain, explainMember{
			Document: d.Document.Key.ID, Type: d.Document.Key.Type, Number: d.Document.Number, External: d.Document.ExternalNo,
			Corrects: d.Document.Corrects, Date: d.Document.Date, Time: d.Document.Time, State: d.Document.State.String(),
			Active: text(d.Document.Active), Pending: text(d.Document.Pending), Desired: explainPoints{text(d.Active), text(d.Pending)},
			Expected: text(d.Expected), Waits: waitData(d.Waits, c.language()), Reason: d.Reason, Words: d.Reason.Words(c.language()),
			Rules: d.Rules, Before: d.Before, Matches: x.matchedLines(d), Posted: x.postedLines(d), Entries: x.entryLines(d),
		})
	}
	return out
}

func contractorData(d loyalty.ContractorDetail, m loyalty.Member) explainContractor {
	if d.ID == 0 {
		return explainContractor{Key: m.Key, From: loyalty.NoDate, Reason: m.Reason}
	}
	return explainContractor{Code: d.Code, Name: d.Name, Key: d.Key, TakesPart: m.TakesPart, From: m.From, Reason: m.Reason}
}

// matchedLine is a line of a return with the sale whose points it takes back.
type matchedLine struct {
	Sale     string `json:"sale"` // number
	SaleKey  string `json:"sale_key"`
	ItemCode string `json:"item_code"`
	Quantity string `json:"quantity"`
	Points   string `json:"points"`
	sum      loyalty.Points
}

func (x *explained) matchedLines(d *ledger.ExplainedDocument) (out []matchedLine) {
	for _, m := range d.Matches {
		var sum loyalty.Points
		for _, p := range m.Points {
			sum += p.Points
		}
		out = append(out, matchedLine{
			Sale: m.Number, SaleKey: m.Sale.ID, ItemCode: x.lineOf(&d.Document, loyalty.LineID(m.Line)).Code,
			Quantity: m.Quantity.String(), Points: sum.Format(x.program.Decimals), sum: sum,
		})
	}
	return out
}

// postedLines lays what was posted on the lines of the document.
func (x *explained) postedLines(d *ledger.ExplainedDocument) []postedLine {
	out := []postedLine{}
	for _, p := range d.Posted {
		if p.Active == 0 && p.Pending == 0 {
			continue
		}
		l := x.lineOf(&d.Document, p.Line)
		out = append(out, postedLine{
			Line: l.ID, ItemCode: l.Code, ItemName: l.Name, Rule: x.rules[p.Rule], EffectiveOn: p.EffectiveOn,
			Active: p.Active.Format(x.program.Decimals), Pending: p.Pending.Format(x.program.Decimals),
		})
	}
	return out
}

// lineOf finds the line that points were posted for, on the document, its
// original or another one of the chain.
func (x *explained) lineOf(d *loyalty.StoredDocument, line int64) loyalty.Line {
	var original *loyalty.Document
	for i := range x.Chain {
		if m := &x.Chain[i].Document; m.Corrects == "" && m.Key != d.Key {
			original = &m.Document
		}
	}
	if l := d.LineByKey(line, original); l != nil {
		return *l
	}
	for i := range x.Chain {
		if l := x.Chain[i].Document.LineByKey(line, nil); l != nil {
			return *l
		}
	}
	return loyalty.Line{}
}

// explainEntry is one movement of points.
type explainEntry struct {
	Entry    int64     `json:"entry"` // its number
	Posted   time.Time `json:"posted_at"`
	Kind     string    `json:"kind"`
	State    string    `json:"state"` // where the points went to, or came from
	Points   string    `json:"points"`
	Rule     string    `json:"rule"`
	ItemCode string    `json:"item_code,omitempty"`
	Run      string    `json:"run,omitempty"`
	Actor    string    `json:"actor"`
	Reason   string    `json:"reason"`
	// ValidUntil is the last day of points that lapsed, "" of others.
	ValidUntil string `json:"valid_until,omitempty"`
	validUntil loyalty.Date
	// ClosedThrough ends the closed period that the movement came too late for; "" if its
	// period was open.
	ClosedThrough string `json:"closed_through,omitempty"`
	closed        loyalty.Date
}

// validUntil is the last day on which points that an entry lapsed could be spent,
// NoDate for another entry.
func validUntil(e loyalty.Entry) loyalty.Date {
	if e.Kind != loyalty.Lapsing {
		return loyalty.NoDate
	}
	return e.EffectiveOn.AddDays(-1)
}

// entryLines are the movements of a document, in the order of posting.
func (x *explained) entryLines(d *ledger.ExplainedDocument) []explainEntry {
	out := []explainEntry{}
	for _, e := range x.entries {
		if e.Document != d.Document.ID {
			continue
		}
		line := explainEntry{
			Entry: e.ID, Posted: e.PostedAt, Kind: e.Kind.String(), State: e.Side().String(), Points: e.Amount.Format(x.program.Decimals),
			Rule: x.rules[e.Rule], ItemCode: x.lineOf(&d.Document, e.Line).Code, Actor: e.Actor, Reason: e.Reason,
			ValidUntil: validUntil(e.Entry).String(), validUntil: validUntil(e.Entry),
			ClosedThrough: e.Closed.String(), closed: e.Closed,
		}
		if e.Run != 0 {
			line.Run = strconv.FormatInt(e.Run, 10)
		}
		out = append(out, line)
	}
	return out
}

// unreadResult is what there is to say about a document that was never read.
type unreadResult struct {
	Document string       `json:"document"`
	Read     bool         `json:"read"`
	Feeds    []unreadFeed `json:"feeds"`
}

// unreadFeed is how far the documents of a source were read.
type unreadFeed struct {
	Source    string      `json:"source"`
	Program   string      `json:"program"`
	Documents []string    `json:"documents,omitempty"`  // the classes that are read; empty is all
	ReadUpTo  string      `json:"read_up_to,omitempty"` // stamp on the ERP's clock
	Reading   bool        `json:"reading"`              // a pass has begun and is not finished
	EarnFrom  string      `json:"earn_from,omitempty"`
	Jobs      []unreadJob `json:"jobs"`
}

type unreadJob struct {
	Job   string      `json:"job"`
	State string      `json:"state"`
	Next  []time.Time `json:"next"`
}

// explainUnread tells why a document may not have been read: the answer is "no".
func (c *cli) explainUnread(ctx context.Context, a *app, text string, f feedFlags) error {
	result := unreadResult{Document: text, Feeds: []unreadFeed{}}
	list, _, err := a.service.List(ctx)
	if err != nil {
		return err
	}
	for _, m := range a.config().Mappings {
		if (f.source != "" && m.Source != f.source) || (f.program != "" && m.Program != f.program) {
			continue
		}
		var feed unreadFeed
		if feed, err = a.unread(ctx, m, list); err != nil {
			return err
		}
		result.Feeds = append(result.Feeds, feed)
	}
	if c.json {
		err = c.printJSON(result)
	} else {
		c.showUnread(a, result)
	}
	return errors.Join(err, errNo, errSilent)
}

func (a *app) unread(ctx context.Context, m config.Mapping, list []jobs.JobInfo) (unreadFeed, error) {
	out := unreadFeed{Source: m.Source, Program: m.Program, EarnFrom: string(m.EarnFrom), Jobs: []unreadJob{}}
	var overlap time.Duration
	for _, s := range a.config().Sources {
		if s.Name == m.Source {
			out.Documents, overlap = s.Documents, s.Overlap.Std()
		}
	}
	for _, j := range list {
		if j.Kind == jobs.KindPoints && j.Source == m.Source && j.Program == m.Program {
			out.Jobs = append(out.Jobs, unreadJob{Job: j.Name, State: j.State, Next: j.Next})
		}
	}
	programs, err := a.store.Programs(ctx)
	if err != nil {
		return out, err
	}
	for _, p := range programs {
		if p.Name == m.Program && slices.Contains(p.Sources, m.Source) {
			feed, err := a.feedOf(ctx, m.Source, p)
			if err != nil {
				return out, err
			}
			cursor, err := a.store.LoadCursor(ctx, feed)
			if err != nil {
				return out, err
			}
			// The next pass begins an overlap before the end of the last one.
			out.ReadUpTo, out.Reading = string(connectors.Stamp(cursor.Floor).Add(overlap)), cursor.Ceiling != ""
		}
	}
	return out, nil
}

func (c *cli) showUnread(a *app, r unreadResult) {
	c.say(c.tr("document %q was never read", "dokument %q nie został jeszcze odczytany"), r.Document)
	for _, f := range r.Feeds {
		c.say(c.tr("source %s, program %s:", "źródło %s, program %s:"), f.Source, f.Program)
		switch {
		case f.ReadUpTo == "" && !f.Reading:
			c.say("%s", c.tr("  nothing was read yet", "  nic jeszcze nie odczytano"))
		case f.ReadUpTo == "":
			c.say("%s", c.tr("  the first reading is not finished", "  pierwszy odczyt nie jest zakończony"))
		default:
			c.say(c.tr("  read up to changes of %s on the ERP's clock; later ones are read by the next run", "  odczytano zmiany do %s według zegara ERP; późniejsze odczyta następne zadanie"), wallClock(f.ReadUpTo))
		}
		for _, j := range f.Jobs {
			next := c.tr("no time set", "bez terminu")
			if len(j.Next) > 0 {
				next = c.instant(a, &j.Next[0])
			}
			c.say(c.tr("  job %s (%s) runs next: %s", "  zadanie %s (%s), następny termin: %s"), j.Job, j.State, next)
		}
		if len(f.Jobs) == 0 {
			c.say("%s", c.tr("  no job of the kind points reads it", "  żadne zadanie rodzaju points go nie czyta"))
		}
		c.sayClasses(f)
	}
	fprintf(c.err, "hint: %s\n", c.tr("check the number in the ERP; read now with: loyalsync run JOB", "sprawdź numer w ERP; odczytaj teraz: loyalsync run ZADANIE"))
}

// wallClock shows a stamp as people write it.
func wallClock(stamp string) string {
	t, err := time.Parse(connectors.StampLayout, stamp)
	if err != nil {
		return stamp
	}
	return t.Format(time.DateTime)
}

func (c *cli) sayClasses(f unreadFeed) {
	if len(f.Documents) > 0 {
		c.say(c.tr("  only documents of these types are read: %s", "  czytane są tylko dokumenty typów: %s"), strings.Join(f.Documents, ", "))
		return
	}
	c.say("%s", c.tr("  it may be of a kind that the source leaves out", "  może być rodzaju, którego źródło nie czyta"))
}
