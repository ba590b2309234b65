package main

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	_ "github.com/jackc/pgx/v5/stdlib" // registers "pgx"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/config"
	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/sqlerp"
)

var exampleFolder = filepath.Join("..", "..", "connectors", "sqlerp")

// exampleServer is a server that tests may make databases on.
func exampleServer(t *testing.T, variable string) *url.URL {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		if os.Getenv("LOYALSYNC_TEST_REQUIRE") == "1" {
			t.Fatal(variable + " is not set, and LOYALSYNC_TEST_REQUIRE=1 allows no skip")
		}
		t.Skip("set " + variable + " to the URL of a server to run this")
	}
	address, err := url.Parse(text)
	if err != nil {
		t.Fatal(variable + " is no URL")
	}
	return address
}

// exampleDatabase makes a database with the tables of an ERP, and gives its name.
func exampleDatabase(t *testing.T, open func(database string) *sql.DB, tables string) string {
	t.Helper()
	name := fmt.Sprintf("example_%d_%s", os.Getpid(), strings.ToLower(strings.TrimPrefix(t.Name(), "TestExample")))
	server := open("")
	if _, err := server.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := server.Exec("DROP DATABASE " + name); err != nil {
			t.Error(err)
		}
		_ = server.Close()
	})
	text, err := os.ReadFile(filepath.Join(exampleFolder, "testdata", tables))
	if err != nil {
		t.Fatal(err)
	}
	db := open(name)
	if _, err := db.ExecContext(t.Context(), string(text)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

// openExample loads the very file that people are given, for another server.
func openExample(t *testing.T, file, database string, server *url.URL) connectors.Source {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(exampleFolder, "examples", file))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "secrets"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "secrets", "erp"), []byte("not used here"), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := config.Parse(filepath.Join(dir, "loyalsync.yaml"), text)
	if err != nil {
		t.Fatal(err)
	}
	if faults := joined(loaded); len(faults) > 0 {
		t.Fatal(faults)
	}
	// The server of the test instead of the one in the file; nothing else changes.
	settings := sqlerpConfig(loaded.Config.Sources[0])
	settings.Host, settings.Port, settings.Database, settings.User, settings.Password = "", 0, "", "", ""
	at := *server
	at.Path = "/" + database
	settings.URL = at.String()
	src, err := sqlerp.Open(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	return src
}

// read gives all that a source has, and holds it to be complete and as expected.
func readExample(t *testing.T, src connectors.Source) (people []connectors.Contractor, reps []connectors.Representative, docs []connectors.Invoice) {
	t.Helper()
	report, err := src.Check(t.Context())
	if err != nil || len(report.Missing) > 0 || len(report.Warnings) > 0 {
		t.Fatalf("check: %+v, %v", report, err)
	}
	if source, ok := src.(*sqlerp.Source); ok {
		if faults, err := source.Verify(t.Context()); err != nil || len(faults) > 0 {
			t.Errorf("columns: %v, %v", faults, err)
		}
	}
	contractors, err := src.Contractors(t.Context(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	representatives, err := src.Representatives(t.Context(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	invoices, err := src.Invoices(t.Context(), everything, 100)
	if err != nil {
		t.Fatal(err)
	}
	return contractors.Items, representatives.Items, invoices.Items
}

var everything = connectors.Range{Ceiling: "2099-01-01T00:00:00.000000"}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	equal := cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) })
	if diff := cmp.Diff(want, got, equal, cmpopts.IgnoreFields(connectors.Invoice{}, "Digest")); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func TestExampleDolibarr(t *testing.T) {
	server := exampleServer(t, "LOYALSYNC_TEST_MYSQL")
	password, _ := server.User.Password()
	database := exampleDatabase(t, func(database string) *sql.DB {
		c := mysql.NewConfig()
		c.User, c.Passwd, c.Net, c.Addr, c.DBName, c.MultiStatements = server.User.Username(), password, "tcp", server.Host, database, true
		db, err := sql.Open("mysql", c.FormatDSN())
		if err != nil {
			t.Fatal(err)
		}
		return db
	}, "dolibarr.sql")
	src := openExample(t, "dolibarr.yaml", database, server)
	people, reps, docs := readExample(t, src)
	same(t, "contractors", []connectors.Contractor{
		{ID: "10", Code: "CU2601-00001", Name: "Épicerie du Marché", TaxID: "FR40303265045", Email: "contact@epicerie.example", Phone: "+33 1 23 45 67 89", Group: "Fidélité", Country: "FR", Active: true},
		{ID: "11", Code: "CU2601-00002", Name: "Fermée SARL", Country: "FR"},
	}, people)
	same(t, "contact persons", []connectors.Representative{
		{ID: "20", Contractor: "10", Name: "Zoé Lefèvre", Email: "zoe@epicerie.example", Phone: "+33 6 00 00 00 01", Active: true},
		{ID: "21", Contractor: "10", Name: "Martin", Phone: "+33 1 00 00 00 02"},
	}, reps)
	document := func(i connectors.Invoice) connectors.Invoice {
		i.SoldOn, i.Buyer, i.Recipient, i.Payer, i.Currency = i.IssuedOn, "10", "10", "10", "EUR"
		return i
	}
	line := func(id string, no int, l connectors.Line) connectors.Line {
		l.ID, l.No, l.DocumentQuantity = id, no, l.Quantity
		return l
	}
	wine := connectors.Line{Kind: connectors.Goods, Code: "VIN-01", Name: "Vin rouge", Group: "Vins"}
	of := func(l connectors.Line, quantity, net, gross string) connectors.Line {
		l.Quantity, l.Net, l.Gross = dec(quantity), dec(net), dec(gross)
		return l
	}
	want := []connectors.Invoice{
		document(connectors.Invoice{
			Key: connectors.InvoiceKey{ID: "100"}, Class: "0", Number: "FA2601-0001", State: connectors.Released, Modified: "2026-01-14T23:30:00.000000",
			IssuedOn: "2026-01-14", Net: dec("130.1"), Gross: dec("156.12"), Store: "takepos", PaymentForm: "VIR", Paid: true,
			Lines: []connectors.Line{
				line("1001", 2, of(wine, "3", "100.1", "120.12")),
				line("1002", 3, of(connectors.Line{Kind: connectors.Service, Code: "CONSEIL", Name: "Conseil"}, "0.5", "20", "24")),
				line("1003", 4, of(connectors.Line{Kind: connectors.Charge, Name: "Port"}, "1", "10", "12")),
			},
		}),
		document(connectors.Invoice{
			Key: connectors.InvoiceKey{ID: "101"}, Class: "0", Number: "(PROV101)", State: connectors.Buffered, Modified: "2026-01-15T08:00:00.000000",
			IssuedOn: "2026-01-15", Net: dec("50"), Gross: dec("60"), Lines: []connectors.Line{line("1010", 1, of(wine, "1", "50", "60"))},
		}),
		document(connectors.Invoice{
			Key: connectors.InvoiceKey{ID: "102"}, Class: "2", Number: "AV2601-0001", State: connectors.Released, Modified: "2026-01-16T08:00:00.000000",
			IssuedOn: "2026-01-16", Net: dec("-33.36666667"), Gross: dec("-40.04"), Corrects: "100",
			Lines: []connectors.Line{line("1020", 1, of(wine, "-1", "-33.36666667", "-40.04"))},
		}),
		document(connectors.Invoice{
			Key: connectors.InvoiceKey{ID: "103"}, Class: "0", Number: "FA2601-0002", State: connectors.Cancelled, Modified: "2026-01-17T08:00:00.000000",
			IssuedOn: "2026-01-17", Net: dec("70"), Gross: dec("84"),
		}),
		document(connectors.Invoice{
			Key: connectors.InvoiceKey{ID: "104"}, Class: "1", Number: "FA2601-0003", State: connectors.Released, Modified: "2026-01-17T09:00:00.000000",
			IssuedOn: "2026-01-17", Net: dec("75"), Gross: dec("90"), Lines: []connectors.Line{line("1040", 1, of(wine, "2", "75", "90"))},
		}),
		document(connectors.Invoice{
			Key: connectors.InvoiceKey{ID: "105"}, Class: "0", Number: "FA2601-0004", State: connectors.Released, Modified: "2026-01-18T08:00:00.000000",
			IssuedOn: "2026-01-18", Net: dec("190"), Gross: dec("228"),
			Lines: []connectors.Line{
				line("1050", 1, of(wine, "4", "200", "240")),
				line("1052", 3, of(connectors.Line{Kind: connectors.Goods, Name: "Remise"}, "1", "-10", "-12")),
			},
		}),
	}
	same(t, "documents", want, docs)
	deposit, err := src.InvoicesByKey(t.Context(), []connectors.InvoiceKey{{ID: "106"}, {ID: "107"}})
	if err != nil || len(deposit) != 1 || deposit[0].OutOfScope == "" {
		t.Errorf("a deposit, and another company's invoice: %+v, %v", deposit, err)
	}
}

func TestExampleOdoo(t *testing.T) {
	server := exampleServer(t, "LOYALSYNC_TEST_POSTGRES")
	database := exampleDatabase(t, func(database string) *sql.DB {
		at := *server
		if database != "" {
			at.Path = "/" + database
		}
		db, err := sql.Open("pgx", at.String())
		if err != nil {
			t.Fatal(err)
		}
		return db
	}, "odoo.sql")
	src := openExample(t, "odoo.yaml", database, server)
	people, reps, docs := readExample(t, src)
	same(t, "contractors", []connectors.Contractor{
		{ID: "10", Code: "K001", Name: "Sklep Żółw", TaxID: "PL5260250995", Email: "biuro@zolw.example", Phone: "+48 600 100 200", Group: "Loyalty", Country: "PL", Active: true},
		{ID: "11", Code: "11", Name: "Bez kodu"},
	}, people)
	same(t, "contact persons", []connectors.Representative{
		{ID: "12", Contractor: "10", Name: "Łucja Świątek", Email: "lucja@zolw.example", Phone: "600100201", Active: true},
	}, reps)
	document := func(i connectors.Invoice) connectors.Invoice {
		i.SoldOn, i.Buyer, i.Recipient, i.Payer = i.IssuedOn, "10", "10", "10"
		if i.Currency == "" {
			i.Currency = "PLN"
		}
		return i
	}
	line := func(id string, no int, l connectors.Line, quantity, net, gross string) connectors.Line {
		l.ID, l.No, l.Quantity, l.Net, l.Gross = id, no, dec(quantity), dec(net), dec(gross)
		l.DocumentQuantity, l.DocumentUnit = l.Quantity, l.Unit
		return l
	}
	wine := connectors.Line{Kind: connectors.Goods, Code: "WINE-1", Name: "Wino czerwone", Group: "All/Saleable/Wine", Unit: "Units"}
	same(t, "documents", []connectors.Invoice{
		document(connectors.Invoice{
			Key: connectors.InvoiceKey{ID: "100"}, Class: "out_invoice", Number: "INV/2025/00001", ExternalNo: "PO 7", State: connectors.Released,
			Modified: "2025-10-26T00:30:00.123456", IssuedOn: "2025-10-26", Net: dec("120.50"), Gross: dec("148.22"), Paid: true,
			Lines: []connectors.Line{
				line("1001", 2, wine, "3", "100.50", "123.62"),
				line("1002", 3, connectors.Line{Kind: connectors.Service, Name: "Dostawa", Unit: "Units"}, "0.5", "20", "24.60"),
			},
		}),
		document(connectors.Invoice{
			Key: connectors.InvoiceKey{ID: "101"}, Class: "out_invoice", Number: "/", State: connectors.Buffered,
			Modified: "2025-10-26T01:30:00.000000", IssuedOn: "2025-10-27", Net: dec("50"), Gross: dec("61.50"),
			Lines: []connectors.Line{line("1010", 1, wine, "1", "50", "61.50")},
		}),
		document(connectors.Invoice{
			Key: connectors.InvoiceKey{ID: "102"}, Class: "out_refund", Number: "RINV/2025/00001", State: connectors.Released,
			Modified: "2025-10-28T08:00:00.000000", IssuedOn: "2025-10-28", Net: dec("-33.50"), Gross: dec("-41.21"), Paid: true, Corrects: "100",
			Lines: []connectors.Line{line("1020", 1, wine, "-1", "-33.50", "-41.21")},
		}),
		document(connectors.Invoice{
			Key: connectors.InvoiceKey{ID: "103"}, Class: "out_refund", Number: "RINV/2025/00002", State: connectors.Released, Currency: "EUR",
			Modified: "2025-10-28T09:00:00.000000", IssuedOn: "2025-10-28", Net: dec("-10"), Gross: dec("-12.30"), Return: true,
			Lines: []connectors.Line{line("1030", 1, connectors.Line{Kind: connectors.Goods, Name: "Rabat"}, "-1", "-10", "-12.30")},
		}),
		document(connectors.Invoice{
			Key: connectors.InvoiceKey{ID: "104"}, Class: "out_invoice", Number: "INV/2025/00002", State: connectors.Cancelled,
			Modified: "2025-10-29T08:00:00.000000", IssuedOn: "2025-10-29", Net: dec("70"), Gross: dec("86.10"),
		}),
	}, docs)
	report, err := src.Check(t.Context())
	if err != nil || report.Identity != "0b0a6a0e-0000-11ef-8000-000000000001" {
		t.Errorf("identity %q, %v", report.Identity, err)
	}
}
