-- invoices.sql: one page of sales documents in every status, in the order of
-- (stamp, key). Status is never filtered here: a document that leaves the
-- released ones must be seen leaving.
WITH page AS (
    SELECT {{template "columns.sql" .}}
    FROM c_invoice i
    WHERE {{template "scope.sql" .}}
      AND ({{clock "i.updated"}}, i.c_invoice_id{{bytewise}}) > (@after_stamp::timestamp, @after_id::{{key}})
      AND {{clock "i.updated"}} <= @ceiling::timestamp
{{- if instants}}
      AND i.updated > @after_stamp::timestamp - interval '3 hours' -- lets an index help; no clock repeats more
{{- end}}
    ORDER BY {{clock "i.updated"}}, i.c_invoice_id{{bytewise}}
    LIMIT @limit::bigint
),
{{template "totals.sql" .}}
{{template "headers.sql" .}}
ORDER BY {{clock "i.updated"}}, i.c_invoice_id{{bytewise}}
