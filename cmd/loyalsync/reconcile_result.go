package main

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/loyalsync/loyalsync/loyalty"
)

// reconcileResult is what reconcile prints as data of a source and a program.
type reconcileResult struct {
	OK          bool                             `json:"ok"` // everything was compared, and nothing differs that was not mended
	Run         string                           `json:"run"`
	Source      string                           `json:"source"`
	Program     string                           `json:"program"`
	From        loyalty.Date                     `json:"from"`
	Until       loyalty.Date                     `json:"until"`
	Documents   int64                            `json:"documents"`
	Waiting     int64                            `json:"waiting"` // for the next run of a points job
	Counts      map[loyalty.DifferenceKind]int64 `json:"counts"`
	Posted      string                           `json:"posted"` // of the lines that differ
	Desired     string                           `json:"desired"`
	Platforms   []platformResult                 `json:"platforms"`
	Mended      *mendedResult                    `json:"mended,omitempty"`
	Differences []differenceResult               `json:"differences"` // the first ones
	More        int64                            `json:"more"`        // that are not listed

	most  int
	shown []loyalty.Difference
	sum   loyalty.Reconciliation
	ended bool
}

type platformResult struct {
	Platform string `json:"platform"`
	Items    int64  `json:"items"`
	Waiting  int64  `json:"waiting"`
	Refused  int64  `json:"refused"`
	Untold   bool   `json:"untold,omitempty"`
}

// mendedResult is what was done: balances are no entries.
type mendedResult struct {
	Balances int64 `json:"balances"`
	Entries  int64 `json:"entries"`
	Items    int64 `json:"items"`
}

// differenceResult is one difference; what does not apply is left out.
type differenceResult struct {
	Kind       loyalty.DifferenceKind `json:"kind"`
	Type       string                 `json:"type,omitempty"`
	Document   string                 `json:"document,omitempty"`
	Number     string                 `json:"number,omitempty"`
	Line       int64                  `json:"line,omitempty"`
	Rule       string                 `json:"rule,omitempty"`
	Account    int64                  `json:"account,omitempty"`
	Contractor string                 `json:"contractor,omitempty"`
	Platform   string                 `json:"platform,omitempty"`
	Item       string                 `json:"item,omitempty"`
	Posted     string                 `json:"posted,omitempty"`
	Desired    string                 `json:"desired,omitempty"`
	Difference string                 `json:"difference,omitempty"`
}

func (r *reconcileResult) found(d loyalty.Difference) {
	if len(r.shown) < r.most {
		r.shown = append(r.shown, d)
	}
}

func (r *reconcileResult) done(sum loyalty.Reconciliation) { r.sum, r.ended = sum, true }

// finish fills in what is printed.
func (r *reconcileResult) finish() {
	s := r.sum
	r.OK = s.Complete && s.Left() == 0
	r.Source, r.Program, r.From, r.Until, r.Documents, r.Waiting = s.Source, s.Program, s.From, s.Until, s.Documents, s.Waiting
	r.Counts, r.Posted, r.Desired = s.Counts, s.Posted.Format(s.Decimals), s.Desired.Format(s.Decimals)
	r.Platforms, r.Differences = []platformResult{}, []differenceResult{}
	for kind, n := range r.Counts {
		if n == 0 {
			delete(r.Counts, kind)
		}
	}
	for _, p := range s.Platforms {
		r.Platforms = append(r.Platforms, platformResult(p))
	}
	if s.Mended.Asked {
		r.Mended = &mendedResult{s.Mended.Balances, s.Mended.Entries, s.Mended.Items}
	}
	for _, d := range r.shown {
		x := differenceResult{
			Kind: d.Kind, Type: d.Document.Type, Document: d.Document.ID, Number: d.Number, Line: d.Line, Rule: d.Rule,
			Account: d.Account, Contractor: d.Contractor, Platform: d.Platform, Item: d.Item,
		}
		if counted(d.Kind) {
			x.Posted, x.Desired, x.Difference = d.Posted.Format(s.Decimals), d.Desired.Format(s.Decimals), (d.Desired - d.Posted).Format(s.Decimals)
		}
		r.Differences = append(r.Differences, x)
	}
	r.More = s.Differences() - int64(len(r.shown))
}

// counted says whether a kind of difference tells points.
func counted(kind loyalty.DifferenceKind) bool {
	return kind != loyalty.BalanceDifferent && kind != loyalty.LotsDifferent
}

// showReconciliation tells a person what was compared, and what differs.
func (c *cli) showReconciliation(r *reconcileResult) {
	s := r.sum
	until := s.Until.String()
	if until != "" {
		until = fmt.Sprintf(c.tr(" until %s", " do %s"), until)
	}
	c.say(c.tr("source %s, program %s (run %s): %s documents since %s%s compared", "źródło %s, program %s (wykonanie %s): porównano dokumentów: %s, od %s%s"),
		s.Source, s.Program, r.Run, c.number(s.Documents), s.From, until)
	if s.Waiting > 0 {
		c.say(c.tr("not compared, the next run of a points job reads them: %s", "nieporównane, odczyta je następny eksport punktów: %s"), c.number(s.Waiting))
	}
	for _, p := range s.Platforms {
		c.say("%s", c.platformLine(p))
	}
	if len(r.shown) > 0 {
		c.differenceTable(r)
	}
	c.totals(s)
	c.mendedLine(s)
	switch {
	case !s.Complete:
		c.say("%s", c.tr("the comparison was not finished", "porównania nie dokończono"))
	case s.Differences() == 0:
		c.say("%s", c.tr("ok: ERP, ledger and platforms agree", "w porządku: ERP, księga punktów i platformy są zgodne"))
	case !s.Mended.Asked:
		c.say(c.tr("mend it in one batch: loyalsync reconcile %s --program %s --fix", "naprawa jednym wykonaniem: loyalsync reconcile %s --program %s --fix"), s.Source, s.Program)
	case s.Left() > 0:
		c.say("%s", c.tr("lots and items with other content are not mended by themselves: keep the store as it is and compare with a backup",
			"partii punktów i pozycji o innej treści nie da się naprawić samoczynnie: nie zmieniaj magazynu i porównaj go z kopią"))
	}
}

func (c *cli) platformLine(p loyalty.PlatformAgreement) string {
	if p.Untold {
		return fmt.Sprintf(c.tr("platform %s does not say what it has: not compared", "platforma %s nie mówi, co ma: nie porównano"), p.Platform)
	}
	out := fmt.Sprintf(c.tr("platform %s: %s items compared", "platforma %s: porównano pozycji: %s"), p.Platform, c.number(p.Items))
	if p.Waiting > 0 {
		out += fmt.Sprintf(c.tr("; %s not sent yet", "; jeszcze niewysłanych: %s"), c.number(p.Waiting))
	}
	if p.Refused > 0 {
		out += fmt.Sprintf(c.tr("; %s refused for good (loyalsync deliveries --dead)", "; odrzuconych na stałe: %s (loyalsync deliveries --dead)"), c.number(p.Refused))
	}
	return out
}

func (c *cli) differenceTable(r *reconcileResult) {
	t := newTable(c.out, c.tr("WHAT", "CO"), c.tr("DOCUMENT", "DOKUMENT"), c.tr("LINE", "POZYCJA"), c.tr("RULE", "ZASADA"), c.tr("CONTRACTOR", "KONTRAHENT"),
		c.tr("POSTED", "ZAPISANE"), c.tr("DESIRED", "NALEŻNE"), c.tr("DIFFERENCE", "RÓŻNICA"))
	for _, d := range r.shown {
		line, posted, desired, difference := "", "", "", ""
		if d.Line != 0 {
			line = strconv.FormatInt(d.Line, 10)
		}
		if counted(d.Kind) {
			posted, desired, difference = c.points(d.Posted, r.sum.Decimals), c.points(d.Desired, r.sum.Decimals), c.points(d.Desired-d.Posted, r.sum.Decimals)
			if d.Desired > d.Posted {
				difference = "+" + difference
			}
		}
		what := c.differenceWord(d.Kind)
		if d.Platform != "" {
			what = d.Platform + ": " + what
		}
		t.row(what, cmp.Or(d.Number, d.Document.ID), line, d.Rule, d.Contractor, posted, desired, difference)
	}
	t.flush()
	if r.More > 0 {
		c.say(c.tr("and %s more", "i jeszcze %s"), c.number(r.More))
	}
}

// totals count the differences, kind by kind.
func (c *cli) totals(s loyalty.Reconciliation) {
	for _, kind := range loyalty.DifferenceKinds() {
		if n := s.Counts[kind]; n > 0 {
			c.say("  %s: %s", c.differenceWord(kind), c.number(n))
		}
	}
	if s.Posted != 0 || s.Desired != 0 {
		c.say(c.tr("  points of these lines: %s posted, %s by the ERP", "  punkty tych pozycji: zapisane %s, według ERP %s"),
			c.points(s.Posted, s.Decimals), c.points(s.Desired, s.Decimals))
	}
}

// mendedLine says what was done; a balance computed anew is the only thing that is no
// entry.
func (c *cli) mendedLine(s loyalty.Reconciliation) {
	m := s.Mended
	if !m.Asked || m.Balances+m.Entries+m.Items == 0 {
		return
	}
	c.say(c.tr("mended: %s entries posted, %s items sent to platforms", "naprawiono: zapisów: %s, pozycji wysłanych do platform: %s"), c.number(m.Entries), c.number(m.Items))
	if m.Balances > 0 {
		c.say(c.tr("balances computed anew from their entries, which is no entry: %s", "salda obliczone na nowo z zapisów (to nie jest zapis): %s"), c.number(m.Balances))
	}
}

// differenceWord says what does not agree.
func (c *cli) differenceWord(kind loyalty.DifferenceKind) string {
	switch kind {
	case loyalty.LineMissing:
		return c.tr("points missing", "brak punktów")
	case loyalty.LineExtra:
		return c.tr("points too many", "punkty nienależne")
	case loyalty.LineDifferent:
		return c.tr("points different", "inne punkty")
	case loyalty.DocumentGone:
		return c.tr("document gone from the ERP", "dokumentu nie ma już w ERP")
	case loyalty.BalanceDifferent:
		return c.tr("balance is not the sum of its entries", "saldo nie jest sumą zapisów")
	case loyalty.LotsDifferent:
		return c.tr("lots do not add up to the balance", "partie punktów nie dają salda")
	case loyalty.ItemMissing:
		return c.tr("item lost by the platform", "pozycja utracona przez platformę")
	case loyalty.ItemExtra:
		return c.tr("item that the ledger does not have", "pozycja, której nie ma w księdze")
	case loyalty.ItemDifferent:
		return c.tr("item with other content", "pozycja o innej treści")
	}
	return string(kind)
}
