package optima

import (
	"slices"
	"strings"
)

// table is one of schema CDN that is read: the columns it must have, and those
// that came with later versions of Optima.
type table struct {
	name     string
	columns  string
	optional string
	absent   string // what is lost without the table; "" for one that must be there
}

// tables are all that the statements of folder sql touch; a test compares.
func tables() []table {
	return []table{
		{name: "SystemCDN", columns: "SYS_ID SYS_Wartosc"},
		{name: "TraNag", columns: "TrN_TrNID TrN_DDfId TrN_TypDokumentu TrN_Rodzaj TrN_Korekta TrN_Bufor TrN_Anulowany TrN_ZwrId TrN_FaId " +
			"TrN_TS_Zal TrN_TS_Mod TrN_NumerString TrN_NumerNr TrN_NumerPelny TrN_DataWys TrN_DataOpe TrN_PodmiotTyp TrN_PodID TrN_OdbiorcaTyp TrN_OdbID " +
			"TrN_PlatnikTyp TrN_PlatnikID TrN_MagZrdId TrN_FPlId TrN_Waluta TrN_KursL TrN_KursM TrN_RazemNetto TrN_RazemBrutto " +
			"TrN_RazemNettoWal TrN_RazemBruttoWal TrN_Kategoria TrN_Opis TrN_NumerObcy TrN_NumerPelnyPrw TrN_OpeZalKod", optional: "TrN_NrKSeF"},
		{name: "TraElem", columns: "TrE_TrEID TrE_TrNId TrE_ZwrId TrE_Lp TrE_Aktywny TrE_TwrId TrE_TwrTyp TrE_Kaucja TrE_UslugaZlozonaId " +
			"TrE_Ilosc TrE_IloscJM TrE_Jm TrE_JmZ TrE_WartoscNetto TrE_WartoscBrutto TrE_WartoscNettoWal TrE_WartoscBruttoWal " +
			"TrE_TwrKod TrE_TwrNazwa TrE_TwrEAN TrE_TwrNumerKat TrE_Rabat TrE_PATrEId"},
		{
			name: "TraElemKorZbiorcza", columns: "TreZ_TreZID TreZ_TrNID TreZ_Stawka TreZ_Flaga TreZ_Rabat",
			absent: "collective corrections have one line, not one for each rate of VAT",
		},
		{name: "TraNagRelacje", columns: "TrR_TrNId TrR_FaId"},
		{name: "TraElemAtr", columns: "TrA_TrEId TrA_DeAId TrA_Wartosc", absent: "lines have no attributes"},
		{name: "DokAtrybuty", columns: "DAt_DAtId DAt_TrNId DAt_DeAId DAt_WartoscTxt"},
		{name: "DefAtrybuty", columns: "DeA_DeAId DeA_Kod DeA_Format"},
		{name: "DokDefinicje", columns: "DDf_DDfID DDf_Symbol"},
		{name: "Magazyny", columns: "Mag_MagId Mag_Symbol"},
		{name: "FormyPlatnosci", columns: "FPl_FPlId FPl_Nazwa"},
		{name: "Towary", columns: "Twr_TwrId Twr_TwGGIDNumer Twr_MrkID Twr_PrdID"},
		{name: "Marki", columns: "Mrk_MrkId Mrk_Nazwa"},
		{name: "Producenci", columns: "Prd_PrdId Prd_Kod"},
		{name: "TwrGrupy", columns: "TwG_GIDTyp TwG_GIDNumer TwG_GrONumer TwG_Kod"},
		{name: "TwrAtrybuty", columns: "TwA_TwAId TwA_TwrId TwA_DeAId TwA_WartoscTxt"},
		{name: "Kontrahenci", columns: "Knt_KntId Knt_Kod Knt_Nazwa1 Knt_Nazwa2 Knt_Nazwa3 Knt_NipKraj Knt_Nip Knt_NipE Knt_Email Knt_Telefon1 " +
			"Knt_Telefon2 Knt_TelefonSms Knt_Grupa Knt_KrajISO Knt_Kraj Knt_Nieaktywny Knt_LpAnonimizacji Knt_DataAnonimizacji Knt_Regon Knt_EAN " +
			"Knt_URL Knt_Wojewodztwo Knt_Powiat Knt_Gmina Knt_Miasto Knt_KodPocztowy Knt_Poczta Knt_Ulica Knt_NrDomu Knt_NrLokalu Knt_Adres2 " +
			"Knt_Finalny Knt_BlokadaDok Knt_Rodzaj_Dostawca Knt_Rodzaj_Partner Knt_Rodzaj_Potencjalny Knt_GlID Knt_NadID Knt_OdbiorcaId " +
			"Knt_OpiekunTyp Knt_OpiekunId", optional: "Knt_GLN"},
		{name: "KntAtrybuty", columns: "KnA_KnAId KnA_DeAId KnA_PodmiotTyp KnA_PodmiotId KnA_WartoscTxt"},
		{name: "KntScalHist", columns: "KSH_KSHID KSH_NazwaTabeli KSH_OldKntID KSH_NewKntID", absent: "merges of contractors are not read"},
		{name: "KntOsoby", columns: "KnO_KnOId KnO_KntId KnO_Nazwisko KnO_Email KnO_Telefon KnO_TelefonSms KnO_GSM KnO_Nieaktywny KnO_Domyslny " +
			"KnO_LpAnonimizacji KnO_DataAnonimizacji KnO_Mailing KnO_Informacje KnO_Tytul KnO_Miasto KnO_KodPocztowy KnO_Ulica KnO_NrDomu " +
			"KnO_NrLokalu", optional: "KnO_EmailESklep"},
		{name: "Pracidx", columns: "PRI_PraId PRI_Kod"},
		{
			name: "PodmiotRejestracjaZgod", columns: "PRZ_PodmiotTyp PRZ_PrzedstawicielId PRZ_EMAIL PRZ_SMS PRZ_Telefon PRZ_List " +
				"PRZ_DataWyrazenia PRZ_DataWycofania PRZ_TS_Mod",
			absent: "people have no consents",
		},
	}
}

// tableNames are the tables as they are granted.
func tableNames() []string {
	var names []string
	for _, t := range tables() {
		names = append(names, t.name)
	}
	return names
}

func quotedTables() string { return "'" + strings.Join(tableNames(), "', '") + "'" }

// catalog is what the login sees of Optima's tables: "table.column" in lower
// case, for the case of names differs between versions.
type catalog map[string]bool

func newCatalog(columns []string) catalog {
	c := make(catalog, len(columns))
	for _, name := range columns {
		c[strings.ToLower(name)] = true
	}
	return c
}

func (c catalog) has(column string) bool { return c[strings.ToLower(column)] }

func (c catalog) hasTable(name string) bool {
	prefix := strings.ToLower(name) + "."
	for column := range c {
		if strings.HasPrefix(column, prefix) {
			return true
		}
	}
	return false
}

// without is a column that is not in another catalog, "" when all are.
func (c catalog) without(other catalog) string {
	for column := range c {
		if !other[column] {
			return column
		}
	}
	return ""
}

// missing lists what is needed and not there, and the tables that can be done
// without and are not there either.
func (c catalog) missing() (missing []string, without []table) {
	for _, t := range tables() {
		if !c.hasTable(t.name) {
			if t.absent != "" {
				without = append(without, t)
			} else {
				missing = append(missing, t.name)
			}
			continue
		}
		for name := range strings.FieldsSeq(t.columns) {
			if !c.has(t.name + "." + name) {
				missing = append(missing, t.name+"."+name)
			}
		}
	}
	slices.Sort(missing)
	return missing, without
}
