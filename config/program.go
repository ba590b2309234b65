package config

import (
	"time"

	"github.com/shopspring/decimal"
)

// Program is one loyalty program. Points in rules are whole points, not smallest
// units; money is in Currency.
type Program struct {
	Name            string          `yaml:"name" required:"true" desc:"Name of the program; stored with every entry, so it never changes."`
	Home            string          `yaml:"home" desc:"The platform where points are held, spent and lapse."`
	Currency        string          `yaml:"currency" required:"true" desc:"ISO 4217 code."`
	OtherCurrency   string          `yaml:"other_currency" enum:"reject,erp_rate" desc:"Documents in another currency: no points, or by the ERP's rate."`
	Points          PointsShape     `yaml:"points" desc:"How points are counted."`
	Redemption      *Redemption     `yaml:"redemption" desc:"What points are worth when spent."`
	Debt            string          `yaml:"debt" enum:"unlimited,within_balance,pending_only" desc:"Points taken back after they were spent: owed; taken from other points and the rest written off; or written off."`
	ApproveAbove    decimal.Decimal `yaml:"approve_above" desc:"Adjustments and transfers of more points wait for a second person; 0 is no limit."`
	Lapse           Lapse           `yaml:"lapse" desc:"When points lapse, {} is never; points keep what held when they were given, and files of rule_sets may say their own."`
	Buffered        string          `yaml:"buffered" enum:"pending,ignore" desc:"Documents in the buffer: pending points, or none."`
	ShowPending     bool            `yaml:"show_pending" desc:"Show pending points to members."`
	Activate        Activate        `yaml:"activate" desc:"When points of a released document become active: released, paid, or {after: 14d}; points keep what held when they were given, and files of rule_sets may say their own."`
	Stacking        string          `yaml:"stacking" enum:"sum,best,first,exclusive" desc:"Several rules: all; the best or the first for each line; or one for the whole document, the one that gives most."`
	UnlinkedReturns string          `yaml:"unlinked_returns" enum:"score,match" desc:"Returns that name no original: scored alone, or matched with earlier sales."`
	Guard           Guard           `yaml:"guard" desc:"A run that would take back more than this stops and asks."`
	RulesFrom       Date            `yaml:"rules_from" desc:"From when this rule set is valid; changed rules need a newer date once points are posted."`
	Exclude         Exclude         `yaml:"exclude" desc:"Lines that earn under no rule, beside deposits and components of sets; also for files of rule_sets that exclude nothing."`
	Caps            Caps            `yaml:"caps" desc:"Most points that all rules together give; also for files of rule_sets that say none."`
	Rules           []Rule          `yaml:"rules" desc:"How points are earned."`
	RuleSets        []RuleSet       `yaml:"rule_sets" desc:"Rules in files of their own, by date, instead of rules and rules_from."`
	Tests           []RuleTest      `yaml:"tests" desc:"Sales, and the points they must give under rules: loyalsync config test."`
}

func (p *Program) setDefaults() {
	p.Home, p.OtherCurrency, p.Buffered, p.Stacking, p.UnlinkedReturns, p.Debt = "panel", "reject", "pending", "sum", "score", "unlimited"
	p.Activate = Activate{When: "released"}
}

// PointsShape is how points are counted.
type PointsShape struct {
	Decimals   int    `yaml:"decimals" desc:"Decimals of a point, 0 to 3."`
	Rounding   string `yaml:"rounding" enum:"floor,half_up,half_even,ceil" desc:"What happens to a fraction."`
	RoundedPer string `yaml:"rounded_per" enum:"document,line" desc:"Where rounding happens."`
}

func (p *PointsShape) setDefaults() { *p = PointsShape{Rounding: "floor", RoundedPer: "document"} }

// Redemption is what points are worth when spent, and how many may be. Without it
// points are held and spent without a worth in money.
type Redemption struct {
	PointWorth     decimal.Decimal `yaml:"point_worth" desc:"Money for one point; 0 is none."`
	Worths         []PointWorth    `yaml:"worths" desc:"Money for one point to some contractors; the first that fits holds."`
	Minimum        decimal.Decimal `yaml:"minimum" desc:"Least points to spend at once."`
	Maximum        decimal.Decimal `yaml:"maximum" desc:"Most points to spend at once; 0 is no limit."`
	MaxPerDay      decimal.Decimal `yaml:"max_per_day" desc:"Most points that a contractor may spend on a day; 0 is no limit."`
	MaxPerMonth    decimal.Decimal `yaml:"max_per_month" desc:"Most points that a contractor may spend in a month; 0 is no limit."`
	MaxOfBill      Percent         `yaml:"max_of_bill" desc:"Most of a bill that may be paid with points: 50%."`
	Only           []string        `yaml:"only" noun:"item groups" desc:"Item groups that may be paid with points; all if none is named."`
	Never          []string        `yaml:"never" noun:"item groups" desc:"Item groups that may not be paid with points."`
	Hold           Duration        `yaml:"hold" desc:"How long reserved points wait to be posted."`
	EarnOnRedeemed bool            `yaml:"earn_on_redeemed" desc:"Whether the part of a bill paid with points earns."`
}

// DefaultHold is how long reserved points wait if nothing else is said.
const DefaultHold = Duration(15 * time.Minute)

func (r *Redemption) setDefaults() { r.Hold = DefaultHold }

// PointWorth is what a point is worth to some: those of a group, or with a card.
type PointWorth struct {
	Group      string          `yaml:"group" desc:"Contractor group of the ERP, with the groups below it."`
	Card       string          `yaml:"card" desc:"Card numbers; * and ? are wildcards."`
	PointWorth decimal.Decimal `yaml:"point_worth" required:"true" desc:"Money for one point."`
}

// Lapse is when points lapse: a span after earning, on a day each year, on one
// date, or never.
type Lapse struct {
	After       Span     `yaml:"after" desc:"So long after the document's date: 3y, 6mo, 30d. Points are valid through the end of the last day."`
	Yearly      MonthDay `yaml:"yearly" desc:"Each year on this day: \"12-31\"."`
	KeepAtLeast Span     `yaml:"keep_at_least" desc:"With yearly: points younger than this wait for the next year."`
	Date        Date     `yaml:"date" desc:"All on this date; points earned later do not lapse."`
}

// Activate is when pending points become active: When is "released" or "paid",
// or After is set.
type Activate struct {
	When  string `yaml:"-"`
	After Span   `yaml:"after" desc:"So long after the document's date."`
}

// UnmarshalText reads the words that may stand in place of the section.
func (a *Activate) UnmarshalText(text []byte) error {
	s := string(text)
	if s != "released" && s != "paid" {
		return &valueError{"is not a time of activation", "write released, paid or {after: 14d}"}
	}
	*a = Activate{When: s}
	return nil
}

// Activations are the ways in which points of the program become active, whatever the
// date of a document.
func (p *Program) Activations() []Activate {
	if len(p.RuleSets) == 0 {
		return []Activate{p.Activate}
	}
	var ways []Activate
	for _, s := range p.RuleSets {
		switch {
		case s.Content == nil: // a fault of its own
		case s.Content.Activate != nil:
			ways = append(ways, *s.Content.Activate)
		default:
			ways = append(ways, p.Activate)
		}
	}
	return ways
}

// Paid says whether the points wait for payment.
func (a Activate) Paid() bool { return a.When == "paid" }

// Later says whether points of a released document wait.
func (a Activate) Later() bool { return a.Paid() || !a.After.IsZero() }

// Guard stops a run that takes back too much.
type Guard struct {
	MaxReversed Percent         `yaml:"max_reversed" desc:"Share of pending and active points that one run may take back without a correction."`
	MinPoints   decimal.Decimal `yaml:"min_points" desc:"Below so many points it never stops."`
}

func (g *Guard) setDefaults() {
	*g = Guard{MaxReversed: Percent{decimal.NewFromInt(20)}, MinPoints: decimal.NewFromInt(1000)}
}

// Rule gives Points for every Per of what CalculateOn measures.
type Rule struct {
	Name        string          `yaml:"name" required:"true" desc:"Name of the rule; stored with its entries."`
	Title       Title           `yaml:"title" desc:"What members read: a text, or {pl: …, en: …}."`
	BasedOn     string          `yaml:"based_on" required:"true" enum:"bill,item,item_group" desc:"What the rule looks at."`
	CalculateOn string          `yaml:"calculate_on" required:"true" enum:"gross,net,quantity,quantity_slab" desc:"What it counts."`
	Items       []string        `yaml:"items" noun:"item codes" desc:"based_on item: item codes; * and ? are wildcards."`
	ItemGroup   string          `yaml:"item_group" desc:"based_on item_group: name of a mapping's item group."`
	Per         decimal.Decimal `yaml:"per" desc:"Money or quantity that earns once."`
	Points      decimal.Decimal `yaml:"points" desc:"Points for each per."`
	From        Date            `yaml:"from" desc:"First day the rule is valid."`
	To          Date            `yaml:"to" desc:"Last day the rule is valid."`
	MinDocument decimal.Decimal `yaml:"min_document" desc:"Least value of the document."`
	MinOn       string          `yaml:"min_document_on" enum:"gross,net" desc:"Value that min_document is compared with; otherwise gross."`
	MinOf       string          `yaml:"min_document_of" enum:"document,eligible" desc:"Lines that min_document is compared with: all (the default), or those the rule is about."`
	MaxPoints   decimal.Decimal `yaml:"max_points" desc:"Most points that one document gets of the rule; 0 is no limit."`
	Caps        RuleCaps        `yaml:"caps" desc:"Most points that the rule gives in a time."`
	When        string          `yaml:"when" desc:"Condition on the sale: group, attribute(\"X\"), payment_form, class, store, channel, weekday, month, day, hour, card, tier, first_purchase."`
	Where       string          `yaml:"where" desc:"Condition on a line: code, name, group, unit, kind, discount, discounted, attribute(\"X\")."`
	Slabs       []Slab          `yaml:"slabs" desc:"Steps of quantity, each up to the next; from 1 they count units, from 0 they cut the quantity."`
	SlabMode    string          `yaml:"slab_mode" enum:"graduated,flat" desc:"Each step for its own part (the default), or the step reached for all."`
	SlabOver    string          `yaml:"slab_over" enum:"line,document" desc:"What the steps are counted over: each line (the default), or the rule's lines together."`
	Multiply    []Multiplier    `yaml:"multiply" desc:"Multipliers by condition on the sale; every one that holds multiplies."`
	Table       Path            `yaml:"table" desc:"based_on item: CSV file with the points of single items: code;points;per;from;to."`
	PointsFrom  string          `yaml:"points_from" desc:"based_on item: expression giving the points of a line's item, as in attribute(\"PUNKTY\")."`
	// TableItems are the rows of Table.
	TableItems []Item `yaml:"-"`
}

func (r *Rule) setDefaults() { r.Per = decimal.NewFromInt(1) }

// bySlabs says whether the points stand in slabs.
func (r *Rule) bySlabs() bool { return r.CalculateOn == "quantity_slab" }

// Caps are the most points given in a time; 0 is no limit.
type Caps struct {
	Document decimal.Decimal `yaml:"document" desc:"To one document."`
	Day      decimal.Decimal `yaml:"day" desc:"To one contractor for documents of a day."`
	Month    decimal.Decimal `yaml:"month" desc:"To one contractor for documents of a month."`
	Year     decimal.Decimal `yaml:"year" desc:"To one contractor for documents of a year."`
	Budget   decimal.Decimal `yaml:"budget" desc:"To all contractors together, from the day it is in the rules."`
}

// RuleCaps are the most points that one rule gives in a time; 0 is no limit.
type RuleCaps struct {
	Day    decimal.Decimal `yaml:"day" desc:"To one contractor for documents of a day."`
	Month  decimal.Decimal `yaml:"month" desc:"To one contractor for documents of a month."`
	Year   decimal.Decimal `yaml:"year" desc:"To one contractor for documents of a year."`
	Budget decimal.Decimal `yaml:"budget" desc:"To all contractors together, from the day it is in the rules."`
}

// Exclude names lines that earn under no rule.
type Exclude struct {
	Items      []string `yaml:"items" noun:"item codes" desc:"Item codes; * and ? are wildcards."`
	ItemGroups []string `yaml:"item_groups" noun:"item groups" desc:"Names of item groups of the program's mappings."`
	Kinds      []string `yaml:"kinds" noun:"kinds" desc:"Kinds of lines: service, charge, goods."`
	Discounted bool     `yaml:"discounted" desc:"Lines sold below the list price, as far as the source says."`
	Where      string   `yaml:"where" desc:"Condition on a line, as in a rule."`
}

// Slab is one step of quantity.
type Slab struct {
	From   decimal.Decimal `yaml:"from" required:"true" desc:"Quantity where the step begins."`
	Points decimal.Decimal `yaml:"points" required:"true" desc:"Points for each unit."`
}

// Multiplier changes points where its condition holds.
type Multiplier struct {
	When string          `yaml:"when" required:"true" desc:"Expression."`
	By   decimal.Decimal `yaml:"by" required:"true" desc:"Factor."`
}

// Title is a text for people by language: "pl", "en".
type Title map[string]string

// titleLanguages are the languages of the screens.
var titleLanguages = []string{"pl", "en"}

// UnmarshalText takes one text for every language.
func (t *Title) UnmarshalText(text []byte) error {
	*t = Title{}
	for _, language := range titleLanguages {
		(*t)[language] = string(text)
	}
	return nil
}
