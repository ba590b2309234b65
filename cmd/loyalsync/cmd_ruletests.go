package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/rules"
	"github.com/loyalsync/loyalsync/mapping"
)

func (c *cli) ruleTestsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "test", Short: "Run the tests of the rules", Args: cobra.NoArgs,
		Long: "Runs the tests that stand beside rules (tests:), each a sale and the points it must give,\nthrough the function that posts points. Exit code 3 when one fails.",
		RunE: func(*cobra.Command, []string) error { return c.ruleTests() },
	}
}

// ruleTestResult is one test of rules, as data.
type ruleTestResult struct {
	Program string   `json:"program"`
	File    string   `json:"file,omitempty"`
	Test    string   `json:"test"`
	OK      bool     `json:"ok"`
	Faults  []string `json:"faults,omitempty"`
	words   string
}

func (c *cli) ruleTests() error {
	file, err := c.load()
	if err != nil {
		return err
	}
	results := []ruleTestResult{}
	for _, p := range file.Config.Programs {
		for _, v := range ruleVersions(file.Config, p) {
			found, err := c.runRuleTests(file.Config, p, v)
			if err != nil {
				return err
			}
			results = append(results, found...)
		}
	}
	failed := 0
	for _, r := range results {
		if !r.OK {
			failed++
		}
	}
	if c.json {
		err = c.printJSON(results)
	} else {
		c.sayRuleTests(results, failed)
	}
	if failed > 0 {
		return errors.Join(err, errNo, errSilent)
	}
	return err
}

func (c *cli) sayRuleTests(results []ruleTestResult, failed int) {
	if len(results) == 0 {
		c.say("%s", c.tr("there are no tests; write them under tests: beside the rules, each with a sale and its points",
			"nie ma testów; zapisz je pod tests: obok zasad, każdy ze sprzedażą i jej punktami"))
		return
	}
	for _, r := range results {
		where := r.Program
		if r.File != "" {
			where += ": " + r.File
		}
		word := "ok  "
		if !r.OK {
			word = c.tr("FAIL", "BŁĄD")
		}
		c.say("%s %s: %s", word, where, r.Test)
		for _, f := range r.Faults {
			c.say("     %s", f)
		}
		if !r.OK {
			c.sayIndented(r.words)
		}
	}
	c.say(c.tr("%d tests, %d failed", "testy: %d, nieudane: %d"), len(results), failed)
}

// runRuleTests runs the tests of one rule set.
func (c *cli) runRuleTests(cfg *config.Config, p config.Program, v ruleVersion) ([]ruleTestResult, error) {
	set, faults := rules.Compile(v.set, mapping.RuleConditions{})
	if len(faults) > 0 { // load has told them already
		return nil, fmt.Errorf("rules of program %s: %s", p.Name, faults[0].Message)
	}
	results := make([]ruleTestResult, 0, len(v.tests))
	for _, t := range v.tests {
		sale := testSale(cfg, p, t.Sale)
		r := ruleTestResult{Program: p.Name, File: v.file, Test: t.Name, words: set.Explain(sale).Words(c.language())}
		r.Faults = c.compare(t, v.set, set.Score(sale))
		r.OK = len(r.Faults) == 0
		results = append(results, r)
	}
	return results, nil
}

// compare says where the points of a sale differ from those that a test wants.
func (c *cli) compare(t config.RuleTest, def loyalty.RuleSet, awards []rules.Award) (faults []string) {
	byRule, total := make(map[string]loyalty.Points), loyalty.Points(0)
	for _, a := range awards {
		byRule[def.Rules[a.Rule].Name] += a.Points
		total += a.Points
	}
	differ := func(what string, want decimal.Decimal, got loyalty.Points) {
		if !want.Equal(decimal.New(int64(got), -int32(def.Decimals))) { //nolint:gosec // decimals are 0-3
			faults = append(faults, fmt.Sprintf(c.tr("%s: want %s, got %s", "%s: ma być %s, jest %s"), what, want, got.Format(def.Decimals)))
		}
	}
	differ(c.tr("points", "punkty"), t.Points, total)
	for _, name := range slices.Sorted(maps.Keys(t.Rules)) {
		want, err := decimal.NewFromString(t.Rules[name])
		switch {
		case err != nil:
			faults = append(faults, fmt.Sprintf(c.tr("%s: %q is not a number", "%s: %q nie jest liczbą"), name, t.Rules[name]))
		case !slices.ContainsFunc(def.Rules, func(r loyalty.Rule) bool { return r.Name == name }):
			faults = append(faults, fmt.Sprintf(c.tr("there is no rule %s", "nie ma zasady %s"), name))
		default:
			differ(name, want, byRule[name])
		}
	}
	return faults
}

// testSale is the sale of a test as the rules see it.
func testSale(cfg *config.Config, p config.Program, t config.TestSale) rules.Sale {
	sale := rules.Sale{
		Source: t.Source, Date: date(t.Date), Currency: cmp.Or(t.Currency, p.Currency), Rate: t.Rate, Return: t.Return,
		Facts: rules.Facts{
			Class: t.Class, Store: t.Store, Channel: t.Channel, PaymentForm: t.PaymentForm, Time: loyalty.TimeOfDay(t.Time),
			Contractor: loyalty.Inputs{Group: t.Group, Attributes: t.Attributes, Card: t.Card, Tier: t.Tier, First: t.First},
		},
	}
	if i := slices.IndexFunc(cfg.Mappings, func(m config.Mapping) bool { return m.Program == p.Name }); i >= 0 && sale.Source == "" {
		sale.Source = cfg.Mappings[i].Source
	}
	for i, l := range t.Lines {
		sale.Lines = append(sale.Lines, loyalty.Line{
			ID: fmt.Sprint(i + 1), No: i + 1, Kind: loyalty.LineKind(l.Kind), Code: l.Code, Name: l.Name, Group: l.Group,
			Quantity: l.Quantity, Unit: l.Unit, Net: l.Net, Gross: l.Gross, Discount: l.Discount, Discounted: l.Discounted || l.Discount.IsPositive(), Attributes: l.Attributes,
		})
	}
	return sale
}
