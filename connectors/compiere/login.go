package compiere

import (
	"fmt"
	"regexp"
	"strings"
	"text/template"

	"github.com/jackc/pgx/v5"
)

var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// grant is a table of which single columns are granted.
type grant struct{ Table, Columns string }

// LoginSQL returns the statements that make a login which may read exactly what
// this connector reads of any member of the family: of tables that hold passwords
// only the columns needed, and of what only some members have what is there. Empty
// names become the usual ones: database and schema "adempiere", user
// "loyalsync_ro".
func LoginSQL(database, schema, user string) (string, error) {
	var whole []string
	var guarded, optional []grant
	for _, t := range tables() {
		switch {
		case t.columns == "": // only some members have it
		case t.holdsPasswords():
			guarded = append(guarded, grant{t.name, listed(t.columns)})
		default:
			whole = append(whole, t.name)
		}
		if t.optional != "" && (t.columns == "" || t.holdsPasswords()) {
			optional = append(optional, grant{t.name, listed(t.optional)})
		}
	}
	file, err := template.ParseFS(sqlFiles, "sql/login.sql")
	if err != nil {
		return "", fmt.Errorf("parse login.sql: %w", err)
	}
	var text strings.Builder
	schema, user = orText(schema, "adempiere"), orText(user, "loyalsync_ro")
	err = file.Execute(&text, map[string]any{
		"Database": quoted(orText(database, "adempiere")), "Schema": quoted(schema), "User": quoted(user),
		"SchemaText": literal(schema), "UserText": literal(user),
		"Tables": whole, "Guarded": guarded, "Optional": optional,
	})
	if err != nil {
		return "", fmt.Errorf("fill login.sql: %w", err)
	}
	return text.String(), nil
}

func listed(columns string) string { return strings.Join(strings.Fields(columns), ", ") }

// quoted is a name as SQL takes it, without quotes where it needs none.
func quoted(name string) string {
	if plainName.MatchString(name) {
		return name
	}
	return pgx.Identifier{name}.Sanitize()
}

// literal is a text as SQL takes it.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
