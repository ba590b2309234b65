package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/loyalty"
)

// feedFlags narrow a look-up to a source and a program.
type feedFlags struct{ source, program string }

func (f *feedFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.source, "source", "", "only of this source")
	cmd.Flags().StringVar(&f.program, "program", "", "only of this program")
}

func (f feedFlags) query(text string) loyalty.Query {
	return loyalty.Query{Text: text, Source: f.source, Program: f.program}
}

// check refuses names that the configuration does not know.
func (f feedFlags) check(a *app) error {
	names := settings(a.config()).Names
	for _, x := range []struct {
		flag, value string
		known       []string
	}{{"source", f.source, names.Sources}, {"program", f.program, names.Programs}} {
		if x.value != "" && !slices.Contains(x.known, x.value) {
			return &loyalty.Error{
				Code: loyalty.CodeInvalid, Message: fmt.Sprintf("there is no %s %q", x.flag, x.value), Hint: "there are: " + strings.Join(x.known, ", "),
			}
		}
	}
	return nil
}

// today is the business day.
func (a *app) today() loyalty.Date { return loyalty.DateIn(a.now(), a.config().Timezone.Location()) }

// programs are the programs of the store by number.
func (a *app) programs(ctx context.Context) (map[int64]loyalty.ProgramOverview, error) {
	list, err := a.store.Programs(ctx)
	out := make(map[int64]loyalty.ProgramOverview, len(list))
	for _, p := range list {
		out[p.ID] = p
	}
	return out, err
}

// account is the one contractor that a person means, with its program.
type account struct {
	loyalty.ContractorOverview
	program loyalty.ProgramOverview
	merged  mergedWith
}

// findAccount looks a contractor up by code in any case, key, card, tax number or
// whole name. Nobody, or more than one, is an error with CodeInvalid; those it
// may have been are listed on stderr.
func (c *cli) findAccount(ctx context.Context, a *app, text string, f feedFlags) (account, error) {
	if err := f.check(a); err != nil {
		return account{}, err
	}
	programs, err := a.programs(ctx)
	if err != nil {
		return account{}, err
	}
	found, err := a.store.FindContractors(ctx, f.query(text), a.today())
	if err != nil {
		return account{}, err
	}
	var exact []loyalty.ContractorOverview
	for _, o := range found {
		if meant(o, text) {
			exact = append(exact, o)
		}
	}
	switch {
	case len(exact) == 1:
		merged, err := a.mergedWith(ctx, exact[0].ID)
		return account{exact[0], programs[exact[0].Program], merged}, err
	case len(exact) > 1:
		return account{}, c.whichOf(exact, programs, fmt.Sprintf("%q is more than one contractor", text), "say which: by its key, or with --source and --program")
	case len(found) > 0:
		return account{}, c.whichOf(found, programs, fmt.Sprintf("there is no contractor %q", text), "write the whole code, key, card or name; do you mean one of these?")
	}
	return account{}, &loyalty.Error{
		Code: loyalty.CodeNotFound, Message: fmt.Sprintf("there is no contractor %q", text),
		Hint: "write the code as in the ERP; contractors are read by jobs of the kind contractors and points",
	}
}

// meant says whether a text names a contractor, and not only a part of its name.
func meant(o loyalty.ContractorOverview, text string) bool {
	text = strings.TrimSpace(text)
	if text == o.Key {
		return true
	}
	for _, name := range []string{o.Code, o.Card, o.TaxID, o.Name} {
		if name != "" && strings.EqualFold(name, text) {
			return true
		}
	}
	return false
}

func (c *cli) whichOf(list []loyalty.ContractorOverview, programs map[int64]loyalty.ProgramOverview, message, hint string) error {
	err := &loyalty.Error{Code: loyalty.CodeInvalid, Message: message, Hint: hint}
	report(c.err, err)
	t := newTable(c.err, c.tr("CODE", "KOD"), c.tr("KEY", "KLUCZ"), c.tr("NAME", "NAZWA"), c.tr("SOURCE", "ŹRÓDŁO"), c.tr("PROGRAM", "PROGRAM"))
	for _, o := range list {
		t.row(o.Code, o.Key, o.Name, o.Source, programs[o.Program].Name)
	}
	t.flush()
	return errors.Join(err, errSilent)
}

// momentLayouts are how people write a moment on their own clock.
var momentLayouts = []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"}

// parseMoment reads RFC 3339, or a local date and time of a zone.
func parseMoment(text string, zone *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	for _, layout := range momentLayouts {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf(`%q is not a moment like "2026-01-31 18:30" or 2026-01-31T17:30:00Z`, text)
}
