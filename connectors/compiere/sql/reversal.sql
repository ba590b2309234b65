{{- /* reversal.sql: the other document of a reversal's pair. Newer schemas keep it
       in the document itself; Openbravo in a table of its own; Compiere 3 only as
       texts, "{->number of the original)" and "(number of the copy<-)". There the
       number must lead to exactly one document of the same partner and type with
       the opposite total and the opposite lines. Whether a pair is found decides
       nothing: both documents are cancelled by their status. */ -}}
{{if has "c_invoice.reversal_id" -}}
LEFT JOIN LATERAL (SELECT i.reversal_id AS other) pair ON true
{{- else if has "c_invoice_reverse.reversed_c_invoice_id" -}}
LEFT JOIN LATERAL (
    SELECT CASE WHEN link.c_invoice_id = i.c_invoice_id THEN link.reversed_c_invoice_id ELSE link.c_invoice_id END AS other
    FROM c_invoice_reverse link
    WHERE i.docstatus = 'VO'
      AND i.c_invoice_id IN (link.c_invoice_id, link.reversed_c_invoice_id)
    ORDER BY 1
    LIMIT 1
) pair ON true
{{- else -}}
LEFT JOIN LATERAL (
    SELECT min(other.c_invoice_id) AS other
    FROM c_invoice other
    WHERE i.docstatus = 'RE'
      AND other.docstatus = 'RE'
      AND other.c_bpartner_id = i.c_bpartner_id
      AND other.documentno IN (substring(i.description FROM '{->(.*?)\)'), substring(i.description FROM '\(([^()]*)<-\)'))
      AND other.c_doctype_id = i.c_doctype_id
      AND other.c_invoice_id <> i.c_invoice_id
      AND other.grandtotal = -i.grandtotal
      AND (SELECT count(*) FROM c_invoiceline l WHERE l.c_invoice_id = other.c_invoice_id)
        = (SELECT count(*) FROM c_invoiceline l WHERE l.c_invoice_id = i.c_invoice_id)
      AND NOT EXISTS (
          SELECT l.m_product_id, l.c_charge_id, l.qtyinvoiced, l.linenetamt FROM c_invoiceline l WHERE l.c_invoice_id = i.c_invoice_id
          EXCEPT ALL
          SELECT l.m_product_id, l.c_charge_id, -l.qtyinvoiced, -l.linenetamt FROM c_invoiceline l WHERE l.c_invoice_id = other.c_invoice_id)
    HAVING count(*) = 1
) pair ON true
{{- end}}
{{- /* */ -}}
