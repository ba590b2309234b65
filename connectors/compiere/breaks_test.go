package compiere_test

import (
	"context"
	"net/url"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/connectors/compiere"
	"github.com/loyalsync/loyalsync/connectors/connectortest"
)

// regroup moves a partner to another group, and tells no stamp.
func (f *filler) regroup(ctx context.Context, src connectors.Source, c connectors.Contractor) error {
	return f.write(ctx, src, func(w *writer) {
		w.exec("UPDATE c_bpartner SET c_bp_group_id = $2::text::numeric WHERE c_bpartner_id = $1", c.ID, w.named("c_bp_group", c.Group))
	})
}

// tripwire lets the reading login see at most a hundred rows of c_invoice in one
// transaction.
func (f *filler) tripwire(ctx context.Context, src connectors.Source) error {
	e := f.of(src)
	return e.exec(ctx, `
		CREATE FUNCTION trip() RETURNS boolean LANGUAGE plpgsql AS $$
		DECLARE n int := coalesce(nullif(current_setting('suite.seen', true), ''), '0')::int + 1;
		BEGIN
			PERFORM set_config('suite.seen', n::text, true);
			IF n > 100 THEN RAISE 'tripped'; END IF;
			RETURN true;
		END $$;
		GRANT EXECUTE ON FUNCTION trip() TO `+e.role+`;
		ALTER TABLE c_invoice ENABLE ROW LEVEL SECURITY;
		CREATE POLICY trip ON c_invoice FOR SELECT TO `+e.role+` USING (trip())`)
}

// breaks are ERPs and logins that are not as they should be.
func (f *filler) breaks() map[connectortest.Break]func(context.Context) (connectors.Source, error) {
	elsewhere := func(change func(*url.URL)) func(context.Context) (connectors.Source, error) {
		return func(ctx context.Context) (connectors.Source, error) {
			u := f.db.url
			u.User = url.UserPassword("ls_nobody", connectortest.Password)
			change(&u)
			return source(compiere.Open(ctx, compiere.Config{URL: u.String()}))
		}
	}
	changed := func(ddl func(e *erp) string) func(context.Context) (connectors.Source, error) {
		return func(ctx context.Context) (connectors.Source, error) {
			src, err := f.open(ctx)
			if err != nil {
				return nil, err
			}
			if err = f.of(src).exec(ctx, ddl(f.of(src))); err != nil {
				return nil, err
			}
			return src, nil
		}
	}
	return map[connectortest.Break]func(context.Context) (connectors.Source, error){
		connectortest.WrongLogin:    elsewhere(func(*url.URL) {}),
		connectortest.Unreachable:   elsewhere(func(u *url.URL) { u.Host = "127.0.0.1:1" }),
		connectortest.MissingColumn: changed(func(*erp) string { return "ALTER TABLE c_invoice RENAME documentno TO docno" }),
		connectortest.DroppedTable:  changed(func(*erp) string { return "DROP TABLE c_invoiceline" }),
		connectortest.ReadOnlyLogin: f.open,
		connectortest.WritingLogin:  changed(func(e *erp) string { return "GRANT UPDATE ON c_invoice TO " + e.role }),
	}
}

// source is a source that may be none.
func source(src *compiere.Source, err error) (connectors.Source, error) {
	if err != nil {
		return nil, err
	}
	return src, nil
}
