{{- /* rate.sql: what one unit of the document's currency is worth in the company's
       own; 0 when the ERP does not say. A rate written on the document goes first. */ -}}
coalesce({{if has "c_invoice.currencyrate"}}nullif(i.currencyrate, 0), {{end}}{{if rates}}rate.multiplyrate, {{end}}0)
{{- /* */ -}}
