package compiere_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/compiere"
)

func contractors(t *testing.T, src *compiere.Source) map[string]connectors.Contractor {
	t.Helper()
	page, err := src.Contractors(t.Context(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]connectors.Contractor{}
	for _, c := range page.Items {
		all[c.ID] = c
	}
	return all
}

func TestContractors(t *testing.T) {
	e := setupERP(t, "adempiere")
	e.insert(t, "c_bp_group", row{"c_bp_group_id": 400, "ad_client_id": 1000000, "value": "VIP", "name": "Ważni"})
	e.insert(t, "m_pricelist", row{"m_pricelist_id": 410, "name": "Hurt"})
	e.partner(t, 500, row{
		"value": "KLIENT", "name": "Żółw S.A.", "name2": "oddział", "taxid": " 5260250995 ", "c_bp_group_id": 400,
		"referenceno": "R-1", "description": "opis", "ad_language": "pl_PL", "m_pricelist_id": 410, "salesrep_id": 303,
	})
	e.insert(t, "c_location", row{"c_location_id": 1, "city": "Łódź", "postal": "90-001", "c_country_id": 286})
	e.insert(t, "c_location", row{"c_location_id": 2, "city": "Berlin", "c_country_id": 101})
	// The ship-to address has the lower key, the bill-to one counts.
	e.insert(t, "c_bpartner_location", row{"c_bpartner_location_id": 10, "c_bpartner_id": 500, "c_location_id": 2, "isbillto": "N", "phone": "111"})
	e.insert(t, "c_bpartner_location", row{"c_bpartner_location_id": 11, "c_bpartner_id": 500, "c_location_id": 1, "phone": "222"})
	e.insert(t, "ad_user", row{"ad_user_id": 300, "ad_client_id": 1000000, "c_bpartner_id": 500, "name": "Nieczynny", "email": "stary@example.com", "isactive": "N"})
	e.insert(t, "ad_user", row{"ad_user_id": 302, "ad_client_id": 1000000, "c_bpartner_id": 500, "name": "Druga", "email": "druga@example.com"})
	e.insert(t, "ad_user", row{"ad_user_id": 301, "ad_client_id": 1000000, "c_bpartner_id": 500, "name": "Pierwsza", "email": "pierwsza@example.com"})
	e.insert(t, "ad_user", row{"ad_user_id": 303, "ad_client_id": 1000000, "name": "Handlowiec", "password": "tajne"})

	e.partner(t, 501, row{"isactive": "N"})
	e.partner(t, 502, row{"isonetime": "Y"})
	e.partner(t, 503, nil) // the cash customer of a till
	e.insert(t, "c_pos", row{"c_pos_id": 1, "ad_client_id": 1000000, "name": "Kasa 1", "c_bpartnercashtrx_id": 503})
	e.partner(t, 504, nil)
	e.insert(t, "ad_user", row{"ad_user_id": 310, "ad_client_id": 1000000, "c_bpartner_id": 504, "name": "Jan", "phone": "333", "phone2": "600"})
	e.partner(t, 505, row{"iscustomer": "N"})
	e.partner(t, 506, row{"issummary": "Y"})
	e.partner(t, 507, row{"ad_client_id": 11})

	src := e.open(t)
	got := contractors(t, src)
	same(t, "customer", got["500"], connectors.Contractor{
		ID: "500", Code: "KLIENT", Name: "Żółw S.A.", TaxID: "5260250995", Email: "pierwsza@example.com", Phone: "222",
		Group: "VIP", Country: "PL", Active: true,
		Attributes: map[string]string{
			"name2": "oddział", "referenceno": "R-1", "description": "opis", "language": "pl_PL",
			"city": "Łódź", "postal": "90-001", "pricelist": "Hurt", "salesrep": "Handlowiec",
		},
	})
	names, groups, err := src.Vocabulary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "a group of the vocabulary", slices.Contains(groups, "VIP"), true)
	same(t, "attributes of the vocabulary", slices.Sorted(slices.Values(names)), slices.Sorted(maps.Keys(got["500"].Attributes)))
	same(t, "inactive", got["501"].Active, false)
	same(t, "one-time partner", got["502"].Anonymous, true)
	same(t, "cash customer", got["503"].Anonymous, true)
	same(t, "named customer", got["504"].Anonymous, false)
	same(t, "phone of a contact, the mobile one", got["504"].Phone, "600")
	same(t, "number of customers", len(got), 5)

	found, err := src.ContractorsByKey(t.Context(), []string{"505", "506", "507", "500", "x"})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, c := range found {
		keys = append(keys, c.ID)
	}
	same(t, "partners of the company by key, whatever their kind", keys, []string{"500", "505", "506"})
}

func TestRepresentatives(t *testing.T) {
	e := setupERP(t, "adempiere")
	e.partner(t, 500, nil)
	e.partner(t, 501, row{"iscustomer": "N"})
	e.partner(t, 502, row{"ad_client_id": 11})
	users := []row{
		{"ad_user_id": 300, "name": "Anna Świątek", "c_bpartner_id": 500, "email": " anna@example.com ", "phone": "22 100", "phone2": "600 100"},
		{"ad_user_id": 301, "name": "Jan", "c_bpartner_id": 500, "phone": "22 200", "isactive": "N"},
		{"ad_user_id": 302, "name": "Dostawca", "c_bpartner_id": 501},
		{"ad_user_id": 303, "name": "Login", "password": "tajne"},
		{"ad_user_id": 304, "name": "Obcy", "c_bpartner_id": 502},
	}
	for _, u := range users {
		e.insert(t, "ad_user", row{"ad_client_id": 1000000}.with(u))
	}
	page, err := e.open(t).Representatives(t.Context(), "", 10)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "representatives", page.Items, []connectors.Representative{
		{ID: "300", Contractor: "500", Name: "Anna Świątek", Email: "anna@example.com", Phone: "600 100", Active: true},
		{ID: "301", Contractor: "500", Name: "Jan", Phone: "22 200"},
	})
}

func TestListingRefusesForeignPosition(t *testing.T) {
	e := setupERP(t, "adempiere")
	src := e.open(t)
	if _, err := src.Contractors(t.Context(), "K001", 10); err == nil {
		t.Error("a position that is no key was taken")
	}
	if _, err := src.Keys(t.Context(), "", "2026-01-01T00:00:00.000000|1", 10); err == nil {
		t.Error("a position of another listing was taken")
	}
}
