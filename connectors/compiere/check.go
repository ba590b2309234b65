package compiere

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/loyalsync/loyalsync/connectors"
)

// costlyDocuments is the number of sales documents from which finding the changed
// ones without an index is worth a remark.
const costlyDocuments = 200_000

// Check looks at the server, the login, the schema and the company's documents.
// It reads every sales header once. Report.Missing also has the tables that are
// there and that the login may not read; a warning tells them apart.
func (s *Source) Check(ctx context.Context) (connectors.Report, error) {
	var f facts
	err := s.read(ctx, "check the source", func(ctx context.Context, tx pgx.Tx) (err error) {
		f, err = s.facts(ctx, tx)
		return err
	})
	if err != nil {
		return connectors.Report{}, err
	}
	company, err := chooseTenant(f.tenants, s.tenant.id)
	if err != nil {
		return connectors.Report{}, err
	}
	product, err := f.catalog.product()
	if err != nil {
		return connectors.Report{}, err
	}
	return connectors.Report{
		Server: f.version, Product: product, Identity: company.identity(), Zone: s.zone, Now: f.now,
		Writable: f.catalog.writable(), Missing: append(f.missing, f.refused...), Warnings: f.warnings(),
	}, nil
}

// facts is what Check asks the database.
type facts struct {
	server
	health
	catalog catalog
	tenants []tenant
	missing []string // tables and columns that are not there
	refused []string // tables that may not be read
}

// server is a row of server.sql.
type server struct {
	version   string
	now       connectors.Stamp
	encoding  string
	superuser bool
	creates   bool // may create objects in the ERP's schema
}

// health is a row of health.sql.
type health struct {
	future, unknownStatus, documents int
	indexed                          bool
}

func (s *Source) facts(ctx context.Context, tx pgx.Tx) (f facts, err error) {
	f.server, err = one(ctx, tx, s.sql.server, pgx.StrictNamedArgs{"schema": s.schema}, func(row pgx.CollectableRow) (r server, err error) {
		err = row.Scan(&r.version, &r.now, &r.encoding, &r.superuser, &r.creates)
		return r, err
	})
	if err != nil {
		return f, err
	}
	if f.catalog, err = readCatalog(ctx, tx, s.sql, s.schema); err != nil {
		return f, err
	}
	f.missing, f.refused = f.catalog.missing()
	if f.tenants, err = s.tenants(ctx, tx); err != nil || len(f.missing)+len(f.refused) > 0 {
		return f, err
	}
	args := pgx.StrictNamedArgs{"schema": s.schema, "tenant": s.tenant.id}
	f.health, err = one(ctx, tx, s.sql.health, args, func(row pgx.CollectableRow) (r health, err error) {
		err = row.Scan(&r.future, &r.unknownStatus, &r.documents, &r.indexed)
		return r, err
	})
	return f, err
}

// warnings are the facts worth a remark. They name tables and counts only.
func (f facts) warnings() []connectors.Warning {
	var out []connectors.Warning
	warn := func(when bool, message, hint string) {
		if when {
			out = append(out, connectors.Warning{Message: message, Hint: hint})
		}
	}
	warn(len(f.refused) > 0, "the login may not read "+strings.Join(f.refused, ", "),
		"GRANT USAGE on the schema and SELECT on these tables to it")
	warn(f.superuser, "the login is a superuser", "make one that may only read; login.sql has the statements")
	warn(f.creates && !f.superuser, "the login may create tables in the ERP's schema", "REVOKE CREATE on the schema from it, or from PUBLIC")
	warn(f.future > 0, fmt.Sprintf("%d sales documents were changed in the future", f.future),
		"is timezone: the zone of the application server? such documents are read when their time comes, or by the sweep")
	warn(f.unknownStatus > 0, fmt.Sprintf("%d sales documents have an unknown status", f.unknownStatus),
		"they count as buffered until the status is one of the ERP's own")
	warn(f.documents >= costlyDocuments && !f.indexed,
		fmt.Sprintf("%d sales documents and no index on the time of change: every page reads them all", f.documents),
		"ask for CREATE INDEX CONCURRENTLY ON c_invoice (updated, c_invoice_id)")
	warn(f.encoding == "SQL_ASCII", "the database has no encoding (SQL_ASCII)", "letters beyond ASCII may come out wrong")
	return out
}
