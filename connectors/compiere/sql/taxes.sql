-- taxes.sql: the rates of the taxes named, in percent. That of a summary tax is the
-- sum of its parts.
SELECT tax.c_tax_id,
       coalesce(CASE WHEN tax.issummary = 'Y'
           THEN (SELECT sum(part.rate) FROM c_tax part WHERE part.parent_tax_id = tax.c_tax_id AND part.isactive = 'Y')
           ELSE tax.rate END, 0)
FROM c_tax tax
WHERE tax.c_tax_id = ANY (@ids::text[]::{{key}}[])
