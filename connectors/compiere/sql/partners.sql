{{- /* partners.sql: the content of the partners in "page". Several contacts and
       addresses may hang on a partner: the lowest key wins, bill-to addresses
       before others, so that the choice is the same on every run. AD_User has no
       index on its partner: both tables are read once a page, not once a row. */ -}}
email AS (
    SELECT DISTINCT ON (u.c_bpartner_id) u.c_bpartner_id, trim(u.email) AS email
    FROM ad_user u
    JOIN page ON page.c_bpartner_id = u.c_bpartner_id
    WHERE u.isactive = 'Y' AND trim(u.email) <> ''
    ORDER BY u.c_bpartner_id, u.ad_user_id
),
contact_phone AS (
    SELECT DISTINCT ON (u.c_bpartner_id) u.c_bpartner_id,
           coalesce(nullif(trim({{optional "ad_user" "u.phone2"}}), ''), trim(u.phone)) AS phone
    FROM ad_user u
    JOIN page ON page.c_bpartner_id = u.c_bpartner_id
    WHERE u.isactive = 'Y' AND (trim(u.phone) <> '' OR trim({{optional "ad_user" "u.phone2"}}) <> '')
    ORDER BY u.c_bpartner_id, u.ad_user_id
),
address_phone AS (
    SELECT DISTINCT ON (l.c_bpartner_id) l.c_bpartner_id, trim(l.phone) AS phone
    FROM c_bpartner_location l
    JOIN page ON page.c_bpartner_id = l.c_bpartner_id
    WHERE l.isactive = 'Y' AND trim(l.phone) <> ''
    ORDER BY l.c_bpartner_id, l.isbillto DESC, l.c_bpartner_location_id
),
address AS (
    SELECT DISTINCT ON (l.c_bpartner_id) l.c_bpartner_id, a.city, a.postal, country.countrycode
    FROM c_bpartner_location l
    JOIN page ON page.c_bpartner_id = l.c_bpartner_id
    JOIN c_location a ON a.c_location_id = l.c_location_id
    LEFT JOIN c_country country ON country.c_country_id = a.c_country_id
    WHERE l.isactive = 'Y'
    ORDER BY l.c_bpartner_id, l.isbillto DESC, l.c_bpartner_location_id
)
SELECT b.c_bpartner_id::text,
       b.value::text,
       b.name::text,
       coalesce(trim(b.taxid), ''),
       coalesce(email.email, ''),
       coalesce(address_phone.phone, contact_phone.phone, ''),
       coalesce(g.value::text, ''),
       coalesce(trim(address.countrycode), ''),
       b.isactive = 'Y' AS active,
       ({{template "anonymous.sql" .}}) AS anonymous,
       {{optional "c_bpartner" "b.name2"}},
       {{optional "c_bpartner" "b.referenceno"}},
       {{optional "c_bpartner" "b.description"}},
       {{optional "c_bpartner" "b.ad_language"}},
       coalesce(address.city::text, ''),
       coalesce(address.postal::text, ''),
       coalesce(pricelist.name::text, ''),
       coalesce(salesrep.name::text, '')
FROM page
JOIN c_bpartner b ON b.c_bpartner_id = page.c_bpartner_id
LEFT JOIN c_bp_group g ON g.c_bp_group_id = b.c_bp_group_id
LEFT JOIN email ON email.c_bpartner_id = b.c_bpartner_id
LEFT JOIN contact_phone ON contact_phone.c_bpartner_id = b.c_bpartner_id
LEFT JOIN address_phone ON address_phone.c_bpartner_id = b.c_bpartner_id
LEFT JOIN address ON address.c_bpartner_id = b.c_bpartner_id
LEFT JOIN m_pricelist pricelist ON pricelist.m_pricelist_id = {{optionalKey "c_bpartner" "b.m_pricelist_id"}}
LEFT JOIN ad_user salesrep ON salesrep.ad_user_id = {{optionalKey "c_bpartner" "b.salesrep_id"}}
