-- invoices.sql: one page of the sales documents in every state, in the order of
-- (stamp, key). The inner SELECT is answered by the index TraNagTypDokumentuBuforRodzaj
-- alone, which holds the class, the stamp and the key of every document; the
-- headers follow by primary key, for the page's own rows. State is never filtered:
-- a document that leaves the released ones must be seen leaving.
WITH page AS (
    SELECT TOP (@p1) p.TrN_TrNID
    FROM CDN.TraNag p
    WHERE p.TrN_TypDokumentu IN ({{.Classes}})
      AND p.TrN_TS_Mod <= @p2
      AND (p.TrN_TS_Mod > @p3 OR (p.TrN_TS_Mod = @p3 AND p.TrN_TrNID > @p4))
    ORDER BY p.TrN_TS_Mod, p.TrN_TrNID
)
SELECT {{template "headers.sql" .}}
FROM page
JOIN CDN.TraNag n ON n.TrN_TrNID = page.TrN_TrNID
{{template "looked_up.sql" .}}
ORDER BY n.TrN_TS_Mod, n.TrN_TrNID
