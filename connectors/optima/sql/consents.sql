-- consents.sql: the register of consents of the given people, oldest first.
SELECT z.PRZ_PrzedstawicielId, z.PRZ_EMAIL, z.PRZ_SMS, z.PRZ_Telefon, z.PRZ_List, z.PRZ_DataWycofania
FROM CDN.PodmiotRejestracjaZgod z
WHERE z.PRZ_PodmiotTyp = 1 AND z.PRZ_PrzedstawicielId IN (@ids)
ORDER BY z.PRZ_PrzedstawicielId, z.PRZ_DataWyrazenia, z.PRZ_TS_Mod
