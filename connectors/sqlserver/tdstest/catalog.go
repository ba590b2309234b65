package tdstest

import (
	"strings"
	"sync"
)

// catalog is what the server knows of one database: its objects with the
// declared types, which SQLite does not keep.
type catalog struct {
	mu      sync.RWMutex
	schemas map[string]string // by small letters
	tables  map[string]*table // by "schema.name" in small letters
	nextID  int64
}

type table struct {
	id       int64
	schema   string
	name     string
	cols     []tableColumn
	keys     []keyDef
	indexes  []createIndex
	view     *query
	physical string // its name in SQLite
}

type tableColumn struct {
	columnDef
	id        int
	collation collation
}

func newCatalog() *catalog {
	return &catalog{schemas: map[string]string{"dbo": "dbo", "sys": "sys", "information_schema": "INFORMATION_SCHEMA"}, tables: map[string]*table{}, nextID: 245575913}
}

func key(schema, name string) string { return lower(schema) + "." + lower(name) }

// find looks a table or view up by its name of one to four parts.
func (c *catalog) find(parts []string) *table {
	schema, name := "dbo", parts[len(parts)-1]
	if len(parts) > 1 && parts[len(parts)-2] != "" {
		schema = parts[len(parts)-2]
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.tables[key(schema, name)]
}

func (c *catalog) put(t *table) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.id == 0 {
		c.nextID += 16000057
		t.id = c.nextID
	}
	c.tables[key(t.schema, t.name)] = t
}

func (c *catalog) remove(t *table) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.tables, key(t.schema, t.name))
}

func (c *catalog) hasSchema(name string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.schemas[lower(name)] != ""
}

// list gives the tables in the order they were made.
func (c *catalog) list() []*table {
	c.mu.RLock()
	defer c.mu.RUnlock()
	out := make([]*table, 0, len(c.tables))
	for _, t := range c.tables {
		out = append(out, t)
	}
	sortBy(out, func(a, b *table) bool { return a.id < b.id })
	return out
}

func (t *table) column(name string) *tableColumn {
	for i := range t.cols {
		if strings.EqualFold(t.cols[i].name, name) {
			return &t.cols[i]
		}
	}
	return nil
}

func (t *table) identity() *tableColumn {
	for i := range t.cols {
		if t.cols[i].identity {
			return &t.cols[i]
		}
	}
	return nil
}

// ident quotes a name for SQLite.
func ident(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// sqliteType is the type of a STRICT table's column that holds the engine's
// values.
func sqliteType(t sqlType) string {
	switch {
	case t.isExact():
		return "INTEGER"
	case t.isFloat():
		return "REAL"
	case t.isBinary():
		return "BLOB"
	default:
		return "TEXT"
	}
}
