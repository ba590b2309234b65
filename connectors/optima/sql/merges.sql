-- merges.sql: what the given contractors were merged into. The history has a row
-- for every row of every table that a merge touched; only those of the contractors'
-- own table say that a contractor was replaced.
SELECT h.KSH_OldKntID, h.KSH_NewKntID, h.KSH_NazwaTabeli
FROM CDN.KntScalHist h
WHERE h.KSH_OldKntID IN (@ids) AND h.KSH_NewKntID <> h.KSH_OldKntID
ORDER BY h.KSH_KSHID
