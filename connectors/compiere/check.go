package compiere

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/loyalsync/loyalsync/connectors"
)

// Check looks at the server, the login, the schema and the company. It reads
// nothing that grows with history; see [Source.Examine]. Report.Missing also has
// the tables that are there and that the login may not read; a warning tells them
// apart.
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
	if f.member, err = f.catalog.member(); err != nil {
		return connectors.Report{}, err
	}
	return connectors.Report{
		Server: f.version, Product: f.member.product, Version: f.release, Encoding: strings.TrimSpace(f.encoding + " " + f.collation),
		Identity: company.identity(), Zone: s.zone, Now: f.now,
		Writable: f.catalog.writable(), Missing: append(f.missing, f.refused...), Warnings: f.warnings(),
	}, nil
}

// facts is what Check asks the database.
type facts struct {
	server
	catalog catalog
	member  member
	tenants []tenant
	missing []string // tables and columns that are not there
	refused []string // tables that may not be read
}

// server is a row of server.sql.
type server struct {
	version   string
	now       connectors.Stamp
	encoding  string
	collation string
	release   string // of the ERP
	superuser bool
	creates   bool // may create objects in the ERP's schema
}

func (s *Source) facts(ctx context.Context, tx pgx.Tx) (f facts, err error) {
	f.server, err = one(ctx, tx, s.sql.server, pgx.StrictNamedArgs{"schema": s.schema}, func(row pgx.CollectableRow) (r server, err error) {
		err = row.Scan(&r.version, &r.now, &r.encoding, &r.collation, &r.release, &r.superuser, &r.creates)
		return r, err
	})
	if err != nil {
		return f, err
	}
	if f.catalog, err = readCatalog(ctx, tx, s.sql, s.schema); err != nil {
		return f, err
	}
	f.missing, f.refused = f.catalog.missing()
	f.tenants, err = s.tenants(ctx, tx, false)
	return f, err
}

// warnings are the facts worth a remark. They name tables and columns only.
func (f facts) warnings() []connectors.Warning {
	var out []connectors.Warning
	warn := func(when bool, message, hint string) {
		if when {
			out = append(out, connectors.Warning{Message: message, Hint: hint})
		}
	}
	withheld := f.catalog.withheld()
	warn(len(f.refused) > 0, "the login may not read "+strings.Join(f.refused, ", "),
		"GRANT USAGE on the schema and SELECT on these tables to it")
	warn(len(withheld) > 0, "the login may not read "+strings.Join(withheld, ", ")+": taken for empty",
		"GRANT SELECT on them to it; loyalsync init writes the statements")
	warn(f.superuser, "the login is a superuser", "make one that may only read; login.sql has the statements")
	warn(f.creates && !f.superuser, "the login may create tables in the ERP's schema", "REVOKE CREATE on the schema from it, or from PUBLIC")
	warn(f.encoding == "SQL_ASCII", "the database has no encoding (SQL_ASCII)", "letters beyond ASCII may come out wrong")
	if w, ok := f.member.unproven(); ok {
		out = append(out, w)
	}
	return out
}
