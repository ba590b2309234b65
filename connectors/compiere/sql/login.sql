-- A login that may read what loyalsync reads, and nothing else. Choose a password,
-- then run this as the owner of the ERP's tables or a superuser:
--   psql -d {{.Database}} -f login.sql
CREATE ROLE {{.User}} LOGIN PASSWORD 'choose-a-password'
    NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT 5;
ALTER ROLE {{.User}} SET default_transaction_read_only = on;
GRANT CONNECT ON DATABASE {{.Database}} TO {{.User}};
GRANT USAGE ON SCHEMA {{.Schema}} TO {{.User}};
GRANT SELECT ON
{{- range $i, $t := .Tables}}{{if $i}},{{end}}
    {{$.Schema}}.{{$t}}
{{- end}}
TO {{.User}};
-- The ERP's users: without their passwords.
GRANT SELECT ({{.UserColumns}})
    ON {{.Schema}}.ad_user TO {{.User}};
