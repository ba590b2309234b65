package compiere

import (
	"context"
	"embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// statements are the files of folder sql, ready for the schema at hand.
type statements struct {
	schemas, catalog, tenants          string
	now, server                        string
	documentsHealth, partnersHealth    string
	doctypesHealth                     string
	tells, snapshot, late              string
	contractors, contractorsByKey      string
	groups                             string
	representatives                    string
	listed, invoicesByKey, keys, lines string
	items, charges, units, taxes       string
}

// newStatements fills the gaps of the SQL files: a column that this schema has
// not, or this login may not read, is replaced by nothing; {{key}} is the type of
// the ERP's keys, {{bytewise}} their order, {{clock}} a stamp as wall clock, {{once}}
// has the server compute a part of WITH once, as those before 12 do by themselves.
func newStatements(c catalog, m member) (statements, error) {
	bare := func(table, column string) bool {
		_, name, _ := strings.Cut(column, ".")
		return c.readable(table + "." + name)
	}
	files, err := parseSQL(template.FuncMap{
		"key":      func() string { return m.keys.cast },
		"bytewise": m.keys.bytewise,
		"clock": func(column string) string {
			if m.instants {
				return column + "::timestamp" // in the zone of the session
			}
			return column
		},
		"instants": func() bool { return m.instants },
		"once": func() string {
			if m.inlines {
				return "MATERIALIZED "
			}
			return ""
		},
		"has":   c.readable,
		"rates": c.rates,
		"optional": func(table, column string) string {
			if bare(table, column) {
				return "coalesce(" + column + "::text, '')"
			}
			return "''"
		},
		"optionalKey": func(table, column string) string {
			if bare(table, column) {
				return column + "::" + m.keys.cast
			}
			return "NULL::" + m.keys.cast
		},
	})
	if err != nil {
		return statements{}, err
	}
	var st statements
	for name, to := range map[string]*string{
		"schemas": &st.schemas, "catalog": &st.catalog, "tenants": &st.tenants,
		"now": &st.now, "server": &st.server,
		"documents_health": &st.documentsHealth, "partners_health": &st.partnersHealth, "doctypes_health": &st.doctypesHealth,
		"tells": &st.tells, "snapshot": &st.snapshot, "late": &st.late,
		"contractors": &st.contractors, "contractors_by_key": &st.contractorsByKey,
		"representatives": &st.representatives, "groups": &st.groups,
		"listed": &st.listed, "invoices_by_key": &st.invoicesByKey, "keys": &st.keys, "lines": &st.lines,
		"items": &st.items, "charges": &st.charges, "units": &st.units, "taxes": &st.taxes,
	} {
		var text strings.Builder
		if err := files.ExecuteTemplate(&text, name+".sql", nil); err != nil {
			return statements{}, fmt.Errorf("fill %s.sql: %w", name, err)
		}
		*to = text.String()
	}
	return st, nil
}

// rates reports whether the rates of currencies can be looked up.
func (c catalog) rates() bool {
	for _, key := range strings.Fields("ad_clientinfo.ad_client_id ad_clientinfo.c_acctschema1_id c_acctschema.c_acctschema_id " +
		"c_acctschema.c_currency_id c_conversion_rate.c_conversion_rate_id c_conversion_rate.ad_client_id c_conversion_rate.isactive " +
		"c_conversion_rate.c_currency_id c_conversion_rate.c_currency_id_to c_conversion_rate.validfrom c_conversion_rate.validto " +
		"c_conversion_rate.multiplyrate") {
		if !c.readable(key) {
			return false
		}
	}
	return true
}

func parseSQL(funcs template.FuncMap) (*template.Template, error) {
	files, err := template.New("sql").Funcs(funcs).ParseFS(sqlFiles, "sql/*.sql")
	if err != nil {
		return nil, fmt.Errorf("parse the embedded SQL: %w", err)
	}
	return files, nil
}

// querier is a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// collect runs one SELECT. Numbers come as text: exact, and three times as fast
// as the binary numeric (law 7).
func collect[T any](ctx context.Context, q querier, sql string, args pgx.StrictNamedArgs, scan pgx.RowToFunc[T]) ([]T, error) {
	rows, err := q.Query(ctx, sql, pgx.QueryResultFormatsByOID{pgtype.NumericOID: pgx.TextFormatCode}, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

// one runs a SELECT that gives a single row.
func one[T any](ctx context.Context, q querier, sql string, args pgx.StrictNamedArgs, scan pgx.RowToFunc[T]) (T, error) {
	all, err := collect(ctx, q, sql, args, scan)
	if err == nil && len(all) != 1 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		var none T
		return none, err
	}
	return all[0], nil
}
