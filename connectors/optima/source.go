package optima

import (
	"context"
	"database/sql"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/sqlserver"
)

// Source reads one company database of Optima. It is safe for concurrent use; it
// holds at most two connections.
type Source struct {
	db  *sqlserver.DB
	cfg Config
	sql statements
	// found is the catalog, opened the version of Optima, as of Open.
	found  catalog
	opened system
}

var _ connectors.Source = (*Source)(nil)

// Open connects and looks at the database.
//
// Errors: ErrSettings for a fault in c; ErrUnreachable, ErrAuth; ErrSchema for a
// database that is not Optima's; ErrTransient while Optima converts it.
func Open(ctx context.Context, c Config) (*Source, error) {
	c = c.withDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	db, err := sqlserver.Open(ctx, c.Server)
	if err != nil {
		return nil, unavailable(err)
	}
	s := &Source{db: db, cfg: c}
	if err := s.recognise(ctx); err != nil {
		_ = db.Close()
		return nil, err
	}
	return s, nil
}

// recognise reads the catalog and what Optima says about the database.
func (s *Source) recognise(ctx context.Context) error {
	bare, err := newStatements(s.cfg, nil)
	if err != nil {
		return err
	}
	s.sql = bare
	err = s.db.Read(ctx, "look at the database", func(ctx context.Context, tx *sql.Tx) (err error) {
		if s.found, err = readCatalog(ctx, tx, bare); err != nil {
			return err
		}
		if !s.found.hasTable("SystemCDN") {
			return s.found.notOptima()
		}
		s.opened, err = readSystem(ctx, tx, bare)
		return err
	})
	if err != nil {
		return unavailable(err)
	}
	if s.opened.version == "" {
		return converting("Optima's own record of the database version is empty")
	}
	s.sql, err = newStatements(s.cfg, s.found)
	return err
}

func readCatalog(ctx context.Context, tx *sql.Tx, st statements) (catalog, error) {
	columns, err := collect(ctx, tx, st.catalog, nil, func(rows *sql.Rows) (string, error) {
		var table, column string
		err := rows.Scan(&table, &column)
		return table + "." + column, err
	})
	return newCatalog(columns), err
}

// system is what Optima says about a database.
type system struct{ company, version, configuration string }

// The rows of CDN.SystemCDN.
const (
	systemCompany       = 1
	systemVersion       = 3
	systemConfiguration = 1001
)

func readSystem(ctx context.Context, tx *sql.Tx, st statements) (s system, err error) {
	_, err = collect(ctx, tx, st.system, nil, func(rows *sql.Rows) (struct{}, error) {
		var id int64
		var value string
		err := rows.Scan(&id, &value)
		switch id {
		case systemCompany:
			s.company = value
		case systemVersion:
			s.version = value
		case systemConfiguration:
			s.configuration = value
		}
		return struct{}{}, err
	})
	return s, err
}

// read runs fn over one connection. A failure that a conversion of the database
// explains is transient: nothing is concluded from what is missing meanwhile.
func (s *Source) read(ctx context.Context, op string, fn func(context.Context, *sql.Tx) error) error {
	err := s.db.Read(ctx, op, fn)
	if err == nil || !mayBeConversion(err) {
		return unavailable(err)
	}
	var now system
	var found catalog
	again := s.db.Read(ctx, op, func(ctx context.Context, tx *sql.Tx) (err error) {
		if found, err = readCatalog(ctx, tx, s.sql); err != nil {
			return err
		}
		now, err = readSystem(ctx, tx, s.sql)
		return err
	})
	switch {
	case ctx.Err() != nil:
		return err
	case again != nil:
		return converting("Optima's own record of the database version cannot be read")
	}
	if changed := s.unconverted(now); changed != nil {
		return changed
	}
	if gone := s.found.without(found); gone != "" {
		return converting(gone + " was there when the source was opened, and is not now")
	}
	return err
}

// settled makes sure that what a listing did not have, or a key did not find, is
// not there for good: a conversion by Optima empties and fills tables, and writes
// another version into its own record.
func (s *Source) settled(ctx context.Context, tx *sql.Tx) error {
	now, err := readSystem(ctx, tx, s.sql)
	if err != nil {
		return err
	}
	return s.unconverted(now)
}

func (s *Source) unconverted(now system) error {
	if now.version == s.opened.version {
		return nil
	}
	return converting("the version of the database has changed from " + s.opened.version + " to " + orText(now.version, "none"))
}

// Now returns the server's clock, by which Optima stamps: its wall clock.
func (s *Source) Now(ctx context.Context) (connectors.Stamp, error) {
	var now time.Time
	err := s.read(ctx, "ask the clock", func(ctx context.Context, tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT GETDATE()").Scan(&now)
	})
	if err != nil {
		return "", err
	}
	return connectors.NewStamp(now), nil
}

// Close releases the connections. Closing twice is not an error.
func (s *Source) Close() error { return s.db.Close() }
