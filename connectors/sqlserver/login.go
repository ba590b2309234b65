package sqlserver

import (
	"embed"
	"fmt"
	"strings"
	"text/template"
)

//go:embed sql/login.sql
var sqlFiles embed.FS

// ServiceAccount is the account of Windows that the installed service runs under.
// To a SQL Server on another machine of the domain it is DOMAIN\MACHINE$.
const ServiceAccount = `NT SERVICE\loyalsync`

// Login is whom LoginSQL lets read, and what.
type Login struct {
	// Name is a login of the server, or with a backslash an account of Windows.
	// Defaults to loyalsync_ro.
	Name     string
	Database string   // Defaults to CDN_Firma, to be replaced.
	Tables   []string // schema.table; views too
	// Functions are the scalar functions behind computed columns that are read,
	// schema.function.
	Functions []string
}

// LoginSQL returns the script that makes a login which may SELECT from exactly the
// given tables. It may be run again; T-SQL of SQL Server 2012 and later.
func LoginSQL(l Login) (string, error) {
	file, err := template.ParseFS(sqlFiles, "sql/login.sql")
	if err != nil {
		return "", fmt.Errorf("parse login.sql: %w", err)
	}
	name := orText(l.Name, "loyalsync_ro")
	var script strings.Builder
	err = file.Execute(&script, map[string]any{
		"Windows": strings.Contains(name, `\`), "Name": Quote(name), "NameText": text(name),
		"Database": Quote(orText(l.Database, "CDN_Firma")), "Grants": append(grants("SELECT", l.Tables), grants("EXECUTE", l.Functions)...),
	})
	if err != nil {
		return "", fmt.Errorf("fill login.sql: %w", err)
	}
	return script.String(), nil
}

// grant is a right on one object, as the script writes it.
type grant struct{ Right, Name, Text, Missing string }

func grants(right string, objects []string) []grant {
	all := make([]grant, len(objects))
	for i, o := range objects {
		all[i] = grant{Right: right, Name: QuoteTable(o), Text: text(QuoteTable(o)), Missing: text("not in this database: " + o)}
	}
	return all
}
