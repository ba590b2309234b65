package config

// Mapping joins one source to one program: who takes part, since when, and how
// the ERP's data is understood.
type Mapping struct {
	Source            string                `yaml:"source" required:"true" desc:"Name of the source."`
	Program           string                `yaml:"program" required:"true" desc:"Name of the program."`
	Contractors       MappedContractors     `yaml:"contractors" desc:"Who takes part: nobody unless said here or ticked by an operator."`
	Representatives   MappedRepresentatives `yaml:"representatives" desc:"Which representatives are sent."`
	EarnFrom          Date                  `yaml:"earn_from" desc:"Documents of this date or later count."`
	DocumentDate      string                `yaml:"document_date" enum:"sale,issue" desc:"The date that decides rules, earn_from, lapse and history."`
	PointsTo          string                `yaml:"points_to" enum:"buyer,recipient,payer" desc:"Whose document it is."`
	PointsToAttribute string                `yaml:"points_to_attribute" desc:"A document attribute naming another contractor who gets the points."`
	Overrides         []Override            `yaml:"overrides" desc:"What is different for single contractors."`
	ItemGroups        []ItemGroup           `yaml:"item_groups" desc:"Named sets of items for rules."`
	Unit              string                `yaml:"unit" enum:"base,document" desc:"Quantities in the item's base unit, or as written on the document."`
	Card              string                `yaml:"card" desc:"Expression giving a card number from the ERP."`
	Channels          []Channel             `yaml:"channels" desc:"Named sets of stores."`
}

func (m *Mapping) setDefaults() { m.DocumentDate, m.PointsTo, m.Unit = "sale", "buyer", "base" }

// MappedContractors says who takes part.
type MappedContractors struct {
	Where    string   `yaml:"where" desc:"Expression over code, group, country, active, attribute(\"…\")."`
	Codes    []string `yaml:"codes" noun:"contractor codes" desc:"An explicit list of codes."`
	ChosenBy string   `yaml:"chosen_by" enum:"yaml,operator,both" desc:"Who decides. both: an operator's tick wins."`
}

func (m *MappedContractors) setDefaults() { m.ChosenBy = "both" }

// MappedRepresentatives says which representatives are sent.
type MappedRepresentatives struct {
	Where string `yaml:"where" desc:"Expression over email, phone, name, active."`
}

// Override is what is different for one contractor.
type Override struct {
	Contractor         string `yaml:"contractor" required:"true" noun:"contractor codes" desc:"Code of the contractor."`
	EarnFrom           Date   `yaml:"earn_from" desc:"Documents of this date or later count."`
	PointsToContractor string `yaml:"points_to_contractor" noun:"contractor codes" desc:"Code of the contractor who gets the points."`
}

// ItemGroup is a named set of items.
type ItemGroup struct {
	Name      string   `yaml:"name" required:"true" desc:"Name for rules."`
	Items     []string `yaml:"items" noun:"item codes" desc:"Item codes; * and ? are wildcards."`
	ERPGroups []string `yaml:"erp_groups" noun:"group names" desc:"Groups of the ERP by path; a path includes its sub-groups."`
}

// Channel is a named set of stores.
type Channel struct {
	Name   string   `yaml:"name" required:"true" desc:"Name of the channel."`
	Stores []string `yaml:"stores" required:"true" noun:"store codes" desc:"Codes of the ERP's stores."`
}
