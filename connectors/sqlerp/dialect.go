package sqlerp

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/loyalsync/loyalsync/connectors/network"
)

// dialect is what differs between databases.
type dialect interface {
	// open makes the pool; it does not connect. A server is dialled by the guard.
	open(c Config, guard *network.Guard) (*sql.DB, error)
	// begin is how a transaction is begun that only reads, and sees one moment.
	begin(ctx context.Context, db *sql.DB) (*sql.TxOptions, error)
	// syntax is how names, parameters and limits are written.
	syntax() syntax
	// column tells how a column of a declared type is read and compared. zone is
	// that of the days and times that people see.
	column(name, declared, zone string) column
	// stamp tells how the modified column is compared, and what kind it is.
	stamp(name, declared, asked string) (column, stampKind)
	// among is the condition that a column is one of the keys, given as texts and
	// as what the column's key made of them.
	among(c column, texts []string, values []any) condition
	// diagnose finds what kind of failure an error of the driver is. The text it
	// returns holds no value of a row, no password and no DSN.
	diagnose(err error) diagnosis
	// survey asks the server who it is and what the login may write.
	survey(ctx context.Context, db *sql.DB, c Config) (survey, error)
}

// syntax is how a dialect writes what all of them mean.
type syntax struct {
	quotes string // what opens and closes a name; closing ones in it are doubled
	mark   string // a parameter: "$" and "@p" are numbered, "?" is not
	top    bool   // TOP (n) before the columns, not LIMIT n at the end
	tuples bool   // (a, b) > (c, d) is understood, and served by an index
	clock  string // a SELECT of the time in UTC
}

// quote quotes a name.
func (s syntax) quote(name string) string {
	end := s.quotes[1:]
	return s.quotes[:1] + strings.ReplaceAll(name, end, end+end) + end
}

// numbered puts the dialect's parameters in the place of marks; used were given
// before.
func (s syntax) numbered(text string, used int) string {
	parts := strings.Split(text, mark)
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			b.WriteString(s.mark)
			if s.mark != "?" {
				b.WriteString(strconv.Itoa(used + i))
			}
		}
		b.WriteString(part)
	}
	return b.String()
}

// first is a SELECT of at most n rows; 0 is all. rest begins with FROM.
func (s syntax) first(n int, columns, rest string) string {
	switch {
	case n == 0:
		return "SELECT " + columns + rest
	case s.top:
		return "SELECT TOP (" + strconv.Itoa(n) + ") " + columns + rest
	}
	return "SELECT " + columns + rest + "\nLIMIT " + strconv.Itoa(n)
}

// none is a SELECT that gives no row.
func (s syntax) none(from string) string {
	if s.top {
		return "SELECT TOP (0) * FROM " + from
	}
	return "SELECT * FROM " + from + " LIMIT 0"
}

// content is what the values of a column are, as far as its type tells.
type content int

const (
	unknown content = iota // an expression of SQLite, a type that is not known
	text
	integer
	number // exact, with decimals
	float  // binary, not exact
	moment // a day, perhaps with a time
	clock  // a time of day
	truth
	bytes // no text, no number
)

// column is how one column of a SELECT is used in statements.
type column struct {
	name  string
	holds content
	read  string // gives the exact text of the value
	order string // what is compared and sorted by
	param string // a parameter of the column's own type, %s being its number
	// present is the condition that a stamp is there; only stamps have it.
	present string
	// list is a condition that the column is one of a list, %[1]s what is compared,
	// %[2]s the list; only for dialects with lists as parameters.
	list string
	// key turns the text of a key into a parameter; false means that no row of
	// the column's type can have it.
	key func(string) (any, bool)
	// utc says that the text is an instant on the clock of UTC: a day is that of
	// the ERP's zone.
	utc bool
	// narrow is a text of one byte a letter, where that matters (SQL Server).
	narrow bool
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
	encoding string // of its texts
	zone     string
	writable []string
}

func newDialect(c Config) dialect {
	switch c.Dialect {
	case Postgres:
		return postgres{}
	case MySQL, MariaDB:
		return mysql{}
	case SQLServer:
		return &mssql{}
	case SQLite:
	}
	return sqlite{config: c}
}
