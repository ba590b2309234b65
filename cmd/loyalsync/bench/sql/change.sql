-- change.sql: people change %[1]d invoices, spread over the two years.
WITH changed AS (
    UPDATE c_invoice SET updated = localtimestamp, grandtotal = grandtotal + 123
    WHERE c_invoice_id IN (SELECT 1000000 + n * (%[2]d / %[1]d) FROM generate_series(0, %[1]d - 1) n)
    RETURNING c_invoice_id
),
taxed AS (
    UPDATE c_invoicetax t SET taxamt = taxamt + 23 FROM changed WHERE changed.c_invoice_id = t.c_invoice_id
)
UPDATE c_invoiceline l SET linenetamt = linenetamt + 100 FROM changed WHERE changed.c_invoice_id = l.c_invoice_id AND l.line = 10
