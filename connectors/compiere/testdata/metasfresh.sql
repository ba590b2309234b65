-- metasfresh: instants instead of wall clocks, subtypes of all documents, names in
-- two parts, and the documents of a reversal name each other.
ALTER TABLE c_doctype RENAME docsubtypeso TO docsubtype;
ALTER TABLE c_invoice ADD reversal_id numeric(10);
ALTER TABLE ad_user ADD firstname varchar(60), ADD lastname varchar(60), ADD isdefaultcontact char(1) NOT NULL DEFAULT 'N';
ALTER TABLE c_invoice ALTER created TYPE timestamptz, ALTER updated TYPE timestamptz, ALTER dateinvoiced TYPE timestamptz;
