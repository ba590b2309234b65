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
