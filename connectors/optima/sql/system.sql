-- system.sql: what Optima says about this database: 1 the company, 3 the version,
-- 1001 the server of the configuration database.
SELECT s.SYS_ID, s.SYS_Wartosc
FROM CDN.SystemCDN s
WHERE s.SYS_ID IN (1, 3, 1001)
ORDER BY s.SYS_ID
