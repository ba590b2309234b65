-- Openbravo: keys are text, and here compared as Polish does, to show that nothing
-- depends on it. Reversals are linked by a table of their own, types may be marked
-- as returns, and the retail module names a shop's anonymous customer.
ALTER TABLE c_invoiceline DROP CONSTRAINT c_invoiceline_c_invoice_id_fkey;
ALTER TABLE c_invoicetax DROP CONSTRAINT c_invoicetax_c_invoice_id_fkey;
ALTER TABLE c_doctype ALTER docbasetype TYPE varchar(60);
ALTER TABLE c_invoice ALTER docstatus TYPE varchar(60);
ALTER TABLE c_doctype ADD isreturn char(1) NOT NULL DEFAULT 'N';
ALTER TABLE c_invoiceline DROP qtyentered;
ALTER TABLE c_invoiceline ADD line_gross_amount numeric NOT NULL DEFAULT 0;
ALTER TABLE m_product_category DROP m_product_category_parent_id;
ALTER TABLE c_order DROP pay_bpartner_id;
ALTER TABLE ad_user ADD firstname varchar(60), ADD lastname varchar(60);
ALTER TABLE ad_org ADD em_obretco_c_bpartner_id numeric(10);
DROP TABLE c_pos;
CREATE TABLE c_invoice_reverse (c_invoice_reverse_id numeric(10) PRIMARY KEY, c_invoice_id numeric(10) NOT NULL, reversed_c_invoice_id numeric(10) NOT NULL);
DO $$
DECLARE
    k record;
BEGIN
    FOR k IN SELECT table_name, column_name FROM information_schema.columns
             WHERE table_schema = current_schema() AND column_name ~ '_id(_to)?$' AND data_type = 'numeric'
    LOOP
        EXECUTE format('ALTER TABLE %I ALTER %I TYPE varchar(32) COLLATE "pl-x-icu"', k.table_name, k.column_name);
    END LOOP;
END
$$;
ALTER TABLE c_invoiceline ADD FOREIGN KEY (c_invoice_id) REFERENCES c_invoice ON DELETE CASCADE;
ALTER TABLE c_invoicetax ADD FOREIGN KEY (c_invoice_id) REFERENCES c_invoice ON DELETE CASCADE;
CREATE INDEX c_invoice_updated ON c_invoice (updated);
INSERT INTO c_doctype (c_doctype_id, ad_client_id, name, docbasetype, issotrx, isreturn) VALUES
    ('119', '1000000', 'Zwrot towaru', 'ARI_RM', 'Y', 'N'), ('120', '1000000', 'Odwrócona faktura', 'ARI', 'Y', 'Y');
