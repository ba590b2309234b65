package compiere

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loyalsync/loyalsync/connectors"
)

// failed turns an error of the driver into one of the contract. The driver's own
// text is dropped wherever it may quote the login or the value of a row (law 11).
func failed(ctx context.Context, op string, err error) error {
	var ours *connectors.Error
	if err == nil || errors.As(err, &ours) {
		return err
	}
	e := &connectors.Error{Op: op}
	var server *pgconn.PgError
	var scan pgx.ScanArgError
	switch {
	case ctx.Err() != nil: // the caller's deadline or cancellation, whatever it looked like on the wire
		e.Kind, e.Err = connectors.ErrTransient, ctx.Err()
	case errors.As(err, &server):
		e.Hint, e.Kind = serverKind(server.Code)
		e.Err = serverCause(server)
	case errors.As(err, &scan):
		e.Kind, e.Hint = connectors.ErrSchema, "the column holds something else than in the known members of the Compiere family"
		e.Err = errors.New("column " + scan.FieldName + " cannot be read")
	default:
		e.Kind, e.Hint = connectors.ErrUnreachable, "is the server running, and may this machine reach its address and port?"
		e.Err = networkCause(err)
	}
	return e
}

// serverKind sorts the server's error codes (SQLSTATE), by code or by class.
func serverKind(code string) (hint string, kind error) {
	switch code {
	case "42501":
		return "GRANT SELECT on the table to this login; loyalsync init writes the statements", connectors.ErrAuth
	case "42P01", "42703", "42883", "42804", "3F000":
		return "is schema: right, and is this a database of the Compiere family? loyalsync config check --online lists what is missing", connectors.ErrSchema
	case "3D000":
		return "check the database's name in the settings of the source", connectors.ErrSettings
	case "22023":
		return "the server does not know a setting, for example the time zone", connectors.ErrSettings
	case "08P01":
		return "a pooler such as PgBouncer stands in between: connect to PostgreSQL itself", connectors.ErrSettings
	case "57014":
		return "the statement took too long; an index on c_invoice(updated) helps", connectors.ErrTransient
	case "55P03":
		return "the tables are locked, for example by a migration of the ERP", connectors.ErrTransient
	case "25P03":
		return "the connection waited too long between two statements; is this machine overloaded?", connectors.ErrTransient
	case "57P03":
		return "the server is starting up or shutting down", connectors.ErrTransient
	}
	switch code[:min(2, len(code))] {
	case "28":
		return "check user and password, and the server's pg_hba.conf", connectors.ErrAuth
	case "08":
		return "the connection broke; it is tried again", connectors.ErrUnreachable
	case "40", "53", "57":
		return "it is tried again", connectors.ErrTransient
	}
	return "a statement failed; the server's log has its text", connectors.ErrSchema
}

// serverCause keeps the server's message only where it names nothing but tables
// and columns.
func serverCause(e *pgconn.PgError) error {
	switch e.Code {
	case "42501", "42P01", "42703":
		return errors.New(e.Message)
	}
	return errors.New("SQLSTATE " + e.Code)
}

func networkCause(err error) error {
	var dns *net.DNSError
	var timeout net.Error
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var handshake tls.RecordHeaderError
	switch {
	case errors.As(err, &dns):
		return errors.New("the host name is unknown")
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("the connection was refused")
	case errors.As(err, &authority), errors.As(err, &hostname):
		return errors.New("the server's certificate is not trusted")
	case errors.As(err, &handshake), strings.Contains(err.Error(), "server refused TLS"):
		return errors.New("the server does not speak TLS")
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return errors.New("no answer in time")
	case strings.Contains(err.Error(), "closed pool"):
		return errors.New("the source is closed")
	}
	return errors.New("the connection failed")
}
