-- listed.sql: which sales documents come next in the order of (stamp, key), in every
-- status: a document that leaves the released ones must be seen leaving.
SELECT to_char({{clock "i.updated"}}, 'YYYY-MM-DD"T"HH24:MI:SS.US'), i.c_invoice_id::text
FROM c_invoice i
WHERE {{template "scope.sql" .}}
  AND ({{clock "i.updated"}}, i.c_invoice_id{{bytewise}}) > (@after_stamp::timestamp, @after_id::{{key}})
  AND {{clock "i.updated"}} <= @ceiling::timestamp
{{- if instants}}
  AND i.updated > @after_stamp::timestamp - interval '3 hours' -- lets an index help; no clock repeats more
{{- end}}
ORDER BY {{clock "i.updated"}}, i.c_invoice_id{{bytewise}}
LIMIT @limit::bigint
