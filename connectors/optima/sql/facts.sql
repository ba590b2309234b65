{{- /* facts.sql: what decides about points, of a header n: the digest is made of
       it, here and in keys.sql alike. TrN_NumerString and TrN_NumerNr stand for the
       number, because TrN_NumerPelny costs a function call per row. */ -}}
n.TrN_TrNID, n.TrN_TypDokumentu, n.TrN_Rodzaj, n.TrN_Korekta, n.TrN_Bufor, n.TrN_Anulowany,
       n.TrN_ZwrId, n.TrN_TS_Mod, n.TrN_NumerString, n.TrN_NumerNr, n.TrN_DataWys, n.TrN_DataOpe,
       n.TrN_PodmiotTyp, n.TrN_PodID, n.TrN_OdbiorcaTyp, n.TrN_OdbID, n.TrN_PlatnikTyp, n.TrN_PlatnikID,
       n.TrN_MagZrdId, n.TrN_FPlId, n.TrN_Waluta, n.TrN_KursL, n.TrN_KursM,
       n.TrN_RazemNetto, n.TrN_RazemBrutto, n.TrN_RazemNettoWal, n.TrN_RazemBruttoWal,
       {{optional "TraNag.TrN_NrKSeF" "n" "nvarchar(128)"}}
{{- /* */ -}}
