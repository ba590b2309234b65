-- The tables that all members of the family have, in the types that the family's
-- installer gives them, reduced to what a reader meets.
CREATE TABLE ad_client (ad_client_id numeric(10) PRIMARY KEY, value varchar(40) NOT NULL, name varchar(60) NOT NULL, created timestamp NOT NULL DEFAULT now());
CREATE TABLE ad_clientinfo (ad_client_id numeric(10) PRIMARY KEY, c_acctschema1_id numeric(10), c_bpartnercashtrx_id numeric(10));
CREATE TABLE ad_system (ad_system_id numeric(10) PRIMARY KEY, releaseno varchar(10), version varchar(20), password varchar(40));
CREATE TABLE c_acctschema (c_acctschema_id numeric(10) PRIMARY KEY, c_currency_id numeric(10) NOT NULL);
CREATE TABLE c_conversion_rate (
    c_conversion_rate_id numeric(10) PRIMARY KEY, ad_client_id numeric(10) NOT NULL, isactive char(1) NOT NULL DEFAULT 'Y',
    c_currency_id numeric(10) NOT NULL, c_currency_id_to numeric(10) NOT NULL, validfrom timestamp NOT NULL, validto timestamp,
    multiplyrate numeric NOT NULL, c_conversiontype_id numeric(10) NOT NULL DEFAULT 114);
CREATE TABLE ad_org (ad_org_id numeric(10) PRIMARY KEY, ad_client_id numeric(10) NOT NULL, value varchar(40) NOT NULL, name varchar(60) NOT NULL);
CREATE TABLE c_country (c_country_id numeric(10) PRIMARY KEY, countrycode char(2) NOT NULL, name varchar(60) NOT NULL);
CREATE TABLE c_currency (c_currency_id numeric(10) PRIMARY KEY, iso_code char(3) NOT NULL, stdprecision numeric(10) NOT NULL);
CREATE TABLE c_uom (c_uom_id numeric(10) PRIMARY KEY, x12de355 varchar(4) NOT NULL, uomsymbol varchar(10), name varchar(60) NOT NULL);
CREATE TABLE c_tax (c_tax_id numeric(10) PRIMARY KEY, name varchar(60) NOT NULL, rate numeric NOT NULL, issummary char(1) NOT NULL DEFAULT 'N', parent_tax_id numeric(10), isactive char(1) NOT NULL DEFAULT 'Y');
CREATE TABLE c_charge (c_charge_id numeric(10) PRIMARY KEY, ad_client_id numeric(10) NOT NULL, name varchar(60) NOT NULL);
CREATE TABLE c_doctype (c_doctype_id numeric(10) PRIMARY KEY, ad_client_id numeric(10) NOT NULL, name varchar(60) NOT NULL, docbasetype char(3) NOT NULL, docsubtypeso char(2), issotrx char(1) NOT NULL);
CREATE TABLE c_bp_group (c_bp_group_id numeric(10) PRIMARY KEY, ad_client_id numeric(10) NOT NULL, value varchar(40) NOT NULL, name varchar(60) NOT NULL);
CREATE TABLE m_pricelist (m_pricelist_id numeric(10) PRIMARY KEY, name varchar(60) NOT NULL);
CREATE TABLE c_location (c_location_id numeric(10) PRIMARY KEY, city varchar(60), postal varchar(10), c_country_id numeric(10) NOT NULL);
CREATE TABLE c_bpartner (
    c_bpartner_id numeric(10) PRIMARY KEY, ad_client_id numeric(10) NOT NULL, isactive char(1) NOT NULL DEFAULT 'Y',
    value varchar(40) NOT NULL, name varchar(120) NOT NULL, name2 varchar(60), description varchar(255), referenceno varchar(40),
    taxid varchar(20), c_bp_group_id numeric(10), iscustomer char(1) NOT NULL DEFAULT 'Y', issummary char(1) NOT NULL DEFAULT 'N',
    isonetime char(1) NOT NULL DEFAULT 'N', ad_language varchar(6), m_pricelist_id numeric(10), salesrep_id numeric(10));
CREATE TABLE c_bpartner_location (
    c_bpartner_location_id numeric(10) PRIMARY KEY, c_bpartner_id numeric(10) NOT NULL, c_location_id numeric(10),
    isactive char(1) NOT NULL DEFAULT 'Y', isbillto char(1) NOT NULL DEFAULT 'Y', phone varchar(40));
CREATE TABLE ad_user (
    ad_user_id numeric(10) PRIMARY KEY, ad_client_id numeric(10) NOT NULL, isactive char(1) NOT NULL DEFAULT 'Y',
    c_bpartner_id numeric(10), name varchar(60) NOT NULL, email varchar(60), phone varchar(40), phone2 varchar(40), password varchar(40));
CREATE TABLE c_pos (c_pos_id numeric(10) PRIMARY KEY, ad_client_id numeric(10) NOT NULL, name varchar(60) NOT NULL, c_bpartnercashtrx_id numeric(10));
CREATE TABLE m_product_category (m_product_category_id numeric(10) PRIMARY KEY, ad_client_id numeric(10) NOT NULL, value varchar(40) NOT NULL, m_product_category_parent_id numeric(10));
CREATE TABLE m_product (
    m_product_id numeric(10) PRIMARY KEY, ad_client_id numeric(10) NOT NULL, value varchar(510) NOT NULL, name varchar(255) NOT NULL,
    upc varchar(30), sku varchar(30), c_uom_id numeric(10) NOT NULL, m_product_category_id numeric(10) NOT NULL, producttype char(1) NOT NULL DEFAULT 'I');
CREATE TABLE c_order (c_order_id numeric(10) PRIMARY KEY, documentno varchar(30) NOT NULL, c_bpartner_id numeric(10) NOT NULL, bill_bpartner_id numeric(10), pay_bpartner_id numeric(10));
CREATE TABLE c_invoice (
    c_invoice_id numeric(10) PRIMARY KEY, ad_client_id numeric(10) NOT NULL, ad_org_id numeric(10) NOT NULL DEFAULT 0,
    isactive char(1) NOT NULL DEFAULT 'Y', created timestamp NOT NULL DEFAULT now(), updated timestamp NOT NULL DEFAULT now(),
    issotrx char(1) NOT NULL DEFAULT 'Y', documentno varchar(30) NOT NULL, docstatus char(2) NOT NULL, processed char(1) NOT NULL DEFAULT 'N',
    c_doctype_id numeric(10) NOT NULL, c_doctypetarget_id numeric(10) NOT NULL, c_order_id numeric(10), description varchar(255),
    dateinvoiced timestamp NOT NULL, c_bpartner_id numeric(10) NOT NULL, poreference varchar(20), c_currency_id numeric(10) NOT NULL,
    c_conversiontype_id numeric(10), paymentrule char(1) NOT NULL DEFAULT 'P', totallines numeric NOT NULL DEFAULT 0, grandtotal numeric NOT NULL DEFAULT 0,
    istaxincluded char(1) NOT NULL DEFAULT 'N', ispaid char(1) NOT NULL DEFAULT 'N');
CREATE TABLE c_invoiceline (
    c_invoiceline_id numeric(10) PRIMARY KEY, ad_client_id numeric(10) NOT NULL, isactive char(1) NOT NULL DEFAULT 'Y',
    c_invoice_id numeric(10) NOT NULL REFERENCES c_invoice ON DELETE CASCADE, line numeric(10) NOT NULL, description varchar(255),
    m_product_id numeric(10), c_charge_id numeric(10), c_uom_id numeric(10), c_tax_id numeric(10), qtyinvoiced numeric NOT NULL DEFAULT 0,
    qtyentered numeric NOT NULL DEFAULT 0, linenetamt numeric NOT NULL DEFAULT 0, pricelist numeric NOT NULL DEFAULT 0, priceactual numeric NOT NULL DEFAULT 0, taxamt numeric, isdescription char(1) NOT NULL DEFAULT 'N');
CREATE INDEX c_invoiceline_invoice ON c_invoiceline (c_invoice_id);
CREATE TABLE c_invoicetax (
    c_invoice_id numeric(10) NOT NULL REFERENCES c_invoice ON DELETE CASCADE, c_tax_id numeric(10) NOT NULL,
    taxbaseamt numeric NOT NULL DEFAULT 0, taxamt numeric NOT NULL DEFAULT 0, PRIMARY KEY (c_tax_id, c_invoice_id));

INSERT INTO ad_client VALUES (0, 'SYSTEM', 'System', '2020-01-01'), (1000000, 'firma', 'Hurtownia Łódź', '2020-02-02 10:20:30');
INSERT INTO ad_clientinfo VALUES (1000000, 101, NULL);
INSERT INTO ad_system VALUES (0, '370LTS', '2015-01-01', 'tajne');
INSERT INTO c_acctschema VALUES (101, 287);
INSERT INTO ad_org VALUES (0, 0, '0', '*'), (1000001, 1000000, 'CENTRALA', 'Centrala');
INSERT INTO c_country VALUES (286, 'PL', 'Polska'), (101, 'DE', 'Niemcy');
INSERT INTO c_currency VALUES (287, 'PLN', 2), (102, 'EUR', 2), (113, 'JPY', 0);
INSERT INTO c_uom VALUES (100, 'EA', 'szt', 'Sztuka'), (101, 'CS', ' ', 'Karton');
INSERT INTO c_tax (c_tax_id, name, rate) VALUES (100, 'VAT 23', 23), (101, 'VAT 8', 8);
INSERT INTO c_tax (c_tax_id, name, rate, issummary, parent_tax_id) VALUES (110, 'GST/PST', 0, 'Y', NULL), (111, 'GST', 7, 'N', 110), (112, 'PST', 7.5, 'N', 110);
INSERT INTO c_doctype (c_doctype_id, ad_client_id, name, docbasetype, issotrx) VALUES
    (0, 0, '** New **', 'SOO', 'N'),
    (116, 1000000, 'Faktura', 'ARI', 'Y'), (118, 1000000, 'Korekta', 'ARC', 'Y'),
    (145, 1000000, 'Pro forma', 'ARF', 'Y'), (123, 1000000, 'Faktura zakupu', 'API', 'N');
