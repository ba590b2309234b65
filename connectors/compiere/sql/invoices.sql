-- invoices.sql: one page of sales documents in every status, in the order of
-- (stamp, key). Status is never filtered here: a document that leaves the
-- released ones must be seen leaving.
WITH page AS (
    SELECT i.c_invoice_id
    FROM c_invoice i
    JOIN c_doctype dt ON dt.c_doctype_id = {{template "doctype.sql" .}}
    WHERE {{template "scope.sql" .}}
      AND (i.updated, i.c_invoice_id) > (@after_stamp::timestamp, @after_id::numeric)
      AND i.updated <= @ceiling::timestamp
    ORDER BY i.updated, i.c_invoice_id
    LIMIT @limit::bigint
),
{{template "content.sql" .}}
{{template "headers.sql" .}}
ORDER BY i.updated, i.c_invoice_id
