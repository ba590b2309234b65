-- lines.sql: the lines of the named documents, in the order of document, line
-- number and key. A description line without an amount is text, not a position.
-- The rate of a summary tax is the sum of its parts. An item's group is its
-- category with the categories above it, at most 20 of them; a category that is
-- its own ancestor ends the climb.
WITH RECURSIVE climb (leaf, parent, path, seen) AS (
    SELECT c.m_product_category_id, {{optionalKey "m_product_category" "c.m_product_category_parent_id"}},
           c.value::text, ARRAY[c.m_product_category_id::{{key}}]
    FROM m_product_category c
    WHERE c.m_product_category_id IN (
        SELECT p.m_product_category_id
        FROM c_invoiceline l
        JOIN m_product p ON p.m_product_id = l.m_product_id
        WHERE l.c_invoice_id = ANY (@ids::text[]::{{key}}[]))
    UNION ALL
    SELECT climb.leaf, {{optionalKey "m_product_category" "c.m_product_category_parent_id"}},
           c.value::text || '/' || climb.path, climb.seen || c.m_product_category_id::{{key}}
    FROM climb
    JOIN m_product_category c ON c.m_product_category_id = climb.parent
    WHERE c.m_product_category_id <> ALL (climb.seen)
      AND cardinality(climb.seen) < 20
),
item_group AS (
    SELECT DISTINCT ON (climb.leaf) climb.leaf, climb.path
    FROM climb
    ORDER BY climb.leaf, cardinality(climb.seen) DESC
),
part AS (
    SELECT t.parent_tax_id, sum(t.rate) AS rate
    FROM c_tax t
    WHERE t.parent_tax_id IS NOT NULL AND t.isactive = 'Y'
    GROUP BY t.parent_tax_id
)
SELECT l.c_invoice_id::text,
       l.c_invoiceline_id::text,
       l.line::bigint,
       l.m_product_id IS NOT NULL AS is_product,
       coalesce(p.producttype::text, ''),
       coalesce(p.value::text, ''),
       coalesce(p.name::text, ''),
       coalesce(charge.name::text, ''),
       coalesce(l.description::text, ''),
       coalesce(item_group.path, ''),
       l.qtyinvoiced,
       coalesce(nullif(trim({{optional "c_uom" "unit.uomsymbol"}}), ''), unit.x12de355, ''),
       {{if has "c_invoiceline.qtyentered"}}l.qtyentered{{else}}l.qtyinvoiced{{end}},
       coalesce(nullif(trim({{optional "c_uom" "entered.uomsymbol"}}), ''), entered.x12de355, ''),
       l.linenetamt,
       {{if has "c_invoiceline.line_gross_amount"}}l.line_gross_amount{{else}}NULL::numeric{{end}},
       {{if has "c_invoiceline.pricelist"}}l.pricelist{{else}}NULL::numeric{{end}},
       {{if has "c_invoiceline.priceactual"}}l.priceactual{{else}}NULL::numeric{{end}},
       coalesce(CASE WHEN tax.issummary = 'Y' THEN part.rate ELSE tax.rate END, 0),
       {{optional "m_product" "p.upc"}},
       {{optional "m_product" "p.sku"}}
FROM c_invoiceline l
LEFT JOIN m_product p ON p.m_product_id = l.m_product_id
LEFT JOIN c_charge charge ON charge.c_charge_id = l.c_charge_id
LEFT JOIN item_group ON item_group.leaf = p.m_product_category_id
LEFT JOIN c_uom unit ON unit.c_uom_id = coalesce(p.c_uom_id, l.c_uom_id)
LEFT JOIN c_uom entered ON entered.c_uom_id = l.c_uom_id
LEFT JOIN c_tax tax ON tax.c_tax_id = l.c_tax_id
LEFT JOIN part ON part.parent_tax_id = tax.c_tax_id
WHERE l.c_invoice_id = ANY (@ids::text[]::{{key}}[])
  AND l.isactive = 'Y'
  AND (l.isdescription = 'N' OR l.m_product_id IS NOT NULL OR l.c_charge_id IS NOT NULL OR l.linenetamt <> 0)
ORDER BY l.c_invoice_id, l.line, l.c_invoiceline_id{{bytewise}}
