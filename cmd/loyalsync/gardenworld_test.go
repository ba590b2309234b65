package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/loyalsync/loyalsync/connectors/compiere"
	"github.com/loyalsync/loyalsync/connectors/sqlerp/sample"
)

// postgres is a fresh database on the server of LOYALSYNC_TEST_POSTGRES, which
// names a superuser, with a login that has no rights yet. Both go with the test.
type postgres struct {
	t      *testing.T
	name   string
	reader string // the login
	url    url.URL
	conn   *pgx.Conn // the superuser's
}

func newPostgres(t *testing.T, what string) *postgres {
	t.Helper()
	address := os.Getenv("LOYALSYNC_TEST_POSTGRES")
	if address == "" {
		if os.Getenv("LOYALSYNC_TEST_REQUIRE") == "1" {
			t.Fatal("LOYALSYNC_TEST_POSTGRES is not set")
		}
		t.Skip("LOYALSYNC_TEST_POSTGRES is not set")
	}
	server, err := url.Parse(address)
	if err != nil {
		t.Fatal("LOYALSYNC_TEST_POSTGRES is not a URL")
	}
	d := &postgres{t: t, name: fmt.Sprintf("cmd_%s_%d", what, os.Getpid()), reader: fmt.Sprintf("cmd_%s_ro_%d", what, os.Getpid()), url: *server}
	d.url.Path = "/" + d.name
	root := connect(t, server.String())
	execute(t, root, "CREATE DATABASE "+d.name+" TEMPLATE template0 ENCODING 'UTF8'")
	t.Cleanup(func() {
		execute(t, root, "DROP DATABASE "+d.name+" WITH (FORCE)")
		execute(t, root, "DROP ROLE IF EXISTS "+d.reader)
	})
	d.conn = connect(t, d.url.String())
	return d
}

// connect closes before the clean-ups that were there already.
func connect(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func execute(t *testing.T, conn *pgx.Conn, statements string) {
	t.Helper()
	if _, err := conn.Exec(context.WithoutCancel(t.Context()), statements); err != nil {
		t.Fatal(err)
	}
}

// as is the database's URL for a login.
func (d *postgres) as(user string) string {
	u := d.url
	u.User = url.UserPassword(user, "choose-a-password")
	return u.String()
}

// load runs a plain pg_dump with its COPY blocks.
func (d *postgres) load(path string) {
	d.t.Helper()
	file, err := os.Open(path)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	text, err := gzip.NewReader(file)
	if err != nil {
		d.t.Fatal(err)
	}
	conn := connect(d.t, d.url.String()) // a dump leaves settings behind
	var statements, rows strings.Builder
	copying := ""
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		switch s := lines.Text(); {
		case copying != "" && s == `\.`:
			if _, err := conn.PgConn().CopyFrom(d.t.Context(), strings.NewReader(rows.String()), copying); err != nil {
				d.t.Fatalf("%s: %v", copying, err)
			}
			copying = ""
			rows.Reset()
		case copying != "":
			rows.WriteString(s + "\n")
		case strings.HasPrefix(s, "COPY "):
			execute(d.t, conn, statements.String())
			statements.Reset()
			copying = s
		case !strings.HasPrefix(s, `\`): // a command of psql
			statements.WriteString(s + "\n")
		}
	}
	if lines.Err() != nil {
		d.t.Fatal(lines.Err())
	}
	execute(d.t, conn, statements.String())
}

// rows reads as "a|b|c".
func (d *postgres) rows(query string) []string {
	d.t.Helper()
	rows, err := d.conn.Query(d.t.Context(), query)
	if err != nil {
		d.t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

const gardenYAML = `timezone: America/New_York
log: {level: error, format: text}
store: {url: "sqlite:data/loyalsync.db"}
sources:
  - {name: garden, connector: compiere, url: "URL"}
mappings:
  - source: garden
    program: main
    contractors: {where: active}
    representatives: {where: "name != ''"}
    earn_from: 2000-01-01
programs:
  - name: main
    currency: USD
    guard: {max_reversed: 100%}
    rules_from: 2000-01-01
    rules:
      - {name: ten, based_on: bill, calculate_on: net, per: "10", points: "1"}
      - {name: plums, based_on: item, items: ["Plum Tree"], calculate_on: quantity, per: "1", points: "3"}
platforms: [{name: panel, kind: panel}]
jobs:
  - {name: contractors, kind: contractors, source: garden, program: main, platforms: [panel], every: 1d}
  - {name: points, kind: points, source: garden, program: main, platforms: [panel], every: 1d}
`

// gardenPoints are the points of every customer, straight from the ERP's tables:
// for each sales invoice in dollars a point for every whole 10 of its net, and
// three for a plum tree. Completed and closed ones are available, drafts pending.
const gardenPoints = `
WITH document AS (
  SELECT i.c_bpartner_id, i.docstatus, floor(sum(l.linenetamt) / 10)
         + 3 * coalesce(sum(l.qtyinvoiced) FILTER (WHERE p.value = 'Plum Tree'), 0) AS points
  FROM adempiere.c_invoice i
  JOIN adempiere.c_doctype t ON t.c_doctype_id = i.c_doctype_id AND t.docbasetype = 'ARI'
  JOIN adempiere.c_currency c ON c.c_currency_id = i.c_currency_id AND c.iso_code = 'USD'
  JOIN adempiere.c_invoiceline l ON l.c_invoice_id = i.c_invoice_id
  LEFT JOIN adempiere.m_product p ON p.m_product_id = l.m_product_id
  WHERE i.ad_client_id = 11 AND i.issotrx = 'Y'
  GROUP BY i.c_invoice_id, i.c_bpartner_id, i.docstatus)
SELECT b.value || '|' || coalesce(sum(points) FILTER (WHERE docstatus IN ('CO', 'CL')), 0)::int
               || '|' || coalesce(sum(points) FILTER (WHERE docstatus IN ('DR', 'IP')), 0)::int
FROM adempiere.c_bpartner b LEFT JOIN document d ON d.c_bpartner_id = b.c_bpartner_id
WHERE b.ad_client_id = 11 AND b.iscustomer = 'Y' GROUP BY b.c_bpartner_id, b.value ORDER BY b.c_bpartner_id`

// TestGardenWorld runs the main job over ADempiere's own demo company through a
// login that may only read, and compares every contractor's points with figures
// worked out by one statement over the raw tables, and by hand.
func TestGardenWorld(t *testing.T) {
	dump := os.Getenv("LOYALSYNC_TEST_ADEMPIERE")
	if dump == "" {
		t.Skip("LOYALSYNC_TEST_ADEMPIERE is not set") // it is nobody's to install
	}
	d := newPostgres(t, "garden")
	d.load(dump)
	login, err := compiere.LoginSQL(d.name, "", d.reader)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, d.conn, login)
	w := world{t: t, dir: t.TempDir()}
	w.write("loyalsync.yaml", strings.Replace(gardenYAML, "URL", d.as(d.reader), 1))

	w.must("run", "contractors")
	w.must("run", "points")
	// by hand: 47.50 and 95.00 make 4 and 9, three plum trees 9; 152.00 makes 15
	// and its plum tree 3; JoeBlock paid in euro
	d.same(w, []string{"Standard|22|0", "C&W|18|0", "JoeBlock|0|0", "GardenUser|0|0", "SeedFarm|0|0", "Patio|0|0"})
	people := w.query(`SELECT r.name || ' of ' || c.code FROM representative r JOIN contractor c ON c.erp_key = r.contractor_key WHERE r.active ORDER BY r.erp_key`)
	if diff := cmp.Diff([]string{"GardenUser of GardenUser", "Carl Boss of C&W", "Henry Seed of SeedFarm"}, people); diff != "" {
		t.Errorf("representatives (-by hand +stored):\n%s", diff)
	}
	if diff := cmp.Diff(d.rows(`SELECT u.name || ' of ' || b.value FROM adempiere.ad_user u JOIN adempiere.c_bpartner b USING (c_bpartner_id)
		WHERE u.ad_client_id = 11 AND b.iscustomer = 'Y' AND u.isactive = 'Y' ORDER BY u.ad_user_id`), people); diff != "" {
		t.Errorf("representatives (-in the ERP +stored):\n%s", diff)
	}
	doctor := w.diagnosed()
	for _, has := range []string{"ADempiere", "is open", "the login may only read", "clock agrees", "6 of 6 contractors", "documents"} {
		if !strings.Contains(doctor, has) {
			t.Errorf("doctor says nothing of %q:\n%s", has, doctor)
		}
	}
	if strings.Contains(doctor, "Carl") || strings.Contains(doctor, "choose-a-password") {
		t.Errorf("law 11: doctor tells\n%s", doctor)
	}
	r := w.do("explain", "100000", "--json")
	if r.code != exitDone || !strings.Contains(r.out, `"reason": "currency"`) {
		t.Errorf("the invoice in euro: exit %d %s", r.code, r.out)
	}

	// years later: one invoice is back in the buffer, one is void
	execute(t, d.conn, `UPDATE adempiere.c_invoice SET docstatus = CASE c_invoice_id WHEN 100 THEN 'DR' ELSE 'VO' END,
		updated = now() AT TIME ZONE 'America/New_York' WHERE c_invoice_id IN (100, 101)`)
	w.must("run", "points")
	d.same(w, []string{"Standard|0|7", "C&W|18|0", "JoeBlock|0|0", "GardenUser|0|0", "SeedFarm|0|0", "Patio|0|0"})
}

// same compares what balance tells of every customer with the tables and with
// figures worked out by hand.
func (d *postgres) same(w world, byHand []string) {
	d.t.Helper()
	bySQL := d.rows(gardenPoints)
	if diff := cmp.Diff(byHand, bySQL); diff != "" {
		d.t.Errorf("points (-by hand +by SQL):\n%s", diff)
	}
	var told []string
	for _, line := range bySQL {
		code, _, _ := strings.Cut(line, "|")
		var b balanceResult
		decode(d.t, w.must("balance", code, "--json"), &b)
		if !b.TakesPart {
			d.t.Errorf("%s takes no part", code)
		}
		told = append(told, b.Contractor+"|"+b.Available+"|"+b.Pending)
	}
	if diff := cmp.Diff(bySQL, told); diff != "" {
		d.t.Errorf("points (-by SQL +loyalsync):\n%s", diff)
	}
}

// TestLaw4_Logins runs over an ERP in PostgreSQL: a login that may write is
// refused by default, one that may only SELECT suffices, and no row has changed.
func TestLaw4_Logins(t *testing.T) {
	d := newPostgres(t, "login")
	execute(t, d.conn, `
		CREATE TABLE kontrahenci (id int PRIMARY KEY, kod text, nazwa text, nip text, email text, telefon text, grupa text, kraj text, aktywny int, gotowkowy int, program text, miasto text);
		CREATE TABLE osoby (id int PRIMARY KEY, kontrahent_id int, nazwisko text, email text, telefon text, aktywna int);
		CREATE TABLE dokumenty (id int PRIMARY KEY, typ text, numer text, stan int, zmieniono timestamp, wystawiono date, sprzedano date, nabywca_id int, odbiorca_id int,
			waluta text, kurs numeric, netto numeric, brutto numeric, magazyn text, platnosc text, zaplacono int, koryguje_id int);
		CREATE TABLE towary (id int PRIMARY KEY, kod text, nazwa text, grupa text, jm text, rodzaj text);
		CREATE TABLE pozycje (id int PRIMARY KEY, dokument_id int, lp int, towar_id int, ilosc numeric, netto numeric, brutto numeric, koryguje_id int);
		CREATE TABLE firma (nip text, zalozono text);
		INSERT INTO firma VALUES ('PL', '2024-01-01');
		INSERT INTO kontrahenci VALUES (1, 'K1', 'Firma', '', '', '', 'A', 'PL', 1, 0, 'TAK', '');
		INSERT INTO towary VALUES (1, 'T1', 'Towar', 'G', 'szt', 'goods');
		INSERT INTO dokumenty VALUES (1, 'FS', 'FS/1', 1, '2026-01-10 10:00', '2026-01-10', '2026-01-10', 1, 1, 'PLN', NULL, 550, 676.50, 'MAG1', 'karta', 1, NULL);
		INSERT INTO pozycje VALUES (1, 1, 1, 1, 5, 550, 676.50, NULL);
		CREATE ROLE `+d.reader+` LOGIN PASSWORD 'choose-a-password';
		GRANT SELECT ON ALL TABLES IN SCHEMA public TO `+d.reader)
	const everything = `SELECT md5(string_agg(x::text, ',' ORDER BY x::text)) FROM (
		SELECT row(d.*, d.xmin)::text x FROM dokumenty d UNION ALL SELECT row(p.*, p.xmin)::text FROM pozycje p UNION ALL SELECT row(k.*, k.xmin)::text FROM kontrahenci k) all_rows`
	before := d.rows(everything)
	w := newWorld(t)
	use := func(user string) {
		text := strings.Replace(worldYAML, "SQL\n", underSource(strings.Replace(sample.YAML(), "dialect: sqlite", "dialect: postgres", 1)), 1)
		w.write("loyalsync.yaml", strings.Replace(text, "sqlite:erp.db", d.as(user), 1))
	}
	use(d.reader)
	execute(t, d.conn, "GRANT UPDATE ON pozycje TO "+d.reader)
	r := w.do("run", "points")
	if r.code != exitInput || !strings.Contains(r.err, "the login may write (public.pozycje)") || !strings.Contains(r.err, "hint: give loyalsync a login with SELECT only") {
		t.Errorf("a login that may write: exit %d\n%s", r.code, r.err)
	}
	if strings.Contains(r.err, "choose-a-password") {
		t.Error("law 11: the password is told")
	}
	execute(t, d.conn, "REVOKE UPDATE ON pozycje FROM "+d.reader)
	w.must("run", "points")
	var b balanceResult
	decode(t, w.must("balance", "K1", "--json"), &b)
	if b.Available != "5" {
		t.Errorf("%s points through a login that may only SELECT, want 5", b.Available)
	}
	if diff := cmp.Diff(before, d.rows(everything)); diff != "" {
		t.Errorf("the ERP was written:\n%s", diff)
	}
}
