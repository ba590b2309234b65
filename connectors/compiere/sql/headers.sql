{{- /* headers.sql: the headers of the documents in "page". Amounts are as stored:
       credit memos are positive here and get their sign in the program. Columns
       that not every schema has come out as ''. The time of a document is that of
       its entry, when that was on its day: its own date is a midnight. */ -}}
SELECT i.c_invoice_id::text,
       coalesce(dt.docbasetype::text, ''),
       i.ad_client_id::text,
       i.issotrx = 'Y' AS sales,
       i.documentno::text,
       i.docstatus::text,
       to_char({{clock "i.updated"}}, 'YYYY-MM-DD"T"HH24:MI:SS.US'),
       to_char(i.dateinvoiced, 'YYYY-MM-DD'),
       {{if has "c_invoice.created"}}CASE WHEN ({{clock "i.created"}})::date = i.dateinvoiced::date THEN to_char({{clock "i.created"}}, 'HH24:MI') ELSE '' END{{else}}''{{end}},
       coalesce(i.c_bpartner_id::text, ''),
       coalesce(o.c_bpartner_id::text, ''),
       {{optional "c_order" "o.pay_bpartner_id"}},
       coalesce(currency.iso_code::text, ''),
       coalesce(currency.stdprecision, 2)::integer,
       i.istaxincluded = 'Y' AS tax_included,
       i.grandtotal,
       tax.taxamt,
       i.ispaid = 'Y' AS paid,
       coalesce(i.paymentrule::text, ''),
       CASE WHEN i.ad_org_id = '0' THEN '' ELSE coalesce(org.value::text, '') END,
       {{optional "c_invoice" "i.relatedinvoice_id"}},
       coalesce(pair.other::text, ''),
       {{optional "c_doctype" "dt.isreturn"}} = 'Y' AS takes_back,
       {{optional "c_doctype" "dt.signo_issotrx"}},
       {{template "rate.sql" .}},
       coalesce(dt.name::text, ''),
       coalesce(i.poreference::text, ''),
       coalesce(i.description::text, ''),
       coalesce(o.documentno::text, ''),
       {{template "digest.sql" .}}
{{template "documents.sql" .}}
{{template "reversal.sql" .}}
LEFT JOIN c_currency currency ON currency.c_currency_id = i.c_currency_id
LEFT JOIN ad_org org ON org.ad_org_id = i.ad_org_id
{{- /* */ -}}
