{{- /* facts.sql: what the digest of a document is made from, beside its lines: all
       that decides points and to whom they go, also the payment state, which the
       ERP may change without a new stamp; not the stamp itself, nor names looked up
       in other tables. The program counts on this order. */ -}}
SELECT i.c_invoice_id,
       i.ad_client_id,
       i.issotrx,
       i.docstatus::text,
       dt.docbasetype::text,
       i.documentno,
       i.dateinvoiced::date,
       i.c_bpartner_id,
       o.c_bpartner_id,
       {{optional "c_order" "o.pay_bpartner_id"}},
       i.ad_org_id,
       i.c_currency_id,
       i.istaxincluded,
       i.grandtotal,
       tax.taxamt,
       i.ispaid,
       i.paymentrule::text,
       {{template "rate.sql" .}},
       {{optional "c_doctype" "dt.isreturn"}},
       {{optional "c_doctype" "dt.signo_issotrx"}},
       i.poreference,
       i.description,
       {{optional "c_invoice" "i.relatedinvoice_id"}}
{{- /* */ -}}
