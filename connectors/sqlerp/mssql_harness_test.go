package sqlerp

import (
	"context"
	"testing"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/connectortest"
	"github.com/loyalsync/loyalsync/connectors/sqlserver"
	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

// mssqlReader is the login of a database that may only read, in our terms.
func mssqlReader(db *tdstest.DB) sqlserver.Config { return mssqlConnection(db.Reader) }

func mssqlConnection(c tdstest.Connection) sqlserver.Config {
	encrypt := map[string]string{"disable": sqlserver.EncryptDisable, "false": sqlserver.EncryptLogin}[c.Encrypt()]
	return sqlserver.Config{
		Server: c.Host, Port: c.Port, Database: c.Database, User: c.User, Password: c.Password,
		Encrypt: encrypt, TrustServerCertificate: encrypt != sqlserver.EncryptDisable,
	}
}

// newMSSQL opens a source over a new database, perhaps with another login.
func newMSSQL(ctx context.Context, t *testing.T, e *erp, change ...func(*tdstest.DB, *sqlserver.Config)) (*Source, error) {
	db := tdstest.Database(t, "") //nolint:contextcheck // it outlives the check that asks for it
	// Else a read is repeated while the document it reads is being saved.
	if _, err := db.Admin().ExecContext(ctx, "ALTER DATABASE ["+db.Reader.Database+"] SET ALLOW_SNAPSHOT_ISOLATION ON"); err != nil {
		return nil, err
	}
	settings := e.settings("")
	settings.Server = mssqlReader(db)
	for _, f := range change {
		f(db, &settings.Server)
	}
	settings.Invoices.Select = "SELECT * FROM dokumenty"
	return e.openWith(ctx, db.Pool(), settings)
}

// mssqlBreaks are logins of a SQL Server that are refused, do not get there, or may
// do more or less than they should.
func (e *erp) mssqlBreaks(t *testing.T) map[connectortest.Break]opener {
	with := func(change func(*tdstest.DB, *sqlserver.Config)) opener {
		return func(ctx context.Context) (connectors.Source, error) { return newMSSQL(ctx, t, e, change) }
	}
	return map[connectortest.Break]opener{
		connectortest.WrongLogin: with(func(_ *tdstest.DB, c *sqlserver.Config) { c.Password = connectortest.Password }),
		connectortest.Unreachable: with(func(_ *tdstest.DB, c *sqlserver.Config) {
			c.Server, c.Port, c.Password = "127.0.0.1", 1, connectortest.Password
		}),
		connectortest.ReadOnlyLogin: with(func(*tdstest.DB, *sqlserver.Config) {}),
		connectortest.WritingLogin:  with(func(db *tdstest.DB, c *sqlserver.Config) { *c = mssqlConnection(db.Owner) }),
	}
}
