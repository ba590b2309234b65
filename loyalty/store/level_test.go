package store_test

import (
	"database/sql"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loyalsync/loyalsync/loyalty/store/storetest"
)

// TestMigrationsAreLevel: each version has a file for both databases, and what the
// files make is the same.
func TestMigrationsAreLevel(t *testing.T) {
	versions := func(folder string) []string {
		files, err := fs.Glob(os.DirFS("migrations"), folder+"/*.sql")
		if err != nil {
			t.Fatal(err)
		}
		for i := range files {
			files[i] = strings.TrimPrefix(files[i], folder+"/")
		}
		return files
	}
	if diff := cmp.Diff(versions("sqlite"), versions("postgres")); diff != "" {
		t.Error(diff)
	}
	postgres := storetest.Postgres(t)
	postgres.Open(t)
	sqlite := storetest.SQLite(t)
	sqlite.Open(t)
	want, got := sqliteSchema(t, sqlite.DB(t)), postgresSchema(t, postgres.DB(t))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("SQLite (-) and PostgreSQL (+):\n%s", diff)
	}
	if len(want) < 100 {
		t.Errorf("only %d columns and indexes: the test tests too little", len(want))
	}
}

// TestLimitsDoNotPlanAnew: see Conventions of the package.
func TestLimitsDoNotPlanAnew(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	bare, cast, found := regexp.MustCompile(`LIMIT (\$\d|["`+"`"+`])`), regexp.MustCompile(`LIMIT CAST\(`), 0
	for _, name := range files {
		if name == "doc.go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found += len(cast.FindAll(text, -1))
		if at := bare.Find(text); at != nil {
			t.Errorf("%s: %s without a CAST", name, at)
		}
	}
	if found < 30 {
		t.Errorf("only %d limits are found: the test tests too little", found)
	}
}

// sqliteSchema is a line for each column, index, unique key and reference.
func sqliteSchema(t *testing.T, db *sql.DB) []string {
	return lines(t, db, `
		SELECT 'column ' || m.name || '.' || c.name || ' ' || lower(c.type) || CASE WHEN c."notnull" OR c.pk THEN ' not null' ELSE '' END
			|| coalesce(' default ' || c.dflt_value, '') || CASE WHEN c.pk THEN ' key' ELSE '' END
		FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'goose%' AND m.name NOT LIKE 'sqlite%'
		UNION ALL
		SELECT 'index ' || m.name || '(' || (SELECT group_concat(CASE x.coll WHEN 'NOCASE' THEN 'lower(' || x.name || ')' ELSE x.name END)
				FROM pragma_index_xinfo(i.name) x WHERE x.key) || ')' || CASE WHEN i."unique" THEN ' unique' ELSE '' END
			|| CASE i.origin WHEN 'c' THEN ' ' || i.name ELSE '' END || coalesce(' where ' || substr(s.sql, instr(s.sql, ' WHERE ') + 7)
				, '')
		FROM sqlite_master m JOIN pragma_index_list(m.name) i LEFT JOIN sqlite_master s ON s.name = i.name AND instr(s.sql, ' WHERE ') > 0
		WHERE m.type = 'table' AND i.origin <> 'pk' AND m.name NOT LIKE 'goose%' AND m.name NOT LIKE 'sqlite%'
		UNION ALL
		SELECT 'reference ' || m.name || '.' || f."from" || ' ' || f."table"
		FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`)
}

// postgresSchema is the same of the current schema.
func postgresSchema(t *testing.T, db *sql.DB) []string {
	return lines(t, db, `
		SELECT 'column ' || c.relname || '.' || a.attname || ' ' || CASE format_type(a.atttypid, a.atttypmod) WHEN 'bigint' THEN 'integer'
				WHEN 'bytea' THEN 'blob' WHEN 'text' THEN CASE l.collname WHEN 'C' THEN 'text' ELSE 'text of another order' END ELSE '?' END
			|| CASE WHEN a.attnotnull THEN ' not null' ELSE '' END || coalesce(' default ' || replace(pg_get_expr(d.adbin, d.adrelid), '::text', ''), '')
			|| CASE WHEN EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)) THEN ' key' ELSE '' END
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum LEFT JOIN pg_collation l ON l.oid = a.attcollation
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname NOT LIKE 'goose%'
		UNION ALL
		SELECT 'index ' || c.relname || '(' || (SELECT string_agg(pg_get_indexdef(i.indexrelid, n, true), ',' ORDER BY n) FROM generate_series(1, i.indnkeyatts) n) || ')'
			|| CASE WHEN i.indisunique THEN ' unique' ELSE '' END || CASE WHEN o.conname IS NULL THEN ' ' || x.relname ELSE '' END
			|| coalesce(' where ' || pg_get_expr(i.indpred, i.indrelid, true), '')
		FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid LEFT JOIN pg_constraint o ON o.conindid = x.oid AND o.contype = 'u'
		WHERE c.relnamespace = current_schema()::regnamespace AND NOT i.indisprimary AND c.relname NOT LIKE 'goose%'
		UNION ALL
		SELECT 'reference ' || c.relname || '.' || a.attname || ' ' || o.confrelid::regclass
		FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = o.conkey[1]
		WHERE o.contype = 'f' AND c.relnamespace = current_schema()::regnamespace`)
}

// spelled writes a condition without what the databases write in their own way.
func spelled(condition string) string {
	condition = strings.ReplaceAll(condition, "= ANY (ARRAY", "IN (")
	return regexp.MustCompile(`::text|[()\[\]\s]`).ReplaceAllString(condition, "")
}

func lines(t *testing.T, db *sql.DB, query string) (out []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		line = strings.Replace(line, ",id)", ")", 1) // which every index of SQLite ends with by itself
		if before, condition, partial := strings.Cut(line, " where "); partial {
			line = before + " where " + spelled(condition)
		}
		out = append(out, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}
