package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/ledger"
	"github.com/loyalsync/loyalsync/mapping"
)

func (c *cli) explainCommand() *cobra.Command {
	var f feedFlags
	var byKey, contractor, entry bool
	cmd := &cobra.Command{
		Use: "explain DOCUMENT", Short: "Why a document gave these points, or none; what a contractor's points are; one entry", Args: cobra.ExactArgs(1),
		Long: "Why a document gave these points, or none. DOCUMENT is its number in any case, its external (KSeF) number, or the ERP's key.\n" +
			"--contractor CODE tells what a contractor's points are made of, in the order in which they are spent; --entry NUMBER\n" +
			"everything about one entry: the rule or the operation, the lot, who posted it and why, and the block that proves it.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if contractor && entry || byKey && (contractor || entry) {
				return &usageError{errors.New("--contractor, --entry and --key exclude each other")}
			}
			return c.looking(cmd.Context(), func(a *app) error {
				switch {
				case contractor:
					return c.explainContractor(cmd.Context(), a, args[0], f)
				case entry:
					return c.explainEntry(cmd.Context(), a, args[0])
				}
				return c.explain(cmd.Context(), a, args[0], f, byKey)
			})
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&contractor, "contractor", false, "DOCUMENT is a contractor: a code, the ERP's key, a card, a tax number or a whole name")
	cmd.Flags().BoolVar(&entry, "entry", false, "DOCUMENT is the number of an entry, as --json tells it")
	cmd.Flags().BoolVar(&byKey, "key", false, "DOCUMENT is the ERP's key, and no number")
	return cmd
}

func (c *cli) explain(ctx context.Context, a *app, text string, f feedFlags, byKey bool) error {
	x, err := c.explained(ctx, a, text, f, byKey)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(c.explainData(x))
	}
	c.showExplanation(a, x)
	return nil
}

// explained finds a document and explains it. Of one that was never read it says why.
func (c *cli) explained(ctx context.Context, a *app, text string, f feedFlags, byKey bool) (explained, error) {
	if err := f.check(a); err != nil {
		return explained{}, err
	}
	found, err := a.store.FindDocuments(ctx, f.query(text))
	if err != nil {
		return explained{}, err
	}
	if byKey {
		found = slices.DeleteFunc(found, func(d loyalty.HistoryDocument) bool { return d.Key.ID != text })
	}
	programs, err := a.programs(ctx)
	if err != nil {
		return explained{}, err
	}
	switch len(found) {
	case 0:
		return explained{}, c.explainUnread(ctx, a, text, f)
	case 1:
		return a.explanation(ctx, found[0], programs[found[0].Program])
	}
	return explained{}, c.whichDocument(text, found, programs)
}

// whichDocument lists the documents that a text may mean.
func (c *cli) whichDocument(text string, found []loyalty.HistoryDocument, programs map[int64]loyalty.ProgramOverview) error {
	err := &loyalty.Error{
		Code: loyalty.CodeInvalid, Message: fmt.Sprintf("%q is more than one document", text),
		Hint: "say which: by its key with --key, or with --source and --program",
	}
	report(c.err, err)
	t := newTable(c.err, c.tr("NUMBER", "NUMER"), c.tr("DATE", "DATA"), c.tr("STATE", "STAN"), c.tr("POINTS", "PUNKTY"),
		c.tr("CONTRACTOR", "KONTRAHENT"), c.tr("KEY", "KLUCZ"), c.tr("TYPE", "TYP"), c.tr("SOURCE", "ŹRÓDŁO"), "PROGRAM")
	for _, d := range found {
		p := programs[d.Program]
		t.row(d.Number, loyalty.FormatDate(d.Date, c.language()), c.stateWord(d.State.String()), c.points(d.Points, p.Decimals),
			d.BuyerCode, d.Key.ID, d.Key.Type, d.Source, p.Name)
	}
	t.flush()
	return errors.Join(err, errSilent)
}

// explained is an explanation with the names of what it speaks of.
type explained struct {
	ledger.Explanation
	asked     loyalty.HistoryDocument
	program   loyalty.ProgramOverview
	buyer     loyalty.ContractorDetail // who decides, zero when unknown
	account   loyalty.ContractorDetail // whose points they are, zero when nobody's
	merged    mergedWith               // of the account
	validFrom loyalty.Date             // of the rule set
	rules     map[int64]string         // names by number
	entries   []loyalty.PostedEntry    // of the whole chain
	rulesHere bool                     // else the points came by a push
}

func (a *app) explanation(ctx context.Context, d loyalty.HistoryDocument, program loyalty.ProgramOverview) (explained, error) {
	x := explained{asked: d, program: program, validFrom: loyalty.NoDate, rules: map[int64]string{}}
	feed, err := a.feedOf(ctx, d.Source, program)
	if err != nil {
		return x, err
	}
	book, sets, err := a.ledgerOn(ctx, feed)
	if err != nil {
		return x, err
	}
	if x.Explanation, err = book.Explain(ctx, d.Key); err != nil {
		return x, err
	}
	x.rulesHere = len(sets.versions) > 0
	for name, id := range sets.ids {
		x.rules[id] = name
	}
	ids := make([]int64, len(x.Chain))
	for i := range x.Chain {
		ids[i] = x.Chain[i].Document.ID
	}
	if x.entries, err = a.store.DocumentEntries(ctx, ids); err != nil {
		return x, err
	}
	for _, v := range sets.versions {
		if v.ID == x.RuleSet {
			x.validFrom = v.Body.ValidFrom
		}
	}
	for _, m := range []struct {
		id int64
		to *loyalty.ContractorDetail
	}{{x.Member.ID, &x.buyer}, {x.Account.ID, &x.account}} {
		if m.id == 0 {
			continue
		}
		if *m.to, err = a.store.Contractor(ctx, m.id, a.today()); err != nil {
			return x, err
		}
	}
	x.merged, err = a.mergedWith(ctx, x.Account.ID)
	return x, err
}

// ruleSets are a program's stored rules.
type ruleSets struct {
	versions []loyalty.RuleSetVersion
	ids      map[string]int64 // of rules, by name
}

// ledgerOn opens the ledger of a feed for reading.
func (a *app) ledgerOn(ctx context.Context, feed loyalty.Feed) (_ *ledger.Ledger, sets ruleSets, err error) {
	if sets.versions, sets.ids, err = a.store.RuleSets(ctx, feed.Program); err != nil {
		return nil, sets, err
	}
	cfg := ledger.Config{Store: a.store, Feed: feed, RuleSets: sets.versions, RuleIDs: sets.ids, Conditions: mapping.RuleConditions{}, Tables: a.store.RuleTables, Now: a.now, Zone: a.config().Timezone.Location()}
	if i := slices.IndexFunc(a.config().Programs, func(p config.Program) bool { return p.Name == feed.ProgramName }); i >= 0 {
		cfg.Lapse, cfg.IgnoreBuffered = lapse(a.config().Programs[i].Lapse), a.config().Programs[i].Buffered == "ignore"
	}
	book, err := ledger.New(cfg)
	return book, sets, err
}

// feedOf finds a feed that the store knows. The store says in which currency and
// decimals its points are.
func (a *app) feedOf(ctx context.Context, source string, program loyalty.ProgramOverview) (loyalty.Feed, error) {
	return a.store.OpenFeed(ctx, loyalty.Feed{ProgramName: program.Name, SourceName: source, Currency: program.Currency, Decimals: program.Decimals})
}

func (c *cli) showExplanation(a *app, x explained) {
	lang := c.language()
	c.say("%s  (%s %s, %s %s, %s %s)", plain(x.asked.Number), c.tr("key", "klucz"), plain(x.asked.Key.ID),
		c.tr("source", "źródło"), x.asked.Source, "program", x.program.Name)
	t := newTable(c.out)
	if x.buyer.ID != 0 {
		t.row(c.tr("contractor", "kontrahent"), x.buyer.Code, x.buyer.Name, c.part(x.Member))
	} else {
		t.row(c.tr("contractor", "kontrahent"), c.tr("none that is known", "nieznany"))
	}
	if x.account.ID != 0 && x.account.ID != x.buyer.ID {
		t.row(c.tr("points go to", "punkty otrzymuje"), x.account.Code, x.account.Name)
	}
	if m := x.merged.into; m != nil {
		t.row(c.tr("merged into", "połączony z"), m.Into.Code, m.Into.Name)
	}
	if x.RuleSet != 0 {
		from := c.tr("always", "zawsze")
		if x.validFrom != loyalty.NoDate {
			from = c.tr("from ", "od ") + loyalty.FormatDate(x.validFrom, lang)
		}
		t.row(c.tr("rules", "zasady"), fmt.Sprintf("%s %d, %s", c.tr("version", "wersja"), x.RuleSet, from))
	}
	t.flush()
	for i := range x.Chain {
		c.say("")
		c.showMember(a, x, &x.Chain[i])
	}
}

// part says whether and since when a contractor takes part.
func (c *cli) part(m loyalty.Member) string {
	lang := c.language()
	switch {
	case m.TakesPart && m.From != loyalty.NoDate:
		return c.tr("takes part, points counted from ", "bierze udział, punkty naliczane od ") + loyalty.FormatDate(m.From, lang)
	case m.TakesPart:
		return c.tr("takes part", "bierze udział")
	case m.To != loyalty.NoDate:
		return c.tr("took part until ", "brał udział do ") + loyalty.FormatDate(m.To, lang)
	}
	return m.Reason.Words(lang)
}

// showMember tells one document of the chain: what it is, what it has, and why.
func (c *cli) showMember(a *app, x explained, d *ledger.ExplainedDocument) {
	lang, doc := c.language(), &d.Document
	mark := "  "
	if doc.Key == x.asked.Key {
		mark = "> "
	}
	kind := ""
	if doc.Corrects != "" {
		kind = c.tr(", a correction", ", korekta")
	}
	when := strings.TrimSpace(loyalty.FormatDate(doc.Date, lang) + " " + string(doc.Time))
	c.say("%s%s  %s  %s%s", mark, plain(doc.Number), when, c.stateWord(doc.State.String()), kind)
	points := func(p loyalty.Points) string { return loyalty.FormatPoints(p, x.program.Decimals, lang) }
	c.say(c.tr("  points: available %s, pending %s", "  punkty: dostępne %s, oczekujące %s"), points(doc.Active), points(doc.Pending))
	if d.Active != doc.Active || d.Pending != doc.Pending {
		c.say(c.tr("  after the next run: available %s, pending %s", "  po następnym zadaniu: dostępne %s, oczekujące %s"), points(d.Active), points(d.Pending))
	}
	if waits := d.Waits.Words(lang); waits != "" {
		c.say("  %s %s", c.tr("pending", "oczekują"), waits)
	}
	if d.Expected != 0 {
		c.say(c.tr("  expected once released: %s", "  po zatwierdzeniu: %s"), points(d.Expected))
	}
	if d.Reason != loyalty.ReasonNone {
		c.say("  %s: %s", c.tr("no points", "brak punktów"), d.Reason.Words(lang))
	}
	if d.Before != nil {
		c.say("%s", c.tr("  without this document:", "  bez tego dokumentu:"))
		c.sayIndented(d.Before.Words(lang))
		c.say("%s", c.tr("  with it:", "  z nim:"))
	}
	matched := x.matchedLines(d)
	for _, m := range matched {
		c.say(c.tr("  takes back of %s: %s × %s, %s", "  cofa z %s: %s × %s, %s"), plain(m.Sale), loyalty.FormatNumber(m.Quantity, lang), plain(m.ItemCode), points(m.sum))
	}
	if len(matched) > 0 && d.Rules != nil {
		c.say("%s", c.tr("  by the rules, for what was not found among sales:", "  według zasad, za to, czego nie ma wśród sprzedaży:"))
	}
	if d.Rules != nil {
		c.sayIndented(d.Rules.Words(lang))
	}
	c.showPosted(x, d)
	c.showEntries(a, x, d)
}

func (c *cli) sayIndented(text string) {
	for line := range strings.Lines(text) {
		c.say("    %s", plain(strings.TrimRight(line, "\n")))
	}
}

// showPosted lists what was posted, by line and rule.
func (c *cli) showPosted(x explained, d *ledger.ExplainedDocument) {
	lines := x.postedLines(d)
	if len(lines) == 0 {
		return
	}
	c.say("%s", c.tr("  posted:", "  zapisano:"))
	t := newTable(c.out, "    "+c.tr("ITEM", "TOWAR"), c.tr("NAME", "NAZWA"), c.tr("RULE", "ZASADA"),
		c.tr("AVAILABLE", "DOSTĘPNE"), c.tr("PENDING", "OCZEKUJĄCE"), c.tr("DATE", "DATA"))
	for _, l := range lines {
		t.row("    "+l.ItemCode, l.ItemName, l.Rule, loyalty.FormatNumber(l.Active, c.language()), loyalty.FormatNumber(l.Pending, c.language()),
			loyalty.FormatDate(l.EffectiveOn, c.language()))
	}
	t.flush()
}

// showEntries lists how that came about, movement by movement.
func (c *cli) showEntries(a *app, x explained, d *ledger.ExplainedDocument) {
	lines := x.entryLines(d)
	if len(lines) == 0 {
		return
	}
	c.say("%s", c.tr("  movements:", "  ruchy punktów:"))
	t := newTable(c.out, "    "+c.tr("WHEN", "KIEDY"), c.tr("WHAT", "CO"), c.tr("POINTS", "PUNKTY"), c.tr("RULE", "ZASADA"),
		c.tr("ITEM", "TOWAR"), c.tr("RUN", "WYKONANIE"), c.tr("BY", "PRZEZ"))
	for _, l := range lines {
		t.row("    "+c.instant(a, &l.Posted), c.whatWord(l), loyalty.FormatNumber(l.Points, c.language()), l.Rule, l.ItemCode, l.Run, l.Actor)
	}
	t.flush()
}

// whatWord says what a movement did, of lapsed points until when they were valid, and in
// which books it is not.
func (c *cli) whatWord(l explainEntry) string {
	lang, did := c.language(), c.movementWord(l.Kind, l.State)
	if l.ValidUntil != "" {
		did = c.tr("lapsed, valid until ", "wygasły, ważne do ") + loyalty.FormatDate(l.validUntil, lang)
	}
	if l.ClosedThrough != "" {
		did += fmt.Sprintf(c.tr(", after the period through %s was closed: counts in the next", ", po zamknięciu okresu do %s: liczy się w następnym"), loyalty.FormatDate(l.closed, lang))
	}
	return did
}

// movementWord says what a movement did.
func (c *cli) movementWord(kind, state string) string {
	switch kind + " " + state {
	case "earn pending":
		return c.tr("earned, pending", "naliczone, oczekujące")
	case "earn debt", "activate debt":
		return c.tr("earned, repays a debt", "naliczone, na poczet punktów do odrobienia")
	case "activate active":
		return c.tr("available", "udostępnione")
	case "reverse pending":
		return c.tr("pending ones taken back", "cofnięte oczekujące")
	case "reverse debt":
		return c.tr("taken back, to be earned again", "cofnięte, do odrobienia")
	case "reverse active":
		return c.tr("taken back", "cofnięte")
	case "reverse lapsed":
		return c.tr("lapsed ones taken back", "cofnięte wygasłe")
	}
	return c.tr("earned", "naliczone")
}
