-- fill.sql: %[1]d invoices of five lines of %[2]d contractors, stamped over two years
-- up to now, made inside the server. Of a hundred invoices two are drafts and four
-- are credit memos; of a hundred lines five are of the group Wine.
INSERT INTO ad_client VALUES (0, 'System', '2020-01-01'), (1000000, 'Bench', '2020-02-02');
INSERT INTO ad_org VALUES (0, '0'), (1000001, 'SHOP');
INSERT INTO c_bp_group VALUES (100, 'STANDARD');
INSERT INTO c_country VALUES (286, 'PL');
INSERT INTO c_currency VALUES (287, 'PLN', 2);
INSERT INTO c_doctype VALUES (0, 0, '** New **', 'SOO'), (116, 1000000, 'Invoice', 'ARI'), (118, 1000000, 'Credit memo', 'ARC');
INSERT INTO c_location VALUES (100, 'Warszawa', '00-001', 286);
INSERT INTO c_tax (c_tax_id, rate) VALUES (100, 23);
INSERT INTO c_uom VALUES (100, 'EA', 'pcs');
INSERT INTO m_product_category SELECT 600 + n, CASE n WHEN 1 THEN 'DRINKS' WHEN 2 THEN 'WINE' ELSE 'GROUP-' || n END, CASE n WHEN 2 THEN 601 END
    FROM generate_series(1, 20) n;
INSERT INTO m_product SELECT 10000 + n, 'ITEM-' || n, 'Item number ' || n, 100, 601 + n %% 20, 'I', '590' || n, 'S-' || n
    FROM generate_series(1, 1000) n;
INSERT INTO c_bpartner SELECT 100000 + n, 1000000, 'Y', 'K' || n, 'Firm number ' || n, '52' || n, 100
    FROM generate_series(0, %[2]d - 1) n;
INSERT INTO c_bpartner_location SELECT 100000 + n, 100000 + n, 100, 'Y', 'Y', '22 ' || n
    FROM generate_series(0, %[2]d - 1) n;
INSERT INTO c_invoiceline (c_invoiceline_id, c_invoice_id, line, m_product_id, c_uom_id, c_tax_id, qtyinvoiced, qtyentered, linenetamt)
    SELECT 1000000 + n, 1000000 + n / 5, 10 * (1 + n %% 5), 10001 + n * 7 %% 1000, 100, 100, qty, qty, qty * (10 + n * 37 %% 190 + n * 13 %% 100 * 0.01)
    FROM (SELECT n, 1 + n %% 4 AS qty FROM generate_series(0, 5 * %[1]d - 1) n) lines;
INSERT INTO c_invoice (c_invoice_id, ad_client_id, ad_org_id, updated, documentno, docstatus, c_doctype_id, c_doctypetarget_id,
        description, dateinvoiced, c_bpartner_id, c_currency_id, grandtotal)
    SELECT 1000000 + n, 1000000, 1000001, at, 'FV/' || n, CASE WHEN n %% 50 = 7 THEN 'DR' ELSE 'CO' END,
        CASE WHEN n %% 50 = 7 THEN 0 WHEN n %% 25 = 11 THEN 118 ELSE 116 END, CASE WHEN n %% 25 = 11 THEN 118 ELSE 116 END,
        'order ' || n, date_trunc('day', at), 100000 + n * 7919 %% %[2]d, 287, round(net * 1.23, 2)
    FROM (SELECT n, localtimestamp - interval '730 days' + n * (interval '730 days' / %[1]d) AS at FROM generate_series(0::bigint, %[1]d - 1) n) stamped
    JOIN (SELECT c_invoice_id, sum(linenetamt) AS net FROM c_invoiceline GROUP BY c_invoice_id) totals ON totals.c_invoice_id = 1000000 + n;
INSERT INTO c_invoicetax SELECT c_invoice_id, 100, grandtotal - round(grandtotal / 1.23, 2) FROM c_invoice;
CREATE INDEX c_invoiceline_invoice ON c_invoiceline (c_invoice_id);
