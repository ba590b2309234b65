-- catalog.sql: the columns of Optima's tables that this login sees.
SELECT c.TABLE_NAME, c.COLUMN_NAME
FROM INFORMATION_SCHEMA.COLUMNS c
WHERE c.TABLE_SCHEMA = 'CDN'
  AND c.TABLE_NAME IN ({{.Tables}})
