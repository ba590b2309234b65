package sqlerp

import (
	"context"
	"maps"
	"sync"
	"testing"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/connectortest"
	"github.com/loyalsync/loyalsync/connectors/sqlserver"
	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

func TestSuiteOnSQLite(t *testing.T) {
	e := &erp{dialect: SQLite}
	h := e.harness("sqlerp on SQLite", "SQLite 3", func(ctx context.Context) (connectors.Source, error) {
		return newSQLite(ctx, t, e)
	})
	h.HoldsNUL = true
	h.Skip = map[string]string{
		"WrongLogin": "a file has no login", "ReadOnlyLogin": "a file has no login", "WritingLogin": "a file has no login",
		"Unreachable": "a file has no server", "CheckReadsLittle": "nothing counts the rows that are read of a file",
	}
	connectortest.Run(t, h)
}

func TestSuiteOnPostgres(t *testing.T) {
	e := &erp{dialect: Postgres}
	database := newDatabase(t)
	open := func(ctx context.Context) (connectors.Source, error) { return newPostgres(ctx, t, e, database) }
	h := e.harness("sqlerp on PostgreSQL", "PostgreSQL", open)
	h.Tripwire = e.tripwire
	maps.Copy(h.Breaks, e.loginBreaks(*database))
	h.Breaks[connectortest.WritingLogin] = open
	h.Breaks[connectortest.ReadOnlyLogin] = func(ctx context.Context) (connectors.Source, error) { return e.readOnlyPostgres(ctx, t, database) }
	connectortest.Run(t, h)
}

func TestSuiteOnMySQL(t *testing.T) {
	e := &erp{dialect: MySQL}
	open := func(ctx context.Context) (connectors.Source, error) {
		address := newMySQL(t) //nolint:contextcheck // it outlives the check that asks for it
		return e.open(ctx, mysqlWriter(t, address), address.String())
	}
	h := e.harness("sqlerp on MySQL", mysqlProduct(t), open)
	h.HoldsNUL, h.Tripwire = true, e.mysqlTripwire
	server := *serverURL(t, "LOYALSYNC_TEST_MYSQL")
	server.Path = "/information_schema"
	maps.Copy(h.Breaks, e.loginBreaks(server))
	h.Breaks[connectortest.WritingLogin] = open
	h.Breaks[connectortest.ReadOnlyLogin] = func(ctx context.Context) (connectors.Source, error) {
		return e.readOnlyMySQL(ctx, t, newMySQL(t)) //nolint:contextcheck // it outlives the check that asks for it
	}
	connectortest.Run(t, h)
}

func TestSuiteOnSQLServer(t *testing.T) {
	e := &erp{dialect: SQLServer}
	var databases sync.Map
	h := e.harness("sqlerp on SQL Server", "Microsoft SQL Server", func(ctx context.Context) (connectors.Source, error) {
		var of *tdstest.DB
		src, err := newMSSQL(ctx, t, e, func(db *tdstest.DB, _ *sqlserver.Config) { of = db })
		databases.Store(src, of)
		return src, err
	})
	if h.StandIn = tdstest.StandIn(); h.StandIn != "" { // a real server cannot be told to fail
		h.Tripwire = func(_ context.Context, src connectors.Source) error {
			db, _ := databases.Load(src)
			mssqlTripwire(db.(*tdstest.DB)) //nolint:forcetypeassert // nothing else is kept there
			return nil
		}
	}
	maps.Copy(h.Breaks, e.mssqlBreaks(t))
	connectortest.Run(t, h)
}
