package store

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/loyalsync/loyalsync/loyalty"
)

const connectTimeout = 10 * time.Second

// openPostgres makes the pools of a store in PostgreSQL; the first statement
// connects.
func openPostgres(cfg Config) (*Store, error) {
	c, err := postgresConfig(cfg)
	if err != nil {
		return nil, err
	}
	reading := c.Copy()
	reading.RuntimeParams["default_transaction_read_only"] = "on"
	return &Store{
		cfg: cfg, name: c.Host + "/" + c.Database, dialect: onPostgres,
		writer: openPool(c), readers: pool{openPool(reading), onPostgres},
	}, nil
}

// postgresConfig is what a URL says, with the settings the store relies on. The
// cause of a fault is dropped: it may quote the password.
func postgresConfig(cfg Config) (*pgx.ConnConfig, error) {
	c, err := pgx.ParseConfig(cfg.URL)
	if err != nil {
		return nil, &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: "store.url is not an address that PostgreSQL knows",
			Hint: "write postgres://user@host/database?sslmode=verify-full, and percent-encode special characters: # is %23, @ is %40",
		}
	}
	if cfg.Password != "" {
		c.Password = cfg.Password
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = connectTimeout
	}
	for name, value := range map[string]string{
		"application_name": "loyalsync",
		"lock_timeout":     "30s", // as busyTimeout
		// whoever hangs or has lost the network holds other writers up no longer
		"idle_in_transaction_session_timeout": "60s",
		// a plan made while a table was small would stay for too long
		"plan_cache_mode": "force_custom_plan",
		// compiling a query takes longer than those here run; of an operation, whose plans
		// have no way but one, the server would, as that looks dear
		"jit": "off",
	} {
		if c.RuntimeParams[name] == "" {
			c.RuntimeParams[name] = value
		}
	}
	return c, nil
}

func openPool(c *pgx.ConnConfig) *sql.DB {
	return stdlib.OpenDB(*c, stdlib.OptionAfterConnect(func(_ context.Context, conn *pgx.Conn) error {
		types := conn.TypeMap()
		types.TryWrapEncodePlanFuncs = append(types.TryWrapEncodePlanFuncs, flagAsInteger)
		return nil
	}))
}

// flagAsInteger sends a bool as 0 or 1, as the store keeps it.
func flagAsInteger(value any) (pgtype.WrappedEncodePlanNextSetter, any, bool) {
	if _, ok := value.(bool); ok {
		return &flagPlan{}, int64(0), true
	}
	return nil, nil, false
}

type flagPlan struct{ next pgtype.EncodePlan }

// SetNext is given the plan for an integer.
func (p *flagPlan) SetNext(next pgtype.EncodePlan) { p.next = next }

// Encode encodes a bool as an integer.
func (p *flagPlan) Encode(value any, buf []byte) ([]byte, error) {
	n := int64(0)
	if value == true {
		n = 1
	}
	return p.next.Encode(n, buf)
}

// copyRows writes n rows by COPY, inside the transaction.
func (t *txn) copyRows(ctx context.Context, op, table, columns string, n int, row func(i int) ([]any, error)) error {
	if err := t.flush(ctx); err != nil {
		return err
	}
	names := strings.FieldsFunc(columns, func(r rune) bool { return strings.ContainsRune(", \t\n", r) })
	err := t.conn.Raw(func(conn any) error {
		_, err := conn.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{table}, names, pgx.CopyFromSlice(n, row))
		return err
	})
	if err != nil {
		return storeError(op, err)
	}
	return nil
}

// explainPostgres says what went wrong with the server, and what to do about it,
// by SQLSTATE. The texts of connecting are not passed on: they name the login.
func explainPostgres(e *loyalty.Error, err error) {
	if cause, ok := errors.AsType[*pgconn.PgError](err); ok {
		e.Code, e.Hint = explainState(cause.Code)
		e.Err = &serverError{cause}
		return
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		e.Code, e.Err, e.Hint = loyalty.CodeBusy, errors.New("the name of the server is not known"), "check the host in store.url"
		return
	}
	if _, ok := errors.AsType[net.Error](err); ok || connecting {
		e.Code, e.Err = loyalty.CodeBusy, errors.New("the server does not answer")
		e.Hint = "check that PostgreSQL runs, host and port in store.url, the firewall, and sslmode; nothing was lost, it is tried again"
	}
}

// inTurn lets one process after the other change the schema: those that start at
// once over a new or an older database.
func (s *Store) inTurn(ctx context.Context, change func() error) error {
	if s.dialect == onSQLite {
		return change()
	}
	conn, err := s.readers.Conn(ctx)
	if err != nil {
		return storeError("connect", err)
	}
	const turn = `(hashtext('loyalsync migrations'), hashtext(coalesce(current_schema(), '')))`
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock`+turn); err != nil {
		return errors.Join(storeError("wait for a change of schema", err), conn.Close())
	}
	err = change()
	_, unlock := conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock`+turn)
	return errors.Join(err, unlock, conn.Close())
}

// fit says why a new store cannot be in the database.
func (s *Store) fit(ctx context.Context) error {
	var schema, encoding string
	err := s.writer.QueryRowContext(ctx, `SELECT coalesce(current_schema(), ''), pg_encoding_to_char(encoding) FROM pg_database
		WHERE datname = current_database()`).Scan(&schema, &encoding)
	switch {
	case err != nil:
		return storeError("look at the database", err)
	case schema == "":
		return &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: s.name + " has no schema that search_path names",
			Hint: "CREATE SCHEMA it, or take search_path out of store.url",
		}
	case encoding != "UTF8":
		return &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: s.name + " keeps texts as " + encoding + ", which lacks letters",
			Hint: "CREATE DATABASE one with ENCODING 'UTF8' TEMPLATE template0, and name it in store.url",
		}
	}
	return nil
}

// serverError is the server's error as far as it may be told: the texts of
// logging in and of bad values quote what they were given (law 11).
type serverError struct{ cause *pgconn.PgError }

// Error names the SQLSTATE.
func (e *serverError) Error() string {
	switch class(e.cause.Code) {
	case "22", "28":
		return "SQLSTATE " + e.cause.Code
	}
	return e.cause.Message + " (SQLSTATE " + e.cause.Code + ")"
}

// Unwrap returns the server's error.
func (e *serverError) Unwrap() error { return e.cause }

func class(state string) string { return state[:min(2, len(state))] }

// explainState says what a SQLSTATE means for the store.
func explainState(state string) (loyalty.Code, string) {
	switch state {
	case "28P01":
		return loyalty.CodeInvalid, "the password is not accepted: check the user in store.url, and store.password_file"
	case "3D000":
		return loyalty.CodeInvalid, "there is no such database: CREATE DATABASE it (README: A store in PostgreSQL), or check store.url"
	case "3F000":
		return loyalty.CodeInvalid, "the schema is not there: CREATE SCHEMA it, or check search_path in store.url"
	case "42501":
		return loyalty.CodeInvalid, "the login must own the store's schema: GRANT CREATE, USAGE ON SCHEMA to it, or make it the database's owner"
	case "53100":
		return loyalty.CodeBusy, "the server's disk is full: make room; nothing was lost, the next run goes on where this one stopped"
	case "53300":
		return loyalty.CodeBusy, "the server has no free connection: loyalsync needs five for a process; raise max_connections"
	case "55P03":
		return loyalty.CodeBusy, "another process keeps the store busy; run the job again"
	case "57P03":
		return loyalty.CodeBusy, "the server is starting or stopping; it is tried again"
	case "25006":
		return loyalty.CodeBusy, "the server takes no changes: it is a replica, or was made read-only"
	}
	switch class(state) {
	case "28":
		return loyalty.CodeInvalid, "the server refuses the login: check the user in store.url, and the server's pg_hba.conf"
	case "08", "40", "53", "57":
		return loyalty.CodeBusy, "nothing was lost, it is tried again"
	}
	return loyalty.CodeInternal, ""
}
