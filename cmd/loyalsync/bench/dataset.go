package bench

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loyalsync/loyalsync/loyalty"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// statement is a file of folder sql with its gaps filled.
func statement(name string, args ...any) (string, error) {
	text, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return "", fmt.Errorf("read the embedded SQL: %w", err)
	}
	if len(args) == 0 {
		return string(text), nil
	}
	return fmt.Sprintf(string(text), args...), nil
}

// marker is the comment on a schema that the bench has made, and may use again.
const marker = "made by loyalsync bench, data set 1"

const linesPerInvoice = 5

// dataset is the ERP that is read: a schema of a PostgreSQL database.
type dataset struct {
	conn     *pgx.Conn
	schema   string
	invoices int
}

// openDataset connects to the database and makes the data set, unless it is there
// already. A database that cannot be reached, or holds tables of somebody else, is
// an error with CodeInvalid, and nothing is written there.
func openDataset(ctx context.Context, address string, rows int, say func(string, ...any)) (*dataset, error) {
	const hint = "name an empty database of a PostgreSQL server as postgres://user@host:5432/database, with a login that may make tables there; to make one: createdb loyalsync_bench"
	config, err := pgx.ParseConfig(address)
	if err != nil { // its words quote the password
		return nil, &loyalty.Error{Code: loyalty.CodeInvalid, Message: "--source is not the address of a PostgreSQL database", Hint: hint}
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &loyalty.Error{Code: loyalty.CodeInvalid, Message: "the database of --source cannot be reached", Hint: hint, Err: err}
	}
	d := &dataset{conn: conn, schema: fmt.Sprintf("loyalsync_bench_%d", rows), invoices: rows / linesPerInvoice}
	if err := d.prepare(ctx, say); err != nil {
		return nil, errors.Join(err, d.close(ctx))
	}
	return d, nil
}

func (d *dataset) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := d.conn.Close(ctx); err != nil {
		return fmt.Errorf("leave the database of --source: %w", err)
	}
	return nil
}

// prepare makes the data set, or takes the one that is there.
func (d *dataset) prepare(ctx context.Context, say func(string, ...any)) error {
	there, err := d.found(ctx)
	if err != nil {
		return err
	}
	if !there {
		say("making %d invoices of %d lines in the database", d.invoices, linesPerInvoice)
		if err := d.fill(ctx); err != nil {
			return err
		}
	}
	return d.exec(ctx, "SET search_path = "+d.schema)
}

// found says whether the data set is there. Tables outside of the schemas that the
// bench has made are an error.
func (d *dataset) found(ctx context.Context) (bool, error) {
	var foreign []string
	var there bool
	err := d.conn.QueryRow(ctx, `
		WITH place AS (
		    SELECT n.oid, n.nspname, coalesce(obj_description(n.oid, 'pg_namespace'), '') = $1 AS ours
		    FROM pg_catalog.pg_namespace n
		    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
		)
		SELECT array(SELECT place.nspname || '.' || c.relname FROM pg_catalog.pg_class c JOIN place ON place.oid = c.relnamespace
		             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT place.ours ORDER BY 1 LIMIT 3),
		       EXISTS (SELECT 1 FROM place WHERE nspname = $2 AND ours)`, marker, d.schema).Scan(&foreign, &there)
	switch {
	case err != nil:
		return false, fmt.Errorf("look at the database of --source: %w", err)
	case len(foreign) > 0:
		return false, &loyalty.Error{
			Code:    loyalty.CodeInvalid,
			Message: "the database of --source is not empty (" + strings.Join(foreign, ", ") + "); nothing was written there",
			Hint:    "name an empty database, never that of an ERP; to make one: createdb loyalsync_bench",
		}
	}
	return there, nil
}

// fill makes the data set, whole or not at all.
func (d *dataset) fill(ctx context.Context) error {
	tables, err := statement("tables")
	if err != nil {
		return err
	}
	rows, err := statement("fill", d.invoices, max(10, d.invoices/40))
	if err != nil {
		return err
	}
	err = d.exec(ctx, fmt.Sprintf("BEGIN; CREATE SCHEMA %[1]s; COMMENT ON SCHEMA %[1]s IS '%[2]s'; SET LOCAL search_path = %[1]s;\n%[3]s%[4]s;\nCOMMIT",
		d.schema, marker, tables, rows))
	if err != nil {
		return fmt.Errorf("make the data set: %w", err)
	}
	return d.exec(ctx, "VACUUM ANALYZE")
}

// exec runs statements.
func (d *dataset) exec(ctx context.Context, statements string) error {
	if _, err := d.conn.PgConn().Exec(ctx, statements).ReadAll(); err != nil {
		return fmt.Errorf("in the database of --source: %w", err)
	}
	return nil
}

// index makes or drops the index on the stamps of invoices.
func (d *dataset) index(ctx context.Context, wanted bool) error {
	if wanted {
		return d.exec(ctx, "CREATE INDEX c_invoice_stamp ON c_invoice (updated, c_invoice_id); ANALYZE c_invoice")
	}
	return d.exec(ctx, "DROP INDEX IF EXISTS c_invoice_stamp")
}

// change edits invoices as people do and returns how many.
func (d *dataset) change(ctx context.Context) (int, error) {
	n := min(1000, max(1, d.invoices/10))
	text, err := statement("change", n, d.invoices)
	if err != nil {
		return 0, err
	}
	return n, d.exec(ctx, text)
}

// copyOut reads what points are made of with COPY, and looks at nothing.
func (d *dataset) copyOut(ctx context.Context) (time.Duration, error) {
	lines, err := statement("lines")
	if err != nil {
		return 0, err
	}
	start := time.Now()
	if _, err := d.conn.PgConn().CopyTo(ctx, io.Discard, "COPY ("+lines+") TO STDOUT"); err != nil {
		return 0, fmt.Errorf("copy out of the database of --source: %w", err)
	}
	return time.Since(start), nil
}

// balance is what a contractor has. Debts count as negative.
type balance struct{ active, pending int64 }

// points computes the points of all lines with one statement, into tables of their
// own, and returns how long that took and what each contractor has. The tables go.
func (d *dataset) points(ctx context.Context) (time.Duration, map[string]balance, error) {
	results, err := statement("results")
	if err != nil {
		return 0, nil, err
	}
	lines, err := statement("lines")
	if err != nil {
		return 0, nil, err
	}
	text, err := statement("statement", lines)
	if err != nil {
		return 0, nil, err
	}
	if err := d.exec(ctx, results); err != nil {
		return 0, nil, err
	}
	start := time.Now()
	if err := d.exec(ctx, text); err != nil {
		return 0, nil, err
	}
	took := time.Since(start)
	rows, err := d.conn.Query(ctx, "SELECT contractor::text, active, pending FROM loyalsync_bench_balance")
	if err != nil {
		return 0, nil, fmt.Errorf("read the balances of the statement: %w", err)
	}
	found := make(map[string]balance)
	var contractor string
	var b balance
	if _, err := pgx.ForEachRow(rows, []any{&contractor, &b.active, &b.pending}, func() error { found[contractor] = b; return nil }); err != nil {
		return 0, nil, fmt.Errorf("read the balances of the statement: %w", err)
	}
	return took, found, d.exec(ctx, "DROP TABLE loyalsync_bench_entry, loyalsync_bench_balance")
}
