-- collective.sql: the rows of collective corrections, one for each rate of VAT.
SELECT z.TreZ_TrNID, z.TreZ_TreZID, z.TreZ_Stawka, z.TreZ_Flaga, z.TreZ_Rabat
FROM CDN.TraElemKorZbiorcza z
WHERE z.TreZ_TrNID IN (@ids)
ORDER BY z.TreZ_TrNID, z.TreZ_TreZID
