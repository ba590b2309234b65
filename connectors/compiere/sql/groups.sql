-- groups.sql: the groups that the company's customers are in.
SELECT DISTINCT g.value::text
FROM c_bpartner b
JOIN c_bp_group g ON g.c_bp_group_id = b.c_bp_group_id
WHERE b.ad_client_id = @tenant::{{key}}
  AND b.iscustomer = 'Y'
  AND b.issummary = 'N'
  AND trim(g.value::text) <> ''
ORDER BY 1
LIMIT @limit::bigint
