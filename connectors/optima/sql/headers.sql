{{- /* headers.sql: the columns of a whole header, and the tables they come from
       beside n. */ -}}
{{template "facts.sql" .}},
       n.TrN_TS_Zal, n.TrN_NumerPelny, mag.Mag_Symbol, fpl.FPl_Nazwa, ddf.DDf_Symbol,
       n.TrN_Kategoria, n.TrN_Opis, n.TrN_NumerObcy, n.TrN_NumerPelnyPrw, n.TrN_OpeZalKod
{{- /* */ -}}
