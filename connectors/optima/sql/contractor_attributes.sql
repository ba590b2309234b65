-- contractor_attributes.sql: the attributes of the given contractors, which are
-- parties of type 1; the column came later than the table and may be empty.
SELECT a.KnA_PodmiotId, d.DeA_Kod, d.DeA_Format, a.KnA_WartoscTxt
FROM CDN.KntAtrybuty a
JOIN CDN.DefAtrybuty d ON d.DeA_DeAId = a.KnA_DeAId
WHERE ISNULL(a.KnA_PodmiotTyp, 1) = 1 AND a.KnA_PodmiotId IN (@ids)
ORDER BY a.KnA_PodmiotId, d.DeA_Kod, a.KnA_KnAId
