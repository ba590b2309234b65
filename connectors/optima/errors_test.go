package optima_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

// TestServerErrors: what the server answers in the middle of work, and that the
// next read works.
func TestServerErrors(t *testing.T) {
	b := newBench(t, nil)
	if b.Real() {
		t.Skip("LOYALSYNC_TEST_SQLSERVER is set: a real server cannot be told to fail")
	}
	b.rows("TraNag", header(1))
	for number, kind := range map[int32]error{
		1205: connectors.ErrTransient, // deadlock
		1222: connectors.ErrTransient, // the tables are locked, as by a conversion
		3960: connectors.ErrTransient, // snapshot conflict
		924:  connectors.ErrTransient, // one user only
		229:  connectors.ErrAuth,
		207:  connectors.ErrSchema, // the version is the same: no conversion
		208:  connectors.ErrSchema,
	} {
		t.Run(fmt.Sprint(number), func(t *testing.T) {
			for _, at := range []string{`invoices\.sql`, `lines\.sql`} {
				b.Server().Inject(tdstest.Fault{At: tdstest.AtStatement, Do: tdstest.Answer, Match: at, Times: 1, Number: number})
				_, err := b.src.Invoices(t.Context(), connectors.Range{Ceiling: "2099-01-01T00:00:00.000000"}, 10)
				var told *connectors.Error
				if !errors.Is(err, kind) || !errors.As(err, &told) || told.Hint == "" {
					t.Errorf("at %s: %v", at, err)
				}
				if err := b.Server().Heal(); err != nil {
					t.Fatal(err)
				}
			}
			if got := b.all(b.src); len(got) != 1 {
				t.Errorf("%d documents afterwards", len(got))
			}
		})
	}
}
