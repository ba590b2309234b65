-- contractor_attributes.sql: the attributes of the given contractors.
SELECT a.KnA_PodmiotId, d.DeA_Kod, d.DeA_Format, a.KnA_WartoscTxt
FROM CDN.KntAtrybuty a
JOIN CDN.DefAtrybuty d ON d.DeA_DeAId = a.KnA_DeAId
WHERE a.KnA_PodmiotTyp = 1 AND a.KnA_PodmiotId IN (@ids)
ORDER BY a.KnA_PodmiotId, d.DeA_Kod, a.KnA_KnAId
