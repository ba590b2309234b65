-- keys.sql: one page of what the digests of a window are made from, in the order of
-- the key, for the sweep that finds deletions and silent changes.
WITH page AS (
    SELECT {{template "columns.sql" .}}
    FROM c_invoice i
    WHERE {{template "scope.sql" .}}
      AND i.dateinvoiced >= @from::timestamp
      AND i.c_invoice_id{{bytewise}} > @after::{{key}}
    ORDER BY i.c_invoice_id{{bytewise}}
    LIMIT @limit::bigint
),
{{template "totals.sql" .}}
{{template "facts.sql" .}}
{{template "documents.sql" .}}
ORDER BY i.c_invoice_id{{bytewise}}
