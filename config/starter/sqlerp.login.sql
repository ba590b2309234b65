-- A login for loyalsync that may read what it needs and can write nothing.
-- For an ERP on PostgreSQL; MySQL and MariaDB are below. A SQLite file needs no
-- login, only a file the service may read.
-- Run it once, in the ERP's database, as a superuser or the owner of the tables:
--
--   psql -h HOST -d DATABASE -f login.sql
--
-- Replace: the password, and the tables by those that your SELECTs read.

CREATE ROLE loyalsync_ro LOGIN PASSWORD 'change-me'
  NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT CONNECTION LIMIT 4;

-- A second bolt: even a right granted by mistake later does not let it write.
ALTER ROLE loyalsync_ro SET default_transaction_read_only = on;

GRANT USAGE ON SCHEMA public TO loyalsync_ro;

GRANT SELECT ON
  public.contacts,
  public.customer_groups,
  public.customers,
  public.invoice_lines,
  public.invoices
TO loyalsync_ro;

-- On MySQL or MariaDB, instead of all the above, as an administrator, with the
-- address of the machine that loyalsync runs on, and a GRANT for each table:
--
--   CREATE USER 'loyalsync_ro'@'10.0.0.7' IDENTIFIED BY 'change-me' WITH MAX_USER_CONNECTIONS 4;
--   GRANT SELECT ON erp.customers TO 'loyalsync_ro'@'10.0.0.7';
--   GRANT SELECT ON erp.invoices TO 'loyalsync_ro'@'10.0.0.7';
