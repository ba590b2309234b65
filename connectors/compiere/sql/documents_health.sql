-- documents_health.sql: the company's sales documents as a doctor looks at them.
-- Reads every sales header once.
SELECT count(*),
       coalesce(to_char(min(i.dateinvoiced), 'YYYY-MM-DD'), ''),
       coalesce(to_char(max(i.dateinvoiced), 'YYYY-MM-DD'), ''),
       count(*) FILTER (WHERE {{clock "i.updated"}} > localtimestamp) AS stamped_in_the_future,
       count(*) FILTER (WHERE i.docstatus NOT IN
           ('DR', 'IP', 'IN', 'AP', 'NA', 'WP', 'WC', 'CO', 'CL', 'VO', 'RE')) AS of_unknown_status,
       coalesce(string_agg(DISTINCT i.docstatus::text, ' ' ORDER BY i.docstatus::text) FILTER (WHERE i.docstatus NOT IN
           ('DR', 'IP', 'IN', 'AP', 'NA', 'WP', 'WC', 'CO', 'CL', 'VO', 'RE')), '') AS unknown,
       EXISTS (SELECT 1
               FROM pg_catalog.pg_index x
               JOIN pg_catalog.pg_class c ON c.oid = x.indrelid
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
               JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]
               WHERE n.nspname = @schema AND c.relname = 'c_invoice' AND a.attname = 'updated'
                 AND x.indpred IS NULL) AS indexed
FROM c_invoice i
WHERE i.ad_client_id = @tenant::{{key}}
  AND i.issotrx = 'Y'
