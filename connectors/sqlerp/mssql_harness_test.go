package sqlerp

import (
	"context"
	"testing"

	"github.com/loyalsync/loyalsync/connectors/sqlserver"
	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

// mssqlReader is the login of a database that may only read, in our terms.
func mssqlReader(db *tdstest.DB) sqlserver.Config {
	c := db.Reader
	encrypt := map[string]string{"disable": sqlserver.EncryptDisable, "false": sqlserver.EncryptLogin}[c.Encrypt()]
	return sqlserver.Config{
		Server: c.Host, Port: c.Port, Database: c.Database, User: c.User, Password: c.Password,
		Encrypt: encrypt, TrustServerCertificate: encrypt != sqlserver.EncryptDisable,
	}
}

// newMSSQL opens a source over a new database.
func newMSSQL(ctx context.Context, t *testing.T, e *erp) (*Source, error) {
	db := tdstest.Database(t, "") //nolint:contextcheck // it outlives the check that asks for it
	// Else a read is repeated while the document it reads is being saved.
	if _, err := db.Admin().ExecContext(ctx, "ALTER DATABASE ["+db.Reader.Database+"] SET ALLOW_SNAPSHOT_ISOLATION ON"); err != nil {
		return nil, err
	}
	settings := e.settings("")
	settings.Server = mssqlReader(db)
	settings.Invoices.Select = "SELECT * FROM dokumenty"
	return e.openWith(ctx, db.Pool(), settings)
}
