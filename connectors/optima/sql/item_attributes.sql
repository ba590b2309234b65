-- item_attributes.sql: the attributes of the items sold on the named documents.
-- Rows of other owners (services of the workshop) have no item.
SELECT a.TwA_TwrId, d.DeA_Kod, d.DeA_Format, a.TwA_WartoscTxt
FROM CDN.TwrAtrybuty a
JOIN CDN.DefAtrybuty d ON d.DeA_DeAId = a.TwA_DeAId
WHERE a.TwA_TwrId IN (SELECT e.TrE_TwrId FROM CDN.TraElem e WHERE e.TrE_TrNId IN (@ids))
ORDER BY a.TwA_TwrId, d.DeA_Kod, a.TwA_TwAId
