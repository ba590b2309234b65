-- contractors_by_key.sql: the named partners of the company, whether customers or
-- not: a document may name any of them.
WITH page AS (
    SELECT b.c_bpartner_id
    FROM c_bpartner b
    WHERE b.ad_client_id = @tenant::{{key}}
      AND b.c_bpartner_id = ANY (@ids::text[]::{{key}}[])
),
{{template "partners.sql" .}}
ORDER BY b.c_bpartner_id{{bytewise}}
