package sqlerp

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/sqlserver"
)

// Dialect is the kind of database an ERP stands on.
type Dialect string

// The dialects of this version.
const (
	SQLite    Dialect = "sqlite"
	Postgres  Dialect = "postgres"
	MySQL     Dialect = "mysql"
	MariaDB   Dialect = "mariadb"
	SQLServer Dialect = "sqlserver"
)

const dialectNames = "sqlite, postgres, mysql, mariadb, sqlserver"

// schemes are the ways a URL begins.
var schemes = map[string]Dialect{"sqlite": SQLite, "postgres": Postgres, "postgresql": Postgres, "mysql": MySQL, "mariadb": MariaDB, "sqlserver": SQLServer}

// Config says where an ERP is and how its tables read.
type Config struct {
	// Dialect defaults to the scheme of URL.
	Dialect Dialect
	// URL is "postgres://user:password@host/database", "mysql://…", "mariadb://…"
	// "sqlserver://…" or "sqlite:path"; the parts below may be given instead, or beside it, and then
	// win. For SQLite, Database is the path of the file.
	URL                      string
	Host                     string
	Port                     int
	Database, User, Password string
	// Server is how SQL Server is reached and entered, for the dialect sqlserver.
	// What it leaves out is taken from the parts above.
	Server sqlserver.Config

	// Timezone is the zone of the ERP's wall clock, an IANA name. Defaults to UTC.
	Timezone string

	Contractors, Representatives, Invoices, Lines Statement

	// States lists the values of the state column. When all three lists are
	// empty, the values are the words buffered, released and cancelled.
	States States
	// Documents are the values of the type column that are taken; empty takes all.
	Documents []string
	// Stamp says how the modified column is kept: "text", "timestamp" or "unix"
	// (whole seconds). Defaults to what the column's declared type says.
	Stamp string
	// Identity is a SELECT whose first row makes this database this database.
	// Defaults to the name of the database and its schema, or the file's path.
	Identity string
	// Now is a SELECT of the clock that stamps the rows, in the form of the
	// stamps. Defaults to the server's clock in Timezone.
	Now string

	// StatementTimeout ends a single statement. Defaults to 5 minutes.
	StatementTimeout time.Duration
	// LockTimeout ends a wait for a lock. Defaults to 10 seconds. SQL Server has
	// none: there StatementTimeout ends it.
	LockTimeout time.Duration
}

// Statement is one SELECT, and which of its columns holds which field.
type Statement struct {
	// Select is a single SELECT, or WITH … SELECT, without a semicolon.
	Select string
	// Columns maps a field to a column. A field that is not named here is read
	// from the column of its own name, when there is one. "attributes.X" gives
	// the attribute X.
	Columns map[string]string
}

// States lists, for each state, the values that stand for it.
type States struct{ Buffered, Released, Cancelled []string }

// Fault is one mistake in a Config. Path is relative to it, written as in YAML:
// "invoices.columns.numbr".
type Fault struct{ Path, Message, Hint string }

// Faults are all mistakes of a Config.
type Faults []Fault

// Error lists the faults, one a line.
func (f Faults) Error() string {
	lines := make([]string, 0, len(f))
	for _, v := range f {
		lines = append(lines, v.Path+": "+v.Message)
	}
	return strings.Join(lines, "\n")
}

func (c Config) withDefaults() Config {
	if c.Dialect == "" {
		scheme, _, _ := strings.Cut(c.URL, ":")
		c.Dialect = schemes[scheme]
	}
	if c.Timezone == "" {
		c.Timezone = "UTC"
	}
	if len(c.States.Buffered)+len(c.States.Released)+len(c.States.Cancelled) == 0 {
		c.States = States{Buffered: []string{"buffered"}, Released: []string{"released"}, Cancelled: []string{"cancelled"}}
	}
	if c.StatementTimeout == 0 {
		c.StatementTimeout = 5 * time.Minute
	}
	if c.LockTimeout == 0 {
		c.LockTimeout = 10 * time.Second
	}
	return c
}

// Validate returns every mistake that can be seen without the database.
func (c Config) Validate() Faults {
	c = c.withDefaults()
	var faults Faults
	add := func(path, hint, format string, args ...any) {
		faults = append(faults, Fault{Path: path, Message: fmt.Sprintf(format, args...), Hint: hint})
	}
	switch c.Dialect {
	case SQLite, Postgres, MySQL, MariaDB, SQLServer:
	case "":
		add("dialect", "one of "+dialectNames+"; or a url that begins with one of them", "the kind of database is not known")
	default:
		add("dialect", "one of "+dialectNames, "%q is not in this version", c.Dialect)
	}
	if _, err := time.LoadLocation(c.Timezone); err != nil {
		add("timezone", "an IANA name like Europe/Warsaw", "%q is no time zone", c.Timezone)
	}
	if !slices.Contains([]string{"", "text", "timestamp", "unix"}, c.Stamp) {
		add("stamp", "text, timestamp or unix; leave it out to go by the column's type", "%q is no form of stamps", c.Stamp)
	}
	if c.StatementTimeout < 0 || c.LockTimeout < 0 {
		add("statement_timeout", "", "a timeout cannot be negative")
	}
	if c.Dialect == MySQL || c.Dialect == MariaDB {
		if _, err := mysqlConfig(c); err != nil {
			add("url", "mysql://user@host/database?tls=true; or host, database and user", "%v", err)
		}
	}
	if c.Dialect == SQLServer {
		if err := serverConfig(c).Validate(); err != nil {
			add("server", hintOf(err), "%s", told(err))
		}
	}
	for _, b := range blocks() {
		faults = append(faults, b.validate(*b.of(&c), c.Dialect)...)
	}
	for path, text := range map[string]string{"identity": c.Identity, "now": c.Now} {
		if text != "" {
			faults = append(faults, checkSelect(path, text, c.Dialect)...)
		}
	}
	faults = append(faults, c.States.validate()...)
	slices.SortStableFunc(faults, func(a, b Fault) int { return strings.Compare(a.Path, b.Path) })
	return faults
}

func (b block) validate(s Statement, d Dialect) Faults {
	faults := checkSelect(b.name+".select", s.Select, d)
	for field, column := range s.Columns {
		path := b.name + ".columns." + field
		switch {
		case !b.has(field):
			hint := "the fields of " + b.name + " are: " + strings.Join(b.fieldNames(), ", ")
			if near := nearest(field, b.fieldNames()); near != "" {
				hint = "did you mean " + near + "?"
			}
			faults = append(faults, Fault{Path: path, Message: fmt.Sprintf("%s has no field %q", b.name, field), Hint: hint})
		case column == "":
			faults = append(faults, Fault{Path: path, Message: "the column has no name", Hint: "leave the field out to read it from the column " + field})
		}
	}
	return faults
}

func (s States) validate() Faults {
	var faults Faults
	seen := map[string]string{}
	for _, state := range s.lists() {
		for i, value := range state.values {
			path := fmt.Sprintf("states.%s[%d]", state.name, i)
			if first, ok := seen[value]; ok {
				faults = append(faults, Fault{Path: path, Message: fmt.Sprintf("the value %q is listed already, at %s", value, first), Hint: "a value stands for one state"})
				continue
			}
			seen[value] = path
		}
	}
	if len(s.Released) == 0 {
		faults = append(faults, Fault{Path: "states.released", Message: "no value stands for released documents", Hint: "without one, nothing ever earns points"})
	}
	return faults
}

type stateList struct {
	name   connectors.State
	values []string
}

func (s States) lists() []stateList {
	return []stateList{{connectors.Buffered, s.Buffered}, {connectors.Released, s.Released}, {connectors.Cancelled, s.Cancelled}}
}

// of returns the state that a value stands for.
func (s States) of(value string) (connectors.State, bool) {
	for _, state := range s.lists() {
		if slices.Contains(state.values, value) {
			return state.name, true
		}
	}
	return "", false
}
