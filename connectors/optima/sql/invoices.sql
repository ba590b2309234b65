-- invoices.sql: which sales documents a page has, in every state, in the order of
-- (stamp, key). The index TraNagTypDokumentuBuforRodzaj answers it alone, which holds
-- the class, the stamp and the key of every document; the headers follow by primary
-- key. They are not joined here: under READ COMMITTED a document that is saved or
-- deleted between its row of the index and its header would have the page end at its
-- new stamp, or look like the last. State is never filtered: a document that leaves
-- the released ones must be seen leaving.
SELECT TOP (@p1) n.TrN_TrNID, n.TrN_TS_Mod
FROM CDN.TraNag n
WHERE n.TrN_TypDokumentu IN ({{.Classes}})
  AND n.TrN_TS_Mod <= @p2
  AND (n.TrN_TS_Mod > @p3 OR (n.TrN_TS_Mod = @p3 AND n.TrN_TrNID > @p4))
ORDER BY n.TrN_TS_Mod, n.TrN_TrNID
