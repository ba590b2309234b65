-- invoices_by_key.sql: documents by primary key alone, whatever their class.
SELECT {{template "headers.sql" .}}
FROM CDN.TraNag n
{{template "looked_up.sql" .}}
WHERE n.TrN_TrNID IN (@ids)
ORDER BY n.TrN_TrNID
