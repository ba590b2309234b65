package optima_test

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/optima"
	"github.com/loyalsync/loyalsync/connectors/optima/optimatest"
)

func TestContractors(t *testing.T) {
	b := newBench(t, nil)
	b.rows("Pracidx", optimatest.Row{"PRI_PriId": 1, "PRI_PraId": 4, "PRI_Kod": "JAN"})
	b.rows("Kontrahenci",
		optimatest.Row{"Knt_KntId": 1, "Knt_Kod": "!NIEOKREŚLONY!"},
		optimatest.Row{
			"Knt_KntId": 7, "Knt_Kod": "ŻÓŁW", "Knt_Nazwa1": "Zażółć gęślą", "Knt_Nazwa3": "jaźń Sp. z o.o.", "Knt_NipKraj": "PL", "Knt_Nip": "5260250995", "Knt_NipE": "526-025-09-95",
			"Knt_Email": "a@example.com; b@example.com", "Knt_TelefonSms": "600", "Knt_Grupa": "VIP", "Knt_KrajISO": "pl", "Knt_Miasto": "Łódź",
			"Knt_OpiekunTyp": 3, "Knt_OpiekunId": 4, "Knt_Finalny": 1,
		},
		optimatest.Row{"Knt_KntId": 8, "Knt_Kod": "DE", "Knt_Nazwa1": "GmbH", "Knt_NipKraj": "DE", "Knt_Nip": "123456789", "Knt_Nieaktywny": 1, "Knt_OpiekunTyp": 8, "Knt_OpiekunId": 4},
		optimatest.Row{"Knt_KntId": 9, "Knt_Kod": "ANON9", "Knt_Nazwa1": "Jan Kowalski", "Knt_Email": "jan@example.com", "Knt_LpAnonimizacji": 1, "Knt_Miasto": "Łódź"},
		optimatest.Row{"Knt_KntId": 10, "Knt_Kod": "DETAL", "Knt_Nazwa1": "Klient detaliczny"})
	b.rows("DefAtrybuty", optimatest.Row{"DeA_DeAId": 1, "DeA_Typ": 2, "DeA_Kod": "LOJALNOSC"}, optimatest.Row{"DeA_DeAId": 2, "DeA_Typ": 2, "DeA_Kod": "OD", "DeA_Format": 4})
	for _, owner := range []int{7, 9} {
		b.rows("KntAtrybuty", optimatest.Row{"KnA_DeAId": 1, "KnA_PodmiotTyp": 1, "KnA_PodmiotId": owner, "KnA_WartoscTxt": "TAK"})
	}
	b.rows("KntAtrybuty", optimatest.Row{"KnA_DeAId": 2, "KnA_PodmiotTyp": nil, "KnA_PodmiotId": 7, "KnA_WartoscTxt": "82192"},
		optimatest.Row{"KnA_DeAId": 1, "KnA_PodmiotTyp": 3, "KnA_PodmiotId": 8, "KnA_WartoscTxt": "of an employee"})
	for _, m := range [][2]int{{21, 9}, {20, 21}, {21, 8}, {8, 7}} { // a chain; rows 20 and 21 are gone, what 21 was merged into first too
		for _, table := range []any{"CDN.TraNag", "CDN.TraNag", "CDN.BnkZapisy", nil} { // a row for each that it rewrote
			b.rows("KntScalHist", optimatest.Row{"KSH_NazwaTabeli": table, "KSH_OldKntID": m[0], "KSH_NewKntID": m[1]})
		}
	}
	b.rows("KntScalHist", optimatest.Row{"KSH_NazwaTabeli": "CDN.TraNag", "KSH_OldKntID": 10, "KSH_NewKntID": nil},
		optimatest.Row{"KSH_NazwaTabeli": "CDN.TraNag", "KSH_OldKntID": 10, "KSH_NewKntID": 0},
		optimatest.Row{"KSH_NazwaTabeli": "CDN.TraNag", "KSH_OldKntID": 10, "KSH_NewKntID": 10})

	src := b.open(func(c *optima.Config) { c.Anonymous = []string{"!nieokreślony!", "detal"} })
	page, err := src.Contractors(t.Context(), "", 100)
	b.must(err)
	want := []connectors.Contractor{
		{ID: "1", Code: "!NIEOKREŚLONY!", Active: true, Anonymous: true},
		{
			ID: "7", Code: "ŻÓŁW", Name: "Zażółć gęślą jaźń Sp. z o.o.", TaxID: "5260250995", Email: "a@example.com; b@example.com", Phone: "600", Group: "VIP", Country: "PL",
			Active: true, Attributes: map[string]string{"city": "Łódź", "manager": "JAN", "retail": "1", "sms": "600", "LOJALNOSC": "TAK", "OD": "2026-01-09"},
		},
		{ID: "8", Code: "DE", Name: "GmbH", TaxID: "DE123456789", MergedInto: "7"},
		{ID: "9", Code: "ANON9", Active: true, Erased: true},
		{ID: "10", Code: "DETAL", Name: "Klient detaliczny", Active: true, Anonymous: true},
	}
	if diff := cmp.Diff(want, page.Items, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("contractors (-want +got):\n%s", diff)
	}
	found, err := src.ContractorsByKey(t.Context(), []string{"20", "7", "99", "x", "7"})
	b.must(err)
	if diff := cmp.Diff([]connectors.Contractor{want[1], {ID: "20", MergedInto: "7"}}, found, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("by key (-want +got):\n%s", diff)
	}
	found, err = b.open(func(c *optima.Config) { c.MergeTable = "Kontrahenci" }).ContractorsByKey(t.Context(), []string{"8", "20"})
	b.must(err)
	if len(found) != 1 || found[0].MergedInto != "" {
		t.Errorf("rows of other tables than the one that is named count: %+v", found)
	}
}

func TestRepresentatives(t *testing.T) {
	b := newBench(t, nil)
	b.rows("KntOsoby",
		optimatest.Row{"KnO_KnOId": 1, "KnO_KntId": 7, "KnO_Nazwisko": "Łucja Świątek", "KnO_Email": "l@example.com", "KnO_Telefon": "22", "KnO_GSM": "600", "KnO_Tytul": "prezes", "KnO_Domyslny": 1},
		optimatest.Row{"KnO_KnOId": 2, "KnO_KntId": 7, "KnO_Nazwisko": "B", "KnO_EmailESklep": "sklep@example.com", "KnO_Nieaktywny": 1},
		optimatest.Row{"KnO_KnOId": 3, "KnO_KntId": 7, "KnO_Nazwisko": "C", "KnO_Email": "c@example.com", "KnO_DataAnonimizacji": monday},
		optimatest.Row{"KnO_KnOId": 4, "KnO_KntId": 7, "KnO_Nazwisko": "D", "KnO_Mailing": 0})
	consent := func(person int, on, withdrawn connectors.Date, ways ...string) {
		r := optimatest.Row{"PRZ_PodmiotTyp": 1, "PRZ_PodmiotID": 7, "PRZ_PrzedstawicielId": person, "PRZ_DataWyrazenia": on, "PRZ_DataWycofania": nil}
		for _, w := range ways {
			r[w] = 1
		}
		if withdrawn != "" {
			r["PRZ_DataWycofania"] = withdrawn
		}
		b.rows("PodmiotRejestracjaZgod", r)
	}
	consent(1, "2025-01-03", "2025-02-01", "PRZ_EMAIL", "PRZ_SMS", "PRZ_List")
	consent(1, "2025-01-02", "", "PRZ_SMS", "PRZ_Telefon")
	consent(1, "2025-01-01", "", "PRZ_EMAIL")
	consent(2, "2025-01-01", "2025-01-02", "PRZ_EMAIL")
	for flags, third := range map[bool][]connectors.Consent{false: nil, true: nil} {
		src := b.open(func(c *optima.Config) { c.ConsentFlags = flags })
		page, err := src.Representatives(t.Context(), "", 100)
		b.must(err)
		want := []connectors.Representative{
			{
				ID: "1", Contractor: "7", Name: "Łucja Świątek", Email: "l@example.com", Phone: "600", Active: true, Default: true,
				Consents: []connectors.Consent{connectors.ConsentSMS, connectors.ConsentPhone}, Attributes: map[string]string{"position": "prezes", "phone": "22"},
			},
			{ID: "2", Contractor: "7", Name: "B", Email: "sklep@example.com", Consents: []connectors.Consent{}, Attributes: map[string]string{}},
			{ID: "3", Contractor: "7", Active: true, Erased: true},
			{ID: "4", Contractor: "7", Name: "D", Active: true, Consents: third, Attributes: map[string]string{}},
		}
		if diff := cmp.Diff(want, page.Items); diff != "" { // none and unknown are told apart
			t.Errorf("consent flags %v (-want +got):\n%s", flags, diff)
		}
	}
	b.must(b.Update(t.Context(), "KntOsoby", "KnO_KnOId = 4", optimatest.Row{"KnO_Mailing": 1}))
	page, err := b.open(func(c *optima.Config) { c.ConsentFlags = true }).Representatives(t.Context(), "3", 1)
	b.must(err)
	if diff := cmp.Diff([]connectors.Consent{connectors.ConsentEmail}, page.Items[0].Consents); diff != "" {
		t.Error(diff)
	}
}

// TestNullsNobodyRulesOut: columns of which no source says whether they may be NULL
// stop no page when they are.
func TestNullsNobodyRulesOut(t *testing.T) {
	script := regexp.MustCompile(`(?m)(TrA_Wartosc nvarchar\(100\)|PRZ_(?:EMAIL|SMS|Telefon|List) tinyint) NOT NULL.*?(,?)$`).ReplaceAllString(optimatest.Schema(), "$1 NULL$2")
	db := newDatabase(t, script)
	b := &bench{t: t, database: db, Writer: optimatest.Writer{Exec: db.exec}}
	b.src = b.open(nil)
	b.rows("TraNag", header(1))
	b.rows("TraElem", element(101, 1))
	b.rows("DefAtrybuty", optimatest.Row{"DeA_DeAId": 1, "DeA_Typ": 1, "DeA_Kod": "SMAK", "DeA_Format": 1})
	b.rows("TraElemAtr", optimatest.Row{"TrA_TrEId": 101, "TrA_DeAId": 1, "TrA_Wartosc": nil})
	b.rows("Kontrahenci", optimatest.Row{"Knt_KntId": 7, "Knt_Kod": "K"})
	b.rows("KntOsoby", optimatest.Row{"KnO_KnOId": 1, "KnO_KntId": 7, "KnO_Nazwisko": "A"})
	b.rows("PodmiotRejestracjaZgod", optimatest.Row{
		"PRZ_PodmiotTyp": 1, "PRZ_PodmiotID": 7, "PRZ_PrzedstawicielId": 1, "PRZ_EMAIL": 1, "PRZ_SMS": nil, "PRZ_Telefon": nil, "PRZ_List": nil,
	})
	if got := b.all(b.src)["1"].Lines; len(got) != 1 || len(got[0].Attributes) != 0 {
		t.Errorf("lines %+v", got)
	}
	people, err := b.src.Representatives(t.Context(), "", 10)
	b.must(err)
	if diff := cmp.Diff([]connectors.Consent{connectors.ConsentEmail}, people.Items[0].Consents); diff != "" {
		t.Errorf("consents (-want +got):\n%s", diff)
	}
}
