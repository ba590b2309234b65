package optima_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loyalsync/loyalsync/connectors/sqlserver"
	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// database is one of a test's own, on the test server or on the one that
// LOYALSYNC_TEST_SQLSERVER names.
type database struct {
	*tdstest.DB
	reader sqlserver.Config // a login with SELECT only
	owner  sqlserver.Config
}

func newDatabase(tb testing.TB, script string) *database {
	tb.Helper()
	db := tdstest.Database(tb, script)
	return &database{DB: db, reader: settings(db.Reader), owner: settings(db.Owner)}
}

// patience is long for a machine that does other things too.
const patience = 5 * time.Minute

func settings(c tdstest.Connection) sqlserver.Config {
	encrypt := map[string]string{"disable": sqlserver.EncryptDisable, "false": sqlserver.EncryptLogin}[c.Encrypt()]
	return sqlserver.Config{
		Host: c.Host, Port: c.Port, Database: c.Database, User: c.User, Password: c.Password,
		Encrypt: encrypt, TrustServerCertificate: encrypt != sqlserver.EncryptDisable,
		ConnectTimeout: patience, StatementTimeout: patience,
	}
}

func (d *database) exec(ctx context.Context, text string) error { return d.Exec(ctx, text) }

func (d *database) count(ctx context.Context, table string) (n int, err error) {
	err = d.Pool().QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table).Scan(&n)
	return n, err
}
