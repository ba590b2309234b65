package optima

import (
	"database/sql"

	"github.com/loyalsync/loyalsync/connectors"
)

// person is a row of representatives.sql.
type person struct {
	id, contractor                      int32
	name, email, shopEmail              string
	phone, sms, mobile                  string
	inactive, standard                  int64
	erasedNo                            int64
	erasedOn                            sql.NullTime
	mailing, information                int64
	position                            string
	city, postcode, street, house, flat string
}

func scanPerson(rows *sql.Rows) (*person, error) {
	p := &person{}
	return p, rows.Scan(&p.id, &p.contractor, &p.name, &p.email, &p.shopEmail, &p.phone, &p.sms, &p.mobile, &p.inactive, &p.standard,
		&p.erasedNo, &p.erasedOn, &p.mailing, &p.information, &p.position, &p.city, &p.postcode, &p.street, &p.house, &p.flat)
}

// record is the person with the consents that the register has for him.
func (p *person) record(cfg Config, register []consent) connectors.Representative {
	out := connectors.Representative{
		ID: idText(p.id), Contractor: idText(p.contractor), Active: p.inactive == 0, Default: p.standard != 0,
		Erased: p.erasedNo > 0 || p.erasedOn.Valid,
	}
	if out.Erased {
		return out
	}
	out.Name, out.Email = p.name, orText(p.email, p.shopEmail)
	out.Phone = orText(p.mobile, orText(p.sms, p.phone))
	out.Attributes = attributes("position", p.position, "phone", other(p.phone, out.Phone), "sms", other(p.sms, out.Phone), "city", p.city,
		"postal", p.postcode, "street", p.street, "house", p.house, "flat", p.flat, "shop_email", other(p.shopEmail, out.Email))
	out.Consents = p.consents(cfg, register)
	return out
}

// other is a value when it is not the one that is told already.
func other(value, told string) string {
	if value == told {
		return ""
	}
	return value
}

// consent is a row of consents.sql. No source says which of its columns may be
// NULL; where one is, nothing was agreed to.
type consent struct {
	person                    int32
	email, sms, phone, letter sql.NullInt64
	withdrawn                 sql.NullTime
}

func scanConsent(rows *sql.Rows) (consent, error) {
	var c consent
	var owner sql.NullInt64
	err := rows.Scan(&owner, &c.email, &c.sms, &c.phone, &c.letter, &c.withdrawn)
	c.person = int32(owner.Int64) //nolint:gosec // the column is an int
	return c, err
}

// consents are those of the newest row of the register that was not withdrawn:
// none when all were, nil when the register has nothing about him.
func (p *person) consents(cfg Config, register []consent) []connectors.Consent {
	var out []connectors.Consent
	known := false
	for _, c := range register { // oldest first
		if c.person != p.id {
			continue
		}
		if !known {
			known, out = true, []connectors.Consent{}
		}
		if !c.withdrawn.Valid {
			out = c.ways()
		}
	}
	if !known && cfg.ConsentFlags && p.mailing != 0 {
		return []connectors.Consent{connectors.ConsentEmail}
	}
	return out
}

func (c consent) ways() []connectors.Consent {
	out := []connectors.Consent{}
	for _, way := range []struct {
		given sql.NullInt64
		name  connectors.Consent
	}{
		{c.email, connectors.ConsentEmail},
		{c.sms, connectors.ConsentSMS},
		{c.phone, connectors.ConsentPhone},
		{c.letter, connectors.ConsentLetter},
	} {
		if way.given.Int64 != 0 {
			out = append(out, way.name)
		}
	}
	return out
}
