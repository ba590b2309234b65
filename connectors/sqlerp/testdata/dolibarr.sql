-- The tables of Dolibarr that examples/dolibarr.yaml reads, with the columns that
-- it reads, and a few rows. Written by hand after these facts of Dolibarr's public
-- sources (github.com/Dolibarr/dolibarr):
--
--   htdocs/install/mysql/tables/llx_facture.sql, llx_facturedet.sql,
--   llx_societe.sql, llx_socpeople.sql, llx_product.sql,
--   llx_societe_remise_except.sql     columns and their types; amounts are
--                                     double(24,8), qty is real, tms is a timestamp
--                                     that the database moves by itself
--   install/mysql/migration           facnumber became ref; total became total_ht
--                                     and tva total_tva in 14.0
--   core/class/commoninvoice.class.php  types 0 standard, 1 replacement, 2 credit
--                                     note, 3 deposit, 5 situation; states 0 draft,
--                                     1 validated, 2 closed as paid, 3 abandoned
--   compta/facture/card.php           a credit note is made by turning the sign of
--                                     price and totals of each line, not of qty
--
-- Inferred, from the names of columns and the way the screens use them:
-- product_type 9 is a title or subtotal; special_code 1 is a delivery charge;
-- llx_c_paiement.code, llx_c_country.code, llx_categorie.label, and the link
-- tables of categories.

CREATE TABLE llx_c_country (rowid integer PRIMARY KEY, code varchar(2) NOT NULL);
CREATE TABLE llx_c_paiement (id integer PRIMARY KEY, code varchar(6) NOT NULL);
CREATE TABLE llx_categorie (rowid integer PRIMARY KEY, label varchar(180) NOT NULL);
CREATE TABLE llx_categorie_societe (fk_categorie integer NOT NULL, fk_soc integer NOT NULL, PRIMARY KEY (fk_categorie, fk_soc));
CREATE TABLE llx_categorie_product (fk_categorie integer NOT NULL, fk_product integer NOT NULL, PRIMARY KEY (fk_categorie, fk_product));
CREATE TABLE llx_societe (
  rowid integer PRIMARY KEY, nom varchar(128), entity integer DEFAULT 1 NOT NULL, status tinyint DEFAULT 1,
  code_client varchar(24), fk_pays integer DEFAULT 0, phone varchar(30), email varchar(128), tva_intra varchar(20));
CREATE TABLE llx_socpeople (
  rowid integer PRIMARY KEY, fk_soc integer, entity integer DEFAULT 1 NOT NULL, lastname varchar(50), firstname varchar(50),
  phone varchar(30), phone_mobile varchar(30), email varchar(255), statut tinyint DEFAULT 1 NOT NULL);
CREATE TABLE llx_product (rowid integer PRIMARY KEY, ref varchar(128) NOT NULL, label varchar(255) NOT NULL);
CREATE TABLE llx_facture (
  rowid integer PRIMARY KEY, ref varchar(30) NOT NULL, entity integer DEFAULT 1 NOT NULL, type smallint DEFAULT 0 NOT NULL,
  fk_soc integer NOT NULL, datec datetime, datef date, tms timestamp DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  paye smallint DEFAULT 0 NOT NULL, total_ht double(24,8) DEFAULT 0, total_ttc double(24,8) DEFAULT 0,
  fk_statut smallint DEFAULT 0 NOT NULL, pos_source varchar(32), fk_facture_source integer, fk_mode_reglement integer);
CREATE TABLE llx_societe_remise_except (rowid integer PRIMARY KEY, fk_soc integer NOT NULL, fk_facture_source integer);
CREATE TABLE llx_facturedet (
  rowid integer PRIMARY KEY, fk_facture integer NOT NULL, fk_product integer, label varchar(255), description text, qty real,
  fk_remise_except integer, total_ht double(24,8), total_ttc double(24,8), product_type integer DEFAULT 0,
  special_code integer DEFAULT 0, rang integer DEFAULT 0);

INSERT INTO llx_c_country VALUES (1, 'FR');
INSERT INTO llx_c_paiement VALUES (2, 'VIR');
INSERT INTO llx_categorie VALUES (1, 'Fidélité'), (2, 'Vins'), (3, 'Transport');
INSERT INTO llx_societe VALUES
  (10, 'Épicerie du Marché', 1, 1, 'CU2601-00001', 1, '+33 1 23 45 67 89', 'contact@epicerie.example', 'FR40303265045'),
  (11, 'Fermée SARL', 1, 0, 'CU2601-00002', 1, NULL, NULL, NULL),
  (12, 'Autre entité', 2, 1, 'CU2601-00001', 1, NULL, NULL, NULL);
INSERT INTO llx_categorie_societe VALUES (1, 10);
INSERT INTO llx_socpeople VALUES
  (20, 10, 1, 'Lefèvre', 'Zoé', '+33 1 00 00 00 00', '+33 6 00 00 00 01', 'zoe@epicerie.example', 1),
  (21, 10, 1, 'Martin', NULL, '+33 1 00 00 00 02', '', NULL, 0),
  (22, NULL, 1, 'Sans société', NULL, NULL, NULL, NULL, 1);
INSERT INTO llx_product VALUES (30, 'VIN-01', 'Vin rouge'), (31, 'CONSEIL', 'Conseil');
INSERT INTO llx_categorie_product VALUES (2, 30);

SET time_zone = '+00:00';
-- 100: an invoice, paid, with a delivery charge, a title and a service. 23:30 UTC
-- is the next day in Paris, which must not move the date of the document.
INSERT INTO llx_facture VALUES (100, 'FA2601-0001', 1, 0, 10, '2026-01-14 09:00:00', '2026-01-14', '2026-01-14 23:30:00', 1, 130.1, 156.12, 2, 'takepos', NULL, 2);
INSERT INTO llx_facturedet VALUES
  (1000, 100, NULL, 'Sélection', NULL, 0, NULL, 0, 0, 9, 0, 1),
  (1001, 100, 30, NULL, 'rouge', 3, NULL, 100.1, 120.12, 0, 0, 2),
  (1002, 100, 31, NULL, NULL, 0.5, NULL, 20, 24, 1, 0, 3),
  (1003, 100, NULL, NULL, 'Port', 1, NULL, 10, 12, 0, 1, 4);
-- 101: a draft, without a number of its own.
INSERT INTO llx_facture VALUES (101, '(PROV101)', 1, 0, 10, '2026-01-15 09:00:00', '2026-01-15', '2026-01-15 08:00:00', 0, 50, 60, 0, NULL, NULL, NULL);
INSERT INTO llx_facturedet VALUES (1010, 101, 30, NULL, NULL, 1, NULL, 50, 60, 0, 0, 1);
-- 102: a credit note for one bottle of 100.
INSERT INTO llx_facture VALUES (102, 'AV2601-0001', 1, 2, 10, '2026-01-16 09:00:00', '2026-01-16', '2026-01-16 08:00:00', 0, -33.36666667, -40.04, 1, NULL, 100, NULL);
INSERT INTO llx_facturedet VALUES (1020, 102, 30, NULL, NULL, 1, NULL, -33.36666667, -40.04, 0, 0, 1);
-- 103 is replaced by 104, and abandoned by that.
INSERT INTO llx_facture VALUES (103, 'FA2601-0002', 1, 0, 10, '2026-01-17 09:00:00', '2026-01-17', '2026-01-17 08:00:00', 0, 70, 84, 3, NULL, NULL, NULL);
INSERT INTO llx_facture VALUES (104, 'FA2601-0003', 1, 1, 10, '2026-01-17 10:00:00', '2026-01-17', '2026-01-17 09:00:00', 0, 75, 90, 1, NULL, 103, NULL);
INSERT INTO llx_facturedet VALUES (1040, 104, 30, NULL, NULL, 2, NULL, 75, 90, 0, 0, 1);
-- 105: the credit note 102 comes back as a negative line, beside a discount of its
-- own: 200 of goods less 10 of discount.
INSERT INTO llx_societe_remise_except VALUES (40, 10, 102), (41, 10, NULL);
INSERT INTO llx_facture VALUES (105, 'FA2601-0004', 1, 0, 10, '2026-01-18 09:00:00', '2026-01-18', '2026-01-18 08:00:00', 0, 156.63333333, 187.96, 1, NULL, NULL, NULL);
INSERT INTO llx_facturedet VALUES
  (1050, 105, 30, NULL, NULL, 4, NULL, 200, 240, 0, 0, 1),
  (1051, 105, NULL, NULL, '(CREDIT_NOTE)', 1, 40, -33.36666667, -40.04, 0, 0, 2),
  (1052, 105, NULL, NULL, 'Remise', 1, 41, -10, -12, 0, 0, 3);
-- 106: a deposit; another company's invoice.
INSERT INTO llx_facture VALUES (106, 'AC2601-0001', 1, 3, 10, '2026-01-19 09:00:00', '2026-01-19', '2026-01-19 08:00:00', 0, 500, 600, 1, NULL, NULL, NULL);
INSERT INTO llx_facture VALUES (107, 'FA2601-0001', 2, 0, 12, '2026-01-19 09:00:00', '2026-01-19', '2026-01-19 08:00:00', 0, 500, 600, 1, NULL, NULL, NULL);
