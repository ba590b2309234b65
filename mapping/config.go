package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// The values of the settings that choose between ways.
const (
	chosenByYAML     = "yaml"
	chosenByOperator = "operator"
	chosenByBoth     = "both"

	dateOfSale  = "sale"
	dateOfIssue = "issue"

	toBuyer     = "buyer"
	toRecipient = "recipient"
	toPayer     = "payer"

	unitBase     = "base"
	unitDocument = "document"
)

// Config is one mapping of one source to one program, as the administrator
// wrote it. Dates that were not written are loyalty.NoDate, not the zero Date.
type Config struct {
	Source       string // name of the source, for messages
	Program      string // name of the program
	BaseCurrency string // ISO 4217; the currency of documents that name none, and of rate 1

	ContractorsWhere     string   // condition; who fulfils it takes part
	Codes                []string // contractor codes that take part besides
	ChosenBy             string   // yaml or both; empty is both
	RepresentativesWhere string   // condition; empty is every active one
	Card                 string   // expression giving a contractor's card number; empty is none

	EarnFrom          loyalty.Date // documents of this date or later count
	DocumentDate      string       // sale or issue; empty is sale
	PointsTo          string       // buyer, recipient or payer; empty is buyer
	PointsToAttribute string       // name of the document attribute that holds a contractor code
	Overrides         []Override   // what differs for single contractors
	Unit              string       // base or document; empty is base
	Channels          []Channel    // the first whose stores match wins
	ItemGroups        []loyalty.ItemGroup

	// SourceZone is that of the ERP's clock, Zone that of business dates, whose hours
	// rules ask for. Without one of them times stay as the ERP has them.
	SourceZone, Zone *time.Location

	HashPaid bool // payment changes a document's hash, for programs that activate on payment
}

// Override is what differs for one contractor. Codes, not keys.
type Override struct {
	Contractor         string
	EarnFrom           loyalty.Date // NoDate keeps the mapping's
	PointsToContractor string       // "" keeps the contractor itself
}

// Channel is a named set of stores by pattern (* and ?).
type Channel struct {
	Name   string
	Stores []string
}

// movesClock says whether the ERP's clock shows another hour than the program's.
func (c Config) movesClock() bool {
	return c.SourceZone != nil && c.Zone != nil && c.SourceZone.String() != c.Zone.String()
}

func (c Config) withDefaults() Config {
	c.ChosenBy = cmp.Or(c.ChosenBy, chosenByBoth)
	c.DocumentDate = cmp.Or(c.DocumentDate, dateOfSale)
	c.PointsTo = cmp.Or(c.PointsTo, toBuyer)
	c.Unit = cmp.Or(c.Unit, unitBase)
	return c
}

// validate lists every fault but those of expressions.
func (c Config) validate() []loyalty.Fault {
	var v faultList
	v.codes(c.Codes)
	switch c.ChosenBy {
	case chosenByOperator:
		v.add("contractors.chosen_by", "choose both: an operator's tick wins over the file", "operator is not in this version")
	default:
		v.oneOf("contractors.chosen_by", c.ChosenBy, chosenByYAML, chosenByBoth)
	}
	v.oneOf("document_date", c.DocumentDate, dateOfSale, dateOfIssue)
	v.oneOf("points_to", c.PointsTo, toBuyer, toRecipient, toPayer)
	v.overrides(c.Overrides)
	v.itemGroups(c.ItemGroups)
	v.oneOf("unit", c.Unit, unitBase, unitDocument)
	v.channels(c.Channels)
	return v
}

type faultList []loyalty.Fault

func (v *faultList) add(path, hint, format string, args ...any) {
	*v = append(*v, loyalty.Fault{Path: path, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// at adds faults of a part under its path.
func (v *faultList) at(path string, faults ...loyalty.Fault) {
	for _, f := range faults {
		if f.Path != "" {
			f.Path = path + "." + f.Path
		} else {
			f.Path = path
		}
		*v = append(*v, f)
	}
}

func (v *faultList) oneOf(path, value string, choices ...string) {
	if !slices.Contains(choices, value) {
		v.add(path, "choose one of "+strings.Join(choices, ", "), "%q is not known", value)
	}
}

// code checks a contractor code; codes compare exactly, so padding would make
// one that fits nobody.
func (v *faultList) code(path, code string) {
	if strings.TrimSpace(code) == "" {
		v.add(path, "write the contractor's code from the ERP, in quotes", "the contractor code is empty")
	} else if strings.TrimSpace(code) != code {
		v.add(path, "remove the blanks", "the contractor code %q has blanks at its ends", code)
	}
}

func (v *faultList) codes(codes []string) {
	seen := make(map[string]int)
	for i, code := range codes {
		path := fmt.Sprintf("contractors.codes[%d]", i)
		v.code(path, code)
		if first, again := seen[code]; again {
			v.add(path, "remove one of them", "%s is listed already, at codes[%d]", code, first)
			continue
		}
		seen[code] = i
	}
}

func (v *faultList) overrides(overrides []Override) {
	seen := make(map[string]int)
	for i, o := range overrides {
		path := fmt.Sprintf("overrides[%d]", i)
		v.code(path+".contractor", o.Contractor)
		if first, again := seen[o.Contractor]; again {
			v.add(path+".contractor", "join them into one", "%s has an override already, overrides[%d]", o.Contractor, first)
		} else {
			seen[o.Contractor] = i
		}
		if o.PointsToContractor != "" {
			v.code(path+".points_to_contractor", o.PointsToContractor)
		}
		if o.PointsToContractor == "" && o.EarnFrom == loyalty.NoDate {
			v.add(path, "set earn_from or points_to_contractor, or remove it", "the override changes nothing")
		}
	}
}

func (v *faultList) itemGroups(groups []loyalty.ItemGroup) {
	seen := make(map[string]int)
	for i, g := range groups {
		path := fmt.Sprintf("item_groups[%d]", i)
		v.at(path, g.Faults()...)
		if first, again := seen[g.Name]; again {
			v.add(path+".name", "join them, or rename one", "there is an item group %q already, item_groups[%d]", g.Name, first)
			continue
		}
		seen[g.Name] = i
	}
}

func (v *faultList) channels(channels []Channel) {
	seen := make(map[string]int)
	for i, ch := range channels {
		path := fmt.Sprintf("channels[%d]", i)
		if first, again := seen[ch.Name]; again {
			v.add(path+".name", "join their stores", "there is a channel %q already, channels[%d]", ch.Name, first)
		}
		seen[ch.Name] = i
		if strings.TrimSpace(ch.Name) == "" {
			v.add(path+".name", "rules use it by this name", "a channel needs a name")
		}
		if len(ch.Stores) == 0 {
			v.add(path+".stores", `list codes of stores, as in ["MAG1", "SHOP-*"]`, "channel %q has no stores", ch.Name)
		}
		for j, pattern := range ch.Stores {
			if f, bad := loyalty.PatternFault(pattern); bad {
				v.at(fmt.Sprintf("%s.stores[%d]", path, j), f)
			}
		}
	}
}
