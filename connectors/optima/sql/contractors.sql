-- contractors.sql: one page of the contractors, inactive ones too, in the order of
-- the key.
SELECT TOP (@p1) {{template "contractor_columns.sql" .}}
WHERE k.Knt_KntId > @p2
ORDER BY k.Knt_KntId
