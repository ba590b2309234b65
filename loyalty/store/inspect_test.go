package store_test

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/loyalsync/loyalsync/loyalty"
	"github.com/loyalsync/loyalsync/loyalty/store"
)

func TestInspect(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "loyalsync.db")
	in, err := store.Inspect(t.Context(), store.Config{Path: path})
	if err != nil || in.Exists || in.Known == 0 {
		t.Fatalf("no store: %+v, %v", in, err)
	}
	if _, err := os.Stat(filepath.Dir(path)); err == nil {
		t.Fatal("looking made the folder")
	}
	s := open(t, path)
	if in, err = store.Inspect(t.Context(), store.Config{Path: path}); err != nil || !in.Exists || in.Schema != in.Known || in.Bytes == 0 {
		t.Fatalf("a store at work: %+v, %v", in, err)
	}
	if faults, err := store.Verify(t.Context(), path, 5); err != nil || len(faults) > 0 {
		t.Fatalf("a good store: %v, %v", faults, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if in, err = store.Inspect(t.Context(), store.Config{Path: path}); err != nil || in.Schema != in.Known {
		t.Fatalf("a closed store: %+v, %v", in, err)
	}
	if faults, err := store.Verify(t.Context(), path, 5); err != nil || len(faults) > 0 {
		t.Fatalf("a closed store: %v, %v", faults, err)
	}
	if files, _ := filepath.Glob(path + "?*"); len(files) > 0 {
		t.Errorf("left behind: %v", files)
	}
	change(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
	if in, err = store.Inspect(t.Context(), store.Config{Path: path}); err != nil || in.Schema != 9999 {
		t.Fatalf("a newer store: %+v, %v", in, err)
	}
}

// TestInspectChangesNothing: another program's database keeps its journal and
// every byte.
func TestInspectChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.db")
	change(t, path, "CREATE TABLE other (id INTEGER)")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = store.Inspect(t.Context(), store.Config{Path: path}); loyalty.CodeOf(err) != loyalty.CodeInvalid || !strings.Contains(err.Error(), "something else") {
		t.Errorf("another database: %v", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file was changed: %v", err)
	}
	if files, _ := filepath.Glob(path + "?*"); len(files) > 0 {
		t.Errorf("left behind: %v", files)
	}
}

func TestDamagedStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "loyalsync.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096 * 3; i < len(content); i += 7 { // the schema itself stays readable
		content[i] ^= 0x5a
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	faults, err := store.Verify(t.Context(), path, 5)
	if err == nil && len(faults) == 0 {
		t.Error("a damaged store passes")
	}
	if len(faults) > 5 {
		t.Errorf("%d faults", len(faults))
	}
	if err := os.WriteFile(path, []byte(strings.Repeat("no database\n", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Inspect(t.Context(), store.Config{Path: path}); loyalty.CodeOf(err) != loyalty.CodeInvalid {
		t.Errorf("no database at all: %v", err)
	}
}

func change(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
