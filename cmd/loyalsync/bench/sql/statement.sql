-- statement.sql: what a first run does, by hand and in one statement: a point for
-- every whole 10 of a document, spread over its lines by their largest remainders;
-- two for each piece of Wine; credit memos take back; drafts are pending.
WITH line AS (
    %s
),
spread AS (
    SELECT line.*, CASE docbasetype WHEN 'ARC' THEN -1 ELSE 1 END AS sign, floor(linenetamt / 10) AS whole,
           floor(sum(linenetamt) OVER document / 10) - sum(floor(linenetamt / 10)) OVER document AS over,
           row_number() OVER (PARTITION BY c_invoice_id ORDER BY linenetamt %% 10 DESC, line) AS place
    FROM line
    WINDOW document AS (PARTITION BY c_invoice_id)
),
point AS (
    SELECT c_invoice_id, c_invoiceline_id, 1 AS rule, c_bpartner_id, dateinvoiced::date AS day, docstatus = 'DR' AS pending,
           sign * (whole + CASE WHEN place <= over THEN 1 ELSE 0 END) AS points
    FROM spread
    UNION ALL
    SELECT c_invoice_id, c_invoiceline_id, 2, c_bpartner_id, dateinvoiced::date, docstatus = 'DR', sign * 2 * qtyinvoiced
    FROM spread
    WHERE category = 'WINE'
),
written AS (
    INSERT INTO loyalsync_bench_entry (document, line, rule, contractor, day, pending, points)
    SELECT * FROM point WHERE points <> 0
    RETURNING contractor, pending, points
)
INSERT INTO loyalsync_bench_balance (contractor, active, pending)
SELECT contractor, coalesce(sum(points) FILTER (WHERE NOT pending), 0), coalesce(sum(points) FILTER (WHERE pending AND points > 0), 0)
FROM written GROUP BY contractor
