-- A login that may read what loyalsync reads, and nothing else.
-- Run it in SQL Server Management Studio as an administrator of the server; it may
-- be run again, after an update of loyalsync for example.
-- The account must exist: the service's own on this machine, NT SERVICE\loyalsync,
-- does once the service is installed. Where SQL Server runs on another machine, a
-- service signs in there as its computer, DOMAIN\MACHINE$.
USE [master];
IF SUSER_ID(N'NT SERVICE\loyalsync') IS NULL
    CREATE LOGIN [NT SERVICE\loyalsync] FROM WINDOWS WITH DEFAULT_DATABASE = [CDN_Firma Sp. z o.o.];
GO
USE [CDN_Firma Sp. z o.o.];
IF USER_ID(N'NT SERVICE\loyalsync') IS NULL
    CREATE USER [NT SERVICE\loyalsync] FOR LOGIN [NT SERVICE\loyalsync];
ELSE -- a database that came from another server knows the user, and not its login
    ALTER USER [NT SERVICE\loyalsync] WITH LOGIN = [NT SERVICE\loyalsync];
-- What an older version of the ERP does not have is passed over, and told.
IF OBJECT_ID(N'[CDN].[TraNag]') IS NOT NULL GRANT SELECT ON OBJECT::[CDN].[TraNag] TO [NT SERVICE\loyalsync]; ELSE PRINT N'not in this database: CDN.TraNag';
IF OBJECT_ID(N'[CDN].[Kontrahenci]') IS NOT NULL GRANT SELECT ON OBJECT::[CDN].[Kontrahenci] TO [NT SERVICE\loyalsync]; ELSE PRINT N'not in this database: CDN.Kontrahenci';
IF OBJECT_ID(N'[CDN].[PelnyNumer]') IS NOT NULL GRANT EXECUTE ON OBJECT::[CDN].[PelnyNumer] TO [NT SERVICE\loyalsync]; ELSE PRINT N'not in this database: CDN.PelnyNumer';
GO
