package wire

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/loyalsync/loyalsync/loyalty"
)

const (
	maxText = 1000 // characters of any one text
	// maxPoints keeps sums of many movements far from the end of an int64.
	maxPoints loyalty.Points = 1 << 50
)

// amount is signed decimal text short enough to be read without harm.
var amount = regexp.MustCompile(`^-?[0-9]{1,18}(\.[0-9]{1,12})?$`)

// Fault says what is wrong with a contractor that came in, "" for nothing. It
// repeats no value.
func (c Contractor) Fault() string {
	texts := []string{c.ID, c.Code, c.Name, c.TaxID, c.Email, c.Phone, c.Card, c.Group}
	for k, v := range c.Attributes {
		texts = append(texts, k, v)
	}
	return personFault(c.ID, c.Version, texts)
}

// Fault says what is wrong with a representative that came in, "" for nothing.
func (r Representative) Fault() string {
	if r.Contractor == "" {
		return "contractor is missing"
	}
	texts := []string{r.ID, r.Contractor, r.Name, r.Email, r.Phone}
	for k, v := range r.Attributes {
		texts = append(texts, k, v)
	}
	for _, way := range r.Consents {
		texts = append(texts, string(way))
	}
	return personFault(r.ID, r.Version, texts)
}

func personFault(id string, version int64, texts []string) string {
	switch {
	case id == "":
		return "id is missing"
	case version <= 0:
		return "version is not a positive number"
	case !plain(texts):
		return "a text is too long or has control characters"
	}
	return ""
}

// Fault says what is wrong with a movement that came in for a program whose
// points have so many decimals, "" for nothing.
func (m Movement) Fault(decimals int) string {
	points, err := loyalty.ParsePoints(m.Points, decimals)
	switch {
	case m.ID == "":
		return "id is missing"
	case m.Contractor == "":
		return "contractor is missing"
	case m.Kind != loyalty.Earn.String() && m.Kind != loyalty.Activate.String() && m.Kind != loyalty.Reverse.String():
		return "kind is none of earn, activate, reverse"
	case m.State != StatePending && m.State != StateActive:
		return "state is neither pending nor active"
	case m.Kind == loyalty.Activate.String() && (m.Of == "" || m.State != StateActive):
		return "an activate needs of and the state active"
	case err != nil || points <= 0 || points > maxPoints:
		return "points is not a positive amount with the program's decimals"
	case m.Document.ID == "":
		return "document.id is missing"
	case m.EffectiveOn == loyalty.NoDate:
		return "effective_on is missing"
	case m.Rule == "":
		return "rule is missing"
	}
	for _, a := range []string{m.Item.Quantity, m.Item.Net, m.Item.Gross} {
		if a != "" && !amount.MatchString(a) {
			return "an amount of item is not decimal text"
		}
	}
	if !plain([]string{
		m.ID, m.Contractor, m.Document.ID, m.Document.Number, m.Item.Code, m.Item.Name, m.Item.Group, m.Item.Unit, m.Item.Currency,
		m.Store, m.Rule, m.RuleSet, m.Of,
	}) {
		return "a text is too long or has control characters"
	}
	return ""
}

func plain(texts []string) bool {
	for _, s := range texts {
		if utf8.RuneCountInString(s) > maxText || strings.ContainsFunc(s, unicode.IsControl) {
			return false
		}
	}
	return true
}
