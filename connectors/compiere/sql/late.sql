-- late.sql: one page of the documents that were not committed at a remembered moment
-- and are stamped before the floor of the pass, in the order of the key. A row's
-- xmin is the number of the transaction that wrote it, which starts again after
-- 2^32: it counts when it lies between the moment and now on that circle, of which age
-- tells how many numbers ago one was, below 0 for more than half of it. A moment's
-- number is at most that of any transaction then running, and their savepoints have
-- higher ones. Reads every header, as no index knows xmin; OFFSET keeps the planner from
-- looking at other columns of all of them.
WITH page AS (
    SELECT {{template "columns.sql" .}}
    FROM (
        SELECT {{template "columns.sql" .}}
        FROM c_invoice i
        WHERE age(i.xmin) BETWEEN 0 AND (SELECT age(@since::text::xid))
        OFFSET 0
    ) i
    WHERE {{template "scope.sql" .}}
      AND {{clock "i.updated"}} < @below::timestamp
      AND i.c_invoice_id{{bytewise}} > @after::{{key}}
    ORDER BY i.c_invoice_id{{bytewise}}
    LIMIT @limit::bigint
),
{{template "totals.sql" .}}
{{template "headers.sql" .}}
ORDER BY i.c_invoice_id{{bytewise}}
