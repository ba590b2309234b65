-- A login that may read what loyalsync reads, and nothing else.{{if not .Windows}} Choose a password first,
-- and see that the database named below is that of the company.{{end}}
-- Run it in SQL Server Management Studio as an administrator of the server; it may
-- be run again, after an update of loyalsync for example.
{{- if .Windows}}
-- The account must exist: the service's own on this machine, NT SERVICE\loyalsync,
-- does once the service is installed. Where SQL Server runs on another machine, a
-- service signs in there as its computer, DOMAIN\MACHINE$.
{{- end}}
USE [master];
IF SUSER_ID({{.NameText}}) IS NULL
{{- if .Windows}}
    CREATE LOGIN {{.Name}} FROM WINDOWS WITH DEFAULT_DATABASE = {{.Database}};
{{- else}}
    CREATE LOGIN {{.Name}} WITH PASSWORD = N'choose-a-password', DEFAULT_DATABASE = {{.Database}}, CHECK_POLICY = ON, CHECK_EXPIRATION = OFF;
{{- end}}
GO
USE {{.Database}};
IF USER_ID({{.NameText}}) IS NULL
    CREATE USER {{.Name}} FOR LOGIN {{.Name}};
ELSE -- a database that came from another server knows the user, and not its login
    ALTER USER {{.Name}} WITH LOGIN = {{.Name}};
-- What an older version of the ERP does not have is passed over, and told.
{{- range .Grants}}
IF OBJECT_ID({{.Text}}) IS NOT NULL GRANT {{.Right}} ON OBJECT::{{.Name}} TO {{$.Name}}; ELSE PRINT {{.Missing}};
{{- end}}
GO
