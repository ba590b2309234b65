-- representatives.sql: one page of the people of the company's customers, in the
-- order of their key. AD_User also holds the ERP's own logins with their
-- passwords: columns are named one by one, and a user without a customer is left
-- out. phone2 is the mobile number.
SELECT u.ad_user_id::text,
       u.c_bpartner_id::text,
       u.name::text,
       coalesce(trim(u.email), ''),
       coalesce(nullif(trim(u.phone2), ''), trim(u.phone), ''),
       u.isactive = 'Y' AS active
FROM ad_user u
JOIN c_bpartner b ON b.c_bpartner_id = u.c_bpartner_id
WHERE b.ad_client_id = @tenant::numeric
  AND b.iscustomer = 'Y'
  AND b.issummary = 'N'
  AND u.ad_user_id > @after::numeric
ORDER BY u.ad_user_id
LIMIT @limit::bigint
