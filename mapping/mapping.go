package mapping

import (
	"slices"
	"strings"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/mapping/expression"
)

// Resolve finds a contractor's key by its code. Nil knows nobody.
type Resolve func(code string) (key string, ok bool)

func (r Resolve) key(code string) (string, bool) {
	if r == nil {
		return "", false
	}
	return r(code)
}

// Mapping is a compiled Config. Its methods may be called by several goroutines
// at once.
type Mapping struct {
	cfg             Config
	contractors     *expression.Program[contractorFields, bool] // nil takes nobody
	representatives *expression.Program[representativeFields, bool]
	card            *expression.Program[contractorFields, string]
	codes           map[string]bool
	overrides       map[string]Override
}

// Compile checks a configuration. It returns either a mapping or every fault
// found, with paths relative to the mapping, in the order of their paths'
// sections: contractors, representatives, card, then the rest.
func Compile(cfg Config) (*Mapping, []loyalty.Fault) {
	cfg = cfg.withDefaults()
	m := &Mapping{cfg: cfg, codes: make(map[string]bool), overrides: make(map[string]Override)}
	var faults faultList
	m.contractors = compile[contractorFields, bool](&faults, "contractors.where", cfg.ContractorsWhere)
	m.representatives = compile[representativeFields, bool](&faults, "representatives.where", cfg.RepresentativesWhere)
	m.card = compile[contractorFields, string](&faults, "card", cfg.Card)
	faults = append(faults, cfg.validate()...)
	if len(faults) > 0 {
		return nil, faults
	}
	for _, code := range cfg.Codes {
		m.codes[code] = true
	}
	for _, o := range cfg.Overrides {
		m.overrides[o.Contractor] = o
	}
	return m, nil
}

func compile[E any, R bool | string](faults *faultList, path, source string) *expression.Program[E, R] {
	if strings.TrimSpace(source) == "" {
		return nil
	}
	program, found := expression.Compile[E, R](source)
	faults.at(path, found...)
	return program
}

// Fingerprints sum up the configuration: people changes with what decides who
// takes part, since when and who gets the points; documents with what decides a
// document's content. A changed fingerprint asks for all contractors, or all
// documents, to be mapped again (law 2). Order of codes and overrides does not
// matter, that of channels does.
func (m *Mapping) Fingerprints() (people, documents string) {
	c := m.cfg
	p := canon{}.text(strings.TrimSpace(c.ContractorsWhere)).text(c.ChosenBy).date(c.EarnFrom).count(len(c.Codes))
	for _, code := range slices.Sorted(slices.Values(c.Codes)) {
		p = p.text(code)
	}
	p = p.count(len(c.Overrides))
	for _, o := range slices.SortedFunc(slices.Values(c.Overrides), func(a, b Override) int { return strings.Compare(a.Contractor, b.Contractor) }) {
		p = p.text(o.Contractor).date(o.EarnFrom).text(o.PointsToContractor)
	}
	d := canon{}.text(c.DocumentDate).text(c.PointsTo).text(c.PointsToAttribute).text(c.Unit).text(c.BaseCurrency).flag(c.HashPaid).count(len(c.Channels))
	for _, ch := range c.Channels {
		d = d.text(ch.Name).texts(ch.Stores)
	}
	if c.movesClock() { // written only then: all others stay what they were
		d = d.text(c.SourceZone.String()).text(c.Zone.String())
	}
	return p.sum(), d.sum()
}
