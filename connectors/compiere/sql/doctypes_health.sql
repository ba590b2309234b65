-- doctypes_health.sql: document types of sales whose own sign (Libertya) is not
-- the one of their base type.
SELECT count(*)
FROM c_doctype dt
WHERE dt.ad_client_id IN (@tenant::{{key}}, '0')
  AND dt.docbasetype IN ('ARI', 'ARC')
  AND ({{optional "c_doctype" "dt.signo_issotrx"}} LIKE '-%') <> (dt.docbasetype = 'ARC')
