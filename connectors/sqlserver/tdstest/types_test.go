package tdstest_test

import (
	"database/sql"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-sql/civil"
	mssql "github.com/microsoft/go-mssqldb"

	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

// cell is a value on its way through a column: written as a parameter or a
// literal, read back by the driver.
type cell struct {
	name, column string
	in           any    // a parameter
	literal      string // or T-SQL
	want         any    // as the driver gives it to an any
	typeName     string
}

func moment(s string) time.Time {
	at, err := time.Parse("2006-01-02 15:04:05.9999999", s)
	if err != nil {
		panic(err)
	}
	return at
}

func TestEveryTypeComesBack(t *testing.T) {
	long := strings.Repeat("Zażółć gęślą jaźń ", 1000)
	tests := []cell{
		{"bit", "bit", true, "", true, "BIT"},
		{"tinyint max", "tinyint", byte(255), "", int64(255), "TINYINT"},
		{"smallint min", "smallint", int16(-32768), "", int64(-32768), "SMALLINT"},
		{"int min", "int", int32(-2147483648), "", int64(-2147483648), "INT"},
		{"int max", "int", 2147483647, "", int64(2147483647), "INT"},
		{"bigint min", "bigint", int64(-9223372036854775808), "", int64(-9223372036854775808), "BIGINT"},
		{"bigint max", "bigint", int64(9223372036854775807), "", int64(9223372036854775807), "BIGINT"},
		{"decimal of 18 digits", "decimal(18,4)", "12345678901234.5678", "", []byte("12345678901234.5678"), "DECIMAL"},
		{"decimal of 17 digits, negative", "decimal(17,4)", "-9999999999999.9999", "", []byte("-9999999999999.9999"), "DECIMAL"},
		{"decimal rounds half away", "decimal(15,2)", "-1.005", "", []byte("-1.01"), "DECIMAL"},
		{"decimal zero", "decimal(5,0)", nil, "0", []byte("0"), "DECIMAL"},
		{"decimal of 38 digits, small", "decimal(38,10)", nil, "-0.0000000001", []byte("-0.0000000001"), "DECIMAL"},
		{"money", "money", nil, "-922337203685.4775", []byte("-922337203685.4775"), "MONEY"},
		{"smallmoney", "smallmoney", nil, "214748.3647", []byte("214748.3647"), "SMALLMONEY"},
		{"float", "float", -1.7976931348623157e308, "", -1.7976931348623157e308, "FLOAT"},
		{"real", "real", float32(1.5), "", 1.5, "REAL"},
		{"varchar Polish", "varchar(20)", "ąćęłńóśźż ĄĆĘŁŃÓŚŹŻ", "", "ąćęłńóśźż ĄĆĘŁŃÓŚŹŻ", "VARCHAR"},
		{"varchar literal", "varchar(20)", nil, "'Łódź'", "Łódź", "VARCHAR"},
		{"varchar loses what its page lacks", "varchar(20)", "a🙂б", "", "a???", "VARCHAR"},
		{"varchar empty", "varchar(20)", "", "", "", "VARCHAR"},
		{"varchar(max)", "varchar(max)", long, "", long, "VARCHAR"},
		{"char is padded", "char(4)", "ą", "", "ą   ", "CHAR"},
		{"nvarchar", "nvarchar(20)", "żółw 🙂 и שלום", "", "żółw 🙂 и שלום", "NVARCHAR"},
		{"nvarchar literal", "nvarchar(20)", nil, "N'O''Neil 🙂'", "O'Neil 🙂", "NVARCHAR"},
		{"nvarchar(max)", "nvarchar(max)", long, "", long, "NVARCHAR"},
		{"nchar", "nchar(3)", "ż", "", "ż  ", "NCHAR"},
		{"datetime rounds to 1/300 s", "datetime", mssql.DateTime1(moment("2026-11-25 10:00:00.0049")), "", moment("2026-11-25 10:00:00.003"), "DATETIME"},
		{"datetime .008 is .007", "datetime", nil, "'2026-11-25T10:00:00.008'", moment("2026-11-25 10:00:00.007"), "DATETIME"},
		{"datetime .999 is the next day", "datetime", nil, "'20261231 23:59:59.999'", moment("2027-01-01 00:00:00"), "DATETIME"},
		{"datetime min", "datetime", mssql.DateTime1(moment("1753-01-01 00:00:00")), "", moment("1753-01-01 00:00:00"), "DATETIME"},
		{"datetime max", "datetime", mssql.DateTime1(moment("9999-12-31 23:59:59.997")), "", moment("9999-12-31 23:59:59.997"), "DATETIME"},
		{"smalldatetime", "smalldatetime", nil, "'2026-11-25 10:00:40'", moment("2026-11-25 10:01:00"), "SMALLDATETIME"},
		{"datetime2", "datetime2(7)", civil.DateTimeOf(moment("0001-01-01 00:00:00.1234567")), "", moment("0001-01-01 00:00:00.1234567"), "DATETIME2"},
		{"datetime2(3)", "datetime2(3)", civil.DateTimeOf(moment("2026-11-25 10:00:00.1236")), "", moment("2026-11-25 10:00:00.124"), "DATETIME2"},
		{"date", "date", civil.DateOf(moment("9999-12-31 00:00:00")), "", moment("9999-12-31 00:00:00"), "DATE"},
		{"time", "time(7)", civil.TimeOf(moment("2026-01-01 23:59:59.9999999")), "", moment("0001-01-01 23:59:59.9999999"), "TIME"},
		{"varbinary", "varbinary(8)", []byte{0, 1, 255}, "", []byte{0, 1, 255}, "VARBINARY"},
		{"varbinary(max)", "varbinary(max)", []byte(long), "", []byte(long), "VARBINARY"},
		{"uniqueidentifier", "uniqueidentifier", nil, "'6F9619FF-8B86-D011-B42D-00C04FC964FF'", []byte{0xff, 0x19, 0x96, 0x6f, 0x86, 0x8b, 0x11, 0xd0, 0xb4, 0x2d, 0, 0xc0, 0x4f, 0xc9, 0x64, 0xff}, "UNIQUEIDENTIFIER"},
	}
	ddl := "CREATE TABLE dbo.Nothing (X int NULL)"
	db := tdstest.Database(t, ddl)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pool := db.Pool()
			exec(t, pool, "IF OBJECT_ID('dbo.V') IS NOT NULL DROP TABLE dbo.V")
			exec(t, pool, "CREATE TABLE dbo.V (Id int IDENTITY(1,1) NOT NULL PRIMARY KEY, V "+tt.column+" NULL)")
			if tt.literal != "" {
				exec(t, pool, "INSERT INTO dbo.V (V) VALUES ("+tt.literal+")")
			} else {
				exec(t, pool, "INSERT INTO dbo.V (V) VALUES (@p1)", tt.in)
			}
			exec(t, pool, "INSERT INTO dbo.V (V) VALUES (@p1), (NULL)", nil)
			rows, err := pool.QueryContext(t.Context(), "SELECT V FROM dbo.V ORDER BY Id")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = rows.Close() }()
			types, err := rows.ColumnTypes()
			if err != nil || types[0].DatabaseTypeName() != tt.typeName {
				t.Errorf("the type is %v (%v), want %s", types[0].DatabaseTypeName(), err, tt.typeName)
			}
			var got []any
			for rows.Next() {
				var v any
				if err := rows.Scan(&v); err != nil {
					t.Fatal(err)
				}
				got = append(got, v)
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			if want := []any{tt.want, nil, nil}; !reflect.DeepEqual(got, want) && !sameMoment(got, tt.want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// sameMoment compares moments whatever the driver's way to hold UTC.
func sameMoment(got []any, want any) bool {
	w, ok := want.(time.Time)
	if !ok || len(got) != 3 || got[1] != nil || got[2] != nil {
		return false
	}
	g, ok := got[0].(time.Time)
	return ok && g.Equal(w)
}

// Parameters arrive with the type that the driver sent, which is what a
// connector has to choose with care.
func TestParametersAreRecordedWithTheirTypes(t *testing.T) {
	srv, db := owner(t)
	at := moment("2026-11-25 10:00:00.003")
	params := []struct {
		in   any
		want string
	}{
		{mssql.VarChar("K001"), "varchar(4)"},
		{mssql.VarCharMax("K001"), "varchar(max)"},
		{"K001", "nvarchar(4)"},
		{mssql.NVarCharMax("K"), "nvarchar(max)"},
		{7, "bigint"},
		{int32(7), "int"},
		{int16(7), "smallint"},
		{byte(7), "tinyint"},
		{true, "bit"},
		{1.5, "float"},
		{float32(1.5), "real"},
		{mssql.DateTime1(at), "datetime"},
		{at, "datetimeoffset(7)"},
		{civil.DateTimeOf(at), "datetime2(7)"},
		{civil.DateOf(at), "date"},
		{civil.TimeOf(at), "time(7)"},
		{[]byte{1}, "varbinary(1)"},
		{mssql.UniqueIdentifier{1}, "uniqueidentifier"},
		{nil, "nvarchar(1)"},
		{sql.NullInt64{}, "bigint"},
		{sql.NullString{}, "nvarchar(4000)"},
	}
	for _, p := range params {
		srv.Forget()
		var null int
		if err := db.QueryRowContext(t.Context(), "SELECT CASE WHEN @p1 IS NULL THEN 1 ELSE 0 END", p.in).Scan(&null); err != nil {
			t.Errorf("%T: %v", p.in, err)
			continue
		}
		st := srv.Statements()
		if len(st) != 1 || len(st[0].Params) != 1 || st[0].Params[0].Type != p.want || st[0].Params[0].Name != "@p1" {
			t.Errorf("%T was recorded as %+v, want %s", p.in, st, p.want)
		}
	}
	srv.Forget()
	srv.Record(false)
	exec(t, db, "SELECT 1")
	srv.Record(true)
	exec(t, db, "SET NOCOUNT ON; SELECT 2")
	if st := srv.Statements(); len(st) != 1 || !slices.Equal(st[0].Kinds, []string{"SET", "SELECT"}) || st[0].User != "owner" {
		t.Errorf("recorded: %+v", st)
	}
}

// A time.Time goes out as datetimeoffset, and a datetime meets it as UTC: the
// wall clock of the ERP's zone is not found by it.
func TestMomentsMeetByTheirTypes(t *testing.T) {
	_, db := owner(t)
	exec(t, db, "CREATE TABLE dbo.M (TS datetime NOT NULL); INSERT INTO dbo.M VALUES ('2026-11-25T10:00:00.003')")
	zone := time.FixedZone("CET", 3600)
	at := time.Date(2026, 11, 25, 10, 0, 0, 3e6, zone)
	for _, tt := range []struct {
		p    any
		text string
		want int
	}{
		{mssql.DateTime1(at), "TS = @p1", 1},
		{at, "TS > @p1", 1}, // 10:00 in Warsaw is 09:00 UTC, and 10:00 of the column is after it
		{at, "TS = @p1", 0},
		{civil.DateTimeOf(at), "TS = @p1", 0}, // .003 and .0033333: compatibility level 130 and later
		{civil.DateTimeOf(at), "TS > @p1", 1},
		{"2026-11-25T10:00:00.003", "TS = @p1", 1},
		{civil.DateOf(at), "TS >= @p1 AND TS < DATEADD(day, 1, @p1)", 1},
	} {
		if n := one[int](t, db, "SELECT COUNT(*) FROM dbo.M WHERE "+tt.text, tt.p); n != tt.want {
			t.Errorf("%s with a %T: %d rows, want %d", tt.text, tt.p, n, tt.want)
		}
	}
}

func TestOutputParameters(t *testing.T) {
	_, db := owner(t)
	n, s := int64(4), "x"
	exec(t, db, "SET @n = @n + 1; SET @s = @s + N'ż'", sql.Named("n", sql.Out{Dest: &n}), sql.Named("s", sql.Out{Dest: &s}))
	if n != 5 || s != "xż" {
		t.Errorf("the outputs are %d and %q", n, s)
	}
}

// Text of a varchar parameter is bytes in the database's code page: Polish
// letters that a program sends as UTF-8 do not meet those of a column.
func TestVarCharParametersAreInTheCodePage(t *testing.T) {
	_, db := owner(t)
	exec(t, db, "CREATE TABLE dbo.K (Kod varchar(20) NOT NULL)")
	exec(t, db, "INSERT INTO dbo.K VALUES (N'ŻUK')")
	if n := one[int](t, db, "SELECT COUNT(*) FROM dbo.K WHERE Kod = @p1", mssql.VarChar("ŻUK")); n != 0 {
		t.Errorf("UTF-8 in a varchar met the code page: %d rows", n)
	}
	if n := one[int](t, db, "SELECT COUNT(*) FROM dbo.K WHERE Kod = @p1", mssql.VarChar("\xafUK")); n != 1 {
		t.Errorf("Windows-1250 in a varchar did not meet the column: %d rows", n)
	}
}
