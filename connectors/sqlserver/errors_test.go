package sqlserver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	mssql "github.com/microsoft/go-mssqldb"

	"github.com/loyalsync/loyalsync/connectors"
)

// TestFailed: the driver's and the server's real texts, most of which quote what
// nobody may read in a log.
func TestFailed(t *testing.T) {
	server := func(number int32, state, class uint8, text string) error {
		return mssql.Error{Number: number, State: state, Class: class, Message: text, ServerName: "SERWER"}
	}
	dial := func(err error) error {
		return fmt.Errorf("unable to open tcp connection with host 'erp:1433': %w", &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)})
	}
	tests := []struct {
		name string
		err  error
		kind error
		want string // in the text
	}{
		{"missing table", server(208, 1, 16, "Invalid object name 'CDN.TraNag'."), connectors.ErrSchema, "'CDN.TraNag'. (error 208)"},
		{"missing column", server(207, 1, 16, "Nieprawidłowa nazwa kolumny „TrN_Razem”."), connectors.ErrSchema, "TrN_Razem"},
		{"conversion quotes the value", server(245, 1, 16, "Conversion failed when converting the varchar value 'TAJNE' to data type int."), connectors.ErrSchema, "cannot be turned into a number"},
		{"duplicate key quotes the value", server(2627, 1, 14, "Violation of PRIMARY KEY constraint. The duplicate key value is (TAJNE)."), connectors.ErrSchema, "a statement failed (error 2627)"},
		{"no permission", server(229, 5, 14, "The SELECT permission was denied on the object 'TraNag', database 'CDN_Firma', schema 'CDN'."), connectors.ErrAuth, "'TraNag'"},
		{"login", server(18456, 1, 14, "login error: Login failed for user 'TAJNE'."), connectors.ErrAuth, "user or the password is wrong"},
		{"login, mixed mode off", server(18456, 58, 14, "login error: Login failed for user 'TAJNE'."), connectors.ErrAuth, "accounts of Windows alone"},
		{"untrusted domain", server(18452, 1, 14, "Login failed. The login is from an untrusted domain and cannot be used with Windows authentication."), connectors.ErrAuth, "domain is not trusted"},
		{"locked login", server(18486, 1, 14, "Login failed for user 'TAJNE' because the account is currently locked out."), connectors.ErrAuth, "locked"},
		{"database", mssql.Error{Number: 18456, Class: 14, All: []mssql.Error{{Number: 4060, Class: 11}, {Number: 18456, State: 1}}}, connectors.ErrSettings, "(error 4060)"},
		{"database alone", server(4060, 1, 11, `login error: Cannot open database "CDN" requested by the login. The login failed.`), connectors.ErrSettings, "database cannot be opened"},
		{"deadlock", server(1205, 51, 13, "Transaction (Process ID 61) was deadlocked on lock resources with another process and has been chosen as the deadlock victim."), connectors.ErrTransient, "deadlock"},
		{"lock timeout", server(1222, 51, 16, "Lock request time out period exceeded."), connectors.ErrTransient, "locked"},
		{"snapshot", server(3960, 2, 16, "Snapshot isolation transaction aborted due to update conflict. You cannot use snapshot isolation to access table 'x'"), connectors.ErrTransient, "snapshot"},
		{"memory", server(701, 123, 17, "There is insufficient system memory in resource pool 'default' to run this query."), connectors.ErrTransient, "memory"},
		{"memory grant", server(8645, 1, 17, "A timeout occurred while waiting for memory resources"), connectors.ErrTransient, "memory"},
		{"Azure", server(40613, 1, 17, "Database 'CDN' on server 'x' is not currently available."), connectors.ErrTransient, "not available"},
		{"starting", server(17187, 1, 16, "SQL Server is not ready to accept new client connections."), connectors.ErrTransient, "starting"},
		{"paused", server(17142, 0, 14, "SQL Server service has been paused."), connectors.ErrTransient, "paused"},
		{"shutting down", server(6005, 1, 10, "SHUTDOWN is in progress."), connectors.ErrTransient, "shutting down"},
		{"single user", server(924, 1, 14, "Database 'CDN' is already open and can only have one user at a time."), connectors.ErrTransient, "single-user"},
		{"offline", server(942, 4, 14, "Database 'CDN' cannot be opened because it is offline."), connectors.ErrTransient, "offline"},
		{"restoring", server(927, 2, 14, "Database 'CDN' cannot be opened. It is in the middle of a restore."), connectors.ErrTransient, "restored"},
		{"unknown fatal", server(99999, 1, 21, "TAJNE"), connectors.ErrTransient, "ended the connection (error 99999)"},
		{"several", mssql.Error{Number: 3621, All: []mssql.Error{{Number: 208, Class: 16, Message: "Invalid object name 'x'."}, {Number: 3621, Message: "The statement has been terminated."}}}, connectors.ErrSchema, "'x'"},
		{"scan quotes the value", errors.New(`sql: Scan error on column index 3, name "k": converting driver.Value type string ("TAJNE") to a int64: invalid syntax`), connectors.ErrSchema, "holds something else"},
		{"no row", fmt.Errorf("version: %w", sql.ErrNoRows), connectors.ErrSchema, "row"},
		{"refused", dial(syscall.ECONNREFUSED), connectors.ErrUnreachable, "refused"},
		{"refused on Windows", dial(syscall.Errno(10061)), connectors.ErrUnreachable, "refused"},
		{"dropped on Windows", &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, connectors.ErrUnreachable, "in time"},
		{"no route", dial(syscall.EHOSTUNREACH), connectors.ErrUnreachable, "no way"},
		{"unknown host", &net.DNSError{Err: "no such host", Name: "erp", IsNotFound: true}, connectors.ErrUnreachable, "host name"},
		{"reset", &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, connectors.ErrUnreachable, "broke off"},
		{"pipe of Windows", &net.OpError{Op: "read", Err: syscall.Errno(233)}, connectors.ErrUnreachable, "broke off"},
		{"cut", errors.New("login error: EOF"), connectors.ErrUnreachable, "broke off"},
		{"bad connection", driver.ErrBadConn, connectors.ErrUnreachable, "broke off"},
		{"other protocol", mssql.StreamError{InnerError: errors.New("TAJNE")}, connectors.ErrUnreachable, "protocol"},
		{"anything else", errors.New("TAJNE"), connectors.ErrUnreachable, "failed"},
		{"of our own", browserSilent(address{host: "SERWER", instance: "OPTIMA"}), connectors.ErrUnreachable, `SERWER\OPTIMA: the SQL Server Browser`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := Failed(t.Context(), "read invoices", tt.err)
			var e *connectors.Error
			if !errors.As(err, &e) || !errors.Is(err, tt.kind) || e.Hint == "" {
				t.Fatalf("got %#v", err)
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "read invoices: ") {
				t.Errorf("says %q, want %q", err, tt.want)
			}
			if strings.Contains(err.Error()+e.Hint, "TAJNE") {
				t.Errorf("%q tells what nobody may read", err)
			}
			if n := Number(tt.err); n != Number(err) {
				t.Errorf("the number %d becomes %d", n, Number(err))
			}
		})
	}
}

func TestFailedPassesOn(t *testing.T) {
	if err := Failed(t.Context(), "read", nil); err != nil {
		t.Errorf("nothing failed: %v", err)
	}
	own := &connectors.Error{Kind: connectors.ErrSchema, Op: "check"}
	if err := Failed(t.Context(), "read", fmt.Errorf("around: %w", own)); !errors.Is(err, own) {
		t.Errorf("our own error becomes %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Failed(gone, "read", io.EOF); !errors.Is(err, connectors.ErrTransient) || !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled read is %v", err)
	}
}

// TestMeanings: each number says what to do.
func TestMeanings(t *testing.T) {
	for n, m := range meanings {
		if m.kind == nil || m.hint == "" {
			t.Errorf("%d says nothing", n)
		}
		if m.text == "" && !errors.Is(m.kind, connectors.ErrSchema) && !errors.Is(m.kind, connectors.ErrAuth) {
			t.Errorf("%d passes the server's text on", n)
		}
	}
}
