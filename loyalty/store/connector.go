package store

import (
	"context"
	"database/sql/driver"
)

// sqliteConnector opens connections with a DSN of ours without going through a
// driver name registered globally.
type sqliteConnector struct {
	dsn    string
	driver driver.Driver
}

// Connect opens one connection.
func (c sqliteConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }

// Driver is the SQLite driver.
func (c sqliteConnector) Driver() driver.Driver { return c.driver }
