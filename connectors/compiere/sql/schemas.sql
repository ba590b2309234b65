-- schemas.sql: the schemas that hold the tables of an ERP of this family, with
-- the time zone the server gives a new connection.
SELECT n.nspname::text, current_setting('TimeZone')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname IN ('c_invoice', 'ad_client')
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND (@schema = '' OR n.nspname = @schema)
GROUP BY n.nspname
HAVING count(DISTINCT c.relname) = 2
ORDER BY n.nspname
