package tdstest

import (
	"fmt"
	"strings"
)

// version is what SERVERPROPERTY('ProductVersion') says, cut from @@VERSION.
func (s *Server) productVersion() string {
	if _, rest, ok := strings.Cut(s.opts.Version, " - "); ok {
		return strings.Fields(rest)[0]
	}
	return "15.0.2000.5"
}

func (s *Server) edition() string {
	for _, e := range []string{"Express Edition", "Standard Edition", "Enterprise Edition", "Developer Edition"} {
		if strings.Contains(s.opts.Version, e) {
			return e + " (64-bit)"
		}
	}
	return "Express Edition (64-bit)"
}

// sessionConstant is @@X.
func (c *compiler) sessionConstant(name string) value {
	s := c.sess
	whole := func(n int64, t sqlType) value { return c.constant(n, t) }
	switch name {
	case "@@version":
		return c.constant(s.srv.opts.Version, nVarChar(300))
	case "@@servername":
		return c.constant(serverName, nVarChar(128))
	case "@@servicename":
		return c.constant("MSSQLSERVER", nVarChar(128))
	case "@@spid":
		return whole(int64(s.id), sqlType{kind: kSmallInt})
	case "@@trancount":
		return whole(int64(s.tran), tInt)
	case "@@rowcount":
		return whole(s.rowCount, tInt)
	case "@@error":
		return whole(int64(s.lastError), tInt)
	case "@@identity":
		return c.constant(s.identity, decimalType(38, 0))
	case "@@lock_timeout":
		return whole(s.lockTimeout, tInt)
	case "@@language":
		return c.constant("us_english", nVarChar(128))
	case "@@datefirst":
		return whole(7, sqlType{kind: kTinyInt})
	case "@@microsoftversion":
		return whole(0x0F0007D0, tInt)
	case "@@max_precision":
		return whole(38, sqlType{kind: kTinyInt})
	default:
		panic(failf(137, "Must declare the scalar variable \"%s\".", name))
	}
}

const serverName = "TDSTEST"

// information compiles functions that tell of the server, the session and the
// catalogue: their values are known now. ok is false for all others.
func (c *compiler) information(sc *scope, e *call) (v value, ok bool) {
	s := c.sess
	switch e.name {
	case "GETDATE", "SYSDATETIME", "GETUTCDATE", "SYSUTCDATETIME", "SYSDATETIMEOFFSET":
		at, t := s.now, tDateTime
		switch e.name {
		case "SYSDATETIME":
			t = sqlType{kind: kDateTime2, scale: 7}
		case "GETUTCDATE":
			at = at.UTC()
		case "SYSUTCDATETIME":
			at, t = at.UTC(), sqlType{kind: kDateTime2, scale: 7}
		case "SYSDATETIMEOFFSET":
			t = sqlType{kind: kDateTimeOffset, scale: 7}
		}
		text, err := formatTemporal(at, t)
		if err != nil {
			panic(asSQLError(err))
		}
		return c.constant(text, t), true
	case "SCOPE_IDENTITY":
		return c.constant(s.identity, decimalType(38, 0)), true
	case "SYSTEM_USER", "SUSER_SNAME", "SUSER_NAME", "ORIGINAL_LOGIN":
		return c.constant(s.login.name, tSysname), true
	case "USER_NAME", "CURRENT_USER", "SESSION_USER", "USER":
		return c.constant(s.user(), tSysname), true
	case "APP_NAME":
		return c.constant(s.app, tSysname), true
	case "HOST_NAME":
		return c.constant("client", tSysname), true
	case "XACT_STATE":
		return c.constant(int64(min(1, s.tran)), sqlType{kind: kSmallInt}), true
	case "SCHEMA_NAME":
		return c.constant("dbo", tSysname), true
	case "CONNECTIONPROPERTY":
		if c.textArg(sc, e, 0) == "net_transport" {
			return c.constant("TCP", nVarChar(40)), true
		}
		return c.constant(nil, nVarChar(40)), true
	}
	return c.catalogueFunction(sc, e)
}

// textArg is an argument that has to be known; NULL is "".
func (c *compiler) textArg(sc *scope, e *call, n int) string {
	if n >= len(e.args) {
		return ""
	}
	v := c.value(sc, e.args[n])
	if !v.known {
		panic(cannot("%s of something that is not a constant", e.name))
	}
	switch s := v.val.(type) {
	case nil:
		return ""
	case string:
		return s
	default:
		return fmt.Sprint(s)
	}
}

func (s *session) user() string {
	if r := s.db.rightsOf(s.login.name); r != nil {
		return r.user
	}
	if s.login.sysadmin {
		return "dbo"
	}
	return "guest"
}

func (c *compiler) catalogueFunction(sc *scope, e *call) (value, bool) {
	s := c.sess
	maybe := func(n int64) value {
		if n == 0 {
			return c.constant(nil, tInt)
		}
		return c.constant(n, tInt)
	}
	switch e.name {
	case "DB_NAME", "DB_ID":
		d := c.db
		if len(e.args) > 0 {
			d = s.srv.eng.databaseBy(c.textArg(sc, e, 0))
		}
		switch {
		case d == nil:
			return c.constant(nil, tSysname), true
		case e.name == "DB_ID":
			return maybe(d.id), true
		default:
			return c.constant(d.name, tSysname), true
		}
	case "SCHEMA_ID":
		return maybe(c.schemaID(c.textArg(sc, e, 0))), true
	case "OBJECT_ID":
		return maybe(c.objectID(c.textArg(sc, e, 0))), true
	case "COL_LENGTH":
		t := c.objectNamed(c.textArg(sc, e, 0))
		if t == nil || t.column(c.textArg(sc, e, 1)) == nil {
			return c.constant(nil, tInt), true
		}
		return c.constant(int64(t.column(c.textArg(sc, e, 1)).typ.maxLength()), tInt), true
	case "DATABASEPROPERTYEX":
		return c.databaseProperty(c.textArg(sc, e, 0), c.textArg(sc, e, 1)), true
	case "SUSER_ID":
		if p := s.srv.findLogin(c.textArg(sc, e, 0)); p == nil {
			return maybe(0), true
		}
		return maybe(1), true
	case "USER_ID", "DATABASE_PRINCIPAL_ID":
		if s.db.byUser(c.textArg(sc, e, 0)) == nil {
			return maybe(0), true
		}
		return maybe(5), true
	case "COLLATIONPROPERTY":
		return c.collationProperty(c.value(sc, e.args[0]), c.textArg(sc, e, 1)), true
	case "SERVERPROPERTY":
		return c.serverProperty(c.textArg(sc, e, 0)), true
	case "HAS_DBACCESS":
		d := s.srv.eng.database(c.textArg(sc, e, 0))
		if d == nil {
			return c.constant(nil, tInt), true
		}
		return c.yesNo(s.srv.mayEnter(s.login, d)), true
	case "IS_SRVROLEMEMBER":
		role := lower(c.textArg(sc, e, 0))
		return c.yesNo(s.login.sysadmin || s.login.roles[role] || role == "public"), true
	case "IS_MEMBER", "IS_ROLEMEMBER":
		return c.roleMember(c.textArg(sc, e, 0)), true
	case "HAS_PERMS_BY_NAME":
		return c.hasPerms(sc, e), true
	default:
		return value{}, false
	}
}

func (e *engine) databaseBy(name string) *database {
	for _, d := range e.list() {
		if strings.EqualFold(d.name, name) || fmt.Sprint(d.id) == name {
			return d
		}
	}
	return nil
}

func (c *compiler) yesNo(b bool) value {
	if b {
		return c.constant(int64(1), tInt)
	}
	return c.constant(int64(0), tInt)
}

func (c *compiler) schemaID(name string) int64 {
	for i, s := range c.schemas() {
		if strings.EqualFold(s, name) {
			return int64(i + 1)
		}
	}
	return 0
}

// schemas are the database's in the order of their numbers.
func (c *compiler) schemas() []string {
	c.db.catalog.mu.RLock()
	defer c.db.catalog.mu.RUnlock()
	out := []string{"dbo", "guest", "INFORMATION_SCHEMA", "sys"}
	var more []string
	for low, name := range c.db.catalog.schemas {
		if low != "dbo" && low != "sys" && low != "information_schema" {
			more = append(more, name)
		}
	}
	sortBy(more, func(a, b string) bool { return a < b })
	return append(out, more...)
}

// objectNamed finds the table that a text names, with or without brackets.
func (c *compiler) objectNamed(text string) *table {
	parts := nameParts(text)
	if len(parts) == 0 {
		return nil
	}
	return c.db.catalog.find(parts)
}

func (c *compiler) objectID(text string) int64 {
	if t := c.objectNamed(text); t != nil {
		return t.id
	}
	return 0
}

func (c *compiler) databaseProperty(name, property string) value {
	d := c.sess.srv.eng.database(name)
	if d == nil {
		return c.constant(nil, tSysname)
	}
	words := map[string]string{"collation": d.collation.name, "status": "ONLINE", "updateability": "READ_WRITE", "useraccess": "MULTI_USER", "recovery": "SIMPLE"}
	if d.offline {
		words["status"] = "OFFLINE"
	}
	if d.singleUser {
		words["useraccess"] = "SINGLE_USER"
	}
	if w, ok := words[lower(property)]; ok {
		return c.constant(w, tSysname)
	}
	return c.constant(nil, tSysname)
}

func (c *compiler) serverProperty(property string) value {
	s := c.sess.srv
	words := map[string]string{
		"productversion": s.productVersion(), "edition": s.edition(), "machinename": serverName, "servername": serverName,
		"productlevel": "RTM", "collation": s.eng.collation.name,
	}
	if w, ok := words[lower(property)]; ok {
		return c.constant(w, tSysname)
	}
	numbers := map[string]int64{"engineedition": 4, "isintegratedsecurityonly": 0, "isclustered": 0, "ishadrenabled": 0, "lcid": int64(s.eng.collation.lcid & 0xfffff)}
	if n, ok := numbers[lower(property)]; ok {
		return c.constant(n, tInt)
	}
	if lower(property) == "productmajorversion" {
		major, _, _ := strings.Cut(s.productVersion(), ".")
		return c.constant(major, tSysname)
	}
	return c.constant(nil, tSysname) // InstanceName of the default instance, too
}

func (c *compiler) roleMember(role string) value {
	s := c.sess
	known := " db_owner db_accessadmin db_securityadmin db_ddladmin db_backupoperator db_datareader db_datawriter db_denydatareader db_denydatawriter public "
	if !strings.Contains(known, " "+lower(role)+" ") {
		return c.constant(nil, tInt)
	}
	r := s.db.rightsOf(s.login.name)
	return c.yesNo(lower(role) == "public" || r != nil && r.roles[lower(role)] || s.login.sysadmin && lower(role) == "db_owner")
}

func (c *compiler) hasPerms(sc *scope, e *call) value {
	class, right := lower(c.textArg(sc, e, 1)), strings.ToUpper(c.textArg(sc, e, 2))
	if v := c.value(sc, e.args[0]); !v.known && class == "object" {
		return c.objectPerms(v, right)
	}
	name := c.textArg(sc, e, 0)
	s := c.sess
	switch class {
	case "database":
		d := c.db
		if name != "" {
			d = s.srv.eng.databaseBy(strings.Trim(name, "[]"))
		}
		if d == nil {
			return c.constant(nil, tInt)
		}
		if right == "ANY" {
			return c.yesNo(s.srv.mayEnter(s.login, d))
		}
		return c.yesNo(s.login.sysadmin || d.rightsOf(s.login.name).may(right, nil))
	case "object":
		t := c.objectNamed(name)
		if t == nil {
			return c.constant(nil, tInt)
		}
		if right == "ANY" {
			for _, one := range tableRights {
				if s.may(one, c.db, t) {
					return c.yesNo(true)
				}
			}
			return c.yesNo(false)
		}
		return c.yesNo(s.may(right, c.db, t))
	case "schema":
		return c.yesNo(s.may(right, c.db, &table{schema: strings.Trim(name, "[]")}))
	case "":
		return c.yesNo(s.login.sysadmin)
	default:
		return c.constant(nil, tInt)
	}
}

var tableRights = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "ALTER", "CONTROL", "REFERENCES", "TAKE OWNERSHIP", "VIEW DEFINITION"}
