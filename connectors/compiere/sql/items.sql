-- items.sql: the named items with their units. An item's group is its category with
-- the categories above it, at most 20 of them; a category that is its own ancestor
-- ends the climb.
WITH RECURSIVE item AS {{once}}(
    SELECT p.m_product_id, p.producttype, p.value, p.name, p.c_uom_id, p.m_product_category_id,
           {{optional "m_product" "p.upc"}} AS upc, {{optional "m_product" "p.sku"}} AS sku
    FROM m_product p
    WHERE p.m_product_id = ANY (@ids::text[]::{{key}}[])
),
climb (leaf, parent, path, seen) AS (
    SELECT c.m_product_category_id, {{optionalKey "m_product_category" "c.m_product_category_parent_id"}},
           c.value::text, ARRAY[c.m_product_category_id::{{key}}]
    FROM m_product_category c
    WHERE c.m_product_category_id IN (SELECT item.m_product_category_id FROM item)
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
)
SELECT item.m_product_id,
       item.producttype::text,
       item.value,
       item.name,
       item_group.path,
       coalesce(nullif(trim({{optional "c_uom" "unit.uomsymbol"}}), ''), unit.x12de355),
       item.upc,
       item.sku
FROM item
LEFT JOIN item_group ON item_group.leaf = item.m_product_category_id
LEFT JOIN c_uom unit ON unit.c_uom_id = item.c_uom_id
