package sqlserver

import "strings"

// Quote is a name as T-SQL takes it, whatever is in it.
func Quote(name string) string { return "[" + strings.ReplaceAll(name, "]", "]]") + "]" }

// QuoteTable quotes the parts of schema.table.
func QuoteTable(table string) string {
	schema, name, found := strings.Cut(table, ".")
	if !found {
		return Quote(table)
	}
	return Quote(schema) + "." + Quote(name)
}

// text is a string literal.
func text(s string) string { return "N'" + strings.ReplaceAll(s, "'", "''") + "'" }
