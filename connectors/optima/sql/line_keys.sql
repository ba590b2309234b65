-- line_keys.sql: the lines of the named documents as their digest sees them.
SELECT {{template "line_facts.sql" .}}
FROM CDN.TraElem e
WHERE e.TrE_TrNId IN (@ids)
ORDER BY e.TrE_TrNId, e.TrE_Lp, e.TrE_TrEID
