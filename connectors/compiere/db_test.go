package compiere_test

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/compiere"
)

// names numbers the databases, schemas and roles of one run of the tests.
var names atomic.Int64

func uniqueName(what string) string {
	return fmt.Sprintf("ls_%s_%d_%d", what, os.Getpid(), names.Add(1))
}

// required skips a test without its variable, or fails where all must run.
func required(t testing.TB, variable string) string {
	t.Helper()
	value := os.Getenv(variable)
	if value == "" {
		if os.Getenv("LOYALSYNC_TEST_REQUIRE") == "1" {
			t.Fatalf("%s is not set", variable)
		}
		t.Skipf("%s is not set", variable)
	}
	return value
}

// database is a fresh one on the server of LOYALSYNC_TEST_POSTGRES, which names a
// superuser. It is dropped with its roles when the test ends.
type database struct {
	name  string
	url   url.URL
	admin *pgxpool.Pool
}

func newDatabase(t testing.TB) *database {
	t.Helper()
	server, err := url.Parse(required(t, "LOYALSYNC_TEST_POSTGRES"))
	if err != nil {
		t.Fatal("LOYALSYNC_TEST_POSTGRES is not a URL")
	}
	root, err := pgx.Connect(t.Context(), server.String())
	if err != nil {
		t.Fatal(err)
	}
	d := &database{name: uniqueName("db"), url: *server}
	d.url.Path = "/" + d.name
	if _, err = root.Exec(t.Context(), "CREATE DATABASE "+d.name+" TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if d.admin != nil {
			d.admin.Close()
		}
		must(t, exec(ctx, root, "DROP DATABASE "+d.name+" WITH (FORCE)"))
		must(t, root.Close(ctx))
	})
	if d.admin, err = pgxpool.New(t.Context(), d.url.String()); err != nil {
		t.Fatal(err)
	}
	return d
}

type execer interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// exec runs statements; without arguments there may be several of them.
func exec(ctx context.Context, q execer, sql string, args ...any) error {
	if len(args) == 0 {
		args = []any{pgx.QueryExecModeSimpleProtocol}
	}
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	for more := true; more; more = rows.Next() {
	}
	rows.Close()
	return rows.Err()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// erp is one schema of a database with the ERP's tables.
type erp struct {
	db     *database
	member string
	schema string
	role   string // of a login that may only read
	zone   string // of the application server
}

// newERP makes a schema of a member of the family, and the login that LoginSQL
// describes.
func newERP(ctx context.Context, d *database, member string) (*erp, error) {
	e := &erp{db: d, member: member, schema: uniqueName(member), role: uniqueName("ro"), zone: "Europe/Warsaw"}
	ddl := "CREATE SCHEMA " + e.schema
	for _, file := range []string{"family", member} {
		text, err := os.ReadFile("testdata/" + file + ".sql")
		if err != nil {
			return nil, err
		}
		ddl += ";\nSET LOCAL search_path = " + e.schema + ";\n" + string(text)
	}
	if _, err := d.admin.Exec(ctx, ddl); err != nil {
		return nil, fmt.Errorf("make the schema: %w", err)
	}
	login, err := compiere.LoginSQL(d.name, e.schema, e.role)
	if err != nil {
		return nil, err
	}
	if _, err := d.admin.Exec(ctx, login); err != nil {
		return nil, fmt.Errorf("make the login: %w", err)
	}
	return e, nil
}

// setupERP makes a schema in a database of its own.
func setupERP(t testing.TB, member string) *erp {
	t.Helper()
	return newDatabase(t).erp(t, member)
}

// erp makes a schema that goes when the test ends.
func (d *database) erp(t testing.TB, member string) *erp {
	t.Helper()
	e, err := newERP(t.Context(), d, member)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.drop(context.WithoutCancel(t.Context()), t) })
	return e
}

// drop takes the login away; the schema goes with its database.
func (e *erp) drop(ctx context.Context, t testing.TB) {
	must(t, e.exec(ctx, "DROP SCHEMA "+e.schema+" CASCADE"))
	must(t, e.exec(ctx, "REVOKE ALL ON DATABASE "+e.db.name+" FROM "+e.role+"; DROP ROLE "+e.role))
}

// exec runs statements in the schema as its owner, in one transaction.
func (e *erp) exec(ctx context.Context, sql string, args ...any) error {
	return pgx.BeginFunc(ctx, e.db.admin, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL search_path = "+e.schema+"; SET LOCAL TimeZone = '"+e.zone+"'"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
}

func (e *erp) must(t testing.TB, sql string, args ...any) {
	t.Helper()
	if err := e.exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// config reads the schema through the login that may only read.
func (e *erp) config() compiere.Config {
	u := e.db.url
	u.User = url.UserPassword(e.role, "choose-a-password")
	return compiere.Config{URL: u.String(), Schema: e.schema, Timezone: e.zone}
}

func (e *erp) open(t testing.TB, change ...func(*compiere.Config)) *compiere.Source {
	t.Helper()
	c := e.config()
	for _, f := range change {
		f(&c)
	}
	src, err := compiere.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, src.Close()) })
	return src
}

// row is what a test writes into a table, as literals.
type row map[string]any

func (e *erp) insert(t testing.TB, table string, r row) {
	t.Helper()
	var columns, literals []string
	for column, value := range r {
		columns = append(columns, column)
		if value == nil {
			literals = append(literals, "NULL")
			continue
		}
		literals = append(literals, "'"+strings.ReplaceAll(fmt.Sprint(value), "'", "''")+"'")
	}
	e.must(t, fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(columns, ", "), strings.Join(literals, ", ")))
}

// with is r with the columns of other over it.
func (r row) with(other row) row {
	all := maps.Clone(r)
	maps.Copy(all, other)
	return all
}

// partner writes a customer of the company 1000000.
func (e *erp) partner(t testing.TB, id int, r row) {
	t.Helper()
	e.insert(t, "c_bpartner", row{"c_bpartner_id": id, "ad_client_id": 1000000, "value": fmt.Sprintf("K%d", id), "name": "Firma"}.with(r))
}

// invoice writes a completed sales invoice of partner 500 over 123.00, without lines.
func (e *erp) invoice(t testing.TB, id int, r row) {
	t.Helper()
	e.insert(t, "c_invoice", row{
		"c_invoice_id": id, "ad_client_id": 1000000, "documentno": fmt.Sprintf("FV/%d", id), "docstatus": "CO",
		"c_doctype_id": 116, "c_doctypetarget_id": 116, "c_bpartner_id": 500, "c_currency_id": 287,
		"dateinvoiced": "2026-01-15", "updated": "2026-01-15 10:00:00.000001", "grandtotal": "123.00",
	}.with(r))
}

// line writes a line of two pieces of item 700 for 100.00 at 23 %.
func (e *erp) line(t testing.TB, invoice, id int, r row) {
	t.Helper()
	all := row{
		"c_invoiceline_id": id, "c_invoice_id": invoice, "ad_client_id": 1000000, "line": id, "m_product_id": 700,
		"c_uom_id": 100, "c_tax_id": 100, "qtyinvoiced": 2, "qtyentered": 2, "linenetamt": "100.00",
	}.with(r)
	if e.member == "openbravo" {
		delete(all, "qtyentered")
	}
	e.insert(t, "c_invoiceline", all)
}

// stocked is an ERP with partner 500 and item 700 of the category ALKO/WINA.
func stocked(t testing.TB, member string) *erp {
	t.Helper()
	return newDatabase(t).stocked(t, member)
}

func (d *database) stocked(t testing.TB, member string) *erp {
	t.Helper()
	e := d.erp(t, member)
	e.partner(t, 500, row{"value": "KLIENT"})
	e.insert(t, "m_product_category", row{"m_product_category_id": 601, "ad_client_id": 1000000, "value": "ALKO"})
	e.insert(t, "m_product_category", row{"m_product_category_id": 602, "ad_client_id": 1000000, "value": "WINA"})
	if member != "compiere" && member != "openbravo" {
		e.must(t, "UPDATE m_product_category SET m_product_category_parent_id = 601 WHERE m_product_category_id = 602")
	}
	e.insert(t, "m_product", row{
		"m_product_id": 700, "ad_client_id": 1000000, "value": "WINO-1", "name": "Wino białe",
		"upc": "590123", "sku": "S-1", "c_uom_id": 100, "m_product_category_id": 602,
	})
	return e
}

// find reads one document by key and wants it there.
func find(t testing.TB, src *compiere.Source, id string) connectors.Invoice {
	t.Helper()
	found, err := src.InvoicesByKey(t.Context(), []connectors.InvoiceKey{{ID: id}})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 {
		t.Fatalf("document %s: %d found, want 1", id, len(found))
	}
	return found[0]
}

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// same wants equal values; decimals are equal whatever their scale.
func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
