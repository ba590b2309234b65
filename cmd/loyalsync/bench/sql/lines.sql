-- lines.sql: what points are made of, one row a line. Both the statement and the
-- COPY that the program is compared with begin here.
SELECT i.c_invoice_id, t.docbasetype, i.docstatus, i.documentno, i.updated, i.dateinvoiced, i.c_bpartner_id, i.grandtotal, currency.iso_code,
       l.c_invoiceline_id, l.line, p.value AS item, p.name, category.value AS category, l.qtyinvoiced, unit.uomsymbol, l.linenetamt, tax.rate
FROM c_invoice i
JOIN c_doctype t ON t.c_doctype_id = coalesce(nullif(i.c_doctype_id, 0), i.c_doctypetarget_id)
JOIN c_currency currency ON currency.c_currency_id = i.c_currency_id
JOIN c_invoiceline l ON l.c_invoice_id = i.c_invoice_id
JOIN m_product p ON p.m_product_id = l.m_product_id
JOIN m_product_category category ON category.m_product_category_id = p.m_product_category_id
JOIN c_uom unit ON unit.c_uom_id = p.c_uom_id
JOIN c_tax tax ON tax.c_tax_id = l.c_tax_id
WHERE i.ad_client_id = 1000000 AND i.issotrx = 'Y' AND t.docbasetype IN ('ARI', 'ARC') AND l.isactive = 'Y'
