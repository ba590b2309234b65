-- invoices_by_key.sql: the named documents, whatever their company, side or type.
WITH page AS (
    SELECT {{template "columns.sql" .}}
    FROM c_invoice i
    WHERE i.c_invoice_id = ANY (@ids::text[]::{{key}}[])
),
{{template "totals.sql" .}}
{{template "headers.sql" .}}
ORDER BY i.c_invoice_id{{bytewise}}
