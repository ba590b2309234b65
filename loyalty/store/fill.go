package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// laterIndexes are those indexes of documents, by name, that a first fill does without. A
// test holds them to the migrations.
func laterIndexes() map[string]string {
	return map[string]string{
		"document_account": `CREATE INDEX document_account ON document (account_id, date, id) WHERE account_id IS NOT NULL`,
		"document_party":   `CREATE INDEX document_party ON document (feed_id, party, date)`,
	}
}

// mostFilled is how many documents a fill takes at most: making the indexes makes writers
// wait for about a second a million.
const mostFilled = 1_000_000

// BeginFill prepares a store that has no documents and no operations for its first ones.
// In SQLite the indexes by contractor, of which every page of documents writes most leaves
// anew, are dropped until EndFill, which sorts them once. Meanwhile what asks by them reads
// all documents. Any other store stays as it is.
func (s *Store) BeginFill(ctx context.Context) error {
	if s.dialect != onSQLite || s.filling.Load() {
		return nil
	}
	var used bool
	err := s.readers.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM document) OR EXISTS (SELECT 1 FROM operation)`).Scan(&used)
	if err != nil {
		return storeError("look for documents", err)
	}
	if used {
		return nil
	}
	return s.inTx(ctx, func(tx *txn) error {
		for name := range laterIndexes() {
			if _, err := tx.ExecContext(ctx, `DROP INDEX IF EXISTS `+name); err != nil {
				return storeError("begin a fill", err)
			}
		}
		s.filling.Store(true)
		return nil
	})
}

// EndFill makes the indexes that are missing, each in a transaction of its own. It is no
// error to end what was not begun. What a process that was killed had begun is ended when
// the store is opened.
func (s *Store) EndFill(ctx context.Context) error {
	if !s.filling.Load() {
		return nil
	}
	if err := s.makeIndexes(ctx); err != nil {
		return err
	}
	s.filling.Store(false)
	return nil
}

// makeIndexes makes those of laterIndexes that are missing.
func (s *Store) makeIndexes(ctx context.Context) (err error) {
	there, err := collect(ctx, pool{s.writer, s.dialect}, "read the schema", `SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'document'`, scanText)
	if err != nil {
		return err
	}
	missing := laterIndexes()
	for _, name := range there {
		delete(missing, name)
	}
	if len(missing) == 0 {
		return nil
	}
	if _, err := s.writer.ExecContext(ctx, `PRAGMA shrink_memory`); err != nil {
		return storeError("end a fill", err)
	}
	own := open(s.cfg.Path, false) // the writer would sort in memory
	defer func() { err = errors.Join(err, own.Close()) }()
	own.SetMaxOpenConns(1)
	for _, pragma := range []string{`PRAGMA temp_store = FILE`, `PRAGMA cache_size = -2000`} {
		if _, err := own.ExecContext(ctx, pragma); err != nil {
			return storeError("end a fill", err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		text := strings.Replace(missing[name], "INDEX", "INDEX IF NOT EXISTS", 1) // another process may be as far
		if _, err := own.ExecContext(ctx, text); err != nil {
			return storeError(fmt.Sprintf("end a fill: index %s", name), err)
		}
	}
	return nil
}
