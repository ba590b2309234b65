-- Compiere 3: no links; returns are marked. Oldest ones keep a flat list of
-- categories and no paying partner on the order.
ALTER TABLE c_invoice ADD isreturntrx char(1) NOT NULL DEFAULT 'N';
ALTER TABLE c_doctype ADD isreturntrx char(1) NOT NULL DEFAULT 'N';
ALTER TABLE m_product_category DROP m_product_category_parent_id;
ALTER TABLE c_order DROP pay_bpartner_id;
