package sqlerp

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/loyalsync/loyalsync/connectors/sqlserver"
)

// LoginSQL returns the statements that make a login which may only read the tables
// of the SELECTs, as far as their text tells them: tables behind a view need no
// right of their own, tables that a function reads do.
func LoginSQL(c Config) (string, error) {
	c = c.withDefaults()
	user, database := c.User, c.Database
	if u, err := url.Parse(c.URL); err == nil && u.Host != "" { // the error would quote the password
		database = cmp.Or(database, strings.TrimPrefix(u.Path, "/"))
		if u.User != nil {
			user = cmp.Or(user, u.User.Username())
		}
	}
	user, database = cmp.Or(user, "loyalsync_ro"), cmp.Or(database, "DATABASE")
	switch c.Dialect {
	case SQLite:
		return "-- A SQLite file needs no login: let the service's account read the file, and not write it.\n", nil
	case SQLServer:
		return mssqlLogin(c)
	case MySQL, MariaDB:
		return mysqlLogin(c.Dialect, c.tables(), database, user), nil
	case Postgres:
	}
	return postgresLogin(c.tables(), database, user), nil
}

// mssqlLogin names each table with its schema, dbo where the SELECT names none.
func mssqlLogin(c Config) (string, error) {
	server := serverConfig(c)
	user, database := server.User, server.Database
	if u, err := url.Parse(server.URL); err == nil { // the error would quote the password
		user, database = cmp.Or(user, u.User.Username()), cmp.Or(database, u.Query().Get("database"))
	}
	tables := c.tables()
	for i, t := range tables {
		plain := strings.NewReplacer("[", "", "]", "", `"`, "").Replace(t)
		if parts := strings.Split(plain, "."); len(parts) == 1 {
			plain = "dbo." + plain
		} else {
			plain = strings.Join(parts[len(parts)-2:], ".")
		}
		tables[i] = plain
	}
	return sqlserver.LoginSQL(sqlserver.Login{Name: user, Database: cmp.Or(database, "DATABASE"), Tables: tables})
}

func postgresLogin(tables []string, database, user string) string {
	return fmt.Sprintf(`-- A login for loyalsync that may read what it needs and can write nothing.
-- Run it once in the database %[1]s, as a superuser or the owner of the tables.
-- Replace the password; look through the tables, which are those that the SELECTs name.

CREATE ROLE %[2]s LOGIN PASSWORD 'change-me'
  NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT CONNECTION LIMIT 8;

-- A second bolt: even a right granted by mistake later does not let it write.
ALTER ROLE %[2]s SET default_transaction_read_only = on;

%[3]sGRANT SELECT ON
  %[4]s
TO %[2]s;
`, database, named(user, `"`), schemaGrants(tables, named(user, `"`)), strings.Join(tables, ",\n  "))
}

// schemaGrants lets the login into the schemas that the tables name.
func schemaGrants(tables []string, user string) string {
	var schemas []string
	for _, t := range tables {
		if schema, _, ok := strings.Cut(t, "."); ok {
			schemas = append(schemas, schema)
		} else {
			schemas = append(schemas, "public")
		}
	}
	slices.Sort(schemas)
	return "GRANT USAGE ON SCHEMA " + strings.Join(slices.Compact(schemas), ", ") + " TO " + user + ";\n\n"
}

// mysqlLogin is for MySQL and MariaDB, where a right is granted table by table.
func mysqlLogin(d Dialect, tables []string, database, user string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "-- A login for loyalsync (%s) that may read what it needs and can write nothing.\n", d)
	b.WriteString("-- Run it once as an administrator of the server. Replace the password, and narrow '%' to\n" +
		"-- the address of the machine; look through the tables, which are those that the SELECTs name.\n\n")
	account := "'" + strings.ReplaceAll(user, "'", "''") + "'@'%'"
	fmt.Fprintf(&b, "CREATE USER %s IDENTIFIED BY 'change-me';\n", account)
	for _, t := range tables {
		if !strings.Contains(t, ".") {
			t = named(database, "`") + "." + t
		}
		fmt.Fprintf(&b, "GRANT SELECT ON %s TO %s;\n", t, account)
	}
	return b.String()
}

var bareName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

func named(name, mark string) string {
	if bareName.MatchString(name) {
		return name
	}
	return mark + strings.ReplaceAll(name, mark, mark+mark) + mark
}

// A name stands behind FROM or JOIN, in quotes or not, with its schema or not; a
// list of tables goes on behind a comma. What WITH names is no table.
const namePart = `(?:[\pL_][\pL\pN_$#]*|"[^"]+"|` + "`[^`]+`" + `|\[[^\]]+\])`

var (
	tableName = regexp.MustCompile(`(?i)\b(?:FROM|JOIN)\s+(` + namePart + `(?:\s*\.\s*` + namePart + `)*)`)
	withName  = regexp.MustCompile(`(?i)(?:\bWITH\s+(?:RECURSIVE\s+)?|,\s*)(` + namePart + `)\s*(?:\([^()]*\)\s*)?AS\s*(?:NOT\s+MATERIALIZED\s*|MATERIALIZED\s*)?\(`)
	comment   = regexp.MustCompile(`(?s)--[^\n]*|/\*.*?\*/`)
	literal   = regexp.MustCompile(`'(?:[^']|'')*'`)
	extract   = regexp.MustCompile(`(?i)\b(?:EXTRACT|TRIM|SUBSTRING|OVERLAY)\s*\([^()]*\)`) // a FROM of their own
)

// tables are the tables that the SELECTs name.
func (c Config) tables() []string {
	var found []string
	for _, s := range []Statement{c.Contractors, c.Representatives, c.Invoices, c.Lines} {
		text := extract.ReplaceAllString(literal.ReplaceAllString(comment.ReplaceAllString(s.Select, " "), "''"), " ")
		with := make(map[string]bool)
		for _, m := range withName.FindAllStringSubmatch(text, -1) {
			with[strings.ToLower(m[1])] = true
		}
		for _, m := range tableName.FindAllStringSubmatch(text, -1) {
			if name := strings.Join(strings.Fields(m[1]), " "); !with[strings.ToLower(name)] {
				found = append(found, name)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
