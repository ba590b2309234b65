package config

import "fmt"

// Tier is one row of a table of tiers: a contractor's tier from a day on.
type Tier struct {
	Contractor string // code or ERP key
	Tier       string
	From       Date
	To         Date // last day; "" is until another tier begins
	Line, Col  int  // of the contractor, from 1
}

const tierHint = "the first row names the columns: contractor;tier;from;to, or kontrahent;poziom;od;do"

// ReadTiers reads a table of tiers, in UTF-8 or Windows-1250, separated by semicolons,
// tabs or commas. The error is Faults, every one with its line and column, or that the
// file cannot be read.
func ReadTiers(file string) ([]Tier, error) {
	text, err := readTable(file)
	if err != nil {
		return nil, Faults{{File: file, Message: err.Error(), Hint: tierHint}}
	}
	t := newTable(file, text, map[string]string{
		"contractor": "contractor", "kontrahent": "contractor", "code": "contractor", "kod": "contractor",
		"tier": "tier", "poziom": "tier", "from": "from", "od": "from", "to": "to", "do": "to",
	}, []string{"contractor", "tier", "from"}, tierHint)
	var tiers []Tier
	lines := make(map[[2]string]int)
	for row := range t.rows() {
		tier := t.tier(row)
		key := [2]string{tier.Contractor, string(tier.From)}
		if first, twice := lines[key]; twice && tier.Contractor != "" {
			t.fault(row.line, tier.Col, fmt.Sprintf("line %d gives the contractor a tier from this day already", first), "keep one of the rows")
		}
		lines[key] = row.line
		tiers = append(tiers, tier)
	}
	if len(t.faults) > 0 {
		return nil, t.faults.Sort()
	}
	return tiers, nil
}

// tier reads one row.
func (t *table) tier(row tableRow) Tier {
	out := Tier{Line: row.line}
	if out.Contractor, out.Col = t.field(row, "contractor"); out.Contractor == "" {
		t.fault(row.line, out.Col, "the contractor is empty", "write the code or the ERP's key, or remove the row")
	}
	var at int
	if out.Tier, at = t.field(row, "tier"); out.Tier == "" {
		t.fault(row.line, at, "the tier is empty", "write its name; a tier ends with the day in the column to")
	}
	if text, at := t.field(row, "from"); text == "" {
		t.fault(row.line, at, "the first day is empty", "write year-month-day, for example 2026-01-31")
	}
	out.From, out.To = t.days(row)
	return out
}
