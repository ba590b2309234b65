-- links.sql: which receipts (305) the named documents were made invoices (302) of,
-- and the other way round. A receipt's own side is TrN_FaId and its rows of
-- TraNagRelacje; an invoice also knows the receipt by its lines. "seen" tells
-- whether the receipt's own side knows the invoice: both sides must come to the
-- same answer, and a receipt cannot be asked by anything else over an index.
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
SELECT receipt.TrN_TrNID, invoice.TrN_TrNID,
       CASE WHEN receipt.TrN_FaId = invoice.TrN_TrNID THEN 1
            WHEN EXISTS (SELECT 1 FROM CDN.TraNagRelacje r
                         WHERE r.TrR_TrNId = receipt.TrN_TrNID AND r.TrR_FaId = invoice.TrN_TrNID) THEN 1
            ELSE 0 END AS seen,
       receipt.TrN_Bufor, receipt.TrN_Anulowany, invoice.TrN_Bufor, invoice.TrN_Anulowany,
       invoice.TrN_PodmiotTyp, invoice.TrN_PodID, invoice.TrN_OdbiorcaTyp, invoice.TrN_OdbID,
       invoice.TrN_PlatnikTyp, invoice.TrN_PlatnikID
FROM pair
JOIN CDN.TraNag receipt ON receipt.TrN_TrNID = pair.receipt
JOIN CDN.TraNag invoice ON invoice.TrN_TrNID = pair.invoice
WHERE receipt.TrN_TypDokumentu = 305 AND receipt.TrN_Korekta = 0
  AND invoice.TrN_TypDokumentu = 302 AND invoice.TrN_Korekta = 0
ORDER BY receipt.TrN_TrNID, invoice.TrN_TrNID
