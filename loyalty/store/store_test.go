package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/loyalty/platform"
	"github.com/loyalsync/loyalsync/loyalty/store"
	"github.com/loyalsync/loyalsync/loyalty/store/storetest"
)

func open(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{Path: path, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

var _ platform.Outbox = (*store.Store)(nil)

func TestSQLite(t *testing.T) { storetest.OnSQLite().Run(t) }

func TestPostgres(t *testing.T) { storetest.OnPostgres().Run(t) }

func TestTransfer(t *testing.T) {
	databases := map[string]storetest.Checks{"SQLite": storetest.OnSQLite(), "PostgreSQL": storetest.OnPostgres()}
	for from, source := range databases {
		for to, target := range databases {
			t.Run(from+" to "+to, func(t *testing.T) { storetest.Transfer(t, source, target) })
		}
		t.Run("failed, to "+from, func(t *testing.T) { storetest.FailedTransfer(t, source) })
	}
}

func TestOpenTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data ąę#?%", "loyalsync.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	if err := s.CopyTo(t.Context(), filepath.Join(t.TempDir(), "copy.db")); err != nil {
		t.Fatal(err)
	}
}
