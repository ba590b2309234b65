package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/loyalty"
)

// ruleVersion is one rule set of a program, and where it is written.
type ruleVersion struct {
	set      loyalty.RuleSet
	path     string // under the program: "" for rules in the configuration itself
	file     string // of the rules, "" for the configuration itself
	excludes bool   // the file says itself what earns under no rule
	caps     bool   // the file has caps of its own
	tests    []config.RuleTest
}

// placed gives a fault of the rule set its path under the program: what a file of
// rules does not say is written in the program.
func (v ruleVersion) placed(f loyalty.Fault) loyalty.Fault {
	head, _, _ := strings.Cut(f.Path, ".")
	head, _, _ = strings.Cut(head, "[")
	if v.path != "" && (head == "rules" || head == "exclude" && v.excludes || head == "caps" && v.caps) {
		f.Path = join(v.path, f.Path)
	}
	return f
}

// ruleVersions are the rule sets of a program by their days, the oldest first. One
// that could not be read is left out: that is a fault of its own.
func ruleVersions(c *config.Config, p config.Program) []ruleVersion {
	if len(p.RuleSets) == 0 {
		set := programRules(c, p)
		set.ValidFrom = date(p.RulesFrom)
		addRules(&set, p.Rules, p.Exclude)
		return []ruleVersion{{set: set, tests: p.Tests}}
	}
	var versions []ruleVersion
	for i, s := range p.RuleSets {
		if s.Content == nil {
			continue
		}
		set := programRules(c, p)
		set.ValidFrom = date(s.ValidFrom)
		set.Rounding = cmp.Or(loyalty.Rounding(s.Content.Rounding), set.Rounding)
		set.RoundedPer = cmp.Or(loyalty.RoundedPer(s.Content.RoundedPer), set.RoundedPer)
		set.Stacking = cmp.Or(loyalty.Stacking(s.Content.Stacking), set.Stacking)
		addRules(&set, s.Content.Rules, s.Content.Exclude)
		v := ruleVersion{path: fmt.Sprintf("rule_sets[%d]", i), file: string(s.File), excludes: !set.Exclude.IsZero(), tests: s.Content.Tests}
		if s.Content.Lapse != nil {
			own := lapse(*s.Content.Lapse)
			set.Lapse = &own
		}
		if s.Content.Activate != nil {
			set.Activate = activation(*s.Content.Activate)
		}
		if v.caps = s.Content.Caps != (config.Caps{}); v.caps {
			set.Caps = caps(s.Content.Caps)
		}
		if !v.excludes {
			set.Exclude = exclusions(p.Exclude)
		}
		v.set = set
		versions = append(versions, v)
	}
	slices.SortFunc(versions, func(a, b ruleVersion) int { return cmp.Compare(a.set.ValidFrom, b.set.ValidFrom) })
	return versions
}

// programRuleSets are the rule sets of a program, the oldest first.
func programRuleSets(c *config.Config, p config.Program) []loyalty.RuleSet {
	var sets []loyalty.RuleSet
	for _, v := range ruleVersions(c, p) {
		sets = append(sets, v.set)
	}
	return sets
}

// programRules is a rule set without rules: what the program says, and the item
// groups of its mappings, which are pinned with the rules.
func programRules(c *config.Config, p config.Program) loyalty.RuleSet {
	set := loyalty.RuleSet{
		Currency: p.Currency, Decimals: p.Points.Decimals,
		Rounding: loyalty.Rounding(p.Points.Rounding), RoundedPer: loyalty.RoundedPer(p.Points.RoundedPer),
		Stacking: loyalty.Stacking(p.Stacking), UnlinkedReturns: loyalty.UnlinkedReturns(p.UnlinkedReturns), Caps: caps(p.Caps),
		ItemGroups: make(map[string][]loyalty.ItemGroup),
	}
	if p.OtherCurrency == string(loyalty.ERPRate) { // the default is left out, so that stored rule sets stay the same
		set.OtherCurrency = loyalty.ERPRate
	}
	set.Activate = activation(p.Activate)
	set.EarnOnRedeemed = p.Redemption != nil && p.Redemption.EarnOnRedeemed
	for _, m := range c.Mappings {
		if m.Program == p.Name && len(m.ItemGroups) > 0 {
			set.ItemGroups[m.Source] = itemGroups(m)
		}
	}
	return set
}

func addRules(set *loyalty.RuleSet, rules []config.Rule, exclude config.Exclude) {
	for _, r := range rules {
		rule := loyalty.Rule{
			Name: r.Name, Title: loyalty.Title(r.Title), BasedOn: loyalty.Basis(r.BasedOn), CalculateOn: loyalty.Measure(r.CalculateOn),
			Items: r.Items, ItemGroup: r.ItemGroup, Per: r.Per, Points: r.Points, From: date(r.From), To: date(r.To), MinDocument: r.MinDocument,
			PointsFrom: r.PointsFrom, MinOn: loyalty.Measure(r.MinOn), MinOf: loyalty.MinimumOf(r.MinOf), Max: r.MaxPoints, Caps: ruleCaps(r.Caps), When: r.When, Where: r.Where,
			SlabMode: loyalty.SlabMode(r.SlabMode), SlabOver: loyalty.RoundedPer(r.SlabOver),
		}
		for _, s := range r.Slabs {
			rule.Slabs = append(rule.Slabs, loyalty.Slab{From: s.From, Points: s.Points})
		}
		if r.Table != "" {
			rule.Table = tableOf(set, r.TableItems)
		}
		for _, m := range r.Multiply {
			rule.Multiply = append(rule.Multiply, loyalty.Multiplier{When: m.When, By: m.By})
		}
		set.Rules = append(set.Rules, rule)
	}
	set.Exclude = exclusions(exclude)
}

func caps(c config.Caps) loyalty.Caps {
	return loyalty.Caps{Document: c.Document, Day: c.Day, Month: c.Month, Year: c.Year, Budget: c.Budget}
}

func ruleCaps(c config.RuleCaps) loyalty.Caps {
	return loyalty.Caps{Day: c.Day, Month: c.Month, Year: c.Year, Budget: c.Budget}
}

func exclusions(e config.Exclude) loyalty.Exclude {
	out := loyalty.Exclude{Items: e.Items, ItemGroups: e.ItemGroups, Discounted: e.Discounted, Where: e.Where}
	for _, kind := range e.Kinds {
		out.Kinds = append(out.Kinds, loyalty.LineKind(kind))
	}
	return out
}

// tableOf adds a table to a rule set and returns its hash.
func tableOf(set *loyalty.RuleSet, items []config.Item) string {
	table := make(loyalty.ItemTable, len(items))
	for i, row := range items {
		table[i] = loyalty.ItemPoints{Code: row.Code, Points: row.Points, Per: row.Per, From: date(row.From), To: date(row.To)}
	}
	if set.Tables == nil {
		set.Tables = make(map[string]loyalty.ItemTable)
	}
	hash := table.Hash()
	set.Tables[hash] = table
	return hash
}
