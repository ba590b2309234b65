package tdstest

import (
	"context"
	"fmt"
	"strings"
)

// otherStatement runs what changes objects, and the rest.
func (s *session) otherStatement(ctx context.Context, st statement, out sink) error {
	switch st := st.(type) {
	case *createTable:
		s.needDDL("CREATE TABLE")
		return firstError(s.createTable(ctx, st), out.done(cmdOther, 0, false))
	case *createIndex:
		s.needDDL("CREATE INDEX")
		return firstError(s.createIndex(ctx, st), out.done(cmdOther, 0, false))
	case *createSchema:
		s.needDDL("CREATE SCHEMA")
		if s.db.catalog.hasSchema(st.name) {
			return failf(2714, "There is already an object named '%s' in the database.", st.name)
		}
		s.db.catalog.mu.Lock()
		s.db.catalog.schemas[lower(st.name)] = st.name
		s.db.catalog.mu.Unlock()
		return out.done(cmdOther, 0, false)
	case *createView:
		s.needDDL("CREATE VIEW")
		return firstError(s.createView(st), out.done(cmdOther, 0, false))
	case *alterTable:
		s.needDDL("ALTER TABLE")
		return firstError(s.alterTable(ctx, st), out.done(cmdOther, 0, false))
	case *truncate:
		return s.deleteRows(ctx, &deleteStmt{table: st.table}, out)
	case *dropStmt:
		return firstError(s.drop(ctx, st), out.done(cmdOther, 0, false))
	case *execText:
		return s.execText(ctx, st.x, out)
	case *execProc:
		return s.execProc(ctx, st, out)
	case *useStmt:
		return s.use(st.name, out)
	case *printStmt:
		v, err := s.one(ctx, st.x)
		if err != nil {
			return err
		}
		return out.info(0, fmt.Sprint(v.val))
	case *raiseStmt:
		return s.raise(ctx, st)
	case *waitFor:
		return s.wait(ctx, st)
	case *noop:
		return out.done(cmdOther, 0, false)
	default:
		return firstError(s.serverStatement(st), out.done(cmdOther, 0, false))
	}
}

func (s *session) named(parts []string) (schema, name string) {
	schema, name = "dbo", parts[len(parts)-1]
	if len(parts) > 1 && parts[len(parts)-2] != "" {
		schema = parts[len(parts)-2]
	}
	s.db.catalog.mu.RLock()
	defer s.db.catalog.mu.RUnlock()
	known, ok := s.db.catalog.schemas[lower(schema)]
	if !ok {
		panic(failf(2760, "The specified schema name \"%s\" either does not exist or you do not have permission to use it.", schema))
	}
	return known, name
}

func (s *session) createTable(ctx context.Context, st *createTable) error {
	schema, name := s.named(st.table)
	if s.db.catalog.find(st.table) != nil {
		return failf(2714, "There is already an object named '%s' in the database.", name)
	}
	t := &table{schema: schema, name: name, physical: schema + "." + name}
	for i, def := range st.cols {
		if t.column(def.name) != nil {
			return failf(2705, "Column names in each table must be unique. Column name '%s' in table '%s' is specified more than once.", def.name, name)
		}
		if def.computed != nil {
			return cannot("a computed column (%s): make it a plain one and let the fixture fill it", def.name)
		}
		col := tableColumn{columnDef: def, id: i + 1, collation: s.db.collation}
		if def.collate != "" {
			col.collation = s.compiler().collationNamed(def.collate)
		}
		t.cols = append(t.cols, col)
		if def.key != nil {
			t.keys = append(t.keys, *def.key)
		}
	}
	for _, k := range st.keys {
		if k.unique {
			t.keys = append(t.keys, k)
		}
	}
	for i := range t.keys {
		for _, col := range t.keys[i].cols {
			if c := t.column(col); c == nil {
				return failf(1911, "Column name '%s' does not exist in the target table or view.", col)
			} else if t.keys[i].primary {
				c.notNull = true
			}
		}
		if t.keys[i].name == "" {
			t.keys[i].name = fmt.Sprintf("%s__%s__%d", map[bool]string{true: "PK", false: "UQ"}[t.keys[i].primary], name, i+1)
		}
	}
	if _, err := s.execEngine(ctx, t.ddl(), nil); err != nil {
		return err
	}
	s.db.catalog.put(t)
	return nil
}

// ddl is the table in SQLite. An identity is the row's own number, which
// AUTOINCREMENT never gives twice.
func (t *table) ddl() string {
	var parts []string
	id := t.identity()
	for i := range t.cols {
		col := &t.cols[i]
		text := ident(col.name) + " " + sqliteType(col.typ)
		if col == id {
			text += " PRIMARY KEY AUTOINCREMENT"
		}
		if col.notNull {
			text += " NOT NULL"
		}
		if col.typ.isText() {
			text += " COLLATE " + col.collation.sqlite(col.typ.isUnicode())
		}
		parts = append(parts, text)
	}
	for _, k := range t.keys {
		if id != nil && len(k.cols) == 1 && strings.EqualFold(k.cols[0], id.name) {
			continue
		}
		cols := make([]string, len(k.cols))
		for i, name := range k.cols {
			cols[i] = ident(name)
		}
		parts = append(parts, "UNIQUE ("+strings.Join(cols, ", ")+")")
	}
	return "CREATE TABLE " + ident(t.physical) + " (" + strings.Join(parts, ", ") + ") STRICT"
}

func (s *session) createIndex(ctx context.Context, st *createIndex) error {
	t := s.db.catalog.find(st.table)
	if t == nil {
		return failf(1088, "Cannot find the object \"%s\" because it does not exist or you do not have permissions.", strings.Join(st.table, "."))
	}
	cols := make([]string, len(st.cols))
	for i, name := range st.cols {
		if t.column(name) == nil {
			return failf(1911, "Column name '%s' does not exist in the target table or view.", name)
		}
		cols[i] = ident(name)
		if st.desc[i] {
			cols[i] += " DESC"
		}
	}
	kind := "INDEX "
	if st.unique {
		kind = "UNIQUE INDEX "
	}
	if _, err := s.execEngine(ctx, "CREATE "+kind+ident(t.physical+"."+st.name)+" ON "+ident(t.physical)+" ("+strings.Join(cols, ", ")+")", nil); err != nil {
		return err
	}
	changed := *t
	changed.indexes = append(append([]createIndex{}, t.indexes...), *st)
	s.db.catalog.put(&changed)
	return nil
}

func (s *session) createView(st *createView) error {
	schema, name := s.named(st.name)
	if s.db.catalog.find(st.name) != nil {
		return failf(2714, "There is already an object named '%s' in the database.", name)
	}
	_, cols := s.compiler().query(nil, st.q)
	t := &table{schema: schema, name: name, view: st.q}
	for i, col := range boundColumns(cols, nil, "") {
		t.cols = append(t.cols, tableColumn{columnDef: columnDef{name: col.name, typ: col.typ, notNull: !col.nullable}, id: i + 1, collation: s.db.collation})
	}
	s.db.catalog.put(t)
	return nil
}

func (s *session) alterTable(ctx context.Context, st *alterTable) error {
	old := s.db.catalog.find(st.table)
	if old == nil || old.view != nil {
		return failf(4902, "Cannot find the object \"%s\" because it does not exist or you do not have permissions.", strings.Join(st.table, "."))
	}
	t := *old
	t.cols = append([]tableColumn{}, old.cols...)
	switch {
	case st.alter != nil:
		return s.alterColumn(ctx, &t, st.alter)
	case st.drop != nil:
		for _, name := range st.drop {
			col := t.column(name)
			if col == nil {
				return failf(4924, "ALTER TABLE DROP COLUMN failed because column '%s' does not exist in table '%s'.", name, t.name)
			}
			if _, err := s.execEngine(ctx, "ALTER TABLE "+ident(t.physical)+" DROP COLUMN "+ident(col.name), nil); err != nil {
				return err
			}
			for i := range t.cols {
				if t.cols[i].name == col.name {
					t.cols = append(t.cols[:i], t.cols[i+1:]...)
					break
				}
			}
		}
	default:
		for _, def := range st.add {
			if t.column(def.name) != nil {
				return failf(2705, "Column names in each table must be unique. Column name '%s' in table '%s' is specified more than once.", def.name, t.name)
			}
			if err := s.addColumn(ctx, &t, def); err != nil {
				return err
			}
		}
	}
	s.db.catalog.put(&t)
	return nil
}

func (s *session) addColumn(ctx context.Context, t *table, def columnDef) error {
	col := tableColumn{columnDef: def, id: t.cols[len(t.cols)-1].id + 1, collation: s.db.collation}
	text := "ALTER TABLE " + ident(t.physical) + " ADD COLUMN " + ident(def.name) + " " + sqliteType(def.typ)
	if def.typ.isText() {
		text += " COLLATE " + col.collation.sqlite(def.typ.isUnicode())
	}
	if _, err := s.execEngine(ctx, text, nil); err != nil {
		return err
	}
	t.cols = append(t.cols, col)
	if def.deflt == nil || !def.notNull {
		return nil
	}
	c := s.compiler()
	_, err := s.execEngine(ctx, "UPDATE "+ident(t.physical)+" SET "+ident(def.name)+" = "+s.cell(c, &col, nil), c.args)
	return err
}

// alterColumn gives a column another type; what is in it is converted.
func (s *session) alterColumn(ctx context.Context, t *table, def *columnDef) error {
	col := t.column(def.name)
	if col == nil {
		return failf(4924, "ALTER TABLE ALTER COLUMN failed because column '%s' does not exist in table '%s'.", def.name, t.name)
	}
	if sqliteType(def.typ) != sqliteType(col.typ) {
		return cannot("ALTER COLUMN from %s to %s", col.typ, def.typ)
	}
	c := s.compiler()
	v := value{sql: ident(col.name), typ: col.typ, nullable: true, name: col.name}
	if _, err := s.execEngine(ctx, "UPDATE "+ident(t.physical)+" SET "+ident(col.name)+" = "+c.to(v, def.typ, true).sql, c.args); err != nil {
		return err
	}
	col.typ, col.notNull = def.typ, def.notNull
	s.db.catalog.put(t)
	return nil
}

func (s *session) drop(ctx context.Context, st *dropStmt) error {
	for _, name := range st.names {
		if err := s.dropOne(ctx, st, name); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) dropOne(ctx context.Context, st *dropStmt, name []string) error {
	missing := failf(3701, "Cannot drop the %s '%s', because it does not exist or you do not have permission.", lower(st.what), strings.Join(name, "."))
	last := name[len(name)-1]
	switch st.what {
	case "TABLE", "VIEW":
		s.needDDL("DROP " + st.what)
		t := s.db.catalog.find(name)
		if t == nil || (t.view != nil) != (st.what == "VIEW") {
			if st.ifExists {
				return nil
			}
			return missing
		}
		if t.view == nil {
			if _, err := s.execEngine(ctx, "DROP TABLE "+ident(t.physical), nil); err != nil {
				return err
			}
		}
		s.db.catalog.remove(t)
		return nil
	case "INDEX":
		return s.dropIndex(ctx, st, last, missing)
	case "SCHEMA":
		s.needDDL("DROP SCHEMA")
		s.db.catalog.mu.Lock()
		defer s.db.catalog.mu.Unlock()
		delete(s.db.catalog.schemas, lower(last))
		return nil
	default:
		return s.srv.dropOf(ctx, s, st.what, last, st.ifExists, missing)
	}
}

func (s *session) dropIndex(ctx context.Context, st *dropStmt, name string, missing error) error {
	s.needDDL("DROP INDEX")
	if st.on == nil {
		return failf(159, "Must specify the table name and index name for the DROP INDEX statement.")
	}
	t := s.db.catalog.find(st.on)
	if t == nil {
		return missing
	}
	changed := *t
	changed.indexes = nil
	for _, ix := range t.indexes {
		if !strings.EqualFold(ix.name, name) {
			changed.indexes = append(changed.indexes, ix)
		}
	}
	if len(changed.indexes) == len(t.indexes) {
		if st.ifExists {
			return nil
		}
		return missing
	}
	s.db.catalog.put(&changed)
	_, err := s.execEngine(ctx, "DROP INDEX IF EXISTS "+ident(t.physical+"."+name), nil)
	return err
}
