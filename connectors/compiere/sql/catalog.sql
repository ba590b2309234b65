-- catalog.sql: the columns of the tables that are read, their types, and what the
-- login may do with them. The system catalog shows them all, also those that the
-- login may not read; information_schema would hide these.
SELECT c.relname::text,
       a.attname::text,
       format_type(a.atttypid, NULL),
       c.relkind::text,
       has_schema_privilege(n.oid, 'USAGE') AND has_column_privilege(c.oid, a.attnum, 'SELECT') AS readable,
       has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
           OR has_column_privilege(c.oid, a.attnum, 'INSERT, UPDATE') AS writable
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = @schema
  AND c.relname = ANY (@tables::text[])
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY c.relname, a.attnum
