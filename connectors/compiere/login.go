package compiere

import (
	"fmt"
	"regexp"
	"strings"
	"text/template"

	"github.com/jackc/pgx/v5"
)

var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// LoginSQL returns the statements that make a login which may read exactly what
// this connector reads; of the ERP's users all but their passwords. Empty names
// become the usual ones: database and schema "adempiere", user "loyalsync_ro".
func LoginSQL(database, schema, user string) (string, error) {
	var others []string
	userColumns := ""
	for _, t := range tables() {
		if t.name == "ad_user" {
			userColumns = strings.Join(strings.Fields(t.columns), ", ")
			continue
		}
		others = append(others, t.name)
	}
	file, err := template.ParseFS(sqlFiles, "sql/login.sql")
	if err != nil {
		return "", fmt.Errorf("parse login.sql: %w", err)
	}
	var text strings.Builder
	err = file.Execute(&text, map[string]any{
		"Database": quoted(orText(database, "adempiere")), "Schema": quoted(orText(schema, "adempiere")),
		"User": quoted(orText(user, "loyalsync_ro")), "Tables": others, "UserColumns": userColumns,
	})
	if err != nil {
		return "", fmt.Errorf("fill login.sql: %w", err)
	}
	return text.String(), nil
}

// quoted is a name as SQL takes it, without quotes where it needs none.
func quoted(name string) string {
	if plainName.MatchString(name) {
		return name
	}
	return pgx.Identifier{name}.Sanitize()
}
