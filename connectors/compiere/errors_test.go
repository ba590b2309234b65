package compiere

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loyalsync/loyalsync/connectors"
)

func TestFailed(t *testing.T) {
	const secret = "Kowalski"
	server := func(code string) error {
		return fmt.Errorf("query: %w", &pgconn.PgError{Code: code, Message: `invalid input "` + secret + `"`, Detail: secret})
	}
	for _, c := range []struct {
		name string
		err  error
		want error
	}{
		{"wrong password", server("28P01"), connectors.ErrAuth},
		{"pg_hba.conf", server("28000"), connectors.ErrAuth},
		{"no such database", server("3D000"), connectors.ErrSettings},
		{"unknown time zone", server("22023"), connectors.ErrSettings},
		{"a pooler", server("08P01"), connectors.ErrSettings},
		{"deadlock", server("40P01"), connectors.ErrTransient},
		{"conflict with a standby's recovery", server("40001"), connectors.ErrTransient},
		{"statement timeout", server("57014"), connectors.ErrTransient},
		{"lock timeout", server("55P03"), connectors.ErrTransient},
		{"restart", server("57P01"), connectors.ErrTransient},
		{"starting up", server("57P03"), connectors.ErrTransient},
		{"too many connections", server("53300"), connectors.ErrTransient},
		{"idle in transaction", server("25P03"), connectors.ErrTransient},
		{"connection failure", server("08006"), connectors.ErrUnreachable},
		{"a value that is no number", server("22P02"), connectors.ErrSchema},
		{"a code cut short", server("4"), connectors.ErrSchema},
		{"a column of another type", pgx.ScanArgError{ColumnIndex: 3, FieldName: "grandtotal", Err: errors.New("can't convert " + secret)}, connectors.ErrSchema},
		{"refused", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, connectors.ErrUnreachable},
		{"unknown host", &net.DNSError{Err: "no such host", Name: secret}, connectors.ErrUnreachable},
		{"broken off", fmt.Errorf("read %s: %w", secret, io.ErrUnexpectedEOF), connectors.ErrUnreachable},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := failed(t.Context(), "read invoices", c.err)
			var ours *connectors.Error
			if !errors.Is(err, c.want) || !errors.As(err, &ours) || ours.Hint == "" || ours.Op != "read invoices" {
				t.Errorf("got %#v, want %v with a hint", err, c.want)
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, ours.Hint), secret) {
				t.Errorf("a value is in: %v", err)
			}
		})
	}
}

// A cancelled context wins over whatever the broken connection says.
func TestFailedUnderCancelledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := failed(ctx, "read", io.ErrUnexpectedEOF); !errors.Is(err, context.Canceled) || !errors.Is(err, connectors.ErrTransient) {
		t.Errorf("got %v", err)
	}
	if err := failed(ctx, "read", nil); err != nil {
		t.Errorf("no error became %v", err)
	}
}

// An error of the contract is not wrapped again.
func TestFailedKeepsOurOwn(t *testing.T) {
	ours := settingsError("x", "y")
	if got := failed(t.Context(), "read", fmt.Errorf("deeper: %w", ours)); !errors.Is(got, connectors.ErrSettings) {
		t.Errorf("got %v", got)
	}
}

// What a server answers to a login, told without its own words.
func TestRefusal(t *testing.T) {
	config, err := pgx.ParseConfig("postgres://ro@erp/adempiere")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ sqlstate, message, check, code string }{
		{"28P01", "uwierzytelnianie hasłem nie powiodło się", "login", "login-password"},
		{"28000", `brak wpisu w pg_hba.conf dla hosta "10.0.0.7"`, "login", "login-hba"},
		{"28000", `rola "Kowalski" nie istnieje`, "login", "login-refused"},
		{"3D000", `baza danych "x" nie istnieje`, "database", "database-unknown"},
		{"42501", "odmowa dostępu", "database", "database-refused"},
		{"53300", "za dużo połączeń", "login", "login-full"},
		{"57P03", "system bazy danych uruchamia się", "login", "login-starting"},
		{"08P01", "unsupported startup parameter", "login", "login-pooler"},
		{"XX000", "Kowalski", "login", "login-failed"},
		{"", "", "login", "login-failed"},
	} {
		f := refusal(&pgconn.PgError{Code: c.sqlstate, Message: c.message}, config)
		if f.Check != c.check || f.Code != c.code || f.Hint == "" || f.Condition != connectors.Broken || strings.Contains(f.Message+f.Hint, "Kowalski") {
			t.Errorf("%s %q: got %+v", c.sqlstate, c.message, f)
		}
	}
}
