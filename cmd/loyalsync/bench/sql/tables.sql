-- tables.sql: the tables of an ERP of the Compiere family, in the types that its
-- installer gives them, reduced to the columns that the connector reads.
CREATE TABLE ad_client (ad_client_id numeric(10) PRIMARY KEY, name varchar(60) NOT NULL, created timestamp NOT NULL);
CREATE TABLE ad_org (ad_org_id numeric(10) PRIMARY KEY, value varchar(40) NOT NULL);
CREATE TABLE ad_user (
    ad_user_id numeric(10) PRIMARY KEY, c_bpartner_id numeric(10), isactive char(1) NOT NULL DEFAULT 'Y',
    name varchar(60) NOT NULL, email varchar(60), phone varchar(40));
CREATE TABLE c_bp_group (c_bp_group_id numeric(10) PRIMARY KEY, value varchar(40) NOT NULL);
CREATE TABLE c_bpartner (
    c_bpartner_id numeric(10) PRIMARY KEY, ad_client_id numeric(10) NOT NULL, isactive char(1) NOT NULL DEFAULT 'Y',
    value varchar(40) NOT NULL, name varchar(120) NOT NULL, taxid varchar(20), c_bp_group_id numeric(10),
    iscustomer char(1) NOT NULL DEFAULT 'Y', issummary char(1) NOT NULL DEFAULT 'N');
CREATE TABLE c_bpartner_location (
    c_bpartner_location_id numeric(10) PRIMARY KEY, c_bpartner_id numeric(10) NOT NULL, c_location_id numeric(10),
    isactive char(1) NOT NULL DEFAULT 'Y', isbillto char(1) NOT NULL DEFAULT 'Y', phone varchar(40));
CREATE TABLE c_charge (c_charge_id numeric(10) PRIMARY KEY, name varchar(60) NOT NULL);
CREATE TABLE c_country (c_country_id numeric(10) PRIMARY KEY, countrycode char(2) NOT NULL);
CREATE TABLE c_currency (c_currency_id numeric(10) PRIMARY KEY, iso_code char(3) NOT NULL, stdprecision numeric(10) NOT NULL);
CREATE TABLE c_doctype (c_doctype_id numeric(10) PRIMARY KEY, ad_client_id numeric(10) NOT NULL, name varchar(60) NOT NULL, docbasetype char(3) NOT NULL);
CREATE TABLE c_location (c_location_id numeric(10) PRIMARY KEY, city varchar(60), postal varchar(10), c_country_id numeric(10) NOT NULL);
CREATE TABLE c_order (c_order_id numeric(10) PRIMARY KEY, documentno varchar(30) NOT NULL, c_bpartner_id numeric(10) NOT NULL);
CREATE TABLE c_tax (
    c_tax_id numeric(10) PRIMARY KEY, rate numeric NOT NULL, issummary char(1) NOT NULL DEFAULT 'N', parent_tax_id numeric(10),
    isactive char(1) NOT NULL DEFAULT 'Y');
CREATE TABLE c_uom (c_uom_id numeric(10) PRIMARY KEY, x12de355 varchar(4) NOT NULL, uomsymbol varchar(10));
CREATE TABLE m_pricelist (m_pricelist_id numeric(10) PRIMARY KEY, name varchar(60) NOT NULL);
CREATE TABLE m_product_category (
    m_product_category_id numeric(10) PRIMARY KEY, value varchar(40) NOT NULL, m_product_category_parent_id numeric(10));
CREATE TABLE m_product (
    m_product_id numeric(10) PRIMARY KEY, value varchar(40) NOT NULL, name varchar(255) NOT NULL, c_uom_id numeric(10) NOT NULL,
    m_product_category_id numeric(10) NOT NULL, producttype char(1) NOT NULL DEFAULT 'I', upc varchar(30), sku varchar(30));
CREATE TABLE c_invoice (
    c_invoice_id numeric(10) PRIMARY KEY, ad_client_id numeric(10) NOT NULL, ad_org_id numeric(10) NOT NULL,
    updated timestamp NOT NULL, issotrx char(1) NOT NULL DEFAULT 'Y', documentno varchar(30) NOT NULL, docstatus char(2) NOT NULL,
    c_doctype_id numeric(10) NOT NULL, c_doctypetarget_id numeric(10) NOT NULL, c_order_id numeric(10), description varchar(255),
    dateinvoiced timestamp NOT NULL, c_bpartner_id numeric(10) NOT NULL, poreference varchar(20), c_currency_id numeric(10) NOT NULL,
    paymentrule char(1) NOT NULL DEFAULT 'P', grandtotal numeric NOT NULL, istaxincluded char(1) NOT NULL DEFAULT 'N',
    ispaid char(1) NOT NULL DEFAULT 'N', reversal_id numeric(10));
CREATE TABLE c_invoiceline (
    c_invoiceline_id numeric(10) PRIMARY KEY, c_invoice_id numeric(10) NOT NULL, line numeric(10) NOT NULL, description varchar(255),
    isactive char(1) NOT NULL DEFAULT 'Y', m_product_id numeric(10), c_charge_id numeric(10), c_uom_id numeric(10), c_tax_id numeric(10),
    qtyinvoiced numeric NOT NULL, qtyentered numeric NOT NULL, linenetamt numeric NOT NULL, isdescription char(1) NOT NULL DEFAULT 'N');
CREATE TABLE c_invoicetax (
    c_invoice_id numeric(10) NOT NULL, c_tax_id numeric(10) NOT NULL, taxamt numeric NOT NULL, PRIMARY KEY (c_tax_id, c_invoice_id));
