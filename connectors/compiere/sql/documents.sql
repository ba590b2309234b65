{{- /* documents.sql: the rows that a header is made from. */ -}}
FROM page i
LEFT JOIN c_doctype dt ON dt.c_doctype_id = {{template "doctype.sql" .}}
LEFT JOIN c_order o ON o.c_order_id = i.c_order_id
LEFT JOIN tax ON tax.c_invoice_id = i.c_invoice_id
{{- if rates}}
LEFT JOIN rate ON rate.c_invoice_id = i.c_invoice_id
{{- end}}
{{- /* */ -}}
