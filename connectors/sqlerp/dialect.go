package sqlerp

import (
	"context"
	"database/sql"

	"github.com/loyalsync/loyalsync/connectors/network"
)

// dialect is what differs between databases.
type dialect interface {
	// open makes the pool; it does not connect. A server is dialled by the guard.
	open(c Config, guard *network.Guard) (*sql.DB, error)
	// column tells how a column of a declared type is read and compared. zone is
	// that of the days and times that people see.
	column(name, declared, zone string) column
	// stamp tells how the modified column is compared, and what kind it is.
	stamp(name, declared, asked string) (column, stampKind)
	// diagnose finds what kind of failure an error of the driver is. The text it
	// returns holds no value of a row, no password and no DSN.
	diagnose(err error) diagnosis
	// survey asks the server who it is and what the login may write.
	survey(ctx context.Context, db *sql.DB, c Config) (survey, error)
}

// column is how one column of a SELECT is used in statements.
type column struct {
	name  string
	read  string // gives the exact text of the value
	order string // what is compared and sorted by
	param string // a parameter of the column's own type, %s being its number
	list  string // a condition that the column is one of a list, %[1]s what is compared, %[2]s the parameter
	// key turns the text of a key into a parameter; false means that no row of
	// the column's type can have it.
	key   func(string) (any, bool)
	float bool // keeps binary floats
}

// diagnosis is an error of a driver, understood.
type diagnosis struct {
	kind error // a sentinel of package connectors
	text string
	hint string
}

// survey is what a server says about itself.
type survey struct {
	server   string
	identity string // of the database, when no SELECT for it is configured
	zone     string
	writable []string
}

func newDialect(d Dialect) dialect {
	if d == Postgres {
		return postgres{}
	}
	return sqlite{}
}
