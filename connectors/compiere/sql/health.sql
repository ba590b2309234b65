-- health.sql: documents of the company that need a remark, and how costly it is
-- to find the changed ones. Reads every sales header once; only Check runs it.
SELECT count(*) FILTER (WHERE i.updated > localtimestamp) AS stamped_in_the_future,
       count(*) FILTER (WHERE i.docstatus NOT IN
           ('DR', 'IP', 'IN', 'AP', 'NA', 'WP', 'WC', 'CO', 'CL', 'VO', 'RE')) AS of_unknown_status,
       count(*) AS documents,
       EXISTS (SELECT 1
               FROM pg_catalog.pg_index x
               JOIN pg_catalog.pg_class c ON c.oid = x.indrelid
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
               JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]
               WHERE n.nspname = @schema AND c.relname = 'c_invoice' AND a.attname = 'updated'
                 AND x.indpred IS NULL) AS indexed
FROM c_invoice i
WHERE i.ad_client_id = @tenant::numeric
  AND i.issotrx = 'Y'
