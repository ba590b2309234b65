-- settlement.sql: which of the named documents are paid, by the administrator's
-- own SELECT. A document with several rows is paid when all of them are.
SELECT s.document, MIN(CASE WHEN s.paid <> 0 THEN 1 ELSE 0 END) AS paid
FROM (
{{.Settlement}}
) s
WHERE s.document IN (@ids)
GROUP BY s.document
