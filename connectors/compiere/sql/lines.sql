-- lines.sql: the lines of the named documents, in no order. A description line
-- without an amount is text, not a position. All of it is part of the digest; the
-- program counts on this order of the columns.
SELECT l.c_invoice_id,
       l.c_invoiceline_id,
       l.line::bigint,
       l.m_product_id,
       l.c_charge_id,
       l.c_uom_id,
       l.c_tax_id,
       l.qtyinvoiced,
       {{if has "c_invoiceline.qtyentered"}}l.qtyentered{{else}}l.qtyinvoiced{{end}},
       l.linenetamt,
       {{if has "c_invoiceline.line_gross_amount"}}l.line_gross_amount{{else}}NULL{{end}},
       {{if has "c_invoiceline.pricelist"}}l.pricelist{{else}}NULL{{end}},
       {{if has "c_invoiceline.priceactual"}}l.priceactual{{else}}NULL{{end}},
       l.description
FROM c_invoiceline l
WHERE l.c_invoice_id = ANY (@ids::text[]::{{key}}[])
  AND l.isactive = 'Y'
  AND (l.isdescription = 'N' OR l.m_product_id IS NOT NULL OR l.c_charge_id IS NOT NULL OR l.linenetamt <> 0)
