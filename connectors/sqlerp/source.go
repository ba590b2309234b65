package sqlerp

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/network"
)

const (
	maxConnections = 4                // reads that an ERP has to bear at once
	connectTimeout = 10 * time.Second // for a connection with its login
)

// Source reads one ERP by the SELECTs of its Config.
type Source struct {
	config  Config
	dialect dialect
	guard   *network.Guard
	limit   time.Duration // of one read, however many statements it has
	db      *sql.DB
	zone    *time.Location

	mu     sync.Mutex
	schema *schema // nil until probed
}

var _ connectors.Source = (*Source)(nil)

// Open checks the configuration and prepares the pool. It does not connect: an
// ERP that is down is told by the first read, as ErrUnreachable. A Config with
// mistakes gives ErrSettings, with the Faults behind it.
func Open(_ context.Context, c Config) (*Source, error) {
	c = c.withDefaults()
	settings := func(err error) error {
		return &connectors.Error{Kind: connectors.ErrSettings, Op: "open the source", Err: err, Hint: "loyalsync config check shows the place"}
	}
	if faults := c.Validate(); len(faults) > 0 {
		return nil, settings(faults)
	}
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return nil, settings(err)
	}
	d := newDialect(c)
	guard := network.NewGuard(network.GuardConfig{})
	db, err := d.open(c, guard)
	if err != nil {
		return nil, settings(err)
	}
	return &Source{config: c, dialect: d, guard: guard, limit: 2 * c.StatementTimeout, db: db, zone: zone}, nil
}

// Close releases the connections, also those on which nobody answers any more.
// Closing twice is not an error.
func (s *Source) Close() (err error) {
	s.guard.Close(func() { err = s.db.Close() })
	return err
}

// within runs one read in one read-only transaction, in which everything is
// seen as of one moment.
func (s *Source) within(ctx context.Context, op string, read func(context.Context, *sql.Tx, schema) error) error {
	return s.limited(ctx, op, func(ctx context.Context) error {
		found, err := s.known(ctx)
		if err != nil {
			return err
		}
		err = s.transaction(ctx, func(tx *sql.Tx) error { return read(ctx, tx, found) })
		if err = s.failure(ctx, op, err); errors.Is(err, connectors.ErrSchema) {
			s.forget() // the next read looks at the tables anew
		}
		return err
	})
}

func (s *Source) transaction(ctx context.Context, do func(*sql.Tx) error) error {
	options, err := s.dialect.begin(ctx, s.db)
	if err != nil {
		return err
	}
	tx, err := s.db.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return do(tx)
}

// moment tells whether a transaction sees everything as of one moment.
func (s *Source) moment() bool {
	m, mssql := s.dialect.(*mssql)
	return !mssql || m.snapshot.Load() == snapshotAllowed
}

// limited runs a read that ends in time, over a network whatever the server does:
// its own timeouts may never arrive.
func (s *Source) limited(ctx context.Context, op string, read func(context.Context) error) error {
	if s.config.Dialect == SQLite {
		limited, cancel := context.WithTimeout(ctx, s.limit)
		defer cancel()
		return s.failure(ctx, op, read(limited))
	}
	return s.failure(ctx, op, s.guard.Within(ctx, op, s.limit, read))
}

// failure gives an error of a driver its sentinel and its hint. What is already
// told is passed on; a caller who gave up gets back the context's own error.
func (s *Source) failure(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", op, ctx.Err())
	}
	if _, told := errors.AsType[*connectors.Error](err); told {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &connectors.Error{Kind: connectors.ErrTransient, Op: op, Err: errors.New("no answer in time"), Hint: "an index on the modified column helps; or raise statement_timeout"}
	}
	d := s.dialect.diagnose(err)
	return &connectors.Error{Kind: d.kind, Op: op, Err: errors.New(d.text), Hint: d.hint}
}

// told is the innermost text of an error of this package.
func told(err error) string {
	if e, ok := errors.AsType[*connectors.Error](err); ok && e.Err != nil {
		return e.Err.Error()
	}
	return err.Error()
}

// A position is the JSON list of what the last row was compared by: its stamp
// as the database writes it and its key, or its key alone.

func newPosition(parts ...string) (connectors.Position, error) {
	text, err := json.Marshal(parts)
	return connectors.Position(text), err
}

func parsePosition(p connectors.Position, want int) ([]string, error) {
	var parts []string
	if err := json.Unmarshal([]byte(p), &parts); err != nil || len(parts) != want {
		return nil, badPosition()
	}
	return parts, nil
}

func badPosition() error {
	return &connectors.Error{
		Kind: connectors.ErrSettings, Op: "go on reading", Err: errors.New("the stored position is not of this source"),
		Hint: "was the connector or the SELECT changed? start the listing anew: loyalsync run JOB --since DATE",
	}
}
