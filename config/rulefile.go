package config

import (
	"os"
	"path/filepath"
	"reflect"

	"github.com/shopspring/decimal"
)

// RuleSet is a file of rules, valid from a day on.
type RuleSet struct {
	File      Path `yaml:"file" required:"true" desc:"YAML file with rules, and tests beside them."`
	ValidFrom Date `yaml:"valid_from" required:"true" desc:"First day of its rules: the date of a document decides."`
	// Content is what the file holds; nil when it cannot be read.
	Content *RuleFile `yaml:"-"`
}

// RuleFile is what a file of rules holds. What it leaves empty is as the program
// has it.
type RuleFile struct {
	Rounding   string     `yaml:"rounding" enum:"floor,half_up,half_even,ceil" desc:"What happens to a fraction; otherwise as the program says."`
	RoundedPer string     `yaml:"rounded_per" enum:"document,line" desc:"Where rounding happens; otherwise as the program says."`
	Stacking   string     `yaml:"stacking" enum:"sum,best,first,exclusive" desc:"Several rules on one line; otherwise as the program says."`
	Exclude    Exclude    `yaml:"exclude" desc:"Lines that earn under no rule, beside deposits and components of sets; otherwise as the program says."`
	Caps       Caps       `yaml:"caps" desc:"Most points that all rules together give; otherwise as the program says."`
	Lapse      *Lapse     `yaml:"lapse" desc:"When points given under these rules lapse, {} is never; otherwise as the program says."`
	Activate   *Activate  `yaml:"activate" desc:"When points given under these rules become active: released, paid, or {after: 14d}; otherwise as the program says."`
	Rules      []Rule     `yaml:"rules" required:"true" desc:"How points are earned."`
	Tests      []RuleTest `yaml:"tests" desc:"Sales, and the points they must give: loyalsync config test."`
}

// RuleTest is a sale and what it must give.
type RuleTest struct {
	Name   string            `yaml:"name" required:"true" desc:"What is tested."`
	Sale   TestSale          `yaml:"sale" required:"true" desc:"The sale."`
	Points decimal.Decimal   `yaml:"points" required:"true" desc:"Points that it must give in all."`
	Rules  map[string]string `yaml:"rules" noun:"points" desc:"rule: points that it must give; rules that are not named may give anything."`
}

// TestSale is the sale of a test.
type TestSale struct {
	Source      string            `yaml:"source" desc:"Source whose item groups hold; otherwise the program's first."`
	Date        Date              `yaml:"date" required:"true" desc:"Date of the document."`
	Time        TimeOfDay         `yaml:"time" desc:"Time of the document, as \"17:30\"; otherwise it has none."`
	Currency    string            `yaml:"currency" desc:"ISO 4217; otherwise the program's."`
	Rate        decimal.Decimal   `yaml:"rate" desc:"The program's currency for one unit of another."`
	Return      bool              `yaml:"return" desc:"A return that names no original; its amounts are negative."`
	Class       string            `yaml:"class" desc:"The ERP's class of the document."`
	Store       string            `yaml:"store" desc:"Store or warehouse."`
	Channel     string            `yaml:"channel" desc:"Channel."`
	PaymentForm string            `yaml:"payment_form" desc:"Form of payment."`
	Group       string            `yaml:"group" desc:"Group of the contractor."`
	Attributes  map[string]string `yaml:"attributes" noun:"attributes" desc:"Attributes of the contractor."`
	Card        string            `yaml:"card" desc:"Number of the contractor's card."`
	Tier        string            `yaml:"tier" desc:"Tier of the contractor on the date."`
	First       bool              `yaml:"first_purchase" desc:"Whether it is the first document of the contractor that gives points."`
	Lines       []TestLine        `yaml:"lines" required:"true" desc:"Its lines."`
}

// TestLine is one line of a test's sale.
type TestLine struct {
	Code       string            `yaml:"code" noun:"item codes" desc:"Item code."`
	Name       string            `yaml:"name" desc:"Item name."`
	Group      string            `yaml:"group" desc:"Path of the ERP's item group."`
	Kind       string            `yaml:"kind" enum:"goods,service,deposit,charge,component" desc:"Kind of the line; otherwise goods."`
	Quantity   decimal.Decimal   `yaml:"quantity" desc:"Quantity; otherwise 1."`
	Unit       string            `yaml:"unit" desc:"Unit."`
	Net        decimal.Decimal   `yaml:"net" desc:"Net value."`
	Gross      decimal.Decimal   `yaml:"gross" desc:"Gross value."`
	Discount   decimal.Decimal   `yaml:"discount" desc:"Percent below the list price."`
	Discounted bool              `yaml:"discounted" desc:"Sold below the list price, where no percentage is known."`
	Attributes map[string]string `yaml:"attributes" noun:"attributes" desc:"Attributes of the item or the line."`
}

func (l *TestLine) setDefaults() { l.Kind, l.Quantity = "goods", decimal.NewFromInt(1) }

// ruleFiles reads the files of rules, each with positions of its own.
func (d *decoder) ruleFiles(c *Config) map[string]*document {
	docs := map[string]*document{}
	for i := range c.Programs {
		p := &c.Programs[i]
		path := at("programs", i)
		for _, key := range []struct {
			name string
			said bool
			hint string
		}{
			{"rules", len(p.Rules) > 0, "keep the rules in the files of rule_sets, or remove rule_sets"},
			{"rules_from", p.RulesFrom != "", "each file has its day in valid_from: remove rules_from"},
			{"tests", len(p.Tests) > 0, "keep the tests in the files of rule_sets, beside the rules they test"},
		} {
			if key.said && len(p.RuleSets) > 0 {
				d.faultAt(path+"."+key.name, "has no effect beside rule_sets", key.hint)
			}
		}
		days := map[Date]bool{}
		for j := range p.RuleSets {
			s := &p.RuleSets[j]
			where := at(path+".rule_sets", j)
			if days[s.ValidFrom] {
				d.faultAt(where+".valid_from", string(s.ValidFrom)+" is the day of two files", "each file is valid from a day of its own")
			}
			days[s.ValidFrom] = true
			if s.File == "" {
				continue // said already
			}
			if doc := d.ruleFile(c, p, s, where); doc != nil {
				docs[where] = doc
			}
		}
	}
	return docs
}

func (d *decoder) ruleFile(c *Config, p *Program, s *RuleSet, where string) *document {
	file := string(s.File)
	src, err := os.ReadFile(file) //nolint:gosec // the administrator names the file
	if err != nil {
		d.faultAt(where+".file", file+": "+cause(err).Error(), "it is looked for from the folder of the configuration")
		return nil
	}
	doc, faults := newDocument(file, src)
	d.faults = append(d.faults, faults...)
	if doc.body == nil {
		return nil
	}
	inner := &decoder{document: doc, dir: filepath.Dir(file), lookup: d.lookup}
	root := newSection(reflect.TypeFor[RuleFile]())
	inner.value(doc.body, root.Elem(), "", field{})
	s.Content = root.Interface().(*RuleFile)
	completeRules(s.Content.Rules)
	k := checker{inner, c}
	if s.Content.Lapse != nil {
		k.lapse(s.Content.Lapse, "lapse")
	}
	if s.Content.Activate != nil {
		k.activate(p, *s.Content.Activate, "activate")
	}
	names, tests := make([]string, len(s.Content.Rules)), make([]string, len(s.Content.Tests))
	for i := range s.Content.Rules {
		names[i] = s.Content.Rules[i].Name
		k.rule(p, &s.Content.Rules[i], at("rules", i))
	}
	k.names("rules", names, true)
	for i := range s.Content.Tests {
		tests[i] = s.Content.Tests[i].Name
	}
	k.names("tests", tests, false)
	inner.tables("", s.Content.Rules)
	d.faults = append(d.faults, inner.faults...)
	return doc
}

// LoadRules reads a file of rules that no rule set names, for a program of this
// configuration. Faults found in it later get their place by Fault, with path in
// front of theirs.
func (f *File) LoadRules(p *Program, file, path string) (*RuleFile, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, Faults{{File: file, Message: cause(err).Error(), Hint: "name a YAML file with rules, as rule_sets do"}}
	}
	d := &decoder{document: f.doc, lookup: os.LookupEnv}
	s := RuleSet{File: Path(file)}
	if doc := d.ruleFile(f.Config, p, &s, path); doc != nil {
		if f.ruleDocs == nil {
			f.ruleDocs = map[string]*document{}
		}
		f.ruleDocs[path] = doc
	}
	if len(d.faults) > 0 {
		return nil, d.faults.Sort()
	}
	return s.Content, nil
}
