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
-- Tables that hold passwords: without them.
{{- range .Guarded}}
GRANT SELECT ({{.Columns}})
    ON {{$.Schema}}.{{.Table}} TO {{$.User}};
{{- end}}
-- Columns that only some members of the family have, where they are there.
DO $loyalsync$
DECLARE
    part record;
    present text;
BEGIN
    FOR part IN SELECT * FROM (VALUES
{{- range $i, $p := .Optional}}{{if $i}},{{end}}
        ('{{$p.Table}}', '{{$p.Columns}}')
{{- end}}) AS wanted (name, columns)
    LOOP
        SELECT string_agg(quote_ident(a.attname), ', ') INTO present
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = {{.SchemaText}} AND c.relname = part.name AND NOT a.attisdropped
          AND a.attname = ANY (string_to_array(part.columns, ', '));
        IF present IS NOT NULL THEN
            EXECUTE format('GRANT SELECT (%s) ON %I.%I TO %I', present, {{.SchemaText}}, part.name, {{.UserText}});
        END IF;
    END LOOP;
END
$loyalsync$;
