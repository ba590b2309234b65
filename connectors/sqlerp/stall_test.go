package sqlerp

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/network/networktest"
)

func TestPostgresStalled(t *testing.T) {
	c, address := postgresERP(t, "timestamp", "date", "numeric", `
INSERT INTO i SELECT n, 'n', 'released', '2025-01-15 10:00:00', '2025-01-15', 'K', 'PLN', 1, 1 FROM generate_series(1, 100) n`)
	stalled(t, c, address)
}

func TestMySQLStalled(t *testing.T) {
	var rows strings.Builder
	for n := range 100 {
		rows.WriteString(documentRow(n+1, "'2025-01-15 10:00:00'", "'2025-01-15'"))
	}
	c, address := mysqlERP(t, "datetime", "date", "", rows.String())
	stalled(t, c, address)
}

func TestSQLServerStalled(t *testing.T) {
	var rows strings.Builder
	for n := range 100 {
		rows.WriteString(mssqlRow(strconv.Itoa(n+1), "'2025-01-15T10:00:00'", "'2025-01-15'"))
	}
	c, db := mssqlERP(t, "datetime", "date", rows.String())
	stalled(t, c, &url.URL{Scheme: "sqlserver", Host: net.JoinHostPort(db.Reader.Host, strconv.Itoa(cmp.Or(db.Reader.Port, 1433)))})
}

// stalled holds a source over a hundred documents to this: a read ends in time
// whatever becomes of the server, leaves nothing running, and the next one works
// as soon as the server does.
func stalled(t *testing.T, c Config, address *url.URL) {
	t.Helper()
	everything := connectors.Range{Ceiling: "2099-01-01T00:00:00.000000"}
	for name, tc := range map[string]struct {
		network networktest.Network
		want    error
	}{
		"never answers":    {networktest.Network{Silent: true}, connectors.ErrUnreachable},
		"stops mid-row":    {networktest.Network{StopAfter: 500}, connectors.ErrTransient},
		"a byte at a time": {networktest.Network{Drip: 5 * time.Millisecond}, connectors.ErrTransient},
	} {
		t.Run(name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			p := networktest.NewProxy(t, address.Host)
			through := p.Before(*address)
			if c.Dialect == SQLServer {
				c.Server.Server = through.Hostname()
				c.Server.Port, _ = strconv.Atoi(through.Port())
			} else {
				c.URL = through.String()
			}
			src, err := Open(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			p.Become(tc.network)
			src.limit = 150 * time.Millisecond
			if errors.Is(tc.want, connectors.ErrTransient) { // the server has to say its first word in it
				src.limit = 400 * time.Millisecond
			}
			for range maxConnections + 1 {
				_, err = src.Invoices(t.Context(), everything, 100)
				e, ok := errors.AsType[*connectors.Error](err)
				if !errors.Is(err, tc.want) || !ok || e.Hint == "" {
					t.Fatalf("got %v, want %v with a hint", err, tc.want)
				}
			}
			p.Become(networktest.Network{})
			src.limit = time.Minute
			page, err := src.Invoices(t.Context(), everything, 100)
			if err != nil || len(page.Items) != 100 {
				t.Errorf("over a network that works again: %d documents, %v", len(page.Items), err)
			}
			p.Become(tc.network)
			if err := src.Close(); err != nil {
				t.Error(err)
			}
			networktest.VerifyNone(t, before)
		})
	}
}
