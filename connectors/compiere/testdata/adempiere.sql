-- ADempiere: the two documents of a reversal name each other.
ALTER TABLE c_invoice ADD reversal_id numeric(10);
