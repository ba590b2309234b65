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

// Connect opens one connection, which keeps its prepared statements.
func (c sqliteConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	return keeping(conn)
}

// Driver is the SQLite driver.
func (c sqliteConnector) Driver() driver.Driver { return c.driver }
