package compiere

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/network"
)

// Source reads one company's documents and partners from one database. It is
// safe for concurrent use; it holds at most two connections.
type Source struct {
	guard     *network.Guard
	limit     time.Duration // of one read, however many statements it has
	pool      *pgxpool.Pool
	sql       statements
	schema    string
	zone      string // of the server, before Config.Timezone
	tenant    tenant
	member    member
	documents []string
	asStored  bool // Config.ReturnsAsStored
	tells     bool // what was committed since a moment
	spares    chan *documents
	upcoming  upcoming
}

var _ connectors.Source = (*Source)(nil)

// Open connects, finds the schema and the company, and recognises the product.
//
// Errors: ErrSettings for a fault in c, several schemas or several companies;
// ErrUnreachable, ErrAuth; ErrSchema for a database that is not of the family, or
// of a member that this version does not read.
func Open(ctx context.Context, c Config) (*Source, error) {
	c = c.withDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	pool, err := c.poolConfig()
	if err != nil {
		return nil, err
	}
	s := &Source{
		documents: c.baseTypes(), asStored: c.ReturnsAsStored, guard: network.NewGuard(network.GuardConfig{}), limit: c.ConnectTimeout + 2*c.StatementTimeout,
		spares: make(chan *documents, connections),
	}
	pool.ConnConfig.DialFunc = s.guard.DialContext
	pool.BeforeConnect = func(_ context.Context, later *pgx.ConnConfig) error {
		maps.Copy(later.RuntimeParams, s.session(c)) // nothing before the tables are found
		return nil
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, pool); err != nil {
		return nil, failed(ctx, "connect", err)
	}
	err = s.guard.Within(ctx, "connect", s.limit, func(ctx context.Context) error {
		return s.pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error { return s.recognise(ctx, conn.Conn(), c) })
	})
	if err != nil {
		_ = s.Close() // never fails
		return nil, failed(ctx, "connect", err)
	}
	if s.tenant, err = s.findTenant(ctx, c.Tenant); err != nil {
		_ = s.Close() // never fails
		return nil, err
	}
	return s, nil
}

// session is what the settings of a connection are once the tables are found.
func (s *Source) session(c Config) map[string]string {
	if s.schema == "" {
		return nil
	}
	settings := map[string]string{"search_path": pgx.Identifier{s.schema}.Sanitize()}
	if c.Timezone != "" {
		settings["TimeZone"] = c.Timezone
	}
	return settings
}

// recognise looks at the catalog over the first connection. What it finds decides how
// the others are set up, and this one from then on.
func (s *Source) recognise(ctx context.Context, conn *pgx.Conn, c Config) error {
	st, err := newStatements(nil, member{})
	if err != nil {
		return err
	}
	if s.schema, s.zone, err = findSchema(ctx, conn, st, c.Schema); err != nil {
		return err
	}
	for name, value := range s.session(c) {
		if _, err := conn.Exec(ctx, "SELECT set_config($1, $2, false)", name, value); err != nil {
			return err
		}
	}
	found, err := readCatalog(ctx, conn, st, s.schema)
	if err != nil {
		return err
	}
	if s.member, err = found.member(); err != nil {
		return err
	}
	s.member.inlines = inlines(conn.PgConn().ParameterStatus("server_version"))
	if s.sql, err = newStatements(found, s.member); err != nil || found["c_invoice.c_invoice_id"].relation != "r" {
		return err
	}
	s.tells, err = one(ctx, conn, st.tells, pgx.StrictNamedArgs{"schema": s.schema}, pgx.RowTo[bool])
	return err
}

// inlines reports whether a server of this version, as "9.6.24" or "15.18 (Debian)",
// takes the parts of WITH apart unless told not to: from 12 on.
func inlines(version string) bool {
	end := strings.IndexFunc(version, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(version)
	}
	major, err := strconv.Atoi(version[:end])
	return err == nil && major >= 12
}

// tenant is a company of the database.
type tenant struct {
	id, name, created string
	hasInvoices       bool
}

func (t tenant) identity() string { return t.id + "|" + t.name + "|" + t.created }

// findTenant returns the company asked for, or the only one there can be.
func (s *Source) findTenant(ctx context.Context, wanted string) (tenant, error) {
	var all []tenant
	err := s.read(ctx, "find the company", func(ctx context.Context, tx pgx.Tx) (err error) {
		all, err = s.tenants(ctx, tx, wanted == "")
		return err
	})
	if err != nil {
		return tenant{}, err
	}
	return chooseTenant(all, wanted)
}

// tenants are the companies; whether they have invoices is asked only to choose one.
func (s *Source) tenants(ctx context.Context, tx pgx.Tx, choose bool) ([]tenant, error) {
	return collect(ctx, tx, s.sql.tenants, pgx.StrictNamedArgs{"choose": choose}, func(row pgx.CollectableRow) (t tenant, err error) {
		err = row.Scan(&t.id, &t.name, &t.created, &t.hasInvoices)
		return t, err
	})
}

func chooseTenant(all []tenant, wanted string) (tenant, error) {
	var names []string
	var busy []tenant
	for _, t := range all {
		if t.id == wanted {
			return t, nil
		}
		if t.hasInvoices {
			busy = append(busy, t)
		}
		names = append(names, t.id+" "+t.name)
	}
	hint := "name one with tenant:, of " + strings.Join(names, ", ")
	switch {
	case len(all) == 0:
		return tenant{}, settingsError("the database has no company", "is this the ERP's live database?")
	case wanted != "":
		return tenant{}, settingsError(fmt.Sprintf("there is no company with AD_Client_ID %s", wanted), hint)
	case len(busy) == 1:
		return busy[0], nil
	case len(all) == 1:
		return all[0], nil
	}
	return tenant{}, settingsError("the database has several companies", hint)
}

// read runs fn in a transaction that sees one state of the database and cannot
// write (law 4). It ends in time, whatever becomes of the server.
func (s *Source) read(ctx context.Context, op string, fn func(ctx context.Context, tx pgx.Tx) error) error {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return failed(ctx, op, s.guard.Within(ctx, op, s.limit, func(ctx context.Context) error {
		return pgx.BeginTxFunc(ctx, s.pool, options, func(tx pgx.Tx) error { return fn(ctx, tx) })
	}))
}

// Now returns the server's clock in the zone that the source is configured with.
func (s *Source) Now(ctx context.Context) (connectors.Stamp, error) {
	var now connectors.Stamp
	err := s.read(ctx, "read the clock", func(ctx context.Context, tx pgx.Tx) (err error) {
		now, err = one(ctx, tx, s.sql.now, nil, pgx.RowTo[connectors.Stamp])
		return err
	})
	return now, err
}

// Close releases the connections, also those on which nobody answers any more.
// It gives reads under way a moment to end.
func (s *Source) Close() error {
	s.guard.Close(s.pool.Close)
	return nil
}
