-- examine.sql: the documents by class, kind and state, for the doctor. It reads
-- every header of the classes once.
SELECT n.TrN_TypDokumentu, n.TrN_Rodzaj, n.TrN_Bufor,
       CASE WHEN n.TrN_Anulowany <> 0 THEN 1 ELSE 0 END AS cancelled,
       COUNT(*) AS documents, MIN(n.TrN_DataWys) AS first_issued, MAX(n.TrN_DataWys) AS last_issued,
       SUM(CASE WHEN n.TrN_TS_Mod > @p1 THEN 1 ELSE 0 END) AS future
FROM CDN.TraNag n
WHERE n.TrN_TypDokumentu IN ({{.Classes}})
GROUP BY n.TrN_TypDokumentu, n.TrN_Rodzaj, n.TrN_Bufor, CASE WHEN n.TrN_Anulowany <> 0 THEN 1 ELSE 0 END
