package sqlerp

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/connectortest"
)

// erp is a made-up ERP: its tables in both dialects, and how to fill them. Its
// columns have names of their own, keys are numbers, amounts are exact.
type erp struct {
	dialect Dialect
	mu      sync.Mutex
	writers map[connectors.Source]*sql.DB
}

// schema uses TEXT for decimals on SQLite, which has no exact number of its own.
const erpTables = `
CREATE TABLE firma (nazwa TEXT, kod TEXT);
CREATE TABLE kontrahenci (
  knt_id BIGINT PRIMARY KEY, kod TEXT, nazwa TEXT, nip TEXT, email TEXT, tel TEXT, grupa TEXT, kraj CHAR(2),
  aktywny INTEGER, gotowka INTEGER, nastepca BIGINT, lojalnosc TEXT);
CREATE TABLE osoby (os_id BIGINT PRIMARY KEY, knt_id BIGINT, nazwa TEXT, email TEXT, tel TEXT, aktywna INTEGER);
CREATE TABLE dokumenty (
  dok_id BIGINT PRIMARY KEY, klasa TEXT, numer TEXT, ksef TEXT, bufor INTEGER, zmieniono {stamp}, wystawiono {date}, sprzedano {date}, godzina {time},
  nabywca BIGINT, odbiorca BIGINT, platnik BIGINT, waluta CHAR(3), kurs {decimal}, netto {decimal}, brutto {decimal},
  magazyn TEXT, platnosc TEXT, zaplacono INTEGER, koryguje BIGINT, zwrot INTEGER, projekt TEXT);
CREATE INDEX dokumenty_zmieniono ON dokumenty (zmieniono);
CREATE TABLE pozycje (
  poz_id BIGINT PRIMARY KEY, dok_id BIGINT, koryguje BIGINT, lp INTEGER, rodzaj TEXT, kod TEXT, nazwa TEXT, grupa TEXT,
  ilosc {decimal}, jm TEXT, ilosc_dok {decimal}, jm_dok TEXT, netto {decimal}, brutto {decimal}, rabat {decimal}, seria TEXT);
CREATE INDEX pozycje_dok ON pozycje (dok_id);
INSERT INTO firma VALUES ('Przykład', 'PL-1')`

func (e *erp) tables() string {
	types := []string{"{time}", "TIME", "{stamp}", "TIMESTAMP", "{date}", "DATE", "{decimal}", "NUMERIC(24,4)"}
	switch e.dialect {
	case MySQL, MariaDB:
		types[3] = "DATETIME(6)"
	case SQLServer: // TEXT is another thing there, and a key is no nvarchar(max)
		types = []string{"{time}", "TIME", "{stamp}", "datetime2(6)", "{date}", "date", "netto {decimal}, brutto {decimal}", "netto decimal(18,2), brutto decimal(18,2)", "{decimal}", "decimal(18,4)", "TEXT", "nvarchar(400)", "'Przykład'", "N'Przykład'"}
	case Postgres:
	case SQLite:
		types = []string{"{time}", "TEXT", "{stamp}", "TEXT", "{date}", "TEXT", "{decimal}", "TEXT"}
	}
	return strings.NewReplacer(types...).Replace(erpTables)
}

// settings is the configuration that an administrator writes for this ERP.
func (e *erp) settings(address string) Config {
	return Config{
		Dialect: e.dialect, URL: address, Timezone: "Europe/Warsaw", Documents: []string{"FS"},
		States:   States{Buffered: []string{"1"}, Released: []string{"0"}, Cancelled: []string{"9", "-1"}},
		Identity: "SELECT nazwa, kod FROM firma",
		Contractors: Statement{Select: "SELECT * FROM kontrahenci -- all of them", Columns: map[string]string{
			"id": "KNT_ID", "code": "kod", "name": "nazwa", "tax_id": "nip", "phone": "tel", "group": "grupa", "country": "kraj",
			"active": "aktywny", "anonymous": "gotowka", "merged_into": "nastepca", "attributes.LOJALNOSC": "lojalnosc",
		}},
		Representatives: Statement{
			Select:  "SELECT os_id AS id, knt_id AS contractor, nazwa AS name, email, tel AS phone, aktywna AS active FROM osoby",
			Columns: map[string]string{},
		},
		Invoices: Statement{Select: "WITH d AS (SELECT * FROM dokumenty) SELECT * FROM d", Columns: map[string]string{
			"id": "dok_id", "type": "klasa", "number": "numer", "external_no": "ksef", "state": "bufor", "modified": "zmieniono",
			"issued_on": "wystawiono", "sold_on": "sprzedano", "time": "godzina", "buyer": "nabywca", "recipient": "odbiorca", "payer": "platnik",
			"currency": "waluta", "rate": "kurs", "net": "netto", "gross": "brutto", "store": "magazyn", "payment_form": "platnosc",
			"paid": "zaplacono", "corrects": "koryguje", "return": "zwrot", "attributes.PROJEKT": "projekt",
		}},
		Lines: Statement{Select: "SELECT * FROM pozycje", Columns: map[string]string{
			"id": "poz_id", "invoice": "dok_id", "corrects": "koryguje", "no": "lp", "kind": "rodzaj", "code": "kod", "name": "nazwa",
			"group": "grupa", "quantity": "ilosc", "unit": "jm", "document_quantity": "ilosc_dok", "document_unit": "jm_dok",
			"net": "netto", "gross": "brutto", "discount": "rabat", "attributes.SERIA": "seria",
		}},
	}
}

func (e *erp) writer(src connectors.Source) *sql.DB {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.writers[src]
}

// open makes the tables through a writer of its own and the source beside it.
func (e *erp) open(ctx context.Context, writer *sql.DB, address string) (*Source, error) {
	return e.openWith(ctx, writer, e.settings(address))
}

func (e *erp) openWith(ctx context.Context, writer *sql.DB, settings Config) (*Source, error) {
	if _, err := writer.ExecContext(ctx, e.tables()); err != nil {
		return nil, err
	}
	src, err := Open(ctx, settings)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.writers == nil {
		e.writers = map[connectors.Source]*sql.DB{}
	}
	e.writers[src] = writer
	return src, nil
}

func (e *erp) insert(ctx context.Context, tx *sql.Tx, table string, values ...any) error {
	marks := strings.TrimSuffix(strings.Repeat(mark+", ", len(values)), ", ")
	for i, v := range values {
		switch v := v.(type) {
		case string:
			if v == "" {
				values[i] = nil
			}
		case bool:
			values[i] = 0
			if v {
				values[i] = 1
			}
		}
	}
	_, err := tx.ExecContext(ctx, newDialect(Config{Dialect: e.dialect}).syntax().numbered("INSERT INTO "+table+" VALUES ("+marks+")", 0), values...)
	return err
}

func (e *erp) seed(ctx context.Context, src connectors.Source, f connectortest.Fixture) error {
	return e.write(ctx, src, func(tx *sql.Tx) error {
		for _, c := range f.Contractors {
			err := e.insert(ctx, tx, "kontrahenci", c.ID, c.Code, c.Name, c.TaxID, c.Email, c.Phone, c.Group, c.Country,
				c.Active, c.Anonymous, c.MergedInto, c.Attributes["LOJALNOSC"])
			if err != nil {
				return err
			}
		}
		for _, r := range f.Representatives {
			if err := e.insert(ctx, tx, "osoby", r.ID, r.Contractor, r.Name, r.Email, r.Phone, r.Active); err != nil {
				return err
			}
		}
		for _, inv := range f.Invoices {
			if err := e.insertInvoice(ctx, tx, inv); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e *erp) insertInvoice(ctx context.Context, tx *sql.Tx, i connectors.Invoice) error {
	stamp := string(i.Modified)
	if e.dialect == SQLite { // as SQLite's own functions write it, fraction only when there is one
		stamp = strings.TrimSuffix(strings.Replace(stamp, "T", " ", 1), ".000000")
	}
	state := map[connectors.State]string{connectors.Buffered: "1", connectors.Released: "0", connectors.Cancelled: "-1"}[i.State]
	rate := i.Rate.String()
	if i.Rate.IsZero() {
		rate = ""
	}
	err := e.insert(ctx, tx, "dokumenty", i.Key.ID, i.Class, i.Number, i.ExternalNo, state, stamp, string(i.IssuedOn), string(i.SoldOn), string(i.Time),
		i.Buyer, i.Recipient, i.Payer, i.Currency, rate, i.Net.String(), i.Gross.String(),
		i.Store, i.PaymentForm, i.Paid, i.Corrects, i.Return, i.Attributes["PROJEKT"])
	if err != nil {
		return err
	}
	for _, l := range i.Lines {
		err := e.insert(ctx, tx, "pozycje", l.ID, i.Key.ID, l.Corrects, l.No, string(l.Kind), l.Code, l.Name, l.Group,
			l.Quantity.String(), l.Unit, l.DocumentQuantity.String(), l.DocumentUnit, l.Net.String(), l.Gross.String(), l.Discount.String(), l.Attributes["SERIA"])
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *erp) remove(ctx context.Context, tx *sql.Tx, id string) error {
	for _, table := range []string{"pozycje", "dokumenty"} {
		text := newDialect(Config{Dialect: e.dialect}).syntax().numbered("DELETE FROM "+table+" WHERE dok_id = "+mark, 0)
		if _, err := tx.ExecContext(ctx, text, id); err != nil {
			return err
		}
	}
	return nil
}

func (e *erp) write(ctx context.Context, src connectors.Source, do func(*sql.Tx) error) error {
	tx, err := e.writer(src).BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func (e *erp) harness(name, server string, open func(context.Context) (connectors.Source, error)) connectortest.Harness {
	return connectortest.Harness{
		Name: name, Server: server, Class: "FS", OutsideClass: "PA", Open: open, Seed: e.seed,
		Update: func(ctx context.Context, src connectors.Source, inv connectors.Invoice) error {
			return e.write(ctx, src, func(tx *sql.Tx) error {
				if err := e.remove(ctx, tx, inv.Key.ID); err != nil {
					return err
				}
				return e.insertInvoice(ctx, tx, inv)
			})
		},
		Delete: func(ctx context.Context, src connectors.Source, key connectors.InvoiceKey) error {
			return e.write(ctx, src, func(tx *sql.Tx) error { return e.remove(ctx, tx, key.ID) })
		},
		Rows: func(ctx context.Context, src connectors.Source) (map[string]int, error) {
			rows := map[string]int{}
			for _, table := range []string{"firma", "kontrahenci", "osoby", "dokumenty", "pozycje"} {
				var n int
				if err := e.writer(src).QueryRowContext(ctx, "SELECT count(*) FROM "+table).Scan(&n); err != nil {
					return nil, err
				}
				rows[table] = n
			}
			return rows, nil
		},
		UpdateContractor: e.regroup, Breaks: e.schemaBreaks(open),
		Lossy: map[string]string{
			"Contractor.Erased":         "there is no field for it",
			"Representative.Default":    "there is no field for it",
			"Representative.Erased":     "there is no field for it",
			"Representative.Consents":   "there is no field for it",
			"Representative.Attributes": "there is no field for it",
		},
	}
}

// newSQLite opens a source over a new file.
func newSQLite(ctx context.Context, t *testing.T, e *erp) (*Source, error) {
	path := filepath.Join(t.TempDir(), "Firma z o.o. #1.db")
	writer, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path}).String()+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = writer.Close() })
	return e.open(ctx, writer, "sqlite:"+url.PathEscape(path))
}

// serverURL is where tests may create databases; it skips the test without
// one, or fails it where nothing may be skipped.
func serverURL(t *testing.T, variable string) *url.URL {
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

var schemas atomic.Int32

// newDatabase makes a database for one test.
func newDatabase(t *testing.T) *url.URL {
	t.Helper()
	address := serverURL(t, "LOYALSYNC_TEST_POSTGRES")
	server := postgresWriter(t, address.String())
	name := fmt.Sprintf("sqlerp_%d_%s", os.Getpid(), strings.ToLower(t.Name()))
	ctx := context.WithoutCancel(t.Context())
	if _, err := server.ExecContext(ctx, "CREATE DATABASE "+postgres{}.syntax().quote(name)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := server.ExecContext(ctx, "DROP DATABASE "+postgres{}.syntax().quote(name)+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	address.Path = "/" + name
	return address
}

func postgresWriter(t *testing.T, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(2)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// newPostgres opens a source over a new schema of the database.
func newPostgres(ctx context.Context, t *testing.T, e *erp, database *url.URL) (*Source, error) {
	address, name := *database, fmt.Sprintf("erp%d", schemas.Add(1))
	address.RawQuery = url.Values{"search_path": {name}}.Encode()
	writer := postgresWriter(t, address.String())
	if _, err := writer.ExecContext(ctx, "CREATE SCHEMA "+name); err != nil {
		return nil, err
	}
	return e.open(ctx, writer, address.String())
}

var _ = stdlib.GetDefaultDriver // registers "pgx" for the writers
