-- partners_health.sql: the company's customers as a doctor looks at them.
SELECT count(*),
       count(*) FILTER (WHERE b.isactive = 'Y') AS active,
       count(*) FILTER (WHERE {{template "anonymous.sql" .}}) AS anonymous
FROM c_bpartner b
WHERE b.ad_client_id = @tenant::{{key}}
  AND b.iscustomer = 'Y'
  AND b.issummary = 'N'
