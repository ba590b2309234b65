package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
)

// contractorFields is what conditions on contractors and the card expression
// may use.
type contractorFields struct {
	Code       string                   `expr:"code"`
	Name       string                   `expr:"name"`
	Group      string                   `expr:"group"`
	Country    string                   `expr:"country"`
	TaxID      string                   `expr:"tax_id"`
	Email      string                   `expr:"email"`
	Phone      string                   `expr:"phone"`
	Active     bool                     `expr:"active"`
	Attributes map[string]string        `expr:"attributes"`
	Attribute  func(name string) string `expr:"attribute"` // "" when there is none
}

// representativeFields is what the condition on representatives may use.
type representativeFields struct {
	Contractor string `expr:"contractor"` // key of the contractor
	Name       string `expr:"name"`
	Email      string `expr:"email"`
	Phone      string `expr:"phone"`
	Active     bool   `expr:"active"`
	Default    bool   `expr:"default"` // the contractor's own choice among its people

	Attributes map[string]string        `expr:"attributes"`
	Attribute  func(name string) string `expr:"attribute"` // "" when there is none
	Consent    func(way string) bool    `expr:"consent"`   // email, sms, phone or letter
}

// Participation decides whether a contractor takes part by the configuration.
// EarnFrom and Beneficiary are filled in also when he does not: an operator may
// have ticked him.
//
// An error is of code invalid: the condition cannot be evaluated for him, or
// points go to a code that nobody has. He must then not be treated as having
// left; what was decided before stays.
func (m *Mapping) Participation(c connectors.Contractor, resolve Resolve) (loyalty.Participation, error) {
	p := loyalty.Participation{EarnFrom: m.cfg.EarnFrom}
	override, overridden := m.overrides[strings.TrimSpace(c.Code)]
	if overridden && override.EarnFrom != loyalty.NoDate {
		p.EarnFrom = override.EarnFrom
	}
	if overridden && override.PointsToContractor != "" {
		key, ok := resolve.key(override.PointsToContractor)
		if !ok {
			return loyalty.Participation{}, &loyalty.Error{
				Code:    loyalty.CodeInvalid,
				Message: fmt.Sprintf("source %s: contractor %s: its points go to the code %q, which no contractor has", m.cfg.Source, c.ID, override.PointsToContractor),
				Hint:    "correct overrides in the mapping: codes compare exactly, upper and lower case differ",
			}
		}
		if key != c.ID {
			p.Beneficiary = key
		}
	}
	reason, err := m.whyNot(c)
	if err != nil {
		return loyalty.Participation{}, err
	}
	p.TakesPart, p.Reason = reason == loyalty.ReasonNone, reason
	return p, nil
}

// whyNot returns ReasonNone for a contractor who takes part.
func (m *Mapping) whyNot(c connectors.Contractor) (loyalty.Reason, error) {
	switch {
	case c.Anonymous:
		return loyalty.ReasonAnonymous, nil
	case c.Erased:
		return loyalty.ReasonErased, nil
	case !c.Active:
		return loyalty.ReasonInactive, nil
	case m.codes[strings.TrimSpace(c.Code)]:
		return loyalty.ReasonNone, nil
	case m.contractors == nil:
		return loyalty.ReasonNotInProgram, nil
	}
	yes, err := m.contractors.Eval(fieldsOf(c))
	if err != nil {
		return "", m.evalError("contractors.where", "contractor", c.ID, err)
	}
	if !yes {
		return loyalty.ReasonNotInProgram, nil
	}
	return loyalty.ReasonNone, nil
}

// Contractor maps a contractor: texts without padding, the first valid e-mail
// address, the card by the card expression. Of one that was made anonymous in the
// ERP, nothing but key, code and group is left (law 11). An error is of code
// invalid, when that expression cannot be evaluated for him.
func (m *Mapping) Contractor(c connectors.Contractor) (loyalty.Contractor, error) {
	if c.Erased {
		c = connectors.Contractor{ID: c.ID, Code: c.Code, Group: c.Group, Erased: true, MergedInto: c.MergedInto}
	}
	fields := fieldsOf(c)
	out := loyalty.Contractor{
		Key: c.ID, Code: fields.Code, Name: fields.Name, TaxID: fields.TaxID, Email: fields.Email, Phone: fields.Phone,
		Group: fields.Group, Active: c.Active, MergedInto: c.MergedInto, Attributes: fields.Attributes,
	}
	if m.card != nil && !c.Erased {
		card, err := m.card.Eval(fields)
		if err != nil {
			return loyalty.Contractor{}, m.evalError("card", "contractor", c.ID, err)
		}
		out.Card = strings.TrimSpace(card)
	}
	out.Hash = canon{}.text(out.Key).text(out.Code).text(out.Name).text(out.TaxID).text(out.Email).text(out.Phone).
		text(out.Group).text(out.Card).flag(out.Active).text(out.MergedInto).attributes(out.Attributes).sum()
	return out, nil
}

// Representative maps a representative, with the first valid of several e-mail
// addresses, and says whether he takes part: he is active and fulfils the
// condition. Of one who was made anonymous in the ERP, the keys alone are left
// (law 11). An error is of code invalid, when that cannot be evaluated for him.
func (m *Mapping) Representative(r connectors.Representative) (out loyalty.Representative, takesPart bool, err error) {
	if r.Erased {
		r = connectors.Representative{ID: r.ID, Contractor: r.Contractor, Erased: true}
	}
	out = loyalty.Representative{
		Key: r.ID, Contractor: r.Contractor, Name: strings.TrimSpace(r.Name),
		Email: firstEmail(r.Email), Phone: strings.TrimSpace(r.Phone), Active: r.Active,
		Default: r.Default, Attributes: trimmed(r.Attributes), Erased: r.Erased,
	}
	hash := canon{}.text(out.Key).text(out.Contractor).text(out.Name).text(out.Email).text(out.Phone).flag(out.Active).
		flag(out.Default).attributes(out.Attributes).flag(out.Erased).count(len(r.Consents))
	for _, way := range r.Consents {
		out.Consents = append(out.Consents, loyalty.Consent(way))
		hash = hash.text(string(way))
	}
	out.Hash = hash.sum()
	if !r.Active || m.representatives == nil {
		return out, r.Active, nil
	}
	takesPart, err = m.representatives.Eval(&representativeFields{
		Contractor: out.Contractor, Name: out.Name, Email: out.Email, Phone: out.Phone, Active: out.Active,
		Default: out.Default, Attributes: out.Attributes,
		Attribute: func(name string) string { return out.Attributes[name] },
		Consent:   func(way string) bool { return slices.Contains(out.Consents, loyalty.Consent(way)) },
	})
	if err != nil {
		return loyalty.Representative{}, false, m.evalError("representatives.where", "representative", r.ID, err)
	}
	return out, takesPart, nil
}

func fieldsOf(c connectors.Contractor) *contractorFields {
	attributes := trimmed(c.Attributes)
	return &contractorFields{
		Code: strings.TrimSpace(c.Code), Name: strings.TrimSpace(c.Name), Group: strings.TrimSpace(c.Group),
		Country: strings.TrimSpace(c.Country), TaxID: strings.TrimSpace(c.TaxID), Email: firstEmail(c.Email),
		Phone: strings.TrimSpace(c.Phone), Active: c.Active, Attributes: attributes,
		Attribute: func(name string) string { return attributes[name] },
	}
}

// trimmed returns attributes without padding and without empty ones, which mean
// the same as missing ones. A map that is clean already is returned as it is.
func trimmed(attributes map[string]string) map[string]string {
	clean := true
	for _, value := range attributes {
		if value == "" || strings.TrimSpace(value) != value {
			clean = false
		}
	}
	if clean {
		return attributes
	}
	out := make(map[string]string, len(attributes))
	for name, value := range attributes {
		if value = strings.TrimSpace(value); value != "" {
			out[name] = value
		}
	}
	return out
}

// evalError names the record by its key alone (law 11).
func (m *Mapping) evalError(path, kind, key string, err error) error {
	return &loyalty.Error{
		Code:    loyalty.CodeInvalid,
		Message: fmt.Sprintf("source %s: %s %s: %s", m.cfg.Source, kind, key, path),
		Hint:    "look at this record in the ERP, or let the expression of the mapping allow for it",
		Err:     err,
	}
}
