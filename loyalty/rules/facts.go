package rules

import (
	"errors"
	"maps"
	"strings"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Facts are what conditions of rules may ask about a sale, beside its lines.
// Those of the contractor are pinned inputs: the ones of the day on which the
// chain was first given points.
type Facts struct {
	Class       string // of the document, the ERP's own, for example 302 or ARI
	Store       string
	Channel     string
	PaymentForm string
	Time        loyalty.TimeOfDay
	Contractor  loyalty.Inputs // zero when no condition asks for any
}

// Conditions compile the conditions of a rule set. An empty source never comes.
type Conditions interface {
	// Sale compiles a condition on a sale.
	Sale(source string) (SaleCondition, []loyalty.Fault)
	// Line compiles a condition on a line.
	Line(source string) (LineCondition, []loyalty.Fault)
	// Text compiles an expression that gives a text for a line.
	Text(source string) (LineText, []loyalty.Fault)
}

// asked are the facts about a contractor that conditions ask for.
type asked struct {
	group, all bool // all attributes
	first      bool // first_purchase
	tier, card bool
	attributes []string // single ones
}

// asks gathers what the conditions of all rules ask for.
func (s *Set) asks() (a asked) {
	for i := range s.rules {
		for _, c := range s.rules[i].conditions() {
			for _, name := range c.Asks() {
				attribute, single := strings.CutPrefix(name, "attributes.")
				switch {
				case single:
					a.attributes = append(a.attributes, attribute)
				case name == "attributes":
					a.all = true
				case name == "group":
					a.group = true
				case name == "card":
					a.card = true
				case name == "tier":
					a.tier = true
				case name == "first_purchase":
					a.first = true
				}
			}
		}
	}
	return a
}

// AsksFirst says whether some condition asks for first_purchase.
func (s *Set) AsksFirst() bool { return s.asked.first }

// Needed are the facts about a contractor that some condition of the set asks
// for: the others need not be kept (law 11). Nil when none asks for any.
func (s *Set) Needed(all loyalty.Inputs) *loyalty.Inputs {
	if a := &s.asked; !a.group && !a.card && !a.tier && !a.first && !a.all && len(a.attributes) == 0 {
		return nil
	}
	some := s.Over(all, loyalty.Inputs{})
	return &some
}

// Over lays the facts that the set asks for, as they were pinned under it, over
// those of now: one that a contractor did not have then, he does not have.
func (s *Set) Over(pinned, now loyalty.Inputs) loyalty.Inputs {
	if s.asked.group {
		now.Group = pinned.Group
	}
	if s.asked.card {
		now.Card = pinned.Card
	}
	if s.asked.tier {
		now.Tier = pinned.Tier
	}
	if s.asked.first {
		now.First = pinned.First
	}
	switch {
	case s.asked.all:
		now.Attributes = pinned.Attributes
		return now
	case len(s.asked.attributes) == 0:
		return now
	}
	mixed := make(loyalty.Attributes, len(now.Attributes)+len(s.asked.attributes))
	maps.Copy(mixed, now.Attributes)
	for _, name := range s.asked.attributes {
		delete(mixed, name)
		if value, there := pinned.Attributes[name]; there {
			mixed[name] = value
		}
	}
	now.Attributes = mixed
	return now
}

func (r *rule) conditions() (all []SaleCondition) {
	if r.when != nil {
		all = append(all, r.when)
	}
	for _, m := range r.multiply {
		all = append(all, m.when)
	}
	return all
}

// ErrNoTime is why a condition that asks for the hour of a sale cannot be evaluated
// where nobody knows it.
var ErrNoTime = errors.New("the document has no time")

// failure is the reason of a rule whose condition cannot be evaluated.
func failure(err error) loyalty.Reason {
	if errors.Is(err, ErrNoTime) {
		return loyalty.ReasonRuleNoTime
	}
	return loyalty.ReasonRuleFailed
}

// SaleCondition is a condition on a sale. It gives the same answer for the same
// facts for ever, and may be asked by several goroutines at once.
type SaleCondition interface {
	Holds(date loyalty.Date, facts *Facts) (bool, error)
	// Values are the facts that the condition asks for, by the name it uses.
	Values(date loyalty.Date, facts *Facts) map[string]string
	// Asks lists the facts that the condition may ask for: "group",
	// "attributes.NAME" for one attribute, "attributes" for any, and others.
	Asks() []string
}

// LineCondition is a condition on a line.
type LineCondition interface {
	Holds(line *loyalty.Line) (bool, error)
}

// verdict is what is known about a rule and a sale before amounts are looked at.
type verdict struct {
	reason   loyalty.Reason // why the rule does not look at the sale
	failed   string         // the condition that cannot be evaluated, with ReasonRuleFailed and ReasonRuleNoTime
	mul, div num            // of the multipliers that hold
}

// judge asks every rule's dates and conditions once.
func (t *tally) judge() {
	t.verdicts = t.verdicts[:0]
	for r := range t.set.rules {
		rule := &t.set.rules[r]
		v := verdict{reason: t.refusal(r), mul: t.kept.n, div: t.kept.d}
		if v.reason == loyalty.ReasonRuleFailed || v.reason == loyalty.ReasonRuleNoTime {
			v.failed = rule.When
		}
		for _, m := range rule.multiply {
			if v.reason != loyalty.ReasonNone {
				break
			}
			// One that cannot be evaluated multiplies nothing: the points of the rule
			// itself are not in doubt.
			if holds, err := m.when.Holds(t.sale.Date, &t.sale.Facts); err == nil && holds {
				v.mul, v.div = v.mul.mul(m.num), v.div.mul(m.den)
			}
		}
		t.verdicts = append(t.verdicts, v)
	}
}

// sort finds out which lines each rule is about, once.
func (t *tally) sort() {
	t.kinds, t.prices = t.kinds[:0], t.prices[:0]
	for r := range t.set.rules {
		rule := &t.set.rules[r]
		group := rule.groups[t.sale.Source]
		for l := range t.sale.Lines {
			kind, item := t.kind(rule, group, &t.sale.Lines[l]), price{}
			if rule.worth != nil && kind == loyalty.ReasonNone {
				item, kind = rule.worth.of(&t.sale.Lines[l], t.sale.Date)
			}
			t.kinds = append(t.kinds, kind)
			if t.set.priced {
				t.prices = append(t.prices, item)
			}
		}
	}
}

// price is what the item of a line earns under a rule that says so by item.
func (t *tally) price(r, l int) price { return t.prices[r*len(t.sale.Lines)+l] }

// about says why a rule does not look at a line: ReasonNone when it does.
func (t *tally) about(r, l int) loyalty.Reason { return t.kinds[r*len(t.sale.Lines)+l] }

// kind sorts a line under a rule, whose item group is that of the source. Deposits and
// components earn under no rule.
func (t *tally) kind(rule *rule, group items, line *loyalty.Line) loyalty.Reason {
	switch line.Kind {
	case loyalty.Deposit:
		return loyalty.ReasonLineDeposit
	case loyalty.Component:
		return loyalty.ReasonLineComponent
	default:
	}
	if !rule.matches(group, line) {
		return loyalty.ReasonLineOther
	}
	if why := t.set.exclude.has(t.sale.Source, line); why != loyalty.ReasonNone {
		return why
	}
	if rule.where == nil {
		return loyalty.ReasonNone
	}
	holds, err := rule.where.Holds(line)
	switch {
	case err != nil:
		return loyalty.ReasonLineFailed
	case !holds:
		return loyalty.ReasonLineOther
	}
	return loyalty.ReasonNone
}

// exclusion is what earns under no rule, made ready.
type exclusion struct {
	items  items
	groups []map[string]items // by source, for each named group
	kinds  map[loyalty.LineKind]bool
	// discounted says that what was sold below the list price is excluded.
	discounted bool
	where      LineCondition
}

func newExclusion(def loyalty.RuleSet) *exclusion {
	if def.Exclude.IsZero() {
		return nil
	}
	e := &exclusion{items: newItems(loyalty.ItemGroup{Items: def.Exclude.Items}), kinds: make(map[loyalty.LineKind]bool), discounted: def.Exclude.Discounted}
	for _, name := range def.Exclude.ItemGroups {
		e.groups = append(e.groups, itemsOf(def.ItemGroups, name))
	}
	for _, k := range def.Exclude.Kinds {
		e.kinds[k] = true
	}
	return e
}

// has says why a line is excluded. A nil exclusion has none.
func (e *exclusion) has(source string, l *loyalty.Line) loyalty.Reason {
	if e == nil {
		return loyalty.ReasonNone
	}
	excluded := e.kinds[l.Kind] || e.discounted && l.Discounted || e.items.has(l)
	for _, g := range e.groups {
		excluded = excluded || g[source].has(l)
	}
	if e.where != nil && !excluded {
		holds, err := e.where.Holds(l)
		if err != nil {
			return loyalty.ReasonLineFailed
		}
		excluded = holds
	}
	if excluded {
		return loyalty.ReasonLineExcluded
	}
	return loyalty.ReasonNone
}
