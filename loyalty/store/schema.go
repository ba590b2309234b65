package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/pressly/goose/v3"

	"github.com/loyalsync/loyalsync/loyalty"
)

//go:embed migrations
var migrations embed.FS

// steps are the migrations of the dialect.
func (d dialect) steps() (fs.FS, error) {
	folder := "migrations/sqlite"
	if d == onPostgres {
		folder = "migrations/postgres"
	}
	sub, err := fs.Sub(migrations, folder)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return sub, nil
}

// known is the newest version this program has a migration to.
func (d dialect) known() (int64, error) {
	steps, err := d.steps()
	if err != nil {
		return 0, err
	}
	files, err := fs.Glob(steps, "*.sql")
	if err != nil {
		return 0, fmt.Errorf("migrations: %w", err)
	}
	var newest int64
	for _, name := range files {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", name, err)
		}
		newest = max(newest, version)
	}
	return newest, nil
}

// provider migrates the store.
func (s *Store) provider() (*goose.Provider, error) {
	steps, err := s.steps()
	if err != nil {
		return nil, err
	}
	kind := goose.DialectSQLite3
	if s.dialect == onPostgres {
		kind = goose.DialectPostgres
	}
	provider, err := goose.NewProvider(kind, s.writer, steps, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, storeError("read the migrations", err)
	}
	return provider, nil
}

// tablesThere counts the tables, and those that only a store has.
func tablesThere(ctx context.Context, q pool) (all, own int, err error) {
	query := `SELECT count(*), count(*) FILTER (WHERE name = 'goose_db_version') FROM sqlite_master`
	if q.dialect == onPostgres { // the table of versions comes before the others, and is not ours alone
		query = `SELECT count(*), count(*) FILTER (WHERE tablename = 'store_meta') FROM pg_tables
			WHERE schemaname = current_schema() AND tablename <> 'goose_db_version'`
	}
	if err := q.QueryRowContext(ctx, query).Scan(&all, &own); err != nil {
		return 0, 0, storeError("read the schema", err)
	}
	return all, own, nil
}

// prepare checks the schema and migrates it.
func (s *Store) prepare(ctx context.Context) error {
	provider, err := s.provider()
	if err != nil {
		return err
	}
	all, own, err := tablesThere(ctx, pool{s.writer, s.dialect})
	switch {
	case err != nil:
		return err
	case own == 0 && s.cfg.ReadOnly:
		return noStore(s.name, nil)
	case own == 0 && all > 0:
		return foreignDatabase(s.name)
	case own == 0:
		return s.inTurn(ctx, func() error { return s.create(ctx, provider) })
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return storeError("read the schema's version", err)
	}
	switch {
	case current > target:
		return newerSchema(current, target)
	case current < target:
		return s.inTurn(ctx, func() error { return s.migrate(ctx, provider, current, target) })
	}
	return nil
}

func newerSchema(current, known int64) error {
	return &loyalty.Error{
		Code: loyalty.CodeInvalid, Message: fmt.Sprintf("the store has schema %d, this program knows %d", current, known),
		Hint: "use the newer loyalsync that wrote it; nothing was changed",
	}
}

// create makes the tables.
func (s *Store) create(ctx context.Context, provider *goose.Provider) error {
	if s.dialect == onPostgres {
		if err := s.fit(ctx); err != nil {
			return err
		}
	}
	if _, err := provider.Up(ctx); err != nil {
		return storeError("make the store", err)
	}
	return nil
}

// migrate copies a file, brings the store up to date and compares the points
// before and after.
func (s *Store) migrate(ctx context.Context, provider *goose.Provider, current, target int64) error {
	if s.cfg.ReadOnly {
		return &loyalty.Error{
			Code: loyalty.CodeInvalid, Message: fmt.Sprintf("the store has the older schema %d", current),
			Hint: "start loyalsync serve, or run a job: it copies the store and brings it up to date",
		}
	}
	kept, err := s.keepOld(ctx, current)
	if err != nil {
		return err
	}
	before, err := totals(ctx, pool{s.writer, s.dialect})
	if err != nil {
		return err
	}
	steps, err := provider.Up(ctx)
	if err != nil {
		return storeError(fmt.Sprintf("bring the store from schema %d to %d (%s)", current, target, kept), err)
	}
	if len(steps) == 0 { // another process was faster, and is at work already
		return nil
	}
	after, err := totals(ctx, pool{s.writer, s.dialect})
	if err != nil {
		return err
	}
	if before != after {
		return &loyalty.Error{
			Code: loyalty.CodeInternal, Message: fmt.Sprintf("the totals of the store changed from %v to %v while its schema was changed", before, after),
			Hint: "stop, and put back a copy: " + kept,
		}
	}
	s.cfg.Progress(fmt.Sprintf("store brought from schema %d to %d, totals checked, %s", current, target, kept))
	return nil
}

// keepOld copies a file beside itself, and says where it is. A server's database
// is its administrator's to copy.
func (s *Store) keepOld(ctx context.Context, schema int64) (string, error) {
	if s.dialect == onPostgres {
		return "copies are those of pg_dump", nil
	}
	if s.cfg.isCopy {
		return "the file it was copied from is as it was", nil
	}
	copied := fmt.Sprintf("%s.schema-%d-%s", s.cfg.Path, schema, s.cfg.Now().UTC().Format("20060102T150405Z"))
	return "copy kept at " + filepath.Base(copied), s.CopyTo(ctx, copied)
}

// totals are the figures that a change of schema must not change.
func totals(ctx context.Context, q querier) (t [4]int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM entry), (SELECT coalesce(sum(amount), 0) FROM entry),
		(SELECT coalesce(sum(pending + active), 0) FROM account), (SELECT coalesce(sum(debt), 0) FROM account)`).
		Scan(&t[0], &t[1], &t[2], &t[3])
	if err != nil {
		return t, storeError("read the totals", err)
	}
	return t, nil
}
