-- server.sql: who the server is, its clock in the zone of the ERP's stamps, and
-- what about it or the login is worth a remark.
SELECT version(),
       to_char(localtimestamp, 'YYYY-MM-DD"T"HH24:MI:SS.US'),
       current_setting('server_encoding'),
       (SELECT d.datcollate::text FROM pg_catalog.pg_database d WHERE d.datname = current_database()),
       {{if and (has "ad_system.releaseno") (has "ad_system.version")}}coalesce((SELECT max(concat_ws(' ', s.releaseno, s.version)) FROM ad_system s), ''){{else}}''{{end}},
       (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user),
       has_schema_privilege(@schema, 'CREATE')
