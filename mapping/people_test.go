package mapping_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/mapping"
)

func TestParticipation(t *testing.T) {
	january, march := loyalty.NewDate(2026, time.January, 1), loyalty.NewDate(2026, time.March, 1)
	loyal := map[string]string{"LOYAL": "YES"}
	tests := []struct {
		name string
		c    connectors.Contractor
		want loyalty.Participation
	}{
		{
			"fulfils the condition",
			connectors.Contractor{ID: "5", Code: "K005", Active: true, Attributes: loyal},
			loyalty.Participation{TakesPart: true, EarnFrom: january},
		},
		{
			"padding of an attribute",
			connectors.Contractor{ID: "5", Code: "K005", Active: true, Attributes: map[string]string{"LOYAL": "YES  "}},
			loyalty.Participation{TakesPart: true, EarnFrom: january},
		},
		{
			"is listed, with padding in the ERP",
			connectors.Contractor{ID: "2", Code: "K002   ", Active: true},
			loyalty.Participation{TakesPart: true, EarnFrom: january},
		},
		{
			"differs from a listed code in case",
			connectors.Contractor{ID: "2", Code: "k002", Active: true},
			loyalty.Participation{EarnFrom: january, Reason: loyalty.ReasonNotInProgram},
		},
		{
			"neither",
			connectors.Contractor{ID: "6", Code: "K006", Active: true, Attributes: map[string]string{"LOYAL": "NO"}},
			loyalty.Participation{EarnFrom: january, Reason: loyalty.ReasonNotInProgram},
		},
		{
			"override",
			connectors.Contractor{ID: "1", Code: "K001", Active: true},
			loyalty.Participation{TakesPart: true, EarnFrom: march, Beneficiary: "900"},
		},
		{
			"override of somebody who does not take part: an operator may tick him",
			connectors.Contractor{ID: "1", Code: "K001"},
			loyalty.Participation{EarnFrom: march, Beneficiary: "900", Reason: loyalty.ReasonInactive},
		},
		{
			"points to itself are nothing special",
			connectors.Contractor{ID: "4", Code: "K004", Active: true, Attributes: loyal},
			loyalty.Participation{TakesPart: true, EarnFrom: january},
		},
		{
			"inactive never starts",
			connectors.Contractor{ID: "2", Code: "K002", Attributes: loyal},
			loyalty.Participation{EarnFrom: january, Reason: loyalty.ReasonInactive},
		},
		{
			"anonymous never starts, also when listed",
			connectors.Contractor{ID: "2", Code: "K002", Active: true, Anonymous: true, Attributes: loyal},
			loyalty.Participation{EarnFrom: january, Reason: loyalty.ReasonAnonymous},
		},
	}
	m := compile(t, config())
	for _, tt := range tests {
		got, err := m.Participation(tt.c, resolve)
		if err != nil || got != tt.want {
			t.Errorf("%s: %+v, %v", tt.name, got, err)
		}
	}
}

func TestNobodyTakesPartUnlessSaid(t *testing.T) {
	m := compile(t, mapping.Config{EarnFrom: loyalty.NoDate})
	got, err := m.Participation(connectors.Contractor{ID: "1", Code: "K001", Active: true}, nil)
	want := loyalty.Participation{EarnFrom: loyalty.NoDate, Reason: loyalty.ReasonNotInProgram}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestParticipationErrors(t *testing.T) {
	cfg := config()
	cfg.ContractorsWhere = `decimal(attribute("LIMIT")) > 100`
	m := compile(t, cfg)
	tests := []struct {
		name string
		c    connectors.Contractor
		want string
	}{
		{"points to a code that nobody has", connectors.Contractor{ID: "3", Code: "K003", Active: true}, `contractor 3: its points go to the code "K404"`},
		{
			"condition that cannot be evaluated",
			connectors.Contractor{ID: "7", Code: "K007", Active: true, Name: "Jan Kowalski", Attributes: map[string]string{"LIMIT": "jan@x.pl"}},
			"source erp: contractor 7: contractors.where: character 1: decimal()",
		},
	}
	for _, tt := range tests {
		got, err := m.Participation(tt.c, resolve)
		if err == nil || !strings.Contains(err.Error(), tt.want) || loyalty.CodeOf(err) != loyalty.CodeInvalid {
			t.Errorf("%s: %v", tt.name, err)
		}
		if got.TakesPart {
			t.Errorf("%s: takes part", tt.name)
		}
		if err != nil && (strings.Contains(err.Error(), "Kowalski") || strings.Contains(err.Error(), "jan@")) { // law 11
			t.Errorf("%s: personal data in %v", tt.name, err)
		}
	}
}

func person() connectors.Contractor {
	return connectors.Contractor{
		ID: "1", Code: "K001 ", Name: " Żabka", TaxID: "5270103391", Email: "brak; Jan <jan@zabka.pl>, b@zabka.pl", Phone: "600 100 200 ",
		Group: "VIP", Country: "PL", Active: true, MergedInto: "9",
		Attributes: map[string]string{"CARD": " 123 ", "EMPTY": "  ", "LOYAL": "YES"},
	}
}

func TestContractor(t *testing.T) {
	got, err := compile(t, config()).Contractor(person())
	if err != nil {
		t.Fatal(err)
	}
	want := loyalty.Contractor{
		Key: "1", Code: "K001", Name: "Żabka", TaxID: "5270103391", Email: "jan@zabka.pl", Phone: "600 100 200", Group: "VIP",
		Card: "123", Active: true, MergedInto: "9", Attributes: loyalty.Attributes{"CARD": "123", "LOYAL": "YES"}, Hash: got.Hash,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(got.Hash) != 43 {
		t.Errorf("hash %q", got.Hash)
	}
}

func TestContractorHash(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*connectors.Contractor)
		changes bool
	}{
		{"nothing", func(*connectors.Contractor) {}, false},
		{"padding", func(c *connectors.Contractor) { c.Code, c.Name = "K001", "Żabka  " }, false},
		{"an empty attribute less", func(c *connectors.Contractor) { delete(c.Attributes, "EMPTY") }, false},
		{"the second address", func(c *connectors.Contractor) { c.Email = "jan@zabka.pl" }, false},
		{"key", func(c *connectors.Contractor) { c.ID = "2" }, true},
		{"code", func(c *connectors.Contractor) { c.Code = "K1" }, true},
		{"name", func(c *connectors.Contractor) { c.Name = "Zabka" }, true},
		{"tax id", func(c *connectors.Contractor) { c.TaxID = "" }, true},
		{"email", func(c *connectors.Contractor) { c.Email = "" }, true},
		{"phone", func(c *connectors.Contractor) { c.Phone = "" }, true},
		{"group", func(c *connectors.Contractor) { c.Group = "" }, true},
		{"active", func(c *connectors.Contractor) { c.Active = false }, true},
		{"merged", func(c *connectors.Contractor) { c.MergedInto = "" }, true},
		{"attribute", func(c *connectors.Contractor) { c.Attributes["LOYAL"] = "NO" }, true},
		{"card", func(c *connectors.Contractor) { c.Attributes["CARD"] = "124" }, true},
		{"text moved to the next field", func(c *connectors.Contractor) { c.Code, c.Name = "K001Ż", "abka" }, true},
	}
	m := compile(t, config())
	before, err := m.Contractor(person())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		c := person()
		tt.change(&c)
		after, err := m.Contractor(c)
		if err != nil || (after.Hash != before.Hash) != tt.changes {
			t.Errorf("%s: hash changes: %v, %v", tt.name, after.Hash != before.Hash, err)
		}
	}
}

func TestCardErrors(t *testing.T) {
	cfg := config()
	cfg.Card = `decimal(attribute("CARD")) > 0 ? attribute("CARD") : ""`
	_, err := compile(t, cfg).Contractor(connectors.Contractor{ID: "7", Attributes: map[string]string{"CARD": "x"}})
	if err == nil || !strings.Contains(err.Error(), "source erp: contractor 7: card: ") {
		t.Errorf("error: %v", err)
	}
}

func TestRepresentative(t *testing.T) {
	tests := []struct {
		name, where string
		r           connectors.Representative
		email       string
		takesPart   bool
	}{
		{"with an address", "email != ''", connectors.Representative{Email: "a@b.pl; c@d.pl", Active: true}, "a@b.pl", true},
		{"without one", "email != ''", connectors.Representative{Email: "brak", Active: true}, "", false},
		{"inactive", "email != ''", connectors.Representative{Email: "a@b.pl"}, "a@b.pl", false},
		{"no condition", "", connectors.Representative{Active: true}, "", true},
		{"no condition, inactive", "", connectors.Representative{}, "", false},
		{"by contractor", "contractor in ['1'] and len(phone) >= 9", connectors.Representative{Contractor: "1", Phone: "600100200 ", Active: true}, "", true},
	}
	anna := connectors.Representative{
		Active: true, Default: true, Consents: []connectors.Consent{connectors.ConsentEmail}, Attributes: map[string]string{"role": " buyer "},
	}
	for where, takesPart := range map[string]bool{
		"default": true, "consent('email')": true, "consent('sms')": false, "attribute('role') == 'buyer'": true, "attribute('none') == ''": true,
	} {
		tests = append(tests, tests[0])
		tt := &tests[len(tests)-1]
		tt.name, tt.where, tt.r, tt.email, tt.takesPart = where, where, anna, "", takesPart
	}
	for _, tt := range tests {
		cfg := config()
		cfg.RepresentativesWhere = tt.where
		got, takesPart, err := compile(t, cfg).Representative(tt.r)
		if err != nil || takesPart != tt.takesPart || got.Email != tt.email || got.Active != tt.r.Active || got.Hash == "" {
			t.Errorf("%s: %+v, %v, %v", tt.name, got, takesPart, err)
		}
	}
}

// TestLaw11_Erased: of people who were made anonymous in the ERP nothing but keys
// is left, whatever the ERP left in its columns.
func TestLaw11_Erased(t *testing.T) {
	cfg := config()
	cfg.Card = "attribute('card')"
	m := compile(t, cfg)
	attributes := map[string]string{"card": "C-1"}
	c, err := m.Contractor(connectors.Contractor{
		ID: "1", Code: "K1", Name: "Jan Nowak", TaxID: "1", Email: "a@b.pl", Phone: "1", Group: "VIP", Active: true, Erased: true, Attributes: attributes,
	})
	c.Hash = ""
	if d := cmp.Diff(loyalty.Contractor{Key: "1", Code: "K1", Group: "VIP"}, c); d != "" || err != nil {
		t.Errorf("contractor: %s, %v", d, err)
	}
	p, takesPart, err := m.Representative(connectors.Representative{
		ID: "2", Contractor: "1", Name: "Jan Nowak", Email: "a@b.pl", Phone: "1", Active: true, Default: true, Erased: true, Attributes: attributes,
	})
	p.Hash = ""
	if d := cmp.Diff(loyalty.Representative{Key: "2", Contractor: "1", Erased: true}, p); d != "" || takesPart || err != nil {
		t.Errorf("representative: %s, %v, %v", d, takesPart, err)
	}
	cfg.Codes = []string{"K1"}
	part, err := compile(t, cfg).Participation(connectors.Contractor{ID: "1", Code: "K1", Active: true, Erased: true}, nil)
	if part.TakesPart || part.Reason != loyalty.ReasonErased || err != nil {
		t.Errorf("participation: %+v, %v", part, err)
	}
}

func TestRepresentativeHash(t *testing.T) {
	base := connectors.Representative{ID: "1", Contractor: "2", Name: "Jan", Email: "a@b.pl", Phone: "1", Active: true}
	m := compile(t, config())
	before, _, err := m.Representative(base)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*connectors.Representative){
		"key": func(r *connectors.Representative) { r.ID = "9" }, "contractor": func(r *connectors.Representative) { r.Contractor = "9" },
		"name": func(r *connectors.Representative) { r.Name = "" }, "email": func(r *connectors.Representative) { r.Email = "x@b.pl" },
		"default":    func(r *connectors.Representative) { r.Default = true },
		"consents":   func(r *connectors.Representative) { r.Consents = []connectors.Consent{connectors.ConsentSMS} },
		"attributes": func(r *connectors.Representative) { r.Attributes = map[string]string{"role": "buyer"} },
		"erased":     func(r *connectors.Representative) { r.Erased = true },
		"phone":      func(r *connectors.Representative) { r.Phone = "" }, "active": func(r *connectors.Representative) { r.Active = false },
	} {
		r := base
		change(&r)
		if after, _, err := m.Representative(r); err != nil || after.Hash == before.Hash {
			t.Errorf("%s does not change the hash, %v", name, err)
		}
	}
}

func TestRepresentativeError(t *testing.T) {
	cfg := config()
	cfg.RepresentativesWhere = "decimal(phone) > 0"
	_, takesPart, err := compile(t, cfg).Representative(connectors.Representative{ID: "8", Phone: "brak", Active: true})
	if err == nil || takesPart || !strings.Contains(err.Error(), "representative 8: representatives.where: ") || strings.Contains(err.Error(), "brak") {
		t.Errorf("%v, %v", takesPart, err)
	}
}
