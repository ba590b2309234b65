-- lines.sql: all lines of the named documents, in the order of document, line
-- number and key. Code, name and unit are the document's own copies; the item's
-- group, brand and producer are what the catalogue says now.
SELECT {{template "line_facts.sql" .}},
       e.TrE_TwrNazwa, e.TrE_Jm, e.TrE_JmZ, e.TrE_TwrEAN, e.TrE_TwrNumerKat, e.TrE_Rabat,
       t.Twr_TwGGIDNumer, m.Mrk_Nazwa, p.Prd_Kod
FROM CDN.TraElem e
LEFT JOIN CDN.Towary t ON t.Twr_TwrId = e.TrE_TwrId
LEFT JOIN CDN.Marki m ON m.Mrk_MrkId = t.Twr_MrkID
LEFT JOIN CDN.Producenci p ON p.Prd_PrdId = t.Twr_PrdID
WHERE e.TrE_TrNId IN (@ids)
ORDER BY e.TrE_TrNId, e.TrE_Lp, e.TrE_TrEID
