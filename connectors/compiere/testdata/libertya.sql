-- Libertya: whole numbers as keys, and every type of document has a sign. Both
-- documents of a cancellation become VO.
ALTER TABLE c_invoiceline DROP CONSTRAINT c_invoiceline_c_invoice_id_fkey;
ALTER TABLE c_invoicetax DROP CONSTRAINT c_invoicetax_c_invoice_id_fkey;
DO $$
DECLARE
    k record;
BEGIN
    FOR k IN SELECT table_name, column_name FROM information_schema.columns
             WHERE table_schema = current_schema() AND column_name ~ '_id(_to)?$' AND data_type = 'numeric'
    LOOP
        EXECUTE format('ALTER TABLE %I ALTER %I TYPE integer', k.table_name, k.column_name);
    END LOOP;
END
$$;
ALTER TABLE c_invoiceline ADD FOREIGN KEY (c_invoice_id) REFERENCES c_invoice ON DELETE CASCADE;
ALTER TABLE c_invoicetax ADD FOREIGN KEY (c_invoice_id) REFERENCES c_invoice ON DELETE CASCADE;
ALTER TABLE c_doctype ADD signo_issotrx varchar(2) NOT NULL DEFAULT '1';
UPDATE c_doctype SET signo_issotrx = '-1' WHERE docbasetype = 'ARC';
