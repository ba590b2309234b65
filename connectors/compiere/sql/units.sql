-- units.sql: the units named, as their symbol where they have one.
SELECT unit.c_uom_id, coalesce(nullif(trim({{optional "c_uom" "unit.uomsymbol"}}), ''), unit.x12de355)
FROM c_uom unit
WHERE unit.c_uom_id = ANY (@ids::text[]::{{key}}[])
