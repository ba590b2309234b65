-- stamps.sql: the stamps of a page's headers once its lines are read. A document
-- whose stamp has moved was saved in between, and is read again.
SELECT n.TrN_TrNID, n.TrN_TS_Mod
FROM CDN.TraNag n
WHERE n.TrN_TrNID IN (@ids)
