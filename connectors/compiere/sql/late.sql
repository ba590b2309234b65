-- late.sql: one page of the documents that were not committed at a remembered moment
-- and are stamped before the floor of the pass, in the order of the key. A row's
-- xmin is the number of the transaction that wrote it, which starts again after
-- 2^32: it counts when it lies between the moment and now on that circle, of which age
-- tells how many numbers ago one was: below 0 for more than half of it, and then the
-- mask makes it large. A moment's number is at most that of any transaction then
-- running, and their savepoints have higher ones. No index knows xmin: the pages read
-- every header once, along the key.
WITH page AS (
    SELECT {{template "columns.sql" .}}
    FROM c_invoice i
    WHERE {{template "scope.sql" .}}
      AND (age(i.xmin)::bigint & 4294967295) <= (SELECT age(@since::text::xid))
      AND {{clock "i.updated"}} < @below::timestamp
      AND i.c_invoice_id{{bytewise}} > @after::{{key}}
    ORDER BY i.c_invoice_id{{bytewise}}
    LIMIT @limit::bigint
),
{{template "totals.sql" .}}
{{template "headers.sql" .}}
ORDER BY i.c_invoice_id{{bytewise}}
