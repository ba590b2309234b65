-- line_attributes.sql: the attributes of the lines of the named documents.
SELECT a.TrA_TrEId, d.DeA_Kod, d.DeA_Format, a.TrA_Wartosc
FROM CDN.TraElem e
JOIN CDN.TraElemAtr a ON a.TrA_TrEId = e.TrE_TrEID
JOIN CDN.DefAtrybuty d ON d.DeA_DeAId = a.TrA_DeAId
WHERE e.TrE_TrNId IN (@ids)
ORDER BY a.TrA_TrEId, d.DeA_Kod, a.TrA_Wartosc
