-- unlinked.sql: how many invoices made of receipts no receipt names.
SELECT COUNT(*)
FROM CDN.TraNag f
WHERE f.TrN_TypDokumentu = 302 AND f.TrN_Rodzaj = 302006 AND f.TrN_Anulowany = 0 AND f.TrN_Bufor <> -1
  AND NOT EXISTS (SELECT 1 FROM CDN.TraNag p WHERE p.TrN_FaId = f.TrN_TrNID AND p.TrN_TypDokumentu = 305)
  AND NOT EXISTS (SELECT 1 FROM CDN.TraNagRelacje r
                  JOIN CDN.TraNag p ON p.TrN_TrNID = r.TrR_TrNId
                  WHERE r.TrR_FaId = f.TrN_TrNID AND p.TrN_TypDokumentu = 305)
