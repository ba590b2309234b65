package config

import (
	"regexp"
	"strings"

	"github.com/shopspring/decimal"
)

func programNames(c *Config) []string {
	names := make([]string, len(c.Programs))
	for i, p := range c.Programs {
		names[i] = p.Name
	}
	return names
}

func (k checker) mapping(m *Mapping, path string) {
	k.refers(path+".source", "source", m.Source, sourceNames(k.c))
	k.refers(path+".program", "program", m.Program, programNames(k.c))
	overridden := map[string]bool{}
	for i, o := range m.Overrides {
		at := at(path+".overrides", i)
		if overridden[o.Contractor] {
			k.faultAt(at+".contractor", k.quote(at+".contractor", o.Contractor)+" has two overrides", "write one with both keys")
		}
		overridden[o.Contractor] = true
		if o.EarnFrom == "" && o.PointsToContractor == "" {
			k.faultAt(at, "changes nothing", "write earn_from or points_to_contractor")
		}
	}
	groups := make([]string, len(m.ItemGroups))
	for i, g := range m.ItemGroups {
		groups[i] = g.Name
		if len(g.Items) == 0 && len(g.ERPGroups) == 0 {
			k.faultAt(at(path+".item_groups", i), "holds no items", "write items or erp_groups")
		}
	}
	k.names(path+".item_groups", groups, false)
	channels := make([]string, len(m.Channels))
	for i, c := range m.Channels {
		channels[i] = c.Name
	}
	k.names(path+".channels", channels, false)
}

// uniquePairs allows one mapping for a source and a program.
func (k checker) uniquePairs() {
	seen := map[[2]string]bool{}
	for i, m := range k.c.Mappings {
		pair := [2]string{m.Source, m.Program}
		if seen[pair] && m.Source != "" && m.Program != "" {
			path := at("mappings", i)
			k.faultAt(path, "source "+k.quote(path+".source", m.Source)+" and program "+k.quote(path+".program", m.Program)+" are joined twice", "keep one mapping of the two")
		}
		seen[pair] = true
	}
}

var currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)

func (k checker) program(p *Program, path string) {
	k.refers(path+".home", "platform", p.Home, platformNames(k.c))
	if p.Currency != "" && !currencyPattern.MatchString(p.Currency) {
		k.faultAt(path+".currency", k.quote(path+".currency", p.Currency)+" is not a currency", "write its three capital letters, for example PLN")
	}
	k.between(path+".points.decimals", p.Points.Decimals, 0, 3)
	k.lapse(&p.Lapse, path+".lapse")
	k.activate(p, p.Activate, path+".activate")
	k.notNegative(path+".approve_above", p.ApproveAbove)
	k.redemption(p, path+".redemption")
	if k.heldElsewhere(p) {
		k.noEffect(path, "where home is another host: say it there", map[string]bool{
			"debt": p.Debt != "unlimited", "redemption": p.Redemption != nil, "approve_above": !p.ApproveAbove.IsZero(),
		})
	}
	share := p.Guard.MaxReversed.Value
	if !share.IsPositive() || share.GreaterThan(decimal.NewFromInt(100)) {
		k.faultAt(path+".guard.max_reversed", p.Guard.MaxReversed.String()+" is not above 0% and up to 100%", "write for example 20%")
	}
	k.notNegative(path+".guard.min_points", p.Guard.MinPoints)
	names := make([]string, len(p.Rules))
	for i := range p.Rules {
		names[i] = p.Rules[i].Name
		k.rule(p, &p.Rules[i], at(path+".rules", i))
	}
	k.names(path+".rules", names, true)
}

func (k checker) lapse(l *Lapse, path string) {
	ways := 0
	for _, said := range []bool{!l.After.IsZero(), l.Yearly != "", l.Date != ""} {
		if said {
			ways++
		}
	}
	if ways > 1 {
		k.faultAt(path, "says more than once when points lapse", "keep one of after, yearly and date")
	}
	if !l.KeepAtLeast.IsZero() && l.Yearly == "" {
		k.faultAt(path+".keep_at_least", "has no effect without yearly", "remove it, or write yearly")
	}
}

// activate checks that what points wait for will come.
func (k checker) activate(p *Program, a Activate, path string) {
	if _, said := k.places[path+".after"]; a.When == "" && !said {
		k.faultAt(path, "does not say when points become active", "write released, paid or {after: 14d}")
	}
	if !a.Paid() {
		return
	}
	for _, m := range k.c.Mappings {
		for _, s := range k.c.Sources {
			if m.Program == p.Name && s.Name == m.Source && s.Connector == Optima && (s.Optima == nil || s.Optima.Settlement == "") {
				k.faultAt(path, "source "+show(s.Name)+" does not say which documents are paid, so no points would become active", "write optima.settlement in the source, or activate: released")
			}
		}
	}
}

// heldElsewhere says whether the points of a program are held by another host.
func (k checker) heldElsewhere(p *Program) bool {
	for _, x := range k.c.Platforms {
		if x.Name == p.Home {
			return x.Kind == HTTPPlatform
		}
	}
	return false
}

func (k checker) redemption(p *Program, path string) {
	r := p.Redemption
	if r == nil {
		return
	}
	for key, n := range map[string]decimal.Decimal{
		"point_worth": r.PointWorth, "minimum": r.Minimum, "maximum": r.Maximum, "max_per_day": r.MaxPerDay, "max_per_month": r.MaxPerMonth,
	} {
		k.notNegative(path+"."+key, n)
	}
	if r.Maximum.IsPositive() && r.Maximum.LessThan(r.Minimum) {
		k.faultAt(path+".maximum", r.Maximum.String()+" is below minimum", "write "+r.Minimum.String()+" or more")
	}
	if r.MaxOfBill.Value.GreaterThan(decimal.NewFromInt(100)) {
		k.faultAt(path+".max_of_bill", r.MaxOfBill.String()+" is above 100%", "write for example 50%")
	}
	if r.Hold <= 0 {
		k.faultAt(path+".hold", "holds nothing", "write for example 15m")
	}
	for i, w := range r.Worths {
		at := at(path+".worths", i)
		k.notNegative(at+".point_worth", w.PointWorth)
		if w.Group == "" && w.Card == "" {
			k.faultAt(at, "says for nobody what points are worth", "write group or card; point_worth of redemption is for everybody else")
		}
	}
	for i, name := range r.Only {
		k.refersToGroup(p, name, at(path+".only", i))
	}
	for i, name := range r.Never {
		k.refersToGroup(p, name, at(path+".never", i))
	}
}

func (k checker) notNegative(path string, n decimal.Decimal) {
	if n.IsNegative() {
		k.faultAt(path, n.String()+" is negative", "write zero or more")
	}
}

func (k checker) rule(p *Program, r *Rule, path string) {
	if !r.Per.IsPositive() {
		k.faultAt(path+".per", r.Per.String()+" is not positive", "write the money or the quantity that earns once")
	}
	byTable := r.Table != "" || r.PointsFrom != ""
	_, saidPer := k.places[path+".per"]
	_, said := k.places[path+".points"]
	if r.bySlabs() {
		k.noEffect(path, "with calculate_on quantity_slab, where slabs give the points of each unit", map[string]bool{"points": said, "per": saidPer})
	} else {
		k.noEffect(path, "without calculate_on: quantity_slab", map[string]bool{
			"slabs": len(r.Slabs) > 0, "slab_mode": r.SlabMode != "", "slab_over": r.SlabOver != "",
		})
	}
	if byTable && said {
		k.faultAt(path+".points", "has no effect where each item has points of its own", "remove points, or table and points_from")
	}
	switch {
	case r.bySlabs(), byTable:
	case !byTable && !said:
		k.faultAt(path+".points", "is missing", "points: how many points each per earns")
	case said && !r.Points.IsPositive():
		k.faultAt(path+".points", r.Points.String()+" is not positive", "write how many points each per earns")
	}
	k.notNegative(path+".min_document", r.MinDocument)
	k.notNegative(path+".max_points", r.MaxPoints)
	k.noEffect(path, "without min_document", map[string]bool{
		"min_document_on": r.MinOn != "" && r.MinDocument.IsZero(), "min_document_of": r.MinOf != "" && r.MinDocument.IsZero(),
	})
	if r.From != "" && r.To != "" && r.To < r.From {
		k.faultAt(path+".to", string(r.To)+" is before from", "write a date that is not before "+string(r.From))
	}
	items, group := len(r.Items) > 0, r.ItemGroup != ""
	switch {
	case r.BasedOn == "item" && !items && !byTable:
		k.faultAt(path+".items", "is missing", `items: the codes of the items, for example ["WINE-*"]`)
	case r.BasedOn == "item_group" && !group:
		k.faultAt(path+".item_group", "is missing", "item_group: the name of an item group of a mapping")
	}
	if r.BasedOn != "" {
		k.noEffect(path, "with based_on "+r.BasedOn, map[string]bool{
			"items": items && r.BasedOn != "item", "item_group": group && r.BasedOn != "item_group",
		})
	}
	if group && r.BasedOn == "item_group" {
		k.refersToGroup(p, r.ItemGroup, path+".item_group")
	}
}

// refersToGroup checks that a mapping of the program has the item group of a name.
func (k checker) refersToGroup(p *Program, name, path string) {
	var names []string
	for _, m := range k.c.Mappings {
		if m.Program != p.Name {
			continue
		}
		for _, g := range m.ItemGroups {
			if g.Name == name {
				return
			}
			names = append(names, g.Name)
		}
	}
	hint := didYouMean(name, names)
	if len(names) == 0 {
		hint = "add it to item_groups of a mapping of program " + strings.TrimSpace(p.Name)
	}
	k.faultAt(path, "there is no item group called "+k.quote(path, name), hint)
}
