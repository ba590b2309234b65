package compiere_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/compiere"
	"github.com/loyalsync/loyalsync/connectors/network/networktest"
)

// behind puts a proxy before the server that a configuration names.
func behind(t *testing.T, c compiere.Config) (compiere.Config, *networktest.Proxy) {
	t.Helper()
	server, err := url.Parse(c.URL)
	if err != nil {
		t.Fatal("the test's own URL cannot be read")
	}
	p := networktest.NewProxy(t, server.Host)
	before := p.Before(*server)
	c.URL = before.String()
	return c, p
}

// A read ends in time whatever becomes of the server, leaves nothing running, and
// the next one works as soon as the server does.
func TestStalledServer(t *testing.T) {
	e := stocked(t, "adempiere")
	e.invoice(t, 900, nil)
	e.line(t, 900, 1, nil)
	for name, tc := range map[string]struct {
		network networktest.Network
		kind    error
	}{
		"never answers":    {networktest.Network{Silent: true}, connectors.ErrUnreachable},
		"stops mid-row":    {networktest.Network{StopAfter: 200}, connectors.ErrTransient},
		"a byte at a time": {networktest.Network{Drip: 5 * time.Millisecond}, connectors.ErrTransient},
	} {
		t.Run(name, func(t *testing.T) {
			others := goleak.IgnoreCurrent()
			c, p := behind(t, e.config())
			src, err := compiere.Open(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			limit := 150 * time.Millisecond
			if errors.Is(tc.kind, connectors.ErrTransient) { // the server has to say its first word in it
				limit = 500 * time.Millisecond
			}
			for range 3 { // more often than the pool has connections
				src.Limit(limit)
				p.Become(tc.network)
				_, err := src.Invoices(t.Context(), connectors.Range{Ceiling: "2099-01-01T00:00:00.000000"}, 10)
				refused(t, err, tc.kind)
				p.Become(networktest.Network{})
				src.Limit(time.Minute)
				if found := find(t, src, "900"); len(found.Lines) != 1 {
					t.Errorf("over a network that works again: %d lines", len(found.Lines))
				}
			}
			src.Limit(150 * time.Millisecond)
			p.Become(tc.network)
			_, err = src.Now(t.Context())
			must(t, src.Close()) // pgx alone would wait 15 s for what it asked the server to cancel
			if err == nil && tc.network.Silent {
				t.Error("a clock was read of a server that never answers")
			}
			networktest.VerifyNone(t, others)
		})
	}
}

func TestOpenOfAStalledServer(t *testing.T) {
	e := setupERP(t, "adempiere")
	for _, mode := range []string{"disable", "require"} { // TLS or not, nobody answers
		t.Run(mode, func(t *testing.T) {
			c, p := behind(t, e.config())
			c.URL, _, _ = strings.Cut(c.URL, "?")
			c.URL += "?sslmode=" + mode
			c.ConnectTimeout = 100 * time.Millisecond
			others := goleak.IgnoreCurrent()
			for _, n := range []networktest.Network{{Silent: true}, {StopAfter: 1}} {
				p.Become(n)
				refused(t, opened(t.Context(), c), connectors.ErrUnreachable)
			}
			networktest.VerifyNone(t, others)
		})
	}
}
