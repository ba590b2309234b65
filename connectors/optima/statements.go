package optima

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"strconv"
	"strings"
	"text/template"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// statements are the files of folder sql, ready for the database at hand. Those
// of tables that it has not are "", and nothing is asked.
type statements struct {
	system, catalog                                 string
	invoices, invoicesByKey, headersAgain, keys     string
	lines, lineKeys, collective, links, settlement  string
	documentAttributes, lineAttributes              string
	itemAttributes, itemGroups, groups              string
	contractors, contractorsByKey, merges           string
	contractorAttributes, representatives, consents string
	examine, unlinked, index, census                string
}

// gaps is what the files leave open.
type gaps struct {
	Classes, Tables, Settlement string
}

func newStatements(c Config, found catalog) (statements, error) {
	files, err := template.New("sql").Funcs(template.FuncMap{
		"optional": func(column, alias, kind string) string {
			if _, name, _ := strings.Cut(column, "."); found.has(column) {
				return alias + "." + name
			}
			return "CAST('' AS " + kind + ")"
		},
	}).ParseFS(sqlFiles, "sql/*.sql")
	if err != nil {
		return statements{}, fmt.Errorf("parse the embedded SQL: %w", err)
	}
	fill := gaps{Classes: classList(c.Documents), Tables: quotedTables(), Settlement: c.Settlement}
	var st statements
	for name, to := range map[string]*string{
		"system": &st.system, "catalog": &st.catalog,
		"invoices": &st.invoices, "invoices_by_key": &st.invoicesByKey, "headers_again": &st.headersAgain, "keys": &st.keys,
		"lines": &st.lines, "line_keys": &st.lineKeys, "collective": &st.collective, "links": &st.links, "settlement": &st.settlement,
		"document_attributes": &st.documentAttributes, "line_attributes": &st.lineAttributes,
		"item_attributes": &st.itemAttributes, "item_groups": &st.itemGroups, "groups": &st.groups,
		"contractors": &st.contractors, "contractors_by_key": &st.contractorsByKey, "merges": &st.merges,
		"contractor_attributes": &st.contractorAttributes, "representatives": &st.representatives, "consents": &st.consents,
		"examine": &st.examine, "unlinked": &st.unlinked, "index": &st.index, "census": &st.census,
	} {
		var text strings.Builder
		if err := files.ExecuteTemplate(&text, name+".sql", fill); err != nil {
			return statements{}, fmt.Errorf("fill %s.sql: %w", name, err)
		}
		*to = text.String()
	}
	st.leaveOut(c, found)
	return st, nil
}

// leaveOut drops what needs a table that is not there, or a setting that is not.
func (st *statements) leaveOut(c Config, found catalog) {
	for table, text := range map[string]*string{
		"TraElemKorZbiorcza": &st.collective, "PodmiotRejestracjaZgod": &st.consents, "TraElemAtr": &st.lineAttributes, "KntScalHist": &st.merges,
	} {
		if !found.hasTable(table) {
			*text = ""
		}
	}
	if c.Settlement == "" {
		st.settlement = ""
	}
}

// classList writes the classes of TrN_TypDokumentu as SQL takes them.
func classList(documents []string) string {
	var list []string
	for _, d := range documents {
		list = append(list, strconv.Itoa(classOf(d)))
	}
	return strings.Join(list, ", ")
}

// many is how many keys one statement takes. SQL Server allows 2,100 parameters.
const many = 512

// padded returns ids filled up to one of a few lengths by repeating the last, so
// that the server sees few different statements and keeps their plans.
func padded(ids []int32) []int32 {
	for _, size := range []int{1, 8, 64, many} {
		if len(ids) > size {
			continue
		}
		out := append(make([]int32, 0, size), ids...)
		for len(out) < size {
			out = append(out, ids[len(ids)-1])
		}
		return out
	}
	return ids
}

// collect runs one SELECT.
func collect[T any](ctx context.Context, tx *sql.Tx, text string, args []any, scan func(*sql.Rows) (T, error)) ([]T, error) {
	rows, err := tx.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // what went wrong is in rows.Err
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, unreadable()
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// collectByID runs one SELECT about the rows with the given keys, as often as
// their number asks for. An empty text or no keys ask nothing.
func collectByID[T any](ctx context.Context, tx *sql.Tx, text string, ids []int32, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if text == "" {
		return nil, nil
	}
	var all []T
	for len(ids) > 0 {
		part := ids[:min(len(ids), many)]
		ids = ids[len(part):]
		part = padded(part)
		names, args := make([]string, len(part)), make([]any, len(part))
		for i, id := range part {
			names[i], args[i] = "@p"+strconv.Itoa(i+1), id
		}
		found, err := collect(ctx, tx, strings.ReplaceAll(text, "@ids", strings.Join(names, ", ")), args, scan)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}
