-- merges.sql: what the given contractors were merged into, the latest last. The
-- history has a row for every row of every table that a merge rewrote, so pairs are
-- taken once for each table.
SELECT h.KSH_OldKntID, h.KSH_NewKntID, h.KSH_NazwaTabeli
FROM CDN.KntScalHist h
WHERE h.KSH_OldKntID IN (@ids) AND h.KSH_NewKntID > 0 AND h.KSH_NewKntID <> h.KSH_OldKntID
GROUP BY h.KSH_OldKntID, h.KSH_NewKntID, h.KSH_NazwaTabeli
ORDER BY MAX(h.KSH_KSHID)
