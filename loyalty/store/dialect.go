package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// dialect is one of the two databases. Its methods are all that differs in the
// SQL of this package; $1 placeholders, ON CONFLICT and RETURNING are shared.
type dialect int

const (
	onSQLite dialect = iota
	onPostgres
)

func (d dialect) speaks() dialect { return d }

// in is the condition that a column's value is in the list given for a
// placeholder: one statement text whatever the number of values.
func (d dialect) in(placeholder string) string {
	if d == onPostgres {
		return `= ANY (` + placeholder + `)`
	}
	return `IN (SELECT value FROM json_each(` + placeholder + `))`
}

// notIn is the opposite of in.
func (d dialect) notIn(placeholder string) string {
	if d == onPostgres {
		return `<> ALL (` + placeholder + `)`
	}
	return `NOT IN (SELECT value FROM json_each(` + placeholder + `))`
}

// list is a slice as in and notIn take it: an array, or a JSON array.
func (d dialect) list(values any) any {
	v := reflect.ValueOf(values)
	if d == onSQLite {
		return jsonList(values)
	}
	if v.IsNil() { // would be NULL, in which nothing is and nothing is not
		return reflect.MakeSlice(v.Type(), 0, 0).Interface()
	}
	return values
}

// jsonList is a slice as a JSON array.
func jsonList(values any) string {
	if reflect.ValueOf(values).Len() == 0 {
		return "[]"
	}
	b, err := json.Marshal(values)
	if err != nil { // strings and integers always marshal
		panic(fmt.Sprintf("store: marshal a list: %v", err))
	}
	return string(b)
}

// tuples is a list of short lists, given as JSON for a placeholder, as a table t;
// part is one of their members, of an SQL type.
func (d dialect) tuples(placeholder string) string {
	if d == onPostgres {
		return `json_array_elements(CAST(` + placeholder + ` AS json)) t`
	}
	return `json_each(` + placeholder + `) t`
}

func (d dialect) part(n int, kind string) string {
	if d == onPostgres {
		return fmt.Sprintf(`CAST(t.value ->> %d AS %s)`, n, kind)
	}
	return fmt.Sprintf(`CAST(json_extract(t.value, '$[%d]') AS %s)`, n, kind)
}

// joinEach joins the rows of a table whose ids a query finds for each row before:
// the query may name that row, and have a limit of its own.
func (d dialect) joinEach(table, id, query string) string {
	if d == onPostgres {
		return ` CROSS JOIN LATERAL (` + query + `) found JOIN ` + table + ` ON ` + id + ` = found.id`
	}
	return ` JOIN ` + table + ` ON ` + id + ` IN (` + query + `)`
}

// anyCase is a text to be compared or sorted without the case of ASCII letters;
// the indexes over numbers of documents have it.
func (d dialect) anyCase(text string) string {
	if d == onPostgres {
		return `lower(` + text + ` COLLATE "C")`
	}
	return text + ` COLLATE NOCASE`
}

// like is the operator that finds what searchPattern makes.
func (d dialect) like() string {
	if d == onPostgres {
		return `~`
	}
	return `GLOB`
}

// member is a text of a JSON object that a column holds.
func (d dialect) member(column, name string) string {
	if d == onPostgres {
		return `CAST(` + column + ` AS json) ->> '` + name + `'`
	}
	return `json_extract(` + column + `, '$.` + name + `')`
}

// orRollback follows INSERT or UPDATE where many rows are written. An error undoes the whole
// transaction, which ends with it: SQLite would otherwise keep a copy of every page that a
// statement changes, to undo that alone.
func (d dialect) orRollback() string {
	if d == onSQLite {
		return " OR ROLLBACK"
	}
	return ""
}

// insert begins an INSERT.
func (d dialect) insert(table, columns string) string {
	return "INSERT" + d.orRollback() + " INTO " + table + " (" + columns + ") "
}

// values are the placeholders of rows: (?,?),(?,?) or ($1,$2),($3,$4).
func (d dialect) values(width, rows int) string {
	if d == onSQLite {
		row := "(" + strings.TrimSuffix(strings.Repeat("?,", width), ",") + ")"
		return strings.TrimSuffix(strings.Repeat(row+",", rows), ",")
	}
	var b strings.Builder
	separator := "("
	for n := range width * rows {
		fmt.Fprintf(&b, "%s$%d", separator, n+1)
		separator = ","
		if n%width == width-1 {
			separator = "),("
		}
	}
	return b.String() + ")"
}

// pool is where reading goes.
type pool struct {
	*sql.DB
	dialect
}

// oneState are the options of a transaction whose queries all see one state.
func (d dialect) oneState() *sql.TxOptions {
	if d == onPostgres {
		return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	}
	return nil
}
