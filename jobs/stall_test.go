package jobs

import (
	"context"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/network/networktest"
	"github.com/loyalsync/loyalsync/connectors/sqlerp"
	"github.com/loyalsync/loyalsync/loyalty"
)

// madeUp is an ERP that PostgreSQL makes up as it is asked: thirty contractors,
// and one document of one line for each.
func madeUp(address string) sqlerp.Config {
	return sqlerp.Config{
		URL:             address,
		Contractors:     sqlerp.Statement{Select: `SELECT n AS id, 'K' || n AS code, 'Firma' AS name, 'VIP' AS "group" FROM generate_series(1, 30) n`},
		Representatives: sqlerp.Statement{Select: `SELECT n AS id, n AS contractor, 'Osoba' AS name FROM generate_series(1, 30) n`},
		Invoices: sqlerp.Statement{Select: `SELECT n AS id, 'FS/' || n AS number, 'released' AS state, timestamp '2026-03-01 08:00:00' AS modified,
			date '2026-03-01' AS issued_on, n AS buyer, 'PLN' AS currency, 100.00 AS net, 123.00 AS gross FROM generate_series(1, 30) n`},
		Lines: sqlerp.Statement{Select: `SELECT n AS id, n AS invoice, 'W1' AS code, 1 AS quantity, 100.00 AS net, 123.00 AS gross FROM generate_series(1, 30) n`},
	}
}

// A run over a connection that stalls ends with the job's timeout, is recorded as
// a failure that may pass, and the next run works.
func TestARunOverAStalledConnection(t *testing.T) {
	server, err := url.Parse(os.Getenv("LOYALSYNC_TEST_POSTGRES"))
	if err != nil || server.Host == "" {
		if os.Getenv("LOYALSYNC_TEST_REQUIRE") == "1" {
			t.Fatal("LOYALSYNC_TEST_POSTGRES is not set to a URL")
		}
		t.Skip("LOYALSYNC_TEST_POSTGRES is not set to a URL")
	}
	for name, network := range map[string]networktest.Network{
		"never answers": {Silent: true}, "stops mid-row": {StopAfter: 4000}, "a byte at a time": {Drip: 5 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			p := networktest.NewProxy(t, server.Host)
			before := p.Before(*server)
			b := newBench(t, nil)
			b.feed.Open = func(ctx context.Context) (connectors.Source, error) { return sqlerp.Open(ctx, madeUp(before.String())) }
			runner, err := NewRunner(RunnerConfig{
				Store: b.store, Logger: slog.New(slog.DiscardHandler), Now: b.feed.Now, Owner: "test",
				Tasks: Tasks{KindPoints: func(Definition) (Task, error) { return NewPoints(b.configured()), nil }},
			})
			if err != nil {
				t.Fatal(err)
			}
			run := func(timeout string) loyalty.Run {
				run, err := runner.RunNow(t.Context(), Definition{Name: "points", Kind: KindPoints, Source: "erp", Program: "main", Timeout: timeout}, Options{}, ActorCLI)
				if err != nil {
					t.Fatal(err)
				}
				return run
			}
			p.Become(network)
			failed := run("1s")
			stored, err := b.store.Run(t.Context(), failed.ID)
			if err != nil {
				t.Fatal(err)
			}
			if stored.State != loyalty.RunFailed || stored.Error.Code != loyalty.CodeBusy || !strings.Contains(stored.Error.Message, "timeout") {
				t.Errorf("recorded as %s: %+v", stored.State, stored.Error)
			}
			p.Become(networktest.Network{})
			if next := run("1m"); next.State != loyalty.RunSucceeded || next.Counts.Entries == 0 {
				t.Errorf("the next run: %s, %+v: %v", next.State, next.Counts, Outcome(next))
			}
		})
	}
}
