package sqlerp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	client "github.com/go-sql-driver/mysql"

	"github.com/loyalsync/loyalsync/connectors"
)

const mysqlTables = `
CREATE TABLE c (id varchar(10) PRIMARY KEY, name text, country char(4), active tinyint(1), anonymous bit(1)) {options};
CREATE TABLE r (id int unsigned PRIMARY KEY, contractor varchar(10)) {options};
CREATE TABLE i (id decimal(10,0) PRIMARY KEY, number text, state varchar(20), modified {stamp} NULL, issued_on {date} NULL, buyer varchar(10), currency char(3), net decimal(24,8), gross {gross}, type varchar(5) NOT NULL DEFAULT 'FS') {options};
CREATE TABLE l (id bigint unsigned PRIMARY KEY, invoice decimal(10,0), code text, quantity decimal(12,4), net decimal(24,8), gross decimal(24,8)) {options};
SET sql_mode = '';`

// mysqlERP makes tables with the fields' own names in a new database, and a
// configuration that reads them. Zero dates can be put into them.
func mysqlERP(t *testing.T, stampType, dateType, options, rows string) (Config, *url.URL) {
	t.Helper()
	address := newMySQL(t)
	writer := mysqlWriter(t, address)
	ddl := strings.NewReplacer("{stamp}", stampType, "{date}", dateType, "{gross}", "double(24,8)", "{options}", options).Replace(mysqlTables)
	if _, err := writer.ExecContext(t.Context(), ddl+rows); err != nil {
		t.Fatal(err)
	}
	c := minimal()
	c.URL, c.Timezone = address.String(), "Europe/Warsaw"
	return c, address
}

func openSource(t *testing.T, c Config) *Source {
	t.Helper()
	src, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	return src
}

func documentRow(id int, stamp, issued string) string {
	return fmt.Sprintf("INSERT INTO i VALUES (%d, 'n', 'released', %s, %s, 'K', 'PLN', '0.10000000', 0.3, 'FS');", id, stamp, issued)
}

// TestMySQLForms: stamps and days as the types that ERPs use.
func TestMySQLForms(t *testing.T) {
	for name, tc := range map[string]struct{ stamp, date, stampText, dateText string }{
		"datetime":     {"datetime", "date", "'2025-01-15 10:00:00'", "'2025-01-15'"},
		"microseconds": {"datetime(6)", "datetime(3)", "'2025-01-15 10:00:00'", "'2025-01-15 23:59:59.999'"},
		"date":         {"date", "date", "'2025-01-15'", "'2025-01-15'"},
		"text":         {"varchar(30)", "varchar(20)", "'2025-01-15 10:00:00'", "'2025-01-15 00:00:00'"},
		"unix":         {"int unsigned", "text", "1736935200", "'2025-01-15'"},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := mysqlERP(t, tc.stamp, tc.date, "", documentRow(1, tc.stampText, tc.dateText)+documentRow(10, tc.stampText, tc.dateText))
			src := openSource(t, c)
			if got := readIDs(t, src, "2025-01-15T00:00:00.000000", "2025-01-15T10:00:00.000000"); got != "1 10" {
				t.Errorf("the day: %q", got)
			}
			if got := readIDs(t, src, "", "2025-01-15T10:00:00.000000"); got != "1 10" {
				t.Errorf("from the beginning: %q", got)
			}
			if got := readIDs(t, src, "2025-01-15T10:00:00.000001", "2099-01-01T00:00:00.000000"); got != "" {
				t.Errorf("afterwards: %q", got)
			}
			for from, want := range map[connectors.Date]int{"2025-01-15": 2, "2025-01-16": 0} {
				if page, err := src.Keys(t.Context(), from, "", 5); err != nil || len(page.Items) != want {
					t.Errorf("keys from %s: %d, %v", from, len(page.Items), err)
				}
			}
			if f := examined(t, src)["documents"]; f.Data["first"] != "2025-01-15" {
				t.Errorf("documents: %+v", f)
			}
		})
	}
}

// TestMySQLInstants: TIMESTAMP is an instant. Stamps are shown in UTC, where the
// hour that an autumn repeats is two hours; days are those of the ERP's zone.
func TestMySQLInstants(t *testing.T) {
	c, _ := mysqlERP(t, "timestamp(6)", "timestamp", "", "SET time_zone = '+00:00';"+
		documentRow(2, "'2025-10-26 00:30:00'", "'2025-01-14 23:30:00'")+documentRow(1, "'2025-10-26 01:30:00'", "'2025-01-15 12:00:00'"))
	src := openSource(t, c)
	page, err := src.Invoices(t.Context(), connectors.Range{Ceiling: "2099-01-01T00:00:00.000000"}, 10)
	if err != nil || len(page.Items) != 2 {
		t.Fatal(page, err)
	}
	first, second := page.Items[0], page.Items[1]
	if first.Modified != "2025-10-26T00:30:00.000000" || second.Modified != "2025-10-26T01:30:00.000000" || first.Key.ID != "2" {
		t.Errorf("stamps %s and %s", first.Modified, second.Modified)
	}
	if first.IssuedOn != "2025-01-15" {
		t.Errorf("issued on %s: half past eleven in the evening in UTC is the next day in Warsaw", first.IssuedOn)
	}
	if got := readIDs(t, src, "2025-10-26T00:30:00.000000", "2025-10-26T00:30:00.000000"); got != "2" {
		t.Errorf("one instant: %q", got)
	}
	if keys, err := src.Keys(t.Context(), "2025-01-15", "", 10); err != nil || len(keys.Items) != 2 {
		t.Errorf("keys from the day in Warsaw: %+v, %v", keys, err)
	}
	report, err := src.Check(t.Context())
	if err != nil || report.Zone != "UTC" || !strings.Contains(report.Encoding, "utf8mb4") {
		t.Errorf("zone %q, encoding %q, %v", report.Zone, report.Encoding, err)
	}
	if now, err := time.Parse(connectors.StampLayout, string(report.Now)); err != nil || time.Since(now).Abs() > time.Hour {
		t.Errorf("now %s is not the clock of UTC", report.Now)
	}
}

// TestMySQLZeroDates: 0000-00-00 is how MySQL says that there is none.
func TestMySQLZeroDates(t *testing.T) {
	c, _ := mysqlERP(t, "datetime", "date", "", documentRow(1, "'0000-00-00 00:00:00'", "'2025-01-15'")+documentRow(2, "'2025-01-15 10:00:00'", "'2025-01-15'")+
		documentRow(3, "NULL", "'2025-01-15'"))
	c.Invoices.Select = "SELECT i.*, DATE '2025-01-15' AS x, CAST('0000-00-00' AS DATE) AS sold_on FROM i"
	src := openSource(t, c)
	if got := readIDs(t, src, "", "2099-01-01T00:00:00.000000"); got != "2" {
		t.Errorf("a pass: %q", got)
	}
	found, err := src.InvoicesByKey(t.Context(), []connectors.InvoiceKey{{ID: "1"}})
	if err != nil || len(found) != 1 || found[0].Modified != "" || found[0].SoldOn != "" {
		t.Errorf("by key: %+v, %v", found, err)
	}
	if f := examined(t, src)["stamps"]; f.Message != "2 documents without a stamp" {
		t.Errorf("%+v", f)
	}
}

// TestMySQLKeys: texts of a collation without case, of another character set,
// and with blanks at their ends are still told apart, on pages and by key.
func TestMySQLKeys(t *testing.T) {
	for name, options := range map[string]string{
		"no case": "", "latin2": "CHARACTER SET latin2 COLLATE latin2_general_ci", "cp1250": "CHARACTER SET cp1250",
		"binary": "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
	} {
		t.Run(name, func(t *testing.T) {
			c, address := mysqlERP(t, "datetime", "date", options, "INSERT INTO c VALUES ('K-1', 'Żółw', 'PL', 1, b'0'), ('ł', 'x', NULL, 0, b'1'), ('z', NULL, '', 2 - 1, NULL);")
			writer := mysqlWriter(t, address)
			keys := []string{"K-1", "z", "ł"}
			if name == "binary" {
				keys = []string{"K-1", "k-1", "k-1 ", "z", "ł"}
				if _, err := writer.ExecContext(t.Context(), "INSERT INTO c (id, name) VALUES ('k-1', 'x'), ('k-1 ', 'y')"); err != nil {
					var known *client.MySQLError
					if !errors.As(err, &known) || known.Number != 1062 { // a server may take both for one
						t.Fatal(err)
					}
					if _, err := writer.ExecContext(t.Context(), "INSERT INTO c (id, name) VALUES ('k-1', 'x')"); err != nil {
						t.Fatal(err)
					}
					keys = slices.Delete(keys, 2, 3)
				}
			}
			src := openSource(t, c)
			var got []string
			for after := connectors.Position(""); ; {
				page, err := src.Contractors(t.Context(), after, 1)
				if err != nil {
					t.Fatal(err)
				}
				for _, item := range page.Items {
					got = append(got, item.ID)
				}
				if after = page.Next; page.Done {
					break
				}
			}
			if !slices.Equal(got, keys) {
				t.Errorf("pages give %q, want %q", got, keys)
			}
			found, err := src.ContractorsByKey(t.Context(), []string{"K-1", "L", "z ", "€", "\U0001F600", "ł"})
			if err != nil || len(found) != 2 {
				t.Fatalf("by key: %+v, %v", found, err)
			}
			slices.SortFunc(found, func(a, b connectors.Contractor) int { return strings.Compare(a.ID, b.ID) })
			if k := found[0]; k.ID != "K-1" || k.Name != "Żółw" || !k.Active || k.Anonymous {
				t.Errorf("K-1: %+v", k)
			}
			if l := found[1]; l.ID != "ł" || l.Active || !l.Anonymous {
				t.Errorf("ł: %+v", l)
			}
		})
	}
}

// TestMySQLExactness: DECIMAL comes as it is, and keys that no row of the type
// can have find nothing.
func TestMySQLExactness(t *testing.T) {
	c, _ := mysqlERP(t, "datetime", "date", "", "INSERT INTO i VALUES (1, 'n', 'released', '2025-01-15', '2025-01-15', 'K', 'PLN', '1234567890123456.12345678', 0.3, 'FS'),"+
		"(9999999999, 'n', 'released', '2025-01-15', '2025-01-15', 'K', 'PLN', 1, 1, 'fs'); INSERT INTO l VALUES (18446744073709551615, 1, 'A', 1, 1, 1);")
	c.Documents = []string{"FS"}
	src := openSource(t, c)
	page, err := src.Invoices(t.Context(), connectors.Range{Ceiling: "2099-01-01T00:00:00.000000"}, 10)
	if err != nil || len(page.Items) != 1 {
		t.Fatal("fs is not FS: ", page, err)
	}
	if inv := page.Items[0]; inv.Net.String() != "1234567890123456.12345678" || inv.Gross.String() != "0.3" || inv.Lines[0].ID != "18446744073709551615" {
		t.Errorf("%+v", inv)
	}
	found, err := src.InvoicesByKey(t.Context(), []connectors.InvoiceKey{{ID: "9999999999"}, {ID: "x"}, {ID: "1.5"}, {ID: "1' OR '1'='1"}})
	if err != nil || len(found) != 1 || found[0].OutOfScope == "" {
		t.Errorf("by key: %+v, %v", found, err)
	}
}

// TestMySQLLogin: SELECT on the tables suffices; a login that may write is told
// by table; one that may not read gets a hint. No text names login or password.
func TestMySQLLogin(t *testing.T) {
	c, address := mysqlERP(t, "datetime", "date", "", "INSERT INTO c VALUES ('K', 'n', 'PL', 1, NULL);")
	admin := mysqlWriter(t, address)
	login := fmt.Sprintf("ro_%d", os.Getpid())
	database := strings.Trim(address.Path, "/")
	run := func(statement string) {
		t.Helper()
		text := strings.NewReplacer("LOGIN", "'"+login+"'@'%'", "DB", database).Replace(statement)
		if _, err := admin.ExecContext(context.WithoutCancel(t.Context()), text); err != nil {
			t.Fatal(err)
		}
	}
	run("CREATE USER LOGIN IDENTIFIED BY 'geheim#/%'")
	t.Cleanup(func() { run("DROP USER LOGIN") })
	c.URL = (&url.URL{Scheme: "mysql", Host: address.Host, Path: address.Path, User: url.UserPassword(login, "geheim#/%")}).String()

	refused := func(what string, want error, text string) {
		t.Helper()
		_, err := openSource(t, c).Contractors(t.Context(), "", 1)
		e, ok := errors.AsType[*connectors.Error](err)
		if !errors.Is(err, want) || !ok || e.Hint == "" || !strings.Contains(err.Error(), text) || strings.Contains(err.Error()+e.Hint, login) || strings.Contains(err.Error()+e.Hint, "geheim") {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("no right on the database", connectors.ErrAuth, "may not use the database")
	run("GRANT SELECT ON DB.c TO LOGIN")
	refused("no right on a table", connectors.ErrAuth, "may not read")
	run("GRANT SELECT ON DB.* TO LOGIN")
	src := openSource(t, c)
	if report, err := src.Check(t.Context()); err != nil || len(report.Writable) > 0 {
		t.Errorf("a login that may read: writable %v, %v", report.Writable, err)
	}
	if page, err := src.Contractors(t.Context(), "", 1); err != nil || len(page.Items) != 1 {
		t.Errorf("a login that may read: %+v, %v", page, err)
	}
	run("GRANT INSERT, UPDATE (name) ON DB.c TO LOGIN")
	if report, err := openSource(t, c).Check(t.Context()); err != nil || !slices.Equal(report.Writable, []string{database + ".c"}) {
		t.Errorf("a login that may write: %v, %v", report.Writable, err)
	}
	c.Password = "wrong"
	refused("password", connectors.ErrAuth, "wrong user or password")
	c.Password, c.Database = "", "no_such_database_here"
	run("GRANT SELECT ON *.* TO LOGIN")
	refused("database", connectors.ErrSettings, "no such database")
}

func TestMayWrite(t *testing.T) {
	for grant, want := range map[string]string{
		"GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*A'":              "",
		"GRANT SELECT, SHOW VIEW, LOCK TABLES ON `erp`.* TO `u`@`%`":             "",
		"GRANT SELECT (`update`, `a`), REFERENCES ON `erp`.`t` TO `u`@`%`":       "",
		"GRANT SELECT, INSERT ON `erp`.* TO `u`@`%`":                             "erp.*",
		"GRANT ALL PRIVILEGES ON `erp\\_%`.* TO `u`@`%` WITH GRANT OPTION":       `erp\_%.*`,
		"GRANT SELECT, UPDATE (`a`, `b`) ON `erp`.`t` TO `u`@`%`":                "erp.t",
		"GRANT `reader`@`%` TO `u`@`%`":                                          "",
		"GRANT EXECUTE ON PROCEDURE `erp`.`p` TO `u`@`%`":                        "",
		"GRANT PROXY ON ''@'%' TO 'root'@'localhost' WITH GRANT OPTION":          "",
		"SET DEFAULT ROLE `reader` FOR `u`@`%`":                                  "",
		"GRANT SELECT, PROCESS, CREATE TEMPORARY TABLES, FILE ON *.* TO 'u'@'%'": "",
	} {
		if on, yes := mayWrite(grant); on != want || yes != (want != "") {
			t.Errorf("%s: %q %v, want %q", grant, on, yes, want)
		}
	}
}

// TestMySQLIsNeverWritten tries to write through the source's own connections
// (law 4).
func TestMySQLIsNeverWritten(t *testing.T) {
	c, _ := mysqlERP(t, "datetime", "date", "", "INSERT INTO c VALUES ('K', 'n', 'PL', 1, NULL);")
	src := openSource(t, c)
	for _, statement := range []string{
		"DELETE FROM c", "CREATE TABLE x (a int)", "SELECT 1; DELETE FROM c", "UPDATE c SET name = 'x'",
	} {
		if _, err := src.db.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s was run", statement)
		}
	}
}

// TestMySQLTimeLimit: the server itself ends a statement that runs too long.
func TestMySQLTimeLimit(t *testing.T) {
	c, _ := mysqlERP(t, "datetime", "date", "", "")
	c.StatementTimeout = time.Second
	src := openSource(t, c)
	conn, err := src.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	var limit float64
	const variable = "SELECT /*M!100101 @@session.max_statement_time */ /*!50708 @@session.max_execution_time / 1000 */"
	if err := conn.QueryRowContext(t.Context(), variable).Scan(&limit); err != nil || limit != 1 {
		t.Errorf("the limit of the session is %v s, %v", limit, err)
	}
	var wait int
	if err := conn.QueryRowContext(t.Context(), "SELECT @@session.lock_wait_timeout").Scan(&wait); err != nil || wait != 10 {
		t.Errorf("the wait for locks is %v s, %v", wait, err)
	}
}

// TestMySQLErrors: numbers become sentinels, and texts that may quote values are
// left out.
func TestMySQLErrors(t *testing.T) {
	const secret = "Duplicate entry 'Kowalski' for user 'loyalsync'"
	for number, want := range map[uint16]error{
		1045: connectors.ErrAuth, 1044: connectors.ErrAuth, 1130: connectors.ErrAuth, 1142: connectors.ErrAuth, 1862: connectors.ErrAuth,
		1049: connectors.ErrSettings, 1792: connectors.ErrSettings, 1290: connectors.ErrSettings,
		1292: connectors.ErrSchema, 1366: connectors.ErrSchema,
		1205: connectors.ErrTransient, 1213: connectors.ErrTransient, 1040: connectors.ErrTransient, 1226: connectors.ErrTransient,
		2006: connectors.ErrTransient, 2013: connectors.ErrTransient, 3024: connectors.ErrTransient, 1969: connectors.ErrTransient, 9999: connectors.ErrTransient,
	} {
		d := mysql{}.diagnose(fmt.Errorf("read: %w", &client.MySQLError{Number: number, Message: secret}))
		if !errors.Is(d.kind, want) || strings.Contains(d.text+d.hint, "Kowalski") || strings.Contains(d.text, "loyalsync") || d.hint == "" {
			t.Errorf("%d: %+v, want %v", number, d, want)
		}
	}
	for _, number := range []uint16{1054, 1146, 1064} {
		d := mysql{}.diagnose(&client.MySQLError{Number: number, Message: "Unknown column 'netto'"})
		if !errors.Is(d.kind, connectors.ErrSchema) || !strings.Contains(d.text, "netto") {
			t.Errorf("%d: %+v", number, d)
		}
	}
	denied := &client.MySQLError{Number: 1142, Message: "SELECT command denied to user 'loyalsync_ro'@'10.0.0.5' for table `erp`.`orders`"}
	if d := (mysql{}).diagnose(denied); d.text != "the login may not read erp.orders (error 1142)" {
		t.Errorf("%+v", d)
	}
}

func TestMySQLAddress(t *testing.T) {
	for name, tc := range map[string]struct {
		config Config
		want   string // "" is a fault
	}{
		"url":            {Config{URL: "mysql://u:p%23%2F@erp/d"}, "u:p#/@tcp(erp:3306)/d preferred"},
		"port":           {Config{URL: "mariadb://u@erp:3307/d?tls=true"}, "u:@tcp(erp:3307)/d true"},
		"parts":          {Config{Host: "erp", Port: 3308, Database: "d", User: "u", Password: "p@:/"}, "u:p@:/@tcp(erp:3308)/d preferred"},
		"parts win":      {Config{URL: "mysql://u:p@erp/d?tls=false", Password: "q", Database: "e"}, "u:q@tcp(erp:3306)/e false"},
		"unknown option": {Config{URL: "mysql://u:p@erp/d?sslmode=require"}, ""},
		"unknown tls":    {Config{URL: "mysql://u:p@erp/d?tls=yes"}, ""},
		"no file":        {Config{URL: "mysql://u:p@erp/d?tls_ca=/no/such/file"}, ""},
		"no database":    {Config{URL: "mysql://u:p@erp/"}, ""},
		"bad url":        {Config{URL: "mysql://u:geheim#@erp:x/d"}, ""},
	} {
		conf, err := mysqlConfig(tc.config)
		if (err == nil) != (tc.want != "") {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err != nil {
			if strings.Contains(err.Error(), "geheim") {
				t.Errorf("%s: the password: %v", name, err)
			}
			continue
		}
		if got := fmt.Sprintf("%s:%s@%s(%s)/%s %s", conf.User, conf.Passwd, conf.Net, conf.Addr, conf.DBName, conf.TLSConfig); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

// TestMySQLUnreachable: what is not there is told as such, without the password.
func TestMySQLUnreachable(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	for name, host := range map[string]string{"closed port": address, "unknown name": "no-such-host.invalid"} {
		c := minimal()
		c.URL = "mysql://loyalsync:geheim@" + host + "/erp"
		_, err := openSource(t, c).Check(t.Context())
		e, ok := errors.AsType[*connectors.Error](err)
		if !errors.Is(err, connectors.ErrUnreachable) || !ok || e.Hint == "" || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestScratch: what a new MariaDB gives to everybody on databases named test is no
// right to write the ERP.
func TestScratch(t *testing.T) {
	for grant, want := range map[string]bool{
		"GRANT SELECT, INSERT ON `test`.* TO PUBLIC":          true,
		"GRANT SELECT, INSERT ON `test\\_%`.* TO PUBLIC":      true,
		"GRANT SELECT, INSERT ON `test`.* TO `ro`@`%`":        false,
		"GRANT SELECT, INSERT ON `erp`.* TO PUBLIC":           false,
		"GRANT SELECT, INSERT ON `test`.`articles` TO PUBLIC": false,
		"GRANT ALL PRIVILEGES ON *.* TO PUBLIC":               false,
	} {
		if on, writes := mayWrite(grant); !writes || scratch(grant, on) != want {
			t.Errorf("%s: on %q, %v", grant, on, !want)
		}
	}
}
