-- iDempiere: as ADempiere, and a credit memo may name what it corrects.
ALTER TABLE c_invoice ADD reversal_id numeric(10);
ALTER TABLE c_invoice ADD relatedinvoice_id numeric(10);
ALTER TABLE c_invoice ADD currencyrate numeric;
ALTER TABLE c_invoice ADD c_invoice_uu varchar(36) UNIQUE;
