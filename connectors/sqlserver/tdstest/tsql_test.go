package tdstest_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	mssql "github.com/microsoft/go-mssqldb"

	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

// answerOf writes an answer as text: cells by |, rows by lines.
func answerOf(t *testing.T, db *sql.DB, text string, args ...any) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), text, args...)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = rows.Close() }()
	cols, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for rows.Next() {
		vals := make([]any, len(cols))
		to := make([]any, len(cols))
		for i := range vals {
			to[i] = &vals[i]
		}
		if err := rows.Scan(to...); err != nil {
			return err.Error()
		}
		cells := make([]string, len(cols))
		for i, v := range vals {
			switch v := v.(type) {
			case nil:
				cells[i] = "NULL"
			case []byte:
				cells[i] = string(v)
			case time.Time:
				cells[i] = v.Format("2006-01-02 15:04:05.9999999")
				if _, offset := v.Zone(); offset != 0 {
					cells[i] += v.Format(" -07:00")
				}
			default:
				cells[i] = fmt.Sprint(v)
			}
		}
		out = append(out, strings.Join(cells, "|"))
	}
	if err := rows.Err(); err != nil {
		return err.Error()
	}
	return strings.Join(out, "\n")
}

const shop = `
CREATE SCHEMA CDN
GO
CREATE TABLE CDN.Doc (
    Id int IDENTITY(1,1) NOT NULL CONSTRAINT Doc_P PRIMARY KEY,
    Kod varchar(20) NOT NULL, Nazwa nvarchar(40) NOT NULL DEFAULT (N''), Typ int NOT NULL DEFAULT (302),
    Netto decimal(15,2) NOT NULL DEFAULT (0), Kurs decimal(15,4) NOT NULL DEFAULT (1), M decimal(5,0) NOT NULL DEFAULT (1),
    TS datetime NOT NULL DEFAULT (GETDATE()), Parent int NULL, Flaga tinyint NOT NULL DEFAULT (1)
);
CREATE UNIQUE INDEX DocKod ON CDN.Doc (Kod);
CREATE INDEX DocTS ON CDN.Doc (TS, Id DESC);
CREATE TABLE CDN.Line (Id int IDENTITY(1,1) NOT NULL PRIMARY KEY, DocId int NOT NULL REFERENCES CDN.Doc (Id) ON DELETE CASCADE, Ilosc decimal(15,4) NOT NULL, Cena decimal(17,4) NULL);
GO
SET IDENTITY_INSERT CDN.Doc ON;
INSERT INTO CDN.Doc (Id, Kod, Nazwa, Netto, Kurs, TS, Parent) VALUES
    (10, 'A', N'Łódź', 100.50, 4.2567, '2026-11-25T10:00:00.003', NULL),
    (11, 'b', N'łoś', -20.25, 1, '2026-11-25T10:00:00.007', 10),
    (12, 'Ć', N'zebra', 0, 1, '2026-11-26T00:00:00', 11),
    (13, 'c', N'żaba', 7, 1, '2026-12-31T23:59:59.997', 10);
SET IDENTITY_INSERT CDN.Doc OFF;
INSERT INTO CDN.Line (DocId, Ilosc, Cena) VALUES (10, 1.5, 10), (10, 2, NULL), (11, -1, 20.25), (13, 0.3333, 21);
`

func TestTSQL(t *testing.T) {
	tests := []struct {
		text string
		args []any
		want string
	}{
		// Names.
		{"SELECT [Id], d.\"Kod\", CDN.Doc.Typ FROM CDN.Doc AS d", nil, "mssql: The multi-part identifier \"CDN.Doc.Typ\" could not be bound. (4104)"},
		{"SELECT Doc.Id, CDN.Doc.[Kod] FROM [CDN].[Doc] WHERE doc.ID = 10 -- a comment 'with' quotes", nil, "10|A"},
		{"SELECT 'it''s -- no comment /* nor this */', N'[x]'", nil, "it's -- no comment /* nor this */|[x]"},
		// Arithmetic by type.
		{"SELECT 7/2, -7/2, 7%3, 7.0/2, 1/3.0", nil, "3|-3|1|3.500000|0.333333"},
		{"SELECT Netto * Kurs, Netto / 3, Netto + Kurs, -Netto FROM CDN.Doc WHERE Id = 10", nil, "427.798350|33.500000|104.7567|-100.50"},
		{"SELECT SUM(Netto), AVG(Netto), MIN(Netto), MAX(Netto), COUNT(*), COUNT(Parent), SUM(Flaga) FROM CDN.Doc", nil, "87.25|21.812500|-20.25|100.50|4|3|4"},
		{"SELECT Id FROM CDN.Doc WHERE Netto > 0 AND Netto < 100.505 ORDER BY Netto", nil, "13\n10"},
		{"SELECT Id FROM CDN.Doc WHERE Netto = @p1", []any{"100.5"}, "10"},
		{"SELECT ROUND(Netto / 3, 2), CAST(Netto AS int), CAST(Netto AS decimal(10,1)), FLOOR(Netto), ABS(Netto) FROM CDN.Doc WHERE Id = 11", nil, "-6.750000|-20|-20.3|-21|20.25"},
		{"SELECT 0.1 + 0.2, CAST(0.1 AS float) + 0.2, 1e0", nil, "0.3|0.30000000000000004|1"},
		// Text.
		{"SELECT Kod + N'/' + Nazwa, 'a' + NULL, LEN('ab  '), DATALENGTH(N'ab'), UPPER('łoś'), LEFT('abc', 2), RIGHT('abc', 2), SUBSTRING('abcd', 2, 2) FROM CDN.Doc WHERE Id = 10", nil, "A/Łódź|NULL|2|4|ŁOŚ|ab|bc|bc"},
		{"SELECT LTRIM('  a '), RTRIM(' a  '), REPLACE('aXa', 'x', 'b'), CHARINDEX('B', 'abc'), CONCAT('a', NULL, 1), REPLICATE('ab', 2), ISNULL(NULL, 'x')", nil, "a | a|aba|2|a1|abab|x"},
		{"SELECT Kod FROM CDN.Doc WHERE Kod = 'a' OR Kod = 'B  ' ORDER BY Kod", nil, "A\nb"},
		{"SELECT Kod FROM CDN.Doc ORDER BY Kod", nil, "A\nb\nc\nĆ"},
		{"SELECT Kod FROM CDN.Doc ORDER BY Kod COLLATE Polish_BIN2 DESC", nil, "Ć\nc\nb\nA"},
		{"SELECT Kod FROM CDN.Doc WHERE Kod COLLATE Polish_BIN = 'a'", nil, ""},
		{"SELECT Kod FROM CDN.Doc WHERE Nazwa LIKE N'Ł[oó]%' ORDER BY Id", nil, "A\nb"},
		{"SELECT Kod FROM CDN.Doc WHERE Nazwa NOT LIKE N'%z%' AND Kod LIKE '[^a]' ORDER BY Id", nil, "b\nc"},
		{"SELECT CASE WHEN 'a_b' LIKE 'a!_b' ESCAPE '!' THEN 1 ELSE 0 END, CASE WHEN 'axb' LIKE 'a!_b' ESCAPE '!' THEN 1 ELSE 0 END", nil, "1|0"},
		// Moments.
		{"SELECT Id FROM CDN.Doc WHERE TS > @p1 AND TS <= @p2 ORDER BY TS", []any{mssql.DateTime1(moment("2026-11-25 10:00:00.0033333")), mssql.DateTime1(moment("2026-11-26 00:00:00"))}, "11\n12"},
		{"SELECT Id FROM CDN.Doc WHERE TS >= '20261126' ORDER BY TS DESC", nil, "13\n12"},
		{"SELECT DATEADD(day, 1, TS), DATEADD(month, -9, CAST('20261130' AS date)), DATEDIFF(minute, TS, '2026-11-25T10:01:00'), DATEDIFF(day, TS, '20261126') FROM CDN.Doc WHERE Id = 10", nil, "2026-11-26 10:00:00.003|2026-02-28 00:00:00|1|1"},
		{"SELECT CONVERT(varchar(23), TS, 121), CONVERT(varchar(30), TS, 126), CONVERT(varchar(19), TS, 120), CONVERT(varchar(8), TS, 112), CAST(TS AS date), YEAR(TS) FROM CDN.Doc WHERE Id = 11", nil, "2026-11-25 10:00:00.007|2026-11-25T10:00:00.007|2026-11-25 10:00:00|20261125|2026-11-25 00:00:00|2026"},
		{"SELECT CAST('2026-11-25T10:00:00' AS datetime2(3)), CAST('2026-11-25 10:00:00 +02:00' AS datetimeoffset(0)), CONVERT(datetime, '20261125')", nil, "2026-11-25 10:00:00|2026-11-25 10:00:00 +02:00|2026-11-25 00:00:00"},
		{"SELECT GETDATE(), SYSDATETIMEOFFSET(), GETUTCDATE()", nil, "2026-03-29 12:00:00.123|2026-03-29 12:00:00.1234567 +02:00|2026-03-29 10:00:00.123"},
		// Conditions.
		{"SELECT Id FROM CDN.Doc d WHERE EXISTS (SELECT 1 FROM CDN.Line l WHERE l.DocId = d.Id AND l.Cena IS NULL)", nil, "10"},
		{"SELECT Id FROM CDN.Doc WHERE Id IN (@p1, @p2) AND Kod NOT IN ('c')", []any{10, 13}, "10"},
		{"SELECT Id FROM CDN.Doc WHERE Id NOT IN (SELECT DocId FROM CDN.Line) OR (Id = 13 AND NOT (Netto = 0))", nil, "12\n13"},
		{"SELECT Id FROM CDN.Doc WHERE (Netto + 1) * 2 BETWEEN 2 AND 16 AND Parent IS NOT NULL", nil, "12\n13"},
		{"SELECT CASE Id WHEN 10 THEN 'ten' WHEN 11 THEN N'łoś' END, COALESCE(Parent, 0), NULLIF(Netto, 0) FROM CDN.Doc WHERE Id <= 12", nil, "ten|0|100.50\nłoś|10|-20.25\nNULL|11|NULL"},
		// Shapes.
		{"SELECT TOP (@p1) Id FROM CDN.Doc ORDER BY Id DESC", []any{2}, "13\n12"},
		{"SELECT TOP 1 Id AS x FROM CDN.Doc WITH (NOLOCK) ORDER BY x OPTION (RECOMPILE)", nil, "10"},
		{"SELECT Id FROM CDN.Doc ORDER BY Id OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY", nil, "11\n12"},
		{"SELECT DISTINCT Typ FROM CDN.Doc", nil, "302"},
		{"SELECT d.Kod, SUM(l.Ilosc) FROM CDN.Doc d LEFT JOIN CDN.Line l ON l.DocId = d.Id GROUP BY d.Kod HAVING COUNT(*) > 0 ORDER BY d.Kod", nil, "A|3.5000\nb|-1.0000\nc|0.3333\nĆ|NULL"},
		{"SELECT a.Id, b.Id FROM CDN.Doc a INNER JOIN CDN.Doc b ON b.Parent = a.Id ORDER BY a.Id, b.Id", nil, "10|11\n10|13\n11|12"},
		{"SELECT v.k, d.Id FROM (VALUES ('A', 1), ('c', 2), (N'x', 3)) AS v (k, n) LEFT JOIN CDN.Doc d ON d.Kod = v.k ORDER BY v.n", nil, "A|10\nc|13\nx|NULL"},
		{"WITH tree (Id, Depth) AS (SELECT Id, 0 FROM CDN.Doc WHERE Parent IS NULL UNION ALL SELECT d.Id, t.Depth + 1 FROM CDN.Doc d JOIN tree t ON d.Parent = t.Id) SELECT Id, Depth FROM tree ORDER BY Id", nil, "10|0\n11|1\n12|2\n13|1"},
		{"WITH a AS (SELECT Id FROM CDN.Doc), b AS (SELECT Id FROM a WHERE Id > 12) SELECT b.Id FROM b", nil, "13"},
		{"SELECT d.Id, x.Ilosc FROM CDN.Doc d OUTER APPLY (SELECT TOP 1 l.Ilosc FROM CDN.Line l WHERE l.DocId = d.Id ORDER BY l.Id DESC) x ORDER BY d.Id", nil, "10|2.0000\n11|-1.0000\n12|NULL\n13|0.3333"},
		{"SELECT d.Id, x.Ilosc FROM CDN.Doc d CROSS APPLY (SELECT TOP 1 l.Ilosc FROM CDN.Line l WHERE l.DocId = d.Id ORDER BY l.Id DESC) x ORDER BY d.Id", nil, "10|2.0000\n11|-1.0000\n13|0.3333"},
		{"SELECT Id, ROW_NUMBER() OVER (PARTITION BY Typ ORDER BY Netto DESC) AS n FROM CDN.Doc ORDER BY n", nil, "10|1\n13|2\n12|3\n11|4"},
		{"SELECT Id, Netto FROM CDN.Doc WHERE Id = 10 UNION ALL SELECT 1, 2.5 UNION ALL SELECT 0, NULL ORDER BY Id", nil, "0|NULL\n1|2.50\n10|100.50"},
		{"SELECT Kod FROM CDN.Doc EXCEPT SELECT 'a'", nil, "b\nc\nĆ"},
		{"SELECT (SELECT MAX(Id) FROM CDN.Line), (SELECT Kod FROM CDN.Doc WHERE Id = 99)", nil, "4|NULL"},
		{"DECLARE @x int = 3, @y nvarchar(10); SET @y = N'ą'; SELECT @x = @x + 1; IF @x = 4 SELECT @x, @y ELSE SELECT 0, ''", nil, "4|ą"},
		{"SELECT IIF(1 = 2, 'a', N'b'), CAST(5 AS decimal(5,2)) + 1, TRY_CAST('x' AS int), CONVERT(varchar(10), 5)", nil, "b|6.00|NULL|5"},
		{"EXEC sp_executesql N'SELECT @a + 1', N'@a int', @a = 4", nil, "5"},
		// The server and the catalogue.
		{"SELECT DB_NAME(), SUSER_SNAME(), USER_NAME(), SYSTEM_USER, IS_SRVROLEMEMBER('sysadmin'), IS_ROLEMEMBER('db_owner'), HAS_PERMS_BY_NAME('CDN.Doc', 'OBJECT', 'INSERT')", nil, "ERP|owner|owner|owner|0|1|1"},
		{"SELECT DATABASEPROPERTYEX(DB_NAME(), 'Collation'), COLLATIONPROPERTY('Polish_CI_AS', 'CodePage'), SERVERPROPERTY('ProductVersion'), SERVERPROPERTY('InstanceName'), SERVERPROPERTY('Edition')", nil, "Polish_CI_AS|1250|15.0.2000.5|NULL|Express Edition (64-bit)"},
		{"SELECT name, collation_name, snapshot_isolation_state, is_read_committed_snapshot_on FROM sys.databases WHERE name = DB_NAME()", nil, "ERP|Polish_CI_AS|0|true"},
		{"SELECT c.name, y.name, c.max_length, c.precision, c.scale, c.is_nullable FROM sys.columns c JOIN sys.tables t ON t.object_id = c.object_id JOIN sys.schemas s ON s.schema_id = t.schema_id JOIN sys.types y ON y.user_type_id = c.user_type_id WHERE s.name = 'CDN' AND t.name = 'Line' ORDER BY c.column_id", nil, "Id|int|4|10|0|false\nDocId|int|4|10|0|false\nIlosc|decimal|9|15|4|false\nCena|decimal|9|17|4|true"},
		{"SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, IS_NULLABLE FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = 'cdn' AND TABLE_NAME = 'DOC' AND COLUMN_NAME LIKE 'N%' ORDER BY ORDINAL_POSITION", nil, "Nazwa|nvarchar|40|NULL|NO\nNetto|decimal|NULL|15|NO"},
		{"SELECT i.name, i.is_unique, c.name, ic.is_descending_key FROM sys.indexes i JOIN sys.index_columns ic ON ic.object_id = i.object_id AND ic.index_id = i.index_id JOIN sys.columns c ON c.object_id = ic.object_id AND c.column_id = ic.column_id WHERE i.object_id = OBJECT_ID('CDN.Doc') ORDER BY i.index_id, ic.key_ordinal", nil, "Doc_P|true|Id|false\nDocKod|true|Kod|false\nDocTS|false|TS|false\nDocTS|false|Id|true"},
		{"SELECT COUNT(*) FROM fn_my_permissions('CDN.Doc', 'OBJECT') WHERE permission_name = 'DELETE'", nil, "1"},
		{"SELECT OBJECT_ID('CDN.Missing'), SCHEMA_ID('CDN'), DB_ID('none')", nil, "NULL|5|NULL"},
	}
	at := time.Date(2026, 3, 29, 10, 0, 0, 123456700, time.UTC)
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	srv := tdstest.Start(t, tdstest.Options{Now: func() time.Time { return at.In(zone) }})
	db := open(t, srv.URL("owner", tdstest.Password, "ERP"))
	for _, batch := range strings.Split(shop, "GO\n") {
		exec(t, db, batch)
	}
	for _, tt := range tests {
		if got := answerOf(t, db, tt.text, tt.args...); got != tt.want {
			t.Errorf("%s\n got: %s\nwant: %s", tt.text, got, tt.want)
		}
	}
}
