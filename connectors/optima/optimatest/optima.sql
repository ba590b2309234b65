-- Tables of a company database of Comarch ERP Optima, as far as this connector reads
-- them: for fixtures of tests, on an empty database of their own. Defaults stand
-- where Optima has none, so that fixtures may leave columns out; TrN_NumerPelny, which
-- Optima computes, is a plain column; there are no triggers.
SET ANSI_NULLS ON;
SET QUOTED_IDENTIFIER ON;
GO
IF SCHEMA_ID(N'CDN') IS NULL EXEC (N'CREATE SCHEMA CDN');
GO
CREATE TABLE CDN.SystemCDN (
    SYS_ID int NOT NULL CONSTRAINT SYS_Primary PRIMARY KEY,
    SYS_Wartosc varchar(254) NOT NULL
);
CREATE TABLE CDN.FormyPlatnosci (
    FPl_FPlId int IDENTITY(1,1) NOT NULL CONSTRAINT FPl_Primary PRIMARY KEY,
    FPl_Nazwa nvarchar(20) NOT NULL,
    FPl_Typ smallint NOT NULL
);
CREATE TABLE CDN.Magazyny (
    Mag_MagId int IDENTITY(1,1) NOT NULL CONSTRAINT Mag_Primary PRIMARY KEY,
    Mag_Symbol varchar(20) NOT NULL,
    Mag_TS_Zal datetime NOT NULL DEFAULT (GETDATE()),
    Mag_TS_Mod datetime NOT NULL DEFAULT (GETDATE())
);
CREATE TABLE CDN.DokDefinicje (
    DDf_DDfID int IDENTITY(1,1) NOT NULL CONSTRAINT DDf_Primary PRIMARY KEY,
    DDf_Klasa int NOT NULL,
    DDf_Symbol varchar(5) NOT NULL
);
CREATE TABLE CDN.DefAtrybuty (
    DeA_DeAId int IDENTITY(1,1) NOT NULL CONSTRAINT DeA_Primary PRIMARY KEY,
    DeA_Typ tinyint NOT NULL,
    DeA_Kod varchar(20) NOT NULL,
    DeA_Format smallint NOT NULL DEFAULT (1),
    DeA_TS_Zal datetime NOT NULL DEFAULT (GETDATE()),
    DeA_TS_Mod datetime NOT NULL DEFAULT (GETDATE()),
    CONSTRAINT DeAKod UNIQUE (DeA_Typ, DeA_Kod)
);
CREATE TABLE CDN.Kontrahenci (
    Knt_KntId int IDENTITY(1,1) NOT NULL CONSTRAINT Knt_Primary PRIMARY KEY,
    Knt_Kod varchar(20) NOT NULL,
    Knt_GLN varchar(13) NOT NULL DEFAULT (''),
    Knt_EAN varchar(16) NOT NULL DEFAULT (''),
    Knt_Grupa varchar(20) NOT NULL DEFAULT (''),
    Knt_Nazwa1 nvarchar(50) NOT NULL DEFAULT (N''),
    Knt_Nazwa2 nvarchar(50) NOT NULL DEFAULT (N''),
    Knt_Nazwa3 nvarchar(250) NOT NULL DEFAULT (N''),
    Knt_Kraj nvarchar(40) NOT NULL DEFAULT (N''),
    Knt_Wojewodztwo nvarchar(40) NOT NULL DEFAULT (N''),
    Knt_Powiat nvarchar(40) NOT NULL DEFAULT (N''),
    Knt_Gmina nvarchar(40) NOT NULL DEFAULT (N''),
    Knt_Ulica nvarchar(40) NOT NULL DEFAULT (N''),
    Knt_NrDomu nvarchar(10) NOT NULL DEFAULT (N''),
    Knt_NrLokalu nvarchar(10) NOT NULL DEFAULT (N''),
    Knt_Miasto nvarchar(40) NOT NULL DEFAULT (N''),
    Knt_KodPocztowy varchar(10) NOT NULL DEFAULT (''),
    Knt_Poczta nvarchar(40) NOT NULL DEFAULT (N''),
    Knt_Adres2 nvarchar(40) NOT NULL DEFAULT (N''),
    Knt_NipKraj varchar(2) NOT NULL DEFAULT (''),
    Knt_NipE nvarchar(20) NOT NULL DEFAULT (N''),
    Knt_Nip nvarchar(20) NOT NULL DEFAULT (N''),
    Knt_Regon varchar(20) NOT NULL DEFAULT (''),
    Knt_Telefon1 varchar(20) NOT NULL DEFAULT (''),
    Knt_Telefon2 varchar(20) NOT NULL DEFAULT (''),
    Knt_TelefonSms varchar(20) NOT NULL DEFAULT (''),
    Knt_Email nvarchar(127) NOT NULL DEFAULT (N''),
    Knt_URL varchar(254) NOT NULL DEFAULT (''),
    Knt_KrajISO nvarchar(9) NOT NULL DEFAULT (N''),
    Knt_BlokadaDok tinyint NOT NULL DEFAULT (0),
    Knt_Finalny tinyint NOT NULL DEFAULT (0),
    Knt_Rodzaj_Dostawca tinyint NOT NULL DEFAULT (0),
    Knt_Rodzaj_Partner tinyint NOT NULL DEFAULT (0),
    Knt_Rodzaj_Potencjalny tinyint NOT NULL DEFAULT (0),
    Knt_Nieaktywny tinyint NOT NULL DEFAULT (0),
    Knt_OdbiorcaId int NULL,
    Knt_NadID int NULL,
    Knt_GlID int NULL,
    Knt_OpiekunTyp smallint NULL,
    Knt_OpiekunId int NULL,
    Knt_LpAnonimizacji int NOT NULL DEFAULT (0),
    Knt_DataAnonimizacji datetime NULL,
    Knt_TS_Zal datetime NOT NULL DEFAULT (GETDATE()),
    Knt_TS_Mod datetime NOT NULL DEFAULT (GETDATE()),
    CONSTRAINT KntKod UNIQUE (Knt_Kod)
);
CREATE INDEX KntNIP ON CDN.Kontrahenci (Knt_Nip, Knt_KntId);
CREATE INDEX KntOpiekun ON CDN.Kontrahenci (Knt_OpiekunId, Knt_OpiekunTyp);
CREATE TABLE CDN.KntOsoby (
    KnO_KnOId int IDENTITY(1,1) NOT NULL CONSTRAINT KnO_Primary PRIMARY KEY,
    KnO_KntId int NOT NULL,
    KnO_Tytul nvarchar(255) NOT NULL DEFAULT (N''),
    KnO_Nazwisko nvarchar(40) NOT NULL,
    KnO_Ulica nvarchar(40) NOT NULL DEFAULT (N''),
    KnO_NrDomu nvarchar(10) NOT NULL DEFAULT (N''),
    KnO_NrLokalu nvarchar(10) NOT NULL DEFAULT (N''),
    KnO_Miasto nvarchar(40) NOT NULL DEFAULT (N''),
    KnO_KodPocztowy varchar(10) NOT NULL DEFAULT (''),
    KnO_Telefon varchar(20) NOT NULL DEFAULT (''),
    KnO_TelefonSms varchar(20) NOT NULL DEFAULT (''),
    KnO_GSM varchar(20) NOT NULL DEFAULT (''),
    KnO_Email nvarchar(60) NOT NULL DEFAULT (N''),
    KnO_EmailESklep nvarchar(60) NOT NULL DEFAULT (N''),
    KnO_Mailing tinyint NOT NULL DEFAULT (1),
    KnO_Informacje tinyint NOT NULL DEFAULT (0),
    KnO_Domyslny tinyint NOT NULL DEFAULT (0),
    KnO_Nieaktywny tinyint NOT NULL DEFAULT (0),
    KnO_LpAnonimizacji int NOT NULL DEFAULT (0),
    KnO_DataAnonimizacji datetime NULL,
    KnO_TS_Zal datetime NOT NULL DEFAULT (GETDATE()),
    KnO_TS_Mod datetime NOT NULL DEFAULT (GETDATE()),
    CONSTRAINT KnOKontrahent UNIQUE (KnO_KntId, KnO_KnOId)
);
CREATE TABLE CDN.KntAtrybuty (
    KnA_KnAId int IDENTITY(1,1) NOT NULL CONSTRAINT KnA_Primary PRIMARY KEY,
    KnA_DeAId int NOT NULL,
    KnA_PodmiotTyp smallint NULL,
    KnA_PodmiotId int NULL,
    KnA_WartoscTxt nvarchar(1024) NOT NULL DEFAULT (N'')
);
CREATE INDEX KnAPodmiot ON CDN.KntAtrybuty (KnA_PodmiotId, KnA_PodmiotTyp);
CREATE TABLE CDN.KntScalHist (
    KSH_KSHID int IDENTITY(1,1) NOT NULL CONSTRAINT KSH_Primary PRIMARY KEY,
    KSH_NazwaTabeli varchar(100) NULL,
    KSH_OldKntID int NULL,
    KSH_NewKntID int NULL
);
CREATE TABLE CDN.Pracidx (
    PRI_PriId int NOT NULL CONSTRAINT PRI_Primary PRIMARY KEY,
    PRI_PraId int NOT NULL,
    PRI_Kod varchar(20) NOT NULL
);
CREATE TABLE CDN.TwrGrupy (
    TwG_TwGID int NOT NULL CONSTRAINT TwG_Primary PRIMARY KEY,
    TwG_GIDTyp smallint NOT NULL,
    TwG_GIDNumer int NOT NULL,
    TwG_GrOTyp smallint NOT NULL,
    TwG_GrONumer int NOT NULL,
    TwG_Kod varchar(50) NOT NULL,
    CONSTRAINT TwGKod UNIQUE (TwG_GrOTyp, TwG_GrONumer, TwG_GIDTyp, TwG_Kod)
);
CREATE INDEX TwGGID ON CDN.TwrGrupy (TwG_GIDTyp, TwG_GIDNumer, TwG_GrOTyp, TwG_GrONumer);
CREATE TABLE CDN.Producenci (
    Prd_PrdId int IDENTITY(1,1) NOT NULL CONSTRAINT Prd_Primary PRIMARY KEY,
    Prd_Kod varchar(40) NOT NULL
);
CREATE TABLE CDN.Marki (
    Mrk_MrkId int IDENTITY(1,1) NOT NULL CONSTRAINT Mrk_Primary PRIMARY KEY,
    Mrk_Nazwa varchar(250) NOT NULL
);
CREATE TABLE CDN.Towary (
    Twr_TwrId int IDENTITY(1,1) NOT NULL CONSTRAINT Twr_Primary PRIMARY KEY,
    Twr_Kod varchar(50) NOT NULL,
    Twr_Nazwa nvarchar(255) NOT NULL,
    Twr_TwGGIDNumer int NOT NULL DEFAULT (0),
    Twr_PrdID int NULL,
    Twr_MrkID int NULL,
    Twr_TS_Zal datetime NOT NULL DEFAULT (GETDATE()),
    Twr_TS_Mod datetime NOT NULL DEFAULT (GETDATE()),
    CONSTRAINT TwrKod UNIQUE (Twr_Kod)
);
CREATE TABLE CDN.TwrAtrybuty (
    TwA_TwAId int IDENTITY(1,1) NOT NULL CONSTRAINT TwA_Primary PRIMARY KEY,
    TwA_DeAId int NOT NULL,
    TwA_TwrId int NULL,
    TwA_WartoscTxt nvarchar(100) NOT NULL DEFAULT (N'')
);
CREATE INDEX TwATowar ON CDN.TwrAtrybuty (TwA_TwrId);
CREATE TABLE CDN.TraNag (
    TrN_TrNID int IDENTITY(1,1) NOT NULL CONSTRAINT TrN_Primary PRIMARY KEY,
    TrN_DDfId int NULL,
    TrN_TypDokumentu int NOT NULL,
    TrN_ZwrId int NULL,
    TrN_FaId int NULL,
    TrN_NumerNr int NOT NULL,
    TrN_NumerString varchar(31) NOT NULL,
    TrN_NumerPelny nvarchar(30) NULL,
    TrN_Bufor smallint NOT NULL DEFAULT (1),
    TrN_Anulowany int NOT NULL DEFAULT (0),
    TrN_DataDok datetime NOT NULL,
    TrN_DataWys datetime NOT NULL,
    TrN_DataOpe datetime NOT NULL,
    TrN_NumerObcy varchar(256) NOT NULL DEFAULT (''),
    TrN_NumerPelnyPrw varchar(256) NOT NULL DEFAULT (''),
    TrN_Korekta tinyint NOT NULL DEFAULT (0),
    TrN_Fiskalna tinyint NOT NULL DEFAULT (0),
    TrN_Detal tinyint NOT NULL DEFAULT (0),
    TrN_Rodzaj int NOT NULL,
    TrN_PodmiotTyp smallint NULL,
    TrN_PodID int NULL,
    TrN_OdbiorcaTyp smallint NULL,
    TrN_OdbID int NULL,
    TrN_PlatnikTyp smallint NULL,
    TrN_PlatnikID int NULL,
    TrN_Kategoria varchar(50) NOT NULL DEFAULT (''),
    TrN_FPlId int NULL,
    TrN_RazemNetto decimal(15,2) NOT NULL DEFAULT (0),
    TrN_RazemBrutto decimal(15,2) NOT NULL DEFAULT (0),
    TrN_RazemNettoWal decimal(15,2) NOT NULL DEFAULT (0),
    TrN_RazemBruttoWal decimal(15,2) NOT NULL DEFAULT (0),
    TrN_Waluta varchar(3) NOT NULL DEFAULT (''),
    TrN_KursL decimal(15,4) NOT NULL DEFAULT (1),
    TrN_KursM decimal(5,0) NOT NULL DEFAULT (1),
    TrN_MagZrdId int NULL,
    TrN_Opis nvarchar(1024) NOT NULL DEFAULT (N''),
    TrN_OpeZalKod varchar(20) NOT NULL DEFAULT (''),
    TrN_TS_Zal datetime NOT NULL DEFAULT (GETDATE()),
    TrN_TS_Mod datetime NOT NULL DEFAULT (GETDATE()),
    TrN_TS_Zatw datetime NULL,
    TrN_NrKSeF nvarchar(128) NOT NULL DEFAULT (N''),
    CONSTRAINT TrNTypNUmer UNIQUE (TrN_TypDokumentu, TrN_NumerString, TrN_NumerNr, TrN_Anulowany)
);
CREATE UNIQUE INDEX TrNZwrot ON CDN.TraNag (TrN_ZwrId, TrN_TrNID);
CREATE INDEX TraNagZwrIdBufor ON CDN.TraNag (TrN_ZwrId, TrN_Bufor);
CREATE INDEX TraNagTypDokumentuBuforRodzaj ON CDN.TraNag (TrN_TypDokumentu, TrN_Bufor, TrN_Rodzaj, TrN_TS_Mod, TrN_DataWys);
CREATE INDEX TraNagTypDokumentuDataWys ON CDN.TraNag (TrN_TypDokumentu, TrN_DataWys);
CREATE INDEX TrNOdbiorca ON CDN.TraNag (TrN_OdbID, TrN_OdbiorcaTyp);
CREATE UNIQUE INDEX TrNPodmiot ON CDN.TraNag (TrN_PodID, TrN_PodmiotTyp, TrN_DataDok, TrN_NumerString, TrN_NumerNr, TrN_TrNID);
CREATE INDEX TrN_DataOpe ON CDN.TraNag (TrN_DataOpe);
CREATE TABLE CDN.TraElem (
    TrE_TrEID int IDENTITY(1,1) NOT NULL CONSTRAINT TrE_Primary PRIMARY KEY,
    TrE_TrNId int NOT NULL,
    TrE_ZwrId int NULL,
    TrE_Lp int NOT NULL,
    TrE_TypDokumentu int NOT NULL,
    TrE_Aktywny tinyint NOT NULL DEFAULT (1),
    TrE_DataDok datetime NOT NULL,
    TrE_DataOpe datetime NOT NULL,
    TrE_TwrId int NULL,
    TrE_TwrNazwa nvarchar(255) NOT NULL DEFAULT (N''),
    TrE_TwrEAN varchar(40) NOT NULL DEFAULT (''),
    TrE_TwrNumerKat nvarchar(40) NOT NULL DEFAULT (N''),
    TrE_TwrKod varchar(50) NOT NULL DEFAULT (''),
    TrE_TwrTyp tinyint NOT NULL DEFAULT (1),
    TrE_Kaucja tinyint NOT NULL DEFAULT (0),
    TrE_Ilosc decimal(15,4) NOT NULL DEFAULT (0),
    TrE_Jm nvarchar(20) NOT NULL DEFAULT (N'szt'),
    TrE_JmZ nvarchar(20) NOT NULL DEFAULT (N'szt'),
    TrE_IloscJM decimal(15,4) NOT NULL DEFAULT (0),
    TrE_Rabat decimal(5,2) NOT NULL DEFAULT (0),
    TrE_WartoscNetto decimal(15,2) NOT NULL DEFAULT (0),
    TrE_WartoscBrutto decimal(15,2) NOT NULL DEFAULT (0),
    TrE_WartoscNettoWal decimal(15,2) NOT NULL DEFAULT (0),
    TrE_WartoscBruttoWal decimal(15,2) NOT NULL DEFAULT (0),
    TrE_UslugaZlozonaId int NOT NULL DEFAULT (0),
    TrE_PATrEId int NOT NULL DEFAULT (0),
    CONSTRAINT TrETraNag UNIQUE (TrE_TrNId, TrE_Lp, TrE_TrEID)
);
CREATE UNIQUE INDEX TrEZwrot ON CDN.TraElem (TrE_ZwrId, TrE_TrEID);
CREATE UNIQUE INDEX TrETowar ON CDN.TraElem (TrE_TwrId, TrE_DataOpe, TrE_TrEID);
CREATE TABLE CDN.TraElemKorZbiorcza (
    TreZ_TreZID int IDENTITY(1,1) NOT NULL CONSTRAINT TreZ_Primary PRIMARY KEY,
    TreZ_TrNID int NOT NULL,
    TreZ_Stawka decimal(5,2) NOT NULL,
    TreZ_Flaga smallint NOT NULL,
    TreZ_WartoscFaktur decimal(15,2) NOT NULL,
    TreZ_Rabat decimal(15,2) NOT NULL
);
CREATE TABLE CDN.TraNagRelacje (
    TrR_TrRId int IDENTITY(1,1) NOT NULL CONSTRAINT TrR_Primary PRIMARY KEY,
    TrR_TrNTyp smallint NOT NULL,
    TrR_TrNId int NOT NULL,
    TrR_FaTyp smallint NOT NULL,
    TrR_FaId int NOT NULL
);
CREATE INDEX TraNagRelTrNId ON CDN.TraNagRelacje (TrR_TrNId, TrR_TrNTyp);
CREATE TABLE CDN.DokAtrybuty (
    DAt_DAtId int IDENTITY(1,1) NOT NULL CONSTRAINT DAt_Primary PRIMARY KEY,
    DAt_DeAId int NOT NULL,
    DAt_WartoscTxt nvarchar(1024) NOT NULL DEFAULT (N''),
    DAt_TrNId int NULL
);
CREATE INDEX DTaTraNag ON CDN.DokAtrybuty (DAt_TrNId);
CREATE TABLE CDN.TraElemAtr (
    TrA_TrAId int IDENTITY(1,1) NOT NULL PRIMARY KEY,
    TrA_TrEId int NOT NULL,
    TrA_DeAId int NOT NULL,
    TrA_Kod varchar(20) NOT NULL DEFAULT (''),
    TrA_Wartosc nvarchar(100) NOT NULL DEFAULT (N'')
);
CREATE INDEX TrATraElem ON CDN.TraElemAtr (TrA_TrEId);
CREATE TABLE CDN.PodmiotRejestracjaZgod (
    PRZ_PRZID int IDENTITY(1,1) NOT NULL PRIMARY KEY,
    PRZ_PodmiotTyp smallint NULL,
    PRZ_PodmiotID int NULL,
    PRZ_PrzedstawicielId int NULL,
    PRZ_EMAIL tinyint NOT NULL DEFAULT (0),
    PRZ_SMS tinyint NOT NULL DEFAULT (0),
    PRZ_Telefon tinyint NOT NULL DEFAULT (0),
    PRZ_List tinyint NOT NULL DEFAULT (0),
    PRZ_DataWyrazenia datetime NULL,
    PRZ_DataWycofania datetime NULL,
    PRZ_TS_Mod datetime NOT NULL DEFAULT (GETDATE())
);
GO
INSERT INTO CDN.SystemCDN (SYS_ID, SYS_Wartosc) VALUES (1, 'Firma Testowa'), (3, '2025.5'), (1001, 'SERWER'), (1002, 'CDN_KNF_Konfiguracja');
GO
