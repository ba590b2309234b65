-- representatives.sql: one page of the people of the company's customers, in the
-- order of their key. AD_User also holds the ERP's own logins with their
-- passwords: columns are named one by one, and a user without a customer is left
-- out. phone2 is the mobile number. First and last name,
-- where the schema has them, go before the name that is made from them.
SELECT u.ad_user_id::text,
       u.c_bpartner_id::text,
       coalesce(nullif(trim({{optional "ad_user" "u.firstname"}} || ' ' || {{optional "ad_user" "u.lastname"}}), ''), u.name::text),
       coalesce(trim(u.email), ''),
       coalesce(nullif(trim({{optional "ad_user" "u.phone2"}}), ''), trim(u.phone), ''),
       u.isactive = 'Y' AS active,
       {{optional "ad_user" "u.isdefaultcontact"}} = 'Y' AS chosen
FROM ad_user u
JOIN c_bpartner b ON b.c_bpartner_id = u.c_bpartner_id
WHERE b.ad_client_id = @tenant::{{key}}
  AND b.iscustomer = 'Y'
  AND b.issummary = 'N'
  AND u.ad_user_id{{bytewise}} > @after::{{key}}
ORDER BY u.ad_user_id{{bytewise}}
LIMIT @limit::bigint
