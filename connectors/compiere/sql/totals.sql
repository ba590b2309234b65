{{- /* totals.sql: what a header needs from other tables for the documents in "page",
       each table read once, also where the server takes the page for much smaller
       than it is. */ -}}
tax AS {{once}}(
    SELECT t.c_invoice_id, sum(t.taxamt) AS taxamt
    FROM c_invoicetax t
    WHERE t.c_invoice_id = ANY (ARRAY(SELECT page.c_invoice_id FROM page))
      AND t.c_tax_id = ANY (ARRAY(SELECT kind.c_tax_id FROM c_tax kind)) -- leads the only index that most have
    GROUP BY t.c_invoice_id
)
{{- if rates}},
{{template "rates.sql" .}}
{{- end}}
{{- /* */ -}}
