{{- /* digest.sql: the fingerprint of a document. It covers what decides points and
       to whom they go, also the payment state, which the ERP may change without a
       new stamp; not the stamp itself, nor names looked up in other tables. */ -}}
md5(ROW(
           i.ad_client_id, i.issotrx, i.docstatus, dt.docbasetype, i.documentno,
           to_char(i.dateinvoiced, 'YYYY-MM-DD'), i.c_bpartner_id, o.c_bpartner_id, {{optional "c_order" "o.pay_bpartner_id"}},
           i.ad_org_id, i.c_currency_id, i.istaxincluded, i.grandtotal, tax.taxamt, i.ispaid, i.paymentrule, {{template "rate.sql" .}},
           {{optional "c_doctype" "dt.isreturn"}}, {{optional "c_doctype" "dt.signo_issotrx"}}, i.poreference, i.description, {{optional "c_invoice" "i.relatedinvoice_id"}}, content.lines
       )::text)
{{- /* */ -}}
