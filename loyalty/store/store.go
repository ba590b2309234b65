package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loyalsync/loyalsync/loyalty"
)

// Config says where the store is: Path or URL.
type Config struct {
	// Path of the SQLite file; its folder is made when missing.
	Path string
	// URL of a PostgreSQL database, postgres://user@host/database, with the
	// parameters that pgx knows: sslmode, search_path, ...
	URL string
	// Password goes with URL, which then has none.
	Password string
	// ReadOnly opens an existing store for reading; it must have this
	// program's schema.
	ReadOnly bool
	// Now is the clock. Required.
	Now func() time.Time
	// Progress is told of a migration, in words for the log. May be nil.
	Progress func(message string)
	// isCopy says that the file is a copy already: an older schema is brought up to
	// date without keeping another.
	isCopy bool
}

func (c Config) withDefaults() Config {
	if c.Progress == nil {
		c.Progress = func(string) {}
	}
	return c
}

func (c Config) validate() error {
	if (c.Path == "") == (c.URL == "") || c.Now == nil {
		return &loyalty.Error{Code: loyalty.CodeInvalid, Message: "the store needs a path or a URL, and a clock"}
	}
	return nil
}

// Store is the store, in SQLite or PostgreSQL. Its methods may be called at the
// same time, by several processes too.
type Store struct {
	dialect
	cfg        Config
	name       string
	writer     *sql.DB // one connection
	readers    pool
	operations operationQueue
	fill       sync.Mutex   // over BeginFill and EndFill
	filled     atomic.Int64 // documents posted since the last look whether a fill is to be ended
}

const readerCount = 4

// Open opens the store, makes it when it is missing, and brings an older schema
// up to date: a file after copying it beside itself, a database in one
// transaction a step. A newer schema, or what is not a store, is an error with
// CodeInvalid and nothing is changed.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	connect := openSQLite
	if cfg.URL != "" {
		connect = openPostgres
	}
	s, err := connect(cfg)
	if err != nil {
		return nil, err
	}
	s.writer.SetMaxOpenConns(1)
	s.readers.SetMaxOpenConns(readerCount)
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if !cfg.ReadOnly {
		if err := s.EndFill(ctx); err != nil { // it is slower without, and no less right
			cfg.Progress("the indexes of a first run that was cut short cannot be made yet: " + err.Error())
		}
	}
	return s, nil
}

// Close closes the store. Closing twice is not an error.
func (s *Store) Close() error { return errors.Join(s.readers.Close(), s.writer.Close()) }

// Name is the file of the store, or the server and the database, for people.
func (s *Store) Name() string { return s.name }

// exec runs one statement that writes.
func (s *Store) exec(ctx context.Context, query string, args ...any) (result sql.Result, err error) {
	err = s.inTx(ctx, func(tx *txn) (err error) {
		result, err = tx.ExecContext(ctx, query, args...)
		return err
	})
	return result, err
}

// inRead runs fn in one read transaction, so that all its queries see the same
// state.
func (s *Store) inRead(ctx context.Context, fn func(*txn) error) error {
	tx, err := s.readers.BeginTx(ctx, s.oneState())
	if err != nil {
		return storeError("begin reading", err)
	}
	return errors.Join(fn(&txn{statements: tx, dialect: s.dialect}), tx.Rollback())
}

// CopyTo writes a consistent copy of the store to a new SQLite file, while
// others go on reading and writing. An existing file is an error.
func (s *Store) CopyTo(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err == nil {
		return &loyalty.Error{Code: loyalty.CodeConflict, Message: path + " exists already", Hint: "name a file that does not exist"}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return storeError("make the folder of the copy", err)
	}
	if s.dialect == onSQLite {
		return copySQLite(ctx, s.cfg.Path, path)
	}
	return s.copyToFile(ctx, path)
}

// copyToFile makes a store of a file out of one on a server.
func (s *Store) copyToFile(ctx context.Context, path string) error {
	to, err := Open(ctx, Config{Path: path, Now: s.cfg.Now})
	if err != nil {
		return err
	}
	_, err = s.TransferTo(ctx, to)
	if err = errors.Join(err, to.Close()); err != nil {
		return errors.Join(err, removeIfThere(path))
	}
	return nil
}

// micros writes an instant as the store keeps it.
func micros(t time.Time) int64 { return t.UnixMicro() }

// instant reads what micros wrote.
func instant(v int64) time.Time { return time.UnixMicro(v).UTC() }
