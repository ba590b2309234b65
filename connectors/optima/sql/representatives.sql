-- representatives.sql: one page of the people of contractors ("przedstawiciele"),
-- inactive ones too, in the order of the key. KnO_Nazwisko is the whole name.
SELECT TOP (@p1) o.KnO_KnOId, o.KnO_KntId, o.KnO_Nazwisko, o.KnO_Email,
       {{optional "KntOsoby.KnO_EmailESklep" "o" "nvarchar(60)"}},
       o.KnO_Telefon, o.KnO_TelefonSms, o.KnO_GSM, o.KnO_Nieaktywny, o.KnO_Domyslny,
       o.KnO_LpAnonimizacji, o.KnO_DataAnonimizacji, o.KnO_Mailing, o.KnO_Informacje,
       o.KnO_Tytul, o.KnO_Miasto, o.KnO_KodPocztowy, o.KnO_Ulica, o.KnO_NrDomu, o.KnO_NrLokalu
FROM CDN.KntOsoby o
WHERE o.KnO_KnOId > @p2
ORDER BY o.KnO_KnOId
