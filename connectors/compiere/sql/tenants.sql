-- tenants.sql: the companies (AD_Client) of the database, the dictionary (0) left
-- out, and whether they have invoices: asked only when one must be chosen, for it
-- may read much of the table. An EXISTS would read it all: it is hashed.
SELECT c.ad_client_id::text,
       c.name::text,
       to_char(c.created, 'YYYY-MM-DD"T"HH24:MI:SS'),
       @choose::boolean AND (SELECT true FROM c_invoice i WHERE i.ad_client_id = c.ad_client_id LIMIT 1) IS NOT NULL AS has_invoices
FROM ad_client c
WHERE c.ad_client_id <> '0'
ORDER BY c.ad_client_id{{bytewise}}
