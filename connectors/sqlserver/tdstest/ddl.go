package tdstest

import (
	"context"
	"fmt"
	"strings"
	"time"
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
		return s.srv.dropOf(s, st.what, last, st.ifExists, missing)
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

func (s *session) use(name string, out sink) error {
	d := s.srv.eng.database(name)
	if d == nil {
		return failf(911, "Database '%s' does not exist. Make sure that the name is entered correctly.", name)
	}
	if !s.srv.mayEnter(s.login, d) {
		return failf(916, "The server principal \"%s\" is not able to access the database \"%s\" under the current security context.", s.login.name, name)
	}
	was := s.db.name
	s.srv.mu.Lock() // others ask who uses a database
	s.db = d
	s.srv.mu.Unlock()
	return firstError(out.database(was, d.name), out.done(cmdOther, 0, false))
}

// execText runs EXEC ('…') and the first argument of sp_executesql.
func (s *session) execText(ctx context.Context, e expr, out sink) error {
	v, err := s.one(ctx, e)
	if err != nil {
		return err
	}
	text, ok := v.val.(string)
	if !ok {
		return failf(214, "Procedure expects parameter '@statement' of type 'ntext/nchar/nvarchar'.")
	}
	return s.nested(ctx, text, map[string]parameter{}, out)
}

func (s *session) nested(ctx context.Context, text string, with map[string]parameter, out sink) error {
	if s.depth++; s.depth > 32 {
		return failf(217, "Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).")
	}
	outer := s.variables
	s.variables = with
	defer func() { s.variables, s.depth = outer, s.depth-1 }()
	return s.batch(ctx, text, out)
}

// execProc runs the few procedures that are known.
func (s *session) execProc(ctx context.Context, st *execProc, out sink) error {
	name := lower(st.name[len(st.name)-1])
	vals := make([]value, len(st.args))
	for i, a := range st.args {
		if col, ok := a.(*column); ok { // EXEC takes bare words as text
			a = &literal{nVarChar(128), col.parts[len(col.parts)-1]}
		}
		v, err := s.one(ctx, a)
		if err != nil {
			return err
		}
		vals[i] = v
	}
	switch name {
	case "sp_executesql":
		return s.executeSQL(ctx, st, vals, out)
	case "sp_reset_connection":
		s.reset(ctx)
		return nil
	case "sp_addrolemember", "sp_addsrvrolemember":
		if len(vals) != 2 {
			return failf(201, "Procedure expects parameter '@membername', which was not supplied.")
		}
		role, member := fmt.Sprint(vals[0].val), fmt.Sprint(vals[1].val)
		if name == "sp_addsrvrolemember" {
			role, member = member, role
		}
		return firstError(s.serverStatement(&alterRole{role: role, member: member, server: name == "sp_addsrvrolemember"}), out.done(cmdOther, 0, false))
	default:
		return failf(2812, "Could not find stored procedure '%s'.", strings.Join(st.name, "."))
	}
}

func (s *session) executeSQL(ctx context.Context, st *execProc, vals []value, out sink) error {
	if len(vals) == 0 {
		return failf(201, "Procedure or function 'sp_executesql' expects parameter '@stmt', which was not supplied.")
	}
	text, _ := vals[0].val.(string)
	with := map[string]parameter{}
	if len(vals) > 1 {
		decl, _ := vals[1].val.(string)
		list, err := parse("DECLARE " + decl)
		if err != nil && strings.TrimSpace(decl) != "" {
			return err
		}
		for _, d := range declared(list) {
			with[d.name] = parameter{name: d.name, typ: d.typ}
		}
		order := declared(list)
		for i, v := range vals[2:] {
			name := st.named[i+2]
			if name == "" && i < len(order) {
				name = order[i].name
			}
			p, ok := with[name]
			if !ok {
				return failf(8145, "%s is not a parameter for procedure sp_executesql.", name)
			}
			if p.value, err = (converter{s.db.collation}).convert(v.val, v.typ, p.typ, 0); err != nil {
				return err
			}
			with[name] = p
		}
	}
	return s.nested(ctx, text, with, out)
}

func declared(list []statement) []*declare {
	var out []*declare
	for _, st := range list {
		if b, ok := st.(*block); ok {
			for _, d := range b.list {
				if d, ok := d.(*declare); ok {
					out = append(out, d)
				}
			}
		}
	}
	return out
}

// raise is RAISERROR and THROW.
func (s *session) raise(ctx context.Context, st *raiseStmt) error {
	vals := make([]any, len(st.args))
	for i, a := range st.args {
		v, err := s.one(ctx, a)
		if err != nil {
			return err
		}
		vals[i] = v.val
	}
	if text, ok := vals[0].(string); ok && len(vals) >= 3 { // text, severity, state
		class, _ := vals[1].(int64)
		if class <= 10 {
			return nil
		}
		return &sqlError{Number: 50000, Class: byte(class), Message: text} //nolint:gosec // 0-25
	}
	n, _ := vals[0].(int64)
	e := &sqlError{Number: int32(n)} //nolint:gosec // as given
	if len(vals) > 1 {
		e.Message, _ = vals[1].(string)
	}
	return e
}

// wait is WAITFOR DELAY: an attention ends it.
func (s *session) wait(ctx context.Context, st *waitFor) error {
	v, err := s.one(ctx, st.delay)
	if err != nil {
		return err
	}
	text, _ := v.val.(string)
	at, ok := readTemporal(text)
	if !ok {
		return failf(148, "Incorrect time syntax in time string '%s' used with WAITFOR.", text)
	}
	y, m, d := at.Date()
	timer := time.NewTimer(at.Sub(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
