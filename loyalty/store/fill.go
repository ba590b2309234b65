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
// test holds them to the migrations, which drop them IF EXISTS alone.
func laterIndexes() map[string]string {
	return map[string]string{
		"document_account": `CREATE INDEX document_account ON document (account_id, date, id) WHERE account_id IS NOT NULL`,
		"document_party":   `CREATE INDEX document_party ON document (feed_id, party, date)`,
	}
}

// mostFilled is how many documents a fill takes at most: while the indexes are made, writers
// wait, and what is sorted lies in memory, with some 20 bytes a document.
const mostFilled = 250_000

// BeginFill prepares a store that has no documents and no operations for its first ones.
// In SQLite the indexes by contractor, of which every page of documents writes most leaves
// anew, are dropped until EndFill, which sorts them once. Meanwhile what asks by them reads
// all documents. Any other store stays as it is.
func (s *Store) BeginFill(ctx context.Context) error {
	if s.dialect != onSQLite {
		return nil
	}
	s.fill.Lock()
	defer s.fill.Unlock()
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
		return nil
	})
}

// EndFill makes the indexes that are missing, whoever has dropped them, each in a
// transaction of its own. What a process that was killed had begun is ended by the next
// that opens the store, or needs the indexes.
func (s *Store) EndFill(ctx context.Context) error {
	if s.dialect != onSQLite {
		return nil
	}
	s.fill.Lock()
	defer s.fill.Unlock()
	there, err := collect(ctx, s.readers, "read the schema", `SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'document'`, scanText)
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
	if s.makeIndexes(ctx, missing, "FILE") == nil {
		return nil
	}
	return s.makeIndexes(ctx, missing, "MEMORY") // the folder for temporary files may be full, or not to be written
}

// makeIndexes makes indexes on a connection of its own, as the writer would sort in memory.
func (s *Store) makeIndexes(ctx context.Context, texts map[string]string, sortIn string) (err error) {
	own := open(s.cfg.Path, false)
	defer func() { err = errors.Join(err, own.Close()) }()
	own.SetMaxOpenConns(1)
	for _, pragma := range []string{`PRAGMA temp_store = ` + sortIn, `PRAGMA cache_size = -500`} {
		if _, err := own.ExecContext(ctx, pragma); err != nil {
			return storeError("end a fill", err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		text := strings.Replace(texts[name], "INDEX", "INDEX IF NOT EXISTS", 1) // another process may be as far
		if _, err := own.ExecContext(ctx, text); err != nil {
			return storeError(fmt.Sprintf("end a fill: index %s", name), err)
		}
	}
	return nil
}
