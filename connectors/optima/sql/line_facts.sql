{{- /* line_facts.sql: what decides about points, of a line e. */ -}}
e.TrE_TrNId, e.TrE_TrEID, e.TrE_ZwrId, e.TrE_Lp, e.TrE_Aktywny, e.TrE_TwrId, e.TrE_TwrTyp, e.TrE_Kaucja,
       e.TrE_UslugaZlozonaId, e.TrE_Ilosc, e.TrE_IloscJM, e.TrE_WartoscNetto, e.TrE_WartoscBrutto,
       e.TrE_WartoscNettoWal, e.TrE_WartoscBruttoWal, e.TrE_TwrKod
{{- /* */ -}}
