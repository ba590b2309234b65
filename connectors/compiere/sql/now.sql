-- now.sql: the server's clock as the ERP would stamp a row, in the zone that the
-- source is configured with.
SELECT to_char(localtimestamp, 'YYYY-MM-DD"T"HH24:MI:SS.US')
