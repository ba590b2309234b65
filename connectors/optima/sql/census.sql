-- census.sql: how many contractors there are, and how many of them are active.
SELECT COUNT(*), SUM(CASE WHEN k.Knt_Nieaktywny = 0 THEN 1 ELSE 0 END)
FROM CDN.Kontrahenci k
