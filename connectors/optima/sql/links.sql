-- links.sql: which receipts (305) the named documents were made invoices (302) of,
-- and the other way round. "seen" tells whether the receipt's own side knows the
-- invoice (TrN_FaId, its rows of TraNagRelacje), "known" whether the invoice's side
-- knows the receipt (the same, and its lines). A document can be asked for its own
-- side alone over an index, so each is judged by that, and both by the pair.
WITH pair AS (
    SELECT n.TrN_TrNID AS receipt, n.TrN_FaId AS invoice
    FROM CDN.TraNag n
    WHERE n.TrN_TypDokumentu = 305 AND n.TrN_TrNID IN (@ids)
    UNION
    SELECT n.TrN_TrNID, r.TrR_FaId
    FROM CDN.TraNag n
    JOIN CDN.TraNagRelacje r ON r.TrR_TrNId = n.TrN_TrNID
    WHERE n.TrN_TypDokumentu = 305 AND n.TrN_TrNID IN (@ids)
    UNION
    SELECT n.TrN_FaId, n.TrN_TrNID
    FROM CDN.TraNag n
    WHERE n.TrN_TypDokumentu = 302 AND n.TrN_TrNID IN (@ids)
    UNION
    SELECT r.TrR_FaId, n.TrN_TrNID
    FROM CDN.TraNag n
    JOIN CDN.TraNagRelacje r ON r.TrR_TrNId = n.TrN_TrNID
    WHERE n.TrN_TypDokumentu = 302 AND n.TrN_TrNID IN (@ids)
    UNION
    SELECT sold.TrE_TrNId, n.TrN_TrNID
    FROM CDN.TraNag n
    JOIN CDN.TraElem e ON e.TrE_TrNId = n.TrN_TrNID
    JOIN CDN.TraElem sold ON sold.TrE_TrEID = e.TrE_PATrEId
    WHERE n.TrN_TypDokumentu = 302 AND e.TrE_PATrEId <> 0 AND n.TrN_TrNID IN (@ids)
)
SELECT pair.receipt, pair.invoice,
       CASE WHEN sold.TrN_FaId = billed.TrN_TrNID THEN 1
            WHEN EXISTS (SELECT 1 FROM CDN.TraNagRelacje r
                         WHERE r.TrR_TrNId = sold.TrN_TrNID AND r.TrR_FaId = billed.TrN_TrNID) THEN 1
            ELSE 0 END AS seen,
       CASE WHEN billed.TrN_FaId = sold.TrN_TrNID THEN 1
            WHEN EXISTS (SELECT 1 FROM CDN.TraNagRelacje r
                         WHERE r.TrR_TrNId = billed.TrN_TrNID AND r.TrR_FaId = sold.TrN_TrNID) THEN 1
            WHEN EXISTS (SELECT 1 FROM CDN.TraElem e
                         JOIN CDN.TraElem line ON line.TrE_TrEID = e.TrE_PATrEId
                         WHERE e.TrE_TrNId = billed.TrN_TrNID AND e.TrE_PATrEId <> 0
                           AND line.TrE_TrNId = sold.TrN_TrNID) THEN 1
            ELSE 0 END AS known,
       sold.TrN_Bufor, sold.TrN_Anulowany, billed.TrN_Bufor, billed.TrN_Anulowany,
       billed.TrN_PodmiotTyp, billed.TrN_PodID, billed.TrN_OdbiorcaTyp, billed.TrN_OdbID,
       billed.TrN_PlatnikTyp, billed.TrN_PlatnikID
FROM pair
JOIN CDN.TraNag sold ON sold.TrN_TrNID = pair.receipt
JOIN CDN.TraNag billed ON billed.TrN_TrNID = pair.invoice
WHERE sold.TrN_TypDokumentu = 305 AND sold.TrN_Korekta = 0
  AND billed.TrN_TypDokumentu = 302 AND billed.TrN_Korekta = 0
ORDER BY pair.receipt, pair.invoice
