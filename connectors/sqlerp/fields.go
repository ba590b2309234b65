package sqlerp

import (
	"slices"
	"strings"
)

// attribute is the prefix of fields that are free attributes.
const attribute = "attributes."

// field is something that a column may hold.
type field struct {
	name     string
	required bool
}

// block is one of the four SELECTs.
type block struct {
	name       string
	of         func(*Config) *Statement
	fields     []field
	attributes bool
}

// blocks is the one table of what may be read; doc.go shows it to people, and a
// test holds the two together.
func blocks() []block {
	return []block{contractorBlock(), representativeBlock(), invoiceBlock(), lineBlock()}
}

func contractorBlock() block {
	return block{
		name: "contractors", of: func(c *Config) *Statement { return &c.Contractors }, attributes: true,
		fields: fields("id*", "code", "name", "tax_id", "email", "phone", "group", "country", "active", "anonymous", "merged_into"),
	}
}

func representativeBlock() block {
	return block{
		name: "representatives", of: func(c *Config) *Statement { return &c.Representatives },
		fields: fields("id*", "contractor*", "name", "email", "phone", "active"),
	}
}

func invoiceBlock() block {
	return block{
		name: "invoices", of: func(c *Config) *Statement { return &c.Invoices }, attributes: true,
		fields: fields("id*", "type", "number*", "external_no", "state*", "modified*", "issued_on*", "sold_on", "time",
			"buyer*", "recipient", "payer", "currency*", "rate", "net*", "gross*",
			"store", "payment_form", "paid", "corrects", "return"),
	}
}

func lineBlock() block {
	return block{
		name: "lines", of: func(c *Config) *Statement { return &c.Lines }, attributes: true,
		fields: fields("id*", "invoice*", "corrects", "no", "kind", "code*", "name", "group",
			"quantity*", "unit", "document_quantity", "document_unit", "net*", "gross*", "discount", "discounted"),
	}
}

// fields makes a list of fields from names; a star marks a required one.
func fields(names ...string) []field {
	out := make([]field, 0, len(names))
	for _, n := range names {
		name, required := strings.CutSuffix(n, "*")
		out = append(out, field{name: name, required: required})
	}
	return out
}

func (b block) fieldNames() []string {
	names := make([]string, 0, len(b.fields)+1)
	for _, f := range b.fields {
		names = append(names, f.name)
	}
	return names
}

func (b block) has(name string) bool {
	if free, ok := strings.CutPrefix(name, attribute); ok {
		return b.attributes && free != ""
	}
	return slices.Contains(b.fieldNames(), name)
}

// nearest returns the candidate that differs from word by at most two letters
// (one, for words of three letters or fewer), or "".
func nearest(word string, candidates []string) string {
	best, limit := "", 3
	if len(word) <= 3 {
		limit = 2
	}
	for _, c := range candidates {
		if d := distance(strings.ToLower(word), c); d < limit {
			best, limit = c, d
		}
	}
	return best
}

// distance is the Levenshtein distance of two words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
