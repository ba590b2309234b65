package sqlerp

import (
	"context"
	"testing"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/connectortest"
)

func TestSuiteOnSQLite(t *testing.T) {
	e := &erp{dialect: SQLite}
	connectortest.Run(t, e.harness("sqlerp on SQLite", "SQLite 3", func(ctx context.Context) (connectors.Source, error) {
		return newSQLite(ctx, t, e)
	}))
}

func TestSuiteOnPostgres(t *testing.T) {
	e := &erp{dialect: Postgres}
	database := newDatabase(t)
	connectortest.Run(t, e.harness("sqlerp on PostgreSQL", "PostgreSQL", func(ctx context.Context) (connectors.Source, error) {
		return newPostgres(ctx, t, e, database)
	}))
}

func TestSuiteOnMySQL(t *testing.T) {
	e := &erp{dialect: MySQL}
	connectortest.Run(t, e.harness("sqlerp on MySQL", mysqlProduct(t), func(ctx context.Context) (connectors.Source, error) {
		address := newMySQL(t) //nolint:contextcheck // it outlives the check that asks for it
		return e.open(ctx, mysqlWriter(t, address), address.String())
	}))
}
