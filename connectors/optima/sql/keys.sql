-- keys.sql: one page of the documents of a window, in the order of the key, with
-- what their digest is made of: for the sweep that finds deletions and silent
-- changes.
SELECT TOP (@p1) {{template "facts.sql" .}}
FROM CDN.TraNag n
WHERE n.TrN_TypDokumentu IN ({{.Classes}})
  AND n.TrN_DataWys >= @p2
  AND n.TrN_TrNID > @p3
ORDER BY n.TrN_TrNID
