{{- /* content.sql: what the digest and the header need from the lines and taxes of
       the documents in "page", each table read once, also where the server takes
       the page for much smaller than it is. ROW(...)::text keeps NULL and
       empty apart and quotes what needs it. */ -}}
content AS {{once}}(
    SELECT l.c_invoice_id,
           md5(string_agg(ROW(
               l.c_invoiceline_id, l.line, l.m_product_id, l.c_charge_id, l.c_uom_id, l.c_tax_id,
               l.qtyinvoiced, {{optional "c_invoiceline" "l.qtyentered"}}, l.linenetamt, l.isdescription, l.isactive, l.description
           )::text, '' ORDER BY l.c_invoiceline_id{{bytewise}})) AS lines
    FROM c_invoiceline l
    JOIN page ON page.c_invoice_id = l.c_invoice_id
    GROUP BY l.c_invoice_id
),
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
