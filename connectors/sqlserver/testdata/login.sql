-- A login that may read what loyalsync reads, and nothing else. Choose a password first,
-- and see that the database named below is that of the company.
-- Run it in SQL Server Management Studio as an administrator of the server; it may
-- be run again, after an update of loyalsync for example.
USE [master];
IF SUSER_ID(N'loyalsync_ro') IS NULL
    CREATE LOGIN [loyalsync_ro] WITH PASSWORD = N'choose-a-password', DEFAULT_DATABASE = [CDN_Firma], CHECK_POLICY = ON, CHECK_EXPIRATION = OFF;
GO
USE [CDN_Firma];
IF USER_ID(N'loyalsync_ro') IS NULL
    CREATE USER [loyalsync_ro] FOR LOGIN [loyalsync_ro];
ELSE -- a database that came from another server knows the user, and not its login
    ALTER USER [loyalsync_ro] WITH LOGIN = [loyalsync_ro];
-- What an older version of the ERP does not have is passed over, and told.
IF OBJECT_ID(N'[CDN].[TraNag]') IS NOT NULL GRANT SELECT ON OBJECT::[CDN].[TraNag] TO [loyalsync_ro]; ELSE PRINT N'not in this database: CDN.TraNag';
IF OBJECT_ID(N'[CDN].[Kontrahenci]') IS NOT NULL GRANT SELECT ON OBJECT::[CDN].[Kontrahenci] TO [loyalsync_ro]; ELSE PRINT N'not in this database: CDN.Kontrahenci';
GO
