{{- /* contractor_columns.sql: a contractor k. */ -}}
k.Knt_KntId, k.Knt_Kod, k.Knt_Nazwa1, k.Knt_Nazwa2, k.Knt_Nazwa3, k.Knt_NipKraj, k.Knt_Nip, k.Knt_NipE,
       k.Knt_Email, k.Knt_Telefon1, k.Knt_Telefon2, k.Knt_TelefonSms, k.Knt_Grupa, k.Knt_KrajISO, k.Knt_Kraj,
       k.Knt_Nieaktywny, k.Knt_LpAnonimizacji, k.Knt_DataAnonimizacji,
       k.Knt_Regon, k.Knt_EAN, k.Knt_URL, k.Knt_Wojewodztwo, k.Knt_Powiat, k.Knt_Gmina, k.Knt_Miasto,
       k.Knt_KodPocztowy, k.Knt_Poczta, k.Knt_Ulica, k.Knt_NrDomu, k.Knt_NrLokalu, k.Knt_Adres2,
       k.Knt_Finalny, k.Knt_BlokadaDok, k.Knt_Rodzaj_Dostawca, k.Knt_Rodzaj_Partner, k.Knt_Rodzaj_Potencjalny,
       k.Knt_GlID, k.Knt_NadID, k.Knt_OdbiorcaId, {{optional "Kontrahenci.Knt_GLN" "k" "varchar(13)"}},
       CASE WHEN k.Knt_OpiekunTyp = 3
            THEN (SELECT MIN(o.PRI_Kod) FROM CDN.Pracidx o WHERE o.PRI_PraId = k.Knt_OpiekunId) END AS manager
FROM CDN.Kontrahenci k
{{- /* */ -}}
