-- headers_again.sql: a page's headers once its lines are read. A document of which
-- anything is another now was saved in between, and is read again.
SELECT {{template "facts.sql" .}}
FROM CDN.TraNag n
WHERE n.TrN_TrNID IN (@ids)
