package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/loyalsync/loyalsync/loyalty/store"
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
