package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestLaw11_CopiesDoNotStay: what killed runs left of their copies goes with the next ones,
// and what is in use or another's stays.
func TestLaw11_CopiesDoNotStay(t *testing.T) {
	w := synced(t)
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	t.Setenv("TMP", temporary)
	old := time.Now().Add(-72 * time.Hour)
	for name, at := range map[string]time.Time{"loyalsync-copy-1": old, "loyalsync-copy-2": old, "loyalsync-copy-3": time.Now(), "other-1": old} {
		folder := filepath.Join(temporary, name)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "copy.db"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(folder, at, at); err != nil {
			t.Fatal(err)
		}
	}
	there := func() (names []string) {
		t.Helper()
		entries, err := os.ReadDir(temporary)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	w.must("run", "points", "--dry-run")
	w.must("reconcile")
	if names := there(); len(names) != 2 || names[0] != "loyalsync-copy-3" || names[1] != "other-1" {
		t.Errorf("left: %q", names)
	}
}
