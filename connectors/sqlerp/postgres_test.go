package sqlerp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
)

const postgresTables = `
CREATE TABLE c (id varchar(10) PRIMARY KEY, name text, country char(4), active boolean);
CREATE TABLE r (id uuid PRIMARY KEY, contractor varchar(10));
CREATE TABLE i (id numeric(10) PRIMARY KEY, number text, state text, modified {stamp}, issued_on {date}, buyer varchar(10), currency char(3), net numeric, gross money_column);
CREATE TABLE l (id bigint PRIMARY KEY, invoice numeric(10), code text, quantity numeric, net numeric, gross numeric);`

// postgresERP makes tables with the fields' own names in a new database, and a
// configuration that reads them.
func postgresERP(t *testing.T, stampType, dateType, grossType, rows string) (Config, *url.URL) {
	t.Helper()
	address := newDatabase(t)
	writer := postgresWriter(t, address.String())
	ddl := strings.NewReplacer("{stamp}", stampType, "{date}", dateType, "money_column", grossType).Replace(postgresTables)
	if _, err := writer.ExecContext(t.Context(), ddl+rows); err != nil {
		t.Fatal(err)
	}
	c := minimal()
	c.URL, c.Timezone = address.String(), "Europe/Warsaw"
	return c, address
}

func openPostgres(t *testing.T, c Config) *Source {
	t.Helper()
	src, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	return src
}

// TestPostgresInstants: timestamptz is shown in UTC, where the hour that an
// autumn repeats is two hours; days are those of the ERP's zone.
func TestPostgresInstants(t *testing.T) {
	c, _ := postgresERP(t, "timestamptz", "timestamptz", "numeric", `
INSERT INTO i VALUES (2, 'n', 'released', '2025-10-26 02:30:00+02', '2025-01-14 23:30:00+00', 'K', 'PLN', 1, 1),
                     (1, 'n', 'released', '2025-10-26 02:30:00+01', '2025-01-15 12:00:00+00', 'K', 'PLN', 1, 1)`)
	src := openPostgres(t, c)
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
	keys, err := src.Keys(t.Context(), "2025-01-15", "", 10)
	if err != nil || len(keys.Items) != 2 {
		t.Errorf("keys from the day in Warsaw: %+v, %v", keys, err)
	}
	if report, err := src.Check(t.Context()); err != nil || report.Zone != "UTC" {
		t.Errorf("zone %q, %v", report.Zone, err)
	}
}

// TestPostgresForms: stamps and dates as the other types that ERPs use.
func TestPostgresForms(t *testing.T) {
	for name, tc := range map[string]struct{ stamp, date, row string }{
		"text":      {"text", "varchar(20)", "'2025-01-15 10:00:00', '2025-01-15 00:00:00'"},
		"date":      {"date", "date", "'2025-01-15', '2025-01-15'"},
		"timestamp": {"timestamp(0)", "timestamp", "'2025-01-15 10:00:00', '2025-01-15 10:00:00'"},
		"unix":      {"bigint", "text", "1736935200, '2025-01-15'"},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := postgresERP(t, tc.stamp, tc.date, "double precision",
				"INSERT INTO i VALUES (1, 'n', 'released', "+tc.row+", 'K', 'PLN', 0.1, 0.3), (10, 'n', 'released', "+tc.row+", 'K', 'PLN', 0.1, 0.3)")
			src := openPostgres(t, c)
			if got := readIDs(t, src, "2025-01-15T00:00:00.000000", "2025-01-15T10:00:00.000000"); got != "1 10" {
				t.Errorf("the day: %q", got)
			}
			if got := readIDs(t, src, "2025-01-15T10:00:00.000001", "2099-01-01T00:00:00.000000"); got != "" {
				t.Errorf("afterwards: %q", got)
			}
			for from, want := range map[connectors.Date]int{"2025-01-15": 2, "2025-01-16": 0} {
				if page, err := src.Keys(t.Context(), from, "", 5); err != nil || len(page.Items) != want {
					t.Errorf("keys from %s: %d, %v", from, len(page.Items), err)
				}
			}
			report, err := src.Check(t.Context())
			if err != nil || !slices.ContainsFunc(report.Warnings, func(w connectors.Warning) bool { return strings.HasSuffix(w.Message, ": invoices.gross") }) {
				t.Errorf("warnings %+v, %v", report.Warnings, err)
			}
		})
	}
}

// TestPostgresKeys: keys of the types that ERPs use, padding gone, and keys that
// no row of the type can have.
func TestPostgresKeys(t *testing.T) {
	const id = "11111111-2222-3333-4444-555555555555"
	c, _ := postgresERP(t, "timestamp", "date", "numeric", `
INSERT INTO c VALUES ('K 1', 'Żółw', 'PL', true), ('k 1', 'x', NULL, false);
INSERT INTO r VALUES ('`+id+`', 'K 1')`)
	src := openPostgres(t, c)
	found, err := src.ContractorsByKey(t.Context(), []string{"K 1", "none"})
	if err != nil || len(found) != 1 || found[0].Country != "PL" || !found[0].Active {
		t.Errorf("by key: %+v, %v", found, err)
	}
	page, err := src.Contractors(t.Context(), "", 1)
	if err != nil || page.Done {
		t.Fatal(page, err)
	}
	if page, err = src.Contractors(t.Context(), page.Next, 1); err != nil || !page.Done || len(page.Items) != 1 {
		t.Errorf("second page: %+v, %v", page, err)
	}
	reps, err := src.Representatives(t.Context(), "", 1)
	if err != nil || len(reps.Items) != 1 || reps.Items[0].ID != id {
		t.Fatal(reps, err)
	}
	if reps, err = src.Representatives(t.Context(), reps.Next, 1); err != nil || len(reps.Items) != 0 || !reps.Done {
		t.Errorf("after the last: %+v, %v", reps, err)
	}
	for _, key := range []string{"abc", "1.2.3", "", "\x00"} {
		if found, err := src.InvoicesByKey(t.Context(), []connectors.InvoiceKey{{ID: key}}); err != nil || len(found) > 0 {
			t.Errorf("key %q: %v, %v", key, found, err)
		}
	}
}

// TestPostgresLogin: SELECT on the tables suffices; a login that may write is
// told by table; one that may not read gets a hint.
func TestPostgresLogin(t *testing.T) {
	c, address := postgresERP(t, "timestamp", "date", "numeric", "INSERT INTO c VALUES ('K', 'n', 'PL', true)")
	admin := postgresWriter(t, address.String())
	role := fmt.Sprintf("sqlerp_ro_%d", os.Getpid())
	run := func(statement string) {
		t.Helper()
		if _, err := admin.ExecContext(context.WithoutCancel(t.Context()), statement); err != nil {
			t.Fatal(err)
		}
	}
	run("CREATE ROLE " + role + " LOGIN")
	t.Cleanup(func() { run("DROP OWNED BY " + role); run("DROP ROLE " + role) })
	all, err := openPostgres(t, c).Check(t.Context())
	if err != nil || !slices.Contains(all.Writable, "public.i") {
		t.Errorf("an owner's writable tables: %v, %v", all.Writable, err)
	}
	c.User = role
	src := openPostgres(t, c)
	_, err = src.Contractors(t.Context(), "", 1)
	if e, ok := errors.AsType[*connectors.Error](err); !errors.Is(err, connectors.ErrAuth) || !ok || !strings.Contains(e.Hint, "GRANT SELECT") {
		t.Errorf("without a right: %v", err)
	}
	run("GRANT SELECT ON c, r, i, l TO " + role)
	report, err := src.Check(t.Context())
	if err != nil || len(report.Writable)+len(report.Missing) > 0 || !strings.Contains(report.Identity, "sqlerp_") {
		t.Errorf("report %+v, %v", report, err)
	}
	run("GRANT UPDATE ON l TO " + role)
	if report, err = src.Check(t.Context()); err != nil || !slices.Equal(report.Writable, []string{"public.l"}) {
		t.Errorf("writable %v, %v", report.Writable, err)
	}
}

// TestPostgresIsNeverWritten tries to write through the source's own connections
// (law 4).
func TestPostgresIsNeverWritten(t *testing.T) {
	c, _ := postgresERP(t, "timestamp", "date", "numeric", "CREATE SEQUENCE s")
	src := openPostgres(t, c)
	for _, statement := range []string{"DELETE FROM i", "CREATE TABLE x (a int)", "SELECT nextval('s')"} {
		if _, err := src.db.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s was run", statement)
		}
	}
	c.Contractors.Select = "SELECT nextval('s')::text AS id"
	if _, err := openPostgres(t, c).Contractors(t.Context(), "", 1); !errors.Is(err, connectors.ErrSettings) {
		t.Errorf("a SELECT that writes: %v", err)
	}
}

// TestPostgresPageSeesOneMoment: headers and lines are read in one snapshot.
func TestPostgresPageSeesOneMoment(t *testing.T) {
	c, address := postgresERP(t, "timestamp", "date", "numeric", "")
	src, writer := openPostgres(t, c), postgresWriter(t, address.String())
	err := src.transaction(t.Context(), func(tx *sql.Tx) error {
		var before, after int
		err := tx.QueryRowContext(t.Context(), "SELECT count(*) FROM c").Scan(&before)
		if err == nil {
			_, err = writer.ExecContext(t.Context(), "INSERT INTO c VALUES ('K', 'n', 'PL', true)")
		}
		if err == nil {
			err = tx.QueryRowContext(t.Context(), "SELECT count(*) FROM c").Scan(&after)
		}
		if before != after {
			t.Errorf("%d rows, then %d, in one page", before, after)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestPostgresFailures(t *testing.T) {
	c, _ := postgresERP(t, "timestamp", "date", "numeric", "INSERT INTO c VALUES ('Kowalski', 'n', 'PL', true)")
	for name, tc := range map[string]struct {
		change func(*Config)
		want   error
	}{
		"nobody listens":   {func(c *Config) { c.Host, c.Port = "127.0.0.1", 1 }, connectors.ErrUnreachable},
		"no such database": {func(c *Config) { c.Database = "sqlerp_none" }, connectors.ErrSettings},
		"no such role":     {func(c *Config) { c.User, c.Password = "sqlerp_nobody", "geheim" }, connectors.ErrAuth},
		"statement too long": {func(c *Config) {
			c.StatementTimeout, c.Contractors.Select = 200*time.Millisecond, "SELECT pg_sleep(60)::text AS id FROM c"
		}, connectors.ErrTransient},
		"conversion":   {func(c *Config) { c.Contractors.Select = "SELECT id::int AS id FROM c" }, connectors.ErrSchema},
		"syntax":       {func(c *Config) { c.Contractors.Select = "SELECT FROM WHERE" }, connectors.ErrSchema},
		"a name twice": {func(c *Config) { c.Contractors.Select = "SELECT id, name AS id FROM c" }, connectors.ErrSchema},
	} {
		t.Run(name, func(t *testing.T) {
			broken := c
			tc.change(&broken)
			_, err := openPostgres(t, broken).Contractors(t.Context(), "", 1)
			e, ok := errors.AsType[*connectors.Error](err)
			if !errors.Is(err, tc.want) || !ok || e.Hint == "" {
				t.Fatalf("got %v, want %v with a hint", err, tc.want)
			}
			if text := err.Error() + e.Hint; strings.Contains(text, "geheim") || strings.Contains(text, "Kowalski") {
				t.Errorf("the error tells too much: %s", text)
			}
		})
	}
}

// TestPostgresClock: the server's clock in the ERP's zone, or the configured one.
func TestPostgresClock(t *testing.T) {
	c, _ := postgresERP(t, "timestamp", "date", "numeric", "")
	utc := c
	utc.Timezone = "UTC"
	there, err := openPostgres(t, c).Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	here, err := openPostgres(t, utc).Now(t.Context())
	if err != nil || there <= here { // Warsaw is ahead of UTC
		t.Errorf("Warsaw %s, UTC %s, %v", there, here, err)
	}
	for text, want := range map[string]connectors.Stamp{
		"SELECT timestamp '2025-01-15 10:00'":        "2025-01-15T10:00:00.000000",
		"SELECT timestamptz '2025-01-15 09:00+00'":   "2025-01-15T10:00:00.000000",
		"SELECT '2025-01-15 10:00:00.5'::text":       "2025-01-15T10:00:00.500000",
		"SELECT extract(epoch FROM now())::int8 * 0": "1970-01-01T00:00:00.000000",
	} {
		c.Now = text
		if got, err := openPostgres(t, c).Now(t.Context()); err != nil || got != want {
			t.Errorf("%s = %s, %v, want %s", text, got, err, want)
		}
	}
	c.Now = "SELECT 'Kowalski'::text"
	if _, err := openPostgres(t, c).Now(t.Context()); !errors.Is(err, connectors.ErrSettings) || strings.Contains(err.Error(), "Kowalski") {
		t.Errorf("a clock that is none: %v", err)
	}
}
