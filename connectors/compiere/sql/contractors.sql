-- contractors.sql: one page of the company's customers, in the order of their key.
-- Summary partners only group others and never appear on a document.
WITH page AS (
    SELECT b.c_bpartner_id
    FROM c_bpartner b
    WHERE b.ad_client_id = @tenant::{{key}}
      AND b.iscustomer = 'Y'
      AND b.issummary = 'N'
      AND b.c_bpartner_id{{bytewise}} > @after::{{key}}
    ORDER BY b.c_bpartner_id{{bytewise}}
    LIMIT @limit::bigint
),
{{template "partners.sql" .}}
ORDER BY b.c_bpartner_id{{bytewise}}
