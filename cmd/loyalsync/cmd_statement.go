package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/loyalty"
)

// statementFlags are what a statement is asked for.
type statementFlags struct {
	feedFlags

	from, to, out string
	excel         bool
}

func (c *cli) statementCommand() *cobra.Command {
	var f statementFlags
	cmd := &cobra.Command{
		Use: "statement CONTRACTOR", Short: "What happened to a contractor's points in a period", Args: cobra.ExactArgs(1),
		Long: "What happened to a contractor's points in a period of document dates: what there was before, what was\n" +
			"earned, taken back, spent, changed by hand and lapsed, line by line, and what is left. Pending points\n" +
			"are not in it; what was found after its period was closed is in the next, with its day. --out writes it to a CSV or PDF file, by its ending; --excel writes CSV for a Polish\n" +
			"spreadsheet: with a byte order mark, semicolons and decimal commas.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.looking(cmd.Context(), func(a *app) error { return c.statement(cmd.Context(), a, args[0], f) })
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.from, "from", "", "first day; the first of this month without it")
	cmd.Flags().StringVar(&f.to, "to", "", "last day; today without it")
	cmd.Flags().StringVar(&f.out, "out", "", "a file to write: .csv or .pdf; - writes CSV to the output")
	cmd.Flags().BoolVar(&f.excel, "excel", false, "CSV for a Polish spreadsheet")
	return cmd
}

func (c *cli) statement(ctx context.Context, a *app, text string, f statementFlags) error {
	from, to, err := statementPeriod(a, f)
	if err != nil {
		return &usageError{err}
	}
	who, err := c.findAccount(ctx, a, text, f.feedFlags)
	if err != nil {
		return err
	}
	s, err := a.store.Statement(ctx, who.ID, from, to, a.config().Timezone.Location())
	if err != nil {
		return err
	}
	d := document{who: who, Statement: s, c: c}
	switch {
	case c.json:
		return c.printJSON(d.data())
	case f.out == "-":
		return d.csv(c.out, f.excel)
	case strings.HasSuffix(strings.ToLower(f.out), ".csv"):
		return toFile(f.out, func(w io.Writer) error { return d.csv(w, f.excel) })
	case strings.HasSuffix(strings.ToLower(f.out), ".pdf"):
		return toFile(f.out, d.pdf)
	case f.out != "":
		return &usageError{fmt.Errorf("--out %s: the file has to end with .csv or .pdf", f.out)}
	}
	d.show()
	return nil
}

// statementPeriod is from the first of the month until today, as far as nothing else is
// said.
func statementPeriod(a *app, f statementFlags) (from, to loyalty.Date, err error) {
	to = a.today()
	if f.to != "" {
		if to, err = loyalty.ParseDate(f.to); err != nil {
			return from, to, fmt.Errorf("--to: %w", err)
		}
	}
	from = to.AddDays(1 - to.Time().Day())
	if f.from != "" {
		if from, err = loyalty.ParseDate(f.from); err != nil {
			return from, to, fmt.Errorf("--from: %w", err)
		}
	}
	if from > to {
		return from, to, errors.New("--from is after --to")
	}
	return from, to, nil
}

// toFile writes a new file, or takes it away again when that fails.
func toFile(name string, write func(io.Writer) error) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the person names the file
	if errors.Is(err, os.ErrExist) {
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: name + " exists already", Hint: "name a file that does not exist"}
	}
	if err != nil {
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: "the file of --out cannot be written", Hint: "check the folder and who may write it", Err: err}
	}
	if err = errors.Join(write(file), file.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

// document is a statement as it is told to somebody.
type document struct {
	loyalty.Statement

	who account
	c   *cli
}

// statementResult is a statement as data; points are decimals as text.
type statementResult struct {
	Contractor string            `json:"contractor"`
	Name       string            `json:"name"`
	Source     string            `json:"source"`
	Program    string            `json:"program"`
	From       loyalty.Date      `json:"from"`
	To         loyalty.Date      `json:"to"`
	Opening    string            `json:"opening"`
	Earned     string            `json:"earned"`
	Reversed   string            `json:"reversed"`
	Spent      string            `json:"spent"`
	Adjusted   string            `json:"adjusted"`
	Lapsed     string            `json:"lapsed"`
	Closing    string            `json:"closing"`
	Lines      []statementedLine `json:"lines"`
}

type statementedLine struct {
	On loyalty.Date `json:"on"`
	// Concerns is the day of what was found after its period was closed.
	Concerns loyalty.Date          `json:"concerns,omitzero"`
	Kind     loyalty.StatementKind `json:"kind"`
	Number   string                `json:"number"`
	Reason   string                `json:"reason"`
	Points   string                `json:"points"`
}

func (d document) text(p loyalty.Points) string { return p.Format(d.who.program.Decimals) }

func (d document) data() statementResult {
	t := d.Totals
	out := statementResult{
		Contractor: d.who.Code, Name: d.who.Name, Source: d.who.Source, Program: d.who.program.Name, From: d.From, To: d.To,
		Opening: d.text(d.Opening), Earned: d.text(t.Earned), Reversed: d.text(t.Reversed), Spent: d.text(t.Spent), Adjusted: d.text(t.Adjusted),
		Lapsed: d.text(t.Lapsed), Closing: d.text(d.Closing), Lines: []statementedLine{},
	}
	for _, l := range d.Lines {
		out.Lines = append(out.Lines, statementedLine{l.On, l.Concerns, l.Kind, l.Number, l.Reason, d.text(l.Points)})
	}
	return out
}

// total is one row of the totals, in words.
type total struct {
	label  string
	points loyalty.Points
}

func (d document) totals() []total {
	t, tr := d.Totals, d.c.tr
	return []total{
		{tr("before", "stan na początek"), d.Opening},
		{tr("earned", "naliczone"), t.Earned},
		{tr("taken back", "cofnięte"), t.Reversed},
		{tr("spent", "wydane"), t.Spent},
		{tr("changed by hand", "korekty ręczne"), t.Adjusted},
		{tr("lapsed", "wygasłe"), t.Lapsed},
		{tr("left", "stan na koniec"), d.Closing},
	}
}

func (d document) kind(k loyalty.StatementKind) string {
	tr := d.c.tr
	return map[loyalty.StatementKind]string{
		loyalty.StatementEarned: tr("earned", "naliczone"), loyalty.StatementReversed: tr("taken back", "cofnięte"), loyalty.StatementSpent: tr("spent", "wydane"),
		loyalty.StatementAdjusted: tr("changed by hand", "korekta ręczna"), loyalty.StatementLapsed: tr("lapsed", "wygasłe"),
	}[k]
}

// about is the document's number, or why it was done, and the day of what was found after
// its period was closed.
func (d document) about(l loyalty.StatementLine) string {
	return strings.Join(slices.DeleteFunc([]string{l.Number, l.Reason, d.concerns(l)}, func(s string) bool { return s == "" }), " ")
}

func (d document) concerns(l loyalty.StatementLine) string {
	if l.Concerns == loyalty.NoDate {
		return ""
	}
	return fmt.Sprintf(d.c.tr("(of %s, a closed period)", "(z dnia %s, okres zamknięty)"), loyalty.FormatDate(l.Concerns, d.c.language()))
}

func (d document) period() string {
	lang := d.c.language()
	return loyalty.FormatDate(d.From, lang) + " – " + loyalty.FormatDate(d.To, lang)
}

// show prints a statement.
func (d document) show() {
	c, lang, decimals := d.c, d.c.language(), d.who.program.Decimals
	c.sayWho(d.who)
	c.say("%s", d.period())
	t := newTable(c.out)
	for _, row := range d.totals() {
		t.row(row.label, loyalty.FormatPoints(row.points, decimals, lang))
	}
	t.flush()
	if len(d.Lines) == 0 {
		return
	}
	c.say("")
	t = newTable(c.out, c.tr("DATE", "DATA"), c.tr("WHAT", "CO"), c.tr("DOCUMENT", "DOKUMENT"), c.tr("POINTS", "PUNKTY"))
	for _, l := range d.Lines {
		t.row(loyalty.FormatDate(l.On, lang), d.kind(l.Kind), plain(d.about(l)), loyalty.FormatPoints(l.Points, decimals, lang))
	}
	t.flush()
}

// csv writes the lines between what was before and what is left. For a Polish
// spreadsheet it has a byte order mark, semicolons and decimal commas.
func (d document) csv(to io.Writer, excel bool) error {
	number := d.text
	w := csv.NewWriter(to)
	if excel {
		w.Comma, w.UseCRLF = ';', true
		number = func(p loyalty.Points) string { return strings.Replace(d.text(p), ".", ",", 1) }
		if _, err := io.WriteString(to, "\ufeff"); err != nil {
			return fmt.Errorf("write the statement: %w", err)
		}
	}
	tr := d.c.tr
	rows := [][]string{
		{tr("date", "data"), tr("what", "co"), tr("document", "dokument"), tr("reason", "powód"), tr("points", "punkty")},
		{d.From.String(), tr("before", "stan na początek"), "", "", number(d.Opening)},
	}
	for _, l := range d.Lines {
		rows = append(rows, []string{l.On.String(), d.kind(l.Kind), inert(l.Number), inert(strings.TrimSpace(l.Reason + " " + d.concerns(l))), number(l.Points)})
	}
	rows = append(rows, []string{d.To.String(), tr("left", "stan na koniec"), "", "", number(d.Closing)})
	if err := w.WriteAll(rows); err != nil {
		return fmt.Errorf("write the statement: %w", err)
	}
	return nil
}

// inert keeps a text from being taken for a formula by a spreadsheet.
func inert(text string) string {
	if text != "" && strings.ContainsAny(text[:1], "=+-@\t\r") {
		return "'" + text
	}
	return text
}
