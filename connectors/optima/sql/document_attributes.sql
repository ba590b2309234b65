-- document_attributes.sql: the attributes of the named documents, in the order
-- they were written.
SELECT a.DAt_TrNId, d.DeA_Kod, d.DeA_Format, a.DAt_WartoscTxt
FROM CDN.DokAtrybuty a
JOIN CDN.DefAtrybuty d ON d.DeA_DeAId = a.DAt_DeAId
WHERE a.DAt_TrNId IN (@ids)
ORDER BY a.DAt_TrNId, d.DeA_Kod, a.DAt_DAtId
