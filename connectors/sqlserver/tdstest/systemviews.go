package tdstest

import (
	"fmt"
	"strings"
)

// viewColumn is a column of a system view.
type viewColumn struct {
	name string
	typ  sqlType
}

func names(cols ...string) []viewColumn { // "name:type"
	types := map[string]sqlType{
		"name": tSysname, "int": tInt, "bit": tBit, "tinyint": {kind: kTinyInt}, "smallint": {kind: kSmallInt}, "bigint": tBigInt,
		"datetime": tDateTime, "text": nVarChar(128), "long": nVarChar(4000), "type": {kind: kChar, size: 2}, "word": varChar(11), "desc": nVarChar(60),
	}
	out := make([]viewColumn, len(cols))
	for i, col := range cols {
		name, typ, _ := strings.Cut(col, ":")
		out[i] = viewColumn{name, types[typ]}
	}
	return out
}

// systemView compiles a view of sys or INFORMATION_SCHEMA: its rows as they are
// now, put into the statement.
func (c *compiler) systemView(parts []string) (string, []value, bool) {
	if len(parts) < 2 {
		return "", nil, false
	}
	in := c
	if len(parts) > 2 && parts[len(parts)-3] != "" {
		if d := c.sess.srv.eng.database(parts[len(parts)-3]); d != nil && d != c.db {
			other := *c
			other.db = d
			in = &other
		}
	}
	schema, view := lower(parts[len(parts)-2]), lower(parts[len(parts)-1])
	var cols []viewColumn
	var rows [][]any
	switch schema {
	case "sys":
		cols, rows = in.sysView(view)
	case "information_schema":
		cols, rows = in.informationSchema(view)
	default:
		return "", nil, false
	}
	if cols == nil {
		panic(failf(208, "Invalid object name '%s'.", strings.Join(parts, ".")))
	}
	sql, vals := c.literalRows(cols, rows)
	return sql, vals, true
}

// literalRows writes rows that are known.
func (c *compiler) literalRows(cols []viewColumn, rows [][]any) (string, []value) {
	out := make([]value, len(cols))
	heads := make([]string, len(cols))
	for i, col := range cols {
		out[i] = value{sql: fmt.Sprintf(`"c%d"`, i+1), typ: col.typ, name: col.name, nullable: true}
		heads[i] = fmt.Sprintf(`column%d AS "c%d"`, i+1, i+1)
	}
	if len(rows) == 0 {
		for i := range heads {
			heads[i] = fmt.Sprintf(`NULL AS "c%d"`, i+1)
		}
		return "SELECT " + strings.Join(heads, ", ") + " WHERE 0", out
	}
	lines := make([]string, len(rows))
	for r, row := range rows {
		cells := make([]string, len(cols))
		for i, v := range row {
			switch x := v.(type) {
			case int:
				v = int64(x)
			case bool:
				v = map[bool]int64{true: 1}[x]
			case string:
				cells[i] = "'" + strings.ReplaceAll(x, "'", "''") + "'"
				continue
			}
			cells[i] = c.constant(v, cols[i].typ).sql
		}
		lines[r] = "(" + strings.Join(cells, ",") + ")"
	}
	return "SELECT " + strings.Join(heads, ", ") + " FROM (VALUES " + strings.Join(lines, ",") + ")", out
}

// seen are the tables that the login may see.
func (c *compiler) seen() []*table {
	var out []*table
	for _, t := range c.db.catalog.list() {
		for _, right := range tableRights {
			if c.sess.may(right, c.db, t) {
				out = append(out, t)
				break
			}
		}
	}
	return out
}

func (c *compiler) sysView(view string) (cols []viewColumn, rows [][]any) {
	created := "2026-01-01 00:00:00.0000000"
	switch view {
	case "databases":
		cols = names("name:name", "database_id:int", "collation_name:name", "snapshot_isolation_state:tinyint", "snapshot_isolation_state_desc:desc",
			"is_read_committed_snapshot_on:bit", "state:tinyint", "state_desc:desc", "user_access:tinyint", "user_access_desc:desc",
			"compatibility_level:tinyint", "is_read_only:bit", "create_date:datetime")
		for _, d := range c.sess.srv.eng.list() {
			if !c.sess.login.sysadmin && d.id != 1 && d != c.db && d.rightsOf(c.sess.login.name) == nil {
				continue
			}
			state, words := 0, "ONLINE"
			if d.offline {
				state, words = 6, "OFFLINE"
			}
			access, accessWords := 0, "MULTI_USER"
			if d.singleUser {
				access, accessWords = 1, "SINGLE_USER"
			}
			rows = append(rows, []any{d.name, d.id, d.collation.name, d.snapshot, map[bool]string{true: "ON", false: "OFF"}[d.snapshot], d.rcsi, state, words, access, accessWords, d.compatLevel, false, created})
		}
	case "schemas":
		cols = names("name:name", "schema_id:int", "principal_id:int")
		for i, s := range c.schemas() {
			rows = append(rows, []any{s, i + 1, 1})
		}
	case "tables", "objects", "views":
		cols = names("name:name", "object_id:int", "schema_id:int", "type:type", "type_desc:desc", "create_date:datetime", "modify_date:datetime", "is_ms_shipped:bit", "principal_id:int", "parent_object_id:int")
		for _, t := range c.seen() {
			kind, desc := "U ", "USER_TABLE"
			if t.view != nil {
				kind, desc = "V ", "VIEW"
			}
			if view == "tables" && t.view != nil || view == "views" && t.view == nil {
				continue
			}
			rows = append(rows, []any{t.name, t.id, c.schemaID(t.schema), kind, desc, created, created, false, nil, 0})
		}
	case "types":
		cols = names("name:name", "system_type_id:tinyint", "user_type_id:int", "schema_id:int", "max_length:smallint", "precision:tinyint", "scale:tinyint")
		for k, id := range systemTypes {
			rows = append(rows, []any{k.String(), id, id, 4, 0, 0, 0})
		}
		sortBy(rows, func(a, b []any) bool { return a[1].(int) < b[1].(int) }) //nolint:forcetypeassert // written above
	default:
		return c.sysViewMore(view)
	}
	return cols, rows
}

func (c *compiler) sysViewMore(view string) (cols []viewColumn, rows [][]any) {
	switch view {
	case "columns", "all_columns":
		cols = names("object_id:int", "name:name", "column_id:int", "system_type_id:tinyint", "user_type_id:int", "max_length:smallint", "precision:tinyint",
			"scale:tinyint", "collation_name:name", "is_nullable:bit", "is_identity:bit", "is_computed:bit")
		for _, t := range c.seen() {
			for i := range t.cols {
				col := &t.cols[i]
				p, s := col.typ.measures()
				rows = append(rows, []any{t.id, col.name, col.id, systemTypes[col.typ.kind], systemTypes[col.typ.kind], col.typ.maxLength(), p, s, col.collationName(), !col.notNull, col.identity, false})
			}
		}
	case "indexes":
		cols = names("object_id:int", "name:name", "index_id:int", "type:tinyint", "type_desc:desc", "is_unique:bit", "is_primary_key:bit", "is_unique_constraint:bit", "is_disabled:bit", "has_filter:bit")
		c.eachIndex(func(t *table, n int, name string, k keyDef, _ []bool) {
			kind, desc := 2, "NONCLUSTERED"
			if k.primary {
				kind, desc = 1, "CLUSTERED"
			}
			rows = append(rows, []any{t.id, name, n, kind, desc, k.unique, k.primary, k.unique && !k.primary && n <= len(t.keys), false, false})
		})
	case "index_columns":
		cols = names("object_id:int", "index_id:int", "index_column_id:int", "column_id:int", "key_ordinal:tinyint", "is_descending_key:bit", "is_included_column:bit")
		c.eachIndex(func(t *table, n int, _ string, k keyDef, desc []bool) {
			for i, name := range k.cols {
				rows = append(rows, []any{t.id, n, i + 1, t.column(name).id, i + 1, i < len(desc) && desc[i], false})
			}
		})
	case "database_principals":
		cols = names("name:name", "principal_id:int", "type:type", "type_desc:desc")
		rows = append(rows, []any{"dbo", 1, "S ", "SQL_USER"})
		c.db.mu.Lock()
		for _, r := range c.db.rights {
			rows = append(rows, []any{r.user, 4 + len(rows), "S ", "SQL_USER"})
		}
		c.db.mu.Unlock()
		sortBy(rows[1:], func(a, b []any) bool { return fmt.Sprint(a[0]) < fmt.Sprint(b[0]) })
	case "server_principals", "sql_logins":
		cols = names("name:name", "principal_id:int", "type:type", "type_desc:desc", "is_disabled:bit")
		for i, l := range c.sess.srv.loginNames() {
			if c.sess.login.sysadmin || strings.EqualFold(l, c.sess.login.name) {
				rows = append(rows, []any{l, 256 + i, "S ", "SQL_LOGIN", false})
			}
		}
	case "dm_exec_sessions":
		cols = names("session_id:smallint", "login_name:name", "program_name:name", "host_name:name", "transaction_isolation_level:smallint", "is_user_process:bit")
		rows = append(rows, []any{c.sess.id, c.sess.login.name, c.sess.app, "client", c.sess.isolationNumber(), true})
	}
	return cols, rows
}

func (s *session) isolationNumber() int {
	return map[string]int{"READ UNCOMMITTED": 1, "": 2, "READ COMMITTED": 2, "REPEATABLE READ": 3, "SERIALIZABLE": 4, "SNAPSHOT": 5}[s.isolation]
}

// eachIndex walks the keys and indexes of the tables that may be seen.
func (c *compiler) eachIndex(visit func(t *table, n int, name string, k keyDef, desc []bool)) {
	for _, t := range c.seen() {
		for i, k := range t.keys {
			visit(t, i+1, k.name, k, nil)
		}
		for i, ix := range t.indexes {
			visit(t, len(t.keys)+i+1, ix.name, keyDef{unique: ix.unique, cols: ix.cols}, ix.desc)
		}
	}
}

// systemTypes are the numbers of sys.types.
var systemTypes = map[kind]int{
	kGUID: 36, kDate: 40, kTime: 41, kDateTime2: 42, kDateTimeOffset: 43, kTinyInt: 48, kSmallInt: 52, kInt: 56, kSmallDateTime: 58, kReal: 59, kMoney: 60,
	kDateTime: 61, kFloat: 62, kBit: 104, kDecimal: 106, kSmallMoney: 122, kBigInt: 127, kVarBinary: 165, kVarChar: 167, kBinary: 173, kChar: 175, kNVarChar: 231,
	kNChar: 239, kXML: 241,
}

// maxLength is the length in bytes as sys.columns gives it.
func (t sqlType) maxLength() int {
	switch {
	case t.size < 0 || t.kind == kXML:
		return -1
	case t.isUnicode():
		return 2 * t.size
	case t.isText() || t.isBinary():
		return t.size
	case t.kind == kDecimal:
		return decimalBytes(t.prec)
	default:
		return map[kind]int{
			kBit: 1, kTinyInt: 1, kSmallInt: 2, kInt: 4, kBigInt: 8, kReal: 4, kFloat: 8, kMoney: 8, kSmallMoney: 4, kDateTime: 8, kSmallDateTime: 4,
			kDate: 3, kTime: 5, kDateTime2: 8, kDateTimeOffset: 10, kGUID: 16,
		}[t.kind]
	}
}

func (t sqlType) measures() (prec, scale int) {
	switch t.kind {
	case kDecimal:
		return t.prec, t.scale
	case kBit, kTinyInt, kSmallInt, kInt, kBigInt, kMoney, kSmallMoney:
		return t.asDecimal().prec, t.scaleOf()
	case kDateTime:
		return 23, 3
	case kSmallDateTime:
		return 16, 0
	case kDate:
		return 10, 0
	case kTime, kDateTime2, kDateTimeOffset:
		return map[kind]int{kTime: 8, kDateTime2: 19, kDateTimeOffset: 26}[t.kind] + min(t.scale, 1) + t.scale, t.scale
	case kFloat:
		return 53, 0
	case kReal:
		return 24, 0
	default:
		return 0, 0
	}
}

func (c *tableColumn) collationName() any {
	if c.typ.isText() && c.typ.kind != kXML {
		return c.collation.name
	}
	return nil
}

func (c *compiler) informationSchema(view string) (cols []viewColumn, rows [][]any) {
	switch view {
	case "tables":
		cols = names("TABLE_CATALOG:name", "TABLE_SCHEMA:name", "TABLE_NAME:name", "TABLE_TYPE:word")
		for _, t := range c.seen() {
			rows = append(rows, []any{c.db.name, t.schema, t.name, map[bool]string{true: "VIEW", false: "BASE TABLE"}[t.view != nil]})
		}
	case "schemata":
		cols = names("CATALOG_NAME:name", "SCHEMA_NAME:name", "SCHEMA_OWNER:name")
		for _, s := range c.schemas() {
			rows = append(rows, []any{c.db.name, s, "dbo"})
		}
	case "columns":
		cols = names("TABLE_CATALOG:name", "TABLE_SCHEMA:name", "TABLE_NAME:name", "COLUMN_NAME:name", "ORDINAL_POSITION:int", "COLUMN_DEFAULT:long", "IS_NULLABLE:word",
			"DATA_TYPE:text", "CHARACTER_MAXIMUM_LENGTH:int", "CHARACTER_OCTET_LENGTH:int", "NUMERIC_PRECISION:tinyint", "NUMERIC_SCALE:int", "DATETIME_PRECISION:smallint", "CHARACTER_SET_NAME:name", "COLLATION_NAME:name")
		for _, t := range c.seen() {
			for i := range t.cols {
				rows = append(rows, c.informationColumn(t, &t.cols[i]))
			}
		}
	}
	return cols, rows
}

func (c *compiler) informationColumn(t *table, col *tableColumn) []any {
	row := []any{
		c.db.name, t.schema, t.name, col.name, col.id, nil, map[bool]string{true: "NO", false: "YES"}[col.notNull],
		col.typ.kind.String(), nil, nil, nil, nil, nil, nil, col.collationName(),
	}
	p, s := col.typ.measures()
	switch {
	case col.typ.isText() || col.typ.isBinary():
		row[8], row[9] = col.typ.size, col.typ.maxLength()
		if col.typ.isText() {
			row[13] = map[bool]string{true: "UNICODE", false: fmt.Sprintf("cp%d", c.db.collation.codePage)}[col.typ.isUnicode()]
		}
	case col.typ.isNumber():
		row[10], row[11] = p, s
	case col.typ.isTemporal():
		row[12] = s
	}
	return row
}

// tableFunction compiles a function in FROM.
func (c *compiler) tableFunction(e *call) (string, []value) {
	if lower(e.name) != "fn_my_permissions" {
		panic(failf(208, "Invalid object name '%s'.", lower(e.name)))
	}
	sc := &scope{}
	name, class := c.textArg(sc, e, 0), lower(c.textArg(sc, e, 1))
	cols := names("entity_name:name", "subentity_name:name", "permission_name:desc")
	var rows [][]any
	switch class {
	case "object":
		t := c.objectNamed(name)
		for _, right := range tableRights {
			if t != nil && c.sess.may(right, c.db, t) {
				rows = append(rows, []any{name, "", right})
			}
		}
	case "database":
		for _, right := range []string{"CONNECT", "SELECT", "INSERT", "UPDATE", "DELETE", "ALTER", "CONTROL", "EXECUTE", "CREATE TABLE"} {
			if c.sess.login.sysadmin || c.db.rightsOf(c.sess.login.name).may(right, nil) {
				rows = append(rows, []any{"database", "", right})
			}
		}
	case "server":
		rows = append(rows, []any{"server", "", "CONNECT SQL"})
		if c.sess.login.sysadmin {
			rows = append(rows, []any{"server", "", "CONTROL SERVER"})
		}
	}
	return c.literalRows(cols, rows)
}
