{{- /* columns.sql: what a page keeps of each header, so that it is looked up once. */ -}}
i.c_invoice_id, i.ad_client_id, i.ad_org_id, i.updated, i.issotrx, i.documentno, i.docstatus, i.c_doctype_id, i.c_doctypetarget_id,
           i.c_order_id, i.c_bpartner_id, i.c_currency_id, i.dateinvoiced, i.grandtotal, i.istaxincluded, i.ispaid, i.paymentrule,
           i.poreference, i.description
{{- if has "c_invoice.created"}}, i.created{{end}}
{{- if has "c_invoice.relatedinvoice_id"}}, i.relatedinvoice_id{{end}}
{{- if has "c_invoice.reversal_id"}}, i.reversal_id{{end}}
{{- if has "c_invoice.currencyrate"}}, i.currencyrate{{end}}
{{- if has "c_invoice.c_conversiontype_id"}}, i.c_conversiontype_id{{end}}
{{- /* */ -}}
