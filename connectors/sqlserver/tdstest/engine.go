package tdstest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"modernc.org/sqlite"
)

// engine executes statements: one SQLite file a database, in the test's own
// folder, so that readers see what is committed while somebody writes (WAL), as
// a SQL Server with READ_COMMITTED_SNAPSHOT shows it.
type engine struct {
	dir       string
	driver    *sqlite.Driver
	collation collation
	conv      converter

	mu        sync.RWMutex
	databases map[string]*database // by small letters
	order     []*database

	typesMu sync.RWMutex
	types   []sqlType
	typeIDs map[sqlType]int
}

// database is one of the server's.
type database struct {
	id        int64
	name      string
	pool      *sql.DB
	catalog   *catalog
	collation collation

	mu          sync.Mutex
	snapshot    bool // ALLOW_SNAPSHOT_ISOLATION
	rcsi        bool // READ_COMMITTED_SNAPSHOT
	offline     bool
	singleUser  bool
	compatLevel int64
	rights      map[string]*userRights // by the login's small letters
	users       map[string]string      // user -> login
}

// userRights is what a login may do in one database.
type userRights struct {
	user   string
	roles  map[string]bool
	grants map[string]bool // "SELECT" on everything, "SELECT schema.", "SELECT schema.table"
	denies map[string]bool
}

// sqliteConnector opens connections of our own driver, which has T-SQL's
// functions.
type sqliteConnector struct {
	driver *sqlite.Driver
	dsn    string
}

func (c sqliteConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c sqliteConnector) Driver() driver.Driver                        { return c.driver }

func newEngine(dir string, c collation) (*engine, error) {
	e := &engine{dir: dir, driver: &sqlite.Driver{}, collation: c, conv: converter{c}, databases: map[string]*database{}, typeIDs: map[sqlType]int{}}
	if err := e.register(e.driver); err != nil {
		return nil, fmt.Errorf("functions of the engine: %w", err)
	}
	return e, nil
}

func (e *engine) create(name string, c collation) (*database, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.databases[lower(name)] != nil {
		return nil, failf(1801, "Database '%s' already exists. Choose a different database name.", name)
	}
	id := int64(len(e.order) + 1)
	file := filepath.ToSlash(filepath.Join(e.dir, fmt.Sprintf("db%d.sqlite", id)))
	dsn := "file:" + file + "?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_pragma=busy_timeout(10000)&_pragma=recursive_triggers(ON)"
	d := &database{
		id: id, name: name, collation: c, catalog: newCatalog(), pool: sql.OpenDB(sqliteConnector{e.driver, dsn}), rcsi: true,
		compatLevel: 150, rights: map[string]*userRights{}, users: map[string]string{},
	}
	e.databases[lower(name)] = d
	e.order = append(e.order, d)
	return d, nil
}

func (e *engine) database(name string) *database {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.databases[lower(name)]
}

func (e *engine) list() []*database {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var out []*database
	for _, d := range e.order {
		if e.databases[lower(d.name)] == d {
			out = append(out, d)
		}
	}
	return out
}

// drop closes and forgets a database.
func (e *engine) drop(d *database) error {
	e.mu.Lock()
	delete(e.databases, lower(d.name))
	e.mu.Unlock()
	return d.pool.Close()
}

func (e *engine) close() error {
	var first error
	for _, d := range e.list() {
		if err := d.pool.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// typeID gives a type a number, under which SQLite passes it to our functions.
func (e *engine) typeID(t sqlType) int {
	e.typesMu.Lock()
	defer e.typesMu.Unlock()
	if id, ok := e.typeIDs[t]; ok {
		return id
	}
	e.types = append(e.types, t)
	e.typeIDs[t] = len(e.types) - 1
	return len(e.types) - 1
}

func (e *engine) typeAt(id int64) sqlType {
	e.typesMu.RLock()
	defer e.typesMu.RUnlock()
	return e.types[id]
}

func (d *database) rightsOf(login string) *userRights {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rights[lower(login)]
}

// grant puts a login into a database, or finds it there.
func (d *database) grant(login, user string) *userRights {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.rights[lower(login)]
	if r == nil {
		r = &userRights{user: user, roles: map[string]bool{}, grants: map[string]bool{}, denies: map[string]bool{}}
		d.rights[lower(login)] = r
	}
	d.users[lower(user)] = lower(login)
	return r
}

// byUser finds the rights of a user of this database.
func (d *database) byUser(user string) *userRights {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rights[d.users[lower(user)]]
}

// may tells whether a right is had on a table (nil: on the database).
func (r *userRights) may(right string, t *table) bool {
	if r == nil {
		return false
	}
	places := []string{right, "CONTROL"}
	if t != nil {
		places = append(places, right+" "+lower(t.schema)+".", right+" "+key(t.schema, t.name))
	}
	for _, p := range places {
		if r.denies[p] {
			return false
		}
	}
	if r.roles["db_owner"] {
		return true
	}
	if r.roles["db_denydatareader"] && right == "SELECT" || r.roles["db_denydatawriter"] && strings.Contains(" INSERT UPDATE DELETE ", " "+right+" ") {
		return false
	}
	if r.roles["db_datareader"] && right == "SELECT" || r.roles["db_datawriter"] && strings.Contains(" INSERT UPDATE DELETE ", " "+right+" ") ||
		r.roles["db_ddladmin"] && strings.Contains(" ALTER CREATE TABLE ", " "+right+" ") {
		return true
	}
	for _, p := range places {
		if r.grants[p] {
			return true
		}
	}
	return false
}
