package sqlserver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	mssql "github.com/microsoft/go-mssqldb"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/network"
)

// ServerError is an error that the server itself told, cleaned of values and
// names of logins (law 11). A connector finds it with errors.As where a number
// means something else to its ERP, as 208 during the ERP's own conversion.
type ServerError struct {
	Number int32
	State  uint8
	Class  uint8 // severity; from 20 on the connection is closed
	Text   string
}

// Error tells the number too: it is what help on SQL Server is found by.
func (e *ServerError) Error() string { return fmt.Sprintf("%s (error %d)", e.Text, e.Number) }

// Number is the number of the server's error in err's tree, 0 for none.
func Number(err error) int32 {
	var ours *ServerError
	if errors.As(err, &ours) {
		return ours.Number
	}
	return number(err)
}

func number(err error) int32 {
	var server mssql.Error
	if errors.As(err, &server) {
		cause, _ := meaningOf(server)
		return cause.Number
	}
	return 0
}

// Failed turns an error of the driver or of database/sql into one of the
// contract. The driver's own text is dropped wherever it may quote the login, a
// password or the value of a row (law 11). A *connectors.Error is passed on, and
// so is nil. When ctx has ended, that is the cause, whatever it looked like on
// the wire.
//
// Kinds: ErrTransient for deadlocks, timeouts, locks, a server that starts, stops
// or moves, a database that is closed for a while; ErrUnreachable for the network
// and the Browser service; ErrAuth for the login and its permissions; ErrSchema for
// what is not there or has another type; ErrSettings for a database that cannot be
// opened, and for TLS that a setting cures.
func Failed(ctx context.Context, op string, err error) error {
	var told *connectors.Error
	if err == nil || errors.As(err, &told) {
		return err
	}
	if ctx.Err() != nil {
		return &connectors.Error{Kind: connectors.ErrTransient, Op: op, Err: ctx.Err()}
	}
	return classified(op, err)
}

func classified(op string, err error) *connectors.Error {
	e := &connectors.Error{Op: op}
	var server mssql.Error
	var own *fault
	switch {
	case errors.As(err, &own):
		e.Kind, e.Err, e.Hint = own.kind, own, own.hint
	case errors.As(err, &server):
		cause, m := meaningOf(server)
		e.Kind, e.Hint = m.kind, m.hint
		e.Err = &ServerError{Number: cause.Number, State: cause.State, Class: cause.Class, Text: m.text}
	default:
		f := plainFault(err)
		e.Kind, e.Err, e.Hint = f.kind, f, f.hint
	}
	return e
}

// meaningOf finds the error that tells the reason, and what it stands for, with
// the text that may be passed on. The server sends the reason first: 4060 comes
// before 18456, 208 before "could not be prepared".
func meaningOf(e mssql.Error) (mssql.Error, meaning) {
	for _, one := range append(slices.Clone(e.All), e) {
		if m, known := meanings[one.Number]; known {
			m.text = orText(m.text, strings.TrimPrefix(one.Message, "login error: "))
			return one, m
		}
		if one.Number == loginFailed {
			return one, meaning{
				connectors.ErrAuth, orText(loginStates[one.State], "the user or the password is wrong, or the login may not use this database"),
				"check user: and password_file:; the server's error log tells the reason by the state of error 18456",
			}
		}
	}
	switch {
	case e.Class >= 20:
		return e, meaning{connectors.ErrTransient, "the server ended the connection", again + "; the server's error log has its text"}
	case e.Class >= 17:
		return e, meaning{connectors.ErrTransient, "the server lacks something it needs", again + "; the server's error log has its text"}
	}
	return e, meaning{connectors.ErrSchema, "a statement failed", "look the number up: SQL Server, database engine errors"}
}

// fault is a failure on the way to the server that is already understood.
type fault struct {
	kind error
	text string
	hint string
	code string            // of the finding that Probe makes of it
	data map[string]string // and its data
}

func newFault(kind error, text, hint, code string) *fault {
	return &fault{kind: kind, text: text, hint: hint, code: code}
}

func (f *fault) Error() string { return f.text }

// errSilent is a server that accepted a connection and did not sign us in in time.
var errSilent = errors.New("no answer")

// plainFault sorts what has no number: database/sql, the driver, the network.
func plainFault(err error) *fault {
	text := err.Error()
	var dns *net.DNSError
	var stream mssql.StreamError
	switch {
	case strings.HasPrefix(text, "sql: Scan error"), strings.HasPrefix(text, "sql: expected"):
		return newFault(connectors.ErrSchema, "a column holds something else than expected", "loyalsync doctor lists what is missing or has another type", "")
	case errors.Is(err, sql.ErrNoRows):
		return newFault(connectors.ErrSchema, "a row that must be there is missing", "loyalsync doctor lists what is missing", "")
	case errors.Is(err, net.ErrClosed) && strings.Contains(text, "source is closed"), strings.Contains(text, "sql: database is closed"):
		return newFault(connectors.ErrTransient, "the source is closed", again, "")
	case errors.Is(err, errSilent):
		return newFault(connectors.ErrUnreachable, "the server takes the connection and does not answer", "is it SQL Server's port, and does the server run well? a firewall or a VPN on the way may swallow what is sent", "")
	case errors.As(err, &dns):
		return newFault(connectors.ErrUnreachable, "the host name is not known", "check its spelling in server: or host:; a short name may need its domain", "")
	case isErrno(err, syscall.ECONNREFUSED, 10061):
		return newFault(connectors.ErrUnreachable, "the connection was refused: nothing listens there", "is SQL Server running, is TCP/IP on for the instance (SQL Server Configuration Manager), and is it the right port?", "")
	case isErrno(err, syscall.EHOSTUNREACH, 10065), isErrno(err, syscall.ENETUNREACH, 10051):
		return newFault(connectors.ErrUnreachable, "no way leads to the server", "check this machine's network, and the VPN or the route to the server", "")
	case isTimeout(err):
		return newFault(connectors.ErrUnreachable, "no answer in time", "may this machine reach the server's port? a firewall may drop the calls", "")
	case errors.As(err, &stream):
		return newFault(connectors.ErrUnreachable, "what answers does not speak SQL Server's protocol", "is it the right port?", "")
	case strings.Contains(text, "server does not support encryption"):
		return newFault(connectors.ErrUnreachable, "the server does not encrypt", "turn encryption on at the server; where the network between is yours, encrypt: login does without", network.TLSNone)
	case isBroken(err):
		return newFault(connectors.ErrUnreachable, "the connection broke off", again, "")
	}
	return newFault(connectors.ErrUnreachable, "the connection failed", "is the server running, and may this machine reach its address and port?", "")
}

// isBroken tells a connection that ended under way. 233 is Windows' for a pipe
// without anybody at its other end.
func isBroken(err error) bool {
	return isErrno(err, syscall.ECONNRESET, 10054) || isErrno(err, syscall.EPIPE, 10053) || errors.Is(err, syscall.Errno(233)) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, net.ErrClosed) ||
		strings.Contains(err.Error(), "EOF")
}

// isErrno matches an error of the system by its number here, or by the one that
// Windows Sockets uses for it.
func isErrno(err error, here, windows syscall.Errno) bool {
	return errors.Is(err, here) || errors.Is(err, windows)
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// explain gives a failed connection its address, and the setting that cures it
// where TLS is the reason. What the server said about the login keeps its number.
func (c *connector) explain(err error) error {
	var own *fault
	if number(err) != 0 || errors.As(err, &own) {
		return err
	}
	now := time.Now() //nolint:forbidigo // certificates are checked against the real clock
	found, is := network.TLS(err, now, c.cures())
	switch {
	case !is:
		own = plainFault(err)
		if strings.Contains(err.Error(), "TLS Handshake failed") && !isTimeout(err) { // Windows hangs up without a word
			own = newFault(connectors.ErrUnreachable, "the server hangs up while TLS is agreed", c.cures()[network.TLSOther], network.TLSOther)
		}
	case found.Code == network.TLSOther:
		own = newFault(connectors.ErrUnreachable, found.Message, found.Hint, found.Code)
	default:
		own = newFault(connectors.ErrSettings, found.Message, found.Hint, found.Code)
	}
	own.text, own.data = c.address.String()+": "+own.text, found.Data
	return own
}

// cures are the settings of a source that help against a fault of TLS. A negative
// serial number, which SQL Server 2016 and older gave to the certificates they
// made for themselves, is none: go.mod lets crypto/x509 read it.
func (t target) cures() network.Cures {
	if t.Encrypt == EncryptStrict {
		const full = "strict is for SQL Server 2022 and later: write encrypt: full for an older one"
		return network.Cures{
			network.TLSUnknownAuthority: "name the authority, or the certificate itself, with ca_file:", network.TLSNone: full, network.TLSOther: full,
			network.TLSWrongName: "write server_name: as the certificate says, or give the server that name in server:",
		}
	}
	const untilThen = "; until then, where the network between is yours, trust_server_certificate: true takes it as it is"
	return network.Cures{
		network.TLSUnknownAuthority: "name the authority, or the certificate itself, with ca_file:; where the network between is yours, trust_server_certificate: true takes the one that SQL Server made for itself",
		network.TLSWrongName:        "write server_name: as the certificate says, or give the server that name in server:",
		network.TLSSHA1:             "let the server's administrator make a new one" + untilThen,
		network.TLSWeakKey:          "let the server's administrator make a new one, of 2048 bits or more" + untilThen,
		network.TLSExpired:          "let the server's administrator renew it" + untilThen,
		network.TLSOldVersion:       `install the update of Windows or SQL Server that brings TLS 1.2; until then tls_min: "1.0" speaks with it`,
		network.TLSNone:             "turn encryption on at the server; where the network between is yours, encrypt: disable does without",
		network.TLSOther:            `an old server may know old ciphers alone: try tls_min: "1.0"; its Windows event log (Schannel) says more`,
	}
}

// The codes of the findings and faults of named instances.
const (
	CodeInstance        = "instance-found"
	CodeBrowserSilent   = "instance-browser-silent"
	CodeInstanceNoTCP   = "instance-no-tcp"
	CodeInstanceUnknown = "instance-unknown"
)

func browserSilent(a address) error {
	f := newFault(
		connectors.ErrUnreachable, a.String()+": the SQL Server Browser service does not answer (UDP 1434)",
		"start the SQL Server Browser service on "+a.host+" and let UDP 1434 through its firewall; or give the instance a fixed port and set port:", CodeBrowserSilent,
	)
	f.data = map[string]string{"host": a.host}
	return f
}

// noTCP is how SQL Server Express comes.
func noTCP(a address) error {
	f := newFault(
		connectors.ErrUnreachable, a.String()+": the instance does not listen on TCP/IP",
		"SQL Server Configuration Manager > Protocols for "+a.instance+" > TCP/IP > Enable, then restart the instance; or set port: if it uses another", CodeInstanceNoTCP,
	)
	f.data = map[string]string{"instance": a.instance}
	return f
}

func noInstance(a address, others []string) error {
	hint := "check the instance's name in server:; the machine has " + strings.Join(others, ", ")
	if len(others) == 0 {
		hint = "is the instance running? its machine tells of none"
	}
	return newFault(connectors.ErrUnreachable, a.String()+": there is no such instance", hint, CodeInstanceUnknown)
}
