-- A login for loyalsync that may read what it needs and can write nothing.
-- Run it once, in the ERP's database, as a superuser or the owner of the tables:
--
--   psql -h HOST -d DATABASE -f login.sql
--
-- Replace: the password, and "adempiere" where your tables stand in another schema
-- (idempiere, compiere, public). A table your edition does not have: drop its line.

CREATE ROLE loyalsync_ro LOGIN PASSWORD 'change-me'
  NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT CONNECTION LIMIT 4;

-- A second bolt: even a right granted by mistake later does not let it write.
ALTER ROLE loyalsync_ro SET default_transaction_read_only = on;

GRANT USAGE ON SCHEMA adempiere TO loyalsync_ro;

GRANT SELECT ON
  adempiere.ad_client,
  adempiere.ad_user,
  adempiere.c_bp_group,
  adempiere.c_bpartner,
  adempiere.c_bpartner_location,
  adempiere.c_country,
  adempiere.c_currency,
  adempiere.c_doctype,
  adempiere.c_invoice,
  adempiere.c_invoiceline,
  adempiere.c_invoicetax,
  adempiere.c_location,
  adempiere.c_order,
  adempiere.c_pos,
  adempiere.c_tax,
  adempiere.c_uom,
  adempiere.m_pricelist,
  adempiere.m_product,
  adempiere.m_product_category
TO loyalsync_ro;

-- Optional. Finds changed invoices without reading the whole table each time:
-- CREATE INDEX CONCURRENTLY c_invoice_updated ON adempiere.c_invoice (updated);
