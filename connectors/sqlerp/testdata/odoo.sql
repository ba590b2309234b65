-- The tables of Odoo that examples/odoo.yaml reads, with the columns that it
-- reads, and a few rows. Written by hand after these facts of Odoo's public
-- sources (github.com/odoo/odoo):
--
--   addons/account/models/account_move.py       move_type out_invoice, out_refund,
--       out_receipt; state draft, posted, cancel; payment_state; invoice_date is a
--       date and may be empty, date is required; amounts are Monetary, the signed
--       ones beside them are in the company's currency; reversed_entry_id;
--       commercial_partner_id and partner_shipping_id are stored
--   addons/account/models/account_move_line.py  display_type product among tax,
--       payment_term, line_section, line_note and others; quantity, price_subtotal,
--       price_total, sequence, product_id, product_uom_id
--   odoo/orm and odoo/fields    Monetary and Float with digits are numeric; every
--       table has create_date and write_date, timestamp without time zone in UTC;
--       translated names are jsonb by language since 16
--   odoo/addons/base            ir_config_parameter 'database.uuid';
--       res_partner_res_partner_category_rel (partner_id, category_id)
--
-- Inferred: amounts and price_subtotal of a credit note are positive, for the
-- signed amounts are computed from them; complete_name of a product category joins
-- its path with ' / '.

CREATE TABLE ir_config_parameter (id integer PRIMARY KEY, key varchar NOT NULL, value text NOT NULL);
CREATE TABLE res_country (id integer PRIMARY KEY, code varchar(2));
CREATE TABLE res_currency (id integer PRIMARY KEY, name varchar NOT NULL);
CREATE TABLE res_partner (
  id integer PRIMARY KEY, name varchar, ref varchar, vat varchar, email varchar, phone varchar, active boolean,
  type varchar, parent_id integer, commercial_partner_id integer, country_id integer);
CREATE TABLE res_partner_category (id integer PRIMARY KEY, name jsonb NOT NULL);
CREATE TABLE res_partner_res_partner_category_rel (category_id integer NOT NULL, partner_id integer NOT NULL);
CREATE TABLE uom_uom (id integer PRIMARY KEY, name jsonb NOT NULL);
CREATE TABLE product_category (id integer PRIMARY KEY, complete_name varchar);
CREATE TABLE product_template (id integer PRIMARY KEY, type varchar NOT NULL, categ_id integer);
CREATE TABLE product_product (id integer PRIMARY KEY, product_tmpl_id integer NOT NULL, default_code varchar);
CREATE TABLE account_move (
  id integer PRIMARY KEY, name varchar, ref varchar, date date NOT NULL, state varchar NOT NULL, move_type varchar NOT NULL,
  company_id integer, invoice_date date, partner_id integer, commercial_partner_id integer, partner_shipping_id integer,
  currency_id integer NOT NULL, amount_untaxed numeric, amount_total numeric, payment_state varchar, reversed_entry_id integer,
  write_date timestamp without time zone);
CREATE TABLE account_move_line (
  id integer PRIMARY KEY, move_id integer NOT NULL, sequence integer, display_type varchar NOT NULL, product_id integer,
  product_uom_id integer, name varchar, quantity numeric, price_subtotal numeric, price_total numeric);

INSERT INTO ir_config_parameter VALUES (1, 'database.uuid', '0b0a6a0e-0000-11ef-8000-000000000001');
INSERT INTO res_country VALUES (1, 'PL');
INSERT INTO res_currency VALUES (1, 'PLN'), (2, 'EUR');
INSERT INTO res_partner VALUES
  (10, 'Sklep Żółw', 'K001', 'PL5260250995', 'biuro@zolw.example', '+48 600 100 200', true, 'contact', NULL, 10, 1),
  (11, 'Bez kodu', NULL, NULL, NULL, NULL, false, 'contact', NULL, 11, NULL),
  (12, 'Łucja Świątek', NULL, NULL, 'lucja@zolw.example', '600100201', true, 'contact', 10, 10, 1),
  (13, 'Magazyn', NULL, NULL, NULL, NULL, true, 'delivery', 10, 10, 1);
INSERT INTO res_partner_category VALUES (1, '{"en_US": "Loyalty", "pl_PL": "Lojalność"}'), (2, '{"en_US": "VIP"}');
INSERT INTO res_partner_res_partner_category_rel VALUES (1, 10), (2, 10);
INSERT INTO uom_uom VALUES (1, '{"en_US": "Units", "pl_PL": "szt"}');
INSERT INTO product_category VALUES (1, 'All / Saleable / Wine');
INSERT INTO product_template VALUES (1, 'consu', 1), (2, 'service', NULL);
INSERT INTO product_product VALUES (1, 1, 'WINE-1'), (2, 2, NULL);

-- 100: an invoice to a contact person, delivered to the warehouse. The hour that
-- repeats in Warsaw is plain in UTC.
INSERT INTO account_move VALUES (100, 'INV/2025/00001', 'PO 7', '2025-10-26', 'posted', 'out_invoice', 1, '2025-10-26', 12, 10, 13, 1, 120.50, 148.22, 'in_payment', NULL, '2025-10-26 00:30:00.123456');
INSERT INTO account_move_line VALUES
  (1000, 100, 1, 'line_section', NULL, NULL, 'Wina', NULL, NULL, NULL),
  (1001, 100, 2, 'product', 1, 1, 'Wino czerwone', 3, 100.50, 123.62),
  (1002, 100, 3, 'product', 2, 1, 'Dostawa', 0.5, 20, 24.60),
  (1003, 100, 4, 'tax', NULL, NULL, '23%', NULL, NULL, NULL),
  (1004, 100, 5, 'payment_term', NULL, NULL, 'INV/2025/00001', NULL, NULL, NULL);
-- 101: a draft, without a number or a date.
INSERT INTO account_move VALUES (101, NULL, NULL, '2025-10-27', 'draft', 'out_invoice', 1, NULL, 10, 10, NULL, 1, 50, 61.50, 'not_paid', NULL, '2025-10-26 01:30:00');
INSERT INTO account_move_line VALUES (1010, 101, 1, 'product', 1, 1, 'Wino czerwone', 1, 50, 61.50);
-- 102: a credit note for one bottle of 100; 103: one without an invoice.
INSERT INTO account_move VALUES (102, 'RINV/2025/00001', NULL, '2025-10-28', 'posted', 'out_refund', 1, '2025-10-28', 10, 10, 10, 1, 33.50, 41.21, 'paid', 100, '2025-10-28 08:00:00');
INSERT INTO account_move_line VALUES (1020, 102, 1, 'product', 1, 1, 'Wino czerwone', 1, 33.50, 41.21);
INSERT INTO account_move VALUES (103, 'RINV/2025/00002', NULL, '2025-10-28', 'posted', 'out_refund', 1, '2025-10-28', 10, 10, 10, 2, 10, 12.30, 'not_paid', NULL, '2025-10-28 09:00:00');
INSERT INTO account_move_line VALUES (1030, 103, 1, 'product', NULL, NULL, 'Rabat', 1, 10, 12.30);
-- 104: cancelled. 105: a vendor's bill. 106: another company's.
INSERT INTO account_move VALUES (104, 'INV/2025/00002', NULL, '2025-10-29', 'cancel', 'out_invoice', 1, '2025-10-29', 10, 10, 10, 1, 70, 86.10, 'not_paid', NULL, '2025-10-29 08:00:00');
INSERT INTO account_move VALUES (105, 'BILL/2025/00001', NULL, '2025-10-29', 'posted', 'in_invoice', 1, '2025-10-29', 10, 10, NULL, 1, 70, 86.10, 'paid', NULL, '2025-10-29 08:00:00');
INSERT INTO account_move VALUES (106, 'INV/2025/00001', NULL, '2025-10-29', 'posted', 'out_invoice', 2, '2025-10-29', 10, 10, NULL, 1, 70, 86.10, 'paid', NULL, '2025-10-29 08:00:00');
