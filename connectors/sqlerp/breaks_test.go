package sqlerp

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/connectortest"
	"github.com/loyalsync/loyalsync/connectors/sqlserver/tdstest"
)

type opener = func(context.Context) (connectors.Source, error)

// regroup moves a contractor to another group. No table has a stamp of it.
func (e *erp) regroup(ctx context.Context, src connectors.Source, c connectors.Contractor) error {
	return e.write(ctx, src, func(tx *sql.Tx) error {
		text := newDialect(Config{Dialect: e.dialect}).syntax().numbered(
			"UPDATE kontrahenci SET grupa = "+mark+", lojalnosc = "+mark+" WHERE knt_id = "+mark, 0)
		_, err := tx.ExecContext(ctx, text, c.Group, c.Attributes["LOJALNOSC"], c.ID)
		return err
	})
}

// tripwire puts a view in the place of the documents, which fails when more than a
// hundred of them are read in one transaction of PostgreSQL.
func (e *erp) tripwire(ctx context.Context, src connectors.Source) error {
	_, err := e.writer(src).ExecContext(ctx, `
		CREATE FUNCTION trip() RETURNS boolean LANGUAGE plpgsql AS $$
		DECLARE n int := coalesce(nullif(current_setting('suite.seen', true), ''), '0')::int + 1;
		BEGIN
			PERFORM set_config('suite.seen', n::text, true);
			IF n > 100 THEN RAISE 'tripped'; END IF;
			RETURN true;
		END $$;
		ALTER TABLE dokumenty RENAME TO dokumenty_wszystkie;
		CREATE VIEW dokumenty AS SELECT * FROM dokumenty_wszystkie WHERE trip()`)
	return err
}

// mysqlTripwire does the same for a session of MySQL.
func (e *erp) mysqlTripwire(ctx context.Context, src connectors.Source) error {
	_, err := e.writer(src).ExecContext(ctx, `
		CREATE FUNCTION trip() RETURNS int NOT DETERMINISTIC NO SQL
		BEGIN
			SET @seen = coalesce(@seen, 0) + 1;
			IF @seen > 100 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'tripped'; END IF;
			RETURN 1;
		END;
		RENAME TABLE dokumenty TO dokumenty_wszystkie;
		CREATE VIEW dokumenty AS SELECT * FROM dokumenty_wszystkie WHERE trip() = 1`)
	return err
}

// mssqlTripwire lets the server send at most a hundred rows of documents in one
// answer.
func mssqlTripwire(db *tdstest.DB) {
	db.Server().Inject(tdstest.Fault{At: tdstest.InRows, AfterRows: 100, Do: tdstest.Answer, Match: "dokumenty", Number: 1222})
}

// schemaBreaks are ERPs whose tables are not as the SELECTs want them.
func (e *erp) schemaBreaks(open opener) map[connectortest.Break]opener {
	changed := func(ddl string) opener {
		return func(ctx context.Context) (connectors.Source, error) {
			src, err := open(ctx)
			if err != nil {
				return nil, err
			}
			_, err = e.writer(src).ExecContext(ctx, ddl)
			return src, err
		}
	}
	return map[connectortest.Break]opener{
		connectortest.MissingColumn: changed("ALTER TABLE dokumenty DROP COLUMN numer"),
		connectortest.DroppedTable:  changed("DROP TABLE pozycje"),
	}
}

// loginBreaks are logins of a server that are refused, or do not get there.
func (e *erp) loginBreaks(server url.URL) map[connectortest.Break]opener {
	elsewhere := func(change func(*url.URL)) opener {
		return func(ctx context.Context) (connectors.Source, error) {
			u := server
			u.User = url.UserPassword("sqlerp_nobody", connectortest.Password)
			change(&u)
			return Open(ctx, e.settings(u.String()))
		}
	}
	return map[connectortest.Break]opener{
		connectortest.WrongLogin:  elsewhere(func(*url.URL) {}),
		connectortest.Unreachable: elsewhere(func(u *url.URL) { u.Host = "127.0.0.1:1" }),
	}
}

// readOnlyPostgres opens a source over a new schema, with a login that may only
// SELECT.
func (e *erp) readOnlyPostgres(ctx context.Context, t *testing.T, database *url.URL) (connectors.Source, error) {
	full, err := newPostgres(ctx, t, e, database)
	if err != nil {
		return nil, err
	}
	defer func() { _ = full.Close() }()
	role := fmt.Sprintf("sqlerp_suite_%d", os.Getpid())
	writer := e.writer(full)
	run := func(statement string) error {
		_, err := writer.ExecContext(context.WithoutCancel(ctx), statement)
		return err
	}
	var schema string
	if err = writer.QueryRowContext(ctx, "SELECT current_schema()").Scan(&schema); err != nil {
		return nil, err
	}
	if err = run("CREATE ROLE " + role + " LOGIN; GRANT USAGE ON SCHEMA " + schema + " TO " + role + "; GRANT SELECT ON ALL TABLES IN SCHEMA " + schema + " TO " + role); err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		if err := run("DROP OWNED BY " + role + "; DROP ROLE " + role); err != nil {
			t.Error(err)
		}
	})
	c := full.config
	c.User = role
	return Open(ctx, c)
}

// readOnlyMySQL opens a source over a new database, with a login that may only
// SELECT.
func (e *erp) readOnlyMySQL(ctx context.Context, t *testing.T, database *url.URL) (connectors.Source, error) {
	writer := mysqlWriter(t, database)
	full, err := e.open(ctx, writer, database.String())
	if err != nil {
		return nil, err
	}
	defer func() { _ = full.Close() }()
	login := fmt.Sprintf("sqlerp_ro_%d", os.Getpid())
	const secret = "only-to-read"
	_, err = writer.ExecContext(ctx, fmt.Sprintf("CREATE USER '%[1]s'@'%%' IDENTIFIED BY '%[2]s'; GRANT SELECT ON %[3]s.* TO '%[1]s'@'%%'", login, secret, strings.Trim(database.Path, "/")))
	if err != nil {
		return nil, err
	}
	late := context.WithoutCancel(ctx)
	t.Cleanup(func() {
		if _, err := writer.ExecContext(late, "DROP USER '"+login+"'@'%'"); err != nil {
			t.Error(err)
		}
	})
	reader := *database
	reader.User = url.UserPassword(login, secret)
	return Open(ctx, e.settings(reader.String()))
}
