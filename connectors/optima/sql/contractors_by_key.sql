-- contractors_by_key.sql: the contractors with the given keys.
SELECT {{template "contractor_columns.sql" .}}
WHERE k.Knt_KntId IN (@ids)
ORDER BY k.Knt_KntId
