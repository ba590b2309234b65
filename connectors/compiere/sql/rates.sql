{{- /* rates.sql: the rate of the day for the documents in "page" that are in a
       foreign currency: from the company's own list before the shared one, of the
       document's type of rate, the youngest that was valid. */ -}}
rate AS {{once}}(
    SELECT DISTINCT ON (i.c_invoice_id) i.c_invoice_id, r.multiplyrate
    FROM page i
    JOIN ad_clientinfo info ON info.ad_client_id = i.ad_client_id
    JOIN c_acctschema books ON books.c_acctschema_id = info.c_acctschema1_id
    JOIN c_conversion_rate r ON r.c_currency_id = i.c_currency_id AND r.c_currency_id_to = books.c_currency_id
    WHERE i.c_currency_id <> books.c_currency_id
      AND i.dateinvoiced::date BETWEEN r.validfrom::date AND coalesce(r.validto::date, 'infinity')
      AND r.ad_client_id IN (i.ad_client_id, '0')
      AND r.isactive = 'Y'
{{- if and (has "c_conversion_rate.c_conversiontype_id") (has "c_invoice.c_conversiontype_id")}}
      AND r.c_conversiontype_id = coalesce(i.c_conversiontype_id, r.c_conversiontype_id)
{{- end}}
    ORDER BY i.c_invoice_id, r.ad_client_id = '0', r.validfrom DESC, r.c_conversion_rate_id DESC
)
{{- /* */ -}}
